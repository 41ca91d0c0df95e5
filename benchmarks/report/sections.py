"""The report's sections, from what was measured."""

from formatting import millions, number, percent, ratio, seconds, section, table, times
from goals import goals_table, size, update_share

MAKE = {
    "peers": "`benchmarks/peers/run.py` makes it; copy it there.",
    "cartpole_solve": "`cartpole_solve --json RESULTS/cartpole_solve.json` measures it.",
    "cost_of_use": "`benchmarks/cost_of_use.py` measures it.",
}


def missing(name):
    how = MAKE.get(name, f"The program `{name}` makes it.")
    return f"Not measured: there is no `{name}.json` in the results. {how}"


def machine(results, processor):
    compilers = {context["compiler"] for context in results.contexts.values() if "compiler" in context}
    cores = {context["num_cpus"] for context in results.contexts.values()}
    loads = [context["load_avg"][0] for context in results.contexts.values() if context.get("load_avg")]
    rows = [
        ["processor", processor],
        ["cores", ", ".join(map(str, cores))],
        ["compiler", ", ".join(sorted(compilers))],
        ["load when a program started", f"up to {max(loads):.1f}" if loads else ""],
        ["peak of one core, float", f"{number((results.peak('peak_flops') or 0) * 1e-9)} GFLOP/s"],
        ["copies in cache, read and written", f"{number((results.peak('cache_bandwidth') or 0) * 1e-9)} GB/s"],
        ["copies in main memory", f"{number((results.peak('memory_bandwidth') or 0) * 1e-9)} GB/s"],
    ]
    return section(
        "Machine",
        table(["", "measured here"], rows),
        "Times of programs with one thread are processor time, which others on the machine disturb least; the "
        "reference job's, and all with more threads, are the clock's. A scalar baseline is plain loops under the same "
        "flags.",
    )


def goals_section(results):
    return section("Goals", goals_table(results))


def breakdown_table(breakdown):
    rows = []
    for stage in breakdown["stages"]:
        work = stage["flops"] + stage["bytes"]  # one of them is 0
        peak = breakdown["peak_flops"] if stage["flops"] else breakdown["peak_bytes"]
        achieved = work / stage["seconds"] if work else None
        unit = "GFLOP/s" if stage["flops"] else "GB/s"
        rows.append(
            [
                stage["group"] if stage["group"] == stage["stage"] else f"{stage['group']}: {stage['stage']}",
                number(1e3 * stage["seconds"]),
                percent(stage["seconds"] / breakdown["seconds"]),
                number(1e3 * stage["floor_seconds"]) if work else "",
                f"{number(achieved * 1e-9)} {unit}" if work else "",
                percent(achieved / peak) if work else "",
            ]
        )
    floor = sum(stage["floor_seconds"] for stage in breakdown["stages"])
    rows.append(["all", number(1e3 * breakdown["seconds"]), "100 %", number(1e3 * floor), "", ""])
    return table(["one thread", "ms", "share", "floor ms", "rate", "of peak"], rows)


def reference_section(results):
    title = "Reference job: PPO on Pendulum, 307,200 steps"
    found = [d for name, d in results.documents.items() if name.startswith("pendulum_reference")]
    if not found:
        return section(title, missing("pendulum_reference"))
    rows = [
        [
            f"{each['width']}-{each['width']}, {each['threads']} thread{'s' if each['threads'] > 1 else ''}",
            seconds(each["seconds"]),
            seconds(min(each["runs"])),
            number(each["steps_per_second"]),
            percent(update_share(each)),
            number(each["greedy_return"], 4),
            size(each["peak_memory"]),
        ]
        for each in sorted(found, key=lambda each: (each["width"], each["threads"]))
    ]
    head = ["", "median", "best", "steps/s", "update, of peak", "greedy return", "peak memory"]
    breakdowns = [
        f"### Stages, {each['width']}-{each['width']}\n\n{breakdown_table(each['breakdown'])}"
        for each in found
        if each.get("breakdown")
    ]
    return section(title, table(head, rows), *breakdowns)


