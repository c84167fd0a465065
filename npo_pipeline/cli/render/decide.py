"""The summaries of `npo decide` and `npo diff`: decisions, their differences, the next payment, and grants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NewType

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.cli.output import document, frame_table, line, number
from npo_pipeline.cli.render.pay import money, render_payment_sums, schools, sums_by
from npo_pipeline.intake.size_changes import in_words
from npo_pipeline.money import total
from npo_pipeline.months import month_text
from schemas.columns import ALL_SCHOOL_TYPES
from schemas.decided import Grants, Payments
from schemas.frames.money import BoardClaims, RuleChanges, SchoolCauses, SchoolDifferences
from schemas.rules import SAMENWERKINGSVERBAND

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.command import Diff
    from npo_pipeline.commands.decide.grants import Granted
    from npo_pipeline.commands.decide.model import DecisionPlan
    from npo_pipeline.commands.decide.next_payment import NextPayment
    from npo_pipeline.decisions.comparison import Comparison, Effect

ReasonedDifferences = NewType("ReasonedDifferences", pl.DataFrame)
"""The columns of `SchoolDifferences`, and why: the causes in words."""

BoardDebts = NewType("BoardDebts", pl.DataFrame)
"""from, to (boards), currency, amount (above zero)."""

LessThanAsked = NewType("LessThanAsked", pl.DataFrame)
"""Grants below what was asked: scheme, outcome, brin, board, reason."""

GrantsByScheme = NewType("GrantsByScheme", pl.DataFrame)
"""scheme, applications, granted, reduced, refused (how many), asked, amount (euro)."""

MOST_ROWS = 20
"""Rows that are shown; `--json` and the workbook have them all."""

REASONS_SHOWN = 2
"""Reasons that are shown of each scheme and outcome; the rest is in table grants."""

OUTCOMES = ("granted", "reduced", "refused")


def render_decide(result: DecisionPlan, dry_run: bool, as_json: bool) -> None:
    """Print a decision by component, the plan against the decision before, and the next payment."""
    if as_json:
        document(_decision_document(result, dry_run))
        return
    changed, has_components = bool(result.changed), result.comparison.by_component.height > 0
    if has_components or result.draft.granted is None:
        for currency in result.currencies:
            _render_currency(result, currency)
    if result.draft.granted is not None:
        # Assumptions that stand with an entitlement above are not repeated.
        entitled = result.draft.tables.entitlements.height > 0
        _render_grants(result.draft.granted, None if entitled else result.draft.granted.assumptions)
    if result.state.before and changed and has_components:
        render_difference(
            result.comparison, result.rule_changes, f"Against {', '.join(result.state.before.values())}"
        )
    if changed:
        render_next_payment(result.next_payment)
    for remark in result.remarks:
        line(f"! {remark}")
    if changed:
        for words in in_words(result.size_changes):
            line(f"! {words}{'' if result.written else '; to decide on it: --accept-change and --reason'}")
    line(_outcome(result, dry_run))


def _decision_document(result: DecisionPlan, dry_run: bool) -> dict[str, Any]:
    """Return all of a decision; the properties of euro are at the top, other currencies under `others`."""
    euros, *others = [_currency_document(result, currency) for currency in result.currencies]
    return {
        **euros,
        "others": others,
        "school_year": result.state.school_year,
        "reference_date": result.draft.reference_date,
        "regulations": result.regulations,
        "dry_run": dry_run,
        "plan": result.fingerprint,
        **difference_document(result.comparison, result.rule_changes),
        "next_payment": _next_payment_document(result.next_payment),
        "remarks": result.remarks,
        "size_changes": result.size_changes,
        "grants": _grants_document(result.draft.granted),
    }


def _currency_document(result: DecisionPlan, currency: str) -> dict[str, Any]:
    decided = result.draft.tables.of(currency)
    return {
        "decision_id": result.written.get(currency),
        "before": result.state.before.get(currency),
        "currency": currency,
        "total": total(decided.instalments),
        "schools": decided.entitlements["vestiging"].drop_nulls().n_unique(),
        "boards": decided.entitlements["board"].drop_nulls().n_unique(),
        "beneficiaries": decided.entitlements["beneficiary"].n_unique(),
        "rests_on": result.draft.assumptions.get(currency),
    }


def _render_currency(result: DecisionPlan, currency: str) -> None:
    """Print the table and the total of one currency, and the assumptions it rests on."""
    title = f"{result.state.school_year}, pupils of {result.draft.reference_date}, {', '.join(result.regulations)}"
    compared = ["before", "difference"] if currency in result.state.before else []
    components = result.comparison.by_component.filter(pl.col("currency") == currency)
    columns = ["component", "school_type", "schools", "after", *compared]
    frame_table(title, components, columns, schools="beneficiaries", after=money(currency))
    decided = result.draft.tables.of(currency)
    line(f"Total {dutch.money(total(decided.instalments), currency)} for {schools(decided.entitlements)}")
    if assumptions := result.draft.assumptions.get(currency):
        line(f"Not all of it is published. It rests on {assumptions}")


def _outcome(result: DecisionPlan, dry_run: bool) -> str:
    if result.written:
        return f"Written as decision {', '.join(result.written.values())}"
    if not result.changed:
        names = ", ".join(result.state.before.values())
        return f"Nothing to do: decision {names} says the same" if names else "Nothing to decide"
    if not dry_run:
        return "Nothing was written"
    return f"Dry run: nothing was changed; to write just this: --approved-plan {result.fingerprint}"


def _render_grants(granted: Granted, assumptions: str | None) -> None:
    """Print how many applications got what per scheme, and why the first ones got less than they asked for."""
    sums = grants_by_scheme(granted.grants)
    headings = {"applications": "asked for", "asked": "asked, euro", "amount": "granted, euro"}
    frame_table("Subsidies", sums, sums.columns, **headings)
    granted_total = dutch.money(granted.total, "EUR")
    line(f"{granted_total} is granted. DUS-I pays it; it never comes in a payment run of this program")
    less = _less_than_asked(granted.grants)
    first = _first_reasons(less)
    for scheme, outcome, brin, board, reason in first.iter_rows():
        line(f"  {scheme}, {outcome}: {brin} of board {board}: {reason}")
    if less.height > first.height:
        line(f"  and {number(less.height - first.height)} more: table grants")
    if assumptions:
        line(f"Not all of it is published. It rests on {assumptions}")


def _grants_document(granted: Granted | None) -> dict[str, Any] | None:
    """Return the grants for `--json`; null where there were no applications."""
    if granted is None:
        return None
    return {
        "reference_date": granted.reference_date,
        "total": granted.total,
        "by_scheme": grants_by_scheme(granted.grants),
        "rests_on": granted.assumptions,
        "reasons": _first_reasons(_less_than_asked(granted.grants)),
    }


def grants_by_scheme(grants: Grants) -> GrantsByScheme:
    """Return per scheme: applications, granted, reduced, refused (how many), asked, amount (euro)."""
    counts = [(pl.col("outcome") == outcome).sum().cast(pl.Int64).alias(outcome) for outcome in OUTCOMES]
    asked = pl.col("amount_applied").sum().alias("asked")
    sums = grants.group_by("scheme").agg(
        pl.len().cast(pl.Int64).alias("applications"), *counts, asked, pl.col("amount").sum()
    )
    return GrantsByScheme(sums.sort("scheme"))


def _less_than_asked(grants: Grants) -> LessThanAsked:
    less = grants.filter(pl.col("outcome") != "granted")
    return LessThanAsked(less.select("scheme", "outcome", "brin", "board", "reason"))


def _first_reasons(less: LessThanAsked) -> LessThanAsked:
    return LessThanAsked(less.group_by("scheme", "outcome", maintain_order=True).head(REASONS_SHOWN))


def render_diff(diff: Diff, as_json: bool) -> None:
    """Print the difference of two decisions."""
    if as_json:
        document(
            {"before": diff.before, "after": diff.after, **difference_document(diff.comparison, diff.rule_changes)}
        )
        return
    columns = ["component", "school_type", "currency", "before", "after", "difference"]
    frame_table(f"{diff.after} against {diff.before}", diff.comparison.by_component, columns)
    render_difference(diff.comparison, diff.rule_changes, f"Against {diff.before}")


def render_difference(comparison: Comparison, rule_changes: RuleChanges, against: str) -> None:
    """Print how many schools go up and down, the causes, the rules that changed, and whom it touches."""
    noun = noun_of(comparison)
    line(f"{against}: {number(comparison.up)} {noun} up, {number(comparison.down)} down")
    for currency, kind, cause, touched, difference in comparison.causes.iter_rows():
        line(f"  {cause} ({kind}): {number(touched)} {noun}, {dutch.money(difference, currency)}")
    for component, school_type, what, since, before, after in rule_changes.iter_rows():
        start = f" from {month_text(since)}" if since else ""
        line(
            f"  rule: {what} of {component} of {school_type}{start}: "
            f"{before or 'not there'} -> {after or 'not there'}"
        )
    line("")
    _render_effect(comparison.effect, comparison.causes_by_school, noun)


def noun_of(comparison: Comparison) -> str:
    """Return the noun of those that a decision is on."""
    is_municipal = comparison.by_component["school_type"].eq(ALL_SCHOOL_TYPES).any()
    if is_municipal:
        return "municipalities"
    with_areas = comparison.effect.schools["beneficiary"].str.contains(SAMENWERKINGSVERBAND).any()
    return "schools and samenwerkingsverbanden" if with_areas else "schools"


def _render_effect(effect: Effect, causes: SchoolCauses, noun: str) -> None:
    for cut in ("municipality", "board"):
        moved = effect.cuts[cut].filter(pl.col("difference") != 0)
        if moved.height:
            ordered = moved.sort(pl.col("difference").abs(), cut, descending=[True, False]).head(MOST_ROWS)
            more = f" (the {MOST_ROWS} largest of {number(moved.height)})" if moved.height > MOST_ROWS else ""
            columns = [cut, "currency", "up", "down", "before", "after", "difference"]
            frame_table(f"By {cut}{more}", ordered, columns)
    if effect.schools.height:
        columns = ["beneficiary", "name", "board", "currency", "why", "before", "after", "difference"]
        largest = with_reasons(SchoolDifferences(effect.schools.head(MOST_ROWS)), causes)
        frame_table(f"The {noun} it touches most", largest, columns)


def with_reasons(schools: SchoolDifferences, causes: SchoolCauses) -> ReasonedDifferences:
    """Add to schools the causes of their difference, the largest first."""
    ordered = causes.sort(pl.col("difference").abs(), "cause", descending=[True, False])
    about = ["beneficiary", "board", "currency"]
    why = ordered.group_by(about, maintain_order=True).agg(pl.col("cause").str.join(", "))
    reasons = why.rename({"cause": "why"})
    return ReasonedDifferences(
        schools.join(reasons, on=about, how="left", maintain_order="left", nulls_equal=True)
    )


def render_next_payment(next_payment: NextPayment | None) -> None:
    """Print what the next payment run would pay, and who would pay back; nothing where none is due."""
    if next_payment is None:
        return
    month = month_text(next_payment.month)
    for (currency,), rows in next_payment.payments.partition_by("currency", as_dict=True).items():
        render_payment_sums(f"The payment of {month} would be", Payments(rows), str(currency))
    if next_payment.below_zero.height:
        recipients = next_payment.below_zero.head(MOST_ROWS)
        columns = ["recipient", "currency", "amount"]
        frame_table(f"Recipients that would pay back in {month}", recipients, columns)
    if next_payment.between_boards.height:
        title = "To settle between boards: it is of months that another board held"
        rows = claims_in_words(next_payment.between_boards)
        frame_table(title, rows.head(MOST_ROWS), rows.columns)


def claims_in_words(claims: BoardClaims) -> BoardDebts:
    """Return claims with an amount above zero: who pays it, who receives it."""
    up = pl.col("amount") > 0
    debts = claims.select(
        pl.when(up).then("other").otherwise("board").alias("from"),
        pl.when(up).then("board").otherwise("other").alias("to"),
        "currency",
        pl.col("amount").abs(),
    )
    return BoardDebts(debts.sort("from", "to", "currency"))


def difference_document(comparison: Comparison, rule_changes: RuleChanges) -> dict[str, Any]:
    """Return the difference of two decisions for `--json`."""
    schools = with_reasons(comparison.effect.schools, comparison.causes_by_school)
    return {
        "by_component": comparison.by_component,
        "schools_up": comparison.up,
        "schools_down": comparison.down,
        "causes": comparison.causes,
        "rules_changed": rule_changes,
        **{f"by_{cut}": rows for cut, rows in comparison.effect.cuts.items()},
        "largest": schools.head(MOST_ROWS),
    }


def _next_payment_document(next_payment: NextPayment | None) -> dict[str, Any] | None:
    if next_payment is None:
        return None
    return {
        "month": month_text(next_payment.month),
        "by_component": sums_by(next_payment.payments, "component", "reason", "currency"),
        "below_zero": next_payment.below_zero,
        "between_boards": claims_in_words(next_payment.between_boards),
    }
