"""Trainings that are stopped, killed, broken and resumed, each time in a fresh process, end as one that never stopped.

Usage: checkpointed_runs.py [TEST] PROGRAM [KILLS], the path of checkpointed_run, and how often one run is killed (default
10).
"""

import collections
import csv
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

KILLS = int(sys.argv.pop()) if sys.argv[-1].isdigit() else 10
PROGRAM = pathlib.Path(sys.argv.pop())
TIMES = ("seconds", "steps_per_second")
PARTS = {"environments", "actor", "critic", "options", "advantage", "store", "collector", "rewards", "update", "loop",
         "progress", "callbacks"}  # the first names of paths


def output(row, file, **arguments):
    """Runs a training; returns the two lines that it prints."""
    done = subprocess.run(
        [PROGRAM, row, file, *(f"{name}={value}" for name, value in arguments.items())],
        capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)
    return done.stdout.splitlines()


def run(row, file, **arguments):
    """Runs a training; returns the iteration that it reached and the hashes of its state."""
    iteration, *hashes = output(row, file, **arguments)[0].split()
    return int(iteration), hashes


def rows():
    return subprocess.run([PROGRAM], capture_output=True, text=True, check=True).stdout.split()


def log_of(path):
    """The log without the columns that hold times."""
    with open(path, newline="") as file:
        return [{name: cell for name, cell in line.items() if name not in TIMES} for line in csv.DictReader(file)]


def arrays_in(path):
    """The bytes of each array of a checkpoint."""
    data = pathlib.Path(path).read_bytes()
    begin = 8 + struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:begin])
    return {name: data[begin + entry["data_offsets"][0]:begin + entry["data_offsets"][1]]
            for name, entry in header.items() if name != "__metadata__"}


