"""The facts of a board as they are put on its page: each exactly once, tagged as what it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_page.html import Html, text
from npo_pipeline.reports.xbrl.concepts import BY_NAME, PREFIX
from npo_pipeline.reports.xbrl.instance import Context, context_id

Place = tuple[str, str | None, str | None, str | None, str]
"""Concept, brin, member, level and period of a fact."""

_READ = ("concept", "brin", "member", "level", "period", "unit", "value")
_PLACES = {"money": 2, "share": 2, "count": 0}
_SCALE = {"share": ' scale="-2"'}


class TaggedFacts:
    """The facts of one board, and which of them stand on the page already.

    `tagged`: whether they are marked as facts, as in a filing, or shown as plain text. `contexts`, `units`: what
    they use, in the order of their names.
    """

    def __init__(self, facts: pl.DataFrame, year: int, *, tagged: bool) -> None:
        self._facts: dict[Place, tuple[str, str, str]] = {}
        names: dict[Context, str] = {}
        self._members: dict[str | None, list[str]] = {}
        for concept, brin, member, level, period, unit, value in facts.select(_READ).rows():
            context = Context(period, brin, member, level)
            name = names.get(context) or names.setdefault(context, context_id(context, year))
            self._facts[concept, brin, member, level, period] = (unit, value, name)
            if member and concept == "Spent":
                self._members.setdefault(brin, []).append(member)
        self.contexts = sorted(names, key=names.__getitem__)
        self.units = sorted({unit for unit, _, _ in self._facts.values() if unit})
        if len(self._facts) != facts.height:
            raise NpoError("the facts of a board hold one fact twice; this is a fault of the program")
        self._left = dict.fromkeys(self._facts)
        self._tagged = tagged

    def value(
        self,
        concept: str,
        brin: str | None = None,
        *,
        member: str | None = None,
        level: str | None = None,
        period: str = "duration",
    ) -> str | None:
        """The value of a fact; null where there is none. The fact is not on the page by this."""
        found = self._facts.get((concept, brin, member, level, period))
        return found[1] if found else None

    def show(
        self,
        concept: str,
        brin: str | None = None,
        *,
        member: str | None = None,
        level: str | None = None,
        period: str = "duration",
    ) -> Html:
        """Put a fact on the page; nothing where there is none.

        Raises:
            NpoError: it stands there already.
        """
        place = (concept, brin, member, level, period)
        if place not in self._facts:
            return Html("")
        if place not in self._left:
            raise NpoError(f"{_named(place)} is on the page twice; this is a fault of the program")
        del self._left[place]
        unit, value, context = self._facts[place]
        kind = BY_NAME[concept].kind
        if kind in _PLACES:
            return self._number(concept, kind, unit, value, context)
        return self._words(concept, kind, value, context)

    def brins(self) -> list[str]:
        """The schools, in the order of the frame."""
        return list(dict.fromkeys([place[1] for place in self._facts if place[1] is not None]))

    def members(self, brin: str | None) -> list[str]:
        """On what a school, or the board, spent money: categories first, in the order of the menukaart."""
        return self._members.get(brin, [])

    def finish(self) -> None:
        """Make sure that every fact is on the page.

        Raises:
            NpoError: one is not.
        """
        if self._left:
            raise NpoError(f"{_named(next(iter(self._left)))} is not on the page; this is a fault of the program")

    def _number(self, concept: str, kind: str, unit: str, value: str, context: str) -> Html:
        exact = Decimal(value).scaleb(2) if kind == "share" else Decimal(value)
        digits = dutch.number(exact.copy_abs(), _PLACES[kind])
        minus, sign = ("-", ' sign="-"') if exact < 0 else ("", "")
        after = "%" if kind == "share" else ""
        if not self._tagged:
            return Html(f"{minus}{digits}{after}")
        form = f'decimals="INF" format="ixt:num-comma-decimal"{_SCALE.get(kind, "")}{sign}'
        return Html(
            f'{minus}<ix:nonFraction name="{PREFIX}:{concept}" contextRef="{context}" unitRef="{unit}" {form}>'
            f"{digits}</ix:nonFraction>{after}"
        )

    def _words(self, concept: str, kind: str, value: str, context: str) -> Html:
        shown = text(dutch.day(date.fromisoformat(value)) if kind == "date" else value)
        if not self._tagged:
            return shown
        form = ' format="ixt:date-day-monthname-year-nl"' if kind == "date" else ""
        # The language is told of each text: processors do not take it from the root of the page.
        return Html(
            f'<ix:nonNumeric name="{PREFIX}:{concept}" contextRef="{context}"{form} xml:lang="nl">{shown}'
            "</ix:nonNumeric>"
        )


def _named(place: Place) -> str:
    return " of ".join(str(part) for part in place if part is not None)
