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

YEAR, DAY, CHECKED = 2021, date(2020, 10, 1), 50
"""`CHECKED`: boards of which Arelle checks the filing."""


@dataclass(kw_only=True)
class Recorded:
    """What the jobs took: seconds in their workers, and bytes to them and back."""

    jobs: int = 0
    job_seconds: float = 0
    transferred: int = 0


@dataclass
class Recording:
    """Workers whose jobs are recorded. One of them works in a process of its own too, so that it compares."""

    inner: Workers
    recorded: Recorded = field(default_factory=Recorded)

    @property
    def count(self) -> int:
        return max(2, self.inner.count)

    def map(self, work: Callable, jobs: Iterable, *, name: str) -> Iterator[Done]:
        for done in self.inner.map(partial(_recorded, work), jobs, name=name):
            result, seconds, transferred = done.value()
            self.recorded.jobs += 1
            self.recorded.job_seconds += seconds
            self.recorded.transferred += transferred
            yield Done(job=done.job, result=result)


def _recorded(work: Callable, job: Any) -> tuple[Any, float, int]:
    began = time.perf_counter()
    result = work(job)
    seconds = time.perf_counter() - began
    return result, seconds, len(pickle.dumps(job)) + len(pickle.dumps(result))


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
    from npo_pipeline.commands.account.reports import ReportRequest, gather, write_board_packs

    request = ReportRequest(home=home, year=YEAR)
    with read_books(home) as books:
        inputs = gather(request, books)
    packs, _ = write_board_packs(request, inputs, lambda *_: None, workers)
    assert not packs.faults


def check_some_filings(workers: Workers, home: Home) -> None:
    """Check the filings of some boards in full."""
    from npo_pipeline.commands.account.filing_checks import check_with_arelle
    from npo_pipeline.reports.xbrl.taxonomy.package import write_taxonomy

    folder = home.path / "reports" / str(YEAR)
    boards = sorted(one.name for one in folder.iterdir() if one.name.isdigit())[:CHECKED]
    write_taxonomy(home.path / "taxonomy.zip")
    found = check_with_arelle(folder, YEAR, boards, home.path / "taxonomy.zip", workers)
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
    recorded = workers.recorded if isinstance(workers, Recording) else Recorded()
    usage, theirs = (resource.getrusage(one) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    measured = {
        "seconds": seconds,
        "own": usage.ru_utime + usage.ru_stime,
        "mebibytes": usage.ru_maxrss / 1024,
        "worker_mebibytes": theirs.ru_maxrss / 1024,
    }
    print(json.dumps(measured | asdict(recorded)))


if __name__ == "__main__":
    main()
