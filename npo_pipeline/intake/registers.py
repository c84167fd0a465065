"""The registers of a delivery: each is counted apart, large ones by workers; pupils once over all of them.

A worker reads a register by its path, and gives back counts, rejections and hashes of its rows; no pseudonym
leaves it. Whoever counts, the result is the same.
"""

from __future__ import annotations

import platform
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import polars as pl

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.source_files import as_seen_here
from npo_pipeline.delivery.validate import NO_REJECTIONS
from npo_pipeline.errors import Attempt, NpoError, Refused, at_once
from npo_pipeline.intake.duplicate_pupils import Duplicates, find_duplicates
from npo_pipeline.intake.file_result import FileResult, ProgressCallback
from npo_pipeline.intake.register_counts import PUPIL_HASH, count_register, suspect_rows, take_off
from npo_pipeline.workers import HERE, Done, Workers
from schemas.frames.intake import Fingerprints, Rejections, SuspectRows

R = TypeVar("R")

WORTH_COUNTING, WORTH_READING = 128 * 2**20, 2**30
"""Bytes of registers that take longer to count, and to read some lines of, than workers take to start."""

Counted = tuple[FileResult, Fingerprints]


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Hold what a worker compares with itself: the machine that asks, its polars, and how that hashes."""

    machine: str
    polars: str
    hashes: tuple[int, ...]

    @classmethod
    def here(cls) -> Asker:
        """Return this process as the one that asks."""
        probe = pl.DataFrame({"PSEUDONIEM": ["", "P1", "P" * 40]}).select(PUPIL_HASH).to_series()
        return cls(machine=platform.node(), polars=pl.__version__, hashes=tuple(probe))


@dataclass(frozen=True, kw_only=True)
class CountingJob:
    """A register to count. `vestigingen`: those that have a board."""

    file: DeliveredFile
    vestigingen: pl.Series
    asker: Asker


@dataclass(frozen=True, kw_only=True)
class SuspectsJob:
    """Lines of a register to read again. `key`: of the digests. `asker`: null where nobody else is asked."""

    file: DeliveredFile
    lines: pl.Series
    key: bytes
    asker: Asker | None


def read_registers(
    files: Sequence[DeliveredFile],
    vestigingen: pl.Series,
    progress: ProgressCallback,
    attempt: Attempt = at_once,
    workers: Workers = HERE,
) -> list[FileResult]:
    """Count the pupils of registers; one who counts in two of them, or twice in one, counts in none.

    `vestigingen`: those that have a board. `attempt`: how each file is tried; one without rows is refused.
    `workers`: count each a register, where there are some and they are large.
    """
    asker = Asker.here() if _are_worth(WORTH_COUNTING, files, workers) else None
    counted = dict[str, Counted]()
    with _counting(workers, asker, files, vestigingen, progress=progress) as count:
        for one in files:
            with attempt(one.name):
                result, prints = count(one)
                counted[one.name] = replace(result, file=one), prints
    by_name = {one.name: one for one in files}
    duplicates = find_duplicates(
        {name: prints for name, (_, prints) in counted.items()},
        lambda lines: _read_again(workers, asker, [by_name[name] for name in lines], lines),
    )
    return [_without_duplicates(result, duplicates) for result, _ in counted.values()]


def _are_worth(least: int, files: Sequence[DeliveredFile], workers: Workers) -> bool:
    # Workers are asked last: those of a flow are looked for when they are.
    return len(files) > 1 and sum(one.source.size for one in files) >= least and workers.count > 1


@contextmanager
def _counting(
    workers: Workers,
    asker: Asker | None,
    files: Sequence[DeliveredFile],
    vestigingen: pl.Series,
    *,
    progress: ProgressCallback,
) -> Iterator[Callable[[DeliveredFile], Counted]]:
    """Give what counts a register: here, or by workers, who count all the while and stop at the end."""
    if asker is None:
        yield lambda file: count_register(file, vestigingen, progress)
        return
    jobs = [CountingJob(file=one, vestigingen=vestigingen, asker=asker) for one in files]
    ended = dict[str, Done[CountingJob, Counted]]()
    with closing(done for done in workers.map(count_part, jobs, name="count registers")) as coming:

        def count(file: DeliveredFile) -> Counted:
            while file.name not in ended:
                done = next(coming)
                ended[done.job.file.name] = done
                if done.error is None:
                    progress(done.job.file.name, done.value()[0].rows)
            return _value(ended.pop(file.name))

        yield count


def _read_again(
    workers: Workers, asker: Asker | None, files: Sequence[DeliveredFile], lines: Mapping[str, pl.Series]
) -> Mapping[str, SuspectRows]:
    """Read lines of files again; few of them here, also where others counted."""
    asked, key = asker if _are_worth(WORTH_READING, files, workers) else None, secrets.token_bytes(32)
    jobs = [SuspectsJob(file=one, lines=lines[one.name], key=key, asker=asked) for one in files]
    if asked is None:
        return {job.file.name: read_suspects(job) for job in jobs}
    return {done.job.file.name: _value(done) for done in workers.map(read_suspects, jobs, name="read duplicates")}


def _value(done: Done[CountingJob, R] | Done[SuspectsJob, R]) -> R:
    """Return the result of a worker; a fault that is no refusal names the file it is of."""
    if done.error is not None and not isinstance(done.error, Refused):
        raise NpoError(f"{done.job.file.name}: {done.error}") from done.error
    return done.value()


def count_part(job: CountingJob) -> Counted:
    """Count a register, as a worker does."""
    return count_register(_seen_here(job.file, job.asker), job.vestigingen, lambda *_: None)


def read_suspects(job: SuspectsJob) -> SuspectRows:
    """Read some lines of a register again, as a worker does."""
    file = job.file if job.asker is None else _seen_here(job.file, job.asker)
    return suspect_rows(file, job.lines, job.key)


def _seen_here(file: DeliveredFile, asker: Asker) -> DeliveredFile:
    """Return a register as this worker sees it.

    Raises:
        Refused: the worker cannot read it, reads other bytes, or hashes in another way than who asks.
    """
    here = Asker.here()
    if here.hashes != asker.hashes:
        raise Refused(
            f"{file.name}: a worker on {here.machine} hashes with polars {here.polars} otherwise than "
            f"{asker.machine} with {asker.polars}; install the same versions on all machines"
        )
    if here.machine == asker.machine:
        return file
    return replace(file, source=as_seen_here(file.source, file.sha256))


def _without_duplicates(result: FileResult, duplicates: Duplicates) -> FileResult:
    """Add the rejections of copies and double enrolments, and take their pupils off the counts."""
    name = result.file.name
    found = duplicates.rejections.get(name, NO_REJECTIONS)
    result = replace(result, rejections=Rejections(pl.concat([result.rejections, found])))
    counted = duplicates.counted.get(name)
    return result if counted is None else take_off(result, counted)
