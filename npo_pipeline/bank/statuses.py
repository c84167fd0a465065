"""Statuses of transfers by the answers of a bank: events, amounts that are withheld again, contradictions.

A status only rises: sent, accepted, rejected, booked, returned. So the order in which files come does not matter,
and the same fact in two files counts once. A transfer that is rejected or returned frees its payments. One that
turns out to be booked after all holds them again, unless they were sent in another transfer meanwhile: then money
may have gone out twice, which is kept and named, and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from npo_pipeline.money import to_cents, to_euro
from schemas.frames.bank import (
    CONTRADICTIONS,
    FACTS,
    TRANSFER_STATES,
    Claims,
    Contradictions,
    DistinctFacts,
    EventFacts,
    Facts,
    FreshFacts,
    RealEvents,
    SentAgain,
    TransferStates,
)
from schemas.released import (
    ACCEPTED,
    BOOKED,
    FAILED,
    REJECTED,
    RETURNED,
    SENT,
    TRANSFER_STATUSES,
    Batches,
    TransferEvents,
    TransferOrders,
    TransferPayments,
    Withheld,
)

LIVE_AGAIN = "booked before; its payments are in no other transfer any more"
"""Reason of an event that applies an earlier booking, which did not count until now."""

_RANKS = {status: rank for rank, status in enumerate(TRANSFER_STATUSES)}


@dataclass(frozen=True, kw_only=True)
class TransferHistory:
    """Hold what was sent to the bank and what it said of it so far.

    `statements`: the SHA-256 of the files that were read and are statements (camt.053).
    """

    batches: Batches
    orders: TransferOrders
    payments: TransferPayments
    events: TransferEvents
    statements: frozenset[str] = frozenset()

    def real_events(self) -> RealEvents:
        """Return the events that a file says itself, and whether each is of an entry of a statement."""
        real = self.events.filter(pl.col("reason").fill_null("") != LIVE_AGAIN)
        return RealEvents(real.with_columns(is_entry=pl.col("sha256").is_in(sorted(self.statements))))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Hold what is new, events and withheld amounts (without `run_id`), and all contradictions that are open."""

    events: TransferEvents
    withheld: Withheld
    contradictions: Contradictions


def new_events(facts: Sequence[Facts], released: TransferHistory) -> Outcome:
    """Return what facts add to what is known.

    A fact that is known is no event, nor an acceptance that came late; an entry of a statement is one, once.
    What contradicts what is known, or came after what overtakes it, is an event that does not count (`applied` is
    false).
    """
    before = transfer_states(released)
    fresh = _fresh(facts, released, before)
    claims = _claims(fresh, before, released)
    upheld = _upheld(claims, fresh, before, released)
    is_upheld = pl.col("is_new") & pl.col("end_to_end_id").is_in(upheld)
    blocked = claims.filter(~is_upheld)["end_to_end_id"].to_list()
    applies = pl.col("applied") & ~(pl.col("end_to_end_id").is_in(blocked) & (pl.col("status") == BOOKED))
    found = fresh.with_columns(applied=applies)
    earlier = Claims(claims.filter(~pl.col("is_new") & pl.col("end_to_end_id").is_in(upheld)))
    events = _numbered(EventFacts(pl.concat([found.select(_EVENT), _live_again(earlier)])), released)
    after = replace(
        released,
        events=TransferEvents(pl.concat([released.events.select(events.columns), events])),
        statements=released.statements.union(*(one.filter("is_statement")["sha256"] for one in facts)),
    )
    return Outcome(
        events=events,
        withheld=_withheld(before, transfer_states(after)),
        contradictions=open_contradictions(after),
    )


def transfer_states(released: TransferHistory) -> TransferStates:
    """Return the status of each transfer: that of its last event that counts."""
    last = (
        released.events.filter(pl.col("applied"))
        .sort("end_to_end_id", "sequence")
        .unique("end_to_end_id", keep="last", maintain_order=True)
        .select("end_to_end_id", "status")
    )
    states = released.orders.join(last, on="end_to_end_id", how="left").with_columns(
        pl.col("status").fill_null(SENT)
    )
    return TransferStates(states.select(TRANSFER_STATES))


