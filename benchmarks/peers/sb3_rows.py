"""Measures Stable-Baselines3 on the reference job and on CartPole."""

import json
import os
import statistics

from installs import HERE, Missing, openblas, run, sb3_python

LIBRARY = "Stable-Baselines3 2.3.2"
JOBS = ["pendulum_reference", "ppo_cartpole"]


def best_environment(out):
    """What makes torch fastest: waiting threads that sleep, and OpenBLAS in place of the reference BLAS.

    Threads that spin while they wait made two threads several times slower wherever a core was not wholly free.
    """
    environment = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_NUM_THREADS": "1"}
    try:
        folder = openblas(out, os.environ.get("CXX", "g++")).parent
    except Missing:
        return environment
    if (folder / "libblas.so.3").exists():
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(
            [str(folder), *filter(None, [os.environ.get("LD_LIBRARY_PATH")])]
        )
    return environment


def row(python, job, threads, steps, runs, environment):
    command = [python, HERE / "sb3.py", job, "--threads", threads, "--steps", steps, "--runs", runs]
    result = json.loads(run(command, "Stable-Baselines3 failed", environment))
    median = statistics.median(result["seconds"])
    return {
        "library": LIBRARY,
        "job": job,
        "threads": threads,
        "seconds": median,
        "runs": result["seconds"],
        "steps": steps,
        "steps_per_second": steps / median,
        "episode_return": statistics.mean(result["episode_returns"]),
        "note": f"{result['versions']}{', OpenBLAS' if 'LD_LIBRARY_PATH' in environment else ''}; {steps:,} steps",
    }


def rows(out, runs, steps):
    python = sb3_python(out)
    environment = best_environment(out)
    return [row(python, job, threads, steps, runs, environment) for job in JOBS for threads in (1, 2)]
