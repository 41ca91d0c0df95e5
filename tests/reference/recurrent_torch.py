"""Records networks with memory of PyTorch and their gradients: recurrent_torch.txt.

Made with Debian 12's python3-torch 1.13.1+dfsg-4 (torch.__version__ 1.13.0a0),
Python 3.11:

    apt-get install python3-torch
    /usr/bin/python3 recurrent_torch.py

All in float64, in the layout of gradiva, which is that of a PackedSequence: columns are
ordered by time, and the longest sequence comes first. A block is a line
`name rows cols`, then its values column by column.

  gru, lstm   Linear(3, 4), tanh, nn.GRU(4, 5) or nn.LSTM(4, 5), Linear(5, 6), tanh, Linear(6, 2)
      of sequences of LENGTHS: .width (columns of each step), .state (before the first step;
      for an LSTM h, then s), .x, .parameters (flat, in gradiva's order), .y, .last (the state
      after each sequence), .dy, .gradient (of the parameters), .dx
"""

from pathlib import Path

import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence

TORCH = "1.13.0a0"
LENGTHS = [6, 4, 4, 1]


def block(name, values):
    values = values.detach().reshape(len(values), -1)
    lines = [f"{name} {values.shape[0]} {values.shape[1]}"]
    return lines + [f"{value:.17g}" for value in values.T.flatten().tolist()]


def flat(parameters, of):
    """All parameters, or what `of` gives of them: matrices column-major."""
    return torch.cat([of(p).T.flatten() if p.dim() == 2 else of(p) for p in parameters])


def network(name, memory, states):
    before, after, last = nn.Linear(3, 4).double(), nn.Linear(5, 6).double(), nn.Linear(6, 2).double()
    memory = memory.double()
    width = torch.tensor([sum(n > t for n in LENGTHS) for t in range(max(LENGTHS))])
    x = torch.randn(sum(LENGTHS), 3, dtype=torch.float64, requires_grad=True)
    start = [torch.randn(1, len(LENGTHS), 5, dtype=torch.float64) for _ in range(states)]
    packed = PackedSequence(torch.tanh(before(x)), width)
    h, end = memory(packed, start[0] if states == 1 else tuple(start))
    y = last(torch.tanh(after(h.data)))
    dy = torch.randn_like(y)
    y.backward(dy)
    parameters = [before.weight, before.bias, memory.weight_ih_l0, memory.bias_ih_l0, memory.weight_hh_l0,
                  memory.bias_hh_l0, after.weight, after.bias, last.weight, last.bias]
    end = [end] if states == 1 else end
    values = {"width": width, "state": torch.cat([s[0].T for s in start]), "x": x.T,
              "parameters": flat(parameters, lambda p: p), "y": y.T, "last": torch.cat([s[0].T for s in end]),
              "dy": dy.T, "gradient": flat(parameters, lambda p: p.grad), "dx": x.grad.T}
    return [line for key, value in values.items() for line in block(f"{name}.{key}", value)]


def main():
    if torch.__version__ != TORCH:
        raise SystemExit(f"this is torch {torch.__version__}; the file was made with {TORCH}")
    torch.manual_seed(19)
    lines = [f"# torch {torch.__version__}"]
    lines += network("gru", nn.GRU(4, 5), 1)
    lines += network("lstm", nn.LSTM(4, 5), 2)
    (Path(__file__).parent / "recurrent_torch.txt").write_text("\n".join(lines) + "\n")


main()