def open_contradictions(released: TransferHistory) -> Contradictions:
    """Return the transfers that were booked more often than they may be: money may have gone out twice."""
    counted = (
        released.real_events()
        .group_by("end_to_end_id")
        .agg(
            surplus=_times(BOOKED) - _times(RETURNED),
            booked_on=pl.col("happened_on").filter(pl.col("status") == BOOKED).max(),
        )
    )
    is_live = ~pl.col("status").is_in(FAILED)
    states = transfer_states(released)
    twice = states.join(counted, on="end_to_end_id", how="inner").filter(
        pl.col("surplus") > is_live.cast(pl.Int64)
    )
    again = _sent_again(TransferStates(twice), states, released.payments)
    found = twice.join(again, on="end_to_end_id", how="left").sort("booked_on", "end_to_end_id")
    return Contradictions(found.select(list(CONTRADICTIONS)))


def _times(status: str) -> pl.Expr:
    """Count the times that a transfer was booked or returned: the entries of statements, or one without any."""
    is_it = pl.col("status") == status
    entries = (is_it & pl.col("is_entry")).sum().cast(pl.Int64)
    return pl.max_horizontal(entries, is_it.any().cast(pl.Int64))


def _fresh(facts: Sequence[Facts], released: TransferHistory, before: TransferStates) -> FreshFacts:
    """Return the facts that no event is of, in the order in which they count; `applied`: whether each would."""
    new = _unknown_facts(_distinct(Facts(pl.concat([Facts(pl.DataFrame(schema=FACTS)), *facts]))), released)
    start = before.select("end_to_end_id", start=_rank(pl.col("status")))
    ranked = new.join(start, on="end_to_end_id", how="left").with_columns(rank=_rank(pl.col("status")))
    ranked = ranked.sort("end_to_end_id", "rank", "nth", "happened_on", maintain_order=True)
    highest = pl.col("rank").cum_max().shift(1).over("end_to_end_id").fill_null(-1)
    counted = ranked.with_columns(applied=pl.col("rank") > pl.max_horizontal("start", highest))
    return FreshFacts(counted.filter(pl.col("applied") | (pl.col("status") != ACCEPTED)))


_FACT = ["end_to_end_id", "status"]


def _distinct(facts: Facts) -> DistinctFacts:
    """Return each fact once, whatever number of files says it.

    Entries of statements are others when they are of different days, or of one day in one statement: a payment
    file that was uploaded twice is booked twice. Any other repetition is the same fact.
    """
    is_entry = pl.col("is_statement") & pl.col("status").is_in((BOOKED, RETURNED))
    every = facts.with_columns(entry_day=pl.when(is_entry).then(pl.col("happened_on")))
    every = every.with_columns(nth=pl.int_range(pl.len()).over("sha256", *_FACT, "entry_day"))
    # A notification is of the entry that a statement has.
    of_statement = ~is_entry.any().over(_FACT) & (pl.col("nth") == 0)
    once = every.filter(is_entry | of_statement)
    return DistinctFacts(once.unique([*_FACT, "entry_day", "nth"], keep="first", maintain_order=True))


def _unknown_facts(facts: DistinctFacts, released: TransferHistory) -> DistinctFacts:
    """Return the facts that no event is of: entries of statements by their day, others on whatever day."""
    real = released.real_events()
    known = real.group_by(_FACT).agg(known=pl.len())
    on_day = real.filter("is_entry").group_by(*_FACT, entry_day="happened_on").agg(known_on_day=pl.len())
    both = facts.join(known, on=_FACT, how="left", maintain_order="left")
    both = both.join(on_day, on=[*_FACT, "entry_day"], how="left", maintain_order="left")
    times = pl.when(pl.col("entry_day").is_null()).then("known").otherwise("known_on_day")
    return DistinctFacts(both.filter(pl.col("nth") >= times.fill_null(0)).drop("known", "known_on_day"))


def _claims(fresh: FreshFacts, before: TransferStates, released: TransferHistory) -> Claims:
    """Return the rejected transfers that turn out to be booked, now or earlier: they claim their payments back."""
    rejected = before.filter(pl.col("status") == REJECTED)["end_to_end_id"].implode()
    returned = fresh.filter(pl.col("status") == RETURNED)["end_to_end_id"].implode()
    mine = pl.col("end_to_end_id").is_in(rejected) & ~pl.col("end_to_end_id").is_in(returned)
    columns = ("end_to_end_id", "happened_on", "sha256")
    is_booking = mine & (pl.col("status") == BOOKED)
    new = fresh.filter(is_booking).select(*columns, "amount_cents", is_new=pl.lit(True))
    old = released.events.filter(is_booking).select(
        *columns, amount_cents=to_cents(pl.col("amount")), is_new=pl.lit(False)
    )
    first = pl.concat([old, new]).sort("happened_on", "end_to_end_id", maintain_order=True)
    return Claims(first.unique("end_to_end_id", keep="first", maintain_order=True))


