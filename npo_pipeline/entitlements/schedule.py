"""Instalments: an entitlement by month, and who receives them after a merger, a closure or before an opening.

A month is that of whoever is there on its first day, as with boards (contract, section 4): a change on the first
of November holds for the instalment of November, one on the second for that of December.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import NamedTuple, TypeAlias

import polars as pl

from npo_pipeline.entitlements.model import COMPONENT_KEY
from npo_pipeline.errors import Refused
from npo_pipeline.money import cumulative_share
from schemas.frames.money import EntitledCents, MonthlyCents, Reassignments, Shares, Successors
from schemas.received import Changes


def instalments(entitled: EntitledCents, shares: Shares) -> MonthlyCents:
    """Cut every entitlement into instalments, which add up to it exactly; sorted.

    What is due up to and including a month is the share of the amount, rounded to the cent; an instalment
    is the difference with the month before (contract, section 4).

    Args:
        entitled: under a regulation.
        shares: of the same regulation.
    """
    due = cumulative_share(pl.col("amount_cents"), pl.col("numerator"), pl.col("denominator"))
    monthly = (
        entitled.select(*COMPONENT_KEY, "amount_cents")
        .join(shares.select("component", "month", "numerator", "denominator"), on="component", how="inner")
        .sort(*COMPONENT_KEY, "month")
        .with_columns(due=due)
        .with_columns(amount_cents=pl.col("due") - pl.col("due").shift(1, fill_value=0).over(COMPONENT_KEY))
    )
    return MonthlyCents(
        monthly.filter(pl.col("amount_cents") != 0).select(*COMPONENT_KEY, "month", "amount_cents")
    )


CHANGE_KINDS = {"fusie": "merger", "sluiting": "closure", "opening": "opening"}
"""The kinds of changes that move instalments; a transfer to another board moves who is paid, not what."""

REASSIGNMENT_COLUMNS = [*COMPONENT_KEY, "month", "cause", "other_vestiging", "amount_cents"]
_SUCCESSORS = {"vestiging": pl.String, "month": pl.Date, "cause": pl.String, "other_vestiging": pl.String}


class _Event(NamedTuple):
    """Represent a change of a school; `kind`: a key of `CHANGE_KINDS`."""

    effective: date
    kind: str
    successor: str | None


class _Ways(NamedTuple):
    """Represent what follows a closure, and a merger into a school that opens later."""

    continue_after_closure: bool
    before_opening: bool


_Lifecycles: TypeAlias = Mapping[str, list[_Event]]
"""vestiging -> its changes in order of day, the first of them its opening."""


def instalment_successors(
    changes: Changes,
    months: Iterable[date],
    *,
    continue_after_closure: bool,
    late_mergers: bool,
    before_opening: bool,
) -> Successors:
    """Return who receives the instalment of a school that is merged, closed or not yet open in a month.

    Of two changes of one school on one day the one that was delivered last counts, so that a wrong change is
    undone by another of the same day.

    Args:
        changes: in order of delivery.
        months: the months of payment.
        continue_after_closure: whether the instalments of a school that closes run on.
        late_mergers: whether a merger on 1 August moves them from the next calendar year on.
        before_opening: whether a successor gets them before it opens too, as in older versions; else the school
            that merges into it keeps them until then.

    Raises:
        Refused: mergers lead in a circle.
    """
    lifecycles = _lifecycles(changes, late_mergers=late_mergers)
    how = _Ways(continue_after_closure, before_opening)
    rows = [
        (vestiging, month, *successor)
        for vestiging in lifecycles
        for month in months
        if (successor := _successor(vestiging, month, lifecycles, how))
    ]
    return Successors(pl.DataFrame(rows, schema=_SUCCESSORS, orient="row"))


def reassigned(due: MonthlyCents, successors: Successors) -> Reassignments:
    """Return the instalments that change hands, or fall away: what one school loses to another the other gets."""
    leaving = due.join(successors.rename({"vestiging": "beneficiary"}), on=["beneficiary", "month"], how="inner")
    coming = leaving.filter(pl.col("other_vestiging").is_not_null()).with_columns(
        beneficiary="other_vestiging", other_vestiging="beneficiary"
    )
    gone = leaving.with_columns(amount_cents=-pl.col("amount_cents"))
    return Reassignments(pl.concat([gone.select(REASSIGNMENT_COLUMNS), coming.select(REASSIGNMENT_COLUMNS)]))


def apply_adjustments(due: MonthlyCents, adjustments: Reassignments) -> MonthlyCents:
    """Return instalments with their adjustments."""
    if adjustments.is_empty():
        return due
    columns = [*COMPONENT_KEY, "month", "amount_cents"]
    both = pl.concat([due.select(columns), adjustments.select(columns)])
    summed = both.group_by(*COMPONENT_KEY, "month").agg(pl.col("amount_cents").sum())
    return MonthlyCents(summed.filter(pl.col("amount_cents") != 0))


def _lifecycles(changes: Changes, *, late_mergers: bool) -> _Lifecycles:
    """Return the changes of each school, the last delivered of a day only; with what it was before the first."""
    moving = changes.filter(pl.col("kind").is_in(list(CHANGE_KINDS)))
    rows = moving.with_row_index("order").sort("vestiging", "effective", "order")
    found: dict[str, list[_Event]] = {}
    for vestiging, group in groupby(rows.iter_rows(named=True), key=lambda row: str(row["vestiging"])):
        events = [_Event(row["effective"], row["kind"], row["successor"]) for row in group]
        days = {event.effective: event for event in events}
        # Whoever merges or closes first of all was there before, also when a later delivery says otherwise.
        opens_first = all(one.kind == "opening" for one in events if one.effective == events[0].effective)
        before = [] if opens_first else [_Event(date.min, "opening", None)]
        moved = [_after_calendar_year(one) if late_mergers else one for one in days.values()]
        found[vestiging] = [*before, *sorted(moved, key=lambda one: one.effective)]
    return found


def _after_calendar_year(event: _Event) -> _Event:
    """Return a merger on 1 August as one on the next 1 January, and any other change as it is.

    The law knows a merger of secondary schools on 1 August only (WVO 2020, 4.24(4)); another is taken as it comes.
    """
    if event.kind != "fusie" or (event.effective.month, event.effective.day) != (8, 1):
        return event
    return event._replace(effective=date(event.effective.year + 1, 1, 1))


def _successor(vestiging: str, month: date, lifecycles: _Lifecycles, how: _Ways) -> tuple[str, str | None] | None:
    """Return why the instalment of a month is not the school's own, and whose it is; null where it is its own."""
    if not _is_open(vestiging, month, lifecycles):
        return CHANGE_KINDS["opening"], None
    path = list(_path(vestiging, month, lifecycles, how))
    if path[-1] is None:
        return CHANGE_KINDS["sluiting"], None
    return (CHANGE_KINDS["fusie"], path[-1]) if path[-1] != vestiging else None


def _is_open(vestiging: str, month: date, lifecycles: _Lifecycles) -> bool:
    """Return whether a school was open on the first day of a month; it may be closed since."""
    return vestiging not in lifecycles or lifecycles[vestiging][0].effective <= month


def _path(vestiging: str, month: date, lifecycles: _Lifecycles, how: _Ways) -> Iterator[str | None]:
    """Yield the school, and those it merged into one after the other; null at the end where the last is closed."""
    here, passed = vestiging, [vestiging]
    yield here
    while last := next((one for one in reversed(lifecycles.get(here, [])) if one.effective <= month), None):
        if last.kind == "sluiting" and not how.continue_after_closure:
            yield None
        if last.kind != "fusie":
            return
        if last.successor is None:  # the schema of a changes file wants one: somebody took it out of the books
            raise Refused(
                f"{here} merged on {last.effective} and nothing says into which school; see `npo verify`"
            )
        if not how.before_opening and not _is_open(last.successor, month, lifecycles):
            return
        here = last.successor
        if here in passed:
            circle = " -> ".join([*passed, here])
            raise Refused(
                f"mergers lead in a circle on {month} ({circle}); ingest a change of the same day that puts one "
                "right"
            )
        passed.append(here)
        yield here
