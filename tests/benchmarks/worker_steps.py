"""One step by so many workers, timed in a process of its own; prints JSON.

`python -m tests.benchmarks.worker_steps ingest|tables|packs|check WORKERS HOME [PATH]`: PATH is the delivery, or
the spending of boards. With POLARS_MAX_THREADS=1 the figures of one and of two workers compare.
"""

from __future__ import annotations

import json
import pickle
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from npo_pipeline.books.paths import Home
from npo_pipeline.workers import Done, Here, Processes, Workers

YEAR, DAY = 2021, date(2020, 10, 1)

CHECKED, CHECKED_AT_ONCE = 12, 3
"""Boards of which Arelle checks the filing, and how many are a job: 25 would be too few jobs to share."""


@dataclass(kw_only=True)
class Jobs:
    """Jobs of one kind: how many, their seconds in their workers, bytes to workers and back, most memory there."""

    jobs: int = 0
    seconds: float = 0
    transferred: int = 0
    mebibytes: float = 0


@dataclass
class Recording:
    """Workers whose jobs are recorded. One of them works in a process of its own too, so that it compares."""

    inner: Workers
    recorded: dict[str, Jobs] = field(default_factory=dict)

    @property
    def count(self) -> int:
        return max(2, self.inner.count)

    def map(self, work: Callable, jobs: Iterable, *, name: str) -> Iterator[Done]:
        for done in self.inner.map(partial(_recorded, work), jobs, name=name):
            result, took = done.value()
            kind = self.recorded.setdefault(name, Jobs())
            kind.jobs += 1
            kind.seconds += took.seconds
            kind.transferred += took.transferred
            kind.mebibytes = max(kind.mebibytes, took.mebibytes)
            yield Done(job=done.job, result=result)


def _recorded(work: Callable, job: Any) -> tuple[Any, Jobs]:
    began = time.perf_counter()
    result = work(job)
    seconds = time.perf_counter() - began
    transferred = len(pickle.dumps(job)) + len(pickle.dumps(result))
    return result, Jobs(seconds=seconds, transferred=transferred, mebibytes=_most_memory())


def _most_memory() -> float:
    """Return the most MiB that this process had. `getrusage` says at least what its parent had."""
    [line] = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def ingest_registers(workers: Workers, home: Home, delivery: Path) -> None:
    """Take a delivery in."""
    from npo_pipeline.commands.ingest import IngestRequest, ingest

    ingest(IngestRequest(home=home, paths=(delivery,), reference_date=DAY), workers=workers)


def account_for(workers: Workers, home: Home, spending: Path) -> None:
    """Work out the accounts of a year."""
    from npo_pipeline.commands.account.command import AccountRequest, account

    account(AccountRequest(home=home, year=YEAR, spending=(spending,)))


def write_all_packs(workers: Workers, home: Home) -> None:
    """Write the packs of all boards, of which there are none yet."""
    from npo_pipeline.books.reader import read_books
    from npo_pipeline.commands.account.report_inputs import ReportRequest, gather
    from npo_pipeline.commands.account.reports import write_board_packs

    request = ReportRequest(home=home, year=YEAR)
    with read_books(home) as books:
        inputs = gather(request, books)
    packs, _ = write_board_packs(request, inputs, lambda *_: None, workers)
    assert not packs.faults


def check_some_filings(workers: Workers, home: Home) -> None:
    """Check the filings of some boards in full."""
    from npo_pipeline.commands.account import filing_checks
    from npo_pipeline.reports.xbrl.taxonomy.package import write_taxonomy

    folder = home.path / "reports" / str(YEAR)
    filing_checks._BOARDS_PER_JOB = CHECKED_AT_ONCE
    boards = sorted(one.name for one in folder.iterdir() if one.name.isdigit())[:CHECKED]
    write_taxonomy(home.path / "taxonomy.zip")
    found = filing_checks.check_with_arelle(folder, YEAR, boards, home.path / "taxonomy.zip", workers)
    assert not found.broken
    assert not found.unchecked


STEPS: dict[str, Callable[..., None]] = {
    "ingest": ingest_registers,
    "tables": account_for,
    "packs": write_all_packs,
    "check": check_some_filings,
}


def main() -> None:
    """Time the step; `own` is the processor time of the process that gives out the work."""
    name, count, home, *paths = sys.argv[1:]
    workers: Any = Here() if count == "here" else Recording(Processes(int(count)))
    began = time.perf_counter()
    STEPS[name](workers, Home(Path(home)), *map(Path, paths))
    seconds = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_SELF)
    recorded = workers.recorded if isinstance(workers, Recording) else {}
    measured = {
        "seconds": seconds,
        "own": usage.ru_utime + usage.ru_stime,
        "mebibytes": _most_memory(),
        "kinds": [asdict(one) for one in recorded.values()],
    }
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
