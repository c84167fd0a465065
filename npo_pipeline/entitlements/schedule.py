"""When an entitlement is paid: its instalments by month, which add up to it exactly.

The life of a school: where its instalments go after a merger, a closure or before an opening.

A month is that of whoever is there on its first day, as with boards (contract, section 4): a change on the first
of November holds for the instalment of November, one on the second for that of December.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import NamedTuple

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.money import cumulative_share


def instalments(entitled: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """Cut every entitlement into instalments.

    What is due up to and including a month is the share of the amount, rounded to the cent; an instalment
    is the difference with the month before (contract, section 4).

    Args:
        entitled: vestiging, school_type, component, amount_cents.
        shares: component, month, numerator, denominator: the cumulative share up to and including it.

    Returns:
        vestiging, school_type, component, month, amount_cents (never 0), sorted by the first four.
    """
    key = ["vestiging", "school_type", "component"]
    due = cumulative_share(pl.col("amount_cents"), pl.col("numerator"), pl.col("denominator"))
    monthly = (
        entitled.select(*key, "amount_cents")
        .join(shares.select("component", "month", "numerator", "denominator"), on="component", how="inner")
        .sort(*key, "month")
        .with_columns(due=due)
        .with_columns(amount_cents=pl.col("due") - pl.col("due").shift(1, fill_value=0).over(key))
    )
    return monthly.filter(pl.col("amount_cents") != 0).select(*key, "month", "amount_cents")


KEY = ["vestiging", "school_type", "component"]
CHANGE_KINDS = {"fusie": "merger", "sluiting": "closure", "opening": "opening"}
"""The kinds of changes that move instalments; a transfer to another board moves who is paid, not what."""

WHEREABOUTS = {"vestiging": pl.String, "month": pl.Date, "cause": pl.String, "other_vestiging": pl.String}
MOVED = [*KEY, "month", "cause", "other_vestiging", "amount_cents"]


class _Event(NamedTuple):
    effective: date
    kind: str
    successor: str | None


Lives = Mapping[str, "list[_Event]"]


def instalment_recipients(changes: pl.DataFrame, months: Iterable[date], *, runs_out: bool) -> pl.DataFrame:
    """Whose the instalments are of the schools that are not there in some month, or not yet.

    Of two changes of one school on one day the one that was told last is believed, so that a change told
    wrongly is undone by another of the same day.

    Args:
        changes: effective, kind, vestiging, successor, in the order in which they were told.
        months: the months of payment.
        runs_out: whether the instalments of a school that closes run on.

    Returns:
        vestiging, month, cause, other_vestiging (who gets it; null: nobody), for the months in which it is
        another than the school itself.

    Raises:
        Refused: mergers lead in a circle.
    """
    lives = _lives(changes)
    rows = [
        (vestiging, month, *moved)
        for vestiging in lives
        for month in months
        if (moved := _moved(vestiging, month, lives, runs_out))
    ]
    return pl.DataFrame(rows, schema=WHEREABOUTS, orient="row")


def reassigned(due: pl.DataFrame, where: pl.DataFrame) -> pl.DataFrame:
    """What changes hands, or falls away, of instalments.

    Args:
        due: vestiging, school_type, component, month, amount_cents.
        where: `whereabouts`.

    Returns:
        vestiging, school_type, component, month, cause, other_vestiging, amount_cents: below zero where it
        leaves a school, above where it comes to one; what one loses to another the other gets.
    """
    leaving = due.join(where, on=["vestiging", "month"], how="inner")
    coming = leaving.filter(pl.col("other_vestiging").is_not_null()).with_columns(
        vestiging="other_vestiging", other_vestiging="vestiging"
    )
    gone = leaving.with_columns(amount_cents=-pl.col("amount_cents"))
    return pl.concat([gone.select(MOVED), coming.select(MOVED)])


def apply_adjustments(due: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """Instalments with their adjustments: vestiging, school_type, component, month, amount_cents (never 0)."""
    if adjustments.is_empty():
        return due
    columns = [*KEY, "month", "amount_cents"]
    both = pl.concat([due.select(columns), adjustments.select(columns)])
    return both.group_by(*KEY, "month").agg(pl.col("amount_cents").sum()).filter(pl.col("amount_cents") != 0)


def _lives(changes: pl.DataFrame) -> Lives:
    """The changes of each school by day, the last told of a day only; with what it was before the first."""
    told = changes.filter(pl.col("kind").is_in(list(CHANGE_KINDS)))
    rows = told.with_row_index("told").sort("vestiging", "effective", "told")
    found: dict[str, list[_Event]] = {}
    for vestiging, group in groupby(rows.iter_rows(named=True), key=lambda row: str(row["vestiging"])):
        events = [_Event(row["effective"], row["kind"], row["successor"]) for row in group]
        days = {event.effective: event for event in events}
        # Whoever merges or closes first of all was there before, also when that is told otherwise later.
        opens_first = all(one.kind == "opening" for one in events if one.effective == events[0].effective)
        before = [] if opens_first else [_Event(date.min, "opening", None)]
        found[vestiging] = [*before, *days.values()]
    return found


def _moved(vestiging: str, month: date, lives: Lives, runs_out: bool) -> tuple[str, str | None] | None:
    """Why the instalment of a month is not the school's own, and whose it is; nothing where it is its own."""
    if lives[vestiging][0].effective > month:
        return CHANGE_KINDS["opening"], None
    path = list(_path(vestiging, month, lives, runs_out))
    if path[-1] is None:
        return CHANGE_KINDS["sluiting"], None
    return (CHANGE_KINDS["fusie"], path[-1]) if path[-1] != vestiging else None


def _path(vestiging: str, month: date, lives: Lives, runs_out: bool) -> Iterator[str | None]:
    """The school, and those it merged into one after the other; ends with nothing where the last is closed."""
    here, seen = vestiging, [vestiging]
    yield here
    while last := next((one for one in reversed(lives.get(here, [])) if one.effective <= month), None):
        if last.kind == "sluiting" and not runs_out:
            yield None
        if last.kind != "fusie":
            return
        if last.successor is None:  # the schema of a changes file wants one: somebody took it out of the books
            raise Refused(
                f"{here} merged on {last.effective} and nothing says into which school; see `npo verify`"
            )
        here = last.successor
        if here in seen:
            circle = " -> ".join([*seen, here])
            raise Refused(
                f"mergers lead in a circle on {month} ({circle}); ingest a change of the same day that puts one "
                "right"
            )
        seen.append(here)
        yield here
