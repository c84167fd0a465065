"""All applications of a school year, decided at once: granted, reduced or refused, each with its reason.

The last step: too few participants who finished lower the grant in proportion (IOP 13(7)). A board reports per
school how many finished. Its grants of all windows are taken together: the report names no window.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import polars as pl

from npo_pipeline.grants.ceilings import apply_ceilings, closed_groups, groups_at_the_ceiling
from npo_pipeline.grants.eligibility import FULL, LEFT_OUT, UNCOUNTED, cap_amounts, check_eligibility
from npo_pipeline.grants.reasons import add_reasons
from npo_pipeline.grants.terms import GrantInputs, running_share
from npo_pipeline.money import to_euro
from npo_pipeline.rulebook.fields import citation, cited
from npo_pipeline.rulebook.subsidy import Subsidy
from npo_pipeline.rulebook.yaml_document import Place
from schemas.columns import schema_of
from schemas.decided import GRANTS, Grants
from schemas.frames.money import EligibleApplications, FinishedPupils, GrantedApplications, PupilsGranted

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
        Applications of a group whose amount per pupil is not known are left out, and those for schools that the
        file leaves out (`undecided`).
    """
    return Grants(pl.concat([no_grants(), *(_of_scheme(one, inputs) for one, inputs in cases)]))


def assess(subsidy: Subsidy, inputs: GrantInputs) -> GrantedApplications:
    """Assess the applications for a subsidy, window by window, and lower what too few finished."""
    eligible = check_eligibility(subsidy, inputs)
    over_all = subsidy.share_over is not None and subsidy.share_over.value == "all_windows"
    granted = PupilsGranted(pl.DataFrame(schema={"brin": pl.String, "granted_pupils": pl.Int64}))
    reached: dict[str, set[str]] = {}
    done: list[pl.DataFrame] = []
    for name, window in subsidy.windows.items():
        rows = EligibleApplications(eligible.filter(pl.col("window_name") == name))
        given = apply_ceilings(subsidy, name, cap_amounts(subsidy, rows, granted), reached)
        reached[name] = closed_groups(window, reached) | groups_at_the_ceiling(subsidy, name, given)
        done.append(given)
        if over_all:
            sums = pl.concat(done).group_by("brin").agg(granted_pupils=pl.col("pupils_granted").sum())
            granted = PupilsGranted(sums)
    outside = EligibleApplications(eligible.filter(pl.col("window_name").is_null()))
    refused = cap_amounts(subsidy, outside, PupilsGranted(granted.clear()))
    nothing = refused.with_columns(amount_cents=pl.lit(0, pl.Int64), pupils_granted=pl.lit(0, pl.Int64))
    together = pl.concat([*done, nothing], how="diagonal").sort("receipt")
    together = together.with_columns(amount_before="amount_cents")
    return lower_unfinished(subsidy, inputs, GrantedApplications(together))


def undecided(cases: SchemeCases) -> Iterator[str]:
    """Yield what was not decided on, not applied or not looked at, and why: a sentence each."""
    known = [one.scheme for one, _ in cases]
    for _, inputs in cases[:1]:
        others = inputs.applications.filter(~pl.col("scheme").is_in(known)).group_by("scheme").len()
        for scheme, count in others.sort("scheme").iter_rows():
            yield f"{count} applications for {scheme} are not decided on: its rules are not known for this year"
    for one, inputs in cases:
        applied = assess(one, inputs)
        if applied.height:
            yield from _unknown_terms(one, applied)
            yield from _undelivered_inputs(one, applied, inputs)
            yield from _unstated(one, applied)
        yield from unused_reports(one, inputs, applied)


def assumptions(subsidies: Sequence[Subsidy], granted: Grants) -> str | None:
    """Return what grants rest on that no source says in so many words: `derived: ...; unknown: ...`; or null."""
    there = set(granted["scheme"])
    found: dict[str, list[str]] = {"approximate": [], "derived": [], "unknown": []}
    for one in subsidies:
        apart = _without_amounts(one, granted)
        for place, value in cited(one) if one.scheme in there else ():
            if value.status in found and place not in apart:
                found[value.status].append(f"{' '.join(map(str, place)).replace('_', ' ')} ({one.scheme})")
    return "; ".join(f"{status}: {', '.join(what)}" for status, what in found.items() if what) or None


