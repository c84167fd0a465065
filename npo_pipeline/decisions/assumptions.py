"""What a decision rests on and what it leaves out, in words: an unknown is never silently counted as 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.entitlements.model import (
    DecisionInputs,
    DecisionTables,
    Rules,
    days_of,
    rule_frames,
    stated_reference_date,
)
from npo_pipeline.entitlements.territory import rows_under_regulation, territory_of_schools
from npo_pipeline.errors import Refused
from npo_pipeline.measures import BY_NAME, PUPILS_PO, PUPILS_VO
from npo_pipeline.rulebook.frames import REFERENCE_DATE, left_out, soft_values
from npo_pipeline.rulebook.load import LoadedRegulation

_STATUSES = ("approximate", "derived")


def unpublished_assumptions(
    loaded: Sequence[LoadedRegulation], decided: DecisionTables, day: date
) -> dict[str, str]:
    """What the amounts of each currency rest on that no source says in so many words.

    Args:
        loaded: the regulations.
        decided: what they gave.
        day: the reference date of the counts, which can be another than the regulations name.

    Returns:
        currency -> `chosen: ...; approximate: ...; derived: ...`, over the components that have
        amounts; a currency whose amounts all rest on published values is not in it.
    """
    told = {}
    named = stated_reference_date(loaded, day)
    chosen = [f"chosen: pupils of {day}, where the rules say {named}"] if named else []
    for currency in decided.entitlements["currency"].unique().sort():
        trace = decided.trace.filter(pl.col("currency") == currency)
        soft = pl.concat(_soft_of(one, trace) for one in loaded)
        if named:
            soft = soft.filter(pl.col("what") != REFERENCE_DATE)
        parts = [*chosen, *(_listed(status, soft) for status in _STATUSES)]
        if words := "; ".join(part for part in parts if part):
            told[str(currency)] = words
    return told


def _soft_of(one: LoadedRegulation, trace: pl.DataFrame) -> pl.DataFrame:
    used = trace.filter(pl.col("regulation") == one.name)["component"].unique()
    soft = soft_values(one.regulation)
    if used.is_empty():
        return soft.clear()
    return soft.filter(pl.col("component").is_null() | pl.col("component").is_in(used.implode()))


def _listed(status: str, soft: pl.DataFrame) -> str:
    of_component = pl.format("{} ({})", "what", "component")
    shown = pl.when(pl.col("component").is_null()).then("what").otherwise(of_component)
    words = soft.filter(pl.col("status") == status).select(shown).to_series().unique(maintain_order=True)
    return f"{status}: {', '.join(words)}" if words.len() else ""


@dataclass(frozen=True)
class Omission:
    """What a decision leaves out, and why in words.

    `component` (null: all), `school_types`: of what; none where nothing is left out by it that was known.
    `vestigingen`: the schools that are counted under these types now, whatever they counted as before.
    """

    words: str
    component: str | None = None
    school_types: tuple[str, ...] = ()
    vestigingen: tuple[str, ...] = ()


def left_out_of(
    loaded: Sequence[LoadedRegulation],
    inputs: Mapping[str, Sequence[str]],
    basis: DecisionInputs,
    decided: DecisionTables,
    day: date,
) -> Iterator[Omission]:
    """What is left out of a decision, one by one."""
    rules = {one.name: rule_frames(one) for one in loaded}
    claims = territory_of_schools(
        {one.name: one.places for one in rules.values()}, basis.counts, basis.scores, basis.schools
    )
    for one in loaded:
        mine = rules[one.name]
        counts, scores = (
            rows_under_regulation(one.name, mine.counts_as, claims, rows) for rows in (basis.counts, basis.scores)
        )
        unknown = left_out(one.regulation)
        about = pl.concat([unknown["school_type"], mine.rates["school_type"]]).unique()
        if counts.filter(pl.col("school_type").is_in(about.implode())).is_empty():
            # A regulation for some places is only worth a word where such a place is counted.
            if mine.counts_as is None:
                sector = one.regulation.sector
                words = f"no {sector} pupils of {day} were delivered: nothing of {one.name} is counted"
                delivered = _PUPILS_OF[sector] in inputs
                yield Omission(words, None, () if delivered else tuple(about))
            continue
        yield from _not_known(one.name, unknown, counts)
        yield from _not_delivered(loaded, mine, inputs, scores, basis.loose, day)
    if basis.loose.height:
        schools, first = basis.loose.height, basis.loose["vestiging"].sort()[0]
        yield Omission(
            f"{dutch.number(schools)} vestigingen have a score and no pupils that are counted (first {first}): "
            "their achterstandsscore is left out"
        )
    yield from _without_board(decided)


_PUPILS_OF = {"po": PUPILS_PO.name, "vo": PUPILS_VO.name}


def refuse_silent_clawback(left_out: Sequence[Omission], before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Refuse a decision that leaves out what the one before it counted: the next payment would take it back.

    Args:
        left_out: what is left out now.
        before: the entitlements of the decision before.
        after: those of the decision now.

    Raises:
        Refused: names it, the amount, and what to do.
    """
    for one in left_out:
        mine = pl.col("school_type").is_in(one.school_types) | pl.col("vestiging").is_in(one.vestigingen)
        of_it = mine if one.component is None else mine & (pl.col("component") == one.component)
        counted = before.filter(of_it).join(after, on=["vestiging", "school_type", "component"], how="anti")
        if counted["amount"].sum():
            total = dutch.money(Decimal(counted["amount"].sum()), counted["currency"][0])
            raise Refused(
                f"{one.words}; the decision before counts {total} for it, which the next payment would take back: "
                "supply what is lacking (a rate of 0 says that there is nothing), and decide again"
            )


