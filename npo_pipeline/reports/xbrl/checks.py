"""The fast checks of every run, over all boards: of the facts before they are written, and of the files after.

First each fact by itself (known names, the right place, period, unit and form, no duplicate), then the sums: over
a year, over parts, over schools, and between one figure and another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from npo_pipeline.money import divide_half_away, to_cents
from npo_pipeline.reports.report_data import NUMBER
from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import BY_NAME, CALCULATIONS, CONCEPTS, INTERVENTION, LEVEL
from npo_pipeline.reports.xbrl.instance import read_back
from npo_pipeline.reports.xbrl.taxonomy.elements import intervention_keys
from schemas.accounted import LEVELS
from schemas.columns import CURRENCIES
from schemas.frames.accounts import FACTS, FAULTS, Facts, Faults, Figures, MoneyFacts
from schemas.rules import BOARD, BRIN

_MONEY = [one.name for one in CONCEPTS if one.kind == "money"]
_SPLIT = pl.col("member").is_not_null() | pl.col("level").is_not_null()
_SCHOOL = ["board", "brin"]
_PLACE = ("brin", "concept", "member", "level", "period", "unit")
_FACT_KEY = ["board", "concept", "brin", "member", "level", "period"]
_FORMS = {
    "money": r"^-?[0-9]{1,16}\.[0-9]{2}$",
    "share": r"^[0-9]+\.[0-9]{4}$",
    "count": r"^[0-9]{1,9}$",
    "date": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "text": r"^[\x21-\x7e\xa1-\xff€]([\x20-\x7e\xa1-\xff€]*[\x21-\x7e\xa1-\xff€])?$",
}
_WHOLE_SHARE = r"^(0\.[0-9]{4}|1\.0000)$"
_BALANCES, _YEAR = ("start", "end"), ("duration",)
_AXES = (INTERVENTION, LEVEL)


def fact_faults(facts: Facts, unreadable: Iterable[str] = ()) -> Faults:
    """Return the faults of facts, in order; no rows when all is well.

    The sums of a board are only checked when each of its facts is one that a filing may hold: a sum over a fact
    that cannot be placed says nothing. Nor is a fact reported as absent that is there but could not be read.

    `unreadable`: boards of which some facts could not be read.
    """
    partly = pl.col("board").is_in(pl.Series(list(unreadable), dtype=pl.String).implode())
    structure = Faults(structure_faults(facts).filter((pl.col("fault") != "missing_fact") | ~partly))
    unsound = pl.col("board").is_in(structure["board"].implode())
    return concat_faults([structure, sum_faults(Facts(facts.filter(~partly, ~unsound)))])


def file_faults(files: Iterable[tuple[str, bytes]], year: int) -> Faults:
    """Return the faults of XBRL files, read back as any reader would: by the schema, the contexts and the sums.

    `files`: for each the name of its pack, which begins with the number of the board, and its content.
    """
    rows: list[tuple[str | None, ...]] = []
    faults: list[tuple[str, str, str]] = []
    for pack, content in files:
        read = read_back(pack[:NUMBER], content, year)
        rows += [(pack, *fact[1:]) for fact in read.facts]
        faults += [(pack, fault, where) for fault, where in read.faults]
    facts = Facts(pl.DataFrame(rows, schema=dict.fromkeys(FACTS, pl.String), orient="row"))
    of_files = Faults(pl.DataFrame(faults, schema=FAULTS, orient="row"))
    return concat_faults([of_files, fact_faults(facts, [board for board, _, _ in faults])])


def fault_rows(facts: pl.DataFrame, fault: str, *more: pl.Expr) -> Faults:
    """Return facts, with `board` and any other columns of FACTS, as faults; `more`: what to add to their place."""
    known = [pl.col(name) for name in _PLACE if name in facts.columns and name in FACTS]
    where = pl.concat_str([*known, *more], separator=", ", ignore_nulls=True)
    return Faults(facts.select("board", fault=pl.lit(fault), where=where))


def concat_faults(parts: Iterable[Faults]) -> Faults:
    """Return faults in one order: by board, rule and place."""
    return Faults(pl.concat([pl.DataFrame(schema=FAULTS), *parts]).unique().sort("board", "fault", "where"))


def structure_faults(facts: Facts) -> Faults:
    """Return the faults of single facts, duplicates, and facts that are required and absent.

    A fact may break several rules.
    """
    known = facts.join(_concept_frame(), on="concept", how="left")
    parts = [fault_rows(known.filter(wrong), fault) for fault, wrong in _rules().items()]
    twice = fault_rows(facts.filter(facts.select(_FACT_KEY).is_duplicated()).drop("unit"), "duplicate")
    return concat_faults([*parts, twice, _two_currencies(facts), *_missing(facts)])


def _concept_frame() -> pl.DataFrame:
    return pl.DataFrame(
        [
            (one.name, one.kind, one.period, one.board, one.school, *(axis in one.by for axis in _AXES))
            for one in CONCEPTS
        ],
        schema=["concept", "kind", "of", "on_board", "on_school", "by_member", "by_level"],
        orient="row",
    )


def _rules() -> dict[str, pl.Expr]:
    """Return for each rule when a fact breaks it. An unknown concept breaks that rule only."""
    kind, brin, member, level = (pl.col(name) for name in ("kind", "brin", "member", "level"))
    period, value = pl.col("period"), pl.col("value")
    timed = pl.when(pl.col("of") == "instant").then(period.is_in(_BALANCES)).otherwise(period.is_in(_YEAR))
    there = pl.when(brin.is_null()).then("on_board").otherwise("on_school")
    split = (member.is_null() | pl.col("by_member")) & (level.is_null() | pl.col("by_level"))
    above_one = value.str.contains(_FORMS["share"]) & ~value.str.contains(_WHOLE_SHARE)
    named = kind.is_not_null()
    return {
        "unknown_board": ~pl.col("board").str.head(NUMBER).str.contains(BOARD),
        "unknown_school": ~brin.str.contains(BRIN),
        "unknown_concept": kind.is_null(),
        "unknown_member": ~member.is_in(concepts.ordered_members(intervention_keys())),
        "unknown_level": ~level.is_in(LEVELS),
        "wrong_place": named & ~there,
        "wrong_split": named & (~split | (member.is_not_null() & level.is_not_null())),
        "wrong_period": named & ~timed,
        "wrong_unit": named & ~_unit_fits(),
        "wrong_value": named & (~_value_fits()).fill_null(True),
        "share_above_one": (kind == "share") & above_one,
    }


def _unit_fits() -> pl.Expr:
    kind, unit = pl.col("kind"), pl.col("unit")
    pure = pl.when(kind.is_in(["share", "count"])).then(pl.lit("pure"))
    return pl.when(kind == "money").then(unit.is_in(CURRENCIES).fill_null(False)).otherwise(unit.eq_missing(pure))


def _value_fits() -> pl.Expr:
    kind, value = pl.col("kind"), pl.col("value")
    forms = [(kind == one) & value.str.contains(form) for one, form in _FORMS.items()]
    choices = [(pl.col("concept") == one.name) & value.is_in(one.choices) for one in CONCEPTS if one.choices]
    dated = (kind != "date") | value.str.to_date("%Y-%m-%d", strict=False).is_not_null()
    return (pl.any_horizontal(forms) & dated) | pl.any_horizontal(choices)


def _two_currencies(facts: Facts) -> Faults:
    money = facts.filter(pl.col("unit").is_in(CURRENCIES))
    mixed = money.group_by("board").agg(pl.col("unit").n_unique()).filter(pl.col("unit") > 1)
    return fault_rows(mixed.select("board"), "two_currencies", pl.lit("EUR, USD"))


def _missing(facts: Facts) -> Iterator[Faults]:
    """Yield absent facts of those that every board and school has; names, dates and texts are not always known."""
    required = [one for one in CONCEPTS if one.kind in ("money", "choice", "count") or one.name == "BoardNumber"]
    always = [one for one in required if not one.optional]
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


def sum_faults(facts: Facts) -> Faults:
    """Return the faults of sums and comparisons, over facts that are each one that a filing may hold."""
    amounts = facts.filter(pl.col("concept").is_in(_MONEY))
    money = MoneyFacts(amounts.with_columns(cents=to_cents(pl.col("value").cast(pl.Decimal(38, 2)))))
    figures = _figures(money)
    number = pl.col("board").str.head(NUMBER)
    misnumbered = facts.filter((pl.col("concept") == "BoardNumber") & (pl.col("value") != number))
    return concat_faults(
        [
            *_within_one_place(figures),
            _shares(facts, figures),
            _external(money),
            *_parts(money),
            _schools(money),
            fault_rows(misnumbered, "board_number"),
            _statuses(facts),
        ]
    )


def _figures(money: MoneyFacts) -> Figures:
    """Return a row per place and a column per figure: `Received`, and `start` and `end` of the balance."""
    figure = pl.when(pl.col("concept") == "CarriedOver").then("period").otherwise("concept")
    names = [*[name for name in _MONEY if name != "CarriedOver"], *_BALANCES]
    chosen = [pl.col("cents").filter(figure == name).first().alias(name) for name in names]
    return Figures(money.filter(~_SPLIT).group_by(_SCHOOL).agg(chosen))


def _within_one_place(figures: Figures) -> Iterator[Faults]:
    moved = pl.sum_horizontal(pl.col("Transferred", "Corrections").fill_null(0))
    rolled = pl.col("start") + pl.col("Received") - pl.col("Spent") + moved
    yield fault_rows(figures.filter(pl.col("end") != rolled), "roll_forward", pl.lit("CarriedOver"))
    for total, parts in CALCULATIONS:
        added = pl.sum_horizontal(pl.col(name) * weight for name, weight in parts)
        yield fault_rows(figures.filter(pl.col(total) != added), "calculation", pl.lit(total))


def _shares(facts: Facts, figures: Figures) -> Faults:
    """Check the share of externals in the spending, to four decimals; there is none where nothing was spent."""
    shares = facts.filter(pl.col("concept") == "ExternalShare").select(*_SCHOOL, "value")
    both = figures.join(shares, on=_SCHOOL, how="left", nulls_equal=True)
    spent = pl.when(pl.col("Spent") > 0).then("Spent")
    due = divide_half_away(pl.col("SpentExternal").cast(pl.Int128) * 10_000, spent)
    reported = pl.col("value").str.replace(".", "", literal=True).cast(pl.Int64)
    return fault_rows(both.filter(due.ne_missing(reported)), "external_share", pl.lit("ExternalShare"))


def _external(money: MoneyFacts) -> Faults:
    key = [*_SCHOOL, "member", "level"]
    spent = money.filter(pl.col("concept") == "Spent").select(*key, spent="cents")
    external = money.filter(pl.col("concept") == "SpentExternal")
    both = external.join(spent, on=key, how="left", nulls_equal=True)
    return fault_rows(both.filter(pl.col("cents") > pl.col("spent").fill_null(0)), "external_above_spent")


def _parts(money: MoneyFacts) -> Iterator[Faults]:
    """Check that categories and `X`, interventions and `X`, and levels each add up to the whole."""
    of_category = pl.col("member").is_in(concepts.TOP)
    of_intervention = (~of_category | (pl.col("member") == concepts.NOT_ON_MENU)).fill_null(False)
    splits = (
        ("sum_of_categories", INTERVENTION, of_category),
        ("sum_of_interventions", INTERVENTION, of_intervention),
        ("sum_of_levels", LEVEL, pl.col("level").is_not_null()),
    )
    for fault, axis, these in splits:
        of_axis = money.filter(pl.col("concept").is_in([one.name for one in CONCEPTS if axis in one.by]))
        added = of_axis.filter(these).group_by(*_SCHOOL, "concept").agg(added=pl.col("cents").sum())
        both = of_axis.filter(~_SPLIT).join(added, on=[*_SCHOOL, "concept"], how="left", nulls_equal=True)
        yield fault_rows(both.filter(pl.col("cents") != pl.col("added").fill_null(0)), fault)


def _schools(money: MoneyFacts) -> Faults:
    key = ["board", "concept", "member", "level", "period"]
    of_board = pl.col("brin").is_null()
    sums = money.group_by(key).agg(
        board_cents=pl.col("cents").filter(of_board).sum(), school_cents=pl.col("cents").filter(~of_board).sum()
    )
    return fault_rows(sums.filter(pl.col("board_cents") != pl.col("school_cents")), "sum_of_schools")


def _statuses(facts: Facts) -> Faults:
    errors = facts.filter(pl.col("concept") == "Errors").select("board", errors=pl.col("value").cast(pl.Int64) > 0)
    statuses = facts.filter(pl.col("concept") == "ReportStatus").join(errors, on="board")
    with_errors = pl.col("value") == BY_NAME["ReportStatus"].choices[1]
    return fault_rows(statuses.filter(with_errors != pl.col("errors")), "report_status")
