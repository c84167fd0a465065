"""Write a decision: its rows in the books, and its inputs and rules in the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.run import Run
from npo_pipeline.commands.decide.grants import GRANT_CURRENCY
from npo_pipeline.commands.decide.model import EURO, DecideRequest, DecisionDraft, DecisionPlan
from npo_pipeline.decisions.change_causes import BY_CHANGE
from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.entitlements.calculate import FROM_THEIR_MONTH
from npo_pipeline.intake.source_precedence import UsedDeliveries
from npo_pipeline.money import total
from npo_pipeline.rulebook.yaml_document import RuleText
from schemas import decided
from schemas.columns import schema_of
from schemas.decided import AcceptedChanges, DecisionInputRows
from schemas.frames.intake import SizeChanges


def write_decision(run: Run, request: DecideRequest, plan: DecisionPlan, decided_at: datetime) -> dict[str, str]:
    """Step: add a decision per currency to the books; decisions before it stay as they are.

    Returns:
        currency -> decision_id.
    """
    draft = plan.draft
    last = {one.row["currency"]: int(one.row["sequence"]) for one in plan.state.previous}
    numbers = {currency: last.get(currency, 0) + 1 for currency in plan.changed}
    names = {currency: _name(plan.state.school_year, currency, number) for currency, number in numbers.items()}
    decisions = [
        {
            "decision_id": names[currency],
            "sequence": number,
            "decided_at": decided_at,
            "run_id": run.run_id,
            **_by_whom(request),
            **_decision(plan, currency),
        }
        for currency, number in numbers.items()
    ]
    run.append(decided.DECISIONS, pl.DataFrame(decisions, schema=schema_of(decided.DECISIONS)))
    run.append(decided.DECISION_INPUTS, _input_rows(names.values(), draft.used))
    _add_amounts(run, draft, names)
    if plan.size_changes.height:
        run.append(decided.ACCEPTED_CHANGES, _accepted_rows(names.values(), request, plan.size_changes))
    if plan.due_changes.height:
        ids = pl.DataFrame({"currency": list(names), "decision_id": list(names.values())})
        run.append(decided.DUE_CHANGES, plan.due_changes.join(ids, on="currency", how="inner"))
    if draft.granted and GRANT_CURRENCY in names:
        name = pl.lit(names[GRANT_CURRENCY])
        run.append(decided.GRANTS, draft.granted.grants.with_columns(decision_id=name))
    run.manifest_entries["inputs"] = _input_files(plan)
    run.manifest_entries |= {"terms": FROM_THEIR_MONTH, "causes": BY_CHANGE}
    keep_texts(run, [text for one in plan.rules.files for text in one.texts])
    return names


def _add_amounts(run: Run, draft: DecisionDraft, names: dict[str, str]) -> None:
    """Add the amounts of each currency under the name of its decision."""
    parts = {name: draft.tables.of(currency) for currency, name in names.items()}
    for part in ("entitlements", "instalments", "trace", "adjustments", "settling"):
        model = getattr(decided, part.upper())
        named = [getattr(one, part).with_columns(decision_id=pl.lit(name)) for name, one in parts.items()]
        rows = pl.concat(named).select(list(model.columns))
        if rows.height or model is not decided.ADJUSTMENTS:
            run.append(model, rows)


def _name(school_year: str, currency: str, number: int) -> str:
    """Return the decision_id: `2021-2022-001`, or `2021-2022-usd-001`."""
    middle = "" if currency == EURO else f"{currency.lower()}-"
    return f"{school_year}-{middle}{number:03d}"


def _decision(plan: DecisionPlan, currency: str) -> dict[str, Any]:
    """Return the columns of `decisions` that say what is decided in a currency."""
    draft, state = plan.draft, plan.state
    due = draft.tables.of(currency).instalments
    granted = draft.granted.total if draft.granted and currency == GRANT_CURRENCY else Decimal(0)
    return {
        "school_year": state.school_year,
        "regulation": " ".join(one.name for one in plan.rules.files),
        "regulation_sha256": " ".join(one.sha256 for one in plan.rules.files),
        "reference_date": draft.reference_date,
        "total": total(due) + granted,
        "currency": currency,
        "rests_on": draft.assumptions.get(currency),
        "published": plan.rules.published,
        "valid_from": due["month"].min(),
        "valid_to": due["month"].max(),
        "paid_until": state.next_run.paid_until.get(currency) if state.next_run else None,
    }


def _by_whom(request: DecideRequest) -> dict[str, str | None]:
    """Return the columns of `decisions` that people fill in."""
    return {"reason": None if request.reason is None else harmless_name(request.reason), **request.people()}


def _input_files(plan: DecisionPlan) -> list[dict[str, Any]]:
    """Return the files that a decision rests on, for its manifest."""
    names = {delivery for deliveries in plan.draft.used.values() for delivery in deliveries}
    mine = plan.state.data.deliveries.filter(pl.col("delivery_id").is_in(list(names)))
    return mine.select("delivery_id", "kind", "file", "sha256").sort("delivery_id").to_dicts()


def _input_rows(decisions: Iterable[str], used: UsedDeliveries) -> DecisionInputRows:
    pairs = [(delivery, subject) for subject, names in used.items() for delivery in names]
    rows = [(decision, *pair) for decision in decisions for pair in pairs]
    return DecisionInputRows(pl.DataFrame(rows, schema=schema_of(decided.DECISION_INPUTS), orient="row"))


def _accepted_rows(decisions: Iterable[str], request: DecideRequest, changes: SizeChanges) -> AcceptedChanges:
    people = _by_whom(request)
    who = pl.lit(people["approved_by"] or people["prepared_by"], pl.String)
    named = pl.DataFrame({"decision_id": list(decisions)}).join(changes, how="cross")
    return AcceptedChanges(named.with_columns(accepted_by=who))


def keep_texts(run: Run, texts: Sequence[RuleText]) -> None:
    """Archive the texts of rules that are not in the books yet, and name all of them in the manifest."""
    kept = archived_texts(run.books)
    rows = {text.sha256: (text.sha256, text.name, text.text) for text in texts}
    added = [row for sha256, row in rows.items() if sha256 not in kept]
    if added:
        run.append(decided.REGULATIONS, pl.DataFrame(added, schema=schema_of(decided.REGULATIONS), orient="row"))
    run.manifest_entries["regulations"] = [{"name": text.name, "sha256": text.sha256} for text in texts]
