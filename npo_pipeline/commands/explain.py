"""`npo explain`: the amount of a school, a BRIN or a board, from the books as they stand. Changes nothing.

What `npo explain` is asked for: which school, BRIN or board, and which decisions there are to tell of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.entitlements.model import stated_reference_date
from npo_pipeline.errors import Refused
from npo_pipeline.reports.explain.build import build_explanation
from npo_pipeline.reports.explain.decision_data import DecisionData, brins
from npo_pipeline.reports.explain.model import Asked, Decision, Explanation, Kind
from npo_pipeline.reports.explain.suggestions import no_code, suggest_codes
from npo_pipeline.rulebook.load import LoadedRegulation, parse_texts
from npo_pipeline.rulebook.subsidies.load import is_subsidy_text
from schemas.rules import BOARD, BRIN, VESTIGING


@dataclass(frozen=True)
class ExplainRequest:
    """What to explain: a code, of one school year or of all, as of a decision or as of now."""

    home: Home
    code: str
    school_year: str | None = None
    decision: str | None = None


def decisions_with_entitlements(books: Books, request: ExplainRequest) -> pl.DataFrame:
    """All decisions of the school years and currencies that have entitlements: a grant has its own reason.

    Raises:
        Refused: there is none, or what was asked for is a decision on subsidies alone.
    """
    decisions = books.frame(_ENTITLED)
    others = books.frame(
        "select decision_id, school_year from decisions anti join entitlements using (decision_id)"
    )
    for column, asked in (("decision_id", request.decision), ("school_year", request.school_year)):
        if asked in others[column] and asked not in decisions[column]:
            raise Refused(f"{asked}: only subsidies were decided; table `grants` says of each how it came about")
    if decisions.is_empty() and others.height:
        raise Refused("only subsidies were decided yet; table `grants` says of each how it came about")
    if decisions.is_empty():
        raise Refused(f"{request.home.path}: nothing was decided yet; begin with `npo decide`")
    return decisions


_ENTITLED = """
    from decisions where (school_year, currency) in (
        select (school_year, currency) from decisions semi join entitlements using (decision_id))
    order by school_year, currency, sequence"""

SCHOOLS = """
    select vestiging, brin, board, name, place, valid_from from schools
    union all
    select distinct vestiging, substr(vestiging, 1, 4), null, null, null, null
    from counts anti join schools using (vestiging)
    order by vestiging, valid_from"""
"""All schools that were ever told of; one whose pupils were counted may have no board."""

_PATTERNS: tuple[tuple[Kind, str], ...] = (("vestiging", VESTIGING), ("brin", BRIN), ("board", BOARD))


def resolve_code(text: str, schools: pl.DataFrame) -> Asked:
    """The school, BRIN or board that a code names.

    Args:
        text: the code as it was typed.
        schools: all of them (`SCHOOLS`).

    Raises:
        Refused: it is no code, or nothing has it; suggests near ones.
    """
    code = text.strip().upper()
    kind = next((kind for kind, pattern in _PATTERNS if re.search(pattern, code)), None)
    if kind is None:
        raise Refused(no_code(text, schools))
    found = schools.filter(pl.col(kind) == code)
    if found.is_empty():
        raise Refused(suggest_codes(kind, code, schools))
    if kind == "board":
        return Asked(kind, code)
    name, place = found.select("name", "place").row(-1 if kind == "vestiging" else 0)
    return Asked(kind, code, name, place)


def vestigingen_of(books: Books, asked: Asked, schools: pl.DataFrame) -> list[str]:
    """The vestigingen that were asked for; of a board all that it ever held or was paid for."""
    mine = schools.filter(pl.col(asked.kind) == asked.code)["vestiging"].to_list()
    if asked.kind == "board":
        mine += books.frame(_OF_BOARD, [asked.code])["vestiging"].to_list()
    return sorted(set(mine))


_OF_BOARD = """
    select vestiging from entitlements where board = $1 union select vestiging from payments where board = $1"""


def select_decisions(
    books: Books, request: ExplainRequest, decisions: pl.DataFrame, vestigingen: Sequence[str]
) -> list[dict[str, Any]]:
    """The decisions to tell of, in the order of school years: rows of `decisions`.

    Args:
        books: the books.
        request: names a decision, a school year, or neither.
        decisions: those there are to choose from (`decided`).
        vestigingen: the schools that were asked for.

    Raises:
        Refused: there is no such decision or school year; says which there are.
    """
    if request.decision is not None:
        return [_named_decision(request, decisions)]
    if request.school_year is not None:
        mine = decisions.filter(pl.col("school_year") == request.school_year)
        if mine.is_empty():
            there = ", ".join(decisions["school_year"].unique().sort())
            raise Refused(f"{request.school_year} was not decided; decided: {there}")
        decisions = mine
    latest = decisions.filter(pl.col("sequence") == pl.col("sequence").max().over("school_year", "currency"))
    named = set(books.frame(_NAMED, [list(vestigingen)]).iter_rows())
    counted = set(books.frame(_COUNTED, [list(vestigingen)])["decision_id"])
    told, years = [], set()
    for row in latest.iter_rows(named=True):
        if (row["school_year"], row["currency"]) in named:
            told.append(row)
            years.add(row["school_year"])
    # Where no decision of a year has an amount of it, the first that counted it says why.
    for row in latest.iter_rows(named=True):
        if row["school_year"] not in years and row["decision_id"] in counted:
            told.append(row)
            years.add(row["school_year"])
    return sorted(told, key=lambda row: (row["school_year"], row["currency"]))


_NAMED = """
    select distinct d.school_year, d.currency
    from entitlements e join decisions d using (decision_id) where e.vestiging = any($1)"""

_COUNTED = """
    select distinct i.decision_id
    from counts c join decision_inputs i using (delivery_id) where c.vestiging = any($1)"""


def _named_decision(request: ExplainRequest, decisions: pl.DataFrame) -> dict[str, Any]:
    found = decisions.filter(pl.col("decision_id") == request.decision)
    if found.is_empty():
        there = ", ".join(decisions["decision_id"])
        raise Refused(f"there is no decision {request.decision!r}; there is {there}")
    row = found.row(0, named=True)
    if request.school_year not in (None, row["school_year"]):
        raise Refused(f"decision {request.decision} is of {row['school_year']}, not of {request.school_year}")
    return row


def explain(request: ExplainRequest) -> Explanation:
    """Explain what a school, a BRIN or a board gets.

    Without a decision: the latest of every school year and currency that has anything of it.

    Raises:
        Refused: nothing was decided, or there is no such school, decision or school year; suggests near ones.
    """
    require_books(request.home)
    with read_books(request.home) as books:
        decisions = decisions_with_entitlements(books, request)
        schools = books.frame(SCHOOLS)
        asked = resolve_code(request.code, schools)
        vestigingen = vestigingen_of(books, asked, schools)
        rows = select_decisions(books, request, decisions, vestigingen)
        held = [_held(books, row, decisions, vestigingen) for row in rows]
        return Explanation(asked, tuple(build_explanation(one, asked, vestigingen) for one in held))


def _held(books: Books, row: dict[str, Any], decisions: pl.DataFrame, vestigingen: Sequence[str]) -> DecisionData:
    """The rows of a decision, of the whole BRINs of these vestigingen."""
    rules = _rules(books, row)
    decision = _decision(row, decisions, rules)
    mine, scope = decision.decision_id, brins(vestigingen)
    until = _until(decision, decisions)

    def of(table: str, name: str | None) -> pl.DataFrame:
        query = f"from {table} where decision_id = $1 and substr(vestiging, 1, 4) = any($2)"
        return books.frame(query, [name or "", scope])

    def told(table: str) -> pl.DataFrame:
        return books.frame(f"from {table} where substr(vestiging, 1, 4) = any($1)", [scope])

    return DecisionData(
        decision,
        directory=books.frame("from schools where brin = any($1) order by vestiging, valid_from", [scope]),
        entitlements=of("entitlements", mine),
        earlier=of("entitlements", decision.before),
        trace=of("trace", mine),
        instalments=of("instalments", mine),
        adjustments=of("adjustments", mine),
        settled=books.frame(f"{_LEDGER}{_PAYMENTS}", [decision.school_year, decision.currency, scope, until]),
        payments=books.frame(
            f"from payments {_PAYMENTS}", [decision.school_year, decision.currency, scope, until]
        ),
        counts=told("counts"),
        scores=told("scores"),
        files=books.frame(_FILES, [mine]),
        rules=rules,
        last_paid=books.value("select max(paid_month) from payments where run_id < $1", [until]),
        corrections=books.frame(_CORRECTIONS, [mine, scope]),
    )


_LEDGER = "from (from ledger where cause <> 'instalment')"
_PAYMENTS = """
    where school_year = $1 and currency = $2 and substr(vestiging, 1, 4) = any($3) and run_id < $4"""

_FILES = """
    select d.delivery_id, i.used_for, d.kind, d.file, d.sha256, d.rows, d.rejected, d.reference_date,
           d.superseded_by
    from decision_inputs i join deliveries d using (delivery_id) where i.decision_id = $1"""

_CORRECTIONS = """
    select c.* exclude (delivery_id)
    from source_corrections c semi join (from decision_inputs where decision_id = $1) i using (delivery_id)
    where substr(vestiging, 1, 4) = any($2)"""

_NEVER = "~"
"""Comes after the name of every run."""


def _until(decision: Decision, decisions: pl.DataFrame) -> str:
    """The run that took the decision that superseded this one: what was paid from then on is not of this one."""
    runs = dict(decisions.select("decision_id", "run_id").iter_rows())
    return str(runs[decision.superseded_by]) if decision.superseded_by else _NEVER


def _decision(row: dict[str, Any], decisions: pl.DataFrame, rules: Sequence[LoadedRegulation]) -> Decision:
    mine = (pl.col("school_year") == row["school_year"]) & (pl.col("currency") == row["currency"])
    around = dict(decisions.filter(mine).select("sequence", "decision_id").iter_rows())
    return Decision(
        **{name: row[name] for name in _TOLD},
        named_day=stated_reference_date(rules, row["reference_date"]),
        before=around.get(row["sequence"] - 1),
        superseded_by=around.get(row["sequence"] + 1),
    )


_TOLD = (
    "decision_id",
    "school_year",
    "currency",
    "reference_date",
    "decided_at",
    "reason",
    "regulation",
    "rests_on",
)


def _rules(books: Books, row: dict[str, Any]) -> tuple[LoadedRegulation, ...]:
    """The regulations of a decision, from the texts that were kept of them."""
    kept = {sha: (name, text) for sha, name, text in books.table("regulations").iter_rows()}
    texts = [[kept[sha] for sha in one.split("+")] for one in row["regulation_sha256"].split()]
    return tuple(parse_texts(one) for one in texts if not is_subsidy_text(*one[0]))
