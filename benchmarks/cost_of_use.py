"""What using the library costs: time and memory of compiling, and the size of the program.

Compiles the whole program of the README, and the environment of the README alone, with each compiler found.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMPILERS = ["g++", "clang++"]
FLAGS = ["-std=c++20", "-O2"]


def snippet(readme, heading):
    """The first C++ program below a heading."""
    found = re.search(rf"^## {re.escape(heading)}\n.*?^```cpp\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    if not found:
        sys.exit(f"cost_of_use.py: the README has no C++ program below '## {heading}'; name the heading that has")
    return found.group(1)


def sources(readme):
    """Name to (source, whether it is a whole program)."""
    environment = "#include <gradiva/env/env.hpp>\n\n" + snippet(readme, "An environment of your own")
    return {"whole program": (snippet(readme, "A whole program"), True), "environment alone": (environment, False)}


def run(command):
    """What a command took; peak memory in bytes is that of the largest of the processes that it starts."""
    start = time.perf_counter()
    environment = os.environ | {"CCACHE_DISABLE": "1"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{errors}")
    return {
        "seconds": time.perf_counter() - start,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory": usage.ru_maxrss * 1024,
    }


def compile_in(folder, compiler, source, is_program, options):
    file = Path(folder, "source.cpp")
    file.write_text(source)
    includes = [flag for each in options.include for flag in ("-isystem", each)]
    command = [compiler, *FLAGS, *includes, str(file), "-o", str(Path(folder, "result"))]
    return run(command + ([options.fmt, "-pthread"] if is_program else ["-c"]))


def measure(compiler, name, source, is_program, options):
    row = {"compiler": compiler, "source": name, "lines": len(source.strip().splitlines()), "flags": " ".join(FLAGS)}
    with tempfile.TemporaryDirectory() as folder:
        try:
            row |= compile_in(folder, compiler, source, is_program, options)
        except RuntimeError as error:
            return row | {"error": str(error)}
        if is_program:
            result = Path(folder, "result")
            subprocess.run(["strip", str(result)], check=True)
            row["stripped_bytes"] = result.stat().st_size
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", type=Path, required=True)
    parser.add_argument("--include", nargs="+", default=[], help="folders of headers")
    parser.add_argument("--fmt", default="-lfmt", help="the library of fmt")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    options = parser.parse_args()
    options.include = [each for each in options.include if each != "/usr/include"]  # its place in the order matters
    readme = options.readme.read_text()
    rows = []
    for compiler in filter(shutil.which, COMPILERS):
        for name, (source, is_program) in sources(readme).items():
            rows.append(measure(compiler, name, source, is_program, options))
            print(rows[-1])
    options.out.write_text(json.dumps({"rows": rows}, indent=2))
    if any("error" in row for row in rows):
        sys.exit("cost_of_use.py: not everything compiled")


if __name__ == "__main__":
    main()
