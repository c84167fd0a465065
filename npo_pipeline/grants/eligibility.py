"""The way of an application: may it be made, how much can it come to, and what is left of the ceiling.

1. `check_eligibility`: within a window, as the board of the school, for a school with pupils, once.
2. `cap_amounts`: a share of the pupils of the school times the amount per pupil, and never more than asked.
3. `apply_ceilings`: what is available in a window goes to the applications in order of receipt, until it is gone.

Applications are judged in the order in which they were received: by day, and within a day in the order of the
delivery. `stop` names the first rule that refuses an application; null while none does.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.grants.terms import GrantInputs, part_of, terms, window_on
from npo_pipeline.money import to_cents
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.frames.money import CappedApplications, EligibleApplications, GrantedApplications, SchoolPupils
from schemas.received import Schools

OUTSIDE, UNCOUNTED, NOTHING, CLOSED, FULL = "outside", "uncounted", "nothing", "closed", "full"
NOT_BOARD_OF_SCHOOL, SECOND_APPLICATION = "not_board_of_school", "second_application"
"""Values of `stop`."""


def check_eligibility(subsidy: Subsidy, inputs: GrantInputs) -> EligibleApplications:
    """Judge the applications for a subsidy by everything but the amount."""
    applied = inputs.applications.filter(pl.col("scheme") == subsidy.scheme)
    placed = (
        applied.sort("applied_on", "delivery_id", "line")
        .with_row_index("receipt")
        .with_columns(window_name=window_on(subsidy, pl.col("applied_on")))
        .join(_counted(subsidy, inputs.pupils), on="brin", how="left", maintain_order="left")
        .with_columns(has_score=pl.col("brin").is_in(inputs.scored["brin"].implode()))
        .join(terms(subsidy), on=["window_name", "sector"], how="left", maintain_order="left")
        .join(
            _boards_of_schools(applied, inputs.schools),
            on=["brin", "applied_on"],
            how="left",
            maintain_order="left",
        )
    )
    is_board = pl.col("boards").list.contains(pl.col("board")).fill_null(False)
    stop = (
        pl.when(pl.col("window_name").is_null())
        .then(pl.lit(OUTSIDE))
        .when(~is_board)
        .then(pl.lit(NOT_BOARD_OF_SCHOOL))
        .when(pl.col("counted").is_null())
        .then(pl.lit(UNCOUNTED))
    )
    return _refuse_second(subsidy, placed.with_columns(stop=stop))


def _refuse_second(subsidy: Subsidy, placed: pl.DataFrame) -> EligibleApplications:
    """Refuse all but the first application per window, among those that nothing else refuses."""
    per = ["window_name", "brin" if subsidy.one_application_per.value == "school" else "board"]
    free = pl.col("stop").is_null()
    again = free & (free.cast(pl.Int64).cum_sum().over(per) > 1)
    first = pl.col("applied_on").filter(free).first().over(per)
    stop = pl.when(again).then(pl.lit(SECOND_APPLICATION)).otherwise("stop")
    return EligibleApplications(placed.with_columns(stop=stop, first_on=pl.when(again).then(first)))


def _counted(subsidy: Subsidy, pupils: SchoolPupils) -> pl.DataFrame:
    """Count the pupils of each school and place it in a group: brin, sector, counted.

    A school with pupils of two groups is of the one it has most of.
    """
    groups = {kind: name for name, group in subsidy.groups.items() for kind in group.school_types}
    sector = pl.col("school_type").replace_strict(groups, default=None, return_dtype=pl.String)
    known = pupils.with_columns(sector=sector).filter(pl.col("sector").is_not_null())
    sums = known.group_by("brin", "sector").agg(counted=pl.col("pupils").sum())
    most = sums.sort("counted", "sector", descending=[True, False])
    return most.unique("brin", keep="first", maintain_order=True)


def _boards_of_schools(applied: pl.DataFrame, schools: Schools) -> pl.DataFrame:
    """Find the boards that hold a vestiging of a school on the day of an application: brin, applied_on, boards.

    Before the first day known of a vestiging, its first board counts, as everywhere.
    """
    known = schools.select(
        "brin", "board", "valid_to", first=pl.col("valid_from").min().over("vestiging"), since="valid_from"
    )
    asked = applied.select("brin", "applied_on").unique()
    begun = (pl.col("since") <= pl.col("applied_on")) | (pl.col("since") == pl.col("first"))
    lasts = pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("applied_on"))
    of_school = asked.join(known, on="brin").filter(begun & lasts)
    return of_school.group_by("brin", "applied_on").agg(boards=pl.col("board").unique().sort())


def cap_amounts(subsidy: Subsidy, applied: EligibleApplications) -> CappedApplications:
    """Work out what each application can come to, before any ceiling.

    `most_pupils` is the share of the school's pupils, `most_cents` the pupils allowed times the amount per pupil,
    and `allowed_cents` that or what was asked, whichever is lower; 0 where `stop` is set. An application that
    comes to nothing is stopped.
    """
    share, rounding = subsidy.share.known("the share of pupils"), subsidy.rounding.known("the rounding")
    raised = subsidy.raised.share.value if subsidy.raised else None
    has_score = subsidy.raised and "score" in [one.value for one in subsidy.raised.when]
    is_raised = pl.col("has_score") if raised and has_score else pl.lit(False)
    ordinary = part_of(pl.col("counted"), share, rounding)
    most = pl.when(is_raised).then(part_of(pl.col("counted"), raised or share, rounding)).otherwise(ordinary)
    worked = (
        applied.with_columns(is_raised=is_raised, most_pupils=most, asked_cents=to_cents(pl.col("amount")))
        .with_columns(pupils_allowed=pl.min_horizontal("pupils", "most_pupils"))
        .with_columns(most_cents=pl.col("pupils_allowed") * pl.col("rate_cents"))
    )
    lower = pl.min_horizontal("most_cents", "asked_cents")
    free, known = pl.col("stop").is_null(), pl.col("rate_cents").is_not_null()
    comes_to = pl.when(free & known).then(lower).when(~free).then(pl.lit(0))
    found = worked.with_columns(allowed_cents=comes_to)
    nothing = free & (pl.col("allowed_cents") == 0)
    return CappedApplications(found.with_columns(stop=pl.when(nothing).then(pl.lit(NOTHING)).otherwise("stop")))


def apply_ceilings(subsidy: Subsidy, allowed: CappedApplications) -> GrantedApplications:
    """Share out the ceilings. A ceiling that is not known is not applied, and counts as not reached."""
    shut = allowed.join(
        _closed_windows(subsidy, allowed), on=["window_name", "sector"], how="left", maintain_order="left"
    )
    is_shut = pl.col("stop").is_null() & pl.col("closed").fill_null(False)
    open_ones = shut.with_columns(stop=pl.when(is_shut).then(pl.lit(CLOSED)).otherwise("stop"))
    whole = pl.col("allowed_cents").cum_sum().over("window_name", "sector")
    before = whole - pl.col("allowed_cents")
    ceiling = pl.col("ceiling_cents")
    given = pl.min_horizontal(whole, ceiling) - pl.min_horizontal(before, ceiling)
    amount = pl.when(ceiling.is_null()).then("allowed_cents").otherwise(given)
    shared = open_ones.with_columns(amount_cents=pl.when(pl.col("stop").is_null()).then(amount).otherwise(0))
    full = pl.col("stop").is_null() & (pl.col("amount_cents") == 0)
    stop = pl.when(full).then(pl.lit(FULL)).otherwise("stop")
    return GrantedApplications(shared.with_columns(stop=stop).drop("closed"))


def _closed_windows(subsidy: Subsidy, allowed: CappedApplications) -> pl.DataFrame:
    """Return whether each window is closed for each group: window_name, sector, closed."""
    each = allowed.filter(pl.col("stop").is_null()).group_by("window_name", "sector")
    asked = {
        (window, sector): cents for window, sector, cents in each.agg(pl.col("allowed_cents").sum()).iter_rows()
    }
    gone: dict[tuple[str, str], bool] = {}
    rows: list[tuple[str, str, bool]] = []
    for name, window in subsidy.windows.items():
        for sector in subsidy.groups:
            needs, ceiling = window.only_while_left, window.ceilings[sector].value
            closed = bool(needs and needs.value and gone[needs.value, sector])
            reached = ceiling is not None and asked.get((name, sector), 0) >= ceiling * 100
            gone[name, sector] = closed or reached
            rows.append((name, sector, closed))
    schema = {"window_name": pl.String, "sector": pl.String, "closed": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")
