"""The sums of a specification: per school and component, by cause, by transfer, and of the months to come."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.reports.specification import model
from schemas.columns import schema_of
from schemas.frames.reports import PAYMENT_TRANSFERS
from schemas.received import SCHOOLS
from tests.spec.specification.boards import (
    ALLOWANCE,
    CARIBBEAN,
    NPO,
    SEPTEMBER,
    correction,
    euro,
    full,
    instalment,
    month,
    specified,
    to_come,
)

OF_BRIN = ["vestiging", "component", "instalment", "correction", "amount"]


def texts(rows: pl.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    """The values of some columns as texts, so that a table can be read."""
    return [tuple(str(value) for value in row) for row in rows.select(columns).iter_rows()]


def test_an_instalment_and_corrections_of_one_component_are_one_row():
    paid = [
        instalment("40045", "16AH00", "100.00"),
        correction("40045", "16AH00", "-20.00", "2021-08", "reference_count"),
        correction("40045", "16AH00", "5.50", "2021-08", "rate_change"),
        instalment("40045", "16AH00", "7.00", component="achterstandsscore"),
        instalment("40045", "16AH01", "50.00"),
    ]
    assert texts(model.place_amounts(specified(paid).paid), OF_BRIN) == [
        ("16AH00", "achterstandsscore", "7.00", "0.00", "7.00"),
        ("16AH00", "per_pupil", "100.00", "-14.50", "85.50"),  # 100.00 - 20.00 + 5.50
        ("16AH01", "per_pupil", "50.00", "0.00", "50.00"),
    ]


def test_currencies_school_years_and_regulations_are_never_added():
    paid = [
        instalment("40045", "16AH00", "100.00"),
        instalment("40045", "16AH00", "30.00", component="arbeidsmarkttoelage", scheme=ALLOWANCE),
        instalment("40045", "16AH00", "1.00", school_year="2020-2021"),
        instalment("40045", "29XY00", "10.00", currency="USD", scheme=CARIBBEAN),
    ]
    totals = model.part_totals(specified(paid).paid)
    assert texts(totals, ["school_year", "scheme", "currency", "amount"]) == [
        ("2020-2021", NPO, "EUR", "1.00"),
        ("2021-2022", CARIBBEAN, "USD", "10.00"),
        ("2021-2022", NPO, "EUR", "100.00"),
        ("2021-2022", ALLOWANCE, "EUR", "30.00"),
    ]


def test_corrections_of_several_months_with_one_cause_are_one_row_and_what_cancels_out_is_none():
    paid = [
        correction("40045", "16AH00", "-20.00", "2021-08", "reference_count"),
        correction("40045", "16AH00", "-10.00", "2021-09", "reference_count"),
        correction("40045", "16AH00", "3.00", "2021-08", "merger"),
        correction("40045", "16AH01", "4.00", "2021-08", "merger"),
        correction("40045", "16AH01", "-4.00", "2021-09", "merger"),
    ]
    causes = model.paid_causes(specified(paid).paid)
    assert texts(causes, ["vestiging", "cause", "first", "last", "amount"]) == [
        ("16AH00", "merger", "2021-08-01", "2021-08-01", "3.00"),
        ("16AH00", "reference_count", "2021-08-01", "2021-09-01", "-30.00"),
    ]


def test_a_month_to_come_is_its_instalments_corrections_and_what_is_withheld_now():
    coming = [
        to_come("40045", "16AH00", "60.00", "2021-10"),
        to_come("40045", "16AH01", "40.00", "2021-10"),
        to_come("40045", "16AH01", "-15.00", "2021-10", "correction"),
        to_come("40045", "16AH01", "-8.00", "2021-10", "withheld"),
        to_come("40045", "16AH00", "60.00", "2021-11"),
    ]
    data = specified([instalment("40045", "16AH00", "1.00")], coming=coming)
    assert texts(model.months_to_come(data.to_come), ["month", *model.KINDS, "amount"]) == [
        ("2021-10-01", "100.00", "-15.00", "-8.00", "77.00"),
        ("2021-11-01", "60.00", "0.00", "0.00", "60.00"),
    ]
    assert texts(model.taken_back(data.to_come), ["vestiging", "month", "amount"]) == [
        ("16AH01", "2021-10-01", "-15.00")
    ]


def test_every_payment_is_in_one_row_of_the_transfers():
    data = full()
    key = ["board", "currency"]
    paid = data.paid.group_by(key).agg(pl.col("amount").sum()).sort(key)
    moved = data.transfers.group_by(key).agg(pl.col("amount").sum()).sort(key)
    assert paid.equals(moved)
    assert texts(paid, [*key, "amount"]) == [("40045", "EUR", "16010.42"), ("40045", "USD", "-880.00")]


def school(vestiging: str, name: str, since: str, until: str | None = None) -> dict:
    return {
        "vestiging": vestiging,
        "brin": vestiging[:4],
        "board": "40045",
        "name": name,
        "place": "Emmen",
        "valid_from": date.fromisoformat(since),
        "valid_to": date.fromisoformat(until) if until else None,
    }


WAY = [
    "payment_id",
    "state",
    "end_to_end_id",
    "released_month",
    "execution_date",
    "iban",
    "whole",
    "reason_code",
    "reason",
]


def sources(*rows: dict, way: list[tuple], coming: tuple[dict, ...] = (), schools: tuple[dict, ...] = ()):
    """What specifications are made of: payments, where each is, a forecast, and the directory."""
    named = [{**row, "payment_id": f"{number:032x}"} for number, row in enumerate(rows)]
    paid = pl.DataFrame(named).drop("scheme", "name", "place", "end_to_end_id", "state")
    types = {name: PAYMENT_TRANSFERS.get(name, pl.String) for name in WAY}
    forecast = pl.DataFrame(
        [{**one, "recipient_kind": "bestuur", "recipient": one["board"]} for one in coming],
        schema={"month": pl.Date, "amount": pl.Decimal(18, 2)}
        | dict.fromkeys(
            (
                *("school_year", "recipient_kind", "recipient", "vestiging"),
                *("school_type", "component", "currency", "kind"),
            ),
            pl.String,
        ),
    )
    return model.SpecificationSources(
        header=model.SpecificationHeader(month=SEPTEMBER, paid_on=date(2021, 9, 1)),
        paid=paid,
        on_their_way=pl.DataFrame(way, schema=types, orient="row"),
        forecast=forecast,
        schools=pl.DataFrame(schools, schema=schema_of(SCHOOLS)),
        board_names=pl.DataFrame({"board": ["40045"], "name": ["Stichting"]}),
        regulations=pl.DataFrame(
            [("2021-2022", "EUR", "bao", "per_pupil", "po.yaml", "2021-2022-001")],
            schema=["school_year", "currency", "school_type", "component", "regulation", "decision_id"],
            orient="row",
        ),
        titles={"po.yaml": NPO},
        next_month=month("2021-10"),
    )


def nowhere(number: int, state: str = "open", reason: str | None = None) -> tuple:
    """A payment in no transfer."""
    return (f"{number:032x}", state, None, None, None, None, None, None, reason)


def test_a_school_has_the_name_of_the_month_that_is_paid_and_the_title_of_its_regulation():
    renamed = (
        school("16AH00", "De Oude Naam", "2019-08-01", "2021-10-01"),
        school("16AH00", "De Nieuwe Naam", "2021-10-01"),
    )
    opened = school("16AH01", "Later geopend", "2022-08-01")
    rows = [instalment("40045", one, "1.00") for one in ("16AH00", "16AH01", "16AH02")]
    way = [nowhere(number) for number in range(3)]
    found = model.specifications(sources(*rows, way=way, schools=(*renamed, opened)))
    assert texts(found.paid, ["vestiging", "name", "scheme"]) == [
        ("16AH00", "De Oude Naam", NPO),
        ("16AH01", "Later geopend", NPO),
        ("16AH02", "None", NPO),
    ]


def test_what_is_withheld_or_came_back_goes_out_with_a_month_to_come():
    back = (
        f"{2:032x}",
        "returned",
        "NPO-1",
        SEPTEMBER,
        date(2021, 9, 3),
        "NL91ABNA0417164300",
        euro("9.00"),
        "AC04",
        None,
    )
    sent = (
        f"{3:032x}",
        "booked",
        "NPO-2",
        SEPTEMBER,
        date(2021, 9, 3),
        "NL91ABNA0417164300",
        euro("7.00"),
        None,
        None,
    )
    rows = [instalment("40045", "16AH00", amount) for amount in ("100.00", "-25.00", "9.00", "7.00")]
    way = [nowhere(0, "open"), nowhere(1, "withheld", "not_above_zero"), back, sent]
    coming = to_come("40045", "16AH00", "50.00", "2021-10")
    found = model.specifications(sources(*rows, way=way, coming=(coming,)))
    assert texts(found.to_come, ["month", "kind", "amount"]) == [
        ("2021-10-01", "instalment", "50.00"),
        ("2021-10-01", "withheld", "-16.00"),  # -25.00 + 9.00; what is not released yet is not withheld
    ]
    assert texts(found.transfers.sort("state"), ["state", "end_to_end_id", "reason", "amount"]) == [
        ("booked", "NPO-2", "None", "7.00"),
        ("open", "None", "None", "100.00"),
        ("returned", "NPO-1", "None", "9.00"),
        ("withheld", "None", "not_above_zero", "-25.00"),
    ]


def test_what_was_paid_after_the_release_of_its_month_goes_out_with_a_month_to_come():
    rows = [instalment("40045", "16AH00", amount) for amount in ("100.00", "-130.00")]
    way = [nowhere(0, "open"), nowhere(1, "open", "after_release")]
    found = model.specifications(sources(*rows, way=way))
    assert texts(found.to_come, ["kind", "amount"]) == [("withheld", "-130.00")]


def test_a_month_that_pays_no_board_has_no_specifications():
    none = sources(instalment("40045", "16AH00", "1.00"), way=[])
    empty = replace(none, paid=none.paid.clear(), regulations=none.regulations.clear(), titles={})
    assert model.specifications(empty).boards() == []


def test_a_board_that_the_month_does_not_pay_has_no_specification_whatever_is_to_come():
    coming = [to_come("40046", "17BC00", "50.00", "2021-10")]
    data = specified([instalment("40045", "16AH00", "1.00")], coming=coming)
    (own,) = model.rows_by_board(data)
    assert (own.board, own.to_come, own.months) == ("40045", [], [])


def test_rows_of_boards_do_not_mix():
    paid = [instalment("40045", "16AH00", "1.00"), instalment("40046", "17BC00", "2.00")]
    names = {"40045": "Een", "40046": "Twee"}
    found = {one.board: (one.name, [row["amount"] for row in one.paid]) for one in _rows(paid, names)}
    assert found == {"40045": ("Een", [Decimal("1.00")]), "40046": ("Twee", [Decimal("2.00")])}


def _rows(paid, names):
    return model.rows_by_board(model.in_fixed_order(specified(paid, names=names)))


def test_the_parts_that_a_payment_is_made_of_keep_their_order_whatever_order_they_came_in():
    data = full()
    turned = model.SpecificationData(
        **{name: table.reverse() for name, table in data.tables().items()}, header=data.header
    )
    one, other = model.in_fixed_order(data), model.in_fixed_order(turned)
    assert all(one.tables()[name].equals(other.tables()[name]) for name in one.tables())
