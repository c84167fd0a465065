"""What a school does not get, and why: an unknown is never silently counted as 0, and a 0 is said to be one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

import polars as pl

from npo_pipeline.reports.explain.decision_data import USED_FOR, DecisionData
from npo_pipeline.reports.explain.model import Line, Omitted
from npo_pipeline.rulebook.frames import left_out

_Numbers: TypeAlias = dict[tuple[str, str], Decimal]
"""(vestiging, school type) -> what was counted."""


@dataclass(frozen=True)
class _Rule:
    """A component of a regulation for a school type: what is unknown of it, or how it counts."""

    regulation: str
    component: str
    school_type: str
    measure: str
    what: str | None = None
    article: str | None = None
    threshold: int | None = None
    level: str | None = None


class Omissions:
    """Finds what the schools of a decision do not get."""

    def __init__(self, held: DecisionData, lines: dict[str, list[Line]]) -> None:
        self._held, self._lines = held, lines

    def of(self, vestiging: str) -> tuple[Omitted, ...]:
        """What a vestiging does not get, in the order of the regulation files.

        School types that a component leaves out for the same reason stand together.
        """
        together: dict[Omitted, list[str]] = {}
        for rule in self._rules:
            counted = rule.school_type in self._types.get((rule.regulation, vestiging), ())
            if counted and (found := self._omitted(vestiging, rule)):
                together.setdefault(found, []).append(rule.school_type)
        return tuple(replace(one, school_types=tuple(types)) for one, types in together.items())

    def _omitted(self, vestiging: str, rule: _Rule) -> Omitted | None:
        lines = [one for one in self._lines.get(vestiging, ()) if one.component == rule.component]
        if any(one.school_type == rule.school_type or one.threshold is not None for one in lines):
            return None
        plain = Omitted(rule.component, (), rule.measure, "zero")
        if rule.what is not None:
            return replace(plain, reason="unknown", what=rule.what, article=rule.article)
        place = vestiging[:4] if rule.level == "brin" else vestiging
        numbers = self._numbers.get((rule.regulation, rule.measure, place))
        if numbers is None and not self._is_delivered(rule.measure):
            return replace(plain, reason="not_delivered")
        return self._nothing(vestiging, rule, plain, numbers or {})

    def _nothing(self, vestiging: str, rule: _Rule, plain: Omitted, numbers: _Numbers) -> Omitted | None:
        """Why what was counted at a vestiging or in its BRIN gives nothing here."""
        kinds = {rule.school_type} if rule.threshold is None else self._kinds[rule.regulation, rule.component]
        pooled = {key: number for key, number in numbers.items() if key[1] in kinds}
        total = sum(pooled.values(), Decimal(0))
        own = sum((number for key, number in pooled.items() if key[0] == vestiging), Decimal(0))
        if rule.threshold is not None and 0 < total <= rule.threshold:
            return replace(plain, reason="below_threshold", number=total, threshold=rule.threshold)
        if own:
            where = self._booked(vestiging, rule)
            if where is None and self._held.framed[rule.regulation].currency != self._held.decision.currency:
                return None  # Its amount stands in the decision in that currency.
            return replace(plain, reason="booked_elsewhere" if where else "no_board", where=where, number=own)
        # Of pupils there is nothing to say where there are none.
        return None if rule.measure == "pupils" else replace(plain, number=own)

    def _booked(self, vestiging: str, rule: _Rule) -> str | None:
        """The vestiging of the BRIN that has the line of a component."""
        mine = (pl.col("component") == rule.component) & pl.col("vestiging").str.starts_with(vestiging[:4])
        found = self._held.trace.filter(mine)["vestiging"]
        return str(found[0]) if found.len() else None

    def _is_delivered(self, measure: str) -> bool:
        # A score that no file names was not delivered, whatever files of scores there are for others.
        return measure in USED_FOR and measure != "score" and not self._held.files_of(measure).is_empty()

    @cached_property
    def _rules(self) -> list[_Rule]:
        return [rule for name in self._held.framed for rule in self._rules_of(name)]

    def _rules_of(self, name: str) -> Iterator[_Rule]:
        rules = self._held.framed[name]
        loaded = next(one for one in self._held.rules if one.name == name)
        measures = {component: one.measure for component, one in loaded.regulation.components.items()}
        unknown = left_out(loaded.regulation).unique(["component", "school_type"], maintain_order=True)
        limits = {component: limit for component, *limit in rules.thresholds.iter_rows()}
        known = rules.rates.select("component", "school_type").unique(maintain_order=True)
        for component, school_type in known.iter_rows():
            threshold, level = limits.get(component, (None, None))
            yield _Rule(name, component, school_type, measures[component], None, None, threshold, level)
        for component, school_type, what, article in unknown.iter_rows():
            yield _Rule(name, component, school_type, measures[component], what, article)

    @cached_property
    def _kinds(self) -> dict[tuple[str, str], set[str]]:
        kinds: dict[tuple[str, str], set[str]] = defaultdict(set)
        for rule in self._rules:
            kinds[rule.regulation, rule.component].add(rule.school_type)
        return kinds

    @cached_property
    def _types(self) -> dict[tuple[str, str], set[str]]:
        """(regulation, vestiging) -> the school types that anything was counted of."""
        types: dict[tuple[str, str], set[str]] = defaultdict(set)
        some = self._held.units.filter((pl.col("number") > 0) | (pl.col("measure") == "score"))
        for regulation, vestiging, school_type in some.select(_TYPED).unique().iter_rows():
            types[regulation, vestiging].add(school_type)
        return types

    @cached_property
    def _numbers(self) -> dict[tuple[str, str, str], _Numbers]:
        """(regulation, measure, vestiging or BRIN) -> (vestiging, school type) -> what was counted."""
        numbers: dict[tuple[str, str, str], _Numbers] = defaultdict(dict)
        summed = self._held.units.group_by(*_TYPED, "measure").agg(pl.col("number").sum())
        for regulation, vestiging, school_type, measure, number in summed.iter_rows():
            for place in (vestiging, vestiging[:4]):
                numbers[regulation, measure, place][vestiging, school_type] = number
        return dict(numbers)


_TYPED = ["regulation", "vestiging", "school_type"]


def merged(omitted: Sequence[Omitted]) -> list[Omitted]:
    """What many schools do not get for a reason that is not their own, each thing once."""
    together: dict[Omitted, dict[str, None]] = {}
    for one in omitted:
        if one.reason in ("unknown", "not_delivered", "no_board"):
            key = replace(one, school_types=(), number=None)
            together.setdefault(key, {}).update(dict.fromkeys(one.school_types))
    return [replace(one, school_types=tuple(types)) for one, types in together.items()]
