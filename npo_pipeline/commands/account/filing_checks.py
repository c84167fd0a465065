"""The checks of filings: the facts before they are written, the files after, and all by Arelle when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.reports.board_pack.pack import PACKAGE, pack_file
from npo_pipeline.reports.report_data import ReportData, select_boards
from npo_pipeline.reports.xbrl.arelle import Validation, validate
from npo_pipeline.reports.xbrl.checks import fact_faults, file_faults
from npo_pipeline.reports.xbrl.facts import facts_of
from schemas.frames.accounts import FACTS, FAULTS, Facts, Faults

DATA_FAULTS = ("share_above_one", "external_above_spent")
"""Faults that come from the data of a board: more externals than spending. No filing can hold that."""


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


def check_with_arelle(
    folder: Path, year: int, boards: Sequence[str], taxonomy: Path
) -> tuple[int, dict[str, str]]:
    """Step: have Arelle check every filing, in XBRL and as a report package, which stands alone.

    Returns:
        The number of files that are in order, and board -> the first fault in its filing.
    """
    paths = [(board, pack_file(folder, year, board, end)) for board in boards for end in (".xbrl", PACKAGE)]
    outcomes = validate([Validation(path, None if path.suffix == PACKAGE else taxonomy) for _, path in paths])
    broken: dict[str, str] = {}
    for (board, path), one in zip(paths, outcomes, strict=True):
        if one.messages:
            broken.setdefault(board, f"{path.name}: Arelle finds {one.messages[0].code}: {one.messages[0].text}")
        elif one.unsatisfied or not one.satisfied:
            broken.setdefault(board, f"{path.name}: {one.unsatisfied} assertions are not satisfied")
    return sum(board not in broken for board, _ in paths), broken


def _first_faults(faults: Faults) -> dict[str, str]:
    """Return the first fault of each board, in words."""
    first = faults.unique("board", keep="first", maintain_order=True)
    return {board: f"{fault} ({where})" for board, fault, where in first.select(*FAULTS).iter_rows()}
