"""Runs a test that is written in Python where there is what it needs.

Usage: run_python_test.py [--module=NAME]... [--command=NAME]... SCRIPT [ARGUMENT]...

Without one of the modules and commands the test is skipped, with the reason and status 77; where GRADIVA_NO_SKIP is set, it
fails, as does a script that ends with status 77 itself.
"""

import importlib.util
import os
import shutil
import subprocess
import sys

SKIPPED = 77


def missing(needs):
    """Why the test cannot run, or nothing."""
    pairs = [need.partition("=")[::2] for need in needs]
    commands = [name for kind, name in pairs if kind == "--command" and shutil.which(name) is None]
    modules = [name for kind, name in pairs if kind == "--module" and importlib.util.find_spec(name) is None]
    if commands:
        return f"there is no {', '.join(commands)}"
    if modules:
        return f"{sys.executable} has no module {', '.join(modules)}; tools/setup.sh --python installs what tests need"
    return ""


def main(arguments):
    needs = [argument for argument in arguments if argument.startswith(("--module=", "--command="))]
    reason = missing(needs)
    if reason:
        print("skipped:", reason)
        status = SKIPPED
    else:
        status = subprocess.run([sys.executable, "-B", *arguments[len(needs):]]).returncode
    if status == SKIPPED and "GRADIVA_NO_SKIP" in os.environ:
        print("failed: GRADIVA_NO_SKIP is set")
        return 1
    return status


sys.exit(main(sys.argv[1:]))
