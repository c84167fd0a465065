"""A reader of the books as finance people are: another program, with the database open for as long as it likes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_PROGRAM = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "read")
print(json.dumps("open"), flush=True)
for query in sys.stdin:
    connection.execute(json.loads(query))
    print(json.dumps(connection.fetchall(), default=str), flush=True)
"""


class Reader:
    """`how`: `read` or `write`."""

    def __init__(self, home: Path, how: str = "read") -> None:
        pipe = subprocess.PIPE
        words = [sys.executable, "-c", _PROGRAM, str(home / "npo.duckdb"), how]
        self._program = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True)
        assert self._answer() == "open"

    @property
    def pid(self) -> int:
        return self._program.pid

    def ask(self, query: str) -> Any:
        assert self._program.stdin is not None
        print(json.dumps(query), file=self._program.stdin, flush=True)
        return self._answer()

    def kill(self) -> None:
        self._program.kill()
        self._program.communicate()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _answer(self) -> Any:
        assert self._program.stdout is not None
        return json.loads(self._program.stdout.readline())
