"""Build an explanation from the rows of a decision: no books, no clock, and no amount is calculated again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from npo_pipeline.entitlements.model import AREAS
from npo_pipeline.measures import BY_NAME
from npo_pipeline.reports.explain import model
from npo_pipeline.reports.explain.cashflow import (
    amount_changes,
    beyond_amounts,
    cashflow_by_school,
    claims_by_school,
    combined_cashflow,
    correction_causes,
    lifecycle_events,
)
from npo_pipeline.reports.explain.decision_data import DecisionData
from npo_pipeline.reports.explain.omissions import Omissions, shared_omissions
from npo_pipeline.rulebook.frames import REFERENCE_DATE, soft_values, started_soft_values
from npo_pipeline.rulebook.regulation import Regulation
from schemas.columns import ALL_SCHOOL_TYPES, BENEFICIARY_COLUMNS
from schemas.decided import TRACE
from schemas.frames.money import SoftValues
from schemas.frames.reports import DecisionFiles
from schemas.reconciled import BY_BOARD, BY_SCHOOL, BY_VESTIGING

_UNUSED = ("decision_id", "school_year", "counted_on", *BENEFICIARY_COLUMNS)
_TRACED = [name for name in TRACE.columns if name not in _UNUSED]


def build_explanation(
    data: DecisionData, subject: model.Subject, vestigingen: Sequence[str]
) -> model.DecisionExplanation:
    """Return what a decision gives some vestigingen, in their order.

    Those that the decision does not mention drop out, but not one that is itself the subject. `data`: of their
    whole BRINs. The totals of a board are of the schools that the decision shows under it.
    """
    schools = [one for one in _schools(data, vestigingen) if subject.is_one or _is_mentioned(one)]
    board = subject.code if subject.kind == "board" else None
    own = [one for one in schools if board in (None, one.board)]
    lines = [line for one in own for line in one.lines]
    return model.DecisionExplanation(
        decision=data.decision,
        schools=tuple(schools),
        own=tuple(one.vestiging for one in own),
        amount=model.total(line.amount for line in lines),
        totals=tuple(_component_totals(lines)),
        flow=combined_cashflow(schools, board),
        beyond=tuple(beyond_amounts(schools, board)) if board else (),
        omitted=tuple(shared_omissions([omitted for one in schools for omitted in one.omitted])),
        rests_on=tuple(dict.fromkeys(assumption for one in own for assumption in one.rests_on)),
        compared=tuple(_compared(data, subject, {one.vestiging for one in own})),
    )


def _compared(data: DecisionData, subject: model.Subject, own: set[str]) -> Iterator[model.ComparedAmount]:
    """Return what others say of the subject: of a vestiging and its whole school, of a board and its schools."""
    codes = {
        BY_VESTIGING: own,
        BY_SCHOOL: {one[:4] for one in own} | {subject.code},
        BY_BOARD: {subject.code},
    }
    order = ["run_id", "level", "code", "component", "school_types"]
    for row in data.compared.sort(order, nulls_last=True).iter_rows(named=True):
        if row["code"] in codes[row["level"]]:
            yield model.ComparedAmount(**row)


def bases(
    data: DecisionData, vestigingen: Sequence[str]
) -> Iterator[tuple[str, tuple[model.OmittedComponent, ...], tuple[model.Assumption, ...]]]:
    """Yield of each vestiging what a decision leaves out for it, and what its amounts rest on."""
    lines = trace_lines(data)
    omissions, rests_on = Omissions(data, lines), _rests_on(data)
    for vestiging in vestigingen:
        yield vestiging, omissions.of(vestiging), rests_on(vestiging, lines.get(vestiging, ()))


def _is_mentioned(school: model.School) -> bool:
    flow = school.flow
    return any((school.lines, flow.paid, flow.to_come, school.changes, school.omitted, school.lives))


def _schools(data: DecisionData, vestigingen: Sequence[str]) -> Iterable[model.School]:
    lines, flows, changes = trace_lines(data), cashflow_by_school(data), amount_changes(data)
    events, corrections = lifecycle_events(data.adjustments), correction_causes(data.paid_corrections)
    claims = claims_by_school(data)
    omissions, rests_on = Omissions(data, lines), _rests_on(data)
    boards = dict(data.entitlements.select("vestiging", "board").unique().iter_rows())
    directory = data.directory.sort("valid_from").select("vestiging", "name", "place")
    named_boards = dict(data.board_names.iter_rows())
    named = {vestiging: (name, place) for vestiging, name, place in directory.iter_rows()}
    for vestiging in vestigingen:
        name, place = named.get(vestiging, (None, None))
        own = lines.get(vestiging, [])
        yield model.School(
            vestiging=vestiging,
            name=name,
            place=place,
            board=boards.get(vestiging),
            amount=model.total(line.amount for line in own),
            lines=tuple(own),
            flow=flows.get(vestiging, model.Cashflow()),
            changes=tuple(changes.get(vestiging, ())),
            omitted=omissions.of(vestiging),
            rests_on=rests_on(vestiging, own),
            corrected=tuple(_source_corrections(data, vestiging, own)),
            lives=tuple(events.get(vestiging, ())),
            settled=tuple(corrections.get(vestiging, ())),
            claims=tuple(claims.get(vestiging, ())),
            board_name=named_boards.get(boards.get(vestiging)),
        )


def trace_lines(data: DecisionData) -> dict[str, list[model.TraceLine]]:
    """Return the rows of the trace of every vestiging, in the order of the regulation files."""
    rows = sorted(data.trace.select(_TRACED).iter_rows(named=True), key=_file_order(data))
    trace, lines = _Trace(data), defaultdict(list)
    for row in rows:
        lines[row["vestiging"]].append(trace.line(row))
    return lines


def _file_order(data: DecisionData) -> Callable[[Mapping[str, Any]], tuple[int, str]]:
    """Order by component as the regulation files do, which begin with the one that every school gets."""
    components = [name for loaded in data.rules for name in loaded.regulation.components]
    positions = {name: position for position, name in reversed(list(enumerate(components)))}
    return lambda row: (positions.get(row["component"], len(positions)), row["school_type"])


class _Trace:
    """Look up the parts and files behind a row of the trace."""

    def __init__(self, data: DecisionData) -> None:
        self._reference_date = data.decision.reference_date
        self._files = {name: _source_files(data.files_of(name)) for name in data.trace["measure"].unique()}
        areas = _source_files(DecisionFiles(data.files.filter(pl.col("used_for") == AREAS))).values()
        self._files_of_area = {area: tuple(areas) for area in data.area_of.values()}
        self._school_types: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name, rules in data.rule_frames.items():
            for component, school_type in rules.rates.select("component", "school_type").iter_rows():
                self._school_types[name, component].add(school_type)
        # By vestiging, BRIN and other beneficiary: the parts with the school type they count as, and the
        # vestigingen counted.
        self._parts: dict[tuple[str, str, str], list[tuple[str, model.CountedPart]]] = defaultdict(list)
        self._vestigingen: dict[tuple[str, str], set[str]] = defaultdict(set)
        order = ["vestiging", "counted_as", "cluster", "delivery_id"]
        some = data.counted_units.filter(pl.col("number") > 0).sort(order, nulls_last=True)
        for row in some.iter_rows(named=True):
            regulation, measure, school_type = (row.pop(name) for name in ("regulation", "measure", "school_type"))
            part = model.CountedPart(school_type=row.pop("counted_as"), **row)
            brin = part.vestiging[:4]
            self._vestigingen[regulation, brin].add(part.vestiging)
            for place in (part.vestiging, brin, data.counted_for.get(part.vestiging, "")):
                self._parts[regulation, measure, place].append((school_type, part))

    def line(self, row: Mapping[str, Any]) -> model.TraceLine:
        """Return a row of the trace with its parts and files."""
        vestiging, regulation, files = row["vestiging"], row["regulation"], self._files[row["measure"]]
        place = vestiging[:4] if row["level"] == "brin" else vestiging
        types = {row["school_type"]}
        if row["threshold"] is not None:  # It counts all school types of its component together.
            types = self._school_types[regulation, row["component"]] or types
        counted = self._parts.get((regulation, row["measure"], place), ())
        is_of_all = row["school_type"] == ALL_SCHOOL_TYPES
        parts = tuple(part for school_type, part in counted if is_of_all or school_type in types)
        used = sorted({part.delivery_id for part in parts}) or list(files)
        # A component with reference dates of its own counts files of several days, which add up; a school that
        # started later is counted on another day.
        dated = files if BY_NAME[row["measure"]].adds_up_days else used
        days = sorted({day for name in dated if (day := files[name].reference_date)})
        return model.TraceLine(
            **row,
            days=tuple(days) or (self._reference_date,),
            parts=parts,
            files=(*(files[delivery_id] for delivery_id in used), *self._files_of_area.get(vestiging, ())),
            others=tuple(sorted(self._vestigingen.get((regulation, place), set()) - {vestiging})),
        )


def _source_files(rows: DecisionFiles) -> dict[str, model.SourceFile]:
    sorted_rows = rows.rename({"rejected": "refused"}).sort("delivery_id")
    return {row["delivery_id"]: model.SourceFile(**row) for row in sorted_rows.iter_rows(named=True)}


def _rests_on(
    data: DecisionData,
) -> Callable[[str, Sequence[model.TraceLine]], tuple[model.Assumption, ...]]:
    """Return the function that gives the assumptions behind the lines of a vestiging."""
    assumptions = _assumptions_by_regulation(data)
    of_started = _assumptions_by_regulation(data, started_soft_values)
    started = {*data.trace.filter(pl.col("counted_on").is_not_null())["vestiging"]}

    def behind(vestiging: str, lines: Sequence[model.TraceLine]) -> tuple[model.Assumption, ...]:
        more = _assumptions_behind(lines, of_started) if vestiging in started else []
        return (*_assumptions_behind(lines, assumptions), *more)

    return behind


def _assumptions_by_regulation(
    data: DecisionData, of: Callable[[Regulation], SoftValues] = soft_values
) -> dict[str, list[model.Assumption]]:
    """Return the values of each regulation that no source publishes as such."""
    # The decision goes by another reference date than that of the rules, and says so at the top.
    replaced = [REFERENCE_DATE] if data.decision.named_day else []
    assumptions = {
        loaded.name: [model.Assumption(*row) for row in of(loaded.regulation).iter_rows()] for loaded in data.rules
    }
    return {name: [one for one in found if one.what not in replaced] for name, found in assumptions.items()}


def _assumptions_behind(
    lines: Sequence[model.TraceLine], assumptions: Mapping[str, list[model.Assumption]]
) -> list[model.Assumption]:
    """Return the assumptions that the amounts of lines depend on, each once."""
    components: dict[str, set[str | None]] = {}
    for line in lines:
        components.setdefault(line.regulation, {None}).add(line.component)
    behind = (
        one for name, used in components.items() for one in assumptions.get(name, ()) if one.component in used
    )
    return list(dict.fromkeys(behind))


def _source_corrections(
    data: DecisionData, vestiging: str, lines: Sequence[model.TraceLine]
) -> Iterator[model.SourceCorrection]:
    """Return the declared corrections of a vestiging; of its whole BRIN where an amount counts all of that."""
    place = vestiging[:4] if any(line.level == "brin" for line in lines) else vestiging
    own = data.source_corrections.filter(pl.col("vestiging").str.starts_with(place))
    yield from (model.SourceCorrection(**row) for row in own.sort(own.columns).iter_rows(named=True))


def _component_totals(lines: Sequence[model.TraceLine]) -> Iterator[model.ComponentTotal]:
    amounts: dict[tuple[str, str], list[Decimal]] = defaultdict(list)
    for line in lines:
        amounts[line.component, line.school_type].append(line.amount)
    for (component, school_type), some in amounts.items():
        yield model.ComponentTotal(component, school_type, len(some), model.total(some))
