"""A country of 8,000 schools that is only told of: as large as the real one, made in a moment."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from npo_pipeline.reports.explain.model import Assumption
from npo_pipeline.reports.informatietool.model import SUPPORT_COLUMNS, RateRule, ToolData

SCHOOLS = 8_000
MONTHS = [date(2021, month, 1) for month in range(9, 13)] + [date(2022, month, 1) for month in range(1, 8)]
FIRST = (
    "Openbare Basisschool",
    "Basisschool",
    "Christelijke Basisschool",
    "Daltonschool",
    "De",
    "Montessorischool",
)
LAST = ("Eik", "Regenboog", "Sint Jozef", "Zonnebloem", "Wegwijzer", "Vlinder", "Haven", "Kubus", "Bernadette")


def big_tool() -> ToolData:
    codes = [
        f"{number // 260 % 100:02d}{chr(65 + number // 26 % 10)}{chr(65 + number % 26)}00"
        for number in range(SCHOOLS)
    ]
    assert len(set(codes)) == SCHOOLS
    return ToolData(
        school_year="2021-2022",
        decisions=pl.DataFrame(
            [("2021-2022-001", "EUR", date(2020, 10, 1), datetime(2021, 8, 20))],
            schema=["decision_id", "currency", "reference_date", "decided_at"],
            orient="row",
        ),
        schools=_schools(codes),
        rules=tuple(_rule(name) for name in ("per_pupil", "achterstandsscore")),
        assumptions=(Assumption("derived", "rounding", None, "Afronding"),),
        amounts=_amounts(codes),
        instalments=_instalments(codes),
        gaps=(),
        school_gaps=pl.DataFrame(schema={"vestiging": pl.String, "gap": pl.Int64}),
        excluded=(),
        hidden=pl.DataFrame(schema={"vestiging": pl.String, "component": pl.String}),
        notes=(),
        support=pl.DataFrame(schema=dict.fromkeys(("municipality", *SUPPORT_COLUMNS), pl.String)),
    )


def _schools(codes: list[str]) -> pl.DataFrame:
    rows = [
        (
            code,
            code[:4],
            f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]} {number}",
            f"Dorp {number % 1700}",
            f"Gemeente {number % 350}",
            f"{10000 + number % 1200}",
        )
        for number, code in enumerate(codes)
    ]
    return pl.DataFrame(rows, schema=["vestiging", "brin", "name", "place", "municipality", "board"], orient="row")


def _amounts(codes: list[str]) -> pl.DataFrame:
    rows = [
        (
            code,
            rule,
            10_000 + number,
            10_000 + number,
            "70116.0012000000" if rule else None,
            bool(rule) and number % 10 == 0,
            1_200_000 + 11 * number,
        )
        for number, code in enumerate(codes)
        for rule in (0, 1)
    ]
    columns = ["vestiging", "rule", "counted_e2", "quantity_e2", "unrounded", "shares_rounding", "cents"]
    return pl.DataFrame(rows, schema=columns, orient="row")


def _instalments(codes: list[str]) -> pl.DataFrame:
    rows = [
        (code, rule, month, (200_000 if place == 0 else 100_000) + number)
        for number, code in enumerate(codes)
        for rule in (0, 1)
        for place, month in enumerate(MONTHS)
    ]
    return pl.DataFrame(rows, schema=["vestiging", "rule", "month", "cents"], orient="row")


def _rule(component: str) -> RateRule:
    measure = {"per_pupil": "pupils"}.get(component, "score")
    return RateRule(
        currency="EUR",
        regulation="2021-2022-po.yaml",
        component=component,
        school_type="bao",
        measure=measure,
        rate_e8=70116000000,
        threshold=None,
        level=None,
        status="published",
        article="Artikel",
        source="Een bron",
        url="https://www.example.org/bron",
        days=(),
        assumptions=(0,),
    )
