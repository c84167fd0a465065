"""The checks of filings: the facts before they are written, the files after, and all by Arelle when asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.filing.arelle import validate
from npo_pipeline.reports.filing.checked import fact_faults, file_faults

OF_THE_DATA = ("share_above_one", "external_above_spent")
"""Faults that come from what a board told: more externals than it spent. No filing can say so."""


def check_facts(facts: pl.DataFrame, findings: pl.DataFrame) -> tuple[str, ...]:
    """Step: whether the facts add up and may stand in a filing.

    Args:
        facts: the fact frame.
        findings: rows of `findings`.

    Returns:
        Boards that no filing can be made of because of what they told.

    Raises:
        NpoError: anything else is wrong with them. A fault of ours; nothing was written.
    """
    faults = fact_faults(facts)
    with_errors = findings.filter(severity="error")["board"]
    theirs = pl.col("fault").is_in(OF_THE_DATA) & pl.col("board").is_in(with_errors.implode())
    _refuse(faults.filter(~theirs), "no report was written")
    return tuple(faults.filter(theirs)["board"].unique().sort())


def check_written(folder: Path, year: int, boards: Sequence[str]) -> None:
    """Step: read the filings back that were written, by their schema, and add everything up again.

    Raises:
        NpoError: one does not hold what it should. A fault of ours.
    """
    files = ((board, folder / board / f"npo-{year}-{board}.xbrl") for board in boards)
    there = ((board, path.read_bytes()) for board, path in files if path.exists())
    _refuse(file_faults(there, year), f"the packs in {folder} must not be used")


def check_national(report: Path, taxonomy: Path) -> None:
    """Whether every cell and key of the national report is one that its own metadata allows, by Arelle.

    Raises:
        NpoError: one is not. A fault of ours; the report was not published.
    """
    [outcome] = validate([report], taxonomy, by="table_constraints")
    if outcome.messages:
        first = outcome.messages[0]
        raise NpoError(f"the national report was not written: Arelle finds {first.code}: {first.text}")


def checked_in_full(folder: Path, year: int, boards: Sequence[str], taxonomy: Path) -> int:
    """Step: have Arelle check every filing, in XBRL and as a page.

    Returns:
        How many files were checked.

    Raises:
        NpoError: a file has a fault, or an assertion is not satisfied.
    """
    paths = [folder / board / f"npo-{year}-{board}.{kind}" for board in boards for kind in ("xbrl", "xhtml")]
    for one in validate(paths, taxonomy) if paths else ():
        if one.messages:
            first = one.messages[0]
            raise NpoError(f"{Path(one.file).name}: Arelle finds {first.code}: {first.text}")
        if one.unsatisfied or not one.satisfied:
            raise NpoError(f"{Path(one.file).name}: {one.unsatisfied} assertions are not satisfied")
    return len(paths)


def _refuse(faults: pl.DataFrame, then: str) -> None:
    if faults.height:
        board, fault, where = faults.row(0)
        raise NpoError(
            f"facts of {faults['board'].n_unique()} boards are wrong, first {board}: {fault} ({where}); this "
            f"is a fault of the program, and {then}"
        )
