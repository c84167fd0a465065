"""Payments of a made-up month to boards, written as small tables; and a whole country of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.reports.specification.model import SpecificationData, SpecificationHeader
from schemas.frames.reports import PAID_PARTS, PARTS_TO_COME, PAYMENT_TRANSFERS

SEPTEMBER = date(2021, 9, 1)
NPO = "Regeling bijzondere en aanvullende bekostiging uitvoering Nationaal Programma Onderwijs PO en VO"
ALLOWANCE = "Regeling bijzondere en aanvullende bekostiging uitvoering arbeidsmarkttoelage NPO PO en VO"
CARIBBEAN = "Aanvullende bekostiging Nationaal Programma Onderwijs, Caribisch Nederland, 2021-2022"


def euro(text: str) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"))


def month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def part(of: str, vestiging: str, amount: str, **more: Any) -> dict[str, Any]:
    """An amount for a vestiging: `per_pupil` of `bao` in euro by one regulation, unless it says more."""
    return {
        "board": of,
        "school_year": "2021-2022",
        "scheme": NPO,
        "currency": "EUR",
        "brin": vestiging[:4],
        "vestiging": vestiging,
        "name": None,
        "place": None,
        "school_type": "bao",
        "component": "per_pupil",
        "amount": euro(amount),
        **more,
    }


def instalment(of: str, vestiging: str, amount: str, **more: Any) -> dict[str, Any]:
    """The instalment of September, in no transfer yet."""
    when = {"kind": "instalment", "month": SEPTEMBER, "cause": None, "decision_id": "2021-2022-001"}
    name = hashlib.sha256(f"{of}{vestiging}{amount}{more}".encode()).hexdigest()[:32]
    return {
        **part(of, vestiging, amount),
        **when,
        "payment_id": name,
        "end_to_end_id": None,
        "state": "open",
        **more,
    }


def correction(of: str, vestiging: str, amount: str, about: str, cause: str | None, **more: Any) -> dict[str, Any]:
    """A correction of a month, for a cause, by the second decision."""
    of_it = {"kind": "correction", "month": month(about), "cause": cause, "decision_id": "2021-2022-002"}
    return instalment(of, vestiging, amount, **{**of_it, **more})


def to_come(
    of: str, vestiging: str, amount: str, when: str, kind: str = "instalment", **more: Any
) -> dict[str, Any]:
    return {**part(of, vestiging, amount), "month": month(when), "kind": kind, **more}


def transfer(of: str, state: str, amount: str, **more: Any) -> dict[str, Any]:
    """A transfer with `amount` of the month in it; nothing else is known of it unless it says more."""
    empty = dict.fromkeys(
        ("end_to_end_id", "released_month", "execution_date", "iban", "whole", "reason_code", "reason")
    )
    return {**empty, "board": of, "currency": "EUR", "state": state, "amount": euro(amount), **more}


def specified(
    paid: Sequence[dict[str, Any]],
    *,
    coming: Sequence[dict[str, Any]] = (),
    transfers: Sequence[dict[str, Any]] | None = None,
    names: dict[str, str] | None = None,
) -> SpecificationData:
    """The specifications of September 2021; without `transfers` nothing was released yet."""
    rows = _frame(paid, PAID_PARTS)
    return SpecificationData(
        paid=rows,
        transfers=_frame(transfers, PAYMENT_TRANSFERS) if transfers is not None else _open(rows),
        to_come=_frame(coming, PARTS_TO_COME),
        board_names=pl.DataFrame(list((names or {}).items()), schema=["board", "name"], orient="row").cast(
            pl.String
        ),
        header=SpecificationHeader(month=SEPTEMBER, paid_on=date(2021, 9, 1)),
    )


def _open(paid: pl.DataFrame) -> pl.DataFrame:
    sums = paid.group_by("board", "currency").agg(pl.col("amount").sum()).sort("board", "currency")
    return _frame(
        [transfer(of, "open", str(amount), currency=currency) for of, currency, amount in sums.iter_rows()],
        PAYMENT_TRANSFERS,
    )


def _frame(rows: Iterable[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=schema)


def full() -> SpecificationData:
    """One board with all there can be: schools with and without a name, two currencies, schemes and school years,
    corrections up and down of each kind, transfers in each state, money to come and money to come back."""
    a, b, e = "40045", "NPO-202109-40045-0a1b2c3d4e5f", "NPO-202110-40045-f5e4d3c2b1a0"
    named = {"name": "Onderwijsgemeenschap voor speciaal basisonderwijs De Noordzeekanaalkust", "place": "Velsen"}
    small = {"name": "De Linde", "place": "'s-Gravenhage"}
    sent, back = {"end_to_end_id": b, "state": "booked"}, {"end_to_end_id": e, "state": "returned"}
    dollars = {
        "currency": "USD",
        "scheme": CARIBBEAN,
        "school_type": "cn",
        "name": "Kolegio Kompas",
        "place": "Bonaire",
    }
    last_year = {"school_year": "2020-2021", "decision_id": "2020-2021-003"}
    paid = [
        instalment(a, "16AH00", "11684.75", **named, **sent),
        instalment(a, "16AH00", "1250.10", component="achterstandsscore", **named, **sent),
        instalment(a, "16AH00", "408.33", component="arbeidsmarkttoelage", scheme=ALLOWANCE, **named, **sent),
        instalment(a, "16AH01", "3505.42", **small, **sent),
        instalment(a, "17BC00", "908", school_type="sbo", **back),
        correction(a, "16AH00", "-467.39", "2021-08", "reference_count", **named, **sent),
        correction(a, "16AH00", "-467.39", "2021-09", "reference_count", **named, **sent),
        correction(a, "16AH01", "233.70", "2021-08", "first_decision", **small, **sent),
        correction(a, "16AH01", "12.50", "2021-08", "rate_change", **small, **sent),
        correction(a, "17BC00", "-57.60", "2021-08", None, school_type="sbo", **back),
        correction(a, "16AH00", "-1000.00", "2021-06", "board_transfer", **{**last_year, **named, **sent}),
        instalment(a, "29XY00", "4120.00", **dollars, state="withheld"),
        correction(a, "29XY00", "-5000.00", "2021-08", "amendment", **dollars, state="withheld"),
    ]
    moved = {"iban": "NL91ABNA0417164300", "execution_date": date(2021, 9, 3), "released_month": SEPTEMBER}
    later = {**moved, "released_month": month("2021-10"), "execution_date": date(2021, 10, 4)}
    transfers = [
        transfer(a, "booked", "15160.02", end_to_end_id=b, whole=euro("15160.02"), **moved),
        transfer(a, "returned", "850.40", end_to_end_id=e, whole=euro("18030.12"), reason_code="AC04", **later),
        transfer(a, "withheld", "-880.00", currency="USD", reason="not_above_zero"),
    ]
    months = ("2021-10", "2021-11", "2021-12", "2022-01", "2022-02", "2022-03")
    coming = [
        *(to_come(a, "16AH00", "5842.38", when, **named) for when in months),
        *(to_come(a, "16AH01", "1752.71", when, **small) for when in months),
        to_come(a, "16AH01", "-312.40", "2021-10", "correction", **small),
        to_come(a, "17BC00", "454.00", "2021-10", school_type="sbo"),
        to_come(a, "17BC00", "850.40", "2021-10", "withheld", school_type="sbo"),
        to_come(a, "29XY00", "2060.00", "2021-10", **dollars),
        to_come(a, "29XY00", "-880.00", "2021-10", "withheld", **dollars),
    ]
    names = {
        a: "Stichting Samenwerkingsbestuur voor Openbaar en Algemeen Toegankelijk Onderwijs Noord-Kennemerland"
    }
    return specified(paid, coming=coming, transfers=transfers, names=names)


def country(boards: int, schools: int = 7, months: int = 10) -> SpecificationData:
    """Boards with as many schools as a real one has on average: instalments, corrections and what is to come."""
    paid, coming, names = [], [], {}
    for number in range(boards):
        of = f"{40_000 + number}"
        names[of] = f"Stichting Onderwijs {number}"
        for school in range(schools):
            code = number * schools + school
            vestiging = f"{code % 90 + 10:02d}{chr(65 + code // 90 % 26)}{chr(65 + code // 2340 % 26)}00"
            known = {"name": f"School {code}", "place": "Emmen"}
            paid.append(instalment(of, vestiging, f"{1000 + code % 977}.{code % 100:02d}", **known))
            paid.append(instalment(of, vestiging, "250.10", component="achterstandsscore", **known))
            paid.append(correction(of, vestiging, "-12.34", "2021-08", "reference_count", **known))
            for later in range(months):
                when = f"{2021 + (9 + later) // 12}-{(9 + later) % 12 + 1:02d}"
                coming.append(to_come(of, vestiging, "500.25", when, **known))
                coming.append(to_come(of, vestiging, "125.05", when, component="achterstandsscore", **known))
    return specified(paid, coming=coming, names=names)
