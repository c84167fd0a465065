"""Decisions and payments worked out a second time, from what was received and from the rules that were kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.commands.grant import Text, grants_again, has_applications, nothing_entitled, subsidies_among
from npo_pipeline.counts.schools import directory
from npo_pipeline.entitlements.trace import TRACED
from npo_pipeline.errors import Refused
from npo_pipeline.grants.basis import inputs_of as grant_inputs_of
from npo_pipeline.grants.granted import GRANTED
from npo_pipeline.home.books import Books
from npo_pipeline.home.live import all_facts
from npo_pipeline.home.manifest import text_sha256
from npo_pipeline.instalments.decided import ENTITLED, INSTALLED, Decided, basis_of, work_out
from npo_pipeline.instalments.ruled import inputs_of, rules_of
from npo_pipeline.payments.booking import payments_of
from npo_pipeline.regulations.load import LoadedRegulation, parse_texts
from npo_pipeline.regulations.subsidies.load import parse_subsidy_texts
from schemas import tables

INSTALLED_ROWS = [name for name in INSTALLED if name != "currency"]
"""What table `instalments` holds of an instalment: its currency is that of its decision."""


def decision_faults(books: Books) -> Iterator[str]:
    """Every decision: what it rests on, and its entitlements, instalments and grants, worked out again."""
    texts = {sha: (name, text) for sha, name, text in books.table("regulations").iter_rows()}
    done: dict[str, int] = {}
    for row in books.frame("from decisions order by run_id, decision_id").iter_rows(named=True):
        name, series = row["decision_id"], f"{row['school_year']} in {row['currency']}"
        done[series] = done.get(series, 0) + 1
        if row["sequence"] != done[series]:
            yield f"{name}: is decision {done[series]} of {series}, not {row['sequence']}"
        try:
            rules = _kept_rules(texts, row["regulation_sha256"])
        except Refused as refusal:
            yield f"{name}: {refusal}"
            continue
        yield from _decision_apart(books, row, rules)


@dataclass(frozen=True)
class _KeptRules:
    """The rules of a decision, from their kept texts: of each the file and the overlays on it."""

    regulations: tuple[LoadedRegulation, ...]
    subsidies: tuple[Sequence[Text], ...]


def _kept_rules(texts: dict[str, Text], hashes: str) -> _KeptRules:
    """The rules that were kept under hashes; those of a file and its overlays are joined by `+`.

    Raises:
        Refused: they are gone or changed, or this program cannot read them.
    """
    kept = [[texts.get(sha256, ("", "")) for sha256 in one.split("+")] for one in hashes.split(" ")]
    found = " ".join("+".join(text_sha256(text) for _, text in one) for one in kept)
    if found != hashes:
        raise Refused("the text of its regulation is gone or changed")
    of_subsidies = tuple(subsidies_among(kept))
    return _KeptRules(tuple(parse_texts(one) for one in kept if one not in of_subsidies), of_subsidies)


def _decision_apart(books: Books, decision: dict[str, Any], rules: _KeptRules) -> Iterator[str]:
    run_id, day = decision["run_id"], decision["reference_date"]
    live = _live_at(books, run_id)
    inputs = inputs_of(live, rules.regulations, day) if rules.regulations else {}
    if has_applications(live):
        for one in rules.subsidies:
            inputs |= grant_inputs_of(parse_subsidy_texts(one).subsidy, live)
    yield from _inputs_apart(books, decision["decision_id"], inputs)
    known = directory(_facts_at(books, all_facts(books), run_id))
    again = nothing_entitled()
    if rules.regulations:
        basis = basis_of(inputs, books.table("counts"), books.table("scores"), known)
        again = work_out(decision["school_year"], [rules_of(one) for one in rules.regulations], basis)
    granted = grants_again(books, decision, rules.subsidies, inputs, known)
    yield from _decided_apart(books, decision, again.of(decision["currency"]), granted)


def _decided_apart(books: Books, decision: dict[str, Any], again: Decided, granted: pl.DataFrame) -> Iterator[str]:
    name = decision["decision_id"]
    held, found = (
        books.frame(f"from {table} where decision_id = ?", [name]) for table in ("entitlements", "grants")
    )
    yield from apart(f"{name}, entitlements", again.entitlements, held, ENTITLED)
    due = books.frame("from instalments where decision_id = ?", [name])
    yield from apart(f"{name}, instalments", again.instalments, due, INSTALLED_ROWS)
    traced = books.frame("from trace where decision_id = ?", [name])
    yield from apart(f"{name}, trace", again.trace, traced, TRACED)
    yield from apart(f"{name}, grants", granted, found, list(GRANTED))
    if (total := pl.concat([held["amount"], found["amount"]]).sum()) != decision["total"]:
        yield f"{name}: total is {decision['total']}, its entitlements and grants add up to {total}"


def _inputs_apart(books: Books, decision: str, inputs: dict[str, list[str]]) -> Iterator[str]:
    expected = {(subject, delivery) for subject, names in inputs.items() for delivery in names}
    rows = books.frame("select used_for, delivery_id from decision_inputs where decision_id = ?", [decision])
    for subject, delivery in sorted(expected ^ set(rows.iter_rows())):
        says = "should rest" if (subject, delivery) in expected else "should not rest"
        yield f"{decision}: {says} on delivery {delivery} for {subject}"


def payment_faults(books: Books) -> Iterator[str]:
    """Every payment run, settled again from the decisions and payments there were before it."""
    decisions, instalments = books.table("decisions"), books.table("instalments")
    payments, facts = books.table("payments"), all_facts(books)
    runs = books.frame("select run_id, month from runs where command = 'pay' order by 1")
    others = payments.join(runs, on="run_id", how="anti").height
    if others:
        yield f"{others} payments belong to no payment run"
    undecided = payments.join(decisions, on=["decision_id", "school_year"], how="anti").height
    if undecided:
        yield f"{undecided} payments rest on a decision that is not there, so no run can be settled again"
        return
    for run_id, month in runs.iter_rows():
        if month is None:
            yield f"{run_id}: is a payment run without a month"
            continue
        then = decisions.filter(pl.col("run_id") < run_id)
        last = pl.col("sequence").max().over("school_year", "currency")
        latest = then.filter(pl.col("sequence") == last).select("school_year", "currency", "decision_id")
        again = payments_of(
            month,
            run_id,
            instalments=instalments.join(latest.select("currency", "decision_id"), on="decision_id"),
            ledger=payments.filter(pl.col("run_id") < run_id),
            latest=latest,
            schools=directory(_facts_at(books, facts, run_id)),
        )
        booked = payments.filter(pl.col("run_id") == run_id)
        yield from apart(run_id, again, booked, list(tables.PAYMENTS.columns))


def _facts_at(books: Books, facts: pl.DataFrame, run_id: str) -> pl.DataFrame:
    """What was known of schools when a run began."""
    then = books.frame("select delivery_id from deliveries where run_id < ?", [run_id])["delivery_id"]
    return facts.filter(pl.col("delivery_id").is_in(then.implode()))


def _live_at(books: Books, run_id: str) -> pl.DataFrame:
    """The deliveries that nothing had superseded when a run began."""
    return books.frame(
        """
        from deliveries d where run_id < $1 and not exists (
            from deliveries n where n.delivery_id = d.superseded_by and n.run_id < $1)""",
        [run_id],
    )


def apart(what: str, expected: pl.DataFrame, found: pl.DataFrame, columns: list[str]) -> Iterator[str]:
    """Rows that are there and should not be, and the other way round; a row can be there too often."""
    one, other = _numbered(expected, columns), _numbered(found, columns)
    missing = one.join(other, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    extra = other.join(one, on=one.columns, how="anti", nulls_equal=True).sort(columns)
    if extra.height or missing.height:
        first = pl.concat([extra, missing]).row(0, named=True)
        shown = ", ".join(f"{name} {first[name]}" for name in columns)
        yield f"{what}: {extra.height} rows do not follow, {missing.height} are missing; first: {shown}"


def _numbered(rows: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The rows with, for exact copies, a number of their own."""
    return rows.select(*columns, copy=pl.int_range(pl.len()).over(columns))
