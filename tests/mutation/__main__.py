"""Measures what share of small faults in include/ the tests catch.

Draws places by a seed, writes the faults ("mutants") into one copy of the project behind a run-time switch, builds it
once, and runs the tests against each mutant, those that mirror its header first. Prints a table by folder and each
survivor. Ends with status 0 where enough are caught. Needs the packages of requirements.txt.

    python3 tests/mutation --places 100 --seed 1 2
"""
import argparse
import collections
import concurrent.futures
import fnmatch
import os
import pathlib
import random
import time

import known
import project
import report
from suite import Suite

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_SPARE = 1.25  # mutants written for each one wanted: some are no C++, others are computed by the compiler


def draw(places, count, seeds):
    """By seed, `count` places in random order; what is known to change nothing is passed over. No two overlap: where
    those of two seeds would, the later seed goes without."""
    equivalent = known.equivalent()
    ordered = sorted(places, key=lambda place: (place.path, place.begin, place.change))
    drawn, by_path = {}, collections.defaultdict(set)
    for seed in seeds:
        shuffled = random.Random(seed).sample(ordered, len(ordered))
        drawn[seed] = []
        for place in shuffled:
            others = by_path[place.path]
            if place.key() in equivalent or (place not in others and any(place.overlaps(other) for other in others)):
                continue
            others.add(place)
            drawn[seed].append(place)
            if len(drawn[seed]) == count:
                break
    return drawn


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=100, help="mutants to judge for each seed (default 100)")
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="of a draw; several share one build (default 1)")
    parser.add_argument("--headers", default="*", help="draw from these, such as 'nn/*' (default all)")
    parser.add_argument("--tests", default="*", help="build and run these test files only, such as 'nn/*' (default all)")
    parser.add_argument("--folder", type=pathlib.Path, default=_ROOT / "build/mutation", help="of the copy and the log")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--goal", type=float, default=95, help="per cent to be caught (default 95)")
    parser.add_argument("--list", action="store_true", help="print the places of each draw and stop")
    return parser.parse_args()


def build_suite(mutants, options):
    """Leaves out of `mutants` those that are no C++."""
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    copy = project.Copy(_ROOT, folder / "tree", options.tests)
    copy.drop_broken(mutants)
    programs = copy.build(mutants, options.jobs)
    print(f"mutation: built in {time.monotonic() - start:.0f} s", flush=True)
    start = time.monotonic()
    suite = Suite(programs, copy.tree, folder / "reached.txt")
    print(f"mutation: tests without a mutant {time.monotonic() - start:.0f} s", flush=True)
    for name in suite.failed:
        print(f"mutation: fails in the copy without a mutant, left out: {name}")
    return suite


def judge(suite, mutants, jobs):
    """Pairs of place and verdict of {number: place}."""
    judged = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [(place, pool.submit(suite.judge, number, place)) for number, place in mutants.items()]
        for place, future in running:
            verdict = future.result()
            judged.append((place, verdict))
            print(f"{'caught  ' if verdict.caught else 'SURVIVES'} {place.path}:{place.line} {place.label()} "
                  f"({verdict.how})", flush=True)
    return judged


def main():
    options = parse_options()
    everywhere = project.all_places(_ROOT)
    for path, source, change in sorted(known.equivalent() - {place.key() for place in everywhere}):
        print(f"mutation: equivalent.txt names what is not there: {path} | {source} | {change}")
    places = [place for place in everywhere
              if fnmatch.fnmatch(place.path.removeprefix("include/gradiva/"), options.headers)]
    drawn = draw(places, int(options.places * _SPARE), options.seed)
    print(f"mutation: seeds {options.seed}, each {options.places} of {len(places)} places", flush=True)
    if options.list:
        for seed, own in drawn.items():
            for place in own:
                print(f"{seed} {place.path}:{place.line}: {place.label()}: {place.source.strip()}")
        return 0

    mutants = dict(enumerate(dict.fromkeys(place for own in drawn.values() for place in own), 1))
    if len(mutants) >= project.MOST_MUTANTS:
        raise SystemExit(f"mutation: {len(mutants)} mutants; one build holds {project.MOST_MUTANTS - 1}")
    suite = build_suite(mutants, options)
    numbers = {place: number for number, place in mutants.items()
               if suite.reaches(number) or not place.constant}  # else the compiler has computed it
    status = 0
    for seed, own in drawn.items():
        print(f"\nmutation: seed {seed}", flush=True)
        chosen = [place for place in own if place in numbers][:options.places]
        if len(chosen) < options.places:
            print(f"mutation: only {len(chosen)} places: others are no C++, or overlap")
        judged = judge(suite, {numbers[place]: place for place in chosen}, options.jobs)
        status |= report.print_table(judged, options.goal)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
