"""Writing a decision: its rows in the books, and what its manifest says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.books.run import Clock, Run
from npo_pipeline.commands.decide.grants import CURRENCY
from npo_pipeline.commands.decide.model import EURO, DecideRequest, DecisionDraft
from npo_pipeline.commands.decide.rules import Rulebook, keep_texts
from npo_pipeline.commands.ledger_state import paid_until
from npo_pipeline.delivery.sanitize import harmless_name
from schemas import tables
from schemas.columns import schema_of


def write_decision(
    run: Run,
    request: DecideRequest,
    rules: Rulebook,
    worked: DecisionDraft,
    currencies: Sequence[str],
    due: pl.DataFrame,
    clock: Clock,
) -> dict[str, str]:
    """Step: add a decision per currency to the books; decisions before it stay as they are.

    Returns:
        currency -> decision_id.
    """
    names = {one: _name(run, request.school_year, one) for one in currencies}
    decisions = [
        _decision_row(run, request, rules, worked, currency, *named, clock) for currency, named in names.items()
    ]
    run.append(tables.DECISIONS, pl.DataFrame(decisions, schema=schema_of(tables.DECISIONS)))
    parts = {name: worked.decided.of(currency) for currency, (name, _) in names.items()}
    run.append(tables.DECISION_INPUTS, pl.concat(_input_rows(name, worked.inputs) for name in parts))
    for model, part in (
        (tables.ENTITLEMENTS, "entitlements"),
        (tables.INSTALMENTS, "instalments"),
        (tables.TRACE, "trace"),
        (tables.ADJUSTMENTS, "adjustments"),
        (tables.SETTLING, "settling"),
    ):
        named = [getattr(one, part).with_columns(decision_id=pl.lit(name)) for name, one in parts.items()]
        rows = pl.concat(named).select(list(model.columns))
        if rows.height or model is not tables.ADJUSTMENTS:
            run.append(model, rows)
    ids = pl.DataFrame({"currency": list(names), "decision_id": [name for name, _ in names.values()]})
    if due.height:
        run.append(tables.DUE_CHANGES, due.join(ids, on="currency", how="inner"))
    if worked.granted and CURRENCY in names:
        decision, _ = names[CURRENCY]
        run.append(tables.GRANTS, worked.granted.grants.with_columns(decision_id=pl.lit(decision)))
    run.manifest_entries["inputs"] = _input_files(run, worked.inputs)
    keep_texts(run, [text for one in rules.files for text in one.texts])
    return {currency: name for currency, (name, _) in names.items()}


def _name(run: Run, school_year: str, currency: str) -> tuple[str, int]:
    """The name and number of the next decision of a school year in a currency."""
    query = "select count(*) from decisions where school_year = ? and currency = ?"
    sequence = int(run.books.value(query, [school_year, currency])) + 1
    middle = "" if currency == EURO else f"{currency.lower()}-"
    return f"{school_year}-{middle}{sequence:03d}", sequence


def _decision_row(
    run: Run,
    request: DecideRequest,
    rules: Rulebook,
    worked: DecisionDraft,
    currency: str,
    name: str,
    sequence: int,
    clock: Clock,
) -> dict[str, Any]:
    due = worked.decided.of(currency).instalments
    granted = worked.granted.total if worked.granted and currency == CURRENCY else Decimal(0)
    return {
        "decision_id": name,
        "school_year": request.school_year,
        "sequence": sequence,
        "regulation": " ".join(one.name for one in rules.files),
        "regulation_sha256": " ".join(one.sha256 for one in rules.files),
        "reference_date": worked.reference_date,
        "reason": _name_of(request.reason),
        "decided_at": clock(),
        "total": Decimal(due["amount"].sum()) + granted,
        "currency": currency,
        "rests_on": worked.rests_on.get(currency),
        "run_id": run.run_id,
        "published": rules.published,
        "valid_from": due["month"].min(),
        "valid_to": due["month"].max(),
        "paid_until": paid_until(run.books, request.school_year, currency),
        "prepared_by": _name_of(request.prepared_by),
        "approved_by": _name_of(request.approved_by),
    }


def _name_of(person: str | None) -> str | None:
    return None if person is None else harmless_name(person)


def _input_files(run: Run, inputs: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """The files that a decision rests on, for its manifest."""
    names = sorted({delivery for deliveries in inputs.values() for delivery in deliveries})
    query = (
        "select delivery_id, kind, file, sha256 from deliveries where delivery_id in (select unnest(?)) order by 1"
    )
    return run.books.frame(query, [names]).to_dicts()


def _input_rows(decision: str, inputs: Mapping[str, Sequence[str]]) -> pl.DataFrame:
    rows = [(decision, delivery, subject) for subject, names in inputs.items() for delivery in names]
    return pl.DataFrame(rows, schema=schema_of(tables.DECISION_INPUTS), orient="row")
