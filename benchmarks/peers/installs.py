"""Finds or installs what the peers need, all of it inside the build folder."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Missing(Exception):
    """A peer cannot run; the text is a sentence that says why."""


def run(command, failure, environment=None, timeout=1800):
    """The standard output of a command; where it fails, Missing with `failure` and its last line of errors.

    `environment` is added to that of this process; a variable that is None there is taken out.
    """
    variables = {**os.environ, **(environment or {})}
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={name: value for name, value in variables.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{failure}: {error}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        errors = [line for line in lines if "error" in line.lower()]
        raise Missing(f"{failure}: {(errors or lines or [f'exit status {done.returncode}'])[-1].strip()}")
    return done.stdout


def pip_install(python, requirements, *options):
    pip = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--retries", "1", "--timeout", "20"]
    failure = f"pip could not install what {requirements} lists (is there a network?)"
    run([*pip, *options, "-r", HERE / requirements], failure)


def rltools_headers(out):
    """The folder of RLtools' headers, which come inside its Python package."""
    target = out / "rltools"
    version = (HERE / "requirements-rltools.txt").read_text().strip().split("==")[1]
    if not (target / f"rltools-{version}.dist-info").exists():
        pip_install(sys.executable, "requirements-rltools.txt", "--target", target, "--upgrade")
    headers = target / "rltools" / "external" / "rl_tools" / "include"
    if not (headers / "rl_tools" / "nn" / "operations_cpu_mux.h").exists():
        raise Missing("RLtools' package holds no C++ headers where they are expected")
    return headers


def openblas(out, compiler):
    """The path of the OpenBLAS library: the system's, else Debian's package unpacked in the build folder."""
    for name in ("libopenblas.so", "libopenblas.so.0"):
        found = run([compiler, f"-print-file-name={name}"], f"the compiler {compiler} does not run").strip()
        if os.path.isabs(found):
            return Path(found).resolve()
    unpacked = out / "openblas"
    pattern = "usr/lib/*/openblas-pthread/libopenblas.so.0"
    if not any(unpacked.glob(pattern)):
        unpacked.mkdir(parents=True, exist_ok=True)
        advice = "no OpenBLAS found (install libopenblas-dev) and none could be fetched"
        run(["sh", "-c", 'cd "$0" && apt-get download libopenblas0-pthread', unpacked], advice)
        run(["sh", "-c", 'cd "$0" && for package in *.deb; do dpkg -x "$package" .; done', unpacked], advice)
    library = next(unpacked.glob(pattern), None)
    if library is None:
        raise Missing("no OpenBLAS found: install libopenblas-dev")
    return library.resolve()


def python_with_torch():
    """The first Python that has torch; the package registry's torch is not used, it brings gigabytes of CUDA."""
    for python in ("/usr/bin/python3", sys.executable):
        try:
            run([python, "-c", "import torch, numpy, matplotlib"], "")
            return python
        except Missing:
            continue
    raise Missing("no Python here has torch, numpy and matplotlib: install python3-torch and python3-matplotlib")


def sb3_python(out):
    """The Python of a virtual environment that holds Stable-Baselines3."""
    folder = out / "sb3"
    python = folder / "bin" / "python"
    if not python.exists():
        base = python_with_torch()
        run([base, "-m", "venv", "--system-site-packages", folder], "no virtual environment could be made")
    pip_install(python, "requirements-sb3.txt")
    return python
