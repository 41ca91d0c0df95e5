"""What the example programs say to numbers and files that cannot be meant, that Ctrl-C ends their training, not them, and
that what they save plays as they did.

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

WITH_OPTIONS = {  # and the environments that they train in
    "asymmetric_critic": "SensedCartPole",
    "breakout": "Breakout",
    "cartpole_a2c": "CartPole",
    "cartpole_off_policy": "CartPole",
    "cartpole_ppo_clip": "CartPole",
    "cartpole_ppo_kl": "CartPole",
    "cartpole_q_lambda": "CartPole",
    "cartpole_reinforce": "CartPole",
    "cartpole_trpo": "CartPole",
    "cartpole_without_velocity": "CartPoleWithoutVelocity",
    "lqr_analytic": "LinearQuadratic",
    "pendulum_ppo_clip": "Pendulum",
    "tmaze": "TMaze",
}
WITH_MEMORY = ("cartpole_without_velocity", "tmaze")
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

    def test_a_game_whose_characters_learn_says_what_was_learned(self):
        done = run("game_loop", "--headless", "--steps", "3000", "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^mean_return=\d+\.\d+ std_return=\d+\.\d+ episodes=100\n$")

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
                file, log, json, events = (pathlib.Path(folder) / each for each in ("run", "run.csv", "run.jsonl", "events"))
                arguments = ("--checkpoint", file, "--log", log, "--json", json, "--tensorboard", events, "--quiet", "--seed",
                             "3")
                first = run(name, *arguments, "--steps", "3000")
                self.assertEqual(first.returncode, 0, first.stderr)
                lines = log.read_text()
                json_lines = json.read_text().splitlines()
                self.assertEqual(len(json_lines), len(lines.splitlines()) + 1)
                self.assertIn('"evaluation":{"mean_return":', json_lines[-1])
                again = run(name, *arguments, "--steps", "3000")
                self.assertEqual((again.returncode, again.stdout), (0, first.stdout))
                self.assertEqual(log.read_text(), lines)
                self.assertEqual(json.read_text().splitlines(), json_lines)
                self.assertEqual(len(list(events.iterdir())), 1)
                other = run(name, "--checkpoint", file, "--log", log, "--quiet", "--seed", "4", "--steps", "3000")
                self.assertEqual(other.returncode, 1)
                self.assertIn("seed is 3 where it was saved and 4 here", other.stderr)


class Sweeps(unittest.TestCase):
    SMALL = ("--seeds", "2", "--steps", "512")

    def lines(self, *arguments):
        done = run("seeds_and_sweeps", *self.SMALL, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        title, names, *lines = done.stdout.splitlines()
        self.assertIn("2 seeds, 512 steps each", title)
        self.assertEqual(names.split(), ["learning_rate", "entropy", "median", "worst", "steps", "to", "195"])
        for line in lines:
            rate, entropy, median, worst, reached = line.split()
            self.assertEqual(reached, "never")
            self.assertGreaterEqual(float(median), float(worst))
        return lines

    def test_a_grid_has_a_line_for_each_setting_whatever_the_number_of_threads(self):
        lines = self.lines("--grid")
        self.assertEqual(len({tuple(line.split()[:2]) for line in lines}), 6)
        self.assertEqual(lines, self.lines("--threads", "2"))

    def test_a_random_search_draws_other_settings_by_another_seed(self):
        lines = self.lines("--random", "3")
        self.assertEqual(len(lines), 3)
        self.assertEqual(lines, self.lines("--random", "3", "--threads", "2"))
        self.assertNotEqual(lines[0].split()[0], self.lines("--random", "1", "--seed", "2")[0].split()[0])

    def test_what_cannot_be_meant_is_named(self):
        for arguments in (("--seeds", "0"), ("--random", "0"), ("--threads", "0"), ("--grid", "--random", "3")):
            with self.subTest(arguments=arguments):
                done = run("seeds_and_sweeps", *arguments)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(arguments[0], done.stdout + done.stderr)


class Reports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_every_program_writes_a_report_and_says_where(self):
        for name, env in WITH_OPTIONS.items():
            with self.subTest(program=name):
                file = self.folder / f"{name}.html"
                done = run(name, "--steps", "2000", "--report", file)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stderr.splitlines()[-1], f"the report is {file}")
                page = file.read_text()
                wrapped = env.removesuffix("WithoutVelocity")  # by Select
                self.assertRegex(page, f'TimeLimit\\\\u003c(example::)?{wrapped}>')
                self.assertIn('"recording":{', page)
                self.assertIn('"evaluation":{', page)

    def test_a_report_is_written_after_an_interrupt_too(self):
        file = self.folder / "report.html"
        process = subprocess.Popen(
            [FOLDER / "cartpole_ppo_clip", "--steps", "1000000000", "--quiet", "--report", file],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        while process.poll() is None and catches_interrupts(process) is False:
            time.sleep(0.0005)
        process.send_signal(signal.SIGINT)
        process.wait(60)
        self.assertIn("A callback ended the training after iteration", file.read_text())

    def test_logs_of_several_seeds_become_one_report(self):
        csv, json_lines, out = self.folder / "<1>.csv", self.folder / "2.jsonl", self.folder / "report.html"
        for seed, option, file in (("1", "--log", csv), ("2", "--json", json_lines)):
            done = run("cartpole_ppo_clip", "--quiet", "--steps", "2000", "--seed", seed, option, file)
            self.assertEqual(done.returncode, 0, done.stderr)
        done = run("report", csv, json_lines, "--out", out)
        self.assertEqual((done.returncode, done.stdout), (0, f"the report of 2 runs is {out}\n"), done.stderr)
        page = out.read_text()
        self.assertIn('"runs":[0,1]', page)
        self.assertEqual(page.count('"evaluation":{"mean":'), 1)  # a CSV file has no place for one
        self.assertNotIn("<1>", page)

    def test_a_log_is_judged_and_what_cannot_be_judged_is_named(self):
        log = self.folder / "run.csv"
        done = run("cartpole_ppo_clip", "--quiet", "--doctor", "--steps", "8000", "--log", log)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn(": fault ", done.stderr)
        done = run("doctor", log)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[0], f"{log}: no findings")
        self.assertIn("not judged: dead_units: the log has no column 'dead_units'", done.stdout)
        self.assertEqual(run("doctor", self.folder / "none").returncode, 1)

    def test_what_is_no_log_is_named_and_no_report_is_written(self):
        out, empty, other = (self.folder / name for name in ("report.html", "empty", "other"))
        empty.write_text("")
        other.write_text("iteration,steps\n1,8\n2,x\n")
        for arguments, words in (((self.folder / "none",), "none'; give the path of a log"),
                                 ((empty,), f"'{empty}' is empty"),
                                 ((other,), f"'{other}', line 3: '2,x' is no row of numbers"),
                                 ((other, other, "--out", other), "is given for two files"),
                                 ((other, "--out", f"{other}.json"), "is given for two files"),
                                 ((other, "--out", self.folder), "is a folder or a device"),
                                 ((), "LOG")):
            with self.subTest(arguments=arguments):
                done = run("report", *arguments, *(() if "--out" in arguments else ("--out", out)))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(words, done.stdout + done.stderr)
                self.assertFalse(out.exists())


class Policies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def train(self, name, *arguments):
        done = run(name, "--quiet", "--seed", "3", "--steps", "3000", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.splitlines()[-1]

    def play(self, file, *arguments):
        done = run("play_policy", file, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def refused(self, words, name, *arguments):
        done = run(name, *arguments)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(words, done.stdout + done.stderr)
        self.assertNotIn("mean_return", done.stdout)

    def test_a_saved_policy_and_one_of_a_checkpoint_play_as_they_did_at_the_end_of_their_training(self):
        for name, env in WITH_OPTIONS.items():
            with self.subTest(program=name):
                saved, run_file = self.folder / f"{name}.policy", self.folder / f"{name}.run"
                line = self.train(name, "--save", saved, "--checkpoint", run_file)
                for file in (saved, run_file):
                    self.assertEqual(self.play(file, "--env", env, "--seed", "3"), line + "\n")
                self.assertNotEqual(self.play(saved, "--env", env, "--seed", "3", "--sampled"), line + "\n")
                self.assertIn("episodes=7", self.play(saved, "--env", env, "--episodes", "7"))

    def test_policies_with_memory_are_saved_and_exported_with_a_state(self):
        for name in WITH_MEMORY:
            for network, numbers in (("mlp", 0), ("gru", 1), ("lstm", 2)):
                with self.subTest(program=name, network=network):
                    file, onnx, header = (self.folder / f"{name}_{network}{end}" for end in (".policy", ".onnx", ".h"))
                    line = self.train(name, "--network", network, "--save", file, "--onnx", onnx, "--c-header", header)
                    env = WITH_OPTIONS[name]
                    self.assertEqual(self.play(file, "--env", env, "--seed", "3"), line + "\n")
                    self.assertEqual(b"state_out" in onnx.read_bytes(), numbers > 0)
                    (size,) = re.findall(r"_STATE_SIZE (\d+)", header.read_text())
                    self.assertEqual(int(size), numbers * (32 if name == "tmaze" else 64))

    def test_episodes_are_shown_in_files_and_as_text(self):
        file, words = self.folder / "policy", ("--env", "CartPole", "--episodes", "2")
        self.train("cartpole_ppo_clip", "--save", file)
        line = self.play(file, *words)
        page, picture = self.folder / "watch.html", self.folder / "watch.svg"
        for path in (page, picture):
            self.assertEqual(self.play(file, *words, "--watch", path), line)
        self.assertIn("gradivaPlayer", page.read_text())
        self.assertIn("<animate", picture.read_text())
        text = self.play(file, *words, "--watch", "-")
        self.assertEqual(text.splitlines()[-1] + "\n", line)
        self.assertRegex(text, "(?m)^step 0 of [0-9]+, return 0, episode 2/2, CartPole$")
        self.assertNotIn("\x1b", text)
        self.refused("neither a .html nor a .svg file", "play_policy", file, *words, "--watch", self.folder / "watch.png")
        self.refused("cannot be written", "play_policy", file, *words, "--watch", self.folder / "none" / "watch.svg")

    def test_an_environment_or_part_that_does_not_fit_is_named(self):
        file = self.folder / "policy"
        self.train("cartpole_ppo_clip", "--save", file)
        self.refused("than those of Pendulum", "play_policy", file, "--env", "Pendulum")
        self.refused("than those of Acrobot", "play_policy", file, "--env", "Acrobot")
        self.refused("CartPole,CartPoleWithoutVelocity,Acrobot", "play_policy", file, "--env", "Walker")
        self.refused("no part 'best_actor'", "play_policy", file, "--env", "CartPole", "--part", "best_actor")
        self.refused("No such file", "play_policy", self.folder / "none", "--env", "CartPole")
        self.refused("no policy for Pendulum", "control_loop", file)

    def test_files_that_cannot_be_written_are_named_before_training(self):
        forever = ("--steps", "1000000000", "--quiet")
        nowhere, folder = self.folder / "none" / "file", self.folder
        for option in ("--save", "--onnx", "--c-header", "--checkpoint", "--report"):
            with self.subTest(option=option):
                self.refused(f"{option}: '{nowhere}' cannot be written", "cartpole_a2c", option, nowhere, *forever)
                if option != "--c-header":
                    self.refused("is a folder or a device", "cartpole_a2c", option, folder, *forever)
        same = self.folder / "same"
        self.refused("is given for two files", "cartpole_a2c", "--save", same, "--onnx", same, *forever)
        for name, reason in (("a-b", "is no identifier of C"), ("while", "is a keyword of C or C++")):
            self.refused(f"'{name}' {reason}", "cartpole_a2c", "--c-header", self.folder / f"{name}.h", *forever)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_policy_of_a_mujoco_model_is_saved_and_exported(self):
        if not (FOLDER / "mujoco_train").exists():
            self.skipTest("mujoco_train is not built: MuJoCo is not installed (Debian: libmujoco-dev)")
        model, file, onnx, header = (self.folder / name for name in ("puck.xml", "policy", "policy.onnx", "walker.h"))
        model.write_text("<mujoco><worldbody><body><joint name='x' type='slide' axis='1 0 0'/>"
                         "<joint type='slide' axis='0 1 0'/><geom size='0.1' mass='2'/></body></worldbody>"
                         "<actuator><motor joint='x' ctrllimited='true' ctrlrange='-1 3'/></actuator></mujoco>")
        self.train("mujoco_train", "--model", model, "--episode", "20", "--save", file, "--onnx", onnx, "--c-header", header)
        # It is read, and its examples are replayed, before it is compared with the environment.
        self.refused("than those of CartPole", "play_policy", file, "--env", "CartPole")
        self.assertIn(b"gradiva.examples", onnx.read_bytes())
        self.assertIn("typedef float walker_action;", header.read_text())

    def test_a_policy_is_saved_and_exported_after_an_interrupt_too(self):
        file, onnx, header = self.folder / "policy", self.folder / "policy.onnx", self.folder / "walker.h"
        process = subprocess.Popen(
            [FOLDER / "cartpole_ppo_clip", "--steps", "1000000000", "--quiet", "--save", file, "--onnx", onnx,
             "--c-header", header],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        while process.poll() is None and catches_interrupts(process) is False:
            time.sleep(0.0005)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
        self.assertEqual(self.play(file, "--env", "CartPole", "--seed", "1"), out)
        self.assertIn(b"gradiva.examples", onnx.read_bytes())
        self.assertIn("int walker_act(", header.read_text())

    def test_a_control_loop_keeps_the_pendulum_up(self):
        file = self.folder / "policy"
        done = run("pendulum_ppo_clip", "--quiet", "--save", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run("control_loop", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        numbers = dict(part.split("=") for part in done.stdout.split())
        self.assertEqual(numbers["ticks"], "1000")
        self.assertLess(float(numbers["off_upright"]), 0.2)


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
