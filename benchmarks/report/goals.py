"""What was aimed at, beside what was reached."""

from dataclasses import dataclass

from formatting import number, percent, ratio, seconds, table, times


@dataclass
class Goal:
    what: str
    wanted: str
    value: float | None  # None: not measured
    text: str
    met: bool | None


def at_least(what, least, value, show):
    return Goal(what, f"at least {show(least)}", value, show(value), None if value is None else value >= least)


def at_most(what, most, value, show):
    return Goal(what, f"at most {show(most)}", value, show(value), None if value is None else value <= most)


def rate(value):
    return f"{number(value / 1e6)} M steps/s" if value is not None else ""


def size(value):
    if value is None:
        return ""
    return f"{number(value / 1e6)} MB" if value >= 1e6 else f"{number(value / 1e3)} kB"


def peers(results, part):
    """RLtools' rows on the reference job that are no errors."""
    rows = results.documents.get("peers", {}).get(part, [])
    return [
        row
        for row in rows
        if row["library"].startswith("RLtools") and row["job"] == "pendulum_reference" and "error" not in row
    ]


def ratio_to_rltools(results, threads):
    """How many times as fast as RLtools the reference job is: from runs in turns, or else from two programs' rates."""
    for row in peers(results, "ratios"):
        if row["threads"] == threads:
            return row["ratio"]
    name = "pendulum_reference" if threads == 1 else f"pendulum_reference_{threads}_threads"
    rates = [row["steps_per_second"] for row in peers(results, "rows") if row["threads"] <= threads]
    return ratio(results.documents.get(name, {}).get("steps_per_second"), max(rates, default=None))


def update_share(document):
    """The update's share of the peak, of a reference job with a breakdown."""
    breakdown = (document or {}).get("breakdown")
    if not breakdown:
        return None
    stages = [stage for stage in breakdown["stages"] if stage["group"] == "update"]
    flops = sum(stage["flops"] for stage in stages)
    return flops / sum(stage["seconds"] for stage in stages) / breakdown["peak_flops"]


def scan_share(results):
    """The lowest share of a copy's bandwidth among scans of the most samples, over 64 environments or more."""
    scans = [
        line
        for line in results.lines.get("kernels", [])
        if line.parts == ("advantage_scan",) and not line.error and line.args[0] >= 64
    ]
    most = max((line.bytes for line in scans), default=0)
    shares = [results.share_of_copy(line) for line in scans if line.bytes > 0.99 * most]
    return min((share for share in shares if share is not None), default=None)


def categorical_time(results):
    """The highest ratio to the exponentials alone, with 16 choices or more."""
    ratios = [
        line.seconds / twin.seconds
        for line in results.lines.get("kernels", [])
        if line.parts == ("categorical",) and not line.error and line.args[0] >= 16
        if (twin := results.twin("kernels", line, "exponentials"))
    ]
    return max(ratios, default=None)


def solve_seconds(results, network):
    for row in results.documents.get("cartpole_solve", {}).get("rows", []):
        if (row["network"] == "64-64") == (network == "64-64"):
            return row["median_seconds"]
    return None


def cost_goals(results):
    """Of the README's program, with each compiler."""
    rows = results.documents.get("cost_of_use", {}).get("rows", [])
    for row in [row for row in rows if row["source"] == "whole program"] or [{"compiler": "any compiler"}]:
        compiler = row["compiler"]
        yield at_most(f"the README's program, {compiler} -O2: compile time", 6, row.get("cpu_seconds"), seconds)
        yield at_most(f"the README's program, {compiler} -O2: stripped", 400e3, row.get("stripped_bytes"), size)


def goals(results):
    documents = results.documents
    reference = documents.get("pendulum_reference", {})
    batch = [
        results.counter("steps_per_second", "environments", "in_vectors", "CartPoleBatch", environments=2048, threads=n)
        for n in (1, 2)
    ]
    cartpole = [results.counter("steps_per_second", "ppo_cartpole", "ppo_cartpole", threads=n) for n in (1, 2)]
    return [
        at_least("reference job, greedy return", -200, reference.get("greedy_return"), number),
        at_least("reference job, one thread, by RLtools", 1.5, ratio_to_rltools(results, 1), times),
        at_least("reference job, two threads, by RLtools", 2.6, ratio_to_rltools(results, 2), times),
        at_least("update's share of the peak, 64-64", 0.85, update_share(reference), percent),
        at_least(
            "update's share of the peak, 256-256",
            0.85,
            update_share(documents.get("pendulum_reference_256_wide")),
            percent,
        ),
        at_least("PPO on CartPole, one thread", 0.38e6, cartpole[0], rate),
        at_least("PPO on CartPole, two threads", 0.7e6, cartpole[1], rate),
        at_least("CartPoleBatch, 2,048, random actions, one thread", 100e6, batch[0], rate),
        at_least("the same, two threads, per thread", 100e6, ratio(batch[1], 2), rate),
        at_least("advantage scan, 64 environments and more, by a copy's bandwidth", 0.8, scan_share(results), percent),
        at_most("categorical, 16 choices and more, by its exponentials", 1.5, categorical_time(results), times),
        at_most("CartPole solved, network of choice", 0.03, solve_seconds(results, "chosen"), seconds),
        at_most("CartPole solved, 64-64", 0.1, solve_seconds(results, "64-64"), seconds),
        *cost_goals(results),
        at_most("reference job, peak memory", 32e6, reference.get("peak_memory"), size),
    ]


def goals_table(results):
    answers = {True: "yes", False: "no", None: "not measured"}
    rows = [[goal.what, goal.wanted, goal.text, answers[goal.met]] for goal in goals(results)]
    return table(["", "goal", "reached", "met"], rows)
