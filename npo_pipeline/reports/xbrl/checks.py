"""The fast checks of every run, over all boards: of the facts before they are written, and of what was written.

What is wrong with the facts of a filing, as a frame: whose, which rule, and where.

Is each fact one that a filing may hold: known names, the right place, period, unit and form, told once?

Do the figures of a filing add up: over a year, over parts, over schools, and between one figure and another?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.reports.xbrl.concepts import (
    ANSWERS,
    BY_NAME,
    CALCULATIONS,
    CONCEPTS,
    FACTS,
    INTERVENTION,
    LEVEL,
    TOP,
    Concept,
    ordered_members,
)
from npo_pipeline.reports.xbrl.read_instance import read_back
from npo_pipeline.reports.xbrl.taxonomy.elements import intervention_keys
from schemas.accounted import LEVELS
from schemas.columns import CURRENCIES
from schemas.rules import BOARD, BRIN

FAULTS = {"board": pl.String, "fault": pl.String, "where": pl.String}
"""`fault`: the broken rule, as docs/reference/xbrl.md lists them. `where`: the fact, or the line of a file."""

PLACE = ("brin", "concept", "member", "level", "period", "unit")


def no_faults() -> pl.DataFrame:
    """A frame of faults without rows."""
    return pl.DataFrame(schema=FAULTS)


def faults_from(rows: Iterable[tuple[str, str, str]]) -> pl.DataFrame:
    """A frame of faults from rows of board, fault and where."""
    return pl.DataFrame(list(rows), schema=FAULTS, orient="row")


def fault_rows(facts: pl.DataFrame, fault: str, *more: pl.Expr) -> pl.DataFrame:
    """Facts that break a rule as faults.

    Args:
        facts: a frame with `board` and any other columns of FACTS.
        fault: the rule.
        more: expressions of text that say more than the place of the fact.
    """
    known = [pl.col(name) for name in PLACE if name in facts.columns and name in FACTS]
    where = pl.concat_str([*known, *more], separator=", ", ignore_nulls=True)
    return facts.select("board", fault=pl.lit(fault), where=where)


def concat_faults(parts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Faults in one order: by board, rule and place."""
    return pl.concat([no_faults(), *parts]).unique().sort("board", "fault", "where")


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
    parts = [fault_rows(known.filter(wrong), fault) for fault, wrong in _rules().items()]
    return concat_faults([*parts, _told_twice(facts), _two_currencies(facts), *_missing(facts)])


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
        "unknown_member": ~member.is_in(ordered_members(intervention_keys())),
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
    return fault_rows(facts.filter(facts.select(_TOLD_ONCE).is_duplicated()).drop("unit"), "duplicate")


def _two_currencies(facts: pl.DataFrame) -> pl.DataFrame:
    money = facts.filter(pl.col("unit").is_in(CURRENCIES))
    mixed = money.group_by("board").agg(pl.col("unit").n_unique()).filter(pl.col("unit") > 1)
    return fault_rows(mixed.select("board"), "two_currencies", pl.lit("EUR, USD"))


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
        yield fault_rows(
            wanted.join(mine.select(FACTS), on=[*place, "concept", "period"], how="anti"), "missing_fact"
        )


_MONEY = [one.name for one in CONCEPTS if one.kind == "money"]
_SPLIT = pl.col("member").is_not_null() | pl.col("level").is_not_null()
_SCHOOL = ["board", "brin"]


def sum_faults(facts: pl.DataFrame) -> pl.DataFrame:
    """Faults of sums and comparisons.

    Args:
        facts: a fact frame (FACTS) in which every fact is one that a filing may hold.

    Returns:
        FAULTS.
    """
    money = facts.filter(pl.col("concept").is_in(_MONEY)).with_columns(
        cents=to_cents(pl.col("value").cast(pl.Decimal(38, 2)))
    )
    wide = _wide(money)
    return concat_faults(
        [
            *_within_one_place(wide),
            _shares(facts, wide),
            _external(money),
            *_parts(money),
            _schools(money),
            _numbers(facts),
            _statuses(facts),
        ]
    )


def _wide(money: pl.DataFrame) -> pl.DataFrame:
    """One row per board and per school, a column per figure: `Received`, and `start` and `end` of the balance."""
    balance = BY_NAME["CarriedOver"].name
    named = pl.when(pl.col("concept") == balance).then("period").otherwise("concept")
    whole = money.filter(~_SPLIT).with_columns(figure=named)
    names = [*[name for name in _MONEY if name != balance], "start", "end"]
    chosen = [pl.col("cents").filter(pl.col("figure") == name).first().alias(name) for name in names]
    return whole.group_by(_SCHOOL).agg(chosen)


def _within_one_place(wide: pl.DataFrame) -> Iterator[pl.DataFrame]:
    rolled = pl.col("start") + pl.col("Received") - pl.col("Spent")
    yield fault_rows(wide.filter(pl.col("end") != rolled), "roll_forward", pl.lit("CarriedOver"))
    for total, parts in CALCULATIONS:
        added = pl.sum_horizontal(pl.col(name) * weight for name, weight in parts)
        yield fault_rows(wide.filter(pl.col(total) != added), "calculation", pl.lit(total))


