"""A closed year stays as it is, and over all years everything adds up: what stands and all corrections of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from npo_pipeline.accounts.statement import FLOWS, ClosedBooks, YearAccounts, account_for
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas.accounted import ACCOUNTABILITY_CORRECTIONS, SPENDING
from schemas.columns import schema_of
from schemas.received import SCHOOLS
from schemas.tables import validated
from tests.effort import examples
from tests.reading import rows
from tests.spec.accounts.boards import (
    BOARD,
    MOVED,
    OTHER_BOARD,
    PAID,
    SCHOOL,
    SPENT,
    accounted,
    basis,
    but,
    closed_as,
)

LATER = {"year": 2022, "today": date(2023, 3, 1)}
PAID_LATER = but(PAID, paid_month=date(2022, 2, 1))
KEPT = {"board": BOARD, "brin": SCHOOL, "carried_out": Decimal("400.00"), "currency": "EUR"}
NOTHING = but(SPENT, year=2022, amount="0.00")
CLOSED = closed_as(received="1000.00", spent="600.00")


def corrected(closed: ClosedBooks = CLOSED, **otherwise: Any) -> tuple[list[tuple], list[tuple]]:
    """The corrections in 2022, and the school: what it opens with, its corrections, what it leaves over."""
    done = accounted(**{**LATER, "before": (KEPT,), "closed": closed, **otherwise})
    found = validated(done.corrections, ACCOUNTABILITY_CORRECTIONS)
    columns = ("carried_in", "received", "spent", "transferred", "corrections", "carried_out")
    return rows(found, "of_year", "brin", "received", "spent", "transferred"), [
        tuple(map(str, row)) for row in done.accountability.filter(brin=SCHOOL, board=BOARD).select(columns).rows()
    ]


def test_a_closed_year_that_nothing_came_in_of_is_not_corrected():
    assert corrected() == ([], [("400.00", "0.00", "0.00", "0.00", "0.00", "400.00")])


def test_later_spending_of_a_closed_year_is_corrected_in_the_open_year():
    # 650,00 by now, and 600,00 was closed: 400,00 - 50,00 is left
    found, school = corrected(spent=(but(SPENT, amount="650.00"),))
    assert found == [(2021, SCHOOL, Decimal("0.00"), Decimal("50.00"), Decimal("0.00"))]
    assert school == [("400.00", "0.00", "0.00", "0.00", "-50.00", "350.00")]


def test_a_later_payment_for_a_closed_year_is_corrected_in_the_open_year():
    found, school = corrected(paid=(PAID, but(PAID, paid_month=date(2021, 12, 1), amount="25.00")))
    assert found == [(2021, SCHOOL, Decimal("25.00"), Decimal("0.00"), Decimal("0.00"))]
    assert school == [("400.00", "0.00", "0.00", "0.00", "25.00", "425.00")]


def test_what_a_closed_year_since_corrected_is_not_corrected_again():
    """2022 corrected 50,00 of 2021 and was closed too; by now it is 80,00 more: 2023 corrects 30,00."""
    before = corrected(spent=(but(SPENT, amount="650.00"),))
    assert len(before[0]) == 1
    row = {"year": 2022, "of_year": 2021, "board": BOARD, "brin": SCHOOL, "currency": "EUR"}
    cents = dict.fromkeys(FLOWS, Decimal("0.00")) | {"spent": Decimal("50.00")}
    since = pl.DataFrame([{**row, **cents}], schema=schema_of(ACCOUNTABILITY_CORRECTIONS))
    both = pl.concat([CLOSED.accountability, closed_as(2022).accountability])
    closed = ClosedBooks((2021, 2022), both, since.select(list(schema_of(ACCOUNTABILITY_CORRECTIONS))))
    done = accounted(
        year=2023, today=date(2024, 3, 1), closed=closed, spent=(but(SPENT, amount="680.00"),)
    ).corrections
    assert rows(done, "year", "of_year", "spent") == [(2023, 2021, Decimal("30.00"))]


def test_a_reserve_that_moved_in_a_closed_year_is_corrected_with_both_boards():
    moved = (but(MOVED, amount="100.00"), but(MOVED, board=OTHER_BOARD, amount="100.00"))
    done = accounted(**LATER, before=(KEPT,), closed=CLOSED, moved=moved)
    assert rows(done.corrections, "board", "transferred") == [
        (BOARD, Decimal("-100.00")),
        (OTHER_BOARD, Decimal("100.00")),
    ]
    assert rows(done.accountability, "board", "carried_out") == [
        (BOARD, Decimal("300.00")),
        (OTHER_BOARD, Decimal("100.00")),
    ]


def test_a_part_of_the_spending_that_changes_alone_is_a_correction_that_leaves_the_balance():
    found = accounted(**LATER, before=(KEPT,), closed=CLOSED, spent=(but(SPENT, external="10.00"),))
    assert rows(found.corrections, "spent", "external") == [(Decimal("0.00"), Decimal("10.00"))]
    assert found.accountability["corrections"].to_list() == [Decimal("0.00")]


def test_a_row_of_a_closed_year_that_came_later_has_its_findings_in_the_open_year():
    late = but(SPENT, line=7, intervention="Schoolreis")
    closed = replace(CLOSED, late_spending=pl.DataFrame([late], schema=schema_of(SPENDING)))
    found = accounted(**{**LATER, "before": (KEPT,), "closed": closed, "spent": (late, NOTHING)}).findings
    [(year, rule, message, line)] = rows(found, "year", "rule", "message", "line")
    assert (year, rule, line) == (2022, "not_on_menu", 7)
    assert message.startswith("'Schoolreis' staat niet op de menukaart van 2021, categorie A")


# Whatever happens, in whatever order years are closed.

YEARS = (2021, 2022, 2023)
BOARDS, BRINS = (BOARD, OTHER_BOARD), (SCHOOL, "02BB")
HOLDERS = {
    SCHOOL: ((date(2020, 8, 1), BOARD), (date(2022, 1, 15), OTHER_BOARD)),
    "02BB": ((date(2020, 8, 1), BOARD),),
}
"""01AA moves on 15 January 2022."""

DIRECTORY = pl.DataFrame(
    [
        {**dict.fromkeys(schema_of(SCHOOLS)), "vestiging": f"{brin}00", "brin": brin, "board": board}
        | {"valid_from": day}
        for brin, held in HOLDERS.items()
        for day, board in held
    ],
    schema=schema_of(SCHOOLS),
)
RULES = year_end_rules()
FEW_FINDINGS = {name: RULES.accountability.findings[name] for name in ("told_twice", "corrected_closed_year")}
FEW_RULES = replace(RULES, accountability=RULES.accountability.model_copy(update={"findings": FEW_FINDINGS}))
"""Findings have their tests elsewhere, and take most of the time."""

CENTS = st.integers(0, 10**6)
EVENTS = st.one_of(
    st.tuples(
        st.just("pay"),
        st.sampled_from(YEARS),
        st.integers(1, 12),
        st.sampled_from(BOARDS),
        st.sampled_from(BRINS),
        st.integers(-(10**5), 10**6),
    ),
    st.tuples(
        st.just("spend"), st.sampled_from(YEARS), st.sampled_from(BOARDS), st.lists(CENTS, min_size=2, max_size=2)
    ),
    st.tuples(st.just("move"), st.sampled_from(YEARS), st.sampled_from(BOARDS), CENTS),
    st.tuples(st.just("decide"), st.sampled_from((2021, 2022)), st.sampled_from(BRINS), CENTS),
    st.just(("close",)),
)


@dataclass
class Books:
    """All that came in, as rows; the years that are closed, with their accounts."""

    payments: list[dict] = field(default_factory=list)
    spending: dict[tuple[int, str], list[dict]] = field(default_factory=dict)
    moved: dict[tuple[int, str], dict] = field(default_factory=dict)
    totals: dict[tuple[int, str], int] = field(default_factory=dict)
    accounts: dict[int, YearAccounts] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)

    def take(self, event: tuple) -> None:
        """Take one event in, or close the first open year."""
        match event:
            case ("pay", year, month, board, brin, cents):
                row = {"paid_month": date(year, month, 1), "board": board, "brin": brin}
                self.payments.append(but(PAID, amount=money(cents)) | row)
            case ("spend", year, board, amounts):
                self.spending[year, board] = [
                    but(SPENT, line=line, year=year, board=board, brin=brin, amount=money(cents))
                    for line, (brin, cents) in enumerate(zip(BRINS, amounts, strict=True))
                ]
            case ("move", year, board, cents):
                self.moved[year, board] = but(MOVED, year=year, board=board, amount=money(cents))
            case ("decide", year, brin, cents):
                self.totals[year, brin] = cents
            case ("close",) if len(self.closed) < len(YEARS) - 1:
                self.account(YEARS[len(self.closed)])
                self.closed.append(YEARS[len(self.closed)])

    def account(self, year: int) -> None:
        """Account for an open year, as `npo account` does."""
        before = self.accounts[year - 1].accountability if year > YEARS[0] else None
        inputs = basis(
            paid=tuple(self.payments),
            spent=tuple(row for part in self.spending.values() for row in part),
            consents=(),
            moved=tuple(self.moved.values()),
            totals=tuple(
                {"school_year": f"{one}-{one + 1}", "vestiging": f"{brin}00", "currency": "EUR"}
                | {"amount": Decimal(money(cents))}
                for (one, brin), cents in self.totals.items()
            ),
            year=year,
            today=date(year + 1, 3, 1),
        )
        opened = {} if before is None else {"before": before.with_columns(run_id=pl.lit(""))}
        told = replace(inputs, schools=DIRECTORY, rules=FEW_RULES, closed=self.closed_books(year), **opened)
        self.accounts[year] = account_for(told)

    def closed_books(self, year: int) -> ClosedBooks:
        if not self.closed or year != self.closed[-1] + 1:
            return ClosedBooks()
        return ClosedBooks(
            tuple(self.closed),
            pl.concat(self.accounts[one].accountability for one in self.closed),
            pl.concat(self.accounts[one].corrections for one in self.closed),
        )


def money(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):.2f}"


def as_cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def half_away(cents: int, k: int) -> int:
    """k twelfths of an amount that is not negative, to the cent."""
    return (2 * cents * k + 12) // 24


def truth(books: Books) -> Counter:
    """What came in by now, straight from the events: (flow, year, board, brin) -> cents."""
    found: Counter = Counter()
    for row in books.payments:
        found["received", row["paid_month"].year, row["board"], row["brin"]] += as_cents(row["amount"])
    for (year, board), reported in books.spending.items():
        for row in reported:
            found["spent", year, board, row["brin"]] += as_cents(row["amount"])
    for year in {year for year, _ in books.moved}:
        least = min(as_cents(books.moved[year, one]["amount"]) for one in BOARDS if (year, one) in books.moved)
        found["transferred", year, BOARD, SCHOOL] -= least
        found["transferred", year, OTHER_BOARD, SCHOOL] += least
    for (year, brin), cents in books.totals.items():
        for k in range(1, 13):
            month = date(year, 7 + k, 1) if k <= 5 else date(year + 1, k - 5, 1)
            holder = [board for day, board in HOLDERS[brin] if day <= month][-1]
            found["accrued", month.year, holder, brin] += half_away(cents, k) - half_away(cents, k - 1)
    return not_zero(found)


def not_zero(found: Mapping) -> Counter:
    return Counter({key: cents for key, cents in found.items() if cents})


def accounted_for(books: Books) -> Counter:
    """What the accounts of all years say, each year with all corrections of it."""
    found: Counter = Counter()
    for year, done in books.accounts.items():
        for part, of_year in ((done.accountability, "year"), (done.corrections, "of_year")):
            for row in part.iter_rows(named=True):
                assert row["year"] == year
                for flow in ("received", "spent", "transferred", "accrued"):
                    found[flow, row[of_year], row["board"], row["brin"]] += as_cents(row[flow])
    return not_zero(found)


@settings(max_examples=examples(8), deadline=None)
@given(st.lists(EVENTS, max_size=12))
@example([("pay", 2021, 9, BOARD, SCHOOL, 100), ("close",), ("pay", 2021, 12, BOARD, SCHOOL, 7), ("close",)])
@example([("close",), ("decide", 2021, SCHOOL, 11), ("close",), ("decide", 2021, SCHOOL, 31)])
def test_over_all_years_everything_adds_up_whatever_is_closed_when(events):
    books = Books()
    for event in events:
        books.take(event)
    for year in YEARS[len(books.closed) :]:
        books.account(year)
    assert accounted_for(books) == truth(books)
    # The chain: what the last year leaves over is all that ever came in less all that went out.
    left: Counter = Counter()
    for (flow, _, board, brin), cents in truth(books).items():
        if flow != "accrued":
            left[board, brin] += -cents if flow == "spent" else cents
    last = books.accounts[YEARS[-1]].accountability
    over = {(row["board"], row["brin"]): as_cents(row["carried_out"]) for row in last.iter_rows(named=True)}
    assert not_zero(over) == not_zero(left)
    accrued = sum(cents for (flow, *_), cents in accounted_for(books).items() if flow == "accrued")
    assert accrued == sum(books.totals.values())


@settings(max_examples=examples(8), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(BOARDS), st.sampled_from(BOARDS), st.sampled_from(BRINS), CENTS), max_size=8
    )
)
def test_reserves_that_move_add_up_to_nothing_over_all_boards(told):
    moved = tuple(
        but(MOVED, line=line, board=board, brin=brin, amount=money(cents))
        | {"from_board": giver, "to_board": next(one for one in BOARDS if one != giver)}
        for line, (board, giver, brin, cents) in enumerate(told)
    )
    found = accounted(moved=moved).accountability
    assert found["transferred"].sum() == 0
    left = pl.sum_horizontal("carried_in", "received", -pl.col("spent"), "transferred")
    assert found.filter(pl.col("carried_out") != left).is_empty()
