"""One process of Arelle for all accounts of a test session: each of its own takes a second to start.

What it checks is checked in full; that a command starts a process of its own is tested in
`tests.integration.filing`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


class Server:
    """The process, which does one piece of work after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
        )

    def run(self, work: dict[str, Any]) -> list[dict[str, Any]]:
        """Have work done, as `npo_pipeline.reports.xbrl.arelle` has it done in a fresh process."""
        (self._folder / "work.json").write_text(json.dumps(work), encoding="utf-8")
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"
        answers: list[dict[str, Any]] = json.loads((self._folder / "answer.json").read_text(encoding="utf-8"))
        return answers

    def close(self) -> None:
        self._process.communicate("", timeout=60)


def _serve(folder: Path) -> None:
    from npo_pipeline.reports.xbrl.arelle_process import main

    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # Arelle may print.
    for _ in sys.stdin:
        main(folder / "work.json", folder / "answer.json")
        print("done", file=replies, flush=True)


if __name__ == "__main__":
    _serve(Path(sys.argv[1]))
