"""Is each fact one that a filing may hold: known names, the right place, period, unit and form, told once?"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.reports.filing.concepts import ANSWERS, CONCEPTS, FACTS, INTERVENTION, LEVEL, Concept
from npo_pipeline.reports.filing.faults import faulty, together
from npo_pipeline.reports.filing.members import in_order
from npo_pipeline.reports.filing.taxonomy.elements import keys
from schemas.accounted import LEVELS
from schemas.columns import CURRENCIES
from schemas.rules import BOARD, BRIN

_TOLD_ONCE = ["board", "concept", "brin", "member", "level", "period"]
_FORMS = {
    "money": r"^-?[0-9]{1,16}\.[0-9]{2}$",
    "share": r"^[0-9]+\.[0-9]{4}$",
    "count": r"^[0-9]{1,9}$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "text": r"^[\x21-\x7e\xa1-\xff€]([\x20-\x7e\xa1-\xff€]*[\x21-\x7e\xa1-\xff€])?$",
}
_WHOLE_SHARE = r"^(0\.[0-9]{4}|1\.0000)$"
_BALANCES, _YEAR = ("start", "end"), ("duration",)


def structure_faults(facts: pl.DataFrame) -> pl.DataFrame:
    """Faults of single facts, facts told twice, and facts that must be there and are not.

    Args:
        facts: a fact frame (FACTS) of any number of boards.

    Returns:
        FAULTS; a fact may break several rules.
    """
    known = facts.join(_table(), on="concept", how="left")
    parts = [faulty(known.filter(wrong), fault) for fault, wrong in _rules().items()]
    return together([*parts, _told_twice(facts), _two_currencies(facts), *_missing(facts)])


def _table() -> pl.DataFrame:
    rows = [
        (one.name, one.kind, one.period, one.board, one.school, INTERVENTION in one.by, LEVEL in one.by)
        for one in CONCEPTS
    ]
    return pl.DataFrame(
        rows, schema=["concept", "kind", "of", "on_board", "on_school", "by_member", "by_level"], orient="row"
    )


def _rules() -> dict[str, pl.Expr]:
    """For each rule when a fact breaks it. An unknown concept breaks that rule only."""
    kind, brin, member, level = (pl.col(name) for name in ("kind", "brin", "member", "level"))
    period = pl.col("period")
    timed = pl.when(pl.col("of") == "instant").then(period.is_in(_BALANCES)).otherwise(period.is_in(_YEAR))
    there = pl.when(brin.is_null()).then("on_board").otherwise("on_school")
    split = (member.is_null() | pl.col("by_member")) & (level.is_null() | pl.col("by_level"))
    named = kind.is_not_null()
    return {
        "unknown_board": ~pl.col("board").str.contains(BOARD),
        "unknown_school": ~brin.str.contains(BRIN),
        "unknown_concept": kind.is_null(),
        "unknown_member": ~member.is_in(in_order(keys())),
        "unknown_level": ~level.is_in(LEVELS),
        "wrong_place": named & ~there,
        "wrong_split": named & (~split | (member.is_not_null() & level.is_not_null())),
        "wrong_period": named & ~timed,
        "wrong_unit": named & ~_unit_fits(),
        "wrong_value": named & (~_value_fits()).fill_null(True),
        "share_above_one": (kind == "share") & pl.col("value").str.contains(_FORMS["share"]) & ~_share_fits(),
    }


def _unit_fits() -> pl.Expr:
    kind, unit = pl.col("kind"), pl.col("unit")
    return (
        pl.when(kind == "money")
        .then(unit.is_in(CURRENCIES).fill_null(False))
        .when(kind.is_in(["share", "count"]))
        .then(unit.eq_missing("pure"))
        .otherwise(unit.is_null())
    )


def _value_fits() -> pl.Expr:
    value, fits = pl.col("value"), pl.lit(False)
    for kind, form in _FORMS.items():
        fits = fits | ((pl.col("kind") == kind) & value.str.contains(form))
    dated = (pl.col("kind") != "date") | value.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    return (fits & dated) | pl.any_horizontal(_chosen(one) for one in CONCEPTS if one.choices)


def _chosen(concept: Concept) -> pl.Expr:
    return (pl.col("concept") == concept.name) & pl.col("value").is_in(concept.choices or ANSWERS)


def _share_fits() -> pl.Expr:
    return pl.col("value").str.contains(_WHOLE_SHARE)


def _told_twice(facts: pl.DataFrame) -> pl.DataFrame:
    return faulty(facts.filter(facts.select(_TOLD_ONCE).is_duplicated()).drop("unit"), "duplicate")


def _two_currencies(facts: pl.DataFrame) -> pl.DataFrame:
    money = facts.filter(pl.col("unit").is_in(CURRENCIES))
    mixed = money.group_by("board").agg(pl.col("unit").n_unique()).filter(pl.col("unit") > 1)
    return faulty(mixed.select("board"), "two_currencies", pl.lit("EUR, USD"))


def _missing(facts: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What every board and every school tells; names, dates and texts only where they are known."""
    always = [one for one in CONCEPTS if one.kind in ("money", "choice", "count") or one.name == "BoardNumber"]
    for is_board, place in ((True, ["board"]), (False, ["board", "brin"])):
        due = [
            (one.name, period)
            for one in always
            if (one.board if is_board else one.school)
            for period in (_BALANCES if one.period == "instant" else _YEAR)
        ]
        expected = pl.DataFrame(due, schema=["concept", "period"], orient="row")
        places = facts if is_board else facts.filter(pl.col("brin").is_not_null())
        mine = facts.filter(pl.col("brin").is_null() == is_board, pl.col("member", "level").is_null())
        wanted = places.select(place).unique().join(expected, how="cross")
        yield faulty(wanted.join(mine.select(FACTS), on=[*place, "concept", "period"], how="anti"), "missing_fact")
