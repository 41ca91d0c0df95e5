"""Records statistics over runs: run_statistics_scipy.txt.

    python3.11 -m venv /tmp/scipy
    /tmp/scipy/bin/pip install scipy==1.17.1 numpy==2.4.6
    /tmp/scipy/bin/python run_statistics_scipy.py

For samples of n numbers: `sample_n`; `quartiles_n`, NumPy's; `trimmed_n`, SciPy's trim_mean(0.25);
`same_indices_n`, NumPy's percentiles 2.5 and 97.5 of 2,000 trimmed means, resampled by the indices that the library draws
(its generator is written down again here); `bootstrap_n`, SciPy's percentile bootstrap of 100,000 resamples.
For curves: `curve_k_x` and `curve_k_y`; `band_x`, the union of their places, `band_y` with a row each of quartiles and of
how many curves were there, by NumPy's interp.
"""

import platform
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

VERSIONS = ("1.17.1", "2.4.6")
RNG = np.random.default_rng(1)
SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 20, 30)
BOOTSTRAP_PURPOSE = 8
WORD = 0xFFFFFFFF


def philox4x32(counter):
    """Philox4x32-10 with key 0; Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011."""
    key = [0, 0]
    for _ in range(10):
        low, high = 0xD2511F53 * counter[0], 0xCD9E8D57 * counter[2]
        counter = [(high >> 32) ^ counter[1] ^ key[0], high & WORD, (low >> 32) ^ counter[3] ^ key[1], low & WORD]
        key = [(key[0] + 0x9E3779B9) & WORD, (key[1] + 0xBB67AE85) & WORD]
    return counter


def words():
    block = 0
    while True:
        yield from philox4x32([block & WORD, block >> 32, 0, BOOTSTRAP_PURPOSE])
        block += 1


def below(stream, n):
    """Lemire, "Fast Random Integer Generation in an Interval", 2019."""
    product = next(stream) * n
    while product & WORD < 2**32 % n:
        product = next(stream) * n
    return product >> 32


def trimmed(sample, axis=-1):
    return stats.trim_mean(sample, 0.25, axis=axis)


def same_indices(sample):
    stream, n = words(), len(sample)
    means = [trimmed(sample[[below(stream, n) for _ in range(n)]]) for _ in range(2000)]
    return np.percentile(means, [2.5, 97.5])


def by_scipy(sample):
    interval = stats.bootstrap((sample,), trimmed, n_resamples=100_000, method="percentile", vectorized=True,
                               rng=np.random.default_rng(2)).confidence_interval
    return np.array([interval.low, interval.high])


def curves():
    x = [np.arange(1, 9) * 128.0, np.sort(RNG.uniform(0, 1500, 12)), np.arange(2, 7) * 128.0, np.array([300.0])]
    return [(places, 100 * RNG.standard_normal(len(places))) for places in x]


def band(all_curves):
    places = np.unique(np.concatenate([x for x, _ in all_curves]))
    rows = []
    for place in places:
        values = [np.interp(place, x, y) for x, y in all_curves if x[0] <= place <= x[-1]]
        rows.append([*np.percentile(values, [25, 50, 75]), len(values)])
    return places, np.array(rows).T


def blocks():
    for n in SIZES:
        sample = 500 * RNG.beta(2, 1, n)
        yield f"sample_{n}", sample
        yield f"quartiles_{n}", np.percentile(sample, [25, 50, 75])
        yield f"trimmed_{n}", np.array([trimmed(sample)])
        yield f"same_indices_{n}", same_indices(sample)
        if n > 1:
            yield f"bootstrap_{n}", by_scipy(sample)
    all_curves = curves()
    for k, (x, y) in enumerate(all_curves):
        yield f"curve_{k}_x", x
        yield f"curve_{k}_y", y
    x, y = band(all_curves)
    yield "band_x", x
    yield "band_y", y


def main():
    assert (scipy.__version__, np.__version__) == VERSIONS, f"install scipy and numpy {VERSIONS}"
    with open(Path(__file__).with_suffix(".txt"), "w") as file:
        print(f"# scipy {scipy.__version__}, numpy {np.__version__}, Python {platform.python_version()}", file=file)
        for name, values in blocks():
            matrix = values.reshape(-1, 1) if values.ndim == 1 else values
            print(name, *matrix.shape, file=file)
            for column in matrix.T:
                print(*(repr(float(x)) for x in column), file=file)


if __name__ == "__main__":
    main()
