"""All applications of a school year, decided at once: granted, reduced or refused, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from npo_pipeline.grants.eligibility import UNCOUNTED, cap_amounts, check_eligibility, under_ceilings
from npo_pipeline.grants.reasons import add_reasons
from npo_pipeline.grants.terms import Basis
from npo_pipeline.money import to_euro
from npo_pipeline.rulebook.fields import cited
from npo_pipeline.rulebook.subsidies.model import Subsidy
from schemas.tables import MONEY

GRANTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "school_year": pl.String,
    "scheme": pl.String,
    "board": pl.String,
    "brin": pl.String,
    "applied_on": pl.Date,
    "pupils_applied": pl.Int64,
    "amount_applied": MONEY,
    "pupils_allowed": pl.Int64,
    "amount": MONEY,
    "outcome": pl.String,
    "reason": pl.String,
    "article": pl.String,
    "status": pl.String,
    "currency": pl.String,
    "window_name": pl.String,
    "delivery_id": pl.String,
    "line": pl.Int64,
}
"""The table `grants` without its decision."""


Judged = Sequence[tuple[Subsidy, Basis]]
"""The schemes of a school year, each with its applications and what they are judged by."""


def grants(judged: Judged) -> pl.DataFrame:
    """Decide on all applications.

    Returns:
        A row per application that can be decided on, as `GRANTED`, by scheme in order of receipt. Applications
        of a group whose amount per pupil is not known are left out (`undecided`).
    """
    parts = [pl.DataFrame(schema=GRANTED), *(_of_scheme(one, basis) for one, basis in judged)]
    return pl.concat(parts)


def undecided(judged: Judged) -> Iterator[str]:
    """What was not decided on, not applied or not looked at, and why: a sentence each."""
    known = [one.scheme for one, _ in judged]
    for _, basis in judged[:1]:
        others = basis.applications.filter(~pl.col("scheme").is_in(known)).group_by("scheme").len()
        for scheme, count in others.sort("scheme").iter_rows():
            yield f"{count} applications for {scheme} are not decided on: its rules are not known for this year"
    for one, basis in judged:
        applied = cap_amounts(one, check_eligibility(one, basis))
        if applied.height:
            yield from _not_known(one, applied)
            yield from _not_delivered(one, applied, basis)


def soft_values(subsidies: Sequence[Subsidy], granted: pl.DataFrame) -> str | None:
    """What grants rest on that no source says in so many words: `derived: ...; unknown: ...`; or null."""
    there = set(granted["scheme"])
    found: dict[str, list[str]] = {"approximate": [], "derived": [], "unknown": []}
    for one in subsidies:
        for place, value in cited(one) if one.scheme in there else ():
            if value.status in found and place != ("published",):
                found[value.status].append(f"{' '.join(map(str, place)).replace('_', ' ')} ({one.scheme})")
    return "; ".join(f"{status}: {', '.join(what)}" for status, what in found.items() if what) or None


def _of_scheme(subsidy: Subsidy, basis: Basis) -> pl.DataFrame:
    given = add_reasons(subsidy, under_ceilings(subsidy, cap_amounts(subsidy, check_eligibility(subsidy, basis))))
    amount, asked = pl.col("amount_cents"), pl.col("asked_cents")
    outcome = (
        pl.when(pl.col("stop").is_not_null())
        .then(pl.lit("refused"))
        .when(amount < asked)
        .then(pl.lit("reduced"))
        .otherwise(pl.lit("granted"))
    )
    decided = given.filter(amount.is_not_null())
    return decided.select(
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
    ).select([pl.col(name).cast(dtype) for name, dtype in GRANTED.items()])


def _not_known(subsidy: Subsidy, applied: pl.DataFrame) -> Iterator[str]:
    name = subsidy.scheme
    missing = applied.filter(pl.col("stop").is_null() & pl.col("rate_cents").is_null())
    for sector, count in missing.group_by("sector").len().sort("sector").iter_rows():
        where = subsidy.groups[sector].per_pupil.where
        yield f"{name}: {count} applications of {sector} are not decided on: its amount is not known ({where})"
    windows = applied.filter(pl.col("stop").is_null()).group_by("window_name", "sector").len()
    for window, sector in windows.sort("window_name", "sector").select("window_name", "sector").iter_rows():
        if (ceiling := subsidy.windows[window].ceilings[sector]).value is None:
            words = f"the ceiling for {sector} in window {window} is not known, so none is applied"
            yield f"{name}: {words} ({ceiling.where})"


def _not_delivered(subsidy: Subsidy, applied: pl.DataFrame, basis: Basis) -> Iterator[str]:
    name, day = subsidy.scheme, subsidy.reference_date.value
    counted = set(basis.pupils["school_type"])
    for sector, group in subsidy.groups.items():
        if not counted & set(group.school_types) and (applied["stop"] == UNCOUNTED).any():
            yield f"{name}: no {sector} pupils of {day} were delivered, so such schools are refused"
    for one in subsidy.raised.when if subsidy.raised else ():
        if one.value == "apcg":
            yield f"{name}: no file tells which schools have apcg pupils, so these raise no share ({one.where})"
        elif basis.scored.is_empty():
            yield f"{name}: no scores of {day} were delivered, so these raise no share ({one.where})"
