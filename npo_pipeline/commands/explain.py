"""`npo explain`: the amount of a school, a BRIN or a board, read from the books. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, get_close_matches
from typing import Any

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import decisions as queries
from npo_pipeline.books.queries.decision_state import areas_of_decision
from npo_pipeline.books.queries.deliveries import corrections_used_by
from npo_pipeline.books.queries.ledger import decisions_in_force
from npo_pipeline.books.queries.payments import PaymentScope, corrections_in, last_month_paid, payments_in
from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.queries.schools import (
    board_names,
    directory_of,
    known_schools,
    masked_pupils,
    municipal_scores_of,
    rows_of_brins,
    vestigingen_of_board,
    vestigingen_of_municipalities,
)
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.entitlements.model import stated_reference_date
from npo_pipeline.errors import Refused
from npo_pipeline.months import is_school_year
from npo_pipeline.reports.explain.build import bases, build_explanation
from npo_pipeline.reports.explain.catalogue import language
from npo_pipeline.reports.explain.decision_data import DecisionData
from npo_pipeline.reports.explain.model import (
    Assumption,
    Decision,
    Explanation,
    Kind,
    MaskedCount,
    OmittedComponent,
    Subject,
)
from npo_pipeline.reports.explain.omissions import shared_omissions
from npo_pipeline.reports.explain.phrasing import Phrasing
from npo_pipeline.rulebook.archive import archived_rules
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.accounted import Accountability
from schemas.decided import Adjustments, Decisions, Entitlements, Instalments, Payments, Trace
from schemas.frames.accounts import BOARD_BASIS, BoardBasis
from schemas.frames.reports import KnownSchools, LedgerRows
from schemas.received import Counts, ListedVestigingen, Scores
from schemas.rules import BOARD, BRIN, MUNICIPALITY, SAMENWERKINGSVERBAND, VESTIGING

_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("vestiging", VESTIGING),
    ("brin", BRIN),
    ("board", BOARD),
    ("samenwerkingsverband", SAMENWERKINGSVERBAND),
    ("gemeente", MUNICIPALITY),
)

_MOST_SHOWN, _MOST_COMPARED = 5, 200
_FORMS = (
    "write a vestiging as 52MJ00, a BRIN as 52MJ, a board as 12045, a samenwerkingsverband as VO2001 or a "
    "municipality as 0363"
)
_KIND_NAMES = {"brin": "BRIN", "gemeente": "municipality"}


@dataclass(frozen=True)
class ExplainRequest:
    """Name a vestiging, BRIN, board or other beneficiary, and optionally one school year or one decision.

    `school_year`: or the period of a decision on municipalities.
    """

    home: Home
    code: str
    school_year: str | None = None
    decision: str | None = None


def explain(request: ExplainRequest) -> Explanation:
    """Explain the amounts of a school, a BRIN, a board, a samenwerkingsverband or a municipality.

    Without a decision: by the latest of every school year and currency in which it has an amount.

    Raises:
        Refused: nothing was decided, or there is no such school, decision or school year; suggests near ones.
    """
    require_books(request.home)
    with read_books(request.home) as books:
        decisions = _explainable_decisions(books, request)
        schools = known_schools(books)
        subject = _with_name_of_board(books, resolve_code(request.code, schools))
        vestigingen = _vestigingen(books, subject, schools)
        chosen = select_decisions(books, request, decisions, vestigingen)
        _refuse_other_money(request, subject, chosen)
        data = [_decision_data(books, row, decisions, vestigingen) for row in chosen]
        masked = masked_pupils(books, vestigingen).rows(named=True)
    explained = tuple(build_explanation(one, subject, vestigingen) for one in data)
    return Explanation(subject, explained, tuple(MaskedCount(**one) for one in masked))


def board_basis(books: Books, run_id: str, school_years: Collection[str], schools: Accountability) -> BoardBasis:
    """Return what the money of boards leaves out and rests on, by the decisions that a run accounted by.

    `schools`: their accounts; what holds for a school holds for each board that has money of it.
    """
    decisions, rows = queries.decisions_with_entitlements(books), list[tuple[str, ...]]()
    in_force = set(decisions_in_force(books, run_id)["decision_id"])
    boards: dict[str, set[str]] = {}
    for board, brin in schools.select("board", "brin").iter_rows():
        boards.setdefault(brin, set()).add(board)
    known = known_schools(books).filter(pl.col("brin").is_in(list(boards)))["vestiging"]
    vestigingen = sorted({*known.drop_nulls()})
    wanted = pl.col("decision_id").is_in(in_force) & pl.col("school_year").is_in(list(school_years))
    chosen = decisions.filter(wanted).sort("decision_id").rows(named=True)
    found = [_decision_data(books, row, decisions, vestigingen) for row in chosen]
    for data, own in zip(found, _explained_by(found, vestigingen), strict=True):
        rows += _basis_rows(data, own, boards)
    return BoardBasis(pl.DataFrame(rows, schema=dict.fromkeys(BOARD_BASIS, pl.String), orient="row"))


def _explained_by(found: Sequence[DecisionData], vestigingen: Sequence[str]) -> Iterator[list[str]]:
    """Yield for each decision the vestigingen that it explains: those with an amount in it.

    One without an amount in any decision of a school year is explained by the first. So nothing is missing of a
    school in euro because the decision in dollars has it not.
    """
    entitled = [set(data.entitlements["vestiging"].drop_nulls()) for data in found]
    for number, data in enumerate(found):
        years = [other.decision.school_year == data.decision.school_year for other in found]
        elsewhere = set[str]().union(*(of for of, same in zip(entitled, years, strict=True) if same))
        is_first = not any(years[:number])
        yield [one for one in vestigingen if one in entitled[number] or (is_first and one not in elsewhere)]


def _basis_rows(
    data: DecisionData, vestigingen: Sequence[str], boards: Mapping[str, Collection[str]]
) -> Iterator[tuple[str, ...]]:
    omitted: dict[str, list[OmittedComponent]] = {}
    behind: dict[str, dict[Assumption, None]] = {}
    for vestiging, left_out, rests_on in bases(data, vestigingen):
        for board in boards[vestiging[:4]]:
            omitted.setdefault(board, []).extend(left_out)
            behind.setdefault(board, {}).update(dict.fromkeys(rests_on))
    decision, dutch = data.decision, language("nl")
    phrasing, year = Phrasing(dutch, decision.currency), decision.school_year
    for board, of_board in omitted.items():
        for one in shared_omissions(of_board):
            yield board, decision.currency, "left_out", year, phrasing.omission(one)
    for board, found in behind.items():
        if decision.named_day:
            days = {"used": dutch.day(decision.reference_date), "named": dutch.day(decision.named_day)}
            yield board, decision.currency, "rests_on", year, dutch.say("other_day", **days)
        for words in phrasing.assumptions(tuple(found)) if found else ():
            yield board, decision.currency, "rests_on", year, words


def _explainable_decisions(books: Books, request: ExplainRequest) -> Decisions:
    """Return the decisions with entitlements and all others of their school year and currency.

    Raises:
        Refused: there is none, or the request names a decision on subsidies alone.
    """
    decisions, on_subsidies = (
        queries.decisions_with_entitlements(books),
        queries.decisions_without_entitlements(books),
    )
    for column, wanted in (("decision_id", request.decision), ("school_year", request.school_year)):
        if wanted in on_subsidies[column] and wanted not in decisions[column]:
            raise Refused(f"{wanted}: only subsidies were decided; table `grants` says of each how it came about")
    if decisions.is_empty() and on_subsidies.height:
        raise Refused("only subsidies were decided yet; table `grants` says of each how it came about")
    if decisions.is_empty():
        raise Refused(f"{request.home.path}: nothing was decided yet; begin with `npo decide`")
    return decisions


def resolve_code(text: str, schools: KnownSchools) -> Subject:
    """Return the school, BRIN, board, samenwerkingsverband or municipality that a code, as it was typed, names.

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
    if kind in ("board", "samenwerkingsverband"):
        return Subject(kind, code)
    if kind == "gemeente":
        return Subject(kind, code, found["name"][0])
    name, place = found.select("name", "place").row(-1 if kind == "vestiging" else 0)
    return Subject(kind, code, name, place)


