"""Artifacts in Prefect: tables of totals, rejected rows, differences and accounts, and the page of a plan.

Never a pupil.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
from prefect import artifacts
from prefect.settings import PREFECT_UI_URL

from npo_pipeline import dutch
from npo_pipeline.cli.output import cell, number
from npo_pipeline.cli.render.decide import claims_in_words, grants_by_scheme, noun_of, with_reasons
from npo_pipeline.cli.render.pay import money, schools, sums_by
from npo_pipeline.commands.account.reports import WrittenReports
from npo_pipeline.commands.account.write import AccountResult
from npo_pipeline.commands.bank import BankResult
from npo_pipeline.commands.decide.model import DecideRequest, DecisionPlan
from npo_pipeline.commands.decide.next_payment import NextPayment
from npo_pipeline.commands.ingest import IngestResult
from npo_pipeline.commands.pay import MonthPaid
from npo_pipeline.commands.release import Released, ReleaseRequest
from npo_pipeline.commands.steps import Progress
from npo_pipeline.errors import printable
from npo_pipeline.intake.size_changes import in_words
from npo_pipeline.money import to_euro, totals
from npo_pipeline.months import month_text
from npo_pipeline.reconciliation.model import Figures, Reconciliation
from npo_pipeline.translation import singular
from npo_pipeline.watch.levels import Check
from schemas.frames.bank import AnsweredTransfers
from schemas.frames.money import SchoolDifferences
from schemas.released import FAILED

MOST_SCHOOLS = 20
MOST_ROWS = 200
"""A page is for a person; the books, and `npo decide --dry-run --json`, have the rest."""

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


MOST_BOARDS = 2000
"""All boards there are."""


def payments_artifact(paid: Sequence[MonthPaid]) -> None:
    """Publish a table per month that was paid: sums per kind of recipient, component, reason and currency."""
    for one in paid:
        if one.run_id is None:
            continue  # An empty table would hide the one that the paying run left under this key.
        key = ["currency", "recipient_kind", "component", "reason"]
        sums = one.payments.group_by(key).agg(
            payments=pl.len(), recipients=pl.col("recipient").n_unique(), amount=pl.col("amount").sum()
        )
        _publish_table(f"npo-payment-run-{month_text(one.month)}", sums.sort(key), f"{payment_words(one)}.")


def payment_words(paid: MonthPaid) -> str:
    """Return in words what a run paid in a month: an amount per currency, and to whom."""
    month = month_text(paid.month)
    if paid.run_id is None:
        return f"{month}: nothing left to pay"
    return singular(f"{month}: paid {dutch.totals(paid.payments)} to {schools(paid.payments)} ({paid.run_id})")


def delivery_artifacts(result: IngestResult) -> None:
    """Publish tables of the files, of rejected rows by file and rule, and of differences between files."""
    if result.run_id is None:
        return
    files = result.files.select("delivery_id", "file", "kind", "reference_date", "rows", "rejected")
    _publish_table("npo-delivery", files, f"Files taken in ({result.run_id})")
    refused = result.rejections.group_by("file", "rule").agg(rows=pl.col("line").n_unique())
    _publish_table(
        "npo-refused-rows",
        refused.sort("file", "rule"),
        "Refused rows by file and rule; each one stands in the table quarantine",
    )
    differences = result.differences.select("vestiging", "school_type", "measure", "used", "other", "message")
    _publish_table("npo-differences", differences, "Where files of one reference date disagree")


def plan_artifact(request: DecideRequest, result: DecisionPlan) -> str:
    """Publish the page of a plan that waits for approval; return a summary that links to it and shows its hash.

    The page has the plan in its key, and the link its id: two plans of a year never hide each other.
    """
    key = f"npo-recalibration-{result.state.school_year}-{result.fingerprint[:12]}"
    summary = plan_summary(request, result)
    made = artifacts.create_markdown_artifact(plan_page(request, result), key=key, description=summary)
    page = f"{PREFECT_UI_URL.value()}/artifacts/artifact/{made}"
    return f"{summary} You approve [this plan]({page}), hash `{result.fingerprint}`, and nothing else."


def release_artifact(request: ReleaseRequest, done: Released) -> str:
    """Publish the page of a release that waits for approval; return a summary that links to it, with its hash."""
    plan = done.prepared.plan
    key = f"npo-release-{month_text(plan.month)}-{plan.fingerprint[:12]}"
    summary = release_summary(request, done)
    made = artifacts.create_markdown_artifact(release_page(request, done), key=key, description=summary)
    page = f"{PREFECT_UI_URL.value()}/artifacts/artifact/{made}"
    return f"{summary} You approve [this release]({page}), hash `{plan.fingerprint}`, and nothing else."


def release_summary(request: ReleaseRequest, done: Released) -> str:
    """Return a release in a few sentences, as above the form."""
    plan = done.prepared.plan
    sums = plan.lines.group_by("currency").agg(
        amount=to_euro(pl.col("sent_cents").sum()), transfers=(pl.col("sent_cents") > 0).sum()
    )
    amounts = [
        singular(f"{dutch.money(amount, currency)} in {number(transfers)} transfers")
        for currency, amount, transfers in sums.sort("currency").iter_rows()
    ]
    kept = plan.lines["kept"].drop_nulls().len()
    changed = done.prepared.changed.height
    doubts = singular(f" {number(changed)} accounts changed, and nobody confirmed that.") if changed else ""
    return (
        f"Release of {month_text(plan.month)}, prepared by {plain(str(request.prepared_by))}, to be paid on "
        f"{done.prepared.execution_date}: {' and '.join(amounts)}. Recipients that get nothing: {kept}.{doubts}"
    )


def release_page(request: ReleaseRequest, done: Released) -> str:
    """Return the page of a release."""
    plan = done.prepared.plan
    debtor = f"From {plain(done.debtor.name)}, {done.debtor.iban}. " if done.debtor else ""
    amounts = {name: to_euro(pl.col(f"{name}_cents")) for name in ("new", "sent", "withheld")}
    lines = plan.lines.with_columns(**amounts).sort("sent", descending=True)
    columns = ["recipient", "account_name", "iban", "currency", "new", "sent", "withheld", "kept"]
    changed = ["recipient", "old_iban", "iban", "since"]
    remarks = [f"- {plain(one)}" for one in done.prepared.remarks]
    return "\n\n".join(
        [
            f"# What would go out to the bank of {month_text(plan.month)}",
            release_summary(request, done),
            f"{debtor}Plan `{plan.fingerprint}`; what has become another plan when it is approved is refused.",
            *_table("Accounts that changed, and that nobody confirmed", done.prepared.changed, changed),
            *(["## Remarks", "\n".join(remarks)] if remarks else []),
            *_table("Recipients", lines, columns),
        ]
    )


def batch_words(done: Released) -> str:
    """Return the batches of a release in words: transfers, amount and file of each."""
    if done.batches is None:
        return "nothing"
    rows = done.batches.select("batch_id", "transfers", "total", "currency", "file").iter_rows()
    return "; ".join(
        singular(f"{batch}: {number(transfers)} transfers, {dutch.money(total, currency)} ({file or 'no file'})")
        for batch, transfers, total, currency, file in rows
    )


def bank_artifacts(result: BankResult) -> None:
    """Publish tables of the files of the bank that were read, and of the transfers whose status changed."""
    if result.run_id is None:
        return
    _publish_table("npo-bank-files", result.files, f"Files of the bank ({result.run_id})")
    back = came_back(result.changed)
    if back.height:
        _publish_table(
            "npo-transfers-that-came-back", back, f"{came_back_words(result.changed)} ({result.run_id})"
        )
    sums = result.changed.group_by("status", "currency").agg(pl.len().alias("transfers"), pl.col("amount").sum())
    if sums.height:
        _publish_table("npo-transfers", sums.sort("status", "currency"), f"What the bank did ({result.run_id})")


def came_back(changed: AnsweredTransfers) -> AnsweredTransfers:
    """Return the transfers that were rejected or returned."""
    return AnsweredTransfers(changed.filter(pl.col("status").is_in(FAILED)))


def came_back_words(changed: AnsweredTransfers) -> str:
    """Return in words what came back, and of whom the first; empty where nothing did."""
    back = came_back(changed)
    if back.is_empty():
        return ""
    recipient, status, code = back.select("recipient", "status", "reason_code").row(0)
    why = f", {code}" if code else ""
    return singular(
        f"{number(back.height)} transfers came back, {dutch.totals(back)} (first {recipient}: {status}{why})"
    )


def reconciliation_artifacts(found: Reconciliation, page: Path) -> None:
    """Publish a table of what matches per component, and one of the largest differences with their cause."""
    figures = Figures(found.rows, found.tolerance)
    shares = [dutch.percent_expr(pl.col(name)).alias(name) for name in ("share", "share_of_money")]
    key, words = f"npo-reconcile-{found.school_year}", singular(". ".join(figures.conclusion()))
    by_component = figures.by_component.with_columns(shares)
    _publish_table(key, by_component, f"{words}. The page and the workbook are in {page.parent} ({found.run_id})")
    columns = ["code", "board", "component", "currency", "ours", "theirs", "gap", "why", "explanation"]
    differing = figures.differing.select(columns)
    if differing.height:
        title = f"What differs from decision {', '.join(found.decisions)}, the largest difference first"
        _publish_table(f"{key}-differences", differing, title)


@contextmanager
def pack_progress(year: int, boards: int) -> Iterator[Progress]:
    """Yield a callback that fills a bar per pack; the bar ends full, for packs that were up to date count too."""
    bar: Any = artifacts.create_progress_artifact(
        0.0, key=f"npo-year-end-{year}-packs", description=f"Packs of {year}"
    )

    def report(_step: str, done: int) -> None:
        artifacts.update_progress_artifact(bar, min(100.0 * done / boards, 100.0))

    yield report
    artifacts.update_progress_artifact(bar, 100.0)


def accounts_artifacts(result: AccountResult, reports: WrittenReports) -> None:
    """Publish one table of the boards: their sums per currency, their findings, and whether a pack was written.

    The schools and findings of a board are in its pack: to publish those of hundreds takes minutes.
    """
    errors = pl.col("severity") == "error"
    counted = result.findings.group_by("board").agg(errors=errors.sum(), findings=pl.len())
    sums = result.accountability.group_by("board", "currency").agg(
        pl.len().alias("schools"), pl.col("carried_in", "received", "spent", "carried_out").sum()
    )
    packs = reports.packs
    made = {
        **dict.fromkeys(packs.up_to_date, "up to date"),
        **dict.fromkeys(packs.written, "written"),
        **dict.fromkeys(packs.faults, "could not be made"),
    }
    # A board with two currencies has a pack for each.
    names = (pl.format("{}-{}", "board", "currency"), pl.col("board"))
    outcomes = [one.replace_strict(made, default=None, return_dtype=pl.String) for one in names]
    pack = pl.coalesce(*outcomes, pl.lit("none"))
    boards = sums.join(counted, on="board", how="left").with_columns(
        pl.col("errors", "findings").fill_null(0), pack=pack
    )
    rows = boards.sort("errors", "board", "currency", descending=[True, False, False])
    words = f"Accounts of {result.year}; the packs are in {reports.folder}"
    _publish_table(f"npo-year-end-{result.year}", rows, words, most=MOST_BOARDS)


def _publish_table(key: str, rows: pl.DataFrame, description: str, most: int | None = None) -> None:
    """Publish rows as a table; Prefect shows texts as Markdown, so what comes from outside is made plain."""
    most = most or MOST_ROWS
    more = f"; the first {most} of {rows.height}" if rows.height > most else ""
    table: list[dict[str, Any]] = [
        {name: None if value is None else plain(str(value)) for name, value in row.items()}
        for row in rows.head(most).iter_rows(named=True)
    ]
    artifacts.create_table_artifact(table=table, key=key, description=plain(description + more))


def watch_artifact(checks: Sequence[Check], absent: Sequence[str]) -> None:
    """Publish the verdicts of the daily watch, the worst first, and what was not delivered."""
    found = [(one.verdict.level.name, one.name, one.verdict.message, one.verdict.advice) for one in checks]
    found += [("WARN", "delivery", one, "ask whoever delivers it") for one in absent]
    columns = ("level", "check", "found", "do")
    artifacts.create_table_artifact(
        [dict(zip(columns, map(plain, row), strict=True)) for row in found],
        key="npo-watch",
        description="What a monitor sees of this home",
    )
