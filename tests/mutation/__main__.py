"""Measures what share of small faults in include/ the tests catch.

Draws places by a seed, writes the faults ("mutants") into one copy of the project behind a run-time switch, builds it
once, and runs the tests against each mutant, those that mirror its header first. Prints a table by folder and each
survivor. Ends with status 0 where enough are caught. Needs the packages of requirements.txt.

    python3 tests/mutation --places 100 --seed 1
"""
import argparse
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


def draw(places, count, seed):
    """`count` places in random order, no two in one statement; what is known to change nothing is passed over."""
    shuffled = sorted(places, key=lambda place: (place.path, place.begin, place.change))
    random.Random(seed).shuffle(shuffled)
    equivalent = known.equivalent()
    drawn, taken = [], {}
    for place in shuffled:
        spans = taken.setdefault(place.path, [])
        if place.key() in equivalent or any(place.begin < end and begin < place.end for begin, end in spans):
            continue
        spans.append((place.begin, place.end))
        drawn.append(place)
        if len(drawn) == count:
            break
    return drawn


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--places", type=int, default=100, help="mutants to judge (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (default 1)")
    parser.add_argument("--headers", default="*", help="draw from these, such as 'nn/*' (default all)")
    parser.add_argument("--tests", default="*", help="build and run these test files only, such as 'nn/*' (default all)")
    parser.add_argument("--folder", type=pathlib.Path, default=_ROOT / "build/mutation", help="of the copy and the log")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes at a time")
    parser.add_argument("--goal", type=float, default=95, help="per cent to be caught (default 95)")
    parser.add_argument("--list", action="store_true", help="print the places of this draw and stop")
    options = parser.parse_args()

    places = [place for place in project.all_places(_ROOT)
              if fnmatch.fnmatch(place.path.removeprefix("include/gradiva/"), options.headers)]
    drawn = draw(places, int(options.places * _SPARE), options.seed)
    print(f"mutation: {len(drawn)} of {len(places)} places, seed {options.seed}", flush=True)
    if options.list:
        for place in drawn:
            print(f"{place.path}:{place.line}: {place.change}: {place.source.strip()}")
        return 0

    options.folder.mkdir(parents=True, exist_ok=True)
    folder = options.folder.resolve()
    mutants = dict(enumerate(drawn, 1))
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

    chosen = [number for number, place in mutants.items() if not (place.constant and not suite.reaches(number))]
    chosen = chosen[:options.places]
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running = {number: pool.submit(suite.judge, number, mutants[number]) for number in chosen}
        verdicts = {}
        for number, future in running.items():
            verdicts[number] = future.result()
            place = mutants[number]
            print(f"{number:4} {'caught  ' if verdicts[number].caught else 'SURVIVES'} {place.path}:{place.line} "
                  f"{place.change} ({verdicts[number].how})", flush=True)
    print(f"mutation: judged in {time.monotonic() - start:.0f} s", flush=True)
    return report.print_table([(mutants[number], verdicts[number]) for number in chosen], options.goal)


if __name__ == "__main__":
    raise SystemExit(main())