def _with_name_of_board(books: Books, subject: Subject) -> Subject:
    if subject.kind != "board":
        return subject
    return replace(subject, name=dict(board_names(books).iter_rows()).get(subject.code))


def _refuse_other_money(request: ExplainRequest, subject: Subject, chosen: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a school year or a decision on one for a municipality, and those on a period for anyone else."""
    series = chosen[0]["school_year"] if request.decision else request.school_year
    is_municipal = subject.kind == "gemeente"
    if series is None or is_school_year(series) != is_municipal:
        return
    whom = "municipalities" if is_municipal else "schools, boards and samenwerkingsverbanden"
    option = "--decision" if request.decision else "--school-year"
    raise Refused(f"{request.decision or series} holds no money of {whom}: leave {option} out for {subject.code}")


def _vestigingen(books: Books, subject: Subject, schools: KnownSchools) -> list[str]:
    """Return the vestigingen of a subject; of a board all that were ever under it or for which it was paid.

    A samenwerkingsverband or municipality has its own money, and is explained like a vestiging.
    """
    if subject.kind in ("samenwerkingsverband", "gemeente"):
        return [subject.code]
    vestigingen = schools.filter(pl.col(subject.kind) == subject.code)["vestiging"].to_list()
    if subject.kind == "board":
        vestigingen += vestigingen_of_board(books, subject.code)
    return sorted(set(vestigingen))


def select_decisions(
    books: Books, request: ExplainRequest, decisions: Decisions, vestigingen: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the decisions to explain to a subject with these vestigingen, by school year and currency.

    Raises:
        Refused: there is no such decision or school year; says which there are.
    """
    if request.decision is not None:
        return [_named_decision(request, decisions)]
    if request.school_year is not None:
        decisions = _of_school_year(request.school_year, decisions)
    newest = pl.col("sequence") == pl.col("sequence").max().over("school_year", "currency")
    latest = decisions.filter(newest).rows(named=True)
    entitled, counting = queries.entitled_years(books, vestigingen), queries.decisions_counting(books, vestigingen)
    chosen = [row for row in latest if (row["school_year"], row["currency"]) in entitled]
    # Where no decision of a year has an amount of it, the first that counted it says why. One of a period counts
    # it for its municipality.
    for row in (one for one in latest if is_school_year(one["school_year"])):
        explained = {one["school_year"] for one in chosen}
        if row["school_year"] not in explained and row["decision_id"] in counting:
            chosen.append(row)
    return sorted(chosen, key=lambda row: (row["school_year"], row["currency"]))


def _of_school_year(school_year: str, decisions: Decisions) -> Decisions:
    found = decisions.filter(pl.col("school_year") == school_year)
    if found.is_empty():
        there = ", ".join(decisions["school_year"].unique().sort())
        raise Refused(f"{school_year} was not decided; decided: {there}")
    return Decisions(found)


def _named_decision(request: ExplainRequest, decisions: Decisions) -> dict[str, Any]:
    found = decisions.filter(pl.col("decision_id") == request.decision)
    if found.is_empty():
        there = ", ".join(decisions["decision_id"])
        raise Refused(f"there is no decision {request.decision!r}; there is {there}")
    row = found.row(0, named=True)
    if request.school_year not in (None, row["school_year"]):
        raise Refused(f"decision {request.decision} is of {row['school_year']}, not of {request.school_year}")
    return row


def _decision_data(
    books: Books, row: Mapping[str, Any], decisions: Decisions, vestigingen: Sequence[str]
) -> DecisionData:
    """Load the rows of a decision, of the whole BRINs of some vestigingen, or of another beneficiary."""
    rules = archived_rules(archived_texts(books), row["regulation"], row["regulation_sha256"]).regulations
    decision = _decision(row, decisions, rules)
    decision_id, scope = decision.decision_id, _places(vestigingen)
    areas = areas_of_decision(books, decision_id)
    in_area = areas.filter(pl.col("samenwerkingsverband").is_in(list(vestigingen)))["vestiging"].to_list()
    counted = _places([*in_area, *vestigingen_of_municipalities(books, vestigingen)]) or scope
    # Payments from the run of the superseding decision on belong to that one.
    until = dict(decisions.select("decision_id", "run_id").iter_rows()).get(decision.superseded_by)
    payments = PaymentScope(decision.school_year, decision.currency, scope, until)
    entitlements = Entitlements(_rows(books, "entitlements", decision_id, scope))
    boards = entitlements["board"].drop_nulls().unique().to_list()
    return DecisionData(
        decision=decision,
        directory=directory_of(books, counted),
        entitlements=entitlements,
        previous=Entitlements(_rows(books, "entitlements", decision.before, scope)),
        trace=Trace(_rows(books, "trace", decision_id, scope)),
        instalments=Instalments(_rows(books, "instalments", decision_id, scope)),
        adjustments=Adjustments(_rows(books, "adjustments", decision_id, scope)),
        paid_corrections=LedgerRows(_by_code(corrections_in(books, payments))),
        payments=Payments(_by_code(payments_in(books, payments))),
        counts=Counts(rows_of_brins(books, "counts", counted)),
        scores=Scores(rows_of_brins(books, "scores", counted)),
        areas=areas,
        municipal_scores=municipal_scores_of(books, decision_id, vestigingen),
        listed=ListedVestigingen(rows_of_brins(books, "listed_vestigingen", counted)),
        files=queries.decision_files(books, decision_id),
        rules=rules,
        last_paid=last_month_paid(books, until),
        source_corrections=corrections_used_by(books, decision_id, counted),
        board_names=board_names(books),
        compared=queries.compared_amounts(books, decision_id, brins=scope, boards=boards),
    )


def _places(codes: Iterable[str]) -> list[str]:
    """Return the BRINs of vestigingen, and other codes as they are: each once, in order."""
    return sorted({code[:4] if re.search(VESTIGING, code) else code for code in codes})


def _rows(books: Books, table: str, decision_id: str | None, places: Sequence[str]) -> pl.DataFrame:
    return _by_code(queries.rows_of_decision(books, table, decision_id, places))


def _by_code(rows: pl.DataFrame) -> pl.DataFrame:
    """Put the code of another beneficiary in column `vestiging`, by which an explanation is built."""
    return rows.with_columns(vestiging=pl.coalesce("vestiging", "beneficiary"))


def _decision(row: Mapping[str, Any], decisions: Decisions, rules: Sequence[LoadedRegulation]) -> Decision:
    alike = (pl.col("school_year") == row["school_year"]) & (pl.col("currency") == row["currency"])
    by_sequence = dict(decisions.filter(alike).select("sequence", "decision_id").iter_rows())
    return Decision(
        **{name: row[name] for name in Decision.__dataclass_fields__ if name in row},
        named_day=stated_reference_date(rules, row["reference_date"]),
        before=by_sequence.get(row["sequence"] - 1),
        superseded_by=by_sequence.get(row["sequence"] + 1),
    )


def suggest_codes(kind: Kind, code: str, schools: KnownSchools) -> str:
    """Return that a code of the right form is not known, and the known ones near it."""
    known = schools[kind].drop_nulls().unique().sort().to_list()
    alike = get_close_matches(code, known, _MOST_COMPARED)
    # Of those that are equally alike, what begins alike is meant most often: another site of the same BRIN.
    near = sorted(alike, key=lambda one: (-SequenceMatcher(None, one, code).ratio(), -_shared_start(one, code)))
    shown = ", ".join(_named(one, kind, schools) for one in near[:_MOST_SHOWN])
    return f"no {_KIND_NAMES.get(kind, kind)} {code} is known; " + (
        f"near it: {shown}" if near else "nothing comes near it"
    )


def no_code(text: str, schools: KnownSchools) -> str:
    """Return that a text is no code, and the schools with a name like it."""
    begin = f"{text!r} is no code of a school, board, samenwerkingsverband or municipality: {_FORMS}"
    named = schools.drop_nulls(["vestiging", "name"]).unique("vestiging", keep="last", maintain_order=True)
    names = dict(named.select("vestiging", pl.col("name").str.to_lowercase()).iter_rows())
    wanted = text.strip().lower()
    found = [one for one, name in names.items() if len(wanted) > 2 and wanted in name]
    if not found:
        near = get_close_matches(wanted, set(names.values()), _MOST_SHOWN)
        found = [one for one, name in names.items() if name in near]
    shown = ", ".join(_named(one, "vestiging", schools) for one in found[:_MOST_SHOWN])
    if len(found) > _MOST_SHOWN:
        shown += f" and {len(found) - _MOST_SHOWN} more"
    return f"{begin}; with a name like it: {shown}" if found else begin


def _shared_start(one: str, code: str) -> int:
    return next((place for place, pair in enumerate(zip(one, code, strict=True)) if len(set(pair)) > 1), len(code))


def _named(code: str, kind: Kind, schools: KnownSchools) -> str:
    if kind in ("board", "samenwerkingsverband", "gemeente"):
        return code
    name, place = schools.filter(pl.col(kind) == code).select("name", "place").row(0)
    return f"{code} ({', '.join(one for one in (name, place) if one)})" if name or place else code
