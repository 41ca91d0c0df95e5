"""Records activations of PyTorch and their derivatives: activations_torch.txt.

Made with Debian 12's python3-torch 1.13.1+dfsg-4 (torch.__version__ 1.13.0a0),
Python 3.11:

    apt-get install python3-torch
    /usr/bin/python3 activations_torch.py

All in float64. A block is a line `name rows cols`, then its values column by
column: the numbers z, and f(z) and f'(z) of each activation at them, as columns.
"""

from pathlib import Path

import torch
from torch import nn

TORCH = "1.13.0a0"
FUNCTIONS = {
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "elu": nn.ELU(),
    "silu": nn.SiLU(),
    "gelu": nn.GELU(),
    "leaky_relu": nn.LeakyReLU(),
}


def block(name, values):
    lines = [f"{name} 1 {len(values)}"]
    return lines + [f"{value:.17g}" for value in values]


def main():
    if torch.__version__ != TORCH:
        raise SystemExit(f"this is torch {torch.__version__}; the file was made with {TORCH}")
    near = torch.arange(-96, 97, dtype=torch.float64) / 16
    far = torch.tensor([-1e4, -300, -80, -30, -12, 12, 30, 80, 300, 1e4], dtype=torch.float64)
    z = torch.cat([near, far])
    lines = [f"# torch {torch.__version__}"] + block("z", z.tolist())
    for name, function in FUNCTIONS.items():
        x = z.clone().requires_grad_(True)
        a = function(x)
        a.sum().backward()
        lines += block(name, a.tolist()) + block(f"{name}_derivative", x.grad.tolist())
    (Path(__file__).parent / "activations_torch.txt").write_text("\n".join(lines) + "\n")


main()
