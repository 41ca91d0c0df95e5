"""Records one PPO minibatch of PyTorch: ppo_clip_torch.txt and ppo_kl_torch.txt.

Made with Debian 12's python3-torch 1.13.1+dfsg-4 (torch.__version__ 1.13.0a0),
Python 3.11:

    apt-get install python3-torch
    /usr/bin/python3 ppo_clip_torch.py

Actor 4-16-16-2 and critic 4-16-16-1, tanh hidden layers, linear heads, float32.
With A the advantage normalised over the minibatch and rho the probability ratio:

    ppo_clip: surrogate = -mean(min(rho A, clip(rho, 1 - eps, 1 + eps) A))
    ppo_kl:   surrogate = -mean(rho A),  kl = mean(KL(pi_old || pi))
    total = surrogate - c_H entropy + c_V value_loss + beta kl

where value_loss = mean((V - target)^2) / 2; ppo_kl has c_H = c_V = 0, ppo_clip
has no kl. A block is a line `name rows cols`, then its values column by column.
Weights and gradients are flat: per layer W (out x in) column by column, then b.
"""

import math
from pathlib import Path

import torch

TORCH = "1.13.0a0"
ACTOR, CRITIC = (4, 16, 16, 2), (4, 16, 16, 1)
SAMPLES = 64
CLIP, ENTROPY_COEFFICIENT, VALUE_COEFFICIENT, BETA = 0.2, 0.01, 0.5, 0.7


def random_weights(sizes):
    layers = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layers.append(torch.randn(fan_in * fan_out) / math.sqrt(fan_in))
        layers.append(0.2 * torch.randn(fan_out))
    return torch.cat(layers)


def forward(weights, sizes, x):
    """The head (samples x outputs) of the network with these flat weights."""
    offset = 0
    for layer, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:]), start=1):
        end = offset + fan_in * fan_out
        w = weights[offset:end].reshape(fan_in, fan_out).T  # stored column-major
        b = weights[end:end + fan_out]
        offset = end + fan_out
        x = torch.nn.functional.linear(x, w, b)
        if layer < len(sizes) - 1:
            x = torch.tanh(x)
    assert offset == len(weights)
    return x


def chosen(log_probs, action):
    return log_probs.gather(1, action[:, None])[:, 0]


def make_batch():
    torch.manual_seed(1)
    actor_weights, critic_weights = random_weights(ACTOR), random_weights(CRITIC)
    observation = torch.randn(SAMPLES, ACTOR[0])
    old_weights = actor_weights + 0.08 * torch.randn(len(actor_weights))
    old_head = forward(old_weights, ACTOR, observation)
    action = torch.multinomial(torch.softmax(old_head, 1), 1)[:, 0]
    return {
        "observation": observation,
        "action": action,
        "old_head": old_head,
        "old_log_prob": chosen(torch.log_softmax(old_head, 1), action),
        "advantage": torch.randn(SAMPLES),
        "value_target": torch.randn(SAMPLES),
        "actor_weights": actor_weights,
        "critic_weights": critic_weights,
    }


