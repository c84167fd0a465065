"""The facts of a filing: what a report tells, as one tidy frame from which every format is written.

The facts that are amounts: of each school, and added up over the schools of a board.

What a year-end report tells: the tables of accountability of a year, and the words beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.reports.xbrl.concepts import CONCEPTS, FACTS, NO, NOT_ON_MENU, UNKNOWN, YES, ordered_members
from npo_pipeline.reports.xbrl.latin1 import plain_column
from schemas.accounted import LEVELS

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


@dataclass(frozen=True)
class ReportData:
    """All boards, or one. The frames are rows of the tables of `schemas.accounted`.

    `accountability`, `interventions`, `findings`: of the year. `schools`: board, brin, name, municipality, one row
    per row of `accountability`. `consents`: board, brin, mr_date, gmr_date, parents_involved, result, at most one
    row per school. `keys`: category, intervention -> key (`a1`) of the menukaart; what is not there is not on it.
    `accounted_on`: the day of the run.
    """

    year: int
    treatment: str
    accounted_on: date
    accountability: pl.DataFrame
    interventions: pl.DataFrame
    findings: pl.DataFrame
    schools: pl.DataFrame
    consents: pl.DataFrame
    keys: pl.DataFrame


_CONCEPT_ORDER = {one.name: place for place, one in enumerate(CONCEPTS)}
_PERIOD_ORDER = {"duration": 0, "start": 1, "end": 2}
_ANSWERS = {"SchoolScan": "school_scan", "MrConsent": "mr_consent", "GmrConsent": "gmr_consent"}
_TEXTS = {"SchoolName": "name", "Municipality": "municipality"}
_TOLD_TEXTS = {"ParentsInvolved": "parents_involved", "Results": "result"}
_DATES = {"MrConsentDate": "mr_date", "GmrConsentDate": "gmr_date"}
_STATUS = {True: "met fouten", False: "zonder fouten"}
_SCHOOL = ["board", "brin"]


def facts_of(told: ReportData) -> pl.DataFrame:
    """Every fact of every board.

    Returns:
        The columns of FACTS, all text, in one order: board by board, first of the board and then school by
        school, in the order of the concept table. Texts are in the letters that a filing may hold.

    Raises:
        Refused: a board has money in two currencies.
    """
    if boards := mixed_boards(told.accountability):
        raise Refused(
            f"board {boards[0]} has money in euro and in dollars: a report is in one currency; "
            "report its schools in Caribisch Nederland under a board number of their own"
        )
    parts = [
        _of_boards(told),
        *amount_facts(told.accountability),
        *split_facts(told.interventions, told.keys),
        _answers(told.accountability),
        _texts(told.schools.join(told.accountability.select(_SCHOOL), on=_SCHOOL, how="semi"), _TEXTS),
        _texts(told.consents, _TOLD_TEXTS),
        _dates(told.consents),
    ]
    return _in_order(pl.concat([_whole(part) for part in parts]), told.keys)


def mixed_boards(accountability: pl.DataFrame) -> list[str]:
    """The boards that have money in two currencies, in order. No report can be made of them."""
    mixed = accountability.group_by("board").agg(pl.col("currency").n_unique()).filter(pl.col("currency") > 1)
    return sorted(mixed["board"].to_list())


def _of_boards(told: ReportData) -> pl.DataFrame:
    """What is told of a board besides its money."""
    counted = told.findings.group_by("board").agg(
        Errors=(pl.col("severity") == "error").sum(), Warnings=(pl.col("severity") == "warning").sum()
    )
    boards = told.accountability.select("board").unique().join(counted, on="board", how="left")
    wide = boards.with_columns(pl.col("Errors", "Warnings").fill_null(0)).with_columns(
        BoardNumber=pl.col("board"),
        ReportStatus=(pl.col("Errors") > 0).replace_strict(_STATUS, return_dtype=pl.String),
        Treatment=pl.lit(told.treatment.replace("_", " ")),
    )
    told_counts = pl.col("concept").is_in(["Errors", "Warnings"])
    return (
        wide.cast(pl.String)
        .unpivot(index="board", variable_name="concept")
        .with_columns(unit=pl.when(told_counts).then(pl.lit("pure")))
    )


def _answers(accountability: pl.DataFrame) -> pl.DataFrame:
    wide = accountability.select(
        *_SCHOOL,
        *[
            pl.when(pl.col(column).is_null())
            .then(pl.lit(UNKNOWN))
            .when(pl.col(column))
            .then(pl.lit(YES))
            .otherwise(pl.lit(NO))
            .alias(concept)
            for concept, column in _ANSWERS.items()
        ],
    )
    return wide.unpivot(index=_SCHOOL, variable_name="concept")


def _texts(schools: pl.DataFrame, columns: dict[str, str]) -> pl.DataFrame:
    wide = schools.select(*_SCHOOL, *[plain_column(column).alias(name) for name, column in columns.items()])
    return wide.unpivot(index=_SCHOOL, variable_name="concept").drop_nulls("value")


def _dates(consents: pl.DataFrame) -> pl.DataFrame:
    days = [pl.col(column).dt.strftime("%Y-%m-%d").alias(name) for name, column in _DATES.items()]
    wide = consents.select(*_SCHOOL, *days)
    return wide.unpivot(index=_SCHOOL, variable_name="concept").drop_nulls("value")


def _whole(part: pl.DataFrame) -> pl.DataFrame:
    """A part with all columns of a fact; what it does not tell is null, and a period is a year."""
    absent = [pl.lit(None, pl.String).alias(name) for name in FACTS if name not in part.columns]
    full = part.with_columns(absent).with_columns(pl.col("period").fill_null("duration"))
    return full.select(pl.col(FACTS).cast(pl.String))


def _in_order(facts: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    members = {member: place for place, member in enumerate(ordered_members(keys["key"].to_list()))}
    levels = {level: place for place, level in enumerate(LEVELS)}
    ranks = {"concept": _CONCEPT_ORDER, "member": members, "level": levels, "period": _PERIOD_ORDER}
    ranked = facts.with_columns(
        pl.col(name).replace_strict(order, default=None, return_dtype=pl.Int16).alias(f"#{name}")
        for name, order in ranks.items()
    )
    return ranked.sort("board", "brin", *[f"#{name}" for name in ranks], nulls_last=False).select(FACTS)
