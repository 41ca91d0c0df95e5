"""Makes networks with memory as PyTorch saves them, of the weights that PyTorch drew and applied for recurrent_torch.txt.

Made with Python 3.11, safetensors 0.8.0 and numpy 2.4.6:

    python3 -m venv /tmp/safetensors
    /tmp/safetensors/bin/pip install safetensors==0.8.0 numpy==2.4.6
    /tmp/safetensors/bin/python torch_recurrent.py

writes torch_recurrent.safetensors. What the networks compute stands in recurrent_torch.txt, by the same weights. The
file has, for gru (float64) and lstm (float32, of rounded weights), by the names of a state_dict
  NAME_actor.encoder.0                         Linear(3, 4), then tanh
  NAME_actor.memory.weight_ih_l0, ...          nn.GRU(4, 5) or nn.LSTM(4, 5)
  NAME_actor.head.0, .2                        Linear(5, 6), tanh, Linear(6, 2)
  NAME_critic.body, .rnn.weight_ih_l0, ..., .hidden, .value
      the same, but that the last gives the first output only
and log_std, float32 [2].
"""

from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

VERSIONS = {"safetensors": "0.8.0", "numpy": "2.4.6"}
HERE = Path(__file__).parent


def read_blocks():
    """The matrices of recurrent_torch.txt by name."""
    lines = [line for line in (HERE / "recurrent_torch.txt").read_text().splitlines() if not line.startswith("#")]
    blocks = {}
    while lines:
        name, rows, columns = lines[0].split()
        count = int(rows) * int(columns)
        blocks[name] = np.array(lines[1:1 + count], np.float64).reshape(int(columns), int(rows)).T
        lines = lines[1 + count:]
    return blocks


def layers_of(flat, gates):
    """Weight and bias of each layer, as PyTorch has them: weight [outputs, inputs]. In `flat` matrices are column-major."""
    layers = []
    for inputs, outputs in ((3, 4), (4, 5 * gates), (5, 5 * gates), (5, 6), (6, 2)):
        weight, bias, flat = np.split(flat, [inputs * outputs, (inputs + 1) * outputs])
        layers.append((np.ascontiguousarray(weight.reshape(inputs, outputs).T), bias))
    assert flat.size == 0
    return layers


def tensors():
    blocks, result = read_blocks(), {"log_std": np.array([-0.5, 0.25], np.float32)}
    for network, gates, dtype in (("gru", 3, np.float64), ("lstm", 4, np.float32)):
        before, of_input, of_hidden, after, last = layers_of(blocks[f"{network}.parameters"][:, 0], gates)
        value = (last[0][:1], last[1][:1])
        for part, names in (("actor", ("encoder.0", "memory", "head.0", "head.2")),
                            ("critic", ("body", "rnn", "hidden", "value"))):
            path = [f"{network}_{part}.{name}" for name in names]
            for name, (weight, bias) in zip((path[0], *path[2:]), (before, after, last if part == "actor" else value)):
                result |= {f"{name}.weight": weight, f"{name}.bias": bias}
            for name, (weight, bias) in (("ih_l0", of_input), ("hh_l0", of_hidden)):
                result |= {f"{path[1]}.weight_{name}": weight, f"{path[1]}.bias_{name}": bias}
        own = {name: np.ascontiguousarray(array, dtype) for name, array in result.items() if name.startswith(network)}
        result |= own
    return result


def main():
    for module in (safetensors, np):
        if module.__version__ != VERSIONS[module.__name__]:
            raise SystemExit(f"need {module.__name__} {VERSIONS[module.__name__]}, found {module.__version__}")
    safetensors.numpy.save_file(tensors(), HERE / "torch_recurrent.safetensors")


if __name__ == "__main__":
    main()
