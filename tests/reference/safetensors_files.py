"""Makes safetensors files by the reference implementation, and checks one of this library's by it.

Made with Python 3.11, safetensors 0.8.0 and numpy 2.4.6:

    python3 -m venv /tmp/safetensors
    /tmp/safetensors/bin/pip install safetensors==0.8.0 numpy==2.4.6
    /tmp/safetensors/bin/python safetensors_files.py

writes safetensors_types.safetensors, safetensors_plain.safetensors and safetensors_empty.safetensors, and into
tests/fuzz/safetensors what the fuzzer begins with.

    safetensors_files.py --check FILE

reads a file that tests/io/safetensors_interoperability.test.cpp wrote (by any version), and ends with 0 where it holds
what it should.
"""

import struct
import sys
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

VERSIONS = {"safetensors": "0.8.0", "numpy": "2.4.6"}
TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "I64": np.int64, "I32": np.int32, "I16": np.int16,
         "I8": np.int8, "U64": np.uint64, "U32": np.uint32, "U16": np.uint16, "U8": np.uint8, "BOOL": np.bool_}
TEXTS = {"text": "caf\u00e9 \"quoted\" \\ \n \U0001f600", "empty": ""}


def tensors():
    """Of each type the numbers 0 1 2 3 0 1 as two rows; of BOOL whether they are odd."""
    numbers = np.array([[0, 1, 2], [3, 0, 1]])
    of_type = {f"of {name}": (numbers % 2 if name == "BOOL" else numbers).astype(t) for name, t in TYPES.items()}
    return of_type | {"scalar": np.array(-1.5, np.float32), "none": np.zeros((2, 0, 3), np.float32),
                      "nested/name": np.array([np.nan, np.inf, -0.0], np.float64)}


def make(folder):
    safetensors.numpy.save_file(tensors(), folder / "safetensors_types.safetensors", metadata=TEXTS)
    safetensors.numpy.save_file({"w": np.arange(6, dtype=np.float32)}, folder / "safetensors_plain.safetensors")
    safetensors.numpy.save_file({}, folder / "safetensors_empty.safetensors")


def raw(header, data=b""):
    """A file of any header."""
    return struct.pack("<Q", len(header)) + header + data


def make_corpus(folder):
    one = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}'
    for name, content in {
        "one": raw(one + b"}", bytes(4)),
        "two": raw(one + b',"b":{"data_offsets":[4,8],"shape":[2,2],"dtype":"U8"}}', bytes(8)),
        "texts": raw(one + b',"__metadata__":{"k":"v","\\u00e9":"\\n"}}  ', bytes(4)),
        "checksum": raw(b'{"__metadata__":{"gradiva.crc64":"0000000000000000"}}'),
        "hole": raw(one + b',"b":{"dtype":"U8","shape":[1],"data_offsets":[5,6]}}', bytes(6)),
        "twice": raw(one + b"," + one[1:] + b"}", bytes(4)),
        "deep": raw(b'{"a":' + b"[" * 100),
        "long": struct.pack("<Q", 1 << 60) + one + b"}",
        "float": raw(b'{"a":{"dtype":"F32","shape":[1e2,-1,null,true],"data_offsets":[0,4]}}', bytes(4)),
    }.items():
        (folder / name).write_bytes(content)


def crc64(data):
    """CRC-64/XZ, bit by bit."""
    crc = (1 << 64) - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xC96C5795D7870F42 if crc & 1 else 0)
    return crc ^ ((1 << 64) - 1)


def check(path):
    """A file of this library: the same tensors and texts, and a checksum of the whole with zeros in its place."""
    got = safetensors.numpy.load_file(path)
    wanted = tensors()
    assert got.keys() == wanted.keys(), got.keys()
    for name, array in wanted.items():
        assert got[name].dtype == array.dtype and got[name].shape == array.shape, name
        assert got[name].tobytes() == array.tobytes(), name
    with safetensors.safe_open(path, "np") as file:
        texts = file.metadata()
    digits = texts.pop("gradiva.crc64")
    data = Path(path).read_bytes()
    assert data.count(digits.encode()) == 1
    assert f"{crc64(data.replace(digits.encode(), b'0' * 16)):016x}" == digits
    assert texts == TEXTS, texts


def main():
    if sys.argv[1:2] == ["--check"]:
        check(sys.argv[2])
        return
    for module in (safetensors, np):
        if module.__version__ != VERSIONS[module.__name__]:
            raise SystemExit(f"need {module.__name__} {VERSIONS[module.__name__]}, found {module.__version__}")
    here = Path(__file__).parent
    make(here)
    make_corpus(here.parent / "fuzz/safetensors")


if __name__ == "__main__":
    main()
