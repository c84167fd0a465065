"""An explanation as text: what is said, in which order. The words are the language's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from npo_pipeline.reports.explain import aside
from npo_pipeline.reports.explain.explanation import Asked, Explained, Explanation, School
from npo_pipeline.reports.explain.flow import Change, Flow
from npo_pipeline.reports.explain.language import Language
from npo_pipeline.reports.explain.lived import told_lives, told_settled
from npo_pipeline.reports.explain.paragraph import heading, paragraph


def text_of(explanation: Explanation, language: Language) -> str:
    """The whole explanation, a line per paragraph; what belongs to a heading is indented under it."""
    asked = explanation.asked
    lines = [language.say(f"title.{asked.kind}", code=asked.code, named=_named(asked, language))]
    if not explanation.decisions:
        lines += ["", language.say("no_decision", code=asked.code)]
    for told in explanation.decisions:
        lines += ["", *_Telling(asked, told, language).lines()]
    return "\n".join([*lines, "", language.say("ofb")])


class _Telling:
    """Tells of one decision."""

    def __init__(self, asked: Asked, told: Explained, language: Language) -> None:
        self._asked, self._told, self._language = asked, told, language
        self._decision, self._say = told.decision, language.say

    def lines(self) -> Iterator[str]:
        """The decision, its total, and then a school in full, a BRIN with all its schools, or a board."""
        told, language = self._told, self._language
        yield from self._opening()
        if self._asked.kind != "vestiging":
            yield from self._section("totals", self._totals())
        if self._asked.kind == "board":
            yield from self._section("schools", (self._short(one) for one in told.schools))
            yield from self._section("omitted", (aside.omitted(one, language) for one in told.omitted))
            yield from self._months(told.flow, self._asked.code)
            yield from self._together()
            return
        for school in told.schools:
            if self._asked.kind == "brin":
                yield from ("", self._school("school", school))
            yield from self._of_school(school)
        yield from self._together()

    def _opening(self) -> Iterator[str]:
        decision = self._decision
        yield self._say(
            "decision",
            school_year=decision.school_year,
            decision=decision.decision_id,
            day=self._language.day(decision.decided_at.date()),
            reference_date=self._language.day(decision.reference_date),
        )
        if decision.named_day:
            used, named = map(self._language.day, (decision.reference_date, decision.named_day))
            yield self._say("other_day", used=used, named=named)
        if decision.superseded_by:
            yield self._say("superseded", newer=decision.superseded_by)
        if decision.reason:
            yield self._say("reason", reason=decision.reason.rstrip("."))
        schools = self._language.several("schools", len(self._told.own))
        yield self._say(f"total.{self._asked.kind}", amount=self._money(self._told), schools=schools)

    def _of_school(self, school: School) -> Iterator[str]:
        """A school in full."""
        if school.board:
            yield self._say("board", board=school.board)
        for line in school.lines:
            yield from ("", heading(line, self._language), f"  {paragraph(line, self._language)}")
        yield from self._section("omitted", (aside.omitted(one, self._language) for one in school.omitted))
        currency, language = self._decision.currency, self._language
        yield from self._section("lives", told_lives(school.lives, currency, language))
        yield from self._months(school.flow, school.board)
        yield from self._section("settled", told_settled(school.settled, currency, language))

    def _together(self) -> Iterator[str]:
        """What the decision before said, and what all amounts rest on."""
        before = self._decision.before
        if before is None:
            yield from ("", self._say("change.first"))
        else:
            changes = [self._changed(school, one) for school in self._told.schools for one in school.changes]
            yield from self._section("changes", changes or [self._say("change.none")], before=before)
        corrected = dict.fromkeys(one for school in self._told.schools for one in school.corrected)
        yield from self._section("corrected", (aside.corrected(one, self._language) for one in corrected))
        if any(school.lines for school in self._told.schools):
            yield from self._section("rests_on", aside.rests_on(self._told.rests_on, self._language))

    def _changed(self, school: School, one: Change) -> str:
        change = aside.changed(one, self._decision.currency, self._language)
        if self._asked.kind == "vestiging":
            return change
        return self._say("change.of", vestiging=school.vestiging, change=change)

    def _months(self, flow: Flow, board: str | None) -> Iterator[str]:
        if flow != Flow():
            currency = self._decision.currency
            yield from self._section("months", aside.months(flow, board, currency, self._language))

    def _section(self, title: str, paragraphs: Iterable[str], **words: str) -> Iterator[str]:
        inside = [f"  {one}" for one in paragraphs]
        if inside:
            yield from ("", self._say(title, **words), *inside)

    def _totals(self) -> Iterator[str]:
        for one in self._told.totals:
            yield self._say(
                "total",
                component=self._language.component(one.component),
                school_type=self._language.school_types.get(one.school_type, one.school_type),
                amount=self._language.money(one.amount, self._decision.currency),
                schools=self._language.several("schools", one.schools),
            )

    def _short(self, school: School) -> str:
        """A school of a board in one line: the sum without its sources."""
        if school.vestiging not in self._told.own:
            return self._school("school.elsewhere" if school.board else "school.nobody", school)
        parts = [
            self._say(
                "school.line",
                quantity=self._language.counted(line.quantity, line.measure),
                rate=self._language.money(line.rate, line.currency),
            )
            for line in school.lines
        ]
        return self._school("school.short", school, lines=" + ".join(parts))

    def _school(self, sentence: str, school: School, **words: str) -> str:
        named, amount = _named(school, self._language), self._money(school)
        board = school.board or ""
        return self._say(sentence, code=school.vestiging, named=named, amount=amount, board=board, **words)

    def _money(self, one: Explained | School) -> str:
        return self._language.money(one.amount, self._decision.currency)


def _named(one: Asked | School, language: Language) -> str:
    named = language.say("named", name=one.name) if one.name else ""
    return named + (language.say("in_place", place=one.place) if one.place else "")
