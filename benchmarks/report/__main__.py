"""Makes report.md, report.json and plots of what lies in a folder of benchmark results.

    python3 benchmarks/report build/bench/bench_results
"""

import argparse
import json
import platform
import sys
from dataclasses import asdict
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

import plots
import sections
from goals import goals
from growth import growth_section
from results import load


def processor():
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def markdown(results, plots_written):
    parts = [
        "# Benchmarks",
        sections.machine(results, processor()),
        sections.goals_section(results),
        sections.reference_section(results),
        sections.peers_section(results),
        sections.solve_section(results),
        sections.networks_section(results),
        sections.environments_section(results),
        growth_section(results, plots_written),
        sections.kernels_section(results),
        sections.cost_section(results),
    ]
    if results.unreadable:
        lines = [f"- `{name}`: {why}" for name, why in results.unreadable.items()]
        parts.append("## Files that could not be read\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"


def everything(results):
    return {
        "processor": processor(),
        "peak": {name: results.peak(name) for name in ("peak_flops", "cache_bandwidth", "memory_bandwidth")},
        "goals": [asdict(goal) for goal in goals(results)],
        "contexts": results.contexts,
        "benchmarks": {name: [asdict(line) for line in lines] for name, lines in results.lines.items()},
        **results.documents,
    }


def write_report(folder):
    results = load(folder)
    (folder / "report.md").write_text(markdown(results, plots.draw(results, folder)))
    (folder / "report.json").write_text(json.dumps(everything(results), indent=2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the programs wrote their JSON files")
    folder = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder; run the benchmarks first: cmake --workflow --preset bench")
    write_report(folder)
    print(f"the report is {folder / 'report.md'}")


if __name__ == "__main__":
    main()
