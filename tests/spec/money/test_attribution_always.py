"""Whatever is decided, taken back and spread: nothing is settled beyond what was made due."""

from __future__ import annotations

from datetime import date
from random import Random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.payments.attribution import ITEM_KEY, attribute_corrections, open_items
from tests.books.recalibration.model import part
from tests.effort import examples
from tests.spec.money.items import KIND, NONE_BOOKED, NONE_SETTLED

SCHOOLS, MONTHS = 60, 18
CAUSES = ("reference_count", "rate_change", "merger")


def decided(die: Random) -> list[dict]:
    """What decisions make due of 60 schools, and over how many months (0: at once) each is spread."""
    rows = []
    for school in range(SCHOOLS):
        mine: list[dict] = []
        for sequence in range(2, die.randint(3, 7)):
            taken = {"beneficiary": f"{school:04d}00", "sequence": sequence, "decision_id": f"d{sequence}"}
            taken |= {"since": die.randint(sequence - 1, sequence + 1), "over": die.choice([0, 1, 2, 3, 10])}
            if mine and die.random() < 0.5:
                made = [{**one, **taken, "cents": -one["cents"]} for one in mine[-1]["made"]]
            else:
                made = [
                    {**taken, "cause": cause, "month": date(2021, month, 1), "cents": die.randint(-100, 100)}
                    for cause in die.sample(CAUSES, die.randint(1, 2))
                    for month in die.sample([9, 10], die.randint(1, 2))
                ]
            mine.append({"made": made})
        rows += [one for taken in mine for one in taken["made"]]
    return rows


def payable(corrections: pl.DataFrame, month: int) -> dict[str, int]:
    """What is to be paid of each school up to and including a month, of all corrections."""
    sums: dict[str, int] = {}
    for school, since, over, cents in corrections.iter_rows():
        reached = part(cents, min(month - since, over), over) if over else cents
        sums[school] = sums.get(school, 0) + reached
    return sums


@given(st.integers(0, 2**32))
@settings(max_examples=examples(2, thorough=60), deadline=None)
def test_a_receivable_never_has_another_sign_than_what_was_made_due_nor_exceeds_it(seed):
    rows = decided(Random(seed))
    items = pl.DataFrame(rows).rename({"cents": "amount_cents"}).with_columns(**_kind())
    corrections = items.group_by("beneficiary", "decision_id", "since", "over").agg(pl.col("amount_cents").sum())
    settled, paid = NONE_SETTLED, {}
    runs = pl.DataFrame({"school_year": ["2021-2022"], "currency": ["EUR"], "month": [date(2021, 9, 1)]})
    runs = runs.with_columns(sequence=pl.lit(1, pl.Int64))
    for month in range(1, MONTHS):
        known = items.filter(pl.col("since") < month)
        taken = corrections.filter(pl.col("since") < month)
        due = payable(taken.select("beneficiary", "since", "over", "amount_cents"), month)
        now = {school: cents - paid.get(school, 0) for school, cents in due.items()}
        paid |= due
        columns = {"beneficiary": list(now), "payment_id": list(now), "amount_cents": list(now.values())}
        payments = pl.DataFrame(columns, schema_overrides={"amount_cents": pl.Int64, "beneficiary": pl.String})
        payments = payments.filter(pl.col("amount_cents") != 0).with_columns(**_kind())
        parts = attribute_corrections(payments, open_items(known, settled, NONE_BOOKED, runs))
        assert _sums(parts) == _sums(payments)
        placed = parts.join(payments.select("payment_id", "beneficiary"), on="payment_id").with_columns(**_kind())
        settled = pl.concat([settled, placed.select(settled.columns)])
        done = settled.group_by(ITEM_KEY).agg(done=pl.col("amount_cents").sum())
        each = known.join(done, on=ITEM_KEY, how="left").with_columns(pl.col("done").fill_null(0))
        signed = pl.col("done") * pl.col("amount_cents").sign()
        beyond = each.filter(~signed.is_between(0, pl.col("amount_cents").abs()))
        assert beyond.is_empty(), beyond
    assert settled["amount_cents"].sum() == items["amount_cents"].sum()


def _kind() -> dict[str, pl.Expr]:
    return {name: pl.lit(word) for name, word in KIND.items()}


def _sums(rows: pl.DataFrame) -> dict[str, int]:
    summed = rows.group_by("payment_id").agg(pl.col("amount_cents").sum()).filter(pl.col("amount_cents") != 0)
    return dict(summed.iter_rows())
