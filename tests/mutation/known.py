"""Reads equivalent.txt: mutants that change no result, which the draw passes over."""
import pathlib

_FILE = pathlib.Path(__file__).parent / "equivalent.txt"


def equivalent():
    """Keys of places (see `Place.key`). Throws on a line without four parts."""
    keys = set()
    for line in _FILE.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, rest = line.split(" | ", 1)
            source, change, _reason = (part.strip() for part in rest.rsplit(" | ", 2))
            keys.add((path.strip(), source, change))
    return keys
