"""The table of a run: by folder of include/gradiva, and its survivors."""
import collections
import pathlib


def print_table(judged, goal):
    """`judged`: pairs of place and verdict. Returns the status to end with: 0 where `goal` per cent are caught."""
    folders = collections.defaultdict(list)
    for place, verdict in judged:
        folders[pathlib.PurePath(place.path).parts[2]].append(verdict.caught)
    print("\n| folder | mutants | caught |\n|---|---|---|")
    for folder, caught in sorted(folders.items()):
        print(f"| {folder} | {len(caught)} | {sum(caught)} |")
    survivors = [(place, verdict) for place, verdict in judged if not verdict.caught]
    caught, total = len(judged) - len(survivors), len(judged)
    share = 100 * caught / max(total, 1)
    print(f"| all | {total} | {caught} ({share:.1f} %) |\n")
    for place, verdict in survivors:
        print(f"survivor: {place.path}:{place.line}: {place.label()} ({verdict.how}, {verdict.tests} reach it)\n"
              f"    {place.source.strip()}")
    reached = share >= goal
    print(f"\n{'reached' if reached else 'MISSED'}: the goal of {goal:g} %")
    return 0 if reached else 1
