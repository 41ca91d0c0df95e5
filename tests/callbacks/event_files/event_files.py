"""TensorBoard's own reader finds each value and each hyperparameter in the files of TensorBoardLog.

Usage: event_files.py PROGRAM, the path of event_files.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator as PluginAccumulator
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from tensorboard.util import tensor_util

PROGRAM = pathlib.Path(sys.argv.pop())
ALL = {"scalars": 0, "tensors": 0}  # nothing is left out


def rows_of(path):
    """Of a JsonLog: the description of its first line, and the iterations as (steps since the trainer was built,
    numbers)."""
    first, *lines = map(json.loads, path.read_text().splitlines())
    rows = [line for line in lines if "iteration" in line]
    steps = [row["steps"] for row in rows]
    before = 64 if path.stem == "two_calls" else 0
    lifetime, call = [], before
    for i, now in enumerate(steps):
        if i > 0 and now <= steps[i - 1]:
            call += steps[i - 1]
        lifetime.append(call + now)
    return first, list(zip(lifetime, rows))


def scalars(folder):
    """By name: the (step, value) of a folder."""
    reader = EventAccumulator(str(folder), ALL)
    reader.Reload()
    return {name: [(event.step, event.value) for event in reader.Scalars(name)] for name in reader.Tags()["scalars"]}


class EventFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.root = pathlib.Path(cls.folder.name)
        subprocess.run([PROGRAM, cls.root], check=True, timeout=300)
        cls.runs = ["two_calls", "strange_name"]

    def expected(self, run):
        first, rows = rows_of(self.root / f"{run}.jsonl")
        self.assertGreaterEqual(len(rows), 4)
        values = {name: [] for name in first["columns"]}
        for step, row in rows:
            for name, number in row.items():
                values[name].append((step, float(np.float32(number))))
        return first["description"], {name: series for name, series in values.items() if series}

    def test_each_value_is_a_scalar_at_its_steps(self):
        for run in self.runs:
            with self.subTest(run):
                _, values = self.expected(run)
                self.assertGreater(len(values), 5)
                self.assertEqual(scalars(self.root / run), values)

    def test_newer_readers_find_the_same_in_the_plugin_of_scalars(self):
        for run in self.runs:
            with self.subTest(run):
                reader = PluginAccumulator(str(self.root / run), ALL)
                reader.Reload()
                found = {
                    name: [(event.step, float(tensor_util.make_ndarray(event.tensor_proto)))
                           for event in reader.Tensors(name)]
                    for name in reader.PluginTagToContent("scalars")}
                self.assertEqual(found, self.expected(run)[1])

    def hparams(self, run):
        reader = PluginAccumulator(str(self.root / run), ALL)
        reader.Reload()
        data = {tag: plugin_data_pb2.HParamsPluginData.FromString(content)
                for tag, content in reader.PluginTagToContent("hparams").items()}
        self.assertEqual(set(data), {f"_hparams_/{name}" for name in ("experiment", "session_start_info",
                                                                      "session_end_info")})
        return (data["_hparams_/experiment"].experiment, data["_hparams_/session_start_info"].session_start_info,
                data["_hparams_/session_end_info"].session_end_info)

    def test_each_value_of_the_description_is_a_hyperparameter(self):
        for run in self.runs:
            with self.subTest(run):
                description, _ = self.expected(run)
                experiment, start, _ = self.hparams(run)
                self.assertEqual(set(start.hparams), set(description))
                types = {info.name: info.type for info in experiment.hparam_infos}
                self.assertEqual(set(types), set(description))
                for path, value in description.items():
                    found = getattr(start.hparams[path], start.hparams[path].WhichOneof("kind"))
                    if isinstance(value, bool):
                        self.assertEqual(types[path], api_pb2.DATA_TYPE_BOOL)
                    elif isinstance(value, (int, float)) and abs(value) <= 2**53:
                        self.assertEqual(types[path], api_pb2.DATA_TYPE_FLOAT64)
                    else:
                        self.assertEqual(types[path], api_pb2.DATA_TYPE_STRING)
                        if isinstance(value, list):
                            value = json.dumps(value, separators=(",", ":")).replace('"', "")
                        value = str(value)
                    self.assertEqual(found, value, path)
                self.assertEqual([info.name.tag for info in experiment.metric_infos], ["mean_return"])

    def test_a_few_hyperparameters_by_hand(self):
        _, start, _ = self.hparams("two_calls")
        self.assertEqual(start.hparams["algorithm"].string_value, "PpoKl")
        self.assertEqual(start.hparams["environment"].string_value, "TimeLimit<CartPole>")
        self.assertEqual(start.hparams["environments/seed"].string_value, "11000000000000000000")
        self.assertEqual(start.hparams["environments/env/limit"].number_value, 50)
        self.assertEqual(start.hparams["actor/network/activation"].string_value, "relu")
        self.assertEqual(start.hparams["update/options/learning_rate"].string_value, "linear from 0.0003 to 0")
        _, start, _ = self.hparams("strange_name")
        self.assertEqual(start.hparams["algorithm"].string_value, '<script>"&\\\n\ufffd\u20ac')
        self.assertEqual(start.hparams["</script>"].string_value, "a\ufffd")

    def test_the_end_of_a_run_is_told(self):
        for run, status in ("two_calls", api_pb2.STATUS_SUCCESS), ("strange_name", api_pb2.STATUS_FAILURE):
            _, start, end = self.hparams(run)
            self.assertEqual(end.status, status)
            self.assertGreaterEqual(end.end_time_secs, start.start_time_secs)
            self.assertGreater(start.start_time_secs, 1.7e9)

    def test_a_file_that_is_cut_within_a_record_is_read_up_to_there(self):
        (file,) = (self.root / "two_calls").iterdir()
        whole = file.read_bytes()
        ends = [0]
        while ends[-1] < len(whole):
            ends.append(ends[-1] + struct.unpack("<Q", whole[ends[-1]:ends[-1] + 8])[0] + 16)
        self.assertEqual(ends[-1], len(whole))
        values = scalars(self.root / "two_calls")["iteration"]
        # Records 1 to 3 are version and hyperparameters, 9 is the end of the last call.
        self.assertEqual((len(ends) - 1, len(values)), (9, 5))
        for record in range(4, 10):
            begin, end = ends[record - 1], ends[record]
            before = record - 4
            for cut in begin + 1, begin + 8, begin + 13, (begin + end) // 2, end - 1:
                with self.subTest(cut=cut), tempfile.TemporaryDirectory() as folder:
                    (pathlib.Path(folder) / file.name).write_bytes(whole[:cut])
                    self.assertEqual(scalars(folder).get("iteration", []), values[:before])


if __name__ == "__main__":
    unittest.main()
