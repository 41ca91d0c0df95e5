"""What README.md and docs/deployment.md show in Python and in C of saved and exported policies does what they say.

Usage: deployment_test.py FOLDER, where the examples lie.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy
    import onnxruntime
    import safetensors.numpy  # noqa: F401: used by what is shown
    MISSING = ""
except ImportError as error:
    if "GRADIVA_NO_SKIP" in os.environ:
        raise
    MISSING = f"{sys.executable}: {error}; tools/setup.sh --python installs what is needed"

FOLDER = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else ".").resolve()
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def blocks(file, language):
    """The blocks of code of a language in a file."""
    return re.findall(rf"^```{language}\n(.*?)^```", (SOURCE / file).read_text(), re.MULTILINE | re.DOTALL)


class Shown(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.train("cartpole_ppo_clip", "--steps", "20000", "--save", "cartpole.safetensors", "--onnx", "cartpole.onnx",
                  "--c-header", "cartpole.h")
        cls.train("cartpole_without_velocity", "--steps", "1000", "--onnx", "remembers.onnx", "--c-header", "remembers.h")

    @classmethod
    def train(cls, program, *options):
        subprocess.run([FOLDER / program, "--quiet", *options], cwd=cls.folder, check=True, stdout=subprocess.DEVNULL)

    def run_python(self, code, names):
        before = os.getcwd()
        os.chdir(self.folder)
        try:
            exec(compile(code, "what is shown", "exec"), names)
        finally:
            os.chdir(before)
        return names

    def run_c(self, code):
        compiler = next(name for name in ("gcc", "clang", "cc") if shutil.which(name))
        (self.folder / "main.c").write_text(code)
        subprocess.run([compiler, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "main.c", "-o", "main"],
                       cwd=self.folder, check=True)
        return subprocess.run([self.folder / "main"], capture_output=True, text=True)

    @unittest.skipIf(MISSING, MISSING)
    def test_python_of_the_documentation_runs(self):
        shown = [code for code in blocks("docs/deployment.md", "python") if "safetensors.torch" not in code]
        self.assertEqual(len(shown), 3)
        for code in shown:
            self.assertIn("assert", code)
            self.run_python(code, {})

    @unittest.skipIf(MISSING, MISSING)
    def test_python_of_the_readme_runs(self):
        (code,) = blocks("README.md", "python")
        observations = numpy.zeros((3, 4), numpy.float32)
        names = self.run_python(code, {"onnxruntime": onnxruntime, "observations": observations})
        self.assertEqual(names["actions"].shape, (3,))

    def test_c_of_the_documentation_runs(self):
        shown = blocks("docs/deployment.md", "c")
        self.assertEqual(len(shown), 2)
        for code, actions in zip(shown, (1, 3)):
            done = self.run_c(code)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, rf"^([01]\n){{{actions}}}$")

    def test_c_of_the_readme_runs(self):
        (code,) = blocks("README.md", "c")
        include, statements = code.split("\n", 1)
        done = self.run_c(f"#include <stdlib.h>\n{include}\nstatic void stop(void) {{ exit(1); }}\nint main(void) {{\n"
                          "float observation[4] = {0, 0, 0, 0};\nint action = -1;\n"
                          f"{statements}\nreturn action < 0;\n}}\n")
        self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
