"""The XBRL facts of a board as its page renders them: each exactly once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from markupsafe import Markup, escape

from npo_pipeline import dutch
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.xbrl.concepts import BY_NAME, PREFIX
from npo_pipeline.reports.xbrl.instance import Context, context_id
from schemas.frames.accounts import Facts


class FactKey(NamedTuple):
    """The place of a fact of a board; by default that of the board as a whole, over the year."""

    concept: str
    brin: str | None = None
    member: str | None = None
    level: str | None = None
    period: str | None = "duration"


_COLUMNS = ("concept", "brin", "member", "level", "period", "unit", "value")
_PLACES = {"money": 2, "share": 2, "count": 0}
_SCALE = {"share": ' scale="-2"'}


class TaggedFacts:
    """Render XBRL facts into the page. Each must be rendered exactly once; `finish()` raises if one is missing.

    `contexts`, `units`: those of the facts, in the order of their names.
    """

    def __init__(self, facts: Facts, year: int, *, tagged: bool) -> None:
        """Index the facts of one board. `tagged`: render them as inline XBRL, for a filing; else as plain text.

        Raises:
            NpoError: one is there twice. A fault of ours.
        """
        self._facts: dict[FactKey, tuple[str, str, str]] = {}
        self._members: dict[str | None, list[str]] = {}
        names: dict[Context, str] = {}
        for concept, brin, member, level, period, unit, value in facts.select(_COLUMNS).rows():
            context = Context(period, brin, member, level)
            name = names.get(context) or names.setdefault(context, context_id(context, year))
            self._facts[FactKey(concept, brin, member=member, level=level, period=period)] = (unit, value, name)
            if member and concept == "Spent":
                self._members.setdefault(brin, []).append(member)
        if len(self._facts) != facts.height:
            raise NpoError("the facts of a board hold one fact twice; this is a fault of the program")
        self.contexts = sorted(names, key=names.__getitem__)
        self.units = sorted({unit for unit, _, _ in self._facts.values() if unit})
        self._left = dict.fromkeys(self._facts)
        self._tagged = tagged

    def value(self, concept: str, brin: str | None = None, **split: str | None) -> str | None:
        """Return the value of a fact by the fields of FactKey, or None. This does not render it."""
        found = self._facts.get(FactKey(concept, brin, **split))
        return found[1] if found else None

    def fact(self, concept: str, brin: str | None = None, **split: str | None) -> Markup:
        """Render a fact, by the fields of FactKey; nothing where there is none.

        Raises:
            NpoError: it was rendered before.
        """
        key = FactKey(concept, brin, **split)
        if key not in self._facts:
            return Markup()
        if key not in self._left:
            raise NpoError(f"{_named(key)} is on the page twice; this is a fault of the program")
        del self._left[key]
        unit, value, context = self._facts[key]
        name = f'id="{concept}_{context}" name="{PREFIX}:{concept}" contextRef="{context}"'
        kind = BY_NAME[concept].kind
        return self._number(name, kind, unit, value) if kind in _PLACES else self._text(name, kind, value)

    def brins(self) -> list[str]:
        """Return the schools, in the order of the frame."""
        return list(dict.fromkeys([brin for _, brin, *_ in self._facts if brin is not None]))

    def members(self, brin: str | None) -> list[str]:
        """Return the categories and interventions that a school, or the board, spent money on, in their order."""
        return self._members.get(brin, [])

    def finish(self) -> None:
        """Make sure that every fact was rendered.

        Raises:
            NpoError: one was not.
        """
        if self._left:
            raise NpoError(f"{_named(next(iter(self._left)))} is not on the page; this is a fault of the program")

    def _number(self, name: str, kind: str, unit: str, value: str) -> Markup:
        exact = Decimal(value).scaleb(2) if kind == "share" else Decimal(value)
        digits = dutch.number(exact.copy_abs(), _PLACES[kind])
        minus, sign = ("-", ' sign="-"') if exact < 0 else ("", "")
        if self._tagged:
            form = f'decimals="INF" format="ixt:num-comma-decimal"{_SCALE.get(kind, "")}{sign}'
            digits = f'<ix:nonFraction {name} unitRef="{unit}" {form}>{digits}</ix:nonFraction>'
        return Markup(f"{minus}{digits}{'%' if kind == 'share' else ''}")

    def _text(self, name: str, kind: str, value: str) -> Markup:
        shown = escape(dutch.day(date.fromisoformat(value)) if kind == "date" else value)
        if not self._tagged:
            return shown
        form = ' format="ixt:date-day-monthname-year-nl"' if kind == "date" else ""
        # Processors do not take the language from the root of the page, so each text carries it.
        return Markup(f'<ix:nonNumeric {name}{form} xml:lang="nl">{shown}</ix:nonNumeric>')


def _named(key: FactKey) -> str:
    return " of ".join(part for part in key if part is not None)
