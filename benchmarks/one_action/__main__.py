"""The time of one action of a 64-64 policy in SavedPolicy, in the exported C header and in onnxruntime, in one run by turns:

    python3 benchmarks/one_action build/bench/benchmarks/one_action

onnxruntime is measured where it is installed (tools/setup.sh --python; then build/python/bin/python).
"""
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
ROUNDS = 5
COMPILERS = [["gcc", "-O2"], ["gcc", "-O2", "-march=native"], ["clang", "-O2"]]


def numbers(command, folder):
    """What a program prints: lines of a name and nanoseconds."""
    text = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines()}


def measured_by_c(folder):
    """One program for each compiler that is there."""
    programs = {}
    for number, command in enumerate(COMPILERS):
        program = folder / f"time_{number}"
        try:
            subprocess.run([*command, "-std=c99", f"-I{folder}", HERE / "time_of_action.c", "-o", program], check=True)
        except FileNotFoundError:
            continue
        programs["C header, " + " ".join(command)] = [program]
    return programs


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    times = {}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        numbers([program, folder], folder)
        by_c = measured_by_c(folder)
        for _ in range(ROUNDS):
            found = numbers([program, folder], folder)
            for row, command in by_c.items():
                found[row] = numbers(command, folder)["action"]
            try:
                found.update(numbers([sys.executable, HERE / "onnx_act.py", "walker.onnx"], folder))
            except subprocess.CalledProcessError:
                print("onnxruntime is not installed; tools/setup.sh --python", file=sys.stderr)
            for row, time in found.items():
                times.setdefault(row, []).append(time)
    for row, all_times in times.items():
        print(f"{row}: median {statistics.median(all_times):.0f} ns, least {min(all_times):.0f} ns")


if __name__ == "__main__":
    main()
