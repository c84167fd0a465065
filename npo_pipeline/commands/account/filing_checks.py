"""The checks of filings: the facts before they are written, the files after, and all by Arelle when asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_pack.pack import pack_file
from npo_pipeline.reports.xbrl.arelle import Validation, validate
from npo_pipeline.reports.xbrl.checks import fact_faults, file_faults
from schemas.accounted import Findings
from schemas.frames.accounts import Facts, Faults

DATA_FAULTS = ("share_above_one", "external_above_spent")
"""Faults that come from the data of a board: more externals than spending. No filing can hold that."""


def check_facts(facts: Facts, findings: Findings) -> tuple[str, ...]:
    """Step: check that the facts add up and may be in a filing; return the boards whose own data prevent that.

    Raises:
        NpoError: there is any other fault in them. A fault of ours; nothing was written.
    """
    faults = fact_faults(facts)
    with_errors = findings.filter(severity="error")["board"]
    of_data = pl.col("fault").is_in(DATA_FAULTS) & pl.col("board").is_in(with_errors.implode())
    _raise_first(Faults(faults.filter(~of_data)), "no report was written")
    return tuple(faults.filter(of_data)["board"].unique().sort())


def check_written(folder: Path, year: int, boards: Sequence[str]) -> None:
    """Step: read the filings back that were written, by their schema, and add everything up again.

    Raises:
        NpoError: there is a fault in one. A fault of ours.
    """
    files = ((board, pack_file(folder, year, board, ".xbrl")) for board in boards)
    contents = ((board, path.read_bytes()) for board, path in files if path.exists())
    _raise_first(file_faults(contents, year), f"the packs in {folder} must not be used")


def check_national(report: Path, taxonomy: Path) -> None:
    """Have Arelle check every cell and key of the national report by its own metadata.

    Raises:
        NpoError: one is not allowed. A fault of ours; the report was not published.
    """
    [outcome] = validate([Validation(report, taxonomy, by="table_constraints")])
    if outcome.messages:
        first = outcome.messages[0]
        raise NpoError(f"the national report was not written: Arelle finds {first.code}: {first.text}")


def check_with_arelle(folder: Path, year: int, boards: Sequence[str], taxonomy: Path) -> int:
    """Step: have Arelle check every filing, in XBRL and as a page; return the number of files.

    Raises:
        NpoError: a file has a fault, or an assertion is not satisfied.
    """
    paths = [pack_file(folder, year, board, end) for board in boards for end in (".xbrl", ".xhtml")]
    for one in validate([Validation(path, taxonomy) for path in paths]):
        if one.messages:
            first = one.messages[0]
            raise NpoError(f"{Path(one.file).name}: Arelle finds {first.code}: {first.text}")
        if one.unsatisfied or not one.satisfied:
            raise NpoError(f"{Path(one.file).name}: {one.unsatisfied} assertions are not satisfied")
    return len(paths)


def _raise_first(faults: Faults, consequence: str) -> None:
    if faults.height:
        board, fault, where = faults.row(0)
        raise NpoError(
            f"facts of {faults['board'].n_unique()} boards are wrong, first {board}: {fault} ({where}); this "
            f"is a fault of the program, and {consequence}"
        )
