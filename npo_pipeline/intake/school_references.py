"""References to schools: rows of a school without a board, and of boards on a school that never was theirs.

Rows that have another fault already are checked too, so that every fault of a row is reported.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.intake import parse
from schemas import files as models
from schemas.columns import SCHOOL_YEAR
from schemas.frames.books import BoardSchools
from schemas.frames.intake import (
    FileRows,
    Rejections,
    RowReporters,
)
from schemas.rules import BOARD, BRIN, UNKNOWN_SCHOOL, VESTIGING


def unknown_school_rejections(rows: FileRows, vestigingen: pl.Series) -> Rejections:
    """Reject the rows of schools that have no board.

    Args:
        rows: of a file that names vestigingen; an invalid code is passed over, because that is the fault of its
            own column.
        vestigingen: those that have a board.
    """
    column = models.SCHOOL if models.SCHOOL in rows.columns else "VESTIGINGSNUMMER"
    place = pl.col(column).alias("vestiging") if column == models.SCHOOL else parse.vestiging()
    is_code = pl.col("vestiging").str.contains(VESTIGING)
    if column != models.SCHOOL:
        is_code &= pl.col("vestiging").str.head(4) == pl.col("BRIN_NUMMER")
    found = rows.with_columns(place).filter(is_code & ~pl.col("vestiging").is_in(vestigingen.implode()))
    rejections = found.select("line", rule=pl.lit(UNKNOWN_SCHOOL), column_name=pl.lit(column), value="vestiging")
    return Rejections(rejections)


_PERIODS = (("JAAR", r"^20[0-9]{2}$"), ("SCHOOLJAAR", SCHOOL_YEAR))
_BOARD, _BRIN = pl.col("BEVOEGD_GEZAG_NUMMER"), pl.col("BRIN_NUMMER")


def foreign_school_rejections(rows: FileRows, schools: BoardSchools) -> Rejections:
    """Reject the rows in which a board reports on a school that never belonged to it.

    Args:
        rows: with BEVOEGD_GEZAG_NUMMER and BRIN_NUMMER; an invalid code is passed over, because that is the fault
            of its own column.
        schools: those that each board has or once had.
    """
    coded = rows.filter(_BOARD.str.contains(BOARD) & _BRIN.str.contains(BRIN))
    found = coded.join(
        schools, left_on=["BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER"], right_on=["board", "brin"], how="anti"
    ).sort("line")
    rejections = found.select(
        "line",
        rule=pl.lit(UNKNOWN_SCHOOL),
        column_name=pl.lit("BRIN_NUMMER"),
        value=pl.format("{} is no school of board {}", _BRIN, _BOARD),
    )
    return Rejections(rejections)


def row_reporters(rows: FileRows) -> RowReporters:
    """Return the board and period of each row of a board report, without rows that have no valid board code."""
    named = [name for name, _ in _PERIODS if name in rows.columns]
    period = pl.coalesce(
        *(pl.when(pl.col(name).str.contains(form)).then(name) for name, form in _PERIODS if name in named),
    )
    return RowReporters(rows.filter(_BOARD.str.contains(BOARD)).select("line", board=_BOARD, period=period))
