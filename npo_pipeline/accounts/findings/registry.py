"""The rules of all findings, and their severity by the file on accountability.

All rules but one look at a single year; `opening_differs` compares two.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import isfunction
from types import ModuleType
from typing import TypeAlias

import polars as pl

from npo_pipeline.accounts.findings import consent, spending
from npo_pipeline.accounts.findings.context import FindingContext, finding_rows, no_findings
from npo_pipeline.accounts.received import MONEY_KEY
from npo_pipeline.dutch import money_expr
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.rulebook.fields import citation
from npo_pipeline.rulebook.year_end import Accountability
from schemas.accounted import FINDINGS, SEVERITIES, Findings
from schemas.accounted import Accountability as AccountabilityRows
from schemas.columns import CURRENCIES, schema_of
from schemas.frames.accounts import FindingRows

Rule: TypeAlias = Callable[[FindingContext], FindingRows]


def _rules_of(module: ModuleType) -> list[Rule]:
    own = [one for one in vars(module).values() if isfunction(one) and one.__module__ == module.__name__]
    return [one for one in own if not one.__name__.startswith("_")]


RULES = (*_rules_of(spending), *_rules_of(consent))
"""The rules of one year: the public functions of two modules, by their names in the file on accountability."""


OF_BOARDS: tuple[Rule, ...] = (spending.two_currencies, spending.refused_row)
"""Rules about a board as a whole, in whatever currency its money is."""

OF_LINES: tuple[Rule, ...] = (spending.external_above_amount, spending.not_on_menu, spending.maybe_on_menu)
"""Rules about one row of spending, whatever else there is."""


def opening_differs(accountability: AccountabilityRows, year: int, currency: str = "EUR") -> FindingRows:
    """Find schools with an opening balance other than the close of the year before, where that has accounts.

    It happens when the year before is accounted for again. `accountability`: of all years, in all currencies.
    """
    opening, closing = (accountability.filter(pl.col("year") == one) for one in (year, year - 1))
    if opening.is_empty() or closing.is_empty():
        return no_findings()
    opened = opening.select(*MONEY_KEY, opened=to_cents(pl.col("carried_in")))
    closed = closing.select(*MONEY_KEY, closed=to_cents(pl.col("carried_out")))
    balances = (
        opened.join(closed, on=MONEY_KEY, how="full", coalesce=True)
        .with_columns(pl.col("opened", "closed").fill_null(0))
        .with_columns(difference=pl.col("opened") - pl.col("closed"))
    )
    message = "Het jaar opent met {}, en {} sloot met {}."
    return finding_rows(
        balances.filter(pl.col("difference") != 0, currency=currency).sort(MONEY_KEY),
        pl.format(message, money_expr("opened"), pl.lit(year - 1), money_expr("closed")),
        f"Maak de verantwoording over {year} opnieuw; die neemt dan over wat {year - 1} overliet.",
        "difference",
    )


OPENING = opening_differs.__name__


def findings_of(context: FindingContext) -> Findings:
    """Apply the rules of one year: to the accounts in each currency, and some to a board as a whole.

    The file on accountability of an older account knows fewer rules.
    """
    known = [rule for rule in RULES if rule.__name__ in context.rules.findings]
    parts = [Findings(pl.DataFrame(schema=schema_of(FINDINGS)))]
    parts += [
        with_severity(rule(one), rule.__name__, context.year, context.rules, currency=currency)
        for currency in CURRENCIES
        for one in [context.of_currency(currency)]
        if one.schools.height or one.consents.height
        for rule in known
        if rule not in OF_BOARDS
    ]
    # A line of a closed year that came too late for its findings has them in the year that corrects it.
    parts += [
        with_severity(rule(late), rule.__name__, context.year, context.rules, currency=currency)
        for currency in CURRENCIES
        for late in context.of_currency(currency).of_late_lines()
        for rule in known
        if rule in OF_LINES
    ]
    parts += [
        with_severity(rule(context), rule.__name__, context.year, context.rules)
        for rule in known
        if rule in OF_BOARDS
    ]
    return in_order(Findings(pl.concat(parts)))


def opening_findings(accountability: AccountabilityRows, year: int, rules: Accountability) -> Findings:
    """Apply the rule that compares a year with the year before it."""
    parts = [
        with_severity(opening_differs(accountability, year, currency), OPENING, year, rules, currency=currency)
        for currency in CURRENCIES
    ]
    return in_order(Findings(pl.concat(parts)))


def with_severity(
    found: FindingRows, rule: str, year: int, rules: Accountability, currency: str | None = None
) -> Findings:
    """Add what the file on accountability says of a rule: its severity, what it rests on, and the source.

    `currency`: of the accounts that it is about; null where it is about a board as a whole.
    """
    judged = rules.findings[rule]
    rows = found.with_columns(
        to_euro(pl.col("amount")),
        year=pl.lit(year, pl.Int64),
        rule=pl.lit(rule),
        currency=pl.lit(currency, pl.String),
        severity=pl.lit(judged.severity),
        basis=pl.lit(judged.basis, pl.String),
        article=pl.lit(citation(rules, judged)),
    )
    return Findings(rows.select(list(schema_of(FINDINGS))))


def in_order(findings: Findings) -> Findings:
    """Sort findings by year, board and severity, the gravest first."""
    severity = pl.col("severity").cast(pl.Enum(SEVERITIES))
    key = ["year", "board", severity, "rule", "brin", "file", "line", "message"]
    return Findings(findings.sort(key, nulls_last=False))
