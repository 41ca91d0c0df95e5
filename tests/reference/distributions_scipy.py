"""Records log-probs, entropies and divergences of action distributions: distributions_scipy.txt.

    python3.11 -m venv /tmp/scipy
    /tmp/scipy/bin/pip install scipy==1.17.1 numpy==2.4.6
    /tmp/scipy/bin/python distributions_scipy.py

Per distribution, one sample per column: `NAME_head` and `NAME_own` (log-stds) select the distribution p,
`NAME_other_head` and `NAME_other_own` another, q; `NAME_choice` (integers) and `NAME_action` (reals, exactly
representable in float32) are what p is asked about; `NAME_log_prob`, `NAME_entropy` and `NAME_kl` = KL(p || q) are one
number per sample. Names: categorical, diagonal_gaussian, state_dependent_gaussian, squashed_gaussian,
squashed_state_dependent_gaussian, beta, multi_categorical (parts of 3, 2 and 4 choices, one integer each), bernoulli
(5 logits, 5 answers) and hybrid (3 logits, then 2 means; one integer and 2 reals).

Bounded distributions have the bounds LOW and HIGH; `_action` is what the library stores (u before the tanh, x on the
unit interval), `_log_prob` the log-density within the bounds. No divergence of a density, and no entropy of a squashed
one, is taken from a formula: they are integrals of densities, over the actions within the bounds where there are any.
Entropies of the others and all log-probs are SciPy's. `special_*` are its log Gamma, digamma and trigamma.
"""

import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import integrate, special, stats

VERSIONS = ("1.17.1", "2.4.6")
SAMPLES = 8
LOW, HIGH = np.float32([-2, 0.5, -0.1]).astype(float), np.float32([2, 3, 0.3]).astype(float)
RNG = np.random.default_rng(1)


def normal_columns(rows, scale=1.0):
    return scale * RNG.standard_normal((rows, SAMPLES))


def narrow_columns():
    """Means and log-stds below 0.3, where the library's estimate of the entropy is good to 1e-7."""
    return np.vstack([normal_columns(3), RNG.uniform(-1.5, 0.3, (3, SAMPLES))])


def as_float32(x):
    return np.asarray(x, dtype=np.float32).astype(float)


def integral(f, low, high):
    value, error = integrate.quad(f, low, high, epsabs=1e-11, epsrel=1e-11, limit=500)
    assert error < 1e-8, error
    return value


def kl_of_densities(p, q, low, high):
    """KL(p || q) of two log densities."""
    return integral(lambda x: np.exp(p(x)) * (p(x) - q(x)) if p(x) > -700 else 0.0, low, high)


class Scaled:
    """An element's distribution within bounds: that of low + (high - low) x."""

    def __init__(self, element, unit_density):
        self.low, self.high = LOW[element], HIGH[element]
        self.unit_density = unit_density

    def support(self):
        return self.low, self.high

    def logpdf(self, a):
        x = (a - self.low) / (self.high - self.low)
        return self.unit_density(x) - np.log(self.high - self.low)


class Normal:
    def __init__(self, mean, log_std):
        self.law = stats.norm(mean, np.exp(log_std))

    def support(self):
        mean, std = self.law.mean(), self.law.std()
        return mean - 14 * std, mean + 14 * std

    def logpdf(self, a):
        return self.law.logpdf(a)

    def stored_logpdf(self, a):
        return self.law.logpdf(a)

    def entropy(self):
        return float(self.law.entropy())


class Squashed(Scaled):
    """Densities by the change of variables u = artanh(2 x - 1), du/dx = 1 / (2 x (1 - x))."""

    def __init__(self, element, mean, log_std):
        law = stats.norm(mean, np.exp(log_std))

        def density(x):
            if not 0 < x < 1:
                return -np.inf
            return law.logpdf(0.5 * special.logit(x)) - np.log(2 * x * (1 - x))

        super().__init__(element, density)
        self.law = law

    def stored_logpdf(self, u):
        slope = (self.high - self.low) / 2 / np.cosh(u) ** 2
        return self.law.logpdf(u) - np.log(slope)

    def entropy(self):
        def term(a):
            log_p = self.logpdf(a)
            return -np.exp(log_p) * log_p if log_p > -700 else 0.0
        return integral(term, *self.support())


class BetaLaw(Scaled):
    def __init__(self, element, head_alpha, head_beta):
        alpha, beta = 1 + np.logaddexp(0, head_alpha), 1 + np.logaddexp(0, head_beta)
        self.law = stats.beta(alpha, beta)
        super().__init__(element, self.law.logpdf)

    def stored_logpdf(self, x):
        return self.law.logpdf(x) - np.log(self.high - self.low)

    def entropy(self):
        return float(self.law.entropy()) + np.log(self.high - self.low)


class Softmax:
    def __init__(self, logits):
        self.log_p = special.log_softmax(logits)

    def stored_logpdf(self, choice):
        return self.log_p[int(choice)]

    def entropy(self):
        return float(stats.entropy(np.exp(self.log_p)))


def kl(p, q):
    if isinstance(p, Softmax):
        return float(stats.entropy(np.exp(p.log_p), np.exp(q.log_p)))
    low, high = p.support()
    return kl_of_densities(p.logpdf, q.logpdf, low, high)


