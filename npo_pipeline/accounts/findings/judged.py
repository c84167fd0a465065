"""All rules of findings, and how serious each is by the file on accountability."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from npo_pipeline.accounts.findings import consent, menu, money
from npo_pipeline.accounts.findings.case import Case
from npo_pipeline.accounts.findings.opening import opening_differs
from npo_pipeline.money import to_euro
from npo_pipeline.regulations.accountability.model import Accountability
from schemas import tables
from schemas.columns import schema_of

Rule = Callable[[Case], pl.DataFrame]

RULES: tuple[Rule, ...] = (
    money.overspent,
    money.taken_back,
    money.two_currencies,
    money.spent_without_money,
    money.nothing_reported,
    money.external_above_amount,
    money.external_share,
    money.after_deadline,
    money.deadline_year,
    money.told_twice,
    money.refused_row,
    menu.not_on_menu,
    menu.maybe_on_menu,
    menu.only_facilities,
    consent.no_consent_told,
    consent.no_school_scan,
    consent.no_mr_consent,
    consent.late_mr_consent,
    consent.future_consent,
    consent.undated_consent,
    consent.board_level_above_agreed,
    consent.no_gmr_consent,
)
"""The rules of one year, by the names they have in the file on accountability."""

OPENING = opening_differs.__name__
SEVERITY = pl.Enum(["error", "warning", "note"])
FINDINGS = schema_of(tables.FINDINGS)


def findings_of(case: Case) -> pl.DataFrame:
    """Everything that the rules find in a year: rows of the table `findings`."""
    parts = [judged(rule(case), rule.__name__, case.year, case.rules) for rule in RULES]
    return in_order(pl.concat(parts))


def opening_findings(accountability: pl.DataFrame, year: int, rules: Accountability) -> pl.DataFrame:
    """Where a year opens on something else than the year before closes on: rows of the table `findings`."""
    return in_order(judged(opening_differs(accountability, year), OPENING, year, rules))


def judged(found: pl.DataFrame, rule: str, year: int, rules: Accountability) -> pl.DataFrame:
    """Give what a rule found its severity and its source."""
    held = rules.findings[rule]
    return found.with_columns(
        to_euro(pl.col("amount")),
        year=pl.lit(year, pl.Int64),
        rule=pl.lit(rule),
        severity=pl.lit(held.severity),
        article=pl.lit(held.where),
    ).select(list(FINDINGS))


def in_order(findings: pl.DataFrame) -> pl.DataFrame:
    """Per board what is serious first."""
    serious = pl.col("severity").cast(SEVERITY)
    return findings.sort("year", "board", serious, "rule", "brin", "file", "line", "message", nulls_last=False)
