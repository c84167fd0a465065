"""All applications of a school year, decided at once: granted, reduced or refused, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import polars as pl

from npo_pipeline.grants.eligibility import UNCOUNTED, apply_ceilings, cap_amounts, check_eligibility
from npo_pipeline.grants.reasons import add_reasons
from npo_pipeline.grants.terms import GrantInputs
from npo_pipeline.money import to_euro
from npo_pipeline.rulebook.fields import citation, cited
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.columns import schema_of
from schemas.decided import GRANTS, Grants
from schemas.frames.money import CappedApplications

GRANT_COLUMNS = {name: dtype for name, dtype in schema_of(GRANTS).items() if name != "decision_id"}
"""The table `grants` without its decision."""

SchemeCases: TypeAlias = Sequence[tuple[Subsidy, GrantInputs]]
"""The schemes of a school year, each with its applications and what they are judged by."""


def no_grants() -> Grants:
    """Return the table without rows."""
    return Grants(pl.DataFrame(schema=GRANT_COLUMNS))


def decide_grants(cases: SchemeCases) -> Grants:
    """Decide on all applications.

    Returns:
        A row per application that can be decided on, as `GRANT_COLUMNS`, by scheme in order of receipt.
        Applications of a group whose amount per pupil is not known are left out (`undecided`).
    """
    return Grants(pl.concat([no_grants(), *(_of_scheme(one, inputs) for one, inputs in cases)]))


def undecided(cases: SchemeCases) -> Iterator[str]:
    """Yield what was not decided on, not applied or not looked at, and why: a sentence each."""
    known = [one.scheme for one, _ in cases]
    for _, inputs in cases[:1]:
        others = inputs.applications.filter(~pl.col("scheme").is_in(known)).group_by("scheme").len()
        for scheme, count in others.sort("scheme").iter_rows():
            yield f"{count} applications for {scheme} are not decided on: its rules are not known for this year"
    for one, inputs in cases:
        applied = cap_amounts(one, check_eligibility(one, inputs))
        if applied.height:
            yield from _unknown_terms(one, applied)
            yield from _undelivered_inputs(one, applied, inputs)


def assumptions(subsidies: Sequence[Subsidy], granted: Grants) -> str | None:
    """Return what grants rest on that no source says in so many words: `derived: ...; unknown: ...`; or null."""
    there = set(granted["scheme"])
    found: dict[str, list[str]] = {"approximate": [], "derived": [], "unknown": []}
    for one in subsidies:
        for place, value in cited(one) if one.scheme in there else ():
            if value.status in found and place != ("published",):
                found[value.status].append(f"{' '.join(map(str, place)).replace('_', ' ')} ({one.scheme})")
    return "; ".join(f"{status}: {', '.join(what)}" for status, what in found.items() if what) or None


def _of_scheme(subsidy: Subsidy, inputs: GrantInputs) -> Grants:
    capped = cap_amounts(subsidy, check_eligibility(subsidy, inputs))
    given = add_reasons(subsidy, apply_ceilings(subsidy, capped))
    amount, asked = pl.col("amount_cents"), pl.col("asked_cents")
    outcome = (
        pl.when(pl.col("stop").is_not_null())
        .then(pl.lit("refused"))
        .when(amount < asked)
        .then(pl.lit("reduced"))
        .otherwise(pl.lit("granted"))
    )
    decided = given.filter(amount.is_not_null())
    rows = decided.select(
        "scheme",
        "board",
        "brin",
        "applied_on",
        "reason",
        "article",
        "status",
        "window_name",
        "delivery_id",
        "line",
        school_year=pl.lit(subsidy.school_year),
        pupils_applied="pupils",
        amount_applied="amount",
        pupils_allowed=pl.when(pl.col("stop").is_null()).then("pupils_allowed").otherwise(0),
        amount=to_euro(amount),
        outcome=outcome,
        currency=pl.lit(subsidy.currency),
    )
    return Grants(rows.select(pl.col(name).cast(dtype) for name, dtype in GRANT_COLUMNS.items()))


def _unknown_terms(subsidy: Subsidy, applied: CappedApplications) -> Iterator[str]:
    """Yield the amounts per pupil and the ceilings that applications need and that are not known."""
    name = subsidy.scheme
    missing = applied.filter(pl.col("stop").is_null() & pl.col("rate_cents").is_null())
    for sector, count in missing.group_by("sector").len().sort("sector").iter_rows():
        where = citation(subsidy, subsidy.groups[sector].per_pupil)
        yield f"{name}: {count} applications of {sector} are not decided on: its amount is not known ({where})"
    windows = applied.filter(pl.col("stop").is_null()).group_by("window_name", "sector").len()
    for window, sector in windows.sort("window_name", "sector").select("window_name", "sector").iter_rows():
        if (ceiling := subsidy.windows[window].ceilings[sector]).value is None:
            words = f"the ceiling for {sector} in window {window} is not known, so none is applied"
            yield f"{name}: {words} ({citation(subsidy, ceiling)})"


def _undelivered_inputs(subsidy: Subsidy, applied: CappedApplications, inputs: GrantInputs) -> Iterator[str]:
    """Yield the pupils and scores that applications need and that were not delivered."""
    name, day = subsidy.scheme, subsidy.reference_date.value
    counted = set(inputs.pupils["school_type"])
    for sector, group in subsidy.groups.items():
        if not counted & set(group.school_types) and (applied["stop"] == UNCOUNTED).any():
            yield f"{name}: no {sector} pupils of {day} were delivered, so such schools are refused"
    for one in subsidy.raised.when if subsidy.raised else ():
        where = citation(subsidy, one)
        if one.value == "apcg":
            yield f"{name}: no file tells which schools have apcg pupils, so these raise no share ({where})"
        elif inputs.scored.is_empty():
            yield f"{name}: no scores of {day} were delivered, so these raise no share ({where})"
