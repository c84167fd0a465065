"""An explanation as text: what is said, in which order. The words are the language's.

What is said beside the amounts: what is left out, what was paid, what changed, and what it all rests on.

The paragraph of a line: every number of its trace row, from what was counted to the amount.

An explanation as one document, for programs: all that the text says, and what it leaves out for brevity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from npo_pipeline.dutch import Language
from npo_pipeline.reports.explain.cashflow import render_lifecycle, told_settled
from npo_pipeline.reports.explain.model import (
    Assumption,
    Change,
    Explained,
    Explanation,
    File,
    Flow,
    Line,
    Month,
    Omitted,
    Part,
    School,
    SourceCorrection,
    Subject,
    added,
)

SHORT_HASH = 12
"""Characters of a SHA-256 that tell files apart for a reader."""


def omitted(one: Omitted, language: Language) -> str:
    """Why a component gives nothing."""
    name = f"omitted.{one.reason}"
    special = f"{name}.{one.measure}"
    return language.say(
        special if special in language.sentences else name,
        component=language.component(one.component),
        school_types=language.listed([language.school_type(kind) for kind in one.school_types]),
        what=language.value(one.what or ""),
        article=one.article or "",
        number=language.quantity(one.number or Decimal(0), one.measure),
        threshold=language.number(one.threshold or 0),
        where=one.where or "",
    )


def months(flow: Flow, board: str | None, currency: str, language: Language) -> Iterator[str]:
    """What was paid and what is to come.

    Args:
        flow: the months.
        board: the board that is meant where none is named.
        currency: of all amounts.
        language: the language.
    """
    yield _several("paid", flow.paid, board, currency, language)
    if flow.to_settle:
        name = "settle.more" if flow.to_settle > 0 else "settle.less"
        yield language.say(name, amount=language.money(abs(flow.to_settle), currency))
    yield _several("to_come", flow.to_come, board, currency, language)


def _several(name: str, some: Sequence[Month], board: str | None, currency: str, language: Language) -> str:
    if not some:
        return language.say(f"{name}.none")
    listed = "; ".join(_month(one, board, currency, language) for one in some)
    total = added([one.amount for one in some])
    return language.say(name, months=listed, total=language.money(total, currency))


def _month(one: Month, board: str | None, currency: str, language: Language) -> str:
    other = one.board if one.board != board else None
    return language.say(
        "month.corrected" if one.correction else "month",
        month=language.month(one.month),
        amount=language.money(one.amount, currency),
        board=language.say("month.board", board=other) if other else "",
        correction=language.money(one.correction, currency),
    )


def changed(one: Change, currency: str, language: Language) -> str:
    """What a component was, what it is now, and why."""
    name = "more" if one.difference > 0 else "less" if one.difference < 0 else "same"
    return language.say(
        "change",
        component=language.component(one.component),
        school_type=language.school_type(one.school_type),
        before=language.money(one.before, currency),
        after=language.money(one.after, currency),
        difference=language.say(name, amount=language.money(abs(one.difference), currency)),
        cause=_cause(one, currency, language),
    )


def _cause(one: Change, currency: str, language: Language) -> str:
    if one.cause == "rate":
        rates = [language.money(rate or Decimal(0), currency) for rate in (one.rate_before, one.rate_after)]
        return language.say("cause.rate", before=rates[0], after=rates[1])
    before, after = (
        language.quantity(number or Decimal(0), one.measure)
        for number in (one.quantity_before, one.quantity_after)
    )
    return language.say(f"cause.{one.cause}", before=before, after=after)


def corrected_paragraph(one: SourceCorrection, language: Language) -> str:
    """Which row of the source was read otherwise than it was delivered, who declared that, and why."""
    name = f"corrected.{one.action}" if one.expected is not None else f"corrected.{one.action}.pupil"
    return language.say(
        name,
        vestiging=one.vestiging,
        file=one.file,
        line=str(one.line),
        column=one.column_name,
        expected=one.expected or "",
        value=one.value or "",
        reason=one.reason.rstrip("."),
        by=one.reported_by,
        on=language.day(one.reported_on),
        until=language.day(one.expires),
    )


def rests_on(soft: Sequence[Assumption], language: Language) -> Iterator[str]:
    """What amounts rest on that no source says in so many words, by how sure it is."""
    if not soft:
        yield language.say("rests_on.none")
    for status in dict.fromkeys(one.status for one in soft):
        values = dict.fromkeys(_value(one, language) for one in soft if one.status == status)
        yield language.say(f"rests_on.{status}", values=language.listed(list(values)))


def _value(one: Assumption, language: Language) -> str:
    what = language.value(one.what)
    if one.component is None:
        return what
    return language.say("value", what=what, component=language.component(one.component))


def heading(line: Line, language: Language) -> str:
    """Which component it is, and how much."""
    return language.say(
        "line",
        component=language.component(line.component),
        school_type=language.school_type(line.school_type),
        amount=language.money(line.amount, line.currency),
    )


def paragraph(line: Line, language: Language) -> str:
    """How a line comes to its amount, in sentences."""
    return " ".join(_sentences(line, language))


def _sentences(line: Line, language: Language) -> Iterator[str]:
    yield _counted(line, language)
    if len(line.parts) > 1 or (line.level == "brin" and line.parts):
        yield language.say("parts", parts=language.listed([_part(one, line, language) for one in line.parts]))
    if line.files:
        yield language.say("files", files=language.listed([_file(one, language) for one in line.files]))
    if line.threshold is not None:
        yield _threshold(line, line.threshold, language)
    if line.level == "brin":
        yield _booked(line, language)
    yield language.say(
        "rate",
        rate=language.money(line.rate, line.currency),
        unit=language.rate_unit(line.unit),
        status=language.statuses[line.status],
    )
    yield _product(line, language)
    yield language.say("source", article=line.article, source=line.source, url=line.url)


def _counted(line: Line, language: Language) -> str:
    name = "counted.score" if line.measure == "score" else "counted.days" if len(line.days) > 1 else "counted"
    level = "brin" if line.level == "brin" else "vestiging"
    # What a threshold counts together is not of one school type; the parts say of which.
    where = language.in_school_type.get(line.school_type) if line.threshold is None else None
    return language.say(
        name,
        days=language.listed([language.day(one) for one in line.days]),
        place=language.say(f"place.{level}", brin=line.vestiging[:4]),
        counted=language.quantity(line.counted, line.measure),
        where=language.say("where", school_type=where) if where else "",
    )


def _part(part: Part, line: Line, language: Language) -> str:
    aside = [part.vestiging] if line.level == "brin" else []
    if part.cluster not in (None, "nvt"):
        aside.append(language.say("cluster", cluster=str(part.cluster)))
    return language.say(
        "part",
        number=language.number(part.number),
        school_type=language.in_school_type.get(part.school_type, part.school_type),
        aside=language.say("aside", aside=", ".join(aside)) if aside else "",
    )


def _file(file: File, language: Language) -> str:
    return language.say(
        "file",
        file=file.file,
        rows=language.quantity(file.rows, "rows"),
        refused=language.number(file.refused),
        sha256=file.sha256[:SHORT_HASH],
        superseded=language.say("file.superseded") if file.superseded_by else "",
    )


def _threshold(line: Line, threshold: int, language: Language) -> str:
    return language.say(
        "threshold.brin" if line.level == "brin" else "threshold.vestiging",
        counted=language.quantity(line.counted, line.measure),
        threshold=language.number(threshold),
        quantity=language.number(line.quantity),
    )


def _booked(line: Line, language: Language) -> str:
    name = "booked" if line.others else "booked.alone"
    others = language.listed(line.others) if line.others else ""
    return language.say(name, brin=line.vestiging[:4], others=others)


def _product(line: Line, language: Language) -> str:
    return language.say(
        "product.exact" if line.unrounded == line.amount else "product.rounded",
        quantity=language.quantity(line.quantity, line.measure),
        rate=language.money(line.rate, line.currency),
        unrounded=language.money(line.unrounded, line.currency),
        amount=language.money(line.amount, line.currency),
    )


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

    def __init__(self, asked: Subject, told: Explained, language: Language) -> None:
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
            yield from self._section("omitted", (omitted(one, language) for one in told.omitted))
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
        schools = self._language.quantity(len(self._told.own), "schools")
        yield self._say(f"total.{self._asked.kind}", amount=self._money(self._told), schools=schools)

    def _of_school(self, school: School) -> Iterator[str]:
        """A school in full."""
        if school.board:
            yield self._say("board", board=school.board)
        for line in school.lines:
            yield from ("", heading(line, self._language), f"  {paragraph(line, self._language)}")
        yield from self._section("omitted", (omitted(one, self._language) for one in school.omitted))
        currency, language = self._decision.currency, self._language
        yield from self._section("lives", render_lifecycle(school.lives, currency, language))
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
        yield from self._section("corrected", (corrected_paragraph(one, self._language) for one in corrected))
        if any(school.lines for school in self._told.schools):
            yield from self._section("rests_on", rests_on(self._told.rests_on, self._language))

    def _changed(self, school: School, one: Change) -> str:
        change = changed(one, self._decision.currency, self._language)
        if self._asked.kind == "vestiging":
            return change
        return self._say("change.of", vestiging=school.vestiging, change=change)

    def _months(self, flow: Flow, board: str | None) -> Iterator[str]:
        if flow != Flow():
            currency = self._decision.currency
            yield from self._section("months", months(flow, board, currency, self._language))

    def _section(self, title: str, paragraphs: Iterable[str], **words: str) -> Iterator[str]:
        inside = [f"  {one}" for one in paragraphs]
        if inside:
            yield from ("", self._say(title, **words), *inside)

    def _totals(self) -> Iterator[str]:
        for one in self._told.totals:
            yield self._say(
                "total",
                component=self._language.component(one.component),
                school_type=self._language.school_type(one.school_type),
                amount=self._language.money(one.amount, self._decision.currency),
                schools=self._language.quantity(one.schools, "schools"),
            )

    def _short(self, school: School) -> str:
        """A school of a board in one line: the sum without its sources."""
        if school.vestiging not in self._told.own:
            return self._school("school.elsewhere" if school.board else "school.nobody", school)
        parts = [
            self._say(
                "school.line",
                quantity=self._language.quantity(line.quantity, line.measure),
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


def _named(one: Subject | School, language: Language) -> str:
    named = language.say("named", name=one.name) if one.name else ""
    return named + (language.say("in_place", place=one.place) if one.place else "")


def document_of(explanation: Explanation, language: Language) -> dict[str, Any]:
    """The explanation as mappings and lists; each line carries its heading and its paragraph.

    Amounts, rates and quantities are Decimal; hashes are whole.
    """
    document = asdict(explanation)
    for told, shown in zip(explanation.decisions, document["decisions"], strict=True):
        for school, written in zip(told.schools, shown["schools"], strict=True):
            for line, one in zip(school.lines, written["lines"], strict=True):
                one |= _said(line, language)
    return {"lang": language.code, **document, "text": text_of(explanation, language)}


def _said(line: Line, language: Language) -> dict[str, str]:
    return {"heading": heading(line, language), "paragraph": paragraph(line, language)}
