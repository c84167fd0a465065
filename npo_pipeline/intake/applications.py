"""Applications for a subsidy: rejected ones, and the others as rows of the books."""

from __future__ import annotations

import polars as pl

from npo_pipeline.intake import parse
from schemas.frames.intake import FileApplications, FileRows, Rejections
from schemas.rules import UNKNOWN_CODE, UNKNOWN_SCHOOL


def application_rejections(rows: FileRows, vestigingen: pl.Series) -> Rejections:
    """Reject applications for a scheme that no file of rules knows, or for a school without a board.

    Args:
        rows: valid rows of an applications file.
        vestigingen: those that have a board.
    """
    # Only applications need it, and it takes pydantic to read the schemes.
    from npo_pipeline.rulebook.subsidies.load import schemes

    parts = [_rejections(rows.filter(~pl.col("REGELING").is_in(schemes())), UNKNOWN_CODE, "REGELING")]
    if not wait(rows, vestigingen):
        parts.append(_rejections(rows.filter(~_has_board(vestigingen)), UNKNOWN_SCHOOL, "BRIN_NUMMER"))
    return Rejections(pl.concat(parts))


def wait(rows: FileRows, vestigingen: pl.Series) -> bool:
    """Return whether none of the schools has a board yet: the file came before its address list."""
    return rows.height > 0 and rows.filter(_has_board(vestigingen)).is_empty()


def applications_of(rows: FileRows) -> FileApplications:
    """Parse the rows of an applications file."""
    applications = rows.select(
        "line",
        scheme="REGELING",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        applied_on=parse.parse_date("DATUM_AANVRAAG"),
        pupils=parse.parse_int("AANTAL_LEERLINGEN"),
        amount=parse.parse_amount("BEDRAG"),
    )
    return FileApplications(applications)


def _has_board(vestigingen: pl.Series) -> pl.Expr:
    return pl.col("BRIN_NUMMER").is_in(vestigingen.str.head(4).unique().implode())


def _rejections(rows: pl.DataFrame, rule: str, column: str) -> pl.DataFrame:
    return rows.select("line", rule=pl.lit(rule), column_name=pl.lit(column), value=column)
