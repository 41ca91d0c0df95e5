"""Reads what the benchmark programs wrote into the results folder."""

import json
import math
from dataclasses import dataclass, field

SECONDS_PER = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}

# Parts of a benchmark's name that say how it was run.
HOW_IT_RAN = ("real_time", "process_time", "manual_time", "min_time:", "min_warmup_time:", "repeats:", "iterations:")


@dataclass
class Line:
    """One benchmark of a Google Benchmark program: the median of its repetitions."""

    parts: tuple  # of its name, without arguments: ("forward", "relu")
    args: dict  # {"width": 64}; those without a name are counted: {0: 64}
    seconds: float = 0
    counters: dict = field(default_factory=dict)
    error: str = ""

    @property
    def bytes(self):
        """Moved each time."""
        return self.counters["B/s"] * self.seconds

    @property
    def label(self):
        args = [str(value) if isinstance(key, int) else f"{key} {value}" for key, value in self.args.items()]
        return ", ".join([" ".join(self.parts), *args])


@dataclass
class Results:
    lines: dict  # name of a Google Benchmark program -> its lines
    contexts: dict  # and -> what it says about the machine
    documents: dict  # name of any other file -> its contents
    unreadable: dict  # name of a file -> why

    def find(self, program, *parts, **args):
        """The line of a program with this name and at least these arguments; None where there is none."""
        for line in self.lines.get(program, []):
            if line.parts == parts and not line.error and args.items() <= line.args.items():
                return line
        return None

    def twin(self, program, line, *parts):
        """The line of that name with the same arguments."""
        for other in self.lines.get(program, []):
            if other.parts == parts and other.args == line.args and not other.error:
                return other
        return None

    def scalar(self, program, line):
        """The plain loops that a line is compared with: the same name with `_scalar` at the end of its first part."""
        return self.twin(program, line, line.parts[0] + "_scalar", *line.parts[1:])

    def share_of_copy(self, line):
        """A kernel's bandwidth by that of a copy that moves nearly as many bytes; None where there is none."""
        copies = [each for each in self.lines.get("kernels", []) if each.parts == ("copy",) and not each.error]
        if not copies or "B/s" not in line.counters:
            return None
        closest = min(copies, key=lambda each: abs(math.log(each.bytes / line.bytes)))
        fits = 0.8 < closest.bytes / line.bytes < 1.25
        return line.counters["B/s"] / closest.counters["B/s"] if fits else None

    def counter(self, name, program, *parts, **args):
        line = self.find(program, *parts, **args)
        return line.counters.get(name) if line else None

    def peak(self, name):
        """The best of what the programs measured, since what disturbs the machine only makes it slower."""
        breakdowns = [document.get("breakdown") or {} for document in self.documents.values()]
        measured = [*self.contexts.values(), *breakdowns]
        return max((float(each[name]) for each in measured if name in each), default=None)


def parse_name(name):
    parts, args = [], {}
    for part in name.split("/"):
        if part.startswith(HOW_IT_RAN):
            continue
        key, colon, value = part.rpartition(":")
        if value.lstrip("-").isdigit():
            args[key if colon else len(args)] = int(value)
        else:
            parts.append(part)
    return tuple(parts), args


def parse_line(row):
    parts, args = parse_name(row.get("run_name", row["name"]))
    if row.get("error_occurred") or row.get("skipped"):
        return Line(parts, args, error=row.get("error_message") or row.get("skip_message") or "no reason given")
    time = "real_time" if "/real_time" in row["name"] else "cpu_time"
    counters = {key: value for key, value in row.items() if isinstance(value, float)}
    return Line(parts, args, row[time] * SECONDS_PER[row["time_unit"]], counters)


def parse_lines(rows):
    """Medians; where a benchmark was not repeated, or failed, the row itself."""
    chosen = {}
    for row in rows:
        name = row.get("run_name", row["name"])
        if row.get("aggregate_name") == "median" or (row.get("run_type") != "aggregate" and name not in chosen):
            chosen[name] = row
    lines = [parse_line(row) for row in chosen.values()]
    return sorted(lines, key=lambda line: (line.parts, [str(key) for key in line.args], list(line.args.values())))


def load(folder):
    results = Results({}, {}, {}, {})
    for path in sorted(folder.glob("*.json")):
        if path.name == "report.json":
            continue
        try:
            content = json.loads(path.read_text())
        except ValueError as error:
            results.unreadable[path.name] = str(error)
            continue
        if "benchmarks" in content:
            results.contexts[path.stem] = content["context"]
            results.lines[path.stem] = parse_lines(content["benchmarks"])
        else:
            results.documents[path.stem] = content
    return results
