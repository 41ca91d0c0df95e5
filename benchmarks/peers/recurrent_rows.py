"""Measures sb3-contrib's RecurrentPPO on CartPole without velocities, and our program in turns with it."""

import csv
import json
import statistics
import tempfile
from pathlib import Path

from installs import HERE, run, sb3_python
from sb3_rows import best_environment

LIBRARY = "sb3-contrib 2.3.0"
JOB = "recurrent_cartpole"


def peer(python, threads, steps, seed, environment):
    command = [python, HERE / "sb3.py", JOB, "--threads", threads, "--steps", steps, "--runs", 1, "--seed", seed]
    result = json.loads(run(command, "sb3-contrib failed", environment))
    return {
        "seconds": result["seconds"][0],
        "episode_return": result["episode_returns"][0],
        "note": result["versions"],
    }


def ours(program, threads, steps, seed):
    """One training of the example cartpole_without_velocity, by its log: what it does afterwards does not count."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log.csv")
        options = ["--network", "lstm", "--steps", steps, "--seed", seed, "--threads", threads, "--log", log, "--quiet"]
        run([program, *options], f"{program} failed")
        with log.open() as lines:
            last = list(csv.DictReader(lines))[-1]
    return {"seconds": float(last["seconds"]), "episode_return": float(last["mean_return"] or "nan"), "note": program.name}


def summary(library, threads, steps, runs):
    seconds = [each["seconds"] for each in runs]
    median = statistics.median(seconds)
    return {
        "library": library,
        "job": JOB,
        "threads": threads,
        "seconds": median,
        "runs": seconds,
        "steps": steps,
        "steps_per_second": steps / median,
        "episode_return": statistics.mean(each["episode_return"] for each in runs),
        "note": f"{runs[0]['note']}; {steps:,} steps",
    }


def rows(out, runs, steps, program):
    """A row for the peer, and where `program` is given, our cartpole_without_velocity, one for us, per number of
    threads; their trainings take turns."""
    python = sb3_python(out)
    environment = best_environment(out)
    found = []
    for threads in (1, 2):
        theirs, own = [], []
        for seed in range(1, runs + 1):
            theirs.append(peer(python, threads, steps, seed, environment))
            if program:
                own.append(ours(program, threads, steps, seed))
        found.append(summary(LIBRARY, threads, steps, theirs))
        if own:
            found.append(summary("Gradiva", threads, steps, own))
    return found
