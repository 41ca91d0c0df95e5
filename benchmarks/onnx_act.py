"""The time of one action of an exported policy in onnxruntime, on one thread: onnx_act.py MODEL...

With arrays of numpy given to `run`, and with buffers bound beforehand, which leaves out most of Python's share. Needs
numpy and onnxruntime (tools/setup.sh --python).
"""

import statistics
import sys
import time

import numpy as np
import onnxruntime

RUNS, GROUP = 200, 100


def nanoseconds(act):
    """The median of the mean times of groups of calls."""
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter_ns()
        for _ in range(GROUP):
            act()
        times.append((time.perf_counter_ns() - begin) / GROUP)
    return statistics.median(times)


def measure(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}
    inputs = {port.name: np.ones((1, port.shape[1]), types[port.type]) for port in session.get_inputs()}
    binding = session.io_binding()
    for name, numbers in inputs.items():
        binding.bind_cpu_input(name, numbers)
    binding.bind_output("action")
    given = nanoseconds(lambda: session.run(["action"], inputs))
    bound = nanoseconds(lambda: session.run_with_iobinding(binding))
    print(f"{path}: {given:.0f} ns, bound {bound:.0f} ns")


for argument in sys.argv[1:]:
    measure(argument)
