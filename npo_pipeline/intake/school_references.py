"""Rows of schools for which no board is known, also among the rows that have another fault already.

Rows of a board about a school that never was its own: no board accounts for the school of another.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.intake import parse
from schemas import files as models
from schemas.columns import SCHOOL_YEAR
from schemas.rules import BOARD, BRIN, UNKNOWN_SCHOOL, VESTIGING


def unknown_school_rejections(rows: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """The refusals of rows whose school nobody has named.

    Args:
        rows: text rows with `line`, of a file that names vestigingen; a code that is no code is passed over,
            because that is the fault of its own column.
        known: the vestigingen that have a board.

    Returns:
        line, rule, column_name, value.
    """
    column = models.SCHOOL if models.SCHOOL in rows.columns else "VESTIGINGSNUMMER"
    place = pl.col(column).alias("vestiging") if column == models.SCHOOL else parse.vestiging()
    is_code = pl.col("vestiging").str.contains(VESTIGING)
    if column != models.SCHOOL:
        is_code &= pl.col("vestiging").str.head(4) == pl.col("BRIN_NUMMER")
    found = rows.with_columns(place).filter(is_code & ~pl.col("vestiging").is_in(known.implode()))
    return found.select("line", rule=pl.lit(UNKNOWN_SCHOOL), column_name=pl.lit(column), value="vestiging")


SCHOOLS_OF_BOARD: dict[str, type[pl.DataType]] = {"board": pl.String, "brin": pl.String}
"""A board, and a school that it holds or once held."""

_PERIODS = (("JAAR", r"^20[0-9]{2}$"), ("SCHOOLJAAR", SCHOOL_YEAR))
_BOARD, _BRIN = pl.col("BEVOEGD_GEZAG_NUMMER"), pl.col("BRIN_NUMMER")


def foreign_school_rejections(rows: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The refusals of rows in which a board tells of a school that never belonged to it.

    Args:
        rows: text rows with `line`, BEVOEGD_GEZAG_NUMMER and BRIN_NUMMER; a code that is no code is passed over,
            because that is the fault of its own column.
        held: board, brin.

    Returns:
        line, rule, column_name, value.
    """
    coded = rows.filter(_BOARD.str.contains(BOARD) & _BRIN.str.contains(BRIN))
    found = coded.join(
        held, left_on=["BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER"], right_on=["board", "brin"], how="anti"
    ).sort("line")
    return found.select(
        "line",
        rule=pl.lit(UNKNOWN_SCHOOL),
        column_name=pl.lit("BRIN_NUMMER"),
        value=pl.format("{} is no school of board {}", _BRIN, _BOARD),
    )


def row_reporters(rows: pl.DataFrame) -> pl.DataFrame:
    """Whose row each is and of when; without rows whose board is no code.

    Args:
        rows: text rows of a file of spending or of consents.

    Returns:
        line, board, period: a calendar year or a school year, null where it is neither.
    """
    named = [name for name, _ in _PERIODS if name in rows.columns]
    period = pl.coalesce(
        *(pl.when(pl.col(name).str.contains(form)).then(name) for name, form in _PERIODS if name in named),
    )
    return rows.filter(_BOARD.str.contains(BOARD)).select("line", board=_BOARD, period=period)
