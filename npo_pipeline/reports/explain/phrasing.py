"""Write each fact of an explanation as a sentence of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from npo_pipeline.dutch import DUTCH, Language
from npo_pipeline.reconciliation.model import CAUSE_WORDS
from npo_pipeline.reports.explain import model
from schemas.reconciled import BY_SCHOOL

_SHORT_HASH = 12
"""Characters of a SHA-256 that tell files apart for a reader."""


@dataclass(frozen=True)
class Phrasing:
    """Write each fact of a decision as a sentence, in a language and with its amounts in one currency."""

    language: Language
    currency: str

    def say(self, sentence: str, /, **words: str) -> str:
        """Return a sentence of the catalogue with its placeholders filled in."""
        return self.language.say(sentence, **words)

    def money(self, amount: Decimal | None) -> str:
        """Return an amount or a rate; 0 for one that is not there."""
        return self.language.money(amount or Decimal(0), self.currency)

    def heading(self, line: model.TraceLine) -> str:
        """Return the component of a line and its amount."""
        return self.say(
            "line",
            component=self.language.component(line.component),
            school_type=self.language.school_type(line.school_type),
            amount=self.money(line.amount),
        )

    def paragraph(self, line: model.TraceLine) -> str:
        """Return the sentences from the count of a line to its amount."""
        return " ".join(self._from_count_to_amount(line))

    def _from_count_to_amount(self, line: model.TraceLine) -> Iterator[str]:
        listed = self.language.listed
        yield self._count(line)
        if len(line.parts) > 1 or (line.counts_other_places and line.parts):
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

    def _count(self, line: model.TraceLine) -> str:
        # A threshold counts several school types together; the parts give the type of each. An area has no type.
        has_type = line.threshold is None and not line.is_of_area
        where = self.language.in_school_type.get(line.school_type) if has_type else None
        words = {
            "days": self.language.listed([self.language.day(one) for one in line.days]),
            "place": self._place(line),
            "counted": self.language.quantity(line.counted, line.measure),
        }
        if line.measure == "score":
            return self.say("counted.score", **words)
        if line.measure == "municipal_score":
            return self.say("counted.municipal_score", place=words["place"], counted=words["counted"])
        where = self.say("where", school_type=where) if where else ""
        return self.say("counted.days" if len(line.days) > 1 else "counted", **words, where=where)

    def _place(self, line: model.TraceLine) -> str:
        if line.is_of_area:
            return self.say("place.area", area=line.vestiging)
        if line.is_of_municipality:
            return self.say("place.municipality", code=line.vestiging)
        if line.level == "brin":
            return self.say("place.brin", brin=line.vestiging[:4])
        return self.say("place.vestiging")

    def _part(self, part: model.CountedPart, line: model.TraceLine) -> str:
        if line.is_of_area:
            return self.say("part.area", number=self.language.number(part.number), vestiging=part.vestiging)
        details = [part.vestiging] if line.counts_other_places else []
        if part.cluster not in (None, "nvt"):
            details.append(self.say("cluster", cluster=str(part.cluster)))
        return self.say(
            "part",
            number=self.language.number(part.number),
            school_type=self.language.in_school_type.get(part.school_type, part.school_type),
            details=self.say("details", details=", ".join(details)) if details else "",
        )

    def _file(self, file: model.SourceFile) -> str:
        return self.say(
            "file",
            file=file.file,
            rows=self.language.quantity(file.rows, "rows"),
            refused=self.language.number(file.refused),
            sha256=file.sha256[:_SHORT_HASH],
            superseded=self.say("file.superseded") if file.superseded_by else "",
        )

    def _threshold(self, line: model.TraceLine, threshold: int) -> str:
        return self.say(
            "threshold.brin" if line.level == "brin" else "threshold.vestiging",
            counted=self.language.quantity(line.counted, line.measure),
            threshold=self.language.number(threshold),
            quantity=self.language.number(line.quantity),
        )

    def product(self, line: model.TraceLine) -> str:
        """Return the quantity and the rate of a line, and what a small vestiging gets on top."""
        words = {"quantity": self.language.quantity(line.quantity, line.measure), "rate": self.money(line.rate)}
        if line.small_below is None:
            return self.say("school.line", **words)
        return self.say("school.line.small", **words, supplement=self.money(line.supplement))

    def _calculation(self, line: model.TraceLine) -> str:
        words = {
            "quantity": self.language.quantity(line.quantity, line.measure),
            "rate": self.money(line.rate),
            "unrounded": self.money(line.unrounded),
        }
        if line.small_below is not None:
            return self.say("product.small", **words, **self._supplement(line))
        if line.shares_rounding:
            words |= {"before": self.money(line.unrounded_before), "brin": line.vestiging[:4]}
            return self.say("product.shared", **words, amount=self.money(line.amount))
        if line.unrounded == line.amount:
            return self.say("product.exact", **words)
        return self.say("product.rounded", **words, amount=self.money(line.amount))

    def _supplement(self, line: model.TraceLine) -> dict[str, str]:
        """Return the arithmetic of what a small vestiging gets on top."""
        return {
            "product": self.money(line.unrounded - line.supplement),
            "below": self.language.number(line.small_below or 0),
            "fixed": self.money(line.small_fixed),
            "decrease": self.money(line.small_decrease),
            "supplement": self.money(line.supplement),
            "amount": self.money(line.amount),
        }

    def omission(self, omitted: model.OmittedComponent) -> str:
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

    def compared(self, one: model.ComparedAmount, subject: str) -> str:
        """Return an amount of others beside that of the decision; names its place where it is not the subject."""
        sentence = "reconciled.place.school" if one.level == BY_SCHOOL else "reconciled.place"
        place = self.say(sentence, code=one.code) if one.code != subject else ""
        component = self.language.listed([self.language.component(name) for name in one.component.split("+")])
        if one.school_types:
            types = [self.language.school_type(name) for name in one.school_types.split("+")]
            component = self.say(
                "reconciled.component", component=component, school_types=self.language.listed(types)
            )
        why = self._why_differs(one)
        return self.say(
            f"reconciled.{one.outcome}",
            place=place,
            component=component,
            ours=self.money(one.ours),
            theirs=self.money(one.theirs),
            difference=self._more_or_less(one.difference or Decimal(0)),
            why=f" {why}" if why else "",
        )

    def _why_differs(self, one: model.ComparedAmount) -> str | None:
        """Return why they differ: the books hold the explanation in Dutch, and the cause for any language."""
        if self.language.code == DUTCH.code:
            return one.explanation
        return CAUSE_WORDS[one.cause].meaning if one.cause else None

    def _more_or_less(self, difference: Decimal) -> str:
        return self.say(
            "more" if difference > 0 else "less" if difference < 0 else "same", amount=self.money(abs(difference))
        )

    def cashflow(self, flow: model.Cashflow, board: str | None) -> Iterator[str]:
        """Return what was paid, what is to be settled and what is to come; names boards other than `board`."""
        yield self._payments("paid", flow.paid, board)
        if flow.to_settle:
            name = "to_settle.more" if flow.to_settle > 0 else "to_settle.less"
            yield self.say(name, amount=self.money(abs(flow.to_settle)))
        yield self._payments("to_come", flow.to_come, board)

    def _payments(self, name: str, payments: Sequence[model.MonthlyPayment], board: str | None) -> str:
        if not payments:
            return self.say(f"{name}.none")
        months = "; ".join(self._payment(one, board) for one in payments)
        return self.say(name, months=months, total=self.money(model.total(one.amount for one in payments)))

    def _payment(self, payment: model.MonthlyPayment, board: str | None) -> str:
        other = payment.board if payment.board != board else None
        words = {
            "month": self.language.month(payment.month),
            "amount": self.money(payment.amount),
            "board": self.say("month.board", board=other) if other else "",
        }
        if payment.correction:
            return self.say("month.corrected", **words, correction=self.money(payment.correction))
        return self.say("month", **words)

    def change(self, change: model.AmountChange) -> str:
        """Return an amount before and after, the difference and its cause."""
        return self.say(
            "change",
            component=self.language.component(change.component),
            school_type=self.language.school_type(change.school_type),
            before=self.money(change.before),
            after=self.money(change.after),
            difference=self._more_or_less(change.difference),
            cause=self._cause(change),
        )

    def _cause(self, change: model.AmountChange) -> str:
        if change.cause == "rate":
            before, after = self.money(change.rate_before), self.money(change.rate_after)
        else:
            before, after = (
                self.language.quantity(number or Decimal(0), change.measure)
                for number in (change.quantity_before, change.quantity_after)
            )
        return self.say(f"cause.{change.cause}", before=before, after=after)

    def lifecycle_event(self, event: model.LifecycleEvent) -> str:
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

    def paid_correction(self, correction: model.PaidCorrection) -> str:
        """Return the cause of a correction and the months that it corrects."""
        first, last = self.language.month(correction.first), self.language.month(correction.last)
        return self.say(
            "corrections.more" if correction.amount > 0 else "corrections.less",
            month=self.language.month(correction.paid_month),
            amount=self.money(abs(correction.amount)),
            why=self.say(f"why.{correction.cause}"),
            months=first if first == last else self.say("months.between", first=first, last=last),
        )

    def claim(self, claim: model.SchoolClaim) -> str:
        """Return what one board owes another, and for which months."""
        first, last = self.language.month(claim.first), self.language.month(claim.last)
        return self.say(
            "claims.owes",
            debtor=claim.debtor,
            creditor=claim.creditor,
            amount=self.money(claim.amount),
            months=first if first == last else self.say("months.between", first=first, last=last),
        )

    def source_correction(self, correction: model.SourceCorrection) -> str:
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

    def assumptions(self, assumptions: Sequence[model.Assumption]) -> Iterator[str]:
        """Return the values behind amounts that no source publishes as such, by their status."""
        if not assumptions:
            yield self.say("rests_on.none")
        for status in dict.fromkeys(one.status for one in assumptions):
            values = dict.fromkeys(self._assumption(one) for one in assumptions if one.status == status)
            yield self.say(f"rests_on.{status}", values=self.language.listed(list(values)))

    def _assumption(self, assumption: model.Assumption) -> str:
        what = self.language.value(assumption.what)
        if assumption.component is None:
            return what
        return self.say("value", what=what, component=self.language.component(assumption.component))