def happened(before, after):
    """What happened between two checkpoints of a training, of what is hard to go on with."""
    def number(arrays, name):
        return struct.unpack("<q", arrays[name])[0]

    best = "callbacks/best_actor/"
    facts = {
        "recent returns wrapped":
            number(after, "loop/episodes") // 100 > number(before, "loop/episodes") // 100,
        "a best actor was replaced":
            before[f"{best}compared"] == b"\1" and before[f"{best}mean_return"] != after[f"{best}mean_return"],
        "beta moved":
            before.get("update/kl_coefficient") != after.get("update/kl_coefficient"),
        "a store wrapped":
            "store/next" in after and
            number(after, "loop/iteration") - number(before, "loop/iteration") > number(after, "store/capacity"),
    }
    return [fact for fact, true in facts.items() if true]


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def path(self, name):
        return self.folder / name

    def test_stopped_and_resumed(self):
        """Stopped before the first iteration, after some and after the last; resumed with 1, 2 and 4 threads."""
        facts = collections.Counter()
        for row in rows():
            whole = run(row, self.path(f"{row}.whole"), log=self.path(f"{row}.csv"))
            last = whole[0]
            for stop, threads in ((0, (2,)), (1, (1,)), (last // 3, (1, 2, 4)), (last - 1, (4,)), (last, (2,))):
                stopped, stopped_log = self.path("stopped"), self.path("stopped.csv")
                self.assertEqual(run(row, stopped, stop=stop, log=stopped_log)[0], stop)
                for count in threads:
                    with self.subTest(row=row, stop=stop, of=last, threads=count):
                        file, log = self.path("run"), self.path("run.csv")
                        shutil.copy(stopped, file)
                        shutil.copy(stopped_log, log)
                        self.assertEqual(run(row, file, threads=count, log=log), whole)
                        self.assertEqual(log_of(log), log_of(self.path(f"{row}.csv")))
                if stop == last // 3:
                    facts.update(happened(arrays_in(stopped), arrays_in(file)))
                    shutil.copy(stopped, file)
                    shutil.copy(stopped_log, log)
                    facts["an episode was truncated"] += int(output(row, file, log=log)[1]) > 0
                stopped.unlink()
                stopped_log.unlink()
        # Each in so many rows at least.
        for fact, least in {"an episode was truncated": 8, "recent returns wrapped": 8, "a best actor was replaced": 4,
                            "beta moved": 1, "a store wrapped": 2}.items():
            self.assertGreaterEqual(facts[fact], least, fact)

    def test_environments_that_cannot_be_saved(self):
        """Episodes begin anew; all else goes on from what was saved."""
        whole, file = self.path("whole"), self.path("run")
        last, (first, end) = run("restarted", whole)
        _, (_, stopped) = run("restarted", file, stop=last // 2)
        saved = file.read_bytes()
        resumed_at, (resumed, resumed_end) = run("restarted", file)
        self.assertEqual(resumed_at, last)
        self.assertEqual(resumed, stopped)
        self.assertNotIn(resumed, (first, end))
        self.assertNotEqual(resumed_end, end)
        file.write_bytes(saved)
        self.assertEqual(run("restarted", file, threads=2), (last, [resumed, resumed_end]))

    def test_python_reads_checkpoints(self):
        try:
            from numpy import isfinite
            from safetensors import SafetensorError, safe_open
        except ImportError as error:
            if "GRADIVA_NO_SKIP" in os.environ:
                raise
            self.skipTest(f"{sys.executable}: {error}")
        for row in rows():
            with self.subTest(row=row):
                path = self.path(row)
                iteration, _ = run(row, path)
                with safe_open(path, "numpy") as file:
                    texts = file.metadata()
                    tensors = {name: file.get_tensor(name) for name in file.keys()}
                self.assertLessEqual({name.partition("/")[0] for name in tensors}, PARTS)
                self.assertRegex(texts["gradiva.crc64"], "^[0-9a-f]{16}$")
                self.assertEqual(tensors["loop/algorithm"].tobytes().decode(), texts["algorithm"])
                self.assertEqual(tensors["loop/iteration"], iteration)
                self.assertEqual(tensors["loop/call"], 0)
                for count in ("loop/steps", "progress/steps"):
                    self.assertGreaterEqual(tensors[count], tensors["loop/total_steps"])
                self.assertEqual(tensors["loop/returns/values"].shape, (100,))
                recent = tensors["loop/returns/values"][:tensors["loop/returns/count"]]
                self.assertAlmostEqual(float(recent.mean()), float(tensors["progress/mean_return"]))
                (weights,) = [name for name in tensors if re.fullmatch("actor/(network/)+parameters", name)]
                self.assertGreater(tensors[weights].std(), 0)
                for name, tensor in tensors.items():
                    finite = re.match("(actor/(?!spaces)|critic/|update/|environments/(env|streams)/)", name)
                    if finite and tensor.dtype.kind == "f":
                        self.assertTrue(isfinite(tensor).all(), name)
                cut = self.path("cut")
                cut.write_bytes(path.read_bytes()[:-1])
                with self.assertRaises(SafetensorError):
                    safe_open(cut, "numpy")

    def test_a_finished_run_is_left_alone(self):
        file, log = self.path("run"), self.path("run.csv")
        first = run("ppo_clip", file, log=log)
        bytes_of_file, text = file.read_bytes(), log.read_text()
        self.assertEqual(run("ppo_clip", file, log=log), first)
        self.assertEqual(file.read_bytes(), bytes_of_file)
        self.assertEqual(log.read_text(), text)

    def test_an_extended_run_equals_a_longer_one(self):
        longer = run("off_policy", self.path("longer"), steps=9000)
        run("off_policy", self.path("run"), steps=4000)
        self.assertEqual(run("off_policy", self.path("run"), steps=9000), longer)

    def test_two_calls_of_train(self):
        whole = run("off_policy", self.path("whole"), steps=3000, second=2000)
        for stop in (10, 50, 51, 60, whole[0]):
            with self.subTest(stop=stop):
                file = self.path(f"run{stop}")
                run("off_policy", file, steps=3000, second=2000, stop=stop)
                self.assertEqual(run("off_policy", file, steps=3000, second=2000), whole)

    def test_after_an_exception_the_last_checkpoint_stays(self):
        whole = run("a2c", self.path("whole"))
        file = self.path("run")
        with self.assertRaisesRegex(RuntimeError, "failed as asked for"):
            run("a2c", file, fail=30)
        self.assertEqual(run("a2c", file), whole)

    def test_killed_at_random_moments(self):
        generator = random.Random(1)
        started = time.monotonic()
        steps = 4000 * KILLS
        whole = run("ppo_clip", self.path("whole"), steps=steps, every=1, log=self.path("whole.csv"))
        length = time.monotonic() - started
        file, log = self.path("run"), self.path("run.csv")
        killed, reached = 0, set()
        for _ in range(KILLS):
            process = subprocess.Popen(
                [PROGRAM, "ppo_clip", file, f"steps={steps}", "every=1", f"log={log}"],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(generator.uniform(0, 1.2 * length / KILLS))
            process.send_signal(signal.SIGKILL)
            self.assertEqual(process.communicate()[1], b"")
            killed += process.returncode == -signal.SIGKILL
            if file.exists():
                reached.add(arrays_in(file)["loop/iteration"])
        self.assertGreater(killed, KILLS * 0.8)
        self.assertGreater(len(reached), KILLS // 2)
        self.assertEqual(run("ppo_clip", file, steps=steps, log=log), whole)
        self.assertEqual(log_of(log), log_of(self.path("whole.csv")))

    def test_interrupted_by_signals(self):
        whole = run("ppo_clip", self.path("whole"), steps=40000)
        for number in (signal.SIGINT, signal.SIGTERM):
            file = self.path(f"run{number}")
            process = subprocess.Popen([PROGRAM, "ppo_clip", file, "steps=40000", "every=1"], stdout=subprocess.PIPE, text=True)
            while not file.exists():
                time.sleep(0.01)
            process.send_signal(number)
            iteration = int(process.communicate(timeout=60)[0].split()[0])
            self.assertEqual(process.returncode, 0)
            self.assertLess(iteration, whole[0])
            self.assertEqual(run("ppo_clip", file, steps=40000), whole)

    def test_a_full_disk_leaves_the_former_checkpoint(self):
        file = self.path("run")
        run("ppo_clip", file, stop=5)
        former = file.read_bytes()
        limit = len(former) // 2

        def limit_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        done = subprocess.run([PROGRAM, "ppo_clip", file], capture_output=True, text=True, preexec_fn=limit_files)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write", done.stderr)
        self.assertEqual(file.read_bytes(), former)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["run"])


if __name__ == "__main__":
    unittest.main()