def _without_amounts(subsidy: Subsidy, granted: Grants) -> set[Place]:
    """Return the values of a subsidy that none of its grants rests on."""
    places: set[Place] = {("published",), ("left_out",), ("completion", "report_by")}
    if subsidy.is_of_regions:
        places.add(("rounding",))
    mine = granted.filter(pl.col("scheme") == subsidy.scheme)
    if mine.filter(pl.col("reason").str.contains(" finished, less than ", literal=True)).is_empty():
        places.add(("completion", "over"))
    for name in subsidy.windows:
        drawn = (pl.col("window_name") == name) & pl.col("reason").str.contains(" (seed ", literal=True)
        if mine.filter(drawn).is_empty():
            places.add(("windows", name, "lottery", "seed"))
    return places


def _of_scheme(subsidy: Subsidy, inputs: GrantInputs) -> Grants:
    given = add_reasons(subsidy, assess(subsidy, inputs))
    amount, asked = pl.col("amount_cents"), pl.col("asked_cents")
    outcome = (
        pl.when(pl.col("stop").is_not_null())
        .then(pl.lit("refused"))
        .when(amount < asked)
        .then(pl.lit("reduced"))
        .otherwise(pl.lit("granted"))
    )
    decided = given.filter(amount.is_not_null() & pl.col("stop").ne_missing(LEFT_OUT))
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
        "region",
        school_year=pl.lit(subsidy.school_year),
        pupils_applied="pupils",
        amount_applied="amount",
        pupils_allowed=pl.when(pl.col("stop").is_null()).then("pupils_allowed").otherwise(0),
        amount=to_euro(amount),
        outcome=outcome,
        currency=pl.lit(subsidy.currency),
    )
    return Grants(rows.select(pl.col(name).cast(dtype) for name, dtype in GRANT_COLUMNS.items()))


def _unknown_terms(subsidy: Subsidy, applied: GrantedApplications) -> Iterator[str]:
    """Yield the schools, amounts per pupil and ceilings of applications that the file leaves out or unknown."""
    name = subsidy.scheme
    left_out = applied.filter(pl.col("stop") == LEFT_OUT)["brin"].unique().sort()
    if len(left_out) and subsidy.left_out:
        words = f"applications for {', '.join(left_out)} in Caribisch Nederland are not decided on"
        yield f"{name}: {words} ({citation(subsidy, subsidy.left_out)})"
    missing = applied.filter(pl.col("stop").is_null() & pl.col("rate_cents").is_null())
    for sector, count in missing.group_by("sector").len().sort("sector").iter_rows():
        where = citation(subsidy, subsidy.groups[sector].per_pupil)
        yield f"{name}: {count} applications of {sector} are not decided on: its amount is not known ({where})"
    windows = applied.filter(pl.col("stop").is_null()).group_by("window_name", "sector").len()
    for window, sector in windows.sort("window_name", "sector").select("window_name", "sector").iter_rows():
        if (ceiling := subsidy.windows[window].ceilings[sector]).value is None:
            words = f"the ceiling for {sector} in window {window} is not known, so none is applied"
            yield f"{name}: {words} ({citation(subsidy, ceiling)})"


def _undelivered_inputs(subsidy: Subsidy, applied: GrantedApplications, inputs: GrantInputs) -> Iterator[str]:
    """Yield the pupils, scores and lists that applications need and that were not delivered."""
    name, day = subsidy.scheme, subsidy.reference_date.value
    counted = set(inputs.pupils["school_type"])
    for sector, group in subsidy.groups.items():
        if not counted & set(group.school_types) and (applied["stop"] == UNCOUNTED).any():
            yield f"{name}: no {sector} pupils of {day} were delivered, so such schools are refused"
    sectors = set(applied["sector"].drop_nulls())
    for one in subsidy.raised.when if subsidy.raised else ():
        where, concerned = citation(subsidy, one), not one.groups or sectors & set(one.groups)
        if one.value == "apcg":
            yield f"{name}: no file tells which schools have apcg pupils, so these raise no share ({where})"
        elif one.value == "score" and concerned and inputs.scored.is_empty():
            yield f"{name}: no scores of {day} were delivered, so these raise no share ({where})"
        elif one.value == "leerplus" and concerned and inputs.leerplus.is_empty():
            yield f"{name}: no leerplus list was delivered, so it raises no share ({where})"


