"""Omissions: what a decision leaves out, in words. An unknown is never silently counted as 0."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.entitlements.amounts import pupils_by_municipality
from npo_pipeline.entitlements.model import (
    AREAS,
    COMPONENT_KEY,
    LISTED,
    STARTED,
    DecisionInputs,
    DecisionTables,
    count_days,
    day_of_po,
    started_schools,
)
from npo_pipeline.entitlements.rules import (
    UNDER_NO_RULES,
    Rules,
    places_of,
    rows_under_regulation,
    rule_frames,
    territory_of_schools,
)
from npo_pipeline.errors import Refused
from npo_pipeline.intake.source_precedence import UsedDeliveries
from npo_pipeline.measures import BY_NAME, MUNICIPAL_SCORE, PUPILS_PO, PUPILS_VO, SCORE
from npo_pipeline.money import totals
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.frames import unknown_values
from npo_pipeline.rulebook.load import LoadedRegulation
from npo_pipeline.rulebook.regulation import Regulation
from schemas.decided import Entitlements
from schemas.frames.money import CountsByType, PupilsByMunicipality, SubjectAmounts, Territory, UnknownValues
from schemas.received import CountRanges, Deliveries, MunicipalScores


@dataclass(frozen=True)
class Omission:
    """Represent something that a decision leaves out.

    `words`: what and why, a sentence. `component` (null: all), `school_types`: of what; none where nothing is left
    out by it that was known.
    `vestigingen`: the schools that are counted under these types now, whatever they counted as before.
    """

    words: str
    component: str | None = None
    school_types: tuple[str, ...] = ()
    vestigingen: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MunicipalOmission(Omission):
    """Represent a part of the amount of some municipalities that a decision leaves out."""

    municipalities: tuple[str, ...] = ()


def omissions(
    loaded: Sequence[LoadedRegulation],
    *,
    used: UsedDeliveries,
    inputs: DecisionInputs,
    decided: DecisionTables,
    day: date,
) -> Iterator[Omission]:
    """Yield what is left out of a decision.

    Args:
        loaded: the regulations.
        used: the deliveries the decision rests on.
        inputs: what they count.
        decided: the decision.
        day: the reference date.
    """
    rules = {one.name: rule_frames(one) for one in loaded}
    territory = territory_of_schools(places_of(rules.values()), inputs.counts, inputs.scores, inputs.schools)
    for one in loaded:
        mine = rules[one.name]
        counts = rows_under_regulation(one.name, mine.counts_as, territory, inputs.counts)
        if mine.is_municipal:
            yield from _unknown_values(one.name, unknown_values(one.regulation), counts)
            placed = pupils_by_municipality(mine, counts, inputs.schools)
            yield from municipal_omissions(placed, inputs.municipal_scores, used=used, day=day)
            yield from _above_ceiling(one.regulation, decided)
            continue
        scores = rows_under_regulation(one.name, mine.counts_as, territory, inputs.scores)
        unknown = unknown_values(one.regulation)
        about = pl.concat([unknown["school_type"], mine.rates["school_type"]]).unique()
        if counts.filter(pl.col("school_type").is_in(about.implode())).height:
            yield from _unknown_values(one.name, unknown, counts)
            # An unplaced score may be of any school type.
            scored = about if inputs.unplaced_scores.height else scores["school_type"].unique()
            yield from _undelivered_measures(
                mine, loaded=loaded, used=used, inputs=inputs, scored=scored.to_list(), day=day
            )
            yield from _places_without_area(mine, counts=counts, inputs=inputs, used=used)
            yield from _listed_without_amount(
                one.regulation, mine, used=used, inputs=inputs, decided=decided, day=day
            )
        elif mine.counts_as is None:
            # A regulation for some places is only worth a word where such a place is counted.
            sector = one.regulation.sector
            words = f"no {sector or 'such'} pupils of {day} were delivered: nothing of {one.name} is counted"
            counted = sector is not None and _PUPILS_OF[sector] in used
            yield Omission(words, school_types=() if counted else tuple(about))
    if inputs.unplaced_scores.height:
        yield from _unplaced_scores(inputs.unplaced_scores["vestiging"].unique().sort().to_list(), rules)
    for mine in rules.values():
        yield from _uncounted_started_schools(mine, inputs, used)
    if not all(one.is_municipal for one in rules.values()):
        yield from _schools_without_rules(territory, inputs)
    yield from _schools_without_board(decided)


def _unplaced_scores(vestigingen: Sequence[str], rules: Mapping[str, Rules]) -> Iterator[Omission]:
    """Yield that the scores of schools without pupils are left out, for each component that goes by scores."""
    words = (
        f"{dutch.number(len(vestigingen))} vestigingen have a score and no pupils that are counted (first "
        f"{vestigingen[0]}): their achterstandsscore is left out; a file of scores with 0 for them says that they "
        "have none"
    )
    rates = pl.concat([one.rates.select("component", "measure") for one in rules.values()])
    of_scores = rates.filter(pl.col("measure") == SCORE.name)["component"].unique(maintain_order=True)
    if of_scores.is_empty():
        yield Omission(words)
    for component in of_scores:
        yield Omission(words, component, vestigingen=tuple(vestigingen))


def masked_omissions(
    ranges: CountRanges, live: Deliveries, inputs: DecisionInputs, days: Collection[date]
) -> Iterator[Omission]:
    """Yield the schools of which only a masked count is known: no money is counted from a range.

    Args:
        ranges: the ranges of all deliveries.
        live: the deliveries that nothing superseded.
        inputs: what the decision counts.
        days: the days on which it counts.
    """
    of_days = live.filter(pl.col("reference_date").is_in(list(days)))
    here = ranges.filter(pl.col("highest") > 0).join(of_days.select("delivery_id"), on="delivery_id", how="semi")
    for measure in here["measure"].unique().sort():
        counted = inputs.counts.filter(pl.col(measure).is_not_null()).select("vestiging", "school_type")
        mine = here.filter(pl.col("measure") == measure)
        lacking = CountRanges(mine.join(counted, on=["vestiging", "school_type"], how="anti"))
        schools = tuple(lacking["vestiging"].unique().sort())
        for words in masked_counts(lacking, live, days):
            yield Omission(f"{words}; they are left out, not counted as 0", vestigingen=schools)


NAMED = 3
"""Files that a sentence names."""


def masked_counts(ranges: CountRanges, live: Deliveries, days: Collection[date]) -> Iterator[str]:
    """Yield, per measure, which files of some days have masked counts, and what to deliver in place of them."""
    files = live.filter(pl.col("reference_date").is_in(list(days))).select("delivery_id", "file")
    is_exact = pl.col("lowest") == pl.col("highest")
    ordered = ranges.join(files, on="delivery_id").sort("file", is_exact, "vestiging", "school_type")
    for (measure,), group in ordered.group_by("measure", maintain_order=True):
        of_files = [_masked_file(one) for _, one in group.group_by("file", maintain_order=True)]
        more = f" and {len(of_files) - NAMED} more files" if len(of_files) > NAMED else ""
        yield (
            f"the {BY_NAME[str(measure)].plural} in {', '.join(of_files[:NAMED])}{more} are masked (<5), and no "
            "money is counted from a range: deliver the register of these schools, or their counts without masks"
        )


def _masked_file(ranges: pl.DataFrame) -> str:
    schools = ranges["vestiging"].n_unique()
    columns = ("file", "vestiging", "school_type", "lowest", "highest")
    file, vestiging, school_type, lowest, highest = ranges.select(columns).row(0)
    return f"{file} ({dutch.number(schools)} schools, first {vestiging} {school_type}: {lowest} to {highest})"


_PUPILS_OF = {"po": PUPILS_PO.name, "vo": PUPILS_VO.name}


def refuse_silent_clawback(omitted: Sequence[Omission], before: Entitlements, after: Entitlements) -> None:
    """Refuse a decision that leaves out what the one before it counted: the next payment would take it back.

    Args:
        omitted: what is left out now.
        before: the entitlements of the decision before.
        after: those of the decision now.

    Raises:
        Refused: names it, the amount, and what to do.
    """
    for one in omitted:
        if isinstance(one, MunicipalOmission):
            _refuse_clawback_of_part(one, before, after)
        mine = pl.col("school_type").is_in(one.school_types) | pl.col("vestiging").is_in(one.vestigingen)
        of_it = mine if one.component is None else mine & (pl.col("component") == one.component)
        counted = before.filter(of_it).join(after, on=COMPONENT_KEY, how="anti")
        if any(totals(counted).values()):
            raise Refused(
                f"{one.words}; the decision before counts {dutch.totals(counted)} for it, which the next payment "
                "would take back: supply what is lacking (a rate of 0 says that there is nothing), and decide "
                "again"
            )


def _refuse_clawback_of_part(one: MunicipalOmission, before: Entitlements, after: Entitlements) -> None:
    """Refuse a decision that gives municipalities less because a part of their amount is left out now."""
    of_them = before.filter(pl.col("beneficiary").is_in(one.municipalities))
    now = after.select(*COMPONENT_KEY, now="amount")
    both = of_them.join(now, on=COMPONENT_KEY, how="left").with_columns(pl.col("now").fill_null(0))
    less = both.filter(pl.col("now") < pl.col("amount"))
    if less.height:
        more = dutch.totals(less.with_columns(pl.col("amount") - pl.col("now")))
        raise Refused(
            f"{one.words}; the decision before counts {more} more for them, which the next payment would take "
            "back: supply what is lacking, and decide again"
        )


def refuse_dropping_rules(before: SubjectAmounts, loaded: Sequence[LoadedRegulation]) -> None:
    """Refuse a decision without any rules for a sector or scheme that the one before it counts money of.

    Args:
        before: subject, regulation, currency, amount of the decision before.
        loaded: the regulations now.

    Raises:
        Refused: names the regulation, the amount, and what to do.
    """
    now = {one.regulation.subject for one in loaded}
    columns = ["subject", "regulation", "currency", "amount"]
    for subject, name, currency, amount in before.select(columns).iter_rows():
        if subject not in now and amount:
            raise Refused(
                f"the decision before counts {dutch.money(amount, currency)} under {name}, and now there are no "
                f"rules of {subject}, so the next payment would take it back; name its file with "
                "--regulation, or give a later --as-of"
            )


def _unknown_values(name: str, unknown: UnknownValues, counts: CountsByType) -> Iterator[Omission]:
    """Yield the values of a regulation that are not known, and the schools that they would be of."""
    key = ["component", "what", "article"]
    together = unknown.group_by(key, maintain_order=True).agg(pl.col("school_type").unique(maintain_order=True))
    for component, what, article, kinds in together.iter_rows():
        words = f"{component} for {', '.join(kinds)} is left out: its {what} is not known ({name}: {article})"
        here = counts.filter(pl.col("school_type").is_in(kinds))["vestiging"].unique()
        yield Omission(words, component, tuple(kinds), tuple(here))


def _undelivered_measures(
    rules: Rules,
    *,
    loaded: Sequence[LoadedRegulation],
    used: UsedDeliveries,
    inputs: DecisionInputs,
    scored: Collection[str],
    day: date,
) -> Iterator[Omission]:
    """Yield the components that no delivery counts; `scored`: the school types that may have scores."""
    measured = rules.rates.group_by("component", "measure", maintain_order=True)
    for component, measure, kinds in measured.agg(pl.col("school_type").unique(maintain_order=True)).iter_rows():
        counted = BY_NAME[measure]
        if counted.table == "scores":
            missing = not set(kinds) & set(scored)
        else:
            missing = measure in inputs.uncounted or not any(source.name in used for source in counted.sources)
        if missing and counted.undelivered:
            message = counted.undelivered.format(
                day=day,
                days=", ".join(map(str, count_days(loaded, measure))),
                measure=measure,
                component=component,
                types=", ".join(kinds),
            )
            yield Omission(f"{message} is left out, not counted as 0", component, tuple(kinds))


def _uncounted_started_schools(rules: Rules, inputs: DecisionInputs, used: UsedDeliveries) -> Iterator[Omission]:
    """Yield the schools that started later and what of them was not counted on their own reference date."""
    if rules.started is None:
        return
    yield from _openings_of_counted_schools(rules, inputs, rules.started.opened_on)
    if not (opened := started_schools(inputs, rules.started.opened_on)):
        return
    day, given = rules.started.reference_date, rules.started.rules.rates
    counts = inputs.second_counts.filter(pl.col("vestiging").is_in(opened))
    if missing := sorted({*opened} - {*counts["vestiging"]}):
        words = (
            f"{_some_schools(missing)} started on {rules.started.opened_on}, and of them no pupils of {day} were "
            f"delivered: nothing of {rules.name} is counted for them until they are"
        )
        yield Omission(words, vestigingen=tuple(missing))
    ours = counts.filter(pl.col("school_type").is_in(given["school_type"].unique().implode()))
    scored = given.filter(pl.col("measure") == SCORE.name)
    of_type = pl.col("school_type").is_in(scored["school_type"].implode())
    scorable = ours.filter(of_type)["vestiging"].unique().sort().to_list()
    if scorable and not any(STARTED + source.name in used for source in SCORE.sources):
        words = f"no scores of {day} were delivered for {_some_schools(scorable)}, which started later"
        component = str(scored["component"][0])
        yield Omission(f"{words}: {component} is left out, not counted as 0", component, (), tuple(scorable))


def _openings_of_counted_schools(rules: Rules, inputs: DecisionInputs, opened_on: date) -> Iterator[Omission]:
    """Yield the vestigingen that open on the first day of the school year and were counted before it."""
    of_day = inputs.changes.filter(pl.col("effective") == opened_on).unique(
        "vestiging", keep="last", maintain_order=True
    )
    opened = of_day.filter(pl.col("kind") == "opening")
    of_type = pl.col("school_type").is_in(rules.rates["school_type"].implode())
    counted = inputs.counts.filter(pl.col("pupils") > 0, of_type)["vestiging"].unique()
    at_school = opened.filter(pl.col("vestiging").str.head(4).is_in(counted.str.head(4).implode()))["vestiging"]
    if new := sorted({*at_school} - {*counted}):
        yield Omission(
            f"{_some_schools(new)} with an opening on {opened_on} at a school that was counted before: another "
            "reference date is for schools that are new, so nothing is counted for it this year"
        )
    if schools := sorted({*at_school} & {*counted}):
        yield Omission(
            f"{_some_schools(schools)} with an opening on {opened_on} and pupils on the reference date before it: "
            "no school that started, so those pupils count; correct the changes file or the counts"
        )


def _schools_without_rules(territory: Territory, inputs: DecisionInputs) -> Iterator[Omission]:
    """Yield the schools that are counted, and whose place has no regulation in force."""
    there = territory.filter(pl.col("regulation") == UNDER_NO_RULES)
    counted = inputs.counts.filter(pl.col("pupils") > 0).join(there, on="vestiging", how="semi")
    if schools := counted["vestiging"].unique().sort().to_list():
        yield Omission(
            f"{_some_schools(schools)} in Caribisch Nederland: no rules are in force there, and those of Europe "
            "are not for them (BWBR0045533, artikel 3), so nothing of them is counted",
            vestigingen=tuple(schools),
        )


def _some_schools(vestigingen: Sequence[str]) -> str:
    noun = "vestiging" if len(vestigingen) == 1 else "vestigingen"
    return f"{dutch.number(len(vestigingen))} {noun} (first {vestigingen[0]})"


_NAMED = 20
"""Number of codes that a remark names."""


def municipal_omissions(
    placed: PupilsByMunicipality, scores: MunicipalScores, *, used: UsedDeliveries, day: date
) -> Iterator[Omission]:
    """Yield what is left out of the money of municipalities.

    Args:
        placed: the pupils that are counted.
        scores: of municipalities.
        used: the deliveries the decision rests on.
        day: the reference date.
    """
    counted = placed["municipality_number"].drop_nulls().unique().sort()
    scored = scores["municipality_number"].unique().sort()
    for source, sector in ((PUPILS_PO, "po"), (PUPILS_VO, "vo")):
        if source.name not in used:
            words = f"no {sector} pupils of {day} were delivered: municipalities get nothing for them"
            yield MunicipalOmission(words=words, municipalities=tuple(counted))
    if lost := placed.filter(pl.col("municipality_number").is_null())["vestiging"].to_list():
        yield Omission(
            f"{dutch.number(len(lost))} vestigingen lie in no known municipality ({_named(lost)}): their pupils "
            "are left out until an address list gives its number"
        )
    if not any(source.name in used for source in MUNICIPAL_SCORE.sources):
        words = (
            "no scores of municipalities were delivered: the part for their score is left out, not counted as 0"
        )
        yield MunicipalOmission(words=words, municipalities=tuple(counted))
    elif unscored := counted.filter(~counted.is_in(scored.implode())).to_list():
        words = f"{dutch.number(len(unscored))} municipalities are not in the file of scores ({_named(unscored)})"
        left_out = "the part for their score is left out, not counted as 0"
        yield MunicipalOmission(words=f"{words}: {left_out}", municipalities=tuple(unscored))
    if unknown := scored.filter(~scored.is_in(counted.implode())).to_list():
        yield MunicipalOmission(
            words=f"{dutch.number(len(unknown))} municipalities have a score and no pupils that are counted "
            f"({_named(unknown)}): nothing is counted for them; check their numbers",
            municipalities=tuple(unknown),
        )


def _above_ceiling(regulation: Regulation, decided: DecisionTables) -> Iterator[Omission]:
    """Yield that the amounts together are above the ceiling, which lowers none of them."""
    ceiling = regulation.ceiling
    decided_total = totals(decided.entitlements).get(regulation.currency, Decimal(0))
    if ceiling and ceiling.value is not None and decided_total > ceiling.value:
        shown, most = (dutch.money(one, regulation.currency) for one in (decided_total, ceiling.value))
        yield Omission(
            f"together {shown} is above the ceiling of {most} ({citation(regulation, ceiling)}); no article says "
            "what then happens, so no amount is lowered"
        )


def _named(codes: Sequence[str]) -> str:
    return dutch.some_of(codes, _NAMED)


def _places_without_area(
    rules: Rules, *, counts: CountsByType, inputs: DecisionInputs, used: UsedDeliveries
) -> Iterator[Omission]:
    """Yield the vestigingen that no samenwerkingsverband is paid for: nothing says in whose area they lie."""
    paid = rules.rates.filter(pl.col("component").is_in(list(rules.paid_to_areas)))
    measured = paid.group_by("component", "measure", maintain_order=True)
    for component, measure, kinds in measured.agg(pl.col("school_type").unique(maintain_order=True)).iter_rows():
        counted = counts.filter(pl.col("school_type").is_in(kinds) & (pl.col(measure) > 0))
        lost = counted.join(inputs.areas, on="vestiging", how="anti")["vestiging"].unique().sort().to_list()
        if lost and AREAS not in used:
            words = f"no areas of samenwerkingsverbanden were delivered: {component} for {', '.join(kinds)}"
            yield Omission(f"{words} is left out, not counted as 0", component, tuple(kinds))
        elif lost:
            yield Omission(
                f"{dutch.number(len(lost))} vestigingen with {BY_NAME[measure].plural} lie in no known area of a "
                f"samenwerkingsverband ({_named(lost)}): their {component} is left out until a "
                "file of areas names them",
                component,
                tuple(kinds),
            )


def _listed_without_amount(
    regulation: Regulation,
    rules: Rules,
    *,
    used: UsedDeliveries,
    inputs: DecisionInputs,
    decided: DecisionTables,
    day: date,
) -> Iterator[Omission]:
    """Yield what a regulation for listed vestigingen leaves out: a list or pupils are missing."""
    if not rules.has_lists:
        return
    given = rules.rates.select("component", "school_type", "place")
    component = str(given["component"][0])
    if LISTED not in used:
        words = (
            f"no list of vestigingen (VESTIGING;LIJST) was delivered: {component} is left out, not counted as 0"
        )
        yield Omission(words, component, tuple(given["school_type"].unique(maintain_order=True)))
        return
    amounts = pl.concat([one.select(COMPONENT_KEY) for one in (decided.entitlements, decided.left_out)])
    with_amount = amounts.filter(pl.col("component") == component)["beneficiary"]
    without = inputs.listed.filter(~pl.col("vestiging").is_in(with_amount.implode()))
    for sector, lists in (("po", ["po"]), ("vo", ["vo", "vo_pro"])):
        mine = without.filter(pl.col("list").is_in(lists))["vestiging"].sort().to_list()
        if not mine:
            continue
        if _PUPILS_OF[sector] in used:
            yield Omission(
                f"{_named(mine)} on a list of the {component} and without pupils that count for it: they get "
                "nothing of it; correct the list or the counts"
            )
            continue
        kinds = given.filter(pl.col("place").is_in(lists))["school_type"].unique(maintain_order=True)
        counted_on = day_of_po(regulation, day) if sector == "po" else day
        words = (
            f"no {sector} pupils of {counted_on} were delivered: {component} for {', '.join(kinds)} is left out"
        )
        yield Omission(f"{words}, not counted as 0", component, tuple(kinds))


def _schools_without_board(decided: DecisionTables) -> Iterator[Omission]:
    """Yield the amounts of schools that nobody could be paid for, per currency."""
    for _, rows in decided.left_out.group_by("currency", maintain_order=True):
        schools, first = rows["beneficiary"].n_unique(), rows["beneficiary"][0]
        yield Omission(
            f"{dutch.number(schools)} vestigingen have no known board (first {first}): {dutch.totals(rows)} "
            "is left out until one is"
        )
