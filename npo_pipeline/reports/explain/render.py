"""Write an explanation in a language: as text for a person, and as a document for a program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from npo_pipeline.dutch import Language
from npo_pipeline.reports.explain.model import (
    AmountChange,
    Assumption,
    Cashflow,
    CountedPart,
    DecisionExplanation,
    Explanation,
    LifecycleEvent,
    MonthlyPayment,
    OmittedComponent,
    PaidCorrection,
    School,
    SourceCorrection,
    SourceFile,
    Subject,
    TraceLine,
    total,
)

_SHORT_HASH = 12
"""Characters of a SHA-256 that tell files apart for a reader."""


def document_of(explanation: Explanation, language: Language) -> dict[str, Any]:
    """Return the explanation as mappings and lists; each line carries its heading and its paragraph.

    Amounts, rates and quantities are Decimal; hashes are whole.
    """
    document = asdict(explanation)
    for decision, shown in zip(explanation.decisions, document["decisions"], strict=True):
        sentences = _Sentences(language, decision.decision.currency)
        for school, written in zip(decision.schools, shown["schools"], strict=True):
            for line, one in zip(school.lines, written["lines"], strict=True):
                one |= {"heading": sentences.heading(line), "paragraph": sentences.paragraph(line)}
    return {"lang": language.code, **document, "text": text_of(explanation, language)}


def text_of(explanation: Explanation, language: Language) -> str:
    """Return the whole explanation, a line per paragraph; those under a heading are indented."""
    subject = explanation.asked
    lines = [language.say(f"title.{subject.kind}", code=subject.code, with_name=_with_name(subject, language))]
    if not explanation.decisions:
        lines += ["", language.say("no_decision", code=subject.code)]
    for decision in explanation.decisions:
        lines += ["", *_DecisionText(subject, decision, language).lines()]
    return "\n".join([*lines, "", language.say("ofb")])


def paragraph(line: TraceLine, language: Language) -> str:
    """Return the sentences from the count of a line to its amount, with every number of its row of the trace."""
    return _Sentences(language, line.currency).paragraph(line)


def _with_name(one: Subject | School, language: Language) -> str:
    named = language.say("with_name", name=one.name) if one.name else ""
    return named + (language.say("in_place", place=one.place) if one.place else "")


class _DecisionText:
    """Write one decision: its total, and then a school in full, a BRIN with all its schools, or a board."""

    def __init__(self, subject: Subject, explanation: DecisionExplanation, language: Language) -> None:
        self._subject, self._explanation, self._language = subject, explanation, language
        self._decision = explanation.decision
        self._sentences = _Sentences(language, self._decision.currency)
        self._say = language.say

    def lines(self) -> Iterator[str]:
        """Return the lines of the text."""
        explanation = self._explanation
        yield from self._opening()
        if self._subject.kind != "vestiging":
            yield from self._section("totals", self._totals())
        if self._subject.kind == "board":
            yield from self._section("schools", (self._summary(one) for one in explanation.schools))
            yield from self._section("omitted", map(self._sentences.omission, explanation.omitted))
            yield from self._months(explanation.flow, self._subject.code)
        else:
            for school in explanation.schools:
                if self._subject.kind == "brin":
                    yield from ("", self._school("school", school))
                yield from self._school_in_full(school)
        yield from self._background()

    def _opening(self) -> Iterator[str]:
        decision, day = self._decision, self._language.day
        yield self._say(
            "decision",
            school_year=decision.school_year,
            decision=decision.decision_id,
            day=day(decision.decided_at.date()),
            reference_date=day(decision.reference_date),
        )
        if decision.named_day:
            yield self._say("other_day", used=day(decision.reference_date), named=day(decision.named_day))
        if decision.superseded_by:
            yield self._say("superseded", newer=decision.superseded_by)
        if decision.reason:
            yield self._say("reason", reason=decision.reason.rstrip("."))
        words = {"amount": self._sentences.money(self._explanation.amount)}
        if self._subject.kind != "vestiging":
            words["schools"] = self._language.quantity(len(self._explanation.own), "schools")
        yield self._say(f"total.{self._subject.kind}", **words)

    def _school_in_full(self, school: School) -> Iterator[str]:
        write = self._sentences
        if school.board:
            yield self._say("board", board=school.board)
        for line in school.lines:
            yield from ("", write.heading(line), f"  {write.paragraph(line)}")
        yield from self._section("omitted", map(write.omission, school.omitted))
        yield from self._section("lifecycle", map(write.lifecycle_event, school.lives))
        yield from self._months(school.flow, school.board)
        yield from self._section("corrections", map(write.paid_correction, school.settled))

    def _background(self) -> Iterator[str]:
        """Return the changes since the previous decision, and the corrections and assumptions of the amounts."""
        schools, before = self._explanation.schools, self._decision.before
        if before is None:
            yield from ("", self._say("change.first"))
        else:
            changes = [self._change(school, one) for school in schools for one in school.changes]
            yield from self._section("changes", changes or [self._say("change.none")], before=before)
        corrections = dict.fromkeys(one for school in schools for one in school.corrected)
        yield from self._section("source_corrections", map(self._sentences.source_correction, corrections))
        if any(school.lines for school in schools):
            yield from self._section("rests_on", self._sentences.assumptions(self._explanation.rests_on))

    def _change(self, school: School, change: AmountChange) -> str:
        sentence = self._sentences.change(change)
        if self._subject.kind == "vestiging":
            return sentence
        return self._say("change.of", vestiging=school.vestiging, change=sentence)

    def _months(self, flow: Cashflow, board: str | None) -> Iterator[str]:
        if flow != Cashflow():
            yield from self._section("months", self._sentences.cashflow(flow, board))

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
                amount=self._sentences.money(one.amount),
                schools=self._language.quantity(one.schools, "schools"),
            )

    def _summary(self, school: School) -> str:
        """Return a school of a board in one line: the sum without its sources."""
        if school.vestiging in self._explanation.own:
            lines = " + ".join(map(self._sentences.product, school.lines))
            return self._school("school.short", school, lines=lines)
        if school.board:
            return self._school("school.elsewhere", school, board=school.board)
        return self._school("school.nobody", school)

    def _school(self, sentence: str, school: School, **words: str) -> str:
        return self._say(
            sentence,
            code=school.vestiging,
            with_name=_with_name(school, self._language),
            amount=self._sentences.money(school.amount),
            **words,
        )


@dataclass(frozen=True)
class _Sentences:
    """Write each fact of a decision as a sentence, in a language and with its amounts in one currency."""

    language: Language
    currency: str

    def say(self, sentence: str, /, **words: str) -> str:
        """Return a sentence of the catalogue with its placeholders filled in."""
        return self.language.say(sentence, **words)

    def money(self, amount: Decimal | None) -> str:
        """Return an amount or a rate; 0 for one that is not there."""
        return self.language.money(amount or Decimal(0), self.currency)

    def heading(self, line: TraceLine) -> str:
        """Return the component of a line and its amount."""
        return self.say(
            "line",
            component=self.language.component(line.component),
            school_type=self.language.school_type(line.school_type),
            amount=self.money(line.amount),
        )

    def paragraph(self, line: TraceLine) -> str:
        """Return the sentences from the count of a line to its amount."""
        return " ".join(self._from_count_to_amount(line))

    def _from_count_to_amount(self, line: TraceLine) -> Iterator[str]:
        listed = self.language.listed
        yield self._count(line)
        if len(line.parts) > 1 or (line.level == "brin" and line.parts):
            yield self.say("parts", parts=listed([self._part(one, line) for one in line.parts]))
        if line.files:
            yield self.say("files", files=listed([self._file(one) for one in line.files]))
        if line.threshold is not None:
            yield self._threshold(line, line.threshold)
        if line.level == "brin":
            name, others = ("booked", {"others": listed(line.others)}) if line.others else ("booked.alone", {})
            yield self.say(name, brin=line.vestiging[:4], **others)
        unit, status = self.language.rate_unit(line.unit), self.language.statuses[line.status]
        yield self.say("rate", rate=self.money(line.rate), unit=unit, status=status)
        yield self._calculation(line)
        yield self.say("source", article=line.article, source=line.source, url=line.url)

    def _count(self, line: TraceLine) -> str:
        # A threshold counts several school types together; the parts give the type of each.
        where = self.language.in_school_type.get(line.school_type) if line.threshold is None else None
        words = {
            "days": self.language.listed([self.language.day(one) for one in line.days]),
            "place": self.say("place.brin", brin=line.vestiging[:4])
            if line.level == "brin"
            else self.say("place.vestiging"),
            "counted": self.language.quantity(line.counted, line.measure),
        }
        if line.measure == "score":
            return self.say("counted.score", **words)
        where = self.say("where", school_type=where) if where else ""
        return self.say("counted.days" if len(line.days) > 1 else "counted", **words, where=where)

    def _part(self, part: CountedPart, line: TraceLine) -> str:
        details = [part.vestiging] if line.level == "brin" else []
        if part.cluster not in (None, "nvt"):
            details.append(self.say("cluster", cluster=str(part.cluster)))
        return self.say(
            "part",
            number=self.language.number(part.number),
            school_type=self.language.in_school_type.get(part.school_type, part.school_type),
            details=self.say("details", details=", ".join(details)) if details else "",
        )

    def _file(self, file: SourceFile) -> str:
        return self.say(
            "file",
            file=file.file,
            rows=self.language.quantity(file.rows, "rows"),
            refused=self.language.number(file.refused),
            sha256=file.sha256[:_SHORT_HASH],
            superseded=self.say("file.superseded") if file.superseded_by else "",
        )

    def _threshold(self, line: TraceLine, threshold: int) -> str:
        return self.say(
            "threshold.brin" if line.level == "brin" else "threshold.vestiging",
            counted=self.language.quantity(line.counted, line.measure),
            threshold=self.language.number(threshold),
            quantity=self.language.number(line.quantity),
        )

    def product(self, line: TraceLine) -> str:
        """Return the quantity and the rate of a line."""
        return self.say(
            "school.line", quantity=self.language.quantity(line.quantity, line.measure), rate=self.money(line.rate)
        )

    def _calculation(self, line: TraceLine) -> str:
        words = {
            "quantity": self.language.quantity(line.quantity, line.measure),
            "rate": self.money(line.rate),
            "unrounded": self.money(line.unrounded),
        }
        if line.unrounded == line.amount:
            return self.say("product.exact", **words)
        return self.say("product.rounded", **words, amount=self.money(line.amount))

    def omission(self, omitted: OmittedComponent) -> str:
        """Return why a component gives no amount."""
        name = f"omitted.{omitted.reason}"
        special = f"{name}.{omitted.measure}"
        return self.say(
            special if special in self.language.sentences else name,
            component=self.language.component(omitted.component),
            school_types=self.language.listed([self.language.school_type(one) for one in omitted.school_types]),
            what=self.language.value(omitted.what or ""),
            article=omitted.article or "",
            number=self.language.quantity(omitted.number or Decimal(0), omitted.measure),
            threshold=self.language.number(omitted.threshold or 0),
            where=omitted.where or "",
        )

    def cashflow(self, flow: Cashflow, board: str | None) -> Iterator[str]:
        """Return what was paid, what is to be settled and what is to come; names boards other than `board`."""
        yield self._payments("paid", flow.paid, board)
        if flow.to_settle:
            name = "to_settle.more" if flow.to_settle > 0 else "to_settle.less"
            yield self.say(name, amount=self.money(abs(flow.to_settle)))
        yield self._payments("to_come", flow.to_come, board)

    def _payments(self, name: str, payments: Sequence[MonthlyPayment], board: str | None) -> str:
        if not payments:
            return self.say(f"{name}.none")
        months = "; ".join(self._payment(one, board) for one in payments)
        return self.say(name, months=months, total=self.money(total(one.amount for one in payments)))

    def _payment(self, payment: MonthlyPayment, board: str | None) -> str:
        other = payment.board if payment.board != board else None
        words = {
            "month": self.language.month(payment.month),
            "amount": self.money(payment.amount),
            "board": self.say("month.board", board=other) if other else "",
        }
        if payment.correction:
            return self.say("month.corrected", **words, correction=self.money(payment.correction))
        return self.say("month", **words)

    def change(self, change: AmountChange) -> str:
        """Return an amount before and after, the difference and its cause."""
        difference = change.difference
        return self.say(
            "change",
            component=self.language.component(change.component),
            school_type=self.language.school_type(change.school_type),
            before=self.money(change.before),
            after=self.money(change.after),
            difference=self.say(
                "more" if difference > 0 else "less" if difference < 0 else "same",
                amount=self.money(abs(difference)),
            ),
            cause=self._cause(change),
        )

    def _cause(self, change: AmountChange) -> str:
        if change.cause == "rate":
            before, after = self.money(change.rate_before), self.money(change.rate_after)
        else:
            before, after = (
                self.language.quantity(number or Decimal(0), change.measure)
                for number in (change.quantity_before, change.quantity_after)
            )
        return self.say(f"cause.{change.cause}", before=before, after=after)

    def lifecycle_event(self, event: LifecycleEvent) -> str:
        """Return the instalments that move, lapse or follow earlier rules."""
        name = f"lifecycle.{event.cause}"
        if event.cause == "merger":
            name += ".to" if event.amount < 0 else ".from"
        elif event.cause == "amendment":
            name += ".more" if event.amount > 0 else ".less"
        return self.say(
            name,
            other=event.other or "",
            first=self.language.month(event.first),
            last=self.language.month(event.last),
            amount=self.money(abs(event.amount)),
        )

    def paid_correction(self, correction: PaidCorrection) -> str:
        """Return the cause of a correction and the months that it corrects."""
        first, last = self.language.month(correction.first), self.language.month(correction.last)
        return self.say(
            "corrections.more" if correction.amount > 0 else "corrections.less",
            month=self.language.month(correction.paid_month),
            amount=self.money(abs(correction.amount)),
            why=self.say(f"why.{correction.cause}"),
            months=first if first == last else self.say("months.between", first=first, last=last),
        )

    def source_correction(self, correction: SourceCorrection) -> str:
        """Return the declared correction of a row of the source, who declared it and why."""
        is_of_pupil = correction.expected is None
        return self.say(
            f"source_corrections.{correction.action}{'.pupil' if is_of_pupil else ''}",
            vestiging=correction.vestiging,
            file=correction.file,
            line=str(correction.line),
            column=correction.column_name,
            expected=correction.expected or "",
            value=correction.value or "",
            reason=correction.reason.rstrip("."),
            by=correction.reported_by,
            on=self.language.day(correction.reported_on),
            until=self.language.day(correction.expires),
        )

    def assumptions(self, assumptions: Sequence[Assumption]) -> Iterator[str]:
        """Return the values behind amounts that no source publishes as such, by their status."""
        if not assumptions:
            yield self.say("rests_on.none")
        for status in dict.fromkeys(one.status for one in assumptions):
            values = dict.fromkeys(self._assumption(one) for one in assumptions if one.status == status)
            yield self.say(f"rests_on.{status}", values=self.language.listed(list(values)))

    def _assumption(self, assumption: Assumption) -> str:
        what = self.language.value(assumption.what)
        if assumption.component is None:
            return what
        return self.say("value", what=what, component=self.language.component(assumption.component))