def peers_section(results):
    if "peers" not in results.documents:
        return section("Other libraries", missing("peers"))
    rows = [
        [
            f"{row['library']}, {row['job']}",
            row.get("threads", ""),
            seconds(row.get("seconds")),
            number(row.get("steps_per_second")),
            row.get("error") or row.get("note") or "",
        ]
        for row in results.documents["peers"]["rows"]
    ]
    return section("Other libraries", table(["", "threads", "time", "steps/s", ""], rows))


def networks_section(results):
    title = "Networks: 3-w-w-1, batch 256"
    if "networks" not in results.lines:
        return section(title, missing("networks"))
    peak = results.peak("peak_flops")
    rows = []
    for line in results.lines["networks"]:
        if line.parts[0].endswith("_scalar"):
            continue
        scalar = results.scalar("networks", line)
        rate = line.counters.get("FLOP/s")
        what, activation = line.parts
        rows.append(
            [
                f"{what.replace('_', ' ')}, {activation}, {line.args['width']}",
                line.error or seconds(line.seconds),
                number((rate or 0) * 1e-9),
                percent(ratio(rate, peak)),
                times(ratio(scalar.seconds, line.seconds)) if scalar else "",
            ]
        )
    return section(title, table(["", "time", "GFLOP/s", "of peak", "by scalar"], rows))


def environments_section(results):
    title = "Environments: random actions"
    if "environments" not in results.lines:
        return section(title, missing("environments"))
    scalar = results.counter("steps_per_second", "environments", "one_by_one", "CartPole", environments=8)
    rows = []
    for line in results.lines["environments"]:
        rate = line.counters.get("steps_per_second")
        relative = times(ratio(rate, scalar)) if line.parts[1].startswith("CartPole") else ""
        how = line.parts[0].replace("_", " ")
        copies, threads = line.args["environments"], line.args["threads"]
        rows.append([line.parts[1], how, f"{copies:,}", threads, line.error or millions(rate), relative])
    head = ["", "stepped", "copies", "threads", "M steps/s", "by scalar CartPole"]
    return section(title, table(head, rows))


def kernel_rate(line):
    for name, unit, size in (("FLOP/s", "GFLOP/s", 1e9), ("B/s", "GB/s", 1e9), ("samples/s", "M samples/s", 1e6)):
        if name in line.counters:
            return f"{number(line.counters[name] / size)} {unit}"
    return ""


def kernels_section(results):
    if "kernels" not in results.lines:
        return section("Kernels", missing("kernels"))
    peak = results.peak("peak_flops")
    rows = []
    for line in results.lines["kernels"]:
        if line.parts[0].endswith("_scalar"):
            continue
        scalar = results.scalar("kernels", line)
        rows.append(
            [
                line.label,
                line.error or seconds(line.seconds),
                kernel_rate(line),
                percent(ratio(line.counters.get("FLOP/s"), peak) or results.share_of_copy(line)),
                times(ratio(scalar.seconds, line.seconds)) if scalar else "",
            ]
        )
    head = ["", "time", "rate", "of peak, or of a copy", "by scalar"]
    return section("Kernels", table(head, rows))


def solve_section(results):
    title = "Time to solve CartPole"
    if "cartpole_solve" not in results.documents:
        return section(title, missing("cartpole_solve"))
    rows = [
        [row["network"], seconds(row["median_seconds"]), seconds(max(row["seconds"])), len(row["seconds"])]
        for row in results.documents["cartpole_solve"]["rows"]
    ]
    return section(title, table(["network", "median", "slowest", "seeds"], rows))


def cost_section(results):
    if "cost_of_use" not in results.documents:
        return section("Cost of use", missing("cost_of_use"))
    rows = [
        [
            f"{row['source']}, {row['compiler']} {row['flags']}",
            row.get("error") or seconds(row["cpu_seconds"]),
            seconds(row.get("seconds")),
            size(row.get("peak_memory")),
            size(row.get("stripped_bytes")),
        ]
        for row in results.documents["cost_of_use"]["rows"]
    ]
    head = ["the README's", "processor time", "clock", "compiler's peak memory", "stripped"]
    return section("Cost of use", table(head, rows))
