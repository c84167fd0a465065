"""From frames to an explanation. Pure: no home, no clock; amounts are those of the tables.

The rows of the trace, each with what was counted for it and the files that say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.reports.explain.cashflow import (
    changes_of,
    correction_causes,
    flow_of,
    flows_of,
    lifecycle_events,
)
from npo_pipeline.reports.explain.decision_data import DecisionData
from npo_pipeline.reports.explain.model import (
    Assumption,
    Explained,
    File,
    Flow,
    Line,
    Part,
    School,
    SourceCorrection,
    Subject,
    Total,
    added,
)
from npo_pipeline.reports.explain.omissions import Omissions, merged
from npo_pipeline.rulebook.frames import REFERENCE_DATE, soft_values
from schemas.tables import TRACE

_TRACED = [name for name in TRACE.columns if name not in ("decision_id", "school_year")]

_Key = tuple[str, str, str]
"""A regulation, a measure, and a vestiging or a BRIN."""


def trace_lines(held: DecisionData) -> dict[str, list[Line]]:
    """The lines of every vestiging: nothing in them is reckoned again.

    Returns:
        vestiging -> its lines, as the trace has them, in the order of the regulation files.
    """
    by_place, types, beside = _parts(held), _types(held), _beside(held)
    files = {measure: _files(held.files_of(measure)) for measure in held.trace["measure"].unique()}
    lines = defaultdict(list)
    for row in sorted(held.trace.select(_TRACED).iter_rows(named=True), key=_in_order(held)):
        found = by_place.get((row["regulation"], row["measure"], _scope(row)), [])
        wanted = _pooled(row, types) or {row["school_type"]}
        parts = tuple(part for school_type, part in found if school_type in wanted)
        others = beside.get((row["regulation"], _scope(row)), set()) - {row["vestiging"]}
        lines[row["vestiging"]].append(_line(held, row, parts, files[row["measure"]], others))
    return lines


def _in_order(held: DecisionData) -> Callable[[Mapping[str, Any]], tuple[int, str]]:
    """By component, in the order of the regulation files, which begins with what every school gets."""
    components = [name for one in held.rules for name in one.regulation.components]
    places = {name: place for place, name in reversed(list(enumerate(components)))}
    return lambda row: (places.get(row["component"], len(places)), row["school_type"])


def _line(
    held: DecisionData,
    row: Mapping[str, Any],
    parts: tuple[Part, ...],
    files: Mapping[str, File],
    others: set[str],
) -> Line:
    used = sorted({part.delivery_id for part in parts}) or list(files)
    return Line(
        **row,
        days=_days(files, held.decision.reference_date),
        parts=parts,
        files=tuple(files[name] for name in used),
        others=tuple(sorted(others)),
    )


def _days(files: Mapping[str, File], otherwise: date) -> tuple[date, ...]:
    # A component with reference dates of its own counts files of several days; they add up.
    return tuple(sorted({one.reference_date for one in files.values() if one.reference_date})) or (otherwise,)


def _scope(row: Mapping[str, Any]) -> str:
    vestiging = str(row["vestiging"])
    return vestiging[:4] if row["level"] == "brin" else vestiging


def _pooled(row: Mapping[str, Any], types: Mapping[tuple[str, str], set[str]]) -> set[str]:
    """The school types that a row counts together: where there is a threshold, all of its component."""
    return types[row["regulation"], row["component"]] if row["threshold"] is not None else set()


def _types(held: DecisionData) -> dict[tuple[str, str], set[str]]:
    types: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, rules in held.framed.items():
        for component, school_type in rules.rates.select("component", "school_type").iter_rows():
            types[name, component].add(school_type)
    return types


def _parts(held: DecisionData) -> dict[_Key, list[tuple[str, Part]]]:
    """What was counted above nothing, by vestiging and by BRIN, with the school type it counts as."""
    parts = defaultdict(list)
    order = ["vestiging", "counted_as", "cluster", "delivery_id"]
    rows = held.units.filter(pl.col("number") > 0).sort(order, nulls_last=True)
    for regulation, vestiging, school_type, counted_as, cluster, delivery, measure, number in rows.iter_rows():
        part = (school_type, Part(vestiging, counted_as, cluster, number, delivery))
        for place in (vestiging, vestiging[:4]):
            parts[regulation, measure, place].append(part)
    return parts


def _beside(held: DecisionData) -> dict[tuple[str, str], set[str]]:
    """(regulation, BRIN) -> its vestigingen of which anything was counted."""
    beside: dict[tuple[str, str], set[str]] = defaultdict(set)
    some = held.units.filter(pl.col("number") > 0).select("regulation", "vestiging").unique()
    for regulation, vestiging in some.iter_rows():
        beside[regulation, vestiging[:4]].add(vestiging)
    return beside


def _files(rows: pl.DataFrame) -> dict[str, File]:
    return {one.delivery_id: one for one in _read_files(rows)}


def _read_files(rows: pl.DataFrame) -> Iterator[File]:
    for row in rows.sort("delivery_id").iter_rows(named=True):
        refused = row.pop("rejected")
        yield File(**row, refused=refused)


def build_explanation(held: DecisionData, asked: Subject, vestigingen: Sequence[str]) -> Explained:
    """What a decision says of some vestigingen.

    Args:
        held: the rows of the books, of the whole BRINs of these vestigingen.
        asked: what was asked for; the totals of a board are of the schools that the decision shows under it.
        vestigingen: the ones to tell of, in the order wanted; those without a word in the decision drop out
            unless they are all that was asked for.
    """
    schools = [one for one in _schools(held, vestigingen) if _says_something(one) or asked.kind == "vestiging"]
    board = asked.code if asked.kind == "board" else None
    own = [one for one in schools if board in (None, one.board)]
    lines = [line for one in own for line in one.lines]
    return Explained(
        held.decision,
        tuple(schools),
        tuple(one.vestiging for one in own),
        added([line.amount for line in lines]),
        tuple(_totals(lines)),
        flow_of(schools, board),
        tuple(merged([omitted for one in schools for omitted in one.omitted])),
        tuple(dict.fromkeys(soft for one in own for soft in one.rests_on)),
    )


def _says_something(school: School) -> bool:
    told = (school.lines, school.flow.paid, school.flow.to_come, school.changes, school.omitted, school.lives)
    return any(told)


def _schools(held: DecisionData, vestigingen: Sequence[str]) -> Iterable[School]:
    lines, flows, changes = trace_lines(held), flows_of(held), changes_of(held)
    lives, settled = lifecycle_events(held.adjustments), correction_causes(held.paid_corrections)
    omissions, boards, soft = Omissions(held, lines), _boards(held), _soft(held)
    named = {row["vestiging"]: row for row in held.directory.sort("valid_from").iter_rows(named=True)}
    for vestiging in vestigingen:
        mine, told = lines.get(vestiging, []), named.get(vestiging, _NAMELESS)
        yield School(
            vestiging,
            told["name"],
            told["place"],
            boards.get(vestiging),
            added([line.amount for line in mine]),
            tuple(mine),
            flows.get(vestiging, Flow()),
            tuple(changes.get(vestiging, ())),
            omissions.of(vestiging),
            tuple(_rests_on(mine, soft)),
            tuple(_corrected(held, vestiging, mine)),
            tuple(lives.get(vestiging, ())),
            tuple(settled.get(vestiging, ())),
        )


def _corrected(held: DecisionData, vestiging: str, lines: Sequence[Line]) -> Iterable[SourceCorrection]:
    """The declared corrections of a vestiging; where an amount is of its whole BRIN, those of all of that."""
    is_pooled = any(line.level == "brin" for line in lines)
    for row in held.source_corrections.sort(held.source_corrections.columns).iter_rows(named=True):
        one = SourceCorrection(**row)
        if one.vestiging == vestiging or (is_pooled and one.vestiging[:4] == vestiging[:4]):
            yield one


_NAMELESS: dict[str, Any] = {"name": None, "place": None}


def _boards(held: DecisionData) -> dict[str, str]:
    return dict(held.entitlements.select("vestiging", "board").unique().iter_rows())


def _soft(held: DecisionData) -> dict[str, list[Assumption]]:
    """Regulation -> the values in it that no source says in so many words."""
    # A day that was chosen in its place is said at the top.
    passed = [REFERENCE_DATE] if held.decision.named_day else []
    return {
        one.name: [Assumption(*row) for row in soft_values(one.regulation).iter_rows() if row[0] not in passed]
        for one in held.rules
    }


def _rests_on(lines: Sequence[Line], soft: dict[str, list[Assumption]]) -> list[Assumption]:
    """Those that the amounts of these lines depend on, each once."""
    used = {(line.regulation, line.component) for line in lines}
    names = dict.fromkeys(line.regulation for line in lines)
    found = [
        one
        for name in names
        for one in soft.get(name, ())
        if one.component is None or (name, one.component) in used
    ]
    return list(dict.fromkeys(found))


def _totals(lines: Sequence[Line]) -> Iterable[Total]:
    sums: dict[tuple[str, str], list[Decimal]] = {}
    for line in lines:
        sums.setdefault((line.component, line.school_type), []).append(line.amount)
    for (component, school_type), amounts in sums.items():
        yield Total(component, school_type, len(amounts), added(amounts))
