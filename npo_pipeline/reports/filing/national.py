"""The facts of all boards as one xBRL-CSV report: four tables, and what each of their columns may hold."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from npo_pipeline.reports.filing import tables
from npo_pipeline.reports.filing.concepts import CONCEPTS
from npo_pipeline.reports.filing.contexts import MEASURES
from npo_pipeline.reports.filing.members import element_of, in_order
from npo_pipeline.reports.filing.taxonomy.elements import keys
from npo_pipeline.reports.filing.uris import PREFIX
from schemas.columns import CURRENCIES

REPORT = "report.json"
_TOLD = [one.name for one in CONCEPTS if one.kind in ("text", "choice")]


def write_national(folder: Path, facts: pl.DataFrame, year: int) -> list[Path]:
    """Write `report.json` and its tables. The same facts give the same bytes.

    Args:
        folder: where to; it is there.
        facts: a fact frame (FACTS) of all boards.
        year: the calendar year they are of.

    Returns:
        What was written, the report first.

    Raises:
        OSError: a file cannot be written.
    """
    report = folder / REPORT
    report.write_text(json.dumps(tables.report(year), indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    rows = facts.with_columns(figure=_figure(), value=_cell())
    paths = [report]
    for table in tables.TABLES:
        path = folder / table.url
        # All in quotes: a reader that guesses takes the apostrophes of 't Eenspan and 's-Gravenhage for quotes.
        _rows_of(table, rows).write_csv(path, line_terminator="\r\n", quote_style="always")
        paths.append(path)
    return paths


def _figure() -> pl.Expr:
    """The column of a fact: `Received`, `CarriedOver_start`, `Spent_bovenschools`."""
    period = pl.when(pl.col("period") != "duration").then("period")
    return pl.concat_str("concept", period, "level", separator="_", ignore_nulls=True)


def _cell() -> pl.Expr:
    # A cell that begins with `#` is a special value; text that does is written with another one before it.
    special = pl.col("concept").is_in(_TOLD) & pl.col("value").str.starts_with("#")
    return pl.when(special).then(pl.concat_str(pl.lit("#"), "value")).otherwise("value")


def _rows_of(table: tables.Table, rows: pl.DataFrame) -> pl.DataFrame:
    mine = rows.filter(
        pl.col("brin").is_not_null() == table.of_school, pl.col("member").is_not_null() == table.of_member
    )
    places = [name for name in ("board", "brin", "member") if name in table.places]
    wide = mine.group_by(places).agg(
        _unit(), *[pl.col("value").filter(pl.col("figure") == name).first().alias(name) for name in table.figures]
    )
    order = {member: place for place, member in enumerate(in_order(keys()))}
    ranked = pl.col("member").replace_strict(order, return_dtype=pl.Int16)
    ordered = wide.sort(*[ranked if name == "member" else pl.col(name) for name in places])
    return ordered.select(*[_place(name) for name in places], "unit", *table.figures)


def _unit() -> pl.Expr:
    money = pl.col("unit").filter(pl.col("unit").is_in(CURRENCIES)).first()
    return money.replace_strict(MEASURES, return_dtype=pl.String).alias("unit")


def _place(name: str) -> pl.Expr:
    if name == "board":
        return pl.concat_str(pl.lit(f"{tables.ENTITY_PREFIX}:"), name).alias(name)
    if name == "member":
        elements = {one: f"{PREFIX}:{element_of(one)}" for one in in_order(keys())}
        return pl.col(name).replace_strict(elements, return_dtype=pl.String).alias("intervention")
    return pl.col(name)
