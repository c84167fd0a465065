"""What boards say they spent, and who consented to what, as rows of the books."""

from __future__ import annotations

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.intake import parse
from schemas.columns import MONEY

SPENDING: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64,
    "board": pl.String,
    "brin": pl.String,
    "year": pl.Int64,
    "category": pl.String,
    "intervention": pl.String,
    "level": pl.String,
    "amount": MONEY,
    "external": MONEY,
}
CONSENTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "line": pl.Int64,
    "board": pl.String,
    "brin": pl.String,
    "school_year": pl.String,
    "school_scan": pl.Boolean,
    "mr_consent": pl.Boolean,
    "mr_date": pl.Date,
    "board_level_agreed": MONEY,
    "gmr_consent": pl.Boolean,
    "gmr_date": pl.Date,
    "parents_involved": pl.String,
    "municipality_informed": pl.Boolean,
    "result": pl.String,
}

LONGEST = 1_000
"""Characters of a text that are kept; a page in a report holds some three times as many."""

_TEXTS = {
    kinds.SPENDING.name: ("INTERVENTIE",),
    kinds.CONSENTS.name: ("OUDERS_BETROKKEN", "RESULTAAT"),
}


def spending_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a spending file.

    Returns:
        line, board, brin, year, category, intervention, level, amount, external (euros; 0 where it is empty).
    """
    return rows.select(
        "line",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        year=parse.parse_int("JAAR"),
        category="CATEGORIE",
        intervention=_kept("INTERVENTIE"),
        level=pl.col("NIVEAU").str.to_lowercase(),
        amount=parse.parse_amount("BEDRAG"),
        external=_amount_or_nothing("WAARVAN_EXTERN"),
    )


def consents_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a file of consents.

    Returns:
        line, board, brin, school_year, school_scan, mr_consent, mr_date, board_level_agreed (euros; 0 where it is
        empty), gmr_consent (no where it is empty), gmr_date, parents_involved, municipality_informed, result.
    """
    return rows.select(
        "line",
        board="BEVOEGD_GEZAG_NUMMER",
        brin="BRIN_NUMMER",
        school_year="SCHOOLJAAR",
        school_scan=pl.col("SCHOOLSCAN") == "J",
        mr_consent=pl.col("SCHOOLPROGRAMMA_MR") == "J",
        mr_date=parse.parse_date("DATUM_MR"),
        board_level_agreed=_amount_or_nothing("BOVENSCHOOLS_BEDRAG_MR"),
        gmr_consent=pl.col("GMR") == "J",
        gmr_date=parse.parse_date("DATUM_GMR"),
        parents_involved=_kept_or_null("OUDERS_BETROKKEN"),
        municipality_informed=pl.when(pl.col("GEMEENTE_GEINFORMEERD") != "").then(
            pl.col("GEMEENTE_GEINFORMEERD") == "J"
        ),
        result=_kept_or_null("RESULTAAT"),
    )


def cut_texts(kind: str, rows: pl.DataFrame) -> int:
    """How many texts of these rows are longer than what is kept of a text."""
    found = rows.select(pl.sum_horizontal(_is_long(_plain(name)).sum() for name in _TEXTS[kind]))
    return int(found.item() or 0)


def _plain(column: str) -> pl.Expr:
    return sanitize(pl.col(column))


def _is_long(text: pl.Expr) -> pl.Expr:
    return text.str.len_chars() > LONGEST


def _kept(column: str) -> pl.Expr:
    """A text on one line that no spreadsheet runs; of a longer one the beginning, and a mark that says so."""
    text = _plain(column)
    cut = pl.format("{} [afgekapt na {} tekens]", text.str.head(LONGEST), pl.lit(dutch.number(LONGEST)))
    return pl.when(_is_long(text)).then(cut).otherwise(text)


def _kept_or_null(column: str) -> pl.Expr:
    return pl.when(_plain(column) != "").then(_kept(column))


def _amount_or_nothing(column: str) -> pl.Expr:
    written = pl.when(pl.col(column) == "").then(pl.lit("0")).otherwise(pl.col(column)).alias(column)
    return parse.amount(written)
