"""Leaves out each visited piece of state in turn, and says which of them no test misses.

    python3 tests/state/deletions.py                              # with all tests of state, some minutes on two cores
    python3 tests/state/deletions.py tests/env/*state.test.cpp --only env/

All tests are built once, with headers in which each visit depends on a number in the environment, and run once for
every visit. A visit that is never made to fail a test is printed; the exit status is then 1. What is left out on purpose, as it
changes no result, says so: `// piece: REASON` at the end of its line.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).parents[2]
VARIABLE = "GRADIVA_LEFT_OUT"

TESTS = [
    "tests/train/resumed_*.test.cpp", "tests/train/memory*.test.cpp", "tests/nn/recurrent_layers.test.cpp",
    "tests/train/fixed_pieces.test.cpp", "tests/train/resume.test.cpp",
    "tests/train/curve.test.cpp", "tests/train/described.test.cpp", "tests/env/describe_environments.test.cpp",
    "tests/rollout/restored.test.cpp", "tests/rollout/metrics.test.cpp", "tests/core/state.test.cpp",
    "tests/env/*state.test.cpp", "tests/env/saved_env.test.cpp", "tests/env/select.test.cpp", "tests/env/spaces.test.cpp",
    "tests/environments/saved_environments.test.cpp", "tests/learn/updater.test.cpp",
    "tests/callbacks/logs_resumed.test.cpp", "tests/callbacks/doctor*.test.cpp", "tests/io/checkpoint.test.cpp", "tests/io/checkpoint_refusals.test.cpp",
    "tests/io/describe_policy.test.cpp", "tests/io/load_policy.test.cpp", "tests/io/saved_policy.test.cpp",
    "tests/io/report.test.cpp", "tests/io/series_table.test.cpp", "tests/io/recorded_run.test.cpp",
]

# A statement that visits: state("name", ...), state.fixed(...), visit_part(state, ...), part.visit_state(state); or
# that describes: state.described(...), describe_environments(state, ...).
VISIT = re.compile(r'(?<![\w.:>*&])((?:state(?:\.fixed|\.described|\.each|\.within)?\(\s*"|(?:visit|describe)_\w+\(state\b|[\w.\[\]()>-]+\.visit_\w+\(state\);).*)')
NOT_VISITS = {"core/state.hpp", "core/state_image.hpp", "core/state_reader.hpp", "core/visit_part.hpp"}
SWITCH = f"""#pragma once
#include <cstdlib>
inline bool gradiva_visits(int piece) {{
    static const char* const text = std::getenv("{VARIABLE}");
    static const int left_out = text == nullptr ? -1 : std::atoi(text);
    return piece != left_out;
}}
"""


def with_switches(code, pieces, path):
    """The header with `if (gradiva_visits(N))` before each visit; appends (path, line, text) to `pieces`."""
    lines = []
    for number, line in enumerate(code.split("\n"), 1):
        match = None if line.lstrip().startswith("//") or "// piece:" in line else VISIT.search(line)
        before = line[:match.start(1)].rstrip() if match else ""
        previous = next((text for text in reversed(lines) if text.strip()), "").rstrip()
        if match and (before or previous)[-1:] in "{};):":
            line = f"{line[:match.start(1)]}if (::gradiva_visits({len(pieces)})) {match[1]}"
            pieces.append((path, number, match[1].strip()))
        lines.append(line)
    return "\n".join(lines)


def instrumented(folder):
    """Writes the headers to folder/include; returns the pieces."""
    pieces = []
    shutil.copytree(ROOT / "include", folder / "include")
    for header in sorted((folder / "include/gradiva").rglob("*.hpp")):
        path = header.relative_to(folder / "include/gradiva").as_posix()
        if path not in NOT_VISITS:
            header.write_text(with_switches(header.read_text(), pieces, path))
    (folder / "switch.hpp").write_text(SWITCH)
    return pieces


def build(folder, tests, jobs, flags):
    sources = [*tests, str(ROOT / "tests/main.cpp")]
    running, objects = [], []
    for i, source in enumerate(sources):
        objects.append(str(folder / f"{i}.o"))
        running.append(subprocess.Popen(
            ["g++", "-std=c++20", "-O1", "-DNDEBUG", "-march=native", "-w", *flags, "-include", str(folder / "switch.hpp"),
             f"-I{folder}/include", f"-I{ROOT}/tests", "-isystem", "/usr/include/eigen3",
             f'-DGRADIVA_SOURCE_DIR="{ROOT}"', "-c", source, "-o", objects[-1]]))
        if len(running) == jobs:
            while running:
                if running.pop(0).wait() != 0:
                    sys.exit("deletions: the tests do not compile")
    if any(job.wait() != 0 for job in running):
        sys.exit("deletions: the tests do not compile")
    subprocess.run(["g++", *objects, "-lfmt", "-pthread", *flags, "-o", str(folder / "tests")], check=True)


def passes(folder, piece):
    environment = {**os.environ, VARIABLE: str(piece)}
    try:
        return subprocess.run([str(folder / "tests"), "--abort"], env=environment, cwd=folder, timeout=60,
                              capture_output=True).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tests", nargs="*", default=[str(path) for name in TESTS for path in sorted(ROOT.glob(name))],
                        help="files of tests; all tests of state where none is given")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--flag", action="append", default=[], help="of the compiler, as --flag=-DFMT_SHARED")
    parser.add_argument("--only", action="append", default=[], help="headers whose path holds one of these")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        pieces = instrumented(folder)
        build(folder, options.tests, options.jobs, options.flag)
        if not passes(folder, -1):
            sys.exit("deletions: a test fails while nothing is left out")
        chosen = [i for i, piece in enumerate(pieces) if any(part in piece[0] for part in options.only or [""])]
        unseen = [pieces[i] for i in chosen if passes(folder, i)]
    for path, line, text in unseen:
        print(f"{path}:{line}: no test misses {text}")
    print(f"{len(chosen)} pieces, {len(unseen)} of which no test misses")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main())
