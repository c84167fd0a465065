"""References to schools and schemes: rows of a school without a board, of another board, or of an unknown scheme.

Rows that have another fault already are checked for schools too, so that every fault of a row is reported.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.intake import parse
from schemas import files as models
from schemas.frames.books import BoardSchools
from schemas.frames.intake import FileRows, RefusedSchools, Rejections, RowReporters
from schemas.rules import (
    BOARD,
    BRIN,
    OUTSIDE_YEAR,
    SCHOOL_YEAR,
    UNKNOWN_CODE,
    UNKNOWN_SCHOOL,
    VESTIGING,
    day_of,
)

_PERIODS = (("JAAR", r"^20[0-9]{2}$"), ("SCHOOLJAAR", SCHOOL_YEAR))
_BOARD, _BRIN = pl.col("BEVOEGD_GEZAG_NUMMER"), pl.col("BRIN_NUMMER")


def unknown_school_rejections(rows: FileRows, vestigingen: pl.Series) -> Rejections:
    """Reject the rows of schools that have no board; an invalid code is the fault of its own column."""
    is_code = pl.col("vestiging").str.contains(VESTIGING)
    column = next(name for name in (models.SCHOOL, "VESTIGING", "VESTIGINGSNUMMER") if name in rows.columns)
    place = pl.col(column).alias("vestiging")
    if column == "VESTIGINGSNUMMER":
        place = parse.vestiging()
        is_code &= pl.col("vestiging").str.head(4) == _BRIN
    found = rows.with_columns(place).filter(is_code & ~pl.col("vestiging").is_in(vestigingen.implode()))
    return _rejections(found, UNKNOWN_SCHOOL, column, pl.col("vestiging"))


def named_schools(rows: FileRows) -> RefusedSchools:
    """Return the vestigingen that rejected rows of a list of schools name; an invalid code names none."""
    place = pl.col("VESTIGING").alias("vestiging") if "VESTIGING" in rows.columns else parse.vestiging()
    return RefusedSchools(rows.select("line", place).filter(pl.col("vestiging").str.contains(VESTIGING)))


def unknown_brin_rejections(rows: FileRows, vestigingen: pl.Series) -> Rejections:
    """Reject the rows of schools, by BRIN, of which no vestiging has a board; an invalid code is passed over."""
    unknown = rows.filter(_BRIN.str.contains(BRIN) & ~_has_board(vestigingen))
    return _rejections(unknown, UNKNOWN_SCHOOL, "BRIN_NUMMER", _BRIN)


def application_rejections(rows: FileRows, vestigingen: pl.Series) -> Rejections:
    """Reject applications for a scheme that no file of rules knows, or for a school without a board."""
    # Only applications need it, and it takes pydantic to read the schemes.
    from npo_pipeline.rulebook.load import schemes

    scheme = pl.col("REGELING")
    parts = [_rejections(rows.filter(~scheme.is_in(schemes())), UNKNOWN_CODE, "REGELING", scheme)]
    if not applications_wait(rows, vestigingen):
        parts.append(unknown_brin_rejections(rows, vestigingen))
    return Rejections(pl.concat(parts))


def applications_wait(rows: FileRows, vestigingen: pl.Series) -> bool:
    """Return whether none of the schools has a board yet: the file came before its address list."""
    return rows.height > 0 and rows.filter(_has_board(vestigingen)).is_empty()


def _has_board(vestigingen: pl.Series) -> pl.Expr:
    return _BRIN.is_in(vestigingen.str.head(4).unique().implode())


def foreign_school_rejections(
    rows: FileRows, schools: BoardSchools, *, of: str = "BEVOEGD_GEZAG_NUMMER"
) -> Rejections:
    """Reject the rows in which a board reports on a school that never belonged to it.

    An invalid code is the fault of its own column. `schools`: those that each board has or once had. `of`: the
    column with the board.
    """
    board = pl.col(of)
    coded = rows.filter(board.str.contains(BOARD) & _BRIN.str.contains(BRIN))
    found = coded.join(schools, left_on=[board, _BRIN], right_on=["board", "brin"], how="anti").sort("line")
    value = pl.format("{} is geen school van bestuur {}", _BRIN, board)
    return _rejections(found, UNKNOWN_SCHOOL, "BRIN_NUMMER", value)


def transfer_rejections(rows: FileRows, schools: BoardSchools) -> Rejections:
    """Reject rows on a reserve that cannot have moved as they say, or that another board than these two reports.

    The school must be, or have been, of both boards; the day lies in the year. A column that cannot be read is
    its own fault.
    """
    giver, taker, day = pl.col("VAN_BEVOEGD_GEZAG"), pl.col("NAAR_BEVOEGD_GEZAG"), day_of(pl.col("DATUM"))
    coded = rows.filter(giver.str.contains(BOARD) & taker.str.contains(BOARD))
    stranger = (_BOARD != "") & (giver != _BOARD) & (taker != _BOARD)
    outside = day.dt.year() != pl.col("JAAR").str.extract(r"^20[0-9]{2}$", 0).cast(pl.Int32)
    parts = [
        _rejections(coded.filter(giver == taker), UNKNOWN_CODE, "NAAR_BEVOEGD_GEZAG", taker),
        _rejections(coded.filter(stranger), UNKNOWN_CODE, "BEVOEGD_GEZAG_NUMMER", _BOARD),
        _rejections(rows.filter(outside), OUTSIDE_YEAR, "DATUM", pl.col("DATUM")),
        *(foreign_school_rejections(rows, schools, of=end) for end in ("VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG")),
    ]
    return Rejections(pl.concat(parts))


def _rejections(rows: pl.DataFrame, rule: str, column: str, value: pl.Expr) -> Rejections:
    found = rows.select("line", rule=pl.lit(rule), column_name=pl.lit(column), value=value)
    return Rejections(found)


def row_reporters(rows: FileRows) -> RowReporters:
    """Return the board and period of each row of a board report, without rows that have no valid board code.

    A row on a reserve that moved, which names no board that reports it, is of the board that gave it.
    """
    if "VAN_BEVOEGD_GEZAG" in rows.columns:
        rows = FileRows(rows.with_columns(pl.when(_BOARD == "").then("VAN_BEVOEGD_GEZAG").otherwise(_BOARD)))
    dated = rows.filter(_BOARD.str.contains(BOARD))
    periods = [
        pl.when(pl.col(name).str.contains(form)).then(name) for name, form in _PERIODS if name in rows.columns
    ]
    return RowReporters(dated.select("line", board=_BOARD, period=pl.coalesce(periods)))
