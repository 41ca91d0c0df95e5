"""Records convolutions of PyTorch and their gradients: convolution_torch.txt.

Made with Debian 12's python3-torch 1.13.1+dfsg-4 (torch.__version__ 1.13.0a0),
Python 3.11:

    apt-get install python3-torch
    /usr/bin/python3 convolution_torch.py

All in float64, in the layout of gradiva. A block is a line `name rows cols`, then
its values column by column. An image is a column, element (y, x, channel) in row
(y width + x) channels + channel; weights are kernels x (ky, kx, channel).

  plain, padded, strided, both   nn.Conv2d alone: NAME.shape (height width channels,
      kernels, kernel, stride, padding), .x, .w, .b, .z; .dz, and what it gives: .dw, .db, .dx
  network   Conv2d(2, 3, 3, stride 2, padding 1), f, Conv2d(3, 4, 2), f, Flatten,
      Linear(24, 5), f, Linear(5, 3) of 7 x 6 images, f = ReLU: .x, .parameters (flat, in gradiva's order),
      .y, .dy, .gradient (of the parameters), .dx
"""

from pathlib import Path

import torch
from torch import nn

TORCH = "1.13.0a0"
# height, width, channels, kernels, kernel, stride, padding
CONVOLUTIONS = {
    "plain": (5, 4, 3, 2, 3, 1, 0),
    "padded": (4, 5, 2, 3, 3, 1, 1),
    "strided": (7, 6, 2, 4, 2, 2, 0),
    "both": (6, 7, 1, 5, 4, 3, 2),
}
BATCH = 2


def images(x):
    """[batch, channels, height, width] as columns."""
    return x.permute(0, 2, 3, 1).reshape(len(x), -1).T


def kernels(w):
    """[kernels, channels, height, width] as kernels x (ky, kx, channel)."""
    return w.permute(0, 2, 3, 1).reshape(len(w), -1)


def block(name, values):
    values = values.detach().reshape(len(values), -1)
    lines = [f"{name} {values.shape[0]} {values.shape[1]}"]
    return lines + [f"{value:.17g}" for value in values.T.flatten().tolist()]


def flat(layers, of):
    """All parameters, or what `of` gives of them: W column-major, then b, layer by layer."""
    parts = []
    for layer in layers:
        w = kernels(of(layer.weight)) if isinstance(layer, nn.Conv2d) else of(layer.weight)
        parts += [w.T.flatten(), of(layer.bias)]
    return torch.cat(parts)


def convolution(name, height, width, channels, count, kernel, stride, padding):
    layer = nn.Conv2d(channels, count, kernel, stride, padding).double()
    x = torch.randn(BATCH, channels, height, width, dtype=torch.float64, requires_grad=True)
    z = layer(x)
    dz = torch.randn_like(z)
    z.backward(dz)
    sizes = torch.tensor([height, width, channels, count, kernel, stride, padding])
    values = {"shape": sizes, "x": images(x), "w": kernels(layer.weight), "b": layer.bias, "z": images(z),
              "dz": images(dz), "dw": kernels(layer.weight.grad), "db": layer.bias.grad, "dx": images(x.grad)}
    return [line for key, value in values.items() for line in block(f"{name}.{key}", value)]


class FlattenPixels(nn.Module):
    """Flattens in gradiva's order: pixels, then channels."""

    def forward(self, x):
        return images(x).T


def network():
    layers = [nn.Conv2d(2, 3, 3, 2, 1), nn.Conv2d(3, 4, 2), nn.Linear(24, 5), nn.Linear(5, 3)]
    relu = nn.ReLU()
    whole = nn.Sequential(layers[0], relu, layers[1], relu, FlattenPixels(), layers[2], relu, layers[3]).double()
    x = torch.randn(BATCH, 2, 7, 6, dtype=torch.float64, requires_grad=True)
    y = whole(x)
    dy = torch.randn_like(y)
    y.backward(dy)
    values = {"x": images(x), "parameters": flat(layers, lambda p: p), "y": y.T, "dy": dy.T,
              "gradient": flat(layers, lambda p: p.grad), "dx": images(x.grad)}
    return [line for key, value in values.items() for line in block(f"network.{key}", value)]


def main():
    if torch.__version__ != TORCH:
        raise SystemExit(f"this is torch {torch.__version__}; the file was made with {TORCH}")
    torch.manual_seed(18)
    lines = [f"# torch {torch.__version__}"]
    for name, sizes in CONVOLUTIONS.items():
        lines += convolution(name, *sizes)
    lines += network()
    (Path(__file__).parent / "convolution_torch.txt").write_text("\n".join(lines) + "\n")


main()
