"""The checks of filings: the facts before they are written, the files after, and all by Arelle when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import polars as pl

from npo_pipeline.commands.account.sound_filings import sound_filings
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.reports.board_pack.pack import PACKAGE, pack_file
from npo_pipeline.reports.report_data import ReportData, select_boards
from npo_pipeline.reports.xbrl.arelle import Outcome, Validation, validate, viewer
from npo_pipeline.reports.xbrl.checks import fact_faults, file_faults
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.workers import HERE, Done, Workers, map_boards
from schemas.frames.accounts import FACTS, FAULTS, Facts, Faults

DATA_FAULTS = ("share_above_one", "external_above_spent")
"""Faults that come from the data of a board: more externals than spending. No filing can hold that."""

R = TypeVar("R")

_BOARDS_PER_JOB = 25
_FEW = 4


@dataclass(frozen=True, kw_only=True)
class CheckedFacts:
    """The facts of boards that add up. `unfilable`: boards whose own data no filing can hold.

    `faults`: board -> why it has no facts; a fault of ours.
    """

    facts: Facts
    unfilable: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)


def checked_facts(report: ReportData) -> CheckedFacts:
    """Return the facts of all boards, and check that they add up and may be in a filing.

    A fault in those of one board leaves that board out, and no other.
    """
    broken: dict[str, str] = {}
    try:
        facts = facts_of(report)
    except Exception:
        # Slower, board by board: only so it is known of which board the fault is.
        facts, broken = _facts_of_each(report)
    faults = fact_faults(facts)
    with_errors = report.findings.filter(severity="error")["board"]
    of_data = pl.col("fault").is_in(DATA_FAULTS) & pl.col("board").is_in(with_errors.implode())
    broken |= _first_faults(Faults(faults.filter(~of_data)))
    return CheckedFacts(
        facts=Facts(facts.filter(~pl.col("board").is_in(list(broken)))),
        unfilable=tuple(one for one in faults.filter(of_data)["board"].unique().sort() if one not in broken),
        faults=broken,
    )


def _facts_of_each(report: ReportData) -> tuple[Facts, dict[str, str]]:
    parts: list[pl.DataFrame] = [pl.DataFrame(schema=dict.fromkeys(FACTS, pl.String))]
    broken: dict[str, str] = {}
    for board in sorted(set(report.accountability["board"])):
        try:
            parts.append(facts_of(select_boards(report, {board})))
        except Exception as error:
            broken[board] = fault_words(error)
    return Facts(pl.concat(parts)), broken


def check_written(folder: Path, year: int, boards: Sequence[str]) -> dict[str, str]:
    """Step: read the filings back that were written, by their schema, and add everything up again.

    Returns:
        board -> the first fault in its filing; a fault of ours.
    """
    broken: dict[str, str] = {}
    contents: list[tuple[str, bytes]] = []
    for board in boards:
        path = pack_file(folder, year, board, ".xbrl")
        try:
            contents += [(board, path.read_bytes())] if path.exists() else []
        except OSError as error:
            broken[board] = fault_words(error)
    return broken | _first_faults(file_faults(contents, year))


def check_national(report: Path, taxonomy: Path) -> None:
    """Have Arelle check every cell and key of the national report by its own metadata.

    Raises:
        NpoError: one is not allowed. A fault of ours; the report was not published.
    """
    [outcome] = validate([Validation(report, taxonomy, by="table_constraints")])
    if outcome.messages:
        first = outcome.messages[0]
        raise NpoError(f"the national report was not written: Arelle finds {first.code}: {first.text}")


@dataclass(frozen=True, kw_only=True)
class CheckedFilings:
    """The filings that were checked in full. `sound`: the number of files that are in order, now or before.

    `broken`: board -> the first fault in its filing. `unchecked`: board -> why its filing could not be checked; it
    stays, and may be sound.
    """

    sound: int
    broken: Mapping[str, str]
    unchecked: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class FilingsJob:
    """The data of a worker that checks the filings of some boards, or makes pages of them on which to click.

    `filings`: board -> name of a file -> its content. `taxonomy`: the package that XBRL needs beside it.
    """

    filings: Mapping[str, Mapping[str, bytes]]
    taxonomy: bytes


def check_with_arelle(
    folder: Path, year: int, boards: Sequence[str], taxonomy: Path, workers: Workers = HERE
) -> CheckedFilings:
    """Step: have Arelle check every filing, in XBRL and as a report package, which stands alone.

    What was found sound before and has not changed is not checked again, wherever a check before this was cut off.
    """
    package = taxonomy.read_bytes()
    known = sound_filings(folder, package)
    filings, unchecked = _read_filings(folder, year, boards, (".xbrl", PACKAGE))
    new = {
        board: files
        for board, files in filings.items()
        if not all(known.is_sound(name, content) for name, content in files.items())
    }

    def data(some: Sequence[str]) -> FilingsJob:
        return FilingsJob(filings={board: new[board] for board in some}, taxonomy=package)

    broken: dict[str, str] = {}
    for done in map_filings(check_some, sorted(new), data, workers=workers, name="full check"):
        if done.error is not None:
            unchecked[done.job] = str(done.error)
        elif fault := done.value():
            broken[done.job] = fault
        else:
            known.add(new[done.job])
    sound = sum(len(files) for board, files in filings.items() if board not in {*broken, *unchecked})
    return CheckedFilings(sound=sound, broken=broken, unchecked=unchecked)


def check_some(job: FilingsJob) -> list[Done[str, str]]:
    """Check the filings of some boards: the work of a worker. The result is the first fault, or an empty text.

    Raises:
        Refused: Arelle could not be run.
    """
    with TemporaryDirectory(prefix="npo-filings-") as folder:
        taxonomy = Path(folder, "taxonomy.zip")
        taxonomy.write_bytes(job.taxonomy)
        paths: list[tuple[str, Path]] = []
        for board, files in job.filings.items():
            for name, content in files.items():
                paths.append((board, Path(folder, name)))
                paths[-1][1].write_bytes(content)
        outcomes = validate([Validation(path, None if path.suffix == PACKAGE else taxonomy) for _, path in paths])
    faults = dict.fromkeys(job.filings, "")
    for (board, path), one in zip(paths, outcomes, strict=True):
        faults[board] = faults[board] or _fault_of(path.name, one)
    return [Done(job=board, result=fault) for board, fault in faults.items()]


def _fault_of(name: str, outcome: Outcome) -> str:
    """Return in words what Arelle finds in a file; empty where it is sound."""
    if outcome.messages:
        return f"{name}: Arelle finds {outcome.messages[0].code}: {outcome.messages[0].text}"
    if outcome.unsatisfied or not outcome.satisfied:
        return f"{name}: {outcome.unsatisfied} assertions are not satisfied"
    return ""


def make_viewers(job: FilingsJob) -> list[Done[str, bytes]]:
    """Make of each filing a page on which each figure can be clicked: the work of a worker."""
    with TemporaryDirectory(prefix="npo-viewers-") as folder:
        taxonomy = Path(folder, "taxonomy.zip")
        taxonomy.write_bytes(job.taxonomy)
        return [_viewer_of(board, files, taxonomy) for board, files in job.filings.items()]


def _viewer_of(board: str, files: Mapping[str, bytes], taxonomy: Path) -> Done[str, bytes]:
    [(name, content)] = files.items()
    page = taxonomy.with_name(name)
    out = page.with_suffix(".html")
    try:
        page.write_bytes(content)
        viewer(page, out, taxonomy)
        return Done(job=board, result=out.read_bytes())
    except (NpoError, OSError) as error:
        return Done(job=board, error=NpoError(fault_words(error)))


def viewers_of(
    folder: Path, year: int, boards: Sequence[str], *, taxonomy: Path, workers: Workers
) -> Iterator[Done[str, bytes]]:
    """Yield the page of each board on which each figure can be clicked, as it is made."""
    filings, unread = _read_filings(folder, year, boards, (".xhtml",))
    yield from (Done[str, bytes](job=board, error=NpoError(why)) for board, why in unread.items())
    package = taxonomy.read_bytes()

    def data(some: Sequence[str]) -> FilingsJob:
        return FilingsJob(filings={board: filings[board] for board in some}, taxonomy=package)

    yield from map_filings(make_viewers, sorted(filings), data, workers=workers, name="viewers")


def map_filings(
    work: Callable[[FilingsJob], Sequence[Done[str, R]]],
    boards: Sequence[str],
    data: Callable[[Sequence[str]], FilingsJob],
    *,
    workers: Workers,
    name: str,
) -> Iterator[Done[str, R]]:
    """Do work of Arelle for boards; it takes a second to start, so each job is of as many as go round."""
    who = workers if len(boards) > _FEW else HERE
    at_once = max(1, min(_BOARDS_PER_JOB, -(-len(boards) // who.count)))
    return map_boards(who, work, boards, data, at_once=at_once, name=name)


def _read_filings(
    folder: Path, year: int, boards: Sequence[str], ends: Sequence[str]
) -> tuple[dict[str, dict[str, bytes]], dict[str, str]]:
    """Return the files of boards with these ends, and board -> why they cannot be read."""
    filings: dict[str, dict[str, bytes]] = {}
    unread: dict[str, str] = {}
    for board in boards:
        paths = [pack_file(folder, year, board, end) for end in ends]
        try:
            filings[board] = {path.name: path.read_bytes() for path in paths}
        except OSError as error:
            unread[board] = fault_words(error)
    return filings, unread


def _first_faults(faults: Faults) -> dict[str, str]:
    """Return the first fault of each board, in words."""
    first = faults.unique("board", keep="first", maintain_order=True)
    return {board: f"{fault} ({where})" for board, fault, where in first.select(*FAULTS).iter_rows()}
