"""Who may apply: within a window, as the board of the school, for a school with pupils, once.

Applications are judged in the order in which they were received: by day, and within a day in the order of the
delivery. `stop` names the first rule that refuses an application; null while none does.

How much a school may get: a share of its pupils times the amount per pupil, and never more than asked.

Ceilings: what is available in a window goes to the applications in order of receipt, until it is gone.
"""

from __future__ import annotations

import polars as pl

from npo_pipeline.grants.terms import Basis, part_of, sector_of, terms, window_on
from npo_pipeline.money import to_cents
from npo_pipeline.rulebook.subsidies.model import Subsidy

OUTSIDE, NOT_BOARD_OF_SCHOOL, UNCOUNTED, SECOND_APPLICATION = "outside", "stranger", "uncounted", "again"


def check_eligibility(subsidy: Subsidy, basis: Basis) -> pl.DataFrame:
    """Judge the applications for a subsidy by everything but the amount.

    Returns:
        The applications in order of receipt, with `receipt` (from 0), window_name, sector, counted (the pupils
        of the school on the reference date), has_score, held_by, first_on (the day of the application that
        counts, where this is another one), the terms of its window and group, and `stop`.
    """
    applied = basis.applications.filter(pl.col("scheme") == subsidy.scheme)
    placed = (
        applied.sort("applied_on", "delivery_id", "line")
        .with_row_index("receipt")
        .with_columns(window_name=window_on(subsidy, pl.col("applied_on")))
        .join(_counted(subsidy, basis.pupils), on="brin", how="left", maintain_order="left")
        .with_columns(has_score=pl.col("brin").is_in(basis.scored["brin"].implode()))
        .join(terms(subsidy), on=["window_name", "sector"], how="left", maintain_order="left")
        .join(_held_by(applied, basis.schools), on=["brin", "applied_on"], how="left", maintain_order="left")
    )
    holds = pl.col("held_by").list.contains(pl.col("board")).fill_null(False)
    stop = (
        pl.when(pl.col("window_name").is_null())
        .then(pl.lit(OUTSIDE))
        .when(~holds)
        .then(pl.lit(NOT_BOARD_OF_SCHOOL))
        .when(pl.col("counted").is_null())
        .then(pl.lit(UNCOUNTED))
    )
    return _once(subsidy, placed.with_columns(stop=stop))


def _once(subsidy: Subsidy, placed: pl.DataFrame) -> pl.DataFrame:
    """Of the applications that nothing else refuses, the first one per window counts."""
    per = ["window_name", "brin" if subsidy.one_application_per.value == "school" else "board"]
    free = pl.col("stop").is_null()
    again = free & (free.cast(pl.Int64).cum_sum().over(per) > 1)
    first = pl.col("applied_on").filter(free).first().over(per)
    return placed.with_columns(
        stop=pl.when(again).then(pl.lit(SECOND_APPLICATION)).otherwise("stop"), first_on=pl.when(again).then(first)
    )


def _counted(subsidy: Subsidy, pupils: pl.DataFrame) -> pl.DataFrame:
    """The pupils of each school and its group: brin, sector, counted.

    A school with pupils of two groups is of the one it has most of.
    """
    sector = pl.col("school_type").replace_strict(sector_of(subsidy), default=None, return_dtype=pl.String)
    known = pupils.with_columns(sector=sector).filter(pl.col("sector").is_not_null())
    sums = known.group_by("brin", "sector").agg(counted=pl.col("pupils").sum())
    most = sums.sort("counted", "sector", descending=[True, False])
    return most.unique("brin", keep="first", maintain_order=True)


def _held_by(applied: pl.DataFrame, schools: pl.DataFrame) -> pl.DataFrame:
    """The boards that hold a vestiging of a school on the day of an application.

    Before the first day known of a vestiging, its first board counts, as everywhere.
    """
    known = schools.select(
        "brin", "board", "valid_to", first=pl.col("valid_from").min().over("vestiging"), since="valid_from"
    )
    asked = applied.select("brin", "applied_on").unique()
    begun = (pl.col("since") <= pl.col("applied_on")) | (pl.col("since") == pl.col("first"))
    lasts = pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("applied_on"))
    held = asked.join(known, on="brin").filter(begun & lasts)
    return held.group_by("brin", "applied_on").agg(held_by=pl.col("board").unique().sort())


NOTHING = "nothing"


def cap_amounts(subsidy: Subsidy, applied: pl.DataFrame) -> pl.DataFrame:
    """Work out what each application can come to, before any ceiling.

    Args:
        subsidy: the rules.
        applied: what `admitted` gives.

    Returns:
        The applications with is_raised, most_pupils (the share of the school's pupils), pupils_allowed,
        most_cents (those times the amount per pupil), asked_cents and allowed_cents: the lower of the two, and
        0 where `stop` is set. An application that comes to nothing is stopped. All three are null where the
        amount per pupil of its group is not known.
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
    return found.with_columns(stop=pl.when(nothing).then(pl.lit(NOTHING)).otherwise("stop"))


CLOSED, FULL = "closed", "full"


def under_ceilings(subsidy: Subsidy, allowed: pl.DataFrame) -> pl.DataFrame:
    """Share out the ceilings.

    A ceiling that is not known is not applied, and counts as not reached.

    Args:
        subsidy: the rules.
        allowed: in order of receipt: window_name, sector, ceiling_cents, allowed_cents, stop, ...

    Returns:
        The applications with amount_cents: what they are given, 0 where `stop` is set.
    """
    closed = _closed(subsidy, allowed)
    shut = allowed.join(closed, on=["window_name", "sector"], how="left", maintain_order="left")
    is_shut = pl.col("stop").is_null() & pl.col("closed").fill_null(False)
    open_ones = shut.with_columns(stop=pl.when(is_shut).then(pl.lit(CLOSED)).otherwise("stop"))
    whole = pl.col("allowed_cents").cum_sum().over("window_name", "sector")
    before = whole - pl.col("allowed_cents")
    ceiling = pl.col("ceiling_cents")
    given = pl.min_horizontal(whole, ceiling) - pl.min_horizontal(before, ceiling)
    amount = pl.when(ceiling.is_null()).then("allowed_cents").otherwise(given)
    shared = open_ones.with_columns(amount_cents=pl.when(pl.col("stop").is_null()).then(amount).otherwise(0))
    full = pl.col("stop").is_null() & (pl.col("amount_cents") == 0)
    return shared.with_columns(stop=pl.when(full).then(pl.lit(FULL)).otherwise("stop")).drop("closed")


def _closed(subsidy: Subsidy, allowed: pl.DataFrame) -> pl.DataFrame:
    """The windows that are closed for a group: window_name, sector, closed. Looks once per window and group."""
    asked = {
        (window, sector): cents
        for window, sector, cents in allowed.filter(pl.col("stop").is_null())
        .group_by("window_name", "sector")
        .agg(pl.col("allowed_cents").sum())
        .iter_rows()
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
