"""What the example programs say to numbers that cannot be meant, and that Ctrl-C ends their training, not them.

Usage: programs_test.py FOLDER, where the programs lie.
"""

import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

FOLDER = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else ".")

WITH_OPTIONS = (
    "cartpole_a2c",
    "cartpole_off_policy",
    "cartpole_ppo_clip",
    "cartpole_ppo_kl",
    "cartpole_q_lambda",
    "cartpole_reinforce",
    "cartpole_trpo",
    "lqr_analytic",
    "pendulum_ppo_clip",
)
WITHOUT_OPTIONS = ("custom_env", "own_loop")

WRONG = (
    ("--seed", "-1", "a whole number from 0 to 18446744073709551615"),
    ("--seed", "18446744073709551616", "a whole number from 0 to 18446744073709551615"),
    ("--seed", "1.5", "a whole number"),
    ("--steps", "99999999999999999999", "a whole number from 1 to 9223372036854775807"),
    ("--steps", "0", "a whole number from 1 to"),
    ("--steps", "-5", "a whole number from 1 to"),
    ("--steps", "1e6", "a whole number from 1 to"),
    ("--envs", "100000000", "a whole number from 1 to 65536"),
    ("--envs", "0", "a whole number from 1 to 65536"),
    ("--threads", "100000", "a whole number from 1 to 1024"),
    ("--threads", "0", "a whole number from 1 to 1024"),
    ("--threads", "-2", "a whole number from 1 to 1024"),
)


def run(name, *arguments):
    return subprocess.run([FOLDER / name, *arguments], capture_output=True, text=True, timeout=60)


def catches_interrupts(process):
    """Whether the process has a handler of its own for Ctrl-C; None where that cannot be known."""
    status = pathlib.Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return None
    caught = re.search(r"SigCgt:\s*([0-9a-f]+)", status.read_text())
    return caught is not None and int(caught[1], 16) >> (signal.SIGINT - 1) & 1 == 1


class Numbers(unittest.TestCase):
    def test_numbers_that_cannot_be_meant_are_named(self):
        for name in WITH_OPTIONS:
            for option, value, words in WRONG:
                with self.subTest(program=name, option=option, value=value):
                    done = run(name, option, value, "--quiet")
                    said = done.stdout + done.stderr
                    self.assertNotEqual(done.returncode, 0)
                    for part in (option, f"'{value}'", words):
                        self.assertIn(part, said)

    def test_the_smallest_and_the_largest_seed_are_taken(self):
        for seed in ("0", "18446744073709551615"):
            done = run("cartpole_ppo_clip", "--seed", seed, "--steps", "1", "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_number_of_environments_can_be_trained(self):
        for name in WITH_OPTIONS:
            for envs in ("1", "2", "3", "9"):
                with self.subTest(program=name, envs=envs):
                    done = run(name, "--envs", envs, "--steps", "1", "--quiet")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertRegex(done.stdout.splitlines()[-1], r"^mean_return=\S+ std_return=\S+ episodes=100$")


class Checkpoints(unittest.TestCase):
    def test_a_training_goes_on_from_its_file(self):
        for name in WITH_OPTIONS:
            with self.subTest(program=name), tempfile.TemporaryDirectory() as folder:
                file, log = pathlib.Path(folder) / "run", pathlib.Path(folder) / "run.csv"
                arguments = ("--checkpoint", file, "--log", log, "--quiet", "--seed", "3")
                first = run(name, *arguments, "--steps", "3000")
                self.assertEqual(first.returncode, 0, first.stderr)
                lines = log.read_text()
                again = run(name, *arguments, "--steps", "3000")
                self.assertEqual((again.returncode, again.stdout), (0, first.stdout))
                self.assertEqual(log.read_text(), lines)
                other = run(name, "--checkpoint", file, "--log", log, "--quiet", "--seed", "4", "--steps", "3000")
                self.assertEqual(other.returncode, 1)
                self.assertIn("seed is 3 where it was saved and 4 here", other.stderr)


class Interrupts(unittest.TestCase):
    def check(self, name, *arguments):
        process = subprocess.Popen(
            [FOLDER / name, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        while process.poll() is None and catches_interrupts(process) is False:
            time.sleep(0.0005)
        self.assertIsNone(process.poll(), f"{name} ends before it would catch Ctrl-C")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertTrue(out.splitlines()[-1].startswith("mean_return="), out)
        return out, err

    def test_a_first_one_ends_the_training_and_the_policy_is_judged(self):
        for name in WITH_OPTIONS:
            with self.subTest(program=name):
                out, err = self.check(name, "--steps", "1000000000")
                self.assertIn("interrupted", err)

    def test_a_first_one_ends_the_training_of_programs_without_options(self):
        for name in WITHOUT_OPTIONS:
            with self.subTest(program=name):
                out, _ = self.check(name)
                self.assertNotIn("100 %", out)

    def test_a_second_one_ends_the_program(self):
        process = subprocess.Popen(
            [FOLDER / "cartpole_ppo_clip", "--steps", "1000000000", "--envs", "4096"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and catches_interrupts(process) is False:
            time.sleep(0.0005)
        process.send_signal(signal.SIGINT)
        while process.poll() is None and catches_interrupts(process):
            time.sleep(0.0005)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), -signal.SIGINT)


if __name__ == "__main__":
    unittest.main()
