"""Measures other libraries on our jobs and writes their rows to <out>/peers.json; see README.md.

What cannot be installed or does not run gets a row with "error" instead of numbers, and the rest goes on.
"""

import argparse
import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # the source tree stays as it is

import recurrent_rows
import rltools_rows
import sb3_rows
from installs import Missing


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above zero")
    return value


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", type=Path, default=Path("build/peers"), help="build folder (build/peers)")
    parser.add_argument("--runs", type=positive, default=5, help="trainings per row; the median counts")
    parser.add_argument("--sb3-steps", type=positive, default=40960, help="steps per training, a multiple of 4096")
    parser.add_argument("--skip", action="append", default=[], choices=["rltools", "sb3", "recurrent"], help="leave it out")
    parser.add_argument(
        "--recurrent-steps", type=positive, default=10240, help="steps per recurrent training, a multiple of 256"
    )
    parser.add_argument(
        "--recurrent", type=Path, metavar="PROGRAM", help="our cartpole_without_velocity, run in turns with RecurrentPPO"
    )
    parser.add_argument(
        "--alternate", type=Path, metavar="PROGRAM", help="our pendulum_reference, run in turns with RLtools'"
    )
    parser.add_argument("--times", type=positive, default=10, help="turns of --alternate")
    return parser.parse_args()


def rows_or_error(library, jobs, measure):
    """What `measure` returns, or a row per job that says why there is nothing."""
    try:
        return measure()
    except Missing as missing:
        return [{"library": library, "job": job, "error": str(missing)} for job in jobs]


def measure(options, out):
    report = {"rows": []}
    if "rltools" not in options.skip:
        report["rows"] += rows_or_error(
            rltools_rows.LIBRARY, [rltools_rows.JOB], lambda: rltools_rows.rows(out, options.runs)
        )
    if "sb3" not in options.skip:
        report["rows"] += rows_or_error(
            sb3_rows.LIBRARY, sb3_rows.JOBS, lambda: sb3_rows.rows(out, min(options.runs, 3), options.sb3_steps)
        )
    if "recurrent" not in options.skip:
        program = options.recurrent.resolve() if options.recurrent else None
        report["rows"] += rows_or_error(
            recurrent_rows.LIBRARY,
            [recurrent_rows.JOB],
            lambda: recurrent_rows.rows(out, min(options.runs, 3), options.recurrent_steps, program),
        )
    if options.alternate:
        ours = options.alternate.resolve()
        report["ratios"] = rows_or_error(
            rltools_rows.LIBRARY, [rltools_rows.JOB], lambda: rltools_rows.ratios(out, ours, options.times)
        )
    return report


def show(report):
    for row in report["rows"]:
        name = f"{row['library']:33} {row['job']:20}"
        if "error" in row:
            print(f"{name} {row['error']}")
        else:
            print(f"{name} {row['threads']} thread(s) {row['steps_per_second']:9,.0f} steps/s  {row['note']}")
    for row in report.get("ratios", []):
        if "error" in row:
            print(f"no ratio: {row['error']}")
        else:
            print(
                f"{row['threads']} thread(s): {row['peer_seconds']:.3f} s against our {row['our_seconds']:.3f} s, "
                f"ratio {row['ratio']:.2f} (of the best runs {row['ratio_of_best']:.2f})"
            )


def main():
    options = read_options()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    report = measure(options, out)
    (out / "peers.json").write_text(json.dumps(report, indent=2) + "\n")
    show(report)


if __name__ == "__main__":
    main()
