"""Makes MLPs as PyTorch saves them, and what they compute, by NumPy.

Made with Python 3.11, safetensors 0.8.0 and numpy 2.4.6:

    python3 -m venv /tmp/safetensors
    /tmp/safetensors/bin/pip install safetensors==0.8.0 numpy==2.4.6
    /tmp/safetensors/bin/python torch_mlp.py

writes torch_mlp.safetensors, and into tests/fuzz/torch_mlp what the fuzzer begins with. The file has
  mlp_extractor.policy_net.0, .2, action_net, log_std   float32: actor by Stable-Baselines3's names, 3-5-4-2, tanh
  mlp_extractor.value_net.0, .2, value_net              float64: critic by the same, 3-5-4-1, tanh
  net.0, net.2, logstd                                  float32: a Sequential, 3-4-2, ReLU, and log sigma of shape [1, 2]
  numpy.observation [7, 3], and numpy.action_net, numpy.value_net, numpy.net: what they give, in double.
"""

from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

VERSIONS = {"safetensors": "0.8.0", "numpy": "2.4.6"}


def make_layers(random, names, widths, dtype):
    """A Linear NAME for each name, its weight [outputs, inputs] and its bias [outputs]."""
    tensors = {}
    for name, inputs, outputs in zip(names, widths, widths[1:]):
        tensors[f"{name}.weight"] = random.normal(size=(outputs, inputs)).astype(dtype)
        tensors[f"{name}.bias"] = random.normal(size=outputs).astype(dtype)
    return tensors


def forward(tensors, names, activation, x):
    """What torch.nn.Sequential(Linear, activation, Linear, ...) gives to rows x, in double."""
    for name in names:
        x = x @ tensors[f"{name}.weight"].astype(np.float64).T + tensors[f"{name}.bias"].astype(np.float64)
        x = activation(x) if name != names[-1] else x
    return x


def tensors():
    random = np.random.default_rng(18)
    observation = (3 * random.normal(size=(7, 3))).astype(np.float32)
    networks = {
        "action_net": (["mlp_extractor.policy_net.0", "mlp_extractor.policy_net.2", "action_net"], [3, 5, 4, 2],
                       np.float32, np.tanh),
        "value_net": (["mlp_extractor.value_net.0", "mlp_extractor.value_net.2", "value_net"], [3, 5, 4, 1],
                      np.float64, np.tanh),
        "net": (["net.0", "net.2"], [3, 4, 2], np.float32, lambda z: np.maximum(z, 0)),
    }
    all_tensors = {"log_std": np.array([-0.5, 0.25], np.float32), "logstd": np.array([[-1, 0.5]], np.float32),
                   "numpy.observation": observation}
    for network, (names, widths, dtype, activation) in networks.items():
        layers = make_layers(random, names, widths, dtype)
        outputs = forward(layers, names, activation, observation.astype(np.float64))
        all_tensors |= layers | {f"numpy.{network}": outputs}
    return all_tensors


def main():
    for module in (safetensors, np):
        if module.__version__ != VERSIONS[module.__name__]:
            raise SystemExit(f"need {module.__name__} {VERSIONS[module.__name__]}, found {module.__version__}")
    here = Path(__file__).parent
    safetensors.numpy.save_file(tensors(), here / "torch_mlp.safetensors")
    small = make_layers(np.random.default_rng(18), ["0", "2"], [1, 2, 1], np.float32)
    safetensors.numpy.save_file(small | {"log_std": np.zeros(1, np.float32)}, here.parent / "fuzz/torch_mlp/example")


if __name__ == "__main__":
    main()
