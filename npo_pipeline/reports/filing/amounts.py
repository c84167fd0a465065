"""The facts that are amounts: of each school, and added up over the schools of a board."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.reports.filing.members import NOT_ON_MENU

_WIDE = pl.Decimal(38, 2)
_FIGURES = {
    "carried_in": ("CarriedOver", "start"),
    "carried_out": ("CarriedOver", "end"),
    "received": ("Received", "duration"),
    "accrued": ("Accrued", "duration"),
    "spent": ("Spent", "duration"),
    "external": ("SpentExternal", "duration"),
    "other": ("SpentOther", "duration"),
    "change": ("NetChange", "duration"),
}
_BOOKED = ["carried_in", "carried_out", "received", "accrued", "spent", "external"]
_SPLIT = {"amount": "Spent", "external": "SpentExternal"}
_PLACE = ["board", "brin", "unit"]


def amount_facts(accountability: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Facts of every school and every board that are not split by intervention or level.

    Args:
        accountability: rows of the table of that name; a board has one currency.

    Yields:
        Frames with columns of FACTS; what a frame does not have is null.
    """
    rows = accountability.rename({"currency": "unit"}).with_columns(pl.col(_BOOKED).cast(_WIDE))
    wide = _with_boards(rows, [], _BOOKED).with_columns(
        other=pl.col("spent") - pl.col("external"), change=pl.col("received") - pl.col("spent")
    )
    names = pl.DataFrame(
        [(figure, *fact) for figure, fact in _FIGURES.items()],
        schema=["figure", "concept", "period"],
        orient="row",
    )
    long = _as_text(wide, list(_FIGURES)).unpivot(index=_PLACE, on=list(_FIGURES), variable_name="figure")
    yield long.join(names, on="figure", how="left").drop("figure")
    yield _shares(wide)


def split_facts(interventions: pl.DataFrame, keys: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Facts of spending per category, per intervention and per level.

    Args:
        interventions: rows of `accountability_interventions`.
        keys: category, intervention and their key on the menukaart.

    Yields:
        Frames with columns of FACTS; what a frame does not have is null.
    """
    rows = interventions.rename({"currency": "unit"}).join(keys, on=["category", "intervention"], how="left")
    on_menu = pl.col("on_menu") & pl.col("key").is_not_null()
    amounts = pl.col(list(_SPLIT)).cast(_WIDE)
    top = pl.when(on_menu).then(pl.col("category")).otherwise(pl.lit(NOT_ON_MENU))
    for member, these in ((top, rows), (pl.col("key"), rows.filter(on_menu))):
        summed = _with_boards(these.with_columns(amounts, member=member), ["member"], list(_SPLIT))
        yield _long(summed, "member", _SPLIT)
    by_level = _with_boards(rows.with_columns(amounts), ["level"], ["amount"])
    yield _long(by_level, "level", {"amount": "Spent"})


def _with_boards(rows: pl.DataFrame, split: list[str], amounts: list[str]) -> pl.DataFrame:
    """Amounts added up per school, and below them per board: there `brin` is null."""
    schools = rows.group_by(*_PLACE, *split).agg(pl.col(amounts).sum())
    boards = schools.group_by("board", "unit", *split).agg(pl.col(amounts).sum())
    return pl.concat([schools, boards], how="diagonal")


def _long(summed: pl.DataFrame, split: str, concepts: dict[str, str]) -> pl.DataFrame:
    named = _as_text(summed, list(concepts)).rename(concepts)
    return named.unpivot(index=[*_PLACE, split], on=list(concepts.values()), variable_name="concept")


def _shares(wide: pl.DataFrame) -> pl.DataFrame:
    spent = wide.filter(pl.col("spent") > 0)
    share = divide_half_away(to_cents(pl.col("external")).cast(pl.Int128) * 10_000, to_cents(pl.col("spent")))
    parts = spent.with_columns(share=share)
    return parts.select(
        "board",
        "brin",
        concept=pl.lit("ExternalShare"),
        unit=pl.lit("pure"),
        value=pl.format(
            "{}.{}", pl.col("share") // 10_000, (pl.col("share") % 10_000).cast(pl.String).str.zfill(4)
        ),
    )


def _as_text(wide: pl.DataFrame, amounts: list[str]) -> pl.DataFrame:
    return wide.with_columns(pl.col(amounts).cast(pl.String))
