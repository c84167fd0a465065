"""Try the tests on a mutant: in a copy of the tree, in a process of its own that is forked from this one.

This process has the libraries imported and nothing of the program: that would start the threads of polars, which
do not survive a fork, and would be the module before it was changed.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401
import hypothesis
import pandera.polars  # noqa: F401
import pytest
import xdist.scheduler  # noqa: F401
import yaml  # noqa: F401

from tests.effort import OF_EVERY_DAY
from tests.endurance.mutants import Mutant

LONGEST = 600.0
"""Seconds: a mutant that takes longer goes round for ever, and is detected."""


@dataclass(frozen=True)
class Outcome:
    """Whether a test failed on a mutant, and which did so first."""

    detected: bool
    test: str


class Kept:
    """What was tried, a line each; the last line of a mutant counts."""

    def __init__(self, path: Path) -> None:
        self._path, self._found = path, dict[str, dict[str, Any]]()
        self.detections: dict[str, int] = {}
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            self._take(json.loads(line))

    def add(self, module: str, mutant: Mutant, outcome: Outcome | None) -> None:
        """Keep the outcome of a mutant; null: no test detected it."""
        row = {
            "key": mutant.key,
            "module": module,
            "place": mutant.place,
            "change": mutant.change,
            "test": outcome.test if outcome else None,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self._take(row)

    def _take(self, row: dict[str, Any]) -> None:
        self._found[row["key"]] = row
        if row["test"]:
            self.detections[row["test"]] = self.detections.get(row["test"], 0) + 1

    def outcome(self, mutant: Mutant) -> dict[str, Any] | None:
        """Return what is kept of a mutant; null where it was not tried."""
        return self._found.get(mutant.key)

    def survived(self, mutant: Mutant) -> bool:
        """Return whether it was tried and no test detected it."""
        found = self.outcome(mutant)
        return found is not None and found["test"] is None


@dataclass(frozen=True)
class Tree:
    """A copy of the files of the project, in which modules may be changed."""

    folder: Path

    @classmethod
    def copied(cls, root: Path, folder: Path) -> Tree:
        """Copy all files that git knows of or would take."""
        shutil.rmtree(folder, ignore_errors=True)
        asked = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(asked, capture_output=True, check=True, text=True).stdout
        for name in filter(None, names.split("\0")):
            if (root / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(root / name, folder / name)
        compiled = [sys.executable, "-m", "compileall", "-q", "npo_pipeline", "schemas", "flows"]
        subprocess.run(compiled, cwd=folder, check=True)
        return cls(folder)

    @contextmanager
    def changed(self, path: str, source: str) -> Iterator[None]:
        """Have another source in the place of a module for a while."""
        file = self.folder / path
        before = file.read_bytes()
        for old in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
            old.unlink()
        file.write_text(source, encoding="utf-8")
        try:
            yield
        finally:
            file.write_bytes(before)


@dataclass
class Trial:
    """The tests of a module: tried once as they are, and then on its mutants, the quickest first."""

    tree: Tree
    path: str
    tests: Sequence[str]
    kept: Kept
    _seconds: dict[str, float] = field(default_factory=dict)

    def outcome(self, mutant: Mutant) -> Outcome:
        """Return whether a test fails on a mutant.

        Raises:
            SystemExit: a test fails on the module as it is.
        """
        if not self._seconds:
            before = self._run()
            if before.detected:
                raise SystemExit(f"{before.test} fails, or takes over {LONGEST:g} s, before anything is changed")
        with self.tree.changed(self.path, mutant.source):
            return self._run()

    def _run(self) -> Outcome:
        said = self.tree.folder / "said.json"
        said.unlink(missing_ok=True)
        pid = os.fork()
        if not pid:
            _become_a_test_run(self.tree.folder, self.tests, _Quickest(self._seconds, self.kept.detections, said))
        allowed = min(LONGEST, 60 + 4 * sum(self._seconds.values())) if self._seconds else LONGEST
        in_time = _ended(pid, time.monotonic() + allowed)
        if not in_time or not said.exists():
            return Outcome(True, "no end" if not in_time else "nothing could be imported")
        found = json.loads(said.read_text("utf-8"))
        if not self._seconds:
            self._seconds.update(found["seconds"])
        return Outcome(found["failed"] is not None, found["failed"] or "")


def _ended(pid: int, until: float) -> bool:
    """Wait for a process and end it when its time is over."""
    while time.monotonic() < until:
        if os.waitpid(pid, os.WNOHANG) != (0, 0):
            return True
        time.sleep(0.02)
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


class _Quickest:
    """A plugin of pytest: tests that detected most before go first, then the quickest; it keeps what happened."""

    def __init__(self, seconds: dict[str, float], detections: dict[str, int], said: Path) -> None:
        self._before, self._detections, self._said = seconds, detections, said
        self._seconds, self._failed = dict[str, float](), None

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda one: (-self._detections.get(one.nodeid, 0), self._before.get(one.nodeid, 0.0)))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed and self._failed is None:
            self._failed = report.nodeid

    def pytest_sessionfinish(self) -> None:
        self._said.write_text(json.dumps({"failed": self._failed, "seconds": self._seconds}), encoding="utf-8")


def _become_a_test_run(folder: Path, tests: Sequence[str], plugin: _Quickest) -> None:
    """Run the tests of a tree in this process, which ends with that."""
    os.setsid()
    os.chdir(folder)
    for number in (1, 2):
        os.dup2(os.open(folder / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    for name in [
        name for name in sys.modules if name.split(".")[0] in ("tests", "npo_pipeline", "schemas", "flows")
    ]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(one for one in sys.path if not (Path(one or ".") / "npo_pipeline").is_dir())]
    sys.dont_write_bytecode = True
    # A property that fails is enough: to look for its smallest example takes minutes.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    few = {"max_examples": OF_EVERY_DAY, "derandomize": True, "deadline": None}
    hypothesis.settings.register_profile("mutation", phases=phases, **few)
    os.environ.update(HYPOTHESIS_PROFILE="mutation", PYTHONPATH=str(folder), PYTHONDONTWRITEBYTECODE="1")
    status = 1
    try:
        arguments = ["-q", "-x", "-p", "no:cacheprovider", "--rootdir", str(folder), *tests]
        status = int(pytest.main(arguments, plugins=[plugin]))
    finally:
        os._exit(status)
