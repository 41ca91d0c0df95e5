"""Exported headers in C and in C++ act as the actors do, without a library, and notice when they are changed.

Usage: c_headers.py PROGRAM, the path of write_c_headers. Compilers that are not installed are left out and named; without
one of C or nm all is skipped, with status 77. Where GRADIVA_NO_SKIP is set, gcc, g++ and nm have to be there, where it is
"clang" Clang, too.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(sys.argv.pop())
SOURCES = pathlib.Path(__file__).parent
IN_C = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Wshadow", "-Werror"]
IN_CPP = ["-x", "c++", "-std=c++17", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
WAYS = {  # every policy in one program
    "gcc": IN_C + ["-O2"],
    "g++": IN_CPP + ["-O3", "-march=native"],
    "clang": IN_C + ["-O1", "-fsanitize=undefined", "-fno-sanitize-recover"],
    "clang++": IN_CPP + ["-O0"],
}
# The functions of walker.h for a linker.
EXPORTS = """
#include "walker.h"
int act(const float* o, walker_action* a) { walker_reset(0); return walker_act(o, 0, 0, a); }
int self_test(void) { return walker_self_test(); }
"""
SELF_TEST = '#include "walker.h"\nint main(void) { return walker_self_test(); }\n'


REQUIRED = {None: (), "clang": (*WAYS, "nm")}.get(os.environ.get("GRADIVA_NO_SKIP"), ("gcc", "g++", "nm"))
for tool in REQUIRED:
    if not shutil.which(tool):
        sys.exit(f"there is no {tool}, and GRADIVA_NO_SKIP is set")
if not any(map(shutil.which, ("gcc", "clang"))) or not shutil.which("nm"):
    print("skipped: there is no gcc or clang, or no nm")
    sys.exit(77)


def compile(compiler, flags, source, output):
    return subprocess.run([compiler, *flags, source, "-o", output, "-I", SOURCES], capture_output=True, text=True)


class CHeaders(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        subprocess.run([PROGRAM, cls.path], check=True)
        cls.c = "gcc" if shutil.which("gcc") else "clang"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def compiled(self, source, *flags):
        (self.path / "small.c").write_text(source)
        done = compile(self.c, ["-std=c99", *flags], self.path / "small.c", self.path / "small")
        return done.returncode == 0, done.stderr

    def self_test_of(self, text, name="walker"):
        """What the self test of the policy returns with this text."""
        (self.path / "changed").mkdir(exist_ok=True)
        (self.path / f"changed/{name}.h").write_text(text)
        source = SELF_TEST.replace("walker.h", "changed/walker.h").replace("walker", name)
        self.assertEqual((True, ""), self.compiled(source))
        return subprocess.run([self.path / "small"]).returncode

    def test_policies_act_as_their_actors(self):
        for compiler, flags in WAYS.items():
            with self.subTest(compiler=compiler):
                if not shutil.which(compiler):
                    self.skipTest(f"there is no {compiler}")
                done = compile(compiler, flags, self.path / "main.c", self.path / "main")
                self.assertEqual("", done.stderr)
                done = subprocess.run([self.path / "main", self.path], capture_output=True, text=True)
                self.assertEqual(("", "", 0), (done.stdout[:2000], done.stderr, done.returncode))

    def test_no_library_is_needed(self):
        for level in ("-O0", "-O2"):
            self.assertEqual((True, ""), self.compiled(EXPORTS, level, "-ffreestanding", "-c"))
            undefined = subprocess.run(["nm", "-u", self.path / "small"], capture_output=True, text=True, check=True)
            names = set(re.findall(r"U (\w+)", undefined.stdout))
            self.assertLessEqual(names, {"memcpy", "memset", "_GLOBAL_OFFSET_TABLE_"})  # which compilers make
            self.assertNotIn("include", (self.path / "walker.h").read_text().split("*/")[1])

    def test_a_changed_number_is_noticed(self):
        text = (self.path / "walker.h").read_text()
        self.assertEqual(0, self.self_test_of(text))
        self.check_that_changes_are_noticed("walker", ("weight_1", "bias_2", "weight_3", "example_observations", "example_heads"))
        changed, count = re.subn(r"(walker_example_integers\[8\] = {\s*(?:\d, ){2})\d", r"\g<1>7", text)
        self.assertEqual((1, 3), (count, self.self_test_of(changed)))

    def check_that_changes_are_noticed(self, policy, names):
        text = (self.path / f"{policy}.h").read_text()
        for name in names:
            changed, count = re.subn(rf"({policy}_{name}\[\d+\] = {{\s*)-?[0-9.e-]+f", r"\g<1>3.5f", text)
            self.assertEqual(1, count)
            self.assertNotEqual(0, self.self_test_of(changed, policy), name)

    def test_a_changed_memory_is_noticed(self):
        text = (self.path / "rememberer.h").read_text()
        self.assertEqual(0, self.self_test_of(text, "rememberer"))
        self.check_that_changes_are_noticed("rememberer", ("weight_1", "weight_2", "bias_2", "weight_3", "bias_3", "weight_4"))
        changed, count = re.subn(r"(_example_begins\[8\] = {\s*1, 0, 0, 0, 0, )1", r"\g<1>0", text)  # the second episode
        self.assertEqual((1, 6), (count, self.self_test_of(changed, "rememberer")))
        changed, count = re.subn(r"\) state\[i\] = next\[i\];", ") state[i] = state[i];", text)  # the state stays
        self.assertEqual((1, 2), (count, self.self_test_of(changed, "rememberer")))

    def test_fast_math_is_refused(self):
        for flag in ("-ffast-math", "-ffinite-math-only"):
            compiled, text = self.compiled(EXPORTS, flag, "-c")
            self.assertFalse(compiled)
            self.assertIn("compile without -ffast-math", text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
