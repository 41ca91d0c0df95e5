"""Runs the tests against one mutant: those that mirror its header first, then the others that reach it."""
import collections
import dataclasses
import os
import pathlib
import resource
import subprocess
import tempfile
import time

_SECONDS_OF_A_GROUP = 8  # tests in one process, by their time without a mutant
_MEMORY = 8 << 30


@dataclasses.dataclass(frozen=True)
class Test:
    file: str
    seconds: float
    name: str  # empty: a program of its own


@dataclasses.dataclass
class Verdict:
    caught: bool
    how: str
    tests: int  # that reach the mutant


def _limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Suite:
    """The tests of the copy, and which mutants each of them reaches."""

    def __init__(self, folder, tree, log):
        self._folder, self._tree = folder, tree
        self.failed = []  # without any mutant: left out
        self._reaching = collections.defaultdict(list)
        log.unlink(missing_ok=True)
        what = self._run([folder / "gradiva_tests"], {"GRADIVA_REACHED": str(log)}, None, 3600)
        if what not in ("", "fails") or not log.exists():
            raise SystemExit(f"mutation: the tests without a mutant: {what or 'nothing was run'}")
        for line in log.read_text().splitlines():
            self._add(line)
        for program in sorted(path for path in folder.glob("program_*") if path.is_file() and os.access(path, os.X_OK)):
            log.unlink(missing_ok=True)
            start = time.monotonic()
            if self._run([program], {"GRADIVA_REACHED": str(log)}, None, 600) != "" or not log.exists():
                self.failed.append(program.name)
                continue
            seconds = time.monotonic() - start
            for line in log.read_text().splitlines():
                numbers = line.split("\t")[2]
                for number in filter(None, numbers.split(",")):
                    self._reaching[int(number)].append(Test(program.name, seconds, ""))

    def _add(self, line):
        file, seconds, numbers, name = line.split("\t", 3)
        if file == "failed":
            self.failed.append(name)
            return
        test = Test(os.path.relpath(file, self._tree), float(seconds), name)
        for number in filter(None, numbers.split(",")):
            self._reaching[int(number)].append(test)

    def reaches(self, number):
        return bool(self._reaching[number])

    def _run(self, command, environment, mutant, limit):
        """Empty where all passed, else what happened."""
        variables = dict(os.environ, **environment)
        if mutant is not None:
            variables["GRADIVA_MUTANT"] = str(mutant)
        try:
            result = subprocess.run(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                    stdin=subprocess.DEVNULL, timeout=limit, preexec_fn=_limit_memory, check=False,
                                    cwd=self._tree)
        except subprocess.TimeoutExpired:
            return "does not end"
        if result.returncode == 0:
            return ""
        return "fails" if result.returncode > 0 else f"signal {-result.returncode}"

    def _groups(self, place, tests):
        stem = pathlib.PurePath(place.path).stem
        folder = pathlib.PurePath(place.path).parts[2]

        def mirrors(test):
            path = pathlib.PurePath(test.file)
            return path.name.startswith(stem) and folder in path.parts

        first = [test for test in tests if test.name and mirrors(test)]
        rest = sorted((test for test in tests if test not in first), key=lambda test: test.seconds)
        if first:
            yield first
        group, seconds = [], 0
        for test in rest:
            if not test.name:
                continue
            group.append(test)
            seconds += test.seconds
            if seconds > _SECONDS_OF_A_GROUP:
                yield group
                group, seconds = [], 0
        if group:
            yield group
        for test in rest:
            if not test.name:
                yield [test]

    def _run_group(self, group, mutant):
        limit = 20 + 10 * sum(test.seconds for test in group)
        if not group[0].name:
            return self._run([self._folder / group[0].file], {}, mutant, limit)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as names:
            names.write("".join(f"{_escaped(test.name)}\n" for test in group))
            names.flush()
            return self._run([self._folder / "gradiva_tests", "-f", names.name, "-a"], {}, mutant, limit)

    def judge(self, number, place):
        """A group that fails without the mutant as well has caught nothing."""
        tests = self._reaching[number]
        for group in self._groups(place, tests):
            what = self._run_group(group, number)
            if what and not self._run_group(group, None):
                return Verdict(True, f"{what}: {group[0].file}", len(tests))
        return Verdict(False, "seen by no test" if tests else "reached by no test", len(tests))


def _escaped(name):
    for character in "\\,[]\"":
        name = name.replace(character, "\\" + character)
    return f'"{name}"'
