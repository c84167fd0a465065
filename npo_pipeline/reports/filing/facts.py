"""The facts of a filing: what a report tells, as one tidy frame from which every format is written."""

from __future__ import annotations

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.reports.filing.amounts import amount_facts, split_facts
from npo_pipeline.reports.filing.concepts import CONCEPTS, FACTS, NO, UNKNOWN, YES
from npo_pipeline.reports.filing.letters import plain_column
from npo_pipeline.reports.filing.members import in_order
from npo_pipeline.reports.filing.told import Told
from schemas.accounted import LEVELS

_CONCEPT_ORDER = {one.name: place for place, one in enumerate(CONCEPTS)}
_PERIOD_ORDER = {"duration": 0, "start": 1, "end": 2}
_ANSWERS = {"SchoolScan": "school_scan", "MrConsent": "mr_consent", "GmrConsent": "gmr_consent"}
_TEXTS = {"SchoolName": "name", "Municipality": "municipality"}
_TOLD_TEXTS = {"ParentsInvolved": "parents_involved", "Results": "result"}
_DATES = {"MrConsentDate": "mr_date", "GmrConsentDate": "gmr_date"}
_STATUS = {True: "met fouten", False: "zonder fouten"}
_SCHOOL = ["board", "brin"]


def facts_of(told: Told) -> pl.DataFrame:
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


def _of_boards(told: Told) -> pl.DataFrame:
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
    members = {member: place for place, member in enumerate(in_order(keys["key"].to_list()))}
    levels = {level: place for place, level in enumerate(LEVELS)}
    ranks = {"concept": _CONCEPT_ORDER, "member": members, "level": levels, "period": _PERIOD_ORDER}
    ranked = facts.with_columns(
        pl.col(name).replace_strict(order, default=None, return_dtype=pl.Int16).alias(f"#{name}")
        for name, order in ranks.items()
    )
    return ranked.sort("board", "brin", *[f"#{name}" for name in ranks], nulls_last=False).select(FACTS)
