"""The facts of a board as one table that any spreadsheet opens: npo-YEAR-BOARD.csv."""

from __future__ import annotations

import polars as pl

from npo_pipeline.files.harmless import harmless
from npo_pipeline.reports.filing.concepts import CONCEPTS
from npo_pipeline.reports.filing.inline.menu import Menu
from npo_pipeline.reports.filing.members import TOP

_BOM = b"\xef\xbb\xbf"
_COUNTED = {"share": "aandeel", "count": "aantal"}
_KINDS = {one.name: one.kind for one in CONCEPTS}
_LABELS = {one.name: one.nl for one in CONCEPTS}


def table(facts: pl.DataFrame, menu: Menu, year: int) -> pl.DataFrame:
    """The facts with Dutch words, a row per fact; numbers and texts in columns of their own.

    Args:
        facts: of one board or of many (FACTS).
        menu: the names of interventions.
        year: the calendar year.

    Returns:
        Text: BEVOEGD_GEZAG_NUMMER, BRIN_NUMMER, SCHOOL, JAAR, GEGEVEN, PEILDATUM, CATEGORIE, INTERVENTIE, NIVEAU,
        EENHEID, GETAL (with a decimal comma), TEKST. No text can become a formula.
    """
    names = facts.filter(pl.col("concept") == "SchoolName").select("board", "brin", school="value")
    category = pl.col("member").replace_strict(menu.category, default=None, return_dtype=pl.String)
    top = pl.when(pl.col("member").is_in(TOP)).then(pl.col("member")).otherwise(category)
    is_number, kind = pl.col("unit").is_not_null(), pl.col("concept").replace_strict(_KINDS)
    return facts.join(names, on=["board", "brin"], how="left", maintain_order="left").select(
        BEVOEGD_GEZAG_NUMMER="board",
        BRIN_NUMMER="brin",
        SCHOOL=harmless(pl.col("school")),
        JAAR=pl.lit(str(year)),
        GEGEVEN=pl.col("concept").replace_strict(_LABELS),
        PEILDATUM=pl.col("period").replace_strict(
            {"start": f"31-12-{year - 1}", "end": f"31-12-{year}"}, default=None, return_dtype=pl.String
        ),
        CATEGORIE=_named(top, menu),
        INTERVENTIE=pl.when(~pl.col("member").is_in(TOP)).then(_named(pl.col("member"), menu)),
        NIVEAU="level",
        EENHEID=kind.replace_strict(_COUNTED, default=pl.col("unit"), return_dtype=pl.String),
        GETAL=pl.when(is_number).then(pl.col("value").str.replace(".", ",", literal=True)),
        TEKST=pl.when(~is_number).then(pl.when(kind == "date").then(_day()).otherwise(harmless(pl.col("value")))),
    )


def csv_of(rows: pl.DataFrame) -> bytes:
    """A table as Dutch Excel opens it: `;`, a mark at the start that says UTF-8, lines as Windows ends them."""
    return _BOM + rows.write_csv(separator=";", line_terminator="\r\n").encode("utf-8")


def _named(member: pl.Expr, menu: Menu) -> pl.Expr:
    return member.replace_strict(menu.names, default=None, return_dtype=pl.String)


def _day() -> pl.Expr:
    return pl.col("value").str.replace(r"^(\d{4})-(\d{2})-(\d{2})$", "$3-$2-$1")
