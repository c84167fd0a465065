"""A country of 8,000 schools that is only told of: as large as the real one, made in a moment."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl

from npo_pipeline.reports.informatietool.model import AMOUNTS, Rule, Soft, ToolData

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
        "2021-2022",
        pl.DataFrame(
            [("2021-2022-001", "EUR", date(2020, 10, 1), datetime(2021, 8, 20))],
            schema=["decision_id", "currency", "reference_date", "decided_at"],
            orient="row",
        ),
        _schools(codes),
        tuple(_rule(name) for name in ("per_pupil", "achterstandsscore")),
        (Soft("derived", "de afronding", None, "Afronding"),),
        _amounts(codes),
        _instalments(codes),
        (),
        pl.DataFrame(schema={"vestiging": pl.String, "gap": pl.Int64}),
        (),
        pl.DataFrame(schema={"vestiging": pl.String, "component": pl.String}),
        (),
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
            1_200_000 + 11 * number,
        )
        for number, code in enumerate(codes)
        for rule in (0, 1)
    ]
    return pl.DataFrame(rows, schema=AMOUNTS, orient="row")


def _instalments(codes: list[str]) -> pl.DataFrame:
    rows = [
        (code, rule, month, (200_000 if place == 0 else 100_000) + number)
        for number, code in enumerate(codes)
        for rule in (0, 1)
        for place, month in enumerate(MONTHS)
    ]
    return pl.DataFrame(rows, schema=["vestiging", "rule", "month", "cents"], orient="row")


def _rule(component: str) -> Rule:
    measure = {"per_pupil": "pupils"}.get(component, "score")
    regulation, source, url = "2021-2022-po.yaml", "Een bron", "https://www.example.org/bron"
    known = {"rate_e8": 70116000000, "threshold": None, "level": None, "status": "published", "article": "Artikel"}
    where = {"source": source, "url": url, "days": (), "soft": (0,)}
    return Rule("EUR", regulation, component, "bao", measure, **known, **where)