def _upheld(claims: Claims, fresh: FreshFacts, before: TransferStates, released: TransferHistory) -> list[str]:
    """Return the claims that no other transfer stands in the way of: no payment is in one that did not fail."""
    if claims.is_empty():
        return []
    last = fresh.filter(pl.col("applied")).group_by("end_to_end_id").agg(pl.col("status").last().alias("now"))
    after = before.join(last, on="end_to_end_id", how="left").select(
        "end_to_end_id", status=pl.coalesce("now", "status")
    )
    claimed = claims["end_to_end_id"].implode()
    live = after.filter(~pl.col("status").is_in(FAILED) & ~pl.col("end_to_end_id").is_in(claimed))
    in_them = released.payments.join(claims.select("end_to_end_id"), on="end_to_end_id", how="semi")
    others = released.payments.join(live.select("end_to_end_id"), on="end_to_end_id", how="semi")
    taken = set(others.join(in_them, on="payment_id", how="semi")["payment_id"])
    payments = dict(in_them.group_by("end_to_end_id").agg("payment_id").iter_rows())
    upheld = []
    for one in claims["end_to_end_id"]:
        mine = set(payments.get(one, ()))
        if not mine & taken:
            upheld.append(one)
            taken |= mine
    return upheld


def _live_again(claims: Claims) -> EventFacts:
    """Return the events that apply bookings which did not count until now."""
    events = claims.with_columns(
        status=pl.lit(BOOKED),
        reason_code=pl.lit(None, pl.String),
        reason=pl.lit(LIVE_AGAIN),
        applied=pl.lit(True),
    )
    return EventFacts(events.select(_EVENT))


_EVENT = (
    *("end_to_end_id", "status", "happened_on", "reason_code", "reason", "amount_cents", "applied", "sha256"),
)


def _numbered(events: EventFacts, released: TransferHistory) -> TransferEvents:
    known = released.events.group_by("end_to_end_id").agg(known=pl.len().cast(pl.Int64))
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("end_to_end_id") + pl.col("known").fill_null(0)
    numbered = events.join(known, on="end_to_end_id", how="left", maintain_order="left").with_columns(
        sequence=number, amount=to_euro(pl.col("amount_cents"))
    )
    columns = ("status", "happened_on", "reason_code", "reason", "amount", "applied", "sha256")
    return TransferEvents(numbered.select("end_to_end_id", "sequence", *columns).sort("end_to_end_id", "sequence"))


def _withheld(before: TransferStates, after: TransferStates) -> Withheld:
    """Return what is withheld again of transfers that failed, and no longer of those that did not after all."""
    now = after.select("end_to_end_id", now="status")
    was_live, is_live = ~pl.col("status").is_in(FAILED), ~pl.col("now").is_in(FAILED)
    changed = before.join(now, on="end_to_end_id", how="inner").filter(was_live != is_live)
    rows = changed.with_columns(
        amount=pl.when(was_live).then(pl.col("amount")).otherwise(-pl.col("amount")),
        reason=pl.when(is_live).then(pl.col("status")).otherwise(pl.col("now")),
    )
    columns = ("month", "recipient_kind", "recipient", "currency", "amount", "reason", "end_to_end_id")
    return Withheld(rows.select(columns).sort("end_to_end_id"))


def _sent_again(transfers: TransferStates, states: TransferStates, payments: TransferPayments) -> SentAgain:
    live = states.filter(~pl.col("status").is_in(FAILED)).select("end_to_end_id")
    mine = payments.join(transfers.select("end_to_end_id"), on="end_to_end_id", how="semi")
    others = payments.join(live, on="end_to_end_id", how="semi").select("payment_id", again="end_to_end_id")
    pairs = mine.select("end_to_end_id", "payment_id").join(others, on="payment_id", how="inner")
    pairs = pairs.filter(pl.col("again") != pl.col("end_to_end_id")).sort("again")
    ids = pl.col("again").unique(maintain_order=True).str.join(", ")
    return SentAgain(pairs.group_by("end_to_end_id").agg(again=ids))


def _rank(status: pl.Expr) -> pl.Expr:
    return status.replace_strict(_RANKS, return_dtype=pl.Int64)
