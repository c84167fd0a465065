"""Components without an amount for a school, and the reason: an unknown value is never counted as 0."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

import polars as pl

from npo_pipeline.measures import MUNICIPAL_SCORE
from npo_pipeline.reports.explain.decision_data import DecisionData
from npo_pipeline.reports.explain.model import OmittedComponent, Reason, TraceLine
from npo_pipeline.rulebook.frames import unknown_values
from schemas.rules import MUNICIPALITY

_Counts: TypeAlias = dict[tuple[str, str], Decimal]
"""(vestiging, school type) -> its count."""

_COUNTED = ["regulation", "vestiging", "school_type"]


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """Represent a component of a regulation for a school type: the unknown value of it, or its threshold."""

    regulation: str
    component: str
    school_type: str
    measure: str
    what: str | None = None
    article: str | None = None
    threshold: int | None = None
    level: str | None = None


class Omissions:
    """Find the components in which the schools of a decision get nothing."""

    def __init__(self, data: DecisionData, lines: Mapping[str, Sequence[TraceLine]]) -> None:
        self._data, self._lines = data, lines

    def of(self, vestiging: str) -> tuple[OmittedComponent, ...]:
        """Return the omissions of a vestiging, in the order of the regulation files.

        School types that a component omits for the same reason come together.
        """
        if re.search(MUNICIPALITY, vestiging):
            return tuple(self._of_municipality(vestiging))
        school_types: dict[OmittedComponent, list[str]] = {}
        for entry in self._entries:
            is_counted = entry.school_type in self._school_types.get((entry.regulation, vestiging), ())
            if is_counted and (found := self._omission(vestiging, entry)):
                school_types.setdefault(found, []).append(entry.school_type)
        return tuple(replace(one, school_types=tuple(types)) for one, types in school_types.items())

    def _of_municipality(self, code: str) -> Iterator[OmittedComponent]:
        """Yield the part of the amount of a municipality that is for its score, where it has none."""
        lines = self._lines.get(code, ())
        if not lines or any(line.measure == MUNICIPAL_SCORE.name for line in lines):
            return
        known = code in self._data.municipal_scores["municipality_number"]
        yield OmittedComponent(
            component=lines[0].component,
            school_types=(lines[0].school_type,),
            measure=MUNICIPAL_SCORE.name,
            reason="zero" if known else "not_delivered",
        )

    def _omission(self, vestiging: str, entry: _Entry) -> OmittedComponent | None:
        lines = [one for one in self._lines.get(vestiging, ()) if one.component == entry.component]
        if any(one.school_type == entry.school_type or one.threshold is not None for one in lines):
            return None
        omitted = OmittedComponent(component=entry.component, measure=entry.measure, reason="zero")
        if entry.what is not None:
            return replace(omitted, reason="unknown", what=entry.what, article=entry.article)
        rules = self._data.rule_frames[entry.regulation]
        if rules.has_lists:
            # In another currency, its amount is in the decision in that one.
            is_own = rules.currency == self._data.decision.currency
            return self._without_list(vestiging, omitted) if is_own else None
        if article := self._exceptions.get((entry.regulation, entry.component, vestiging[:4])):
            return replace(omitted, reason="not_for_school", article=article)
        place = vestiging[:4] if entry.level == "brin" else vestiging
        counts = self._counts.get((entry.regulation, entry.measure, place))
        # A score that no file names was not delivered, whatever files of scores there are for others.
        is_delivered = entry.measure != "score" and entry.measure in self._delivered
        if counts is None and not is_delivered:
            return replace(omitted, reason="not_delivered")
        return self._without_amount(vestiging, entry, omitted, counts or {})

    def _without_list(self, vestiging: str, omitted: OmittedComponent) -> OmittedComponent | None:
        """Return why a vestiging has no line of a list; null where it is on none, which is not worth a word."""
        listed = self._data.listed_vestigingen
        if listed is None:
            return replace(omitted, reason="no_list")
        return (
            None if vestiging in self._entitled or vestiging not in listed else replace(omitted, reason="no_board")
        )

    def _without_amount(
        self, vestiging: str, entry: _Entry, omitted: OmittedComponent, counts: _Counts
    ) -> OmittedComponent | None:
        """Return why the count of a vestiging or its BRIN gives no amount here."""
        types = {entry.school_type}
        if entry.threshold is not None:
            types = self._component_types[entry.regulation, entry.component]
        pooled = {key: number for key, number in counts.items() if key[1] in types}
        whole = sum(pooled.values(), Decimal(0))
        own = sum((number for key, number in pooled.items() if key[0] == vestiging), Decimal(0))
        if entry.threshold is not None and 0 < whole <= entry.threshold:
            return replace(omitted, reason="below_threshold", number=whole, threshold=entry.threshold)
        if entry.component in self._data.rule_frames[entry.regulation].paid_to_areas:
            where = self._data.area_of.get(vestiging)
            reason: Reason = "paid_to_area" if where else "no_area"
            return replace(omitted, reason=reason, where=where, number=own) if own else None
        if own:
            where = self._booked_at.get((entry.component, vestiging[:4]))
            if where is None and self._data.rule_frames[entry.regulation].currency != self._data.decision.currency:
                return None  # Its amount is in the decision in that currency.
            return replace(omitted, reason="booked_elsewhere" if where else "no_board", where=where, number=own)
        # A school type without pupils is not worth a word.
        return None if entry.measure == "pupils" else replace(omitted, number=own)

    @cached_property
    def _entries(self) -> list[_Entry]:
        return [entry for name in self._data.rule_frames for entry in self._entries_of(name)]

    def _entries_of(self, name: str) -> Iterator[_Entry]:
        rules = self._data.rule_frames[name]
        regulation = next(loaded.regulation for loaded in self._data.rules if loaded.name == name)
        measures = {component: one.measure for component, one in regulation.components.items()}
        unknown = unknown_values(regulation).unique(["component", "school_type"], maintain_order=True)
        limits = {component: limit for component, *limit in rules.thresholds.iter_rows()}
        known = rules.rates.select("component", "school_type").unique(maintain_order=True)
        for row in (*known.iter_rows(named=True), *unknown.iter_rows(named=True)):
            component = row["component"]
            is_known = "what" not in row
            threshold, level = limits.get(component, (None, None)) if is_known else (None, None)
            yield _Entry(**row, regulation=name, measure=measures[component], threshold=threshold, level=level)

    @cached_property
    def _entitled(self) -> set[str]:
        """Return the vestigingen with an amount."""
        return set(self._data.entitlements["vestiging"].drop_nulls())

    @cached_property
    def _booked_at(self) -> dict[tuple[str, str], str]:
        """Return the first vestiging on which each component of a BRIN is booked."""
        rows = self._data.trace.select("component", "vestiging").reverse().drop_nulls()
        return {(component, vestiging[:4]): vestiging for component, vestiging in rows.iter_rows()}

    @cached_property
    def _delivered(self) -> set[str]:
        """Return the measures of which there are files."""
        return {one.measure for one in self._entries if not self._data.files_of(one.measure).is_empty()}

    @cached_property
    def _exceptions(self) -> dict[tuple[str, str, str], str]:
        """(regulation, component, BRIN) -> the article that says that the component is not for the school."""
        return {
            (name, component, brin): article
            for name, rules in self._data.rule_frames.items()
            for component, brin, article in rules.exceptions.iter_rows()
        }

    @cached_property
    def _component_types(self) -> dict[tuple[str, str], set[str]]:
        """Return the school types of each regulation and component."""
        types: dict[tuple[str, str], set[str]] = defaultdict(set)
        for entry in self._entries:
            types[entry.regulation, entry.component].add(entry.school_type)
        return types

    @cached_property
    def _school_types(self) -> dict[tuple[str, str], set[str]]:
        """Return the school types that each regulation counts at each vestiging."""
        types: dict[tuple[str, str], set[str]] = defaultdict(set)
        some = self._data.counted_units.filter((pl.col("number") > 0) | (pl.col("measure") == "score"))
        for regulation, vestiging, school_type in some.select(_COUNTED).unique().iter_rows():
            types[regulation, vestiging].add(school_type)
        return types

    @cached_property
    def _counts(self) -> dict[tuple[str, str, str], _Counts]:
        """Return the counts of each regulation and measure, by vestiging and by BRIN."""
        counts: dict[tuple[str, str, str], _Counts] = defaultdict(dict)
        summed = self._data.counted_units.group_by(*_COUNTED, "measure").agg(pl.col("number").sum())
        for regulation, vestiging, school_type, measure, number in summed.iter_rows():
            for place in (vestiging, vestiging[:4]):
                counts[regulation, measure, place][vestiging, school_type] = number
        return dict(counts)


def shared_omissions(omitted: Sequence[OmittedComponent]) -> list[OmittedComponent]:
    """Return the omissions of many schools for a reason that is not one school's own, each once."""
    school_types: dict[OmittedComponent, dict[str, None]] = {}
    for one in omitted:
        if one.reason in ("unknown", "no_list", "not_delivered", "no_board", "no_area"):
            shared = replace(one, school_types=(), number=None)
            school_types.setdefault(shared, {}).update(dict.fromkeys(one.school_types))
    return [replace(one, school_types=tuple(types)) for one, types in school_types.items()]
