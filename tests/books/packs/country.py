"""Boards of a made-up country, as a year-end report tells of them; small ones by hand and big ones by number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.accounts.board_reports import intervention_keys
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.rulebook.year_end import year_end_rules
from schemas import accounted
from schemas.columns import schema_of

YEAR = 2021
RUN = "000009-account-2021"
SMALL_GROUPS = ("B", "Instructie in kleine groepen")
SUMMER_SCHOOL = ("A", "Zomer- of lentescholen")
ASSISTANTS = ("E", "Onderwijsassistenten/instructeurs")


BASE = {
    "school_year": "2021-2022",
    "component": "per_pupil",
    "school_type": "bao",
    "accounted_under": "npo_answers",
    "article": "BWBR0045533, artikel 12(2) (Stcrt. 2021, 39244)",
}
"""What schools receive."""


def euro(amount: str | int) -> Decimal:
    return Decimal(amount).quantize(Decimal("0.01"))


@dataclass
class Spent:
    """One line of what a school spent: on what, at which level, how much, and how much of it on externals."""

    on: tuple[str, str]
    amount: str
    external: str = "0"
    level: str = "school"
    on_menu: bool = True


@dataclass
class School:
    brin: str
    name: str | None = "De Eik"
    carried_in: str = "0"
    received: str = "1000"
    spent: Sequence[Spent] = (Spent(SMALL_GROUPS, "250.50", "50.50"),)
    municipality: str | None = "Emmen"
    scan: bool | None = True
    mr: bool | None = True
    gmr: bool | None = None
    mr_date: date | None = date(2021, 6, 15)
    gmr_date: date | None = None
    parents: str | None = None
    result: str | None = None
    informed: bool | None = None
    agreed: str | None = None


@dataclass
class Finding:
    severity: str = "warning"
    message: str = "Van de instemming is geen datum opgegeven."
    brin: str | None = None
    amount: str | None = None
    advice: str = "Vul de datum in."
    file: str | None = None
    line: int = 7
    rule: str = "undated_consent"
    basis: str | None = "choice"
    article: str = "nponderwijs.nl, Verantwoording (4)"


@dataclass
class Board:
    number: str
    schools: Sequence[School]
    findings: Sequence[Finding] = ()
    currency: str = "EUR"


@dataclass
class _Rows:
    accountability: list[dict[str, Any]] = field(default_factory=list)
    interventions: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    schools: list[dict[str, Any]] = field(default_factory=list)
    consents: list[dict[str, Any]] = field(default_factory=list)


def told(*boards: Board, treatment: str = "bestemmingsreserve") -> ReportData:
    """What a report tells of boards."""
    rows = _Rows()
    for board in boards:
        for school in board.schools:
            _school(rows, board, school, treatment)
        for finding in board.findings:
            rows.findings.append(_finding(board, finding))
    return ReportData(
        year=YEAR,
        treatment=treatment,
        accounted_on=date(2022, 3, 1),
        accountability=_frame(rows.accountability, accounted.ACCOUNTABILITY),
        interventions=_frame(rows.interventions, accounted.ACCOUNTABILITY_INTERVENTIONS),
        receipts=_frame(rows.receipts, accounted.ACCOUNTABILITY_RECEIPTS),
        findings=_frame(rows.findings, accounted.FINDINGS),
        schools=pl.DataFrame(
            rows.schools, schema=dict.fromkeys(("board", "brin", "name", "municipality"), pl.String)
        ),
        consents=pl.DataFrame(rows.consents, schema=_CONSENTS),
        keys=intervention_keys(year_end_rules().menukaart),
    )


_CONSENTS = {
    "board": pl.String,
    "brin": pl.String,
    "mr_date": pl.Date,
    "gmr_date": pl.Date,
    "parents_involved": pl.String,
    "municipality_informed": pl.Boolean,
    "result": pl.String,
    "board_level_agreed": pl.Decimal(18, 2),
}


def _frame(rows: Sequence[dict[str, Any]], table: Any) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema_of(table), orient="row")


def _school(rows: _Rows, board: Board, school: School, treatment: str) -> None:
    whole = {"year": YEAR, "board": board.number, "brin": school.brin}
    spent = sum((euro(one.amount) for one in school.spent), euro(0))
    shared = sum((euro(one.amount) for one in school.spent if one.level == "bovenschools"), euro(0))
    rows.accountability.append(
        {
            **whole,
            "carried_in": euro(school.carried_in),
            "received": euro(school.received),
            "spent": spent,
            "external": sum((euro(one.external) for one in school.spent), euro(0)),
            "board_level": shared,
            "carried_out": euro(school.carried_in) + euro(school.received) - spent,
            "mr_consent": school.mr,
            "gmr_consent": school.gmr,
            "accrued": euro(school.received),
            "school_scan": school.scan,
            "currency": board.currency,
            "treatment": treatment,
            "run_id": RUN,
        }
    )
    if euro(school.received):
        rows.receipts.append({**whole, **BASE, "received": euro(school.received), "currency": board.currency})
    rows.schools.append(
        {
            "board": board.number,
            "brin": school.brin,
            "name": school.name,
            "municipality": school.municipality,
        }
    )
    told_more = {"mr_date": school.mr_date, "gmr_date": school.gmr_date}
    texts = {"parents_involved": school.parents, "result": school.result}
    answers = {
        "municipality_informed": school.informed,
        "board_level_agreed": None if school.agreed is None else euro(school.agreed),
    }
    rows.consents.append({"board": board.number, "brin": school.brin, **told_more, **texts, **answers})
    rows.interventions.extend(_lines(whole, board, school, spent))


def _lines(whole: dict[str, Any], board: Board, school: School, spent: Decimal) -> Iterable[dict[str, Any]]:
    for one in school.spent:
        yield {
            **whole,
            "category": one.on[0],
            "intervention": one.on[1],
            "level": one.level,
            "amount": euro(one.amount),
            "external": euro(one.external),
            "share": (euro(one.amount) / spent).quantize(Decimal("0.0001")) if spent else None,
            "on_menu": one.on_menu,
            "currency": board.currency,
        }


def _finding(board: Board, finding: Finding) -> dict[str, Any]:
    return {
        "year": YEAR,
        "board": board.number,
        "brin": finding.brin,
        "rule": finding.rule,
        "severity": finding.severity,
        "basis": finding.basis,
        "amount": euro(finding.amount) if finding.amount else None,
        "message": finding.message,
        "article": finding.article,
        "advice": finding.advice,
        "file": finding.file,
        "line": finding.line if finding.file else None,
    }
