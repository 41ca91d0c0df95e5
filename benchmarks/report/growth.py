"""How the cost of PPO on CartPole grows, and where it grows faster than the work."""

from dataclasses import dataclass

from formatting import number, seconds, section, table
from sections import missing

MOST = 2  # times a neighbour's time for the same work


@dataclass
class Point:
    value: int  # width, environments or horizon
    samples: float  # of an iteration
    seconds_per_sample: float
    seconds_per_work: float
    steps_per_second: float
    flops_per_sample: float
    marked: bool = False


def points(results, benchmark):
    """Ascending. The work is the sample; over the width it is the floating-point operation."""
    argument = benchmark.removeprefix("by_")
    found = []
    for line in results.lines.get("ppo_cartpole", []):
        if line.parts != (benchmark,) or line.error:
            continue
        samples, flops = line.counters["samples"], line.counters["flops_per_sample"]
        each = line.seconds / samples
        per_work = each / flops if argument == "width" else each
        found.append(Point(line.args[argument], samples, each, per_work, 1 / each, flops))
    found.sort(key=lambda point: point.value)
    mark(found)
    return found


def mark(found):
    for before, after in zip(found, found[1:]):
        slower, faster = sorted((before, after), key=lambda point: -point.seconds_per_work)
        if slower.seconds_per_work > MOST * faster.seconds_per_work:
            slower.marked = True


def reason(benchmark, point):
    """Why a marked point may cost more than its neighbour."""
    if benchmark == "by_width" and point.value <= 32:
        return "environments, losses and the optimiser's calls cost the same at any width"
    if point.samples < 256:
        return "less than one minibatch: an optimiser's step is shared by few samples"
    return "no known reason"


def growth_table(results, benchmark, title):
    rows = [
        [
            f"{point.value:,}",
            seconds(point.seconds_per_sample),
            number(point.steps_per_second),
            number(point.flops_per_sample * point.steps_per_second * 1e-9),
            f"more than {MOST} x a neighbour's: {reason(benchmark, point)}" if point.marked else "",
        ]
        for point in points(results, benchmark)
    ]
    return f"### {title}\n\n" + table([benchmark.removeprefix("by_"), "per sample", "steps/s", "GFLOP/s", ""], rows)


def growth_section(results, plots):
    title = "How cost grows: PPO on CartPole"
    if "ppo_cartpole" not in results.lines:
        return section(title, missing("ppo_cartpole"))
    images = "\n".join(f"![{text}]({name})" for name, text in plots.items())
    return section(
        title,
        "8 environments x 128 steps, minibatch 256, 4 epochs, 64-64 tanh, one thread, but for what a table varies. "
        "A row is marked where the same work (a sample; over the width, an operation) takes more than twice as long "
        "as in a neighbouring row.",
        growth_table(results, "by_width", "Width"),
        growth_table(results, "by_environments", "Environments, 32 steps each"),
        growth_table(results, "by_horizon", "Horizon"),
        images or "No plots: matplotlib is not installed (Debian: `apt-get install python3-matplotlib`).",
    )
