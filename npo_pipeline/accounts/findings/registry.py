"""All rules of findings, and how serious each is by the file on accountability.

The one finding that compares two accounted years: a year opens on the close of the year before.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from npo_pipeline.accounts.findings import consent, menu, money
from npo_pipeline.accounts.findings.context import FindingContext, finding_rows
from npo_pipeline.accounts.received import SCHOOL
from npo_pipeline.dutch import money_expr
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.rulebook.accountability.model import Accountability
from schemas import tables
from schemas.columns import schema_of


def opening_differs(accountability: pl.DataFrame, year: int) -> pl.DataFrame:
    """Schools whose year opens on something else than the year before closes on, where that was accounted for.

    It happens when the year before is accounted for again.

    Args:
        accountability: rows of that table, of all years.
        year: the later of the two years.
    """
    now = accountability.filter(pl.col("year") == year)
    before = accountability.filter(pl.col("year") == year - 1)
    if now.is_empty() or before.is_empty():
        return finding_rows(now.clear(), pl.lit(""), "")
    closed = before.select(*SCHOOL, "currency", closed=to_cents(pl.col("carried_out")))
    opened = now.select(*SCHOOL, "currency", opened=to_cents(pl.col("carried_in")))
    both = opened.join(closed, on=SCHOOL, how="full", coalesce=True)
    both = both.with_columns(pl.coalesce("currency", "currency_right"), pl.col("opened", "closed").fill_null(0))
    apart = both.with_columns(apart=pl.col("opened") - pl.col("closed")).filter(pl.col("apart") != 0).sort(SCHOOL)
    message = pl.format(
        "Het jaar opent met {}, en {} sloot met {}.", money_expr("opened"), pl.lit(year - 1), money_expr("closed")
    )
    advice = f"Maak de verantwoording over {year} opnieuw; die neemt dan over wat {year - 1} overliet."
    return finding_rows(apart, message, advice, "apart")


Rule = Callable[[FindingContext], pl.DataFrame]

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


def findings_of(case: FindingContext) -> pl.DataFrame:
    """Everything that the rules find in a year: rows of the table `findings`."""
    parts = [with_severity(rule(case), rule.__name__, case.year, case.rules) for rule in RULES]
    return in_order(pl.concat(parts))


def opening_findings(accountability: pl.DataFrame, year: int, rules: Accountability) -> pl.DataFrame:
    """Where a year opens on something else than the year before closes on: rows of the table `findings`."""
    return in_order(with_severity(opening_differs(accountability, year), OPENING, year, rules))


def with_severity(found: pl.DataFrame, rule: str, year: int, rules: Accountability) -> pl.DataFrame:
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
