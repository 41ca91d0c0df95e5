"""Exported policies act in onnxruntime as their actors do.

Usage: exported_policies.py PROGRAM, the path of exported_policies.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import load_file

PROGRAM = pathlib.Path(sys.argv.pop())


class Policy:
    """A model, and what its actor did."""

    def __init__(self, folder, number, name, scalar, state_size):
        path = folder / f"{number}.onnx"
        self.name, self.scalar, self.state_size = f"{name} ({scalar})", scalar, int(state_size)
        self.actors = load_file(folder / f"{number}.safetensors")
        self.model = onnx.load(path)
        texts = {entry.key: entry.value for entry in self.model.metadata_props}
        self.version = texts["gradiva.version"]
        self.spaces, self.distribution, self.examples = (
            json.loads(texts[f"gradiva.{name}"]) for name in ("spaces", "distribution", "examples"))
        self.kind = self.spaces["action"]["kind"]
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.inputs = {port.name: port for port in self.session.get_inputs()}
        self.outputs = {port.name: port for port in self.session.get_outputs()}

    def act(self, given):
        """All outputs for the inputs among the given arrays."""
        types = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(uint8)": np.uint8}
        inputs = {name: np.array(given[name], types[port.type]) for name, port in self.inputs.items()}
        return dict(zip(self.outputs, self.session.run(list(self.outputs), inputs)))

    def act_in_order(self, given):
        """The same with one observation after the other; with a memory the state goes on, but where an episode begins."""
        state, steps = None, []
        for n in range(len(given["observation"])):
            one = {name: numbers[n:n + 1] for name, numbers in given.items()}
            if self.state_size:
                one["state"] = np.zeros((1, self.state_size)) if given["begins"][n] else state
            steps.append(self.act(one))
            state = steps[-1].pop("state_out", None)
        return {name: np.concatenate([step[name] for step in steps]) for name in steps[0]}

    def act_side_by_side(self, given):
        """The same with all episodes of a sequence at once: fewer and fewer, as they end."""
        first = np.flatnonzero(given["begins"])
        length = np.diff(first, append=len(given["begins"]))
        order = np.argsort(-length)
        first, length = first[order], length[order]
        state, results = np.zeros((len(first), self.state_size)), {}
        for t in range(length[0]):
            rows = first[length > t] + t
            step = self.act({name: numbers[rows] for name, numbers in given.items()} | {"state": state[:len(rows)]})
            state = step.pop("state_out")
            for name, numbers in step.items():
                results.setdefault(name, np.zeros((len(given["begins"]), *numbers.shape[1:]), numbers.dtype))[rows] = numbers
        return results

    def bounds(self):
        """Of each real number of an action, infinite where it has none."""
        box = self.spaces["action"].get("box", self.spaces["action"])

        def bound(name, otherwise):
            numbers = [otherwise if number is None else number for number in box[name]]
            return np.broadcast_to(np.array(numbers or [otherwise], np.float32), box["size"])

        return bound("low", -np.inf), bound("high", np.inf)

    def expected_ports(self):
        d = self.distribution
        ports = {"observation": ("tensor(float)", ["N", self.spaces["observation"]["size"]])}
        if self.spaces["masked"]:
            ports["mask"] = ("tensor(uint8)", ["N", sum(d["choices"])])
        real = "tensor(double)" if self.scalar == "F64" else "tensor(float)"
        if self.state_size:
            ports["state"] = ports["state_out"] = (real, ["N", self.state_size])
        ports["action"] = {
            "Discrete": ("tensor(int64)", ["N"]),
            "HybridSpace": ("tensor(int64)", ["N"]),
            "MultiDiscrete": ("tensor(int64)", ["N", len(d.get("choices", []))]),
            "MultiBinary": ("tensor(int64)", ["N", self.spaces["action"].get("size")]),
            "Box": ("tensor(float)", ["N", d.get("dimensions")])}[self.kind]
        if self.kind == "HybridSpace":
            ports["values"] = ("tensor(float)", ["N", d["dimensions"]])
        reals = d.get("dimensions", 0) * (2 if d["reals"] in ("state_dependent_gaussian", "beta") else 1)
        ports["head"] = (real, ["N", sum(d.get("choices", [])) + d.get("answers", 0) + reals])
        return ports


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        done = subprocess.run([PROGRAM, cls.folder], stdout=subprocess.PIPE, text=True, check=True)
        cls.policies = [Policy(cls.folder, *line.split("\t")) for line in done.stdout.splitlines()]

    def check_heads(self, head, other):
        self.assertEqual(head.shape, other.shape)
        self.assertLess((np.abs(head - other) / np.maximum(1, np.abs(other))).max(), 1e-5)

    def check_reals(self, policy, action, other):
        """Within the bounds, and equal within 1e-5 of their width."""
        self.assertEqual(action.shape, other.shape)
        low, high = policy.bounds()
        self.assertFalse((action < low).any() or (action > high).any())
        width = np.where(np.isfinite(high - low), high - low, np.maximum(1, np.abs(other)))
        self.assertLess((np.abs(action.astype(np.float64) - other) / width).max(), 1e-5)

    def check_answers(self, action, other, head):
        """Equal, but where 0 and the logit hardly differ."""
        self.assertLess((np.abs(head) * (action != other)).max(), 1e-4)

    def check_choices(self, choices, action, other, head, mask):
        """Legal, and equal but where the logits of both hardly differ."""
        begin = 0
        for k, n in enumerate(choices):
            logits = head[:, begin:begin + n]
            if mask is not None:
                logits = np.where(mask[:, begin:begin + n] == 1, logits, -np.inf)
            taken = np.take_along_axis(logits, action[:, k:k + 1], 1)
            of_actor = np.take_along_axis(logits, other[:, k:k + 1], 1)
            self.assertTrue(np.isfinite(taken).all())
            self.assertLess((np.abs(of_actor - taken) / np.maximum(1, np.abs(of_actor))).max(), 1e-4)
            begin += n

    def check(self, policy, results, expected):
        """Outputs of a model against an actor's head, integers and reals."""
        self.check_heads(results["head"], expected["head"])
        if "integers" in expected:
            count = len(expected["head"])
            action, other = results["action"].reshape(count, -1), expected["integers"].reshape(count, -1)
            self.assertEqual(action.shape, other.shape)
            same = (results["head"] == expected["head"]).all(1)
            self.assertTrue((action == other)[same].all())
            if "choices" in policy.distribution:
                self.check_choices(policy.distribution["choices"], action, other, expected["head"], expected.get("mask"))
            else:
                self.check_answers(action, other, expected["head"])
        if "reals" in expected:
            self.check_reals(policy, results["values" if "integers" in expected else "action"], expected["reals"])

    def test_models_are_sound(self):
        for policy in self.policies:
            with self.subTest(policy=policy.name):
                onnx.checker.check_model(policy.model, full_check=True)
                self.assertEqual((policy.model.ir_version, policy.model.opset_import[0].version), (8, 17))
                ports = {port.name: (port.type, port.shape) for port in (policy.inputs | policy.outputs).values()}
                self.assertEqual(ports, policy.expected_ports())

    def test_models_act_as_actors(self):
        for policy in self.policies:
            with self.subTest(policy=policy.name):
                expected = policy.actors
                if policy.state_size:
                    self.check(policy, policy.act_in_order(expected), expected)
                    self.check(policy, policy.act_side_by_side(expected), expected)
                    continue
                self.check(policy, policy.act(expected), expected)
                some = {key: numbers[:10] for key, numbers in expected.items()}
                self.check(policy, policy.act_in_order(some), some)

    def test_examples_of_the_file_are_reproduced(self):
        for policy in self.policies:
            with self.subTest(policy=policy.name):
                examples = {key: np.array(numbers) for key, numbers in policy.examples.items()}
                names = (set(policy.inputs) | set(policy.outputs)) - {"state", "state_out"}
                self.assertEqual(set(examples), names | ({"begins"} if policy.state_size else set()))
                results = policy.act_in_order(examples) if policy.state_size else policy.act(examples)
                expected = {"head": examples["head"], "mask": examples.get("mask")}
                if policy.kind != "Box":
                    expected["integers"] = examples["action"]
                if policy.kind in ("Box", "HybridSpace"):
                    expected["reals"] = examples["values" if policy.kind == "HybridSpace" else "action"]
                self.check(policy, results, expected)
                self.assertEqual({len(numbers) for numbers in examples.values()}, {8})


if __name__ == "__main__":
    unittest.main()
