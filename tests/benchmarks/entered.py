"""How many own files and functions one command enters: `python -m tests.benchmarks.entered [ROOT]`.

It makes a small home (a delivery of 4 boards), then runs `ingest`, `decide`, `pay` and `account` each in a fresh
process under `sys.setprofile`, and counts the files and functions of npo_pipeline, schemas and flows that are
entered. A function counts once; what runs while a module is imported, and comprehensions, do not count. With ROOT
another checkout is traced, to compare one version with another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[2]
PACKAGES = ("npo_pipeline", "schemas", "flows")

TRACER = """
import json, sys, threading
from pathlib import Path
import npo_pipeline.cli.main as command_line

root = Path(command_line.__file__).parents[2]
ours = tuple(f"{root}/{package}/" for package in PACKAGES)
entered = set()

def is_importing(frame):
    while frame is not None:
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename.startswith(ours):
            return True
        frame = frame.f_back
    return False

def trace(frame, event, _argument):
    code = frame.f_code
    function = (code.co_filename, code.co_qualname)
    if event != "call" or code.co_name.startswith("<") or function in entered:
        return
    if code.co_filename.startswith(ours) and not is_importing(frame):
        entered.add(function)

sys.setprofile(trace)
threading.setprofile(trace)
command_line.npo.main(sys.argv[1:], standalone_mode=False)
sys.setprofile(None)
print(json.dumps([len({file for file, _ in entered}), len(entered)]), file=sys.stderr)
"""


def main() -> None:
    """Print per command the files and the functions that it enters."""
    root = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE
    with tempfile.TemporaryDirectory() as folder:
        delivery, home = Path(folder, "delivery"), ["--home", str(Path(folder, "home"))]
        size = ["--boards", "4", "--pupils", "4000", "--faults", "0.001"]
        _entered(root, ["generate", str(delivery), *size, *home])
        for arguments in (
            ["ingest", str(delivery), "--reference-date", "2020-10-01"],
            ["decide", "--school-year", "2021-2022"],
            ["pay", "--month", "2021-09"],
            ["account", "--year", "2021"],
        ):
            files, functions = _entered(root, [*arguments, *home])
            print(f"{arguments[0]:8} {files:4} files {functions:5} functions")


def _entered(root: Path, arguments: list[str]) -> tuple[int, int]:
    program = TRACER.replace("PACKAGES", repr(PACKAGES))
    run = subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {run.stderr}")
    files, functions = json.loads(run.stderr.splitlines()[-1])
    return files, functions


if __name__ == "__main__":
    main()
