"""From the frames of the books to what the informatietool tells: no file, no clock, no rounding.

What should be in the informatietool and is not: an unknown is told, never counted as 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.entitlements.model import DecisionInputs, Rules, rule_frames
from npo_pipeline.entitlements.territory import rows_under_regulation, territory_of_schools
from npo_pipeline.money import to_cents
from npo_pipeline.months import first_day
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.reports.informatietool.model import (
    AMOUNTS,
    INSTALMENTS,
    SCHOOLS,
    AppliedRegulation,
    ExcludedComponent,
    Gap,
    Rule,
    Soft,
    ToolData,
    ToolSource,
)
from npo_pipeline.reports.informatietool.place_names import spellings
from npo_pipeline.rulebook.frames import left_out, soft_values
from npo_pipeline.rulebook.regulation import Regulation
from schemas.tables import SCHOOL_TYPES

SCHOOL_GAPS = {"vestiging": pl.String, "gap": pl.Int64}
_MEASURED: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "vestiging": pl.String,
    "school_type": pl.String,
    "measure": pl.String,
    "counted": pl.Decimal(18, 2),
}


def gaps(ruled: Sequence[AppliedRegulation], amounts: pl.DataFrame) -> tuple[list[Gap], pl.DataFrame]:
    """What is left out because a value is not known, or because nothing counts what it needs.

    Args:
        ruled: the regulations and what was counted for them.
        amounts: vestiging, school_type, component of what is in the tool.

    Returns:
        The gaps, and vestiging, gap (its place) of the schools they touch.
    """
    found: list[Gap] = []
    touched = [pl.DataFrame(schema=SCHOOL_GAPS)]
    rules = [rule_frames(one.loaded) for one in ruled]
    places = {one.name: one.places for one in rules}
    for one, mine in zip(ruled, rules, strict=True):
        measured = _measured(mine, one.inputs, claims=_claims(places, one.inputs))
        counted = measured.filter(pl.col("measure") == "pupils", pl.col("counted") > 0)
        for gap, measure in (*_unknown(one.loaded.regulation), *_absent(one.loaded.regulation, mine, measured)):
            about = pl.col("school_type").is_in(gap.school_types)
            there = measured.filter(about, pl.col("measure") == measure)
            # What is not counted at all may be at any school; else it touches those that have some.
            schools = counted.filter(about) if there.is_empty() else there.filter(pl.col("counted") > 0)
            had = amounts.filter(pl.col("component") == gap.component)
            schools = schools.join(had, on=["vestiging", "school_type"], how="anti")
            if schools.height:
                touched.append(schools.select("vestiging", gap=pl.lit(len(found), pl.Int64)).unique())
                found.append(gap)
    return found, pl.concat(touched).sort("vestiging", "gap")


def _claims(places: dict[str, pl.DataFrame], basis: DecisionInputs) -> pl.DataFrame:
    return territory_of_schools(places, basis.counts, basis.scores, basis.schools)


def _measured(rules: Rules, basis: DecisionInputs, claims: pl.DataFrame) -> pl.DataFrame:
    """What was counted of the schools under a regulation: vestiging, school_type, measure, counted."""
    counts, scores = (
        rows_under_regulation(rules.name, rules.counts_as, claims, rows) for rows in (basis.counts, basis.scores)
    )
    named = [column for column in ("pupils", "cumi_pupils", "newcomers") if column in counts.columns]
    parts = [
        frame.select(
            "vestiging", "school_type", measure=pl.lit(name), counted=pl.col(column).cast(pl.Decimal(18, 2))
        )
        for frame, pairs in ((counts, [(name, name) for name in named]), (scores, [("score", "score")]))
        for name, column in pairs
    ]
    whole = pl.concat([pl.DataFrame(schema=_MEASURED), *parts]).drop_nulls("counted")
    return whole.group_by("vestiging", "school_type", "measure").agg(pl.col("counted").sum())


def _unknown(regulation: Regulation) -> Iterator[tuple[Gap, str]]:
    """What a value is not known for, with what it counts."""
    key = ["component", "what", "article"]
    together = left_out(regulation).group_by(key, maintain_order=True)
    for component, what, article, kinds in together.agg(
        pl.col("school_type").unique(maintain_order=True)
    ).iter_rows():
        if not regulation.components[component].outside_informatietool:
            text = wording.gap_unknown(component, kinds, what)
            yield Gap(component, tuple(kinds), text, article), regulation.components[component].measure


def _absent(regulation: Regulation, rules: Rules, measured: pl.DataFrame) -> Iterator[tuple[Gap, str]]:
    """What there is a rate for and no count."""
    together = rules.rates.group_by("component", "measure", maintain_order=True)
    for component, measure, kinds, articles in together.agg(
        pl.col("school_type").unique(maintain_order=True), "article"
    ).iter_rows():
        about = measured.filter(pl.col("measure") == measure, pl.col("school_type").is_in(kinds))
        if about.is_empty() and not regulation.components[component].outside_informatietool:
            yield Gap(component, tuple(kinds), wording.gap_absent(component, kinds, measure), articles[0]), measure


KEY = ["vestiging", "school_type", "component"]
_RULE = [
    "currency",
    "regulation",
    "component",
    "school_type",
    "measure",
    "rate",
    "threshold",
    "level",
    "status",
    "article",
    "source",
    "url",
]


def build_tool(taken: ToolSource) -> ToolData:
    """What is told of a school year.

    Args:
        taken: what the books hold.
    """
    left = _outside_of(taken.applied)
    is_outside = pl.struct("regulation", "component").is_in(left) if left else pl.lit(False)
    inside, hidden = taken.amounts.filter(~is_outside), taken.amounts.filter(is_outside)
    keyed = _ruled_frame(inside, taken.applied)
    soft = _softness(taken.applied)
    rules = tuple(
        _rule(row, taken.applied, soft) for row in keyed.unique("rule").sort("rule").iter_rows(named=True)
    )
    amounts = keyed.with_columns(
        counted_e2=_hundredths("counted"),
        quantity_e2=_hundredths("quantity"),
        cents=to_cents(pl.col("amount")),
        unrounded=pl.when(pl.col("unrounded") != pl.col("amount")).then(pl.col("unrounded").cast(pl.String)),
    ).sort("vestiging", "rule")
    due = taken.instalments.join(amounts.select("decision_id", *KEY, "rule"), on=["decision_id", *KEY])
    found, school_gaps = gaps(taken.applied, inside)
    return ToolData(
        taken.school_year,
        taken.decisions.select("decision_id", "currency", "reference_date", "decided_at").sort("currency"),
        _schools(taken, amounts, school_gaps),
        rules,
        tuple(soft),
        amounts.select(AMOUNTS),
        due.with_columns(cents=to_cents(pl.col("amount"))).select(INSTALMENTS).sort("vestiging", "rule", "month"),
        tuple(found),
        school_gaps,
        tuple(_outside(taken.applied)),
        hidden.select("vestiging", "component").unique().sort("vestiging", "component"),
        tuple(dict.fromkeys(_notes(taken))),
    )


def _hundredths(column: str) -> pl.Expr:
    # Exact: both sides have two decimals, and times a hundred there is none left.
    return to_cents(pl.col(column))


def _outside_of(ruled: Sequence[AppliedRegulation]) -> list[dict[str, str]]:
    return [
        {"regulation": one.loaded.name, "component": name}
        for one in ruled
        for name, component in one.loaded.regulation.components.items()
        if component.outside_informatietool
    ]


def _outside(ruled: Sequence[AppliedRegulation]) -> Iterator[ExcludedComponent]:
    """Each component once, with what its first citation says."""
    said = set()
    for one in ruled:
        for name, component in one.loaded.regulation.components.items():
            if component.outside_informatietool and name not in said:
                said.add(name)
                yield ExcludedComponent(name, component.outside_informatietool.where)


def _notes(taken: ToolSource) -> Iterator[str]:
    """What an operator chose otherwise than the rules say."""
    used = dict(taken.decisions.select("currency", "reference_date").iter_rows())
    for one in taken.applied:
        said, day = one.loaded.regulation.reference_date.value, used.get(one.loaded.regulation.currency)
        if said and day and said != day:
            yield wording.other_date(dutch.day(day), dutch.day(said))


def _ruled_frame(amounts: pl.DataFrame, ruled: Sequence[AppliedRegulation]) -> pl.DataFrame:
    """The amounts with `rule`: the line of the rules each follows from, numbered in the order of the files."""
    order = [(one.loaded.name, name) for one in ruled for name in one.loaded.regulation.components]
    places = pl.DataFrame(
        [(*pair, place) for place, pair in enumerate(order)],
        schema={"regulation": pl.String, "component": pl.String, "place": pl.Int64},
        orient="row",
    )
    kinds = {kind: place for place, kind in enumerate(SCHOOL_TYPES)}
    lines = (
        amounts.select(_RULE)
        .unique()
        .join(places, on=["regulation", "component"], how="left")
        .with_columns(kind=pl.col("school_type").replace_strict(kinds, return_dtype=pl.Int64))
        .sort("currency", "place", "kind", *_RULE[5:], nulls_last=True)
        .with_row_index("rule")
        .with_columns(pl.col("rule").cast(pl.Int64))
    )
    return amounts.join(lines.select(*_RULE, "rule"), on=_RULE, nulls_equal=True)


def _softness(ruled: Sequence[AppliedRegulation]) -> dict[Soft, set[tuple[str, str | None, str | None]]]:
    """What amounts rest on -> whom it touches: (regulation, component or all, article of the rate or all)."""
    found: dict[Soft, set[tuple[str, str | None, str | None]]] = {}
    for one in ruled:
        for status, what, component, article in soft_values(one.loaded.regulation).iter_rows():
            rate = article if what.startswith("rate of ") else None
            touched = found.setdefault(Soft(status, dutch.value(what), component, article), set())
            touched.add((one.loaded.name, component, rate))
    return found


def _rule(
    row: Mapping[str, Any],
    ruled: Sequence[AppliedRegulation],
    soft: Mapping[Soft, set[tuple[str, str | None, str | None]]],
) -> Rule:
    regulation = next(one.loaded.regulation for one in ruled if one.loaded.name == row["regulation"])
    days = regulation.components[row["component"]].reference_dates
    whom = {
        (row["regulation"], component, article)
        for component in (None, row["component"])
        for article in (None, row["article"])
    }
    touched = tuple(place for place, those in enumerate(soft.values()) if those & whom)
    said = {name: row[name] for name in _RULE if name != "rate"}
    return Rule(**said, rate_e8=int(row["rate"].scaleb(8)), days=(days and days.value) or (), soft=touched)


def _schools(taken: ToolSource, amounts: pl.DataFrame, school_gaps: pl.DataFrame) -> pl.DataFrame:
    """The schools that are told of, as they stood on the first day of the school year.

    The board of a school with an amount is the one that its entitlement names.
    """
    on = first_day(taken.school_year)
    past = taken.directory.filter(pl.col("valid_from") <= on).sort("valid_from", descending=True)
    to_come = taken.directory.filter(pl.col("valid_from") > on).sort("valid_from")
    nearest = pl.concat([past, to_come]).unique("vestiging", keep="first", maintain_order=True)
    entitled = amounts.select("vestiging", paid="board").unique("vestiging", keep="first", maintain_order=True)
    told = pl.concat([entitled.select("vestiging"), school_gaps.select("vestiging")]).unique()
    found = told.join(nearest, on="vestiging", how="left").join(entitled, on="vestiging", how="left")
    found = found.with_columns(
        board=pl.coalesce("paid", "board"), brin=pl.col("vestiging").str.head(4)
    ).drop_nulls("board")
    for column in ("place", "municipality"):
        shown = spellings(found[column].drop_nulls().to_list())
        found = found.with_columns(pl.col(column).replace(shown))
    return found.select(SCHOOLS).sort("vestiging")