def _unstated(subsidy: Subsidy, applied: GrantedApplications) -> Iterator[str]:
    """Yield what is assumed of applications that do not state it."""
    name, free = subsidy.scheme, applied.filter(pl.col("stop").is_null() | (pl.col("stop") == FULL))
    ranked = free.filter(pl.col("preference").is_not_null() & pl.col("granted_before").is_null())
    if ranked.height:
        words = "count as schools without the subsidy in the year before, for no EERDER_VERLEEND says otherwise"
        yield f"{name}: {ranked.height} rows of applications {words}"
    if not subsidy.is_of_regions:
        return
    own = free.filter("own_region")["board"].unique().sort()
    if len(own):
        yield f"{name}: no REGIO is stated by board {', '.join(own)}, so each is a region of its own"
    said = pl.col("new_region").fill_null(False)
    mixed = free.filter(said.any().over("window_name", "region_name") & ~pl.col("is_new"))
    for region in mixed["region_name"].unique().sort():
        yield f"{name}: NIEUWE_REGIO of region {region} differs between rows, so it counts as no new one"


_SCHOOL = ["board", "brin"]


def lower_unfinished(subsidy: Subsidy, inputs: GrantInputs, granted: GrantedApplications) -> GrantedApplications:
    """Lower the grants of boards that reported on all their schools, and on too few who finished.

    Returns:
        The rows, with full_cents (the amount before) and, per board, board_pupils (granted) and board_finished:
        null where nothing is lowered. Of a school at most the pupils count for whom subsidy was granted.
    """
    share = subsidy.completion.share.value if subsidy.completion else None
    given = granted.filter(pl.col("amount_cents") > 0)
    schools = given.group_by(_SCHOOL).agg(pupils=pl.col("pupils_granted").sum())
    reported = schools.join(finished_pupils(subsidy, inputs), on=_SCHOOL, how="left")
    boards = reported.group_by("board").agg(
        board_pupils=pl.col("pupils").sum(),
        board_finished=pl.min_horizontal("finished", "pupils").sum(),
        is_whole=pl.col("finished").is_not_null().all(),
    )
    if share is None:
        boards = boards.clear()
    else:
        too_few = pl.col("board_finished") * share.denominator < pl.col("board_pupils") * share.numerator
        boards = boards.filter(too_few & pl.col("is_whole"))
    rows = granted.join(boards.drop("is_whole"), on="board", how="left").sort("receipt")
    amount = pl.col("amount_cents")
    lowered = running_share(amount, pl.col("board_finished"), pl.col("board_pupils"), ["board"])
    is_lowered = pl.col("board_pupils").is_not_null() & (amount > 0)
    return GrantedApplications(
        rows.with_columns(
            full_cents=pl.when(is_lowered).then(amount),
            amount_cents=pl.when(is_lowered).then(lowered).otherwise(amount),
        )
    )


def finished_pupils(subsidy: Subsidy, inputs: GrantInputs) -> FinishedPupils:
    """Select the latest report of each board on each school."""
    mine = inputs.completions.filter(pl.col("scheme") == subsidy.scheme).sort("delivery_id", "line")
    latest = mine.unique(_SCHOOL, keep="last", maintain_order=True)
    return FinishedPupils(latest.select(*_SCHOOL, "finished"))


def unused_reports(subsidy: Subsidy, inputs: GrantInputs, granted: GrantedApplications) -> Iterator[str]:
    """Yield what is odd about reports of participants who finished, a sentence each."""
    reports = finished_pupils(subsidy, inputs)
    if reports.is_empty():
        return
    name = subsidy.scheme
    if subsidy.completion is None:
        yield f"{name}: its rules lower no grant, so {reports.height} reports of participants change nothing"
        return
    given = granted.filter(pl.col("full_cents").fill_null(pl.col("amount_cents")) > 0)
    schools = given.group_by(_SCHOOL).agg(pupils=pl.col("pupils_granted").sum())
    both = schools.join(reports, on=_SCHOOL, how="full", coalesce=True).sort(_SCHOOL)
    for board, brin, pupils, finished in both.select(*_SCHOOL, "pupils", "finished").iter_rows():
        if pupils is None:
            yield f"{name}: board {board} reports on {brin}, for which it was granted nothing; that is passed over"
        elif finished is not None and finished > pupils:
            words = f"reports that {finished} finished at {brin}, where {pupils} were granted; {pupils} count"
            yield f"{name}: board {board} {words}"
    partly = both.filter(pl.col("pupils").is_not_null()).group_by("board", maintain_order=True)
    for board, missing, told in partly.agg(
        missing=pl.col("brin").filter(pl.col("finished").is_null()), told=pl.col("finished").count()
    ).iter_rows():
        if missing and told:
            words = f"does not report on {', '.join(missing)}, so its grants are not lowered yet"
            yield f"{name}: board {board} {words}"
