"""Builds and measures the reference job in RLtools, also in turns with our own program."""

import functools
import json
import os
import platform
import statistics

from installs import HERE, Missing, openblas, rltools_headers, run

LIBRARY = "RLtools 2.2.1"
JOB = "pendulum_reference"

STRICT = ["-O3", "-march=native"]
# What RLtools compiles its own Python modules with; the wider vectors gained another 1.5 % where they were measured.
FAST = [*STRICT, "-ffast-math", *(["-mprefer-vector-width=512"] if platform.machine() == "x86_64" else [])]


# By these a user may tell OpenBLAS not to choose by the processor.
KERNEL_VARIABLES = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]


def build(out, name, flags):
    """Compiles the reference job with OpenBLAS' products; returns the program."""
    compiler = os.environ.get("CXX", "g++")
    headers = rltools_headers(out)
    library = openblas(out, compiler)
    program = out / name
    defines = ["-DRL_TOOLS_BACKEND_ENABLE_OPENBLAS", "-DRL_TOOLS_DISABLE_UNALIGNED_MEMORY_ALLOCATIONS"]
    source = HERE / "rltools" / "pendulum_reference.cpp"
    link = [library, f"-Wl,-rpath,{library.parent}", "-lpthread"]
    command = [compiler, "-std=c++17", *flags, *defines, "-isystem", headers, source, "-o", program, *link]
    run(command, "RLtools' program could not be compiled")
    return program


def train(program, threads, seed, kernels=None):
    """One training in a process of its own; returns its seconds, greedy return and the name of the BLAS kernels.

    `kernels` are the variables by which OpenBLAS chooses them; by default the fastest ones are taken.
    """
    environment = {"OPENBLAS_NUM_THREADS": str(threads), **(fastest_kernels(program) if kernels is None else kernels)}
    text = run([program, "--runs", "1", "--seed", seed], "RLtools' program failed", environment)
    result = json.loads(text)
    return result["seconds"][0], result["greedy_returns"][0], result["kernels"]


@functools.cache
def fastest_kernels(program):
    """What the environment says of OpenBLAS' kernels, or that it says nothing, whichever trains faster."""
    choices = [{name: os.environ.get(name) for name in KERNEL_VARIABLES}, dict.fromkeys(KERNEL_VARIABLES)]
    if choices[0] == choices[1]:
        return choices[0]
    trials = []
    for choice in choices:
        try:
            trials.append((min(train(program, 1, seed, choice)[0] for seed in (1, 2)), choice))
        except Missing:  # some kernels do not run on some processors
            continue
    return min(trials, key=lambda trial: trial[0])[1] if trials else choices[0]


def row(library, threads, flags, trainings, steps=307200):
    seconds = [training[0] for training in trainings]
    median = statistics.median(seconds)
    note = f"{' '.join(flags)}, OpenBLAS {trainings[0][2]} kernels"
    if threads > 1:
        note += f" on {threads} threads"
    return {
        "library": library,
        "job": JOB,
        "threads": threads,
        "seconds": median,
        "runs": seconds,
        "steps": steps,
        "steps_per_second": steps / median,
        "greedy_return": statistics.mean(training[1] for training in trainings),
        "note": note,
    }


def rows(out, runs):
    """One core at its best, one core without -ffast-math, two threads; measured in turns."""
    fast = build(out, "rltools_fast", FAST)
    strict = build(out, "rltools_strict", STRICT)
    variants = [
        (LIBRARY, fast, 1, FAST),
        (LIBRARY, fast, 2, FAST),
        (f"{LIBRARY} without -ffast-math", strict, 1, STRICT),
    ]
    trainings = [[] for _ in variants]
    for seed in range(1, runs + 1):
        for (_, program, threads, _), results in zip(variants, trainings):
            results.append(train(program, threads, seed))
    return [
        row(library, threads, flags, results)
        for (library, _, threads, flags), results in zip(variants, trainings)
    ]


def train_ours(out, program, threads):
    """One training of our own program; returns its seconds."""
    report = out / "ours.json"
    run([program, "--threads", threads, "--runs", "1", "--json", report], f"{program} failed")
    try:
        seconds = json.loads(report.read_text())["seconds"]
    except (OSError, ValueError, KeyError) as error:
        raise Missing(f"{program} wrote no seconds into {report}") from error
    return seconds[0] if isinstance(seconds, list) else seconds


def ratios(out, ours, times):
    """Our program and RLtools' in turns, `times` each on one and on two threads; the ratios of the medians.

    On two threads RLtools is given the better of its medians on one and on two.
    """
    peer = build(out, "rltools_fast", FAST)
    our_seconds = {1: [], 2: []}
    peer_seconds = {1: [], 2: []}
    for seed in range(1, times + 1):
        for threads in (1, 2):
            our_seconds[threads].append(train_ours(out, ours, threads))
            peer_seconds[threads].append(train(peer, threads, seed)[0])
    result = []
    for threads in (1, 2):
        our_median = statistics.median(our_seconds[threads])
        best = min(range(1, threads + 1), key=lambda count: statistics.median(peer_seconds[count]))
        peer_median = statistics.median(peer_seconds[best])
        result.append(
            {
                "library": LIBRARY,
                "job": JOB,
                "threads": threads,
                "our_seconds": our_median,
                "our_runs": our_seconds[threads],
                "peer_seconds": peer_median,
                "peer_runs": peer_seconds[best],
                "peer_threads": best,
                "ratio": peer_median / our_median,
                "ratio_of_best": min(peer_seconds[best]) / min(our_seconds[threads]),
            }
        )
    return result
