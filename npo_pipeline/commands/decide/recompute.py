"""What a decision stood on: the decision before it, what was known then, and why the two differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.books.code_version import code_version
from npo_pipeline.books.manifest import text_sha256
from npo_pipeline.books.queries.schools import school_facts
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.decide.grants import Text, subsidies_among
from npo_pipeline.decisions.change_causes import CauseStep, changed_rates, due_changes
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import (
    ADJUSTMENT_COLUMNS,
    CHANGES,
    ENTITLEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    SETTLEMENT_COLUMNS,
    DecisionTables,
    basis_of,
    rule_frames,
)
from npo_pipeline.errors import Refused
from npo_pipeline.intake.school_directory import build_directory
from npo_pipeline.rulebook.load import LoadedRegulation, parse_texts
from schemas.received import SchoolFacts

Inputs = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class KeptRules:
    """The rules of a decision, from their kept texts: of each the file and the overlays on it."""

    regulations: tuple[LoadedRegulation, ...]
    subsidies: tuple[Sequence[Text], ...]


def archived_rules(texts: Mapping[str, Text], hashes: str) -> KeptRules:
    """The rules that were kept under hashes; those of a file and its overlays are joined by `+`.

    Raises:
        Refused: they are gone or changed, or this program cannot read them.
    """
    kept = [[texts.get(sha256, ("", "")) for sha256 in one.split("+")] for one in hashes.split(" ")]
    found = " ".join("+".join(text_sha256(text) for _, text in one) for one in kept)
    if found != hashes:
        raise Refused("the text of its regulation is gone or changed")
    of_subsidies = tuple(subsidies_among(kept))
    return KeptRules(tuple(parse_texts(one) for one in kept if one not in of_subsidies), of_subsidies)


def archived_texts(books: Books) -> dict[str, Text]:
    """The texts of rules that the books keep: sha256 -> name, text."""
    return {sha: (name, text) for sha, name, text in books.table("regulations").iter_rows()}


def decided_in(books: Books, decision_id: str) -> DecisionTables:
    """The rows of a decision as the books hold them, without its trace."""
    parts = {
        table: books.frame(f"from {table} where decision_id = ?", [decision_id])
        for table in ("entitlements", "adjustments", "settling")
    }
    currency = books.frame("select currency from decisions where decision_id = ?", [decision_id]).item()
    due = books.frame("from instalments where decision_id = ?", [decision_id])
    none = pl.DataFrame(schema={"currency": pl.String})
    return DecisionTables(
        parts["entitlements"].select(ENTITLEMENT_COLUMNS),
        due.with_columns(currency=pl.lit(currency)).select(INSTALMENT_COLUMNS),
        none,
        none,
        parts["adjustments"].select(ADJUSTMENT_COLUMNS),
        parts["settling"].with_columns(currency=pl.lit(currency)).select(SETTLEMENT_COLUMNS),
    )


def facts_as_of(books: Books, facts: SchoolFacts, run_id: str) -> SchoolFacts:
    """Return the facts about schools that were known when a run began."""
    then = books.frame("select delivery_id from deliveries where run_id < ?", [run_id])["delivery_id"]
    return SchoolFacts(facts.filter(pl.col("delivery_id").is_in(then.implode())))


@dataclass(frozen=True)
class DecisionContext:
    """A decision that is being taken, or proved again: what it stands on.

    `schools`: the directory as it was known. `inputs`: what is counted -> deliveries.
    """

    school_year: str
    regulations: Sequence[LoadedRegulation]
    inputs: Inputs
    schools: pl.DataFrame
    decided: DecisionTables


def due_changes_from(books: Books, before: Mapping[str, Any], now: DecisionContext) -> pl.DataFrame:
    """What a decision makes due that the one before it did not, per cause, in the currency of both.

    Args:
        books: the books.
        before: the row of `decisions` of the one before.
        now: the decision.

    Returns:
        school_year, vestiging, school_type, component, month, cause, amount, currency.

    Raises:
        Refused: the rules of the decision before are gone from the books.
    """
    currency = before["currency"]
    was = decided_in(books, before["decision_id"])
    steps = [CauseStep(one.kind, one.after.of(currency), one.rerated) for one in _steps(books, before, now)]
    return due_changes(was, steps)


def _steps(books: Books, before: Mapping[str, Any], now: DecisionContext) -> Iterator[CauseStep]:
    rows = books.frame(
        "select used_for, delivery_id from decision_inputs where decision_id = ? order by all",
        [before["decision_id"]],
    )
    then: dict[str, list[str]] = {}
    for subject, name in rows.iter_rows():
        then.setdefault(subject, []).append(name)
    kept = archived_rules(archived_texts(books), before["regulation_sha256"]).regulations
    old = [rule_frames(one) for one in kept]
    new = [rule_frames(one) for one in now.regulations]
    counts, scores, changes = (books.table(name) for name in ("counts", "scores", "changes"))
    if written_by_other_version(books, before["run_id"]) and old:
        known = build_directory(facts_as_of(books, school_facts(books), before["run_id"]))
        yield CauseStep(
            "code", calculate_decision(now.school_year, old, basis_of(then, counts, scores, known, changes))
        )
    told = {CHANGES: then[CHANGES]} if CHANGES in then else {}
    inputs = {**{subject: names for subject, names in now.inputs.items() if subject != CHANGES}, **told}
    basis = basis_of(inputs, counts, scores, now.schools, changes)
    # Another reference date takes other files, also when none came in.
    if old and (_came_since(books, before["run_id"]) or _files(inputs) != _files(then)):
        yield CauseStep("input", calculate_decision(now.school_year, old, basis))
    if old and new and [one.sha256 for one in kept] != [one.sha256 for one in now.regulations]:
        yield CauseStep("rule", calculate_decision(now.school_year, new, basis), changed_rates(old, new))
    yield CauseStep("change", now.decided)


def _files(inputs: Inputs) -> set[tuple[str, str]]:
    return {(subject, name) for subject, names in inputs.items() for name in names}


def _came_since(books: Books, run_id: str) -> bool:
    """Whether anything that can be counted, or tells of boards, came in after a run."""
    return bool(books.value("select count(*) from deliveries where run_id > ?", [run_id]))


def written_by_other_version(books: Books, run_id: str) -> bool:
    """Whether a run was made by another version of this program, or says nothing of it that can be read."""
    text = books.frame("select manifest from runs where run_id = ?", [run_id])["manifest"]
    try:
        manifest = json.loads(text[0]) if text.len() else {}
    except ValueError:
        manifest = {}  # damaged; the check of the chain says so
    return not isinstance(manifest, dict) or manifest.get("code") != code_version().calculation
