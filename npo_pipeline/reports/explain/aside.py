"""What is said beside the amounts: what is left out, what was paid, what changed, and what it all rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from npo_pipeline.reports.explain.evidence import SourceCorrection
from npo_pipeline.reports.explain.explanation import Omitted, Soft
from npo_pipeline.reports.explain.flow import Change, Flow, Month, added
from npo_pipeline.reports.explain.language import Language


def omitted(one: Omitted, language: Language) -> str:
    """Why a component gives nothing."""
    name = f"omitted.{one.reason}"
    special = f"{name}.{one.measure}"
    return language.say(
        special if special in language.sentences else name,
        component=language.component(one.component),
        school_types=language.listed([language.school_types.get(kind, kind) for kind in one.school_types]),
        what=language.value(one.what or ""),
        article=one.article or "",
        number=language.counted(one.number or Decimal(0), one.measure),
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
        school_type=language.school_types.get(one.school_type, one.school_type),
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
        language.counted(number or Decimal(0), one.measure) for number in (one.quantity_before, one.quantity_after)
    )
    return language.say(f"cause.{one.cause}", before=before, after=after)


def corrected(one: SourceCorrection, language: Language) -> str:
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


def rests_on(soft: Sequence[Soft], language: Language) -> Iterator[str]:
    """What amounts rest on that no source says in so many words, by how sure it is."""
    if not soft:
        yield language.say("rests_on.none")
    for status in dict.fromkeys(one.status for one in soft):
        values = dict.fromkeys(_value(one, language) for one in soft if one.status == status)
        yield language.say(f"rests_on.{status}", values=language.listed(list(values)))


def _value(one: Soft, language: Language) -> str:
    what = language.value(one.what)
    if one.component is None:
        return what
    return language.say("value", what=what, component=language.component(one.component))