def refuse_dropping_rules(before: pl.DataFrame, loaded: Sequence[LoadedRegulation]) -> None:
    """Refuse a decision without any rules for a sector that the one before it counts money of.

    Args:
        before: sector, regulation, currency, amount of the decision before.
        loaded: the regulations now.

    Raises:
        Refused: names the regulation, the amount, and what to do.
    """
    now = {one.regulation.sector for one in loaded}
    for sector, name, currency, amount in before.select("sector", "regulation", "currency", "amount").iter_rows():
        if sector not in now and amount:
            raise Refused(
                f"the decision before counts {dutch.money(amount, currency)} under {name}, and now there are no "
                f"rules of sector {sector}, so the next payment would take it back; name its file with "
                "--regulation, or give a later --as-of"
            )


def _not_known(name: str, unknown: pl.DataFrame, counts: pl.DataFrame) -> Iterator[Omission]:
    key = ["component", "what", "article"]
    together = unknown.group_by(key, maintain_order=True).agg(pl.col("school_type").unique(maintain_order=True))
    for component, what, article, kinds in together.iter_rows():
        words = f"{component} for {', '.join(kinds)} is left out: its {what} is not known ({name}: {article})"
        here = counts.filter(pl.col("school_type").is_in(kinds))["vestiging"].unique()
        yield Omission(words, component, tuple(kinds), tuple(here))


def _not_delivered(
    loaded: Sequence[LoadedRegulation],
    rules: Rules,
    inputs: Mapping[str, Sequence[str]],
    scores: pl.DataFrame,
    loose: pl.DataFrame,
    day: date,
) -> Iterator[Omission]:
    end = "is left out, not counted as 0"
    for component, measure, kinds in (
        rules.rates.group_by("component", "measure", maintain_order=True)
        .agg(pl.col("school_type").unique(maintain_order=True))
        .iter_rows()
    ):
        counted = BY_NAME[measure]
        if counted.table == "scores":
            missing = loose.is_empty() and scores.filter(pl.col("school_type").is_in(kinds)).is_empty()
        else:
            missing = not any(source.name in inputs for source in counted.sources)
        if missing and counted.undelivered:
            message = counted.undelivered.format(
                day=day,
                days=", ".join(str(one) for one in days_of(loaded, measure)),
                measure=measure,
                component=component,
                types=", ".join(kinds),
            )
            yield Omission(f"{message} {end}", component, tuple(kinds))


def _without_board(decided: DecisionTables) -> Iterator[Omission]:
    for (currency,), rows in decided.left_out.group_by("currency", maintain_order=True):
        schools, first = rows["vestiging"].n_unique(), rows["vestiging"][0]
        total = dutch.money(Decimal(rows["amount"].sum()), currency)
        yield Omission(
            f"{dutch.number(schools)} vestigingen have no known board (first {first}): {total} is left out "
            "until one is"
        )
