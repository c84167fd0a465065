"""The plan of a decision as a page in Markdown, for the person who approves it. Never a pupil."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import cell, number
from npo_pipeline.cli.render.decide import claims_in_words, grants_by_scheme, noun_of, with_reasons
from npo_pipeline.cli.render.pay import money, sums_by
from npo_pipeline.commands.decide.model import DecideRequest, DecisionPlan
from npo_pipeline.commands.decide.next_payment import NextPayment
from npo_pipeline.errors import printable
from npo_pipeline.intake.size_changes import in_words
from npo_pipeline.money import totals
from npo_pipeline.months import month_text
from npo_pipeline.translation import singular
from schemas.frames.money import SchoolDifferences

MOST_SCHOOLS = 20
MOST_ROWS = 200
"""A page is for a person; `npo decide --dry-run --json` has the rest."""

_MARKS = re.compile(r"([\\`*\[\]<>#|~&@]|:(?=//)|(?<=\bwww)\.)", re.IGNORECASE)


def plan_page(request: DecideRequest, result: DecisionPlan) -> str:
    """Return the page of a plan."""
    return "\n\n".join(
        [*_heading(request, result), *_difference(result), *_consequences(result), *_remarks(result)]
    )


def plan_summary(request: DecideRequest, result: DecisionPlan) -> str:
    """Return the plan in a few sentences, as above the form."""
    plan = result.comparison
    sums = totals(plan.by_component, "difference")
    moved = [
        dutch.money(amount, currency).replace(" ", " +" if amount > 0 else " ", 1)
        for currency, amount in sums.items()
    ]
    why = f", because: {plain(request.reason)}" if request.reason else ""
    counted = singular(f"{number(plan.up)} {noun_of(plan)}")
    sized = "".join(f" Approving accepts: {plain(one)}." for one in in_words(result.size_changes))
    return (
        f"Decision on {result.state.school_year}, prepared by {plain(str(request.prepared_by))}{why}. "
        f"{counted} up, {number(plan.down)} down: {', '.join(moved) or 'no amount differs'}."
        f"{sized}"
    )


def plain(text: str) -> str:
    """Escape text from outside, so that Markdown makes no link, picture or column of it."""
    return _MARKS.sub(r"\\\1", printable(" ".join(text.split())))


def _heading(request: DecideRequest, result: DecisionPlan) -> Iterator[str]:
    yield f"# What a new decision on {result.state.school_year} would change"
    yield plan_summary(request, result)
    before = ", ".join(result.state.before.values()) or "nothing: it would be the first"
    rules = plain(", ".join(result.regulations))
    yield (
        f"Against {before}. Pupils of {result.draft.reference_date}, rules {rules}.\n"
        f"Plan `{result.fingerprint}`; what has become another plan when it is approved is refused."
    )


def _difference(result: DecisionPlan) -> Iterator[str]:
    """Yield totals, causes, rules that changed, and the schools it touches most."""
    comparison, rule_changes = result.comparison, result.rule_changes
    columns = ["currency", "school_type", "component", "beneficiaries", "before", "after", "difference"]
    sums = comparison.by_component.rename({"schools": "beneficiaries"}).select(columns)
    totals = sums.group_by("currency", maintain_order=True).agg(pl.col("before", "after", "difference").sum())
    of_all = totals.with_columns(school_type=pl.lit("all"), component=pl.lit("all"))
    yield from _table("Totals", pl.concat([sums, of_all], how="diagonal"), columns)
    causes = comparison.causes.rename({"schools": "beneficiaries"})
    yield from _table("Causes", causes, ["currency", "cause", "kind", "beneficiaries", "difference"])
    changed = ["component", "school_type", "what", "since", "before", "after"]
    yield from _table("Rules that changed", rule_changes, changed)
    schools = comparison.effect.schools
    largest = with_reasons(SchoolDifferences(schools.head(MOST_SCHOOLS)), comparison.causes_by_school)
    columns = ["beneficiary", "name", "board", "currency", "why", "before", "after", "difference"]
    shown = min(MOST_SCHOOLS, schools.height)
    title = f"The {noun_of(comparison)} it touches most ({shown} of {number(schools.height)})"
    yield from _table(title, largest, columns)


def _consequences(result: DecisionPlan) -> Iterator[str]:
    """Yield the next payment, the recipients that would pay back, and grants."""
    if (next_payment := result.next_payment) is not None:
        yield from _next_payment(next_payment)
    if result.draft.granted is not None:
        yield from _table("Grants, in euro; not paid here", grants_by_scheme(result.draft.granted.grants))


def _next_payment(next_payment: NextPayment) -> Iterator[str]:
    month = month_text(next_payment.month)
    sums = sums_by(next_payment.payments, "currency", "component", "reason")
    yield from _table(f"The payment of {month} would be", sums.drop("payments", "boards"))
    below_zero = next_payment.below_zero.select("recipient", "currency", "amount")
    back = _table(f"Recipients that would pay back in {month}", below_zero)
    yield from back or [f"Nobody would pay back in {month}."]
    claims = claims_in_words(next_payment.between_boards)
    yield from _table("To settle between boards: it is of months that another board held", claims)


def _remarks(result: DecisionPlan) -> Iterator[str]:
    assumed = [
        f"Amounts in {money(currency)} rest on {what}" for currency, what in result.draft.assumptions.items()
    ]
    if remarks := [*result.remarks, *assumed]:
        yield "## Remarks"
        yield "\n".join(f"- {plain(one)}" for one in remarks)


def _table(title: str, rows: pl.DataFrame, columns: Sequence[str] = ()) -> list[str]:
    """Return a heading and a table of some columns, or of all; nothing where there are no rows."""
    if rows.is_empty():
        return []
    shown = rows.select(columns or rows.columns)
    more = [f"The first {MOST_ROWS} of {number(shown.height)}."] if shown.height > MOST_ROWS else []
    lines = [
        _row(name.replace("_", " ") for name in shown.columns),
        _row("---:" if dtype.is_numeric() else "---" for dtype in shown.dtypes),
        *(_row(cell(value, plain) for value in row) for row in shown.head(MOST_ROWS).iter_rows()),
    ]
    return [f"## {title}", "\n".join(lines), *more]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