def evaluate(batch, entropy_coefficient, value_coefficient, clip=None, beta=None):
    """Loss terms, forward results and gradients, in the precision of the batch."""
    actor_weights = batch["actor_weights"].clone().requires_grad_()
    critic_weights = batch["critic_weights"].clone().requires_grad_()
    log_probs = torch.log_softmax(forward(actor_weights, ACTOR, batch["observation"]), 1)
    log_prob = chosen(log_probs, batch["action"])
    value = forward(critic_weights, CRITIC, batch["observation"])[:, 0]

    a = batch["advantage"]
    a = (a - a.mean()) / (a.std(unbiased=True) + 1e-8)
    rho = torch.exp(log_prob - batch["old_log_prob"])
    gain = rho * a
    if clip is not None:
        gain = torch.min(gain, torch.clamp(rho, 1 - clip, 1 + clip) * a)
    surrogate = -gain.mean()
    entropy = -(log_probs.exp() * log_probs).sum(1).mean()
    value_loss = 0.5 * ((value - batch["value_target"]) ** 2).mean()
    total = surrogate - entropy_coefficient * entropy + value_coefficient * value_loss
    result = {"log_prob": log_prob, "value": value, "ratio": rho,
              "normalised_advantage": a, "surrogate_loss": surrogate,
              "entropy": entropy, "value_loss": value_loss}
    if beta is not None:
        old_log_probs = torch.log_softmax(batch["old_head"], 1)
        kl = (old_log_probs.exp() * (old_log_probs - log_probs)).sum(1).mean()
        total = total + beta * kl
        result["kl"] = kl
    total.backward()
    result.update(total_loss=total, actor_gradient=actor_weights.grad,
                  critic_gradient=critic_weights.grad)
    return {name: tensor.detach() for name, tensor in result.items()}


def check_cases(result):
    """All cases of the clip occur, and no sample is close to a kink."""
    rho, a = result["ratio"], result["normalised_advantage"]
    low, high = rho < 1 - CLIP, rho > 1 + CLIP
    for sign, side in (("A>0", a > 0), ("A<0", a < 0)):
        counts = [int((side & part).sum()) for part in (low, ~low & ~high, high)]
        print(f"{sign}: rho below, inside, above the clip range: {counts}")
        assert min(counts) >= 2
    kinks = torch.stack([rho - (1 - CLIP), rho - (1 + CLIP), a]).abs().min()
    print(f"rho from {rho.min():.3f} to {rho.max():.3f}; distance to a kink {kinks:.1e}")
    assert kinks > 1e-4


def columns(tensor):
    """Rows, columns and values of a block; a row of `tensor`, one sample, is a column."""
    if tensor.dim() == 2:
        return tensor.shape[1], tensor.shape[0], tensor.flatten().tolist()
    return tensor.numel(), 1, tensor.flatten().tolist()


def write(name, blocks):
    with Path(__file__).with_name(name).open("w") as file:
        file.write("# python3-torch 1.13.1+dfsg-4 (torch 1.13.0a0), Python 3.11, float32; "
                   "made by ppo_clip_torch.py\n")
        for block, tensor in blocks.items():
            rows, cols, values = columns(tensor)
            file.write(f"{block} {rows} {cols}\n")
            width = rows if cols > 1 else 8
            for i in range(0, len(values), width):
                file.write(" ".join(f"{v:.9g}" for v in values[i:i + width]) + "\n")


def record(name, batch, constants):
    result = evaluate(batch, **constants)
    double = {k: v.double() if v.is_floating_point() else v for k, v in batch.items()}
    exact = evaluate(double, **constants)
    error = max(float((result[k] - exact[k]).abs().max()) for k in result)
    print(f"{name}: " + ", ".join(f"{k} {float(v):.9g}" for k, v in result.items()
                                  if v.dim() == 0))
    print(f"  largest difference from the same in float64: {error:.1e}")
    assert error < 2e-6
    sizes = {"actor_sizes": torch.tensor(ACTOR), "critic_sizes": torch.tensor(CRITIC)}
    settings = {k: torch.tensor(v) for k, v in constants.items()}
    write(name, {**sizes, **settings, **batch, **result})
    return result


def main():
    if torch.__version__ != TORCH:
        raise SystemExit(f"need torch {TORCH}, found {torch.__version__}")
    torch.set_num_threads(1)
    batch = make_batch()
    clipped = record("ppo_clip_torch.txt", batch,
                     {"entropy_coefficient": ENTROPY_COEFFICIENT,
                      "value_coefficient": VALUE_COEFFICIENT, "clip": CLIP})
    check_cases(clipped)
    record("ppo_kl_torch.txt", batch,
           {"entropy_coefficient": 0.0, "value_coefficient": 0.0, "beta": BETA})


if __name__ == "__main__":
    main()
