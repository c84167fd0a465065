"""Write an explanation in a language: as text for a person, and as a document for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import groupby
from typing import Any

from npo_pipeline.dutch import Language
from npo_pipeline.months import day_of, is_school_year
from npo_pipeline.reports.explain import model
from npo_pipeline.reports.explain.phrasing import Phrasing
from schemas.reconciled import MATCH


def document_of(explanation: model.Explanation, language: Language) -> dict[str, Any]:
    """Return the explanation as mappings and lists; each line carries its heading and its paragraph.

    Amounts, rates and quantities are Decimal; hashes are whole.
    """
    document = asdict(explanation)
    for decision, shown in zip(explanation.decisions, document["decisions"], strict=True):
        phrasing = Phrasing(language, decision.decision.currency)
        for school, written in zip(decision.schools, shown["schools"], strict=True):
            for line, one in zip(school.lines, written["lines"], strict=True):
                one |= {"heading": phrasing.heading(line), "paragraph": phrasing.paragraph(line)}
    return {"lang": language.code, **document, "text": text_of(explanation, language)}


def text_of(explanation: model.Explanation, language: Language) -> str:
    """Return the whole explanation, a line per paragraph; those under a heading are indented."""
    subject = explanation.asked
    lines = [language.say(f"title.{subject.kind}", code=subject.code, with_name=_with_name(subject, language))]
    if not explanation.decisions:
        lines += ["", language.say("no_decision", code=subject.code)]
    for decision in explanation.decisions:
        lines += ["", *_DecisionText(subject, decision, language).lines()]
    if explanation.masked:
        lines += ["", *(_masked(one, language) for one in explanation.masked), language.say("no_money_of_range")]
    return "\n".join([*lines, "", language.say("ofb")])


def _masked(one: model.MaskedCount, language: Language) -> str:
    return language.say(
        "masked",
        file=one.file,
        day=language.day(one.reference_date),
        place=one.vestiging,
        lowest=language.number(one.lowest),
        highest=language.number(one.highest),
        school_type=language.school_type(one.school_type),
    )


def _with_name(one: model.Subject | model.School, language: Language) -> str:
    named = language.say("with_name", name=one.name) if one.name else ""
    return named + (language.say("in_place", place=one.place) if one.place else "")


class _DecisionText:
    """Write one decision: its total, and then a school in full, a BRIN with all its schools, or a board."""

    def __init__(self, subject: model.Subject, explanation: model.DecisionExplanation, language: Language) -> None:
        self._subject, self._explanation, self._language = subject, explanation, language
        self._decision = explanation.decision
        self._phrasing = Phrasing(language, self._decision.currency)
        self._say = language.say

    def lines(self) -> Iterator[str]:
        """Return the lines of the text."""
        explanation = self._explanation
        yield from self._opening()
        if not self._subject.is_one:
            yield from self._section("totals", self._totals())
        if self._subject.kind == "board":
            yield from self._section("schools", (self._summary(one) for one in explanation.schools))
            yield from self._section("omitted", map(self._phrasing.omission, explanation.omitted))
            yield from self._section("lifecycle", self._beyond())
            yield from self._months(explanation.flow, self._subject.code)
            yield from self._section("claims", self._claims())
        else:
            for school in explanation.schools:
                if self._subject.kind == "brin":
                    yield from ("", self._school("school", school))
                yield from self._school_in_full(school)
        yield from self._background()

    def _opening(self) -> Iterator[str]:
        decision, day = self._decision, self._language.day
        yield self._say(
            "decision" if is_school_year(decision.school_year) else "decision.period",
            school_year=decision.school_year,
            decision=decision.decision_id,
            day=day(day_of(decision.decided_at)),
            reference_date=day(decision.reference_date),
        )
        if decision.named_day:
            yield self._say("other_day", used=day(decision.reference_date), named=day(decision.named_day))
        if decision.superseded_by:
            yield self._say("superseded", newer=decision.superseded_by)
        if decision.reason:
            yield self._say("reason", reason=decision.reason.rstrip("."))
        words = {"amount": self._phrasing.money(self._explanation.amount)}
        if not self._subject.is_one:
            words["schools"] = self._language.quantity(len(self._explanation.own), "schools")
        yield self._say(f"total.{self._subject.kind}", **words)

    def _beyond(self) -> Iterator[str]:
        """Return what makes the payments to a board other than its amounts, and what they are with it."""
        found = self._explanation.beyond
        for one in found:
            sentence = self._phrasing.lifecycle_event(one.event)
            yield self._say("change.of", vestiging=one.vestiging, change=sentence)
        if found:
            whole = model.total([self._explanation.amount, *(one.event.amount for one in found)])
            yield self._say("lifecycle.together", amount=self._phrasing.money(whole))

    def _claims(self) -> Iterator[str]:
        """Return what the board owes others, and they owe it, school by school."""
        for school in self._explanation.schools:
            for one in school.claims:
                if self._subject.code in (one.debtor, one.creditor):
                    yield self._say("change.of", vestiging=school.vestiging, change=self._phrasing.claim(one))

    def _school_in_full(self, school: model.School) -> Iterator[str]:
        write = self._phrasing
        if school.board:
            named = self._say("with_name", name=school.board_name) if school.board_name else ""
            yield self._say("board", board=f"{school.board}{named}")
        for line in school.lines:
            yield from ("", write.heading(line), f"  {write.paragraph(line)}")
        yield from self._section("omitted", map(write.omission, school.omitted))
        yield from self._section("lifecycle", map(write.lifecycle_event, school.lives))
        yield from self._months(school.flow, school.board)
        yield from self._section("corrections", map(write.paid_correction, school.settled))
        yield from self._section("claims", map(write.claim, school.claims))

    def _background(self) -> Iterator[str]:
        """Return the changes since the previous decision, and the corrections and assumptions of the amounts."""
        schools, before = self._explanation.schools, self._decision.before
        if before is None:
            of_year = is_school_year(self._decision.school_year)
            yield from ("", self._say("change.first" if of_year else "change.first.period"))
        else:
            changes = [self._change(school, one) for school in schools for one in school.changes]
            yield from self._section("changes", changes or [self._say("change.none")], before=before)
        yield from self._compared()
        corrections = dict.fromkeys(one for school in schools for one in school.corrected)
        yield from self._section("source_corrections", map(self._phrasing.source_correction, corrections))
        if any(school.lines for school in schools):
            yield from self._section("rests_on", self._phrasing.assumptions(self._explanation.rests_on))

    def _compared(self) -> Iterator[str]:
        """Return what others say, per comparison; of several schools what differs, and how many match."""
        decision, language = self._decision, self._language
        for _, found in groupby(self._explanation.compared, key=lambda one: one.run_id):
            rows = list(found)
            files = language.listed(sorted({one.file for one in rows if one.file}))
            shown = [one for one in rows if self._subject.is_one or one.outcome != MATCH]
            lines = [self._phrasing.compared(one, self._subject.code) for one in shown]
            if alike := len(rows) - len(shown):
                lines.append(self._say("reconciled.alike", amounts=language.quantity(alike, "amounts")))
            if (compared := rows[0].decision_id) != decision.decision_id:
                lines.append(self._say("reconciled.newer", decision=compared, newer=decision.decision_id))
            day = language.day(rows[0].compared_on)
            yield from self._section("reconciled", lines, files=files, day=day)

    def _change(self, school: model.School, change: model.AmountChange) -> str:
        sentence = self._phrasing.change(change)
        if self._subject.is_one:
            return sentence
        return self._say("change.of", vestiging=school.vestiging, change=sentence)

    def _months(self, flow: model.Cashflow, board: str | None) -> Iterator[str]:
        if flow != model.Cashflow():
            yield from self._section("months", self._phrasing.cashflow(flow, board))

    def _section(self, title: str, paragraphs: Iterable[str], **words: str) -> Iterator[str]:
        """Return a title and the paragraphs under it; nothing where there are none."""
        indented = [f"  {one}" for one in paragraphs]
        if indented:
            yield from ("", self._say(title, **words), *indented)

    def _totals(self) -> Iterator[str]:
        for one in self._explanation.totals:
            yield self._say(
                "total",
                component=self._language.component(one.component),
                school_type=self._language.school_type(one.school_type),
                amount=self._phrasing.money(one.amount),
                schools=self._language.quantity(one.schools, "schools"),
            )

    def _summary(self, school: model.School) -> str:
        """Return a school of a board in one line: the sum without its sources."""
        if school.vestiging in self._explanation.own:
            lines = " + ".join(map(self._phrasing.product, school.lines))
            return self._school("school.short", school, lines=lines)
        if school.board:
            return self._school("school.elsewhere", school, board=school.board)
        return self._school("school.nobody", school)

    def _school(self, sentence: str, school: model.School, **words: str) -> str:
        return self._say(
            sentence,
            code=school.vestiging,
            with_name=_with_name(school, self._language),
            amount=self._phrasing.money(school.amount),
            **words,
        )
