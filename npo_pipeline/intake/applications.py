"""Applications for a subsidy: which are refused at the door, and the others as rows of the books."""

from __future__ import annotations

import polars as pl

from npo_pipeline.delivery.validate import NO_REFUSALS
from npo_pipeline.intake import parse
from schemas.rules import UNKNOWN_CODE, UNKNOWN_SCHOOL

APPLICATIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64,
    "scheme": pl.String,
    "board": pl.String,
    "brin": pl.String,
    "applied_on": pl.Date,
    "pupils": pl.Int64,
    "amount": pl.Decimal(18, 2),
}


def application_rejections(rows: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """Refuse applications for a scheme that no file of rules knows, or for a school without a board.

    Args:
        rows: good rows of an applications file, as text.
        known: the vestigingen that have a board.

    Returns:
        line, rule, column_name, value.
    """
    # Only applications need it, and it takes pydantic to read the schemes.
    from npo_pipeline.rulebook.subsidies.load import schemes

    parts = [NO_REFUSALS, _refused(rows.filter(~pl.col("REGELING").is_in(schemes())), UNKNOWN_CODE, "REGELING")]
    if not wait(rows, known):
        parts.append(_refused(rows.filter(~_placed(known)), UNKNOWN_SCHOOL, "BRIN_NUMMER"))
    return pl.concat(parts)


def wait(rows: pl.DataFrame, known: pl.Series) -> bool:
    """Whether none of the schools has a board yet: the file came before its address list, and waits for it."""
    return rows.height > 0 and rows.filter(_placed(known)).is_empty()


def applications_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of an applications file.

    Returns:
        line, scheme, board, brin, applied_on, pupils, amount.
    """
    return rows.select(
        "line",
        scheme="REGELING",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        applied_on=parse.parse_date("DATUM_AANVRAAG"),
        pupils=parse.parse_int("AANTAL_LEERLINGEN"),
        amount=parse.parse_amount("BEDRAG"),
    )


def _placed(known: pl.Series) -> pl.Expr:
    return pl.col("BRIN_NUMMER").is_in(known.str.head(4).unique().implode())


def _refused(rows: pl.DataFrame, rule: str, column: str) -> pl.DataFrame:
    return rows.select("line", rule=pl.lit(rule), column_name=pl.lit(column), value=column)