def _shares(facts: pl.DataFrame, wide: pl.DataFrame) -> pl.DataFrame:
    """A share stands where something was spent, and is what was external of it, to four decimals."""
    told = facts.filter(pl.col("concept") == "ExternalShare").select(*_SCHOOL, "value")
    both = wide.join(told, on=_SCHOOL, how="left", nulls_equal=True)
    spent = pl.when(pl.col("Spent") > 0).then("Spent")
    due = divide_half_away(pl.col("SpentExternal").cast(pl.Int128) * 10_000, spent)
    said = pl.col("value").str.replace(".", "", literal=True).cast(pl.Int64)
    return fault_rows(both.filter(due.ne_missing(said)), "external_share", pl.lit("ExternalShare"))


def _external(money: pl.DataFrame) -> pl.DataFrame:
    key = [*_SCHOOL, "member", "level"]
    spent = money.filter(pl.col("concept") == "Spent").select(*key, spent="cents")
    external = money.filter(pl.col("concept") == "SpentExternal")
    both = external.join(spent, on=key, how="left", nulls_equal=True)
    return fault_rows(both.filter(pl.col("cents") > pl.col("spent").fill_null(0)), "external_above_spent")


def _parts(money: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Categories and `X`, interventions and `X`, and levels each add up to the whole."""
    is_top = pl.col("member").is_in(TOP)
    of_category = is_top
    of_intervention = (~is_top | (pl.col("member") == "X")).fill_null(False)
    of_level = pl.col("level").is_not_null()
    splits = (
        ("sum_of_categories", INTERVENTION, of_category),
        ("sum_of_interventions", INTERVENTION, of_intervention),
        ("sum_of_levels", LEVEL, of_level),
    )
    for fault, axis, these in splits:
        names = [one.name for one in CONCEPTS if axis in one.by]
        of_axis = money.filter(pl.col("concept").is_in(names))
        added = of_axis.filter(these).group_by(*_SCHOOL, "concept").agg(added=pl.col("cents").sum())
        whole = of_axis.filter(~_SPLIT)
        both = whole.join(added, on=[*_SCHOOL, "concept"], how="left", nulls_equal=True)
        yield fault_rows(both.filter(pl.col("cents") != pl.col("added").fill_null(0)), fault)


def _schools(money: pl.DataFrame) -> pl.DataFrame:
    key = ["board", "concept", "member", "level", "period"]
    of_board = pl.col("brin").is_null()
    sums = money.group_by(key).agg(
        board_cents=pl.col("cents").filter(of_board).sum(), school_cents=pl.col("cents").filter(~of_board).sum()
    )
    return fault_rows(sums.filter(pl.col("board_cents") != pl.col("school_cents")), "sum_of_schools")


def _numbers(facts: pl.DataFrame) -> pl.DataFrame:
    named = facts.filter(pl.col("concept") == "BoardNumber")
    return fault_rows(named.filter(pl.col("value") != pl.col("board")), "board_number")


def _statuses(facts: pl.DataFrame) -> pl.DataFrame:
    errors = facts.filter(pl.col("concept") == "Errors").select("board", errors=pl.col("value").cast(pl.Int64) > 0)
    told = facts.filter(pl.col("concept") == "ReportStatus").join(errors, on="board")
    with_errors = pl.col("value") == BY_NAME["ReportStatus"].choices[1]
    return fault_rows(told.filter(with_errors != pl.col("errors")), "report_status")


def fact_faults(facts: pl.DataFrame, unreadable: Iterable[str] = ()) -> pl.DataFrame:
    """What is wrong with facts.

    The figures of a board are only added up when each of its facts is one that a filing may hold: a sum over a
    fact that cannot be placed says nothing. Nor is a fact missing that is there but could not be read.

    Args:
        facts: a fact frame (FACTS) of any number of boards.
        unreadable: boards of which some facts could not be read.

    Returns:
        FAULTS, in order; without rows when all is well.
    """
    partly = pl.col("board").is_in(pl.Series(list(unreadable), dtype=pl.String).implode())
    told = structure_faults(facts).filter((pl.col("fault") != "missing_fact") | ~partly)
    unsound = pl.col("board").is_in(told["board"].implode())
    return concat_faults([told, sum_faults(facts.filter(~partly, ~unsound))])


def file_faults(files: Iterable[tuple[str, bytes]], year: int) -> pl.DataFrame:
    """What is wrong with XBRL files, read back as any reader would: by the schema, the contexts and the sums.

    Args:
        files: for each the number of its board and what stands in it.
        year: the calendar year they are of.

    Returns:
        FAULTS, in order; `where` names the line where the fault is one of a file.
    """
    rows: list[tuple[str | None, ...]] = []
    found: list[tuple[str, str, str]] = []
    for board, content in files:
        read = read_back(board, content, year)
        rows += read.facts
        found += [(board, fault, where) for fault, where in read.faults]
    facts = pl.DataFrame(rows, schema=dict.fromkeys(FACTS, pl.String), orient="row")
    return concat_faults([faults_from(found), fact_faults(facts, [board for board, _, _ in found])])