def record(name, blocks, laws, head, other_head, own=None, other_own=None, choice=None, action=None):
    """`laws(head column, own)` gives the independent parts of an action, integers before reals."""
    blocks[f"{name}_head"], blocks[f"{name}_other_head"] = head, other_head
    if own is not None:
        blocks[f"{name}_own"], blocks[f"{name}_other_own"] = own, other_own
    if choice is not None:
        blocks[f"{name}_choice"] = choice
    if action is not None:
        blocks[f"{name}_action"] = action
    parts = [x for x in (choice, action) if x is not None]
    log_prob, entropy, divergence = [], [], []
    for j in range(SAMPLES):
        stored = np.concatenate([x[:, j] for x in parts])
        p, q = laws(head[:, j], own), laws(other_head[:, j], other_own)
        assert len(p) == len(stored)
        log_prob.append(sum(law.stored_logpdf(x) for law, x in zip(p, stored)))
        entropy.append(sum(law.entropy() for law in p))
        divergence.append(sum(kl(a, b) for a, b in zip(p, q)))
    blocks[f"{name}_log_prob"] = np.array(log_prob)
    blocks[f"{name}_entropy"] = np.array(entropy)
    blocks[f"{name}_kl"] = np.array(divergence)


def choices_of(*sizes):
    return np.array([RNG.integers(n, size=SAMPLES) for n in sizes])


def discrete(blocks):
    record("categorical", blocks, lambda h, _: [Softmax(h)], normal_columns(4, 2), normal_columns(4),
           choice=choices_of(4))
    record("multi_categorical", blocks, lambda h, _: [Softmax(h[:3]), Softmax(h[3:5]), Softmax(h[5:])],
           normal_columns(9, 2), normal_columns(9), choice=choices_of(3, 2, 4))
    record("bernoulli", blocks, lambda h, _: [Softmax(np.array([0, logit])) for logit in h],
           normal_columns(5, 2), normal_columns(5), choice=choices_of(2, 2, 2, 2, 2))


def normal(blocks):
    def shared(h, own):
        return [Normal(m, s) for m, s in zip(h, own)]

    def per_sample(h, _):
        return [Normal(h[i], h[3 + i]) for i in range(3)]

    record("diagonal_gaussian", blocks, shared, normal_columns(3), normal_columns(3), np.array([-0.7, 0.2, 0.9]),
           np.array([-0.4, 0.5, 0.1]), action=as_float32(normal_columns(3, 2)))
    record("state_dependent_gaussian", blocks, per_sample, normal_columns(6, 0.7), normal_columns(6, 0.7),
           action=as_float32(normal_columns(3, 2)))
    record("hybrid", blocks, lambda h, own: [Softmax(h[:3])] + shared(h[3:], own), normal_columns(5),
           normal_columns(5), np.array([-0.5, 0.3]), np.array([0.2, -0.1]), choice=choices_of(3),
           action=as_float32(normal_columns(2, 2)))


def bounded(blocks):
    blocks["bounds"] = np.stack([LOW, HIGH])
    record("squashed_gaussian", blocks, lambda h, own: [Squashed(i, h[i], own[i]) for i in range(3)],
           normal_columns(3), normal_columns(3), np.array([-0.9, -0.3, 0.2]), np.array([-0.6, 0.1, -0.2]),
           action=as_float32(normal_columns(3, 1.5)))
    record("squashed_state_dependent_gaussian", blocks, lambda h, _: [Squashed(i, h[i], h[3 + i]) for i in range(3)],
           narrow_columns(), narrow_columns(), action=as_float32(normal_columns(3, 1.5)))
    record("beta", blocks, lambda h, _: [BetaLaw(i, h[i], h[3 + i]) for i in range(3)], normal_columns(6, 2),
           normal_columns(6, 2), action=as_float32(RNG.uniform(0.02, 0.98, (3, SAMPLES))))


def special_functions(blocks):
    x = np.concatenate([np.logspace(-3, 6, 91), [0.5, 0.99, 1, 1.4616, 1.5, 2, 2.01, 9.99, 10, 10.01]])
    blocks["special_x"] = x
    blocks["special_log_gamma"] = special.gammaln(x)
    blocks["special_digamma"] = special.digamma(x)
    blocks["special_trigamma"] = special.polygamma(1, x)


def write(path, blocks):
    with path.open("w") as file:
        file.write(f"# SciPy {scipy.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, float64; "
                   f"made by {Path(__file__).name}\n")
        for name, values in blocks.items():
            matrix = np.asarray(values, dtype=float)
            matrix = matrix.reshape(-1, 1) if matrix.ndim == 1 else matrix
            assert np.isfinite(matrix).all(), name
            file.write(f"{name} {matrix.shape[0]} {matrix.shape[1]}\n")
            flat = matrix.flatten(order="F")
            width = matrix.shape[0] if matrix.shape[1] > 1 else 4
            for i in range(0, len(flat), width):
                file.write(" ".join(f"{v:.17g}" for v in flat[i:i + width]) + "\n")


def main():
    if (scipy.__version__, np.__version__) != VERSIONS:
        raise SystemExit(f"need SciPy and NumPy {VERSIONS}, found {scipy.__version__}, {np.__version__}")
    blocks = {}
    for part in (discrete, normal, bounded, special_functions):
        part(blocks)
    write(Path(__file__).with_name("distributions_scipy.txt"), blocks)


if __name__ == "__main__":
    main()
