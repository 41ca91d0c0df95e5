"""What README.md and docs/deployment.md show in Python and in C of saved and exported policies does what they say, and what
programs export acts in Python and in C as it did.

Usage: deployment_test.py FOLDER, where the examples lie.
"""

import json
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
    import onnx
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


def run_c(folder, code):
    """The finished process of a program whose headers lie in a folder."""
    compiler = next(name for name in ("gcc", "clang", "cc") if shutil.which(name))
    (folder / "main.c").write_text(code)
    subprocess.run([compiler, "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1", "main.c", "-o", "main"],
                   cwd=folder, check=True)
    return subprocess.run([folder / "main"], capture_output=True, text=True)


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
            done = run_c(self.folder, code)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, rf"^([01]\n){{{actions}}}$")

    def test_c_of_the_readme_runs(self):
        (code,) = blocks("README.md", "c")
        include, statements = code.split("\n", 1)
        done = run_c(self.folder,
                     f"#include <stdlib.h>\n{include}\nstatic void stop(void) {{ exit(1); }}\nint main(void) {{\n"
                     "float observation[4] = {0, 0, 0, 0};\nint action = -1;\n"
                     f"{statements}\nreturn action < 0;\n}}\n")
        self.assertEqual(done.returncode, 0)


class Exported(unittest.TestCase):
    PROGRAMS = ("pendulum_ppo_clip",)  # real actions

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = pathlib.Path(cls.temporary.name)
        for name in cls.PROGRAMS:
            subprocess.run([FOLDER / name, "--steps", "1", "--envs", "1", "--quiet", "--onnx", f"{name}.onnx", "--c-header",
                            f"{name}.h"], cwd=cls.folder, check=True, stdout=subprocess.DEVNULL)

    def test_c_headers_act_as_the_policies(self):
        for name in self.PROGRAMS:
            with self.subTest(program=name):
                done = run_c(self.folder, f'#include "{name}.h"\nint main(void) {{ return {name}_self_test(); }}\n')
                self.assertEqual(done.returncode, 0)

    @unittest.skipIf(MISSING, MISSING)
    def test_onnx_models_are_sound_and_act_as_the_policies(self):
        for name in self.PROGRAMS:
            with self.subTest(program=name):
                path = self.folder / f"{name}.onnx"
                onnx.checker.check_model(onnx.load(path), full_check=True)
                session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                texts = session.get_modelmeta().custom_metadata_map
                examples = {key: numpy.array(numbers) for key, numbers in json.loads(texts["gradiva.examples"]).items()}
                action, head = session.run(["action", "head"],
                                           {"observation": examples["observation"].astype(numpy.float32)})
                self.assertTrue((abs(head - examples["head"]) <= 1e-5 * numpy.maximum(1, abs(examples["head"]))).all())
                self.assertTrue((abs(action - examples["action"]) <= 4e-5).all())  # of a width of 4


if __name__ == "__main__":
    unittest.main()
