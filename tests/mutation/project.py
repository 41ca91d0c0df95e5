"""A copy of the project whose headers hold the mutants, and its build."""
import fnmatch
import pathlib
import re
import subprocess

from places import places_in

MOST_MUTANTS = 4096  # as in switch.hpp
_HERE = pathlib.Path(__file__).parent
_SWITCH = '#include "gradiva_mutation/switch.hpp"\n#line 2\n'
_IN_CMAKE = b"""
set_source_files_properties(${CMAKE_CURRENT_SOURCE_DIR}/mutation_listener.test.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
"""
_FLAGS = "-w -Wno-narrowing"  # a choice between two numbers is no constant: it may narrow where the number could not

# Compiled first, as they instantiate much: a mutant that is no C++ here never gets into the long build.
_FIRST = ("tests/instantiations.cpp", "tests/train/trainer_after_exception.test.cpp", "tests/policy/strided_batch.test.cpp",
          "tests/learn/trust_region.test.cpp", "tests/env/check_vector_env.test.cpp", "tests/nn/mlp_layer_norm.test.cpp",
          "tests/rollout/recorded_rollout.test.cpp", "tests/callbacks/csv_log.test.cpp", "tests/rollout/collect.test.cpp")


def headers(root):
    return sorted(path.relative_to(root).as_posix() for path in (root / "include/gradiva").rglob("*.hpp"))


def _compiler(root):
    return ["g++", "-std=c++20", "-DNDEBUG", "-march=native", f"-I{root}/include", "-isystem", "/usr/include/eigen3"]


def active_lines(root):
    """By header, the lines that are code for this compiler and processor."""
    text = "".join(f'#include "{path.removeprefix("include/")}"\n' for path in headers(root))
    out = subprocess.run([*_compiler(root), "-E", "-x", "c++", "-"], input=text, capture_output=True, text=True,
                         check=True).stdout
    active = {}
    path, line = None, 0
    for row in out.split("\n"):
        marker = re.match(r'# (\d+) "([^"]+)"', row)
        if marker:
            path = marker[2].removeprefix(f"{root}/") if marker[2].startswith(f"{root}/include/gradiva") else None
            line = int(marker[1])
            continue
        if path and row.strip():
            active.setdefault(path, set()).add(line)
        line += 1
    return active


def all_places(root):
    active = active_lines(root)
    return [place for path in headers(root)
            for place in places_in(path, (root / path).read_bytes(), active.get(path, set()))]


def _write(path, content):
    """Leaves a file alone that holds this already, so that it is not compiled again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)


def _mutated(source, mutants):
    """The header with all its mutants: {number: place}, none overlapping."""
    for number, place in sorted(mutants.items(), key=lambda item: -item[1].begin):
        text = place.text.replace("{on}", f"gradiva_mutation::on({number})")
        source = source[:place.begin] + text.encode() + source[place.end:]
    return source.replace(b"#pragma once\n", b"#pragma once\n" + _SWITCH.encode(), 1) if mutants else source


class Copy:
    """A copy of the project in `tree`, with those of its tests that match `tests`."""

    def __init__(self, root, tree, tests):
        self.tree = tree
        self._root, self._tests = root, tests
        listed = subprocess.run(["git", "-C", root, "ls-files"], capture_output=True, text=True, check=True).stdout
        # Read once: who goes on working meanwhile does not get into the copy.
        self._sources = {name: (root / name).read_bytes() for name in listed.splitlines() if not self._left_out(name)}

    def _left_out(self, name):
        is_test = name.endswith((".test.cpp", ".program.cpp")) and not name.startswith("tests/mujoco/")
        return (name.startswith("tests/mutation/") or not (self._root / name).is_file() or
                (is_test and not fnmatch.fnmatch(name.removeprefix("tests/"), self._tests)))

    def _content(self, name, mutants):
        content = self._sources[name]
        if name.startswith("include/"):
            return _mutated(content, {n: p for n, p in mutants.items() if p.path == name})
        if name.endswith(".program.cpp"):
            return b'#include "gradiva_mutation/program_exit.hpp"\n#line 1\n' + content
        return content + _IN_CMAKE if name == "tests/CMakeLists.txt" else content

    def _write(self, mutants):
        """`mutants`: {number: place}, none overlapping."""
        files = {name: self._content(name, mutants) for name in self._sources}
        for name, target in (("switch.hpp", "include/gradiva_mutation/switch.hpp"),
                             ("program_exit.hpp", "include/gradiva_mutation/program_exit.hpp"),
                             ("listener.cpp", "tests/mutation_listener.test.cpp")):
            files[target] = (_HERE / name).read_bytes()
        for name, content in files.items():
            _write(self.tree / name, content)
        for path in list(self.tree.rglob("*")):
            name = path.relative_to(self.tree).as_posix()
            if path.is_file() and not name.startswith("build/") and name not in files:
                path.unlink()

    def _drop(self, mutants, output):
        """Leaves out the mutants that a compiler's errors name."""
        by_line = {}
        for number, place in mutants.items():
            for line in place.lines:
                by_line.setdefault((place.path, str(line)), set()).add(number)
        header = re.escape(f"{self.tree}/") + r"(include/gradiva/[\w/]+\.hpp):(\d+):"
        for where in (header + r"\d+: error:", header):  # where the error is, else what it was instantiated from
            broken = set().union(*(by_line.get(place, ()) for place in re.findall(where, output)))
            if broken:
                break
        if not broken:
            raise SystemExit(output[-20000:] + "\nmutation: the copy does not compile, and no mutant is to blame")
        for number in sorted(broken):
            print(f"mutation: left out, no C++: {mutants[number].path}:{mutants[number].line} {mutants[number].change}")
            del mutants[number]

    def drop_broken(self, mutants):
        """Leaves out mutants that do not compile, by a first look at few files."""
        while True:
            self._write(mutants)
            jobs = [subprocess.Popen([*_compiler(self.tree), f"-I{self.tree}/tests", *_FLAGS.split(), "-fsyntax-only",
                                      f'-DGRADIVA_SOURCE_DIR="{self.tree}"', self.tree / name],
                                     stderr=subprocess.PIPE, text=True) for name in _FIRST if (self.tree / name).exists()]
            output = "".join(job.communicate()[1] for job in jobs)
            if ": error: " not in output:
                return
            self._drop(mutants, output)

    def build(self, mutants, jobs):
        """Builds the tests, leaving out mutants that do not compile. Returns the folder of programs."""
        binary = self.tree / "build"
        subprocess.run(["cmake", "-S", self.tree, "-B", binary, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
                        "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG", f"-DCMAKE_CXX_FLAGS={_FLAGS}",
                        "-DGRADIVA_BUILD_TESTS=ON", "-DGRADIVA_BUILD_EXAMPLES=OFF", "-DGRADIVA_BUILD_BENCHMARKS=OFF"],
                       check=True, stdout=subprocess.DEVNULL)
        programs = [f"program_{path.name.removesuffix('.program.cpp')}" for path in self.tree.rglob("*.program.cpp")]
        while True:
            self._write(mutants)
            result = subprocess.run(["ninja", "-C", binary, "-k", "0", f"-j{jobs}", "gradiva_tests", *programs],
                                    capture_output=True, text=True, check=False)
            if result.returncode == 0:
                return binary / "tests"
            self._drop(mutants, result.stdout)
