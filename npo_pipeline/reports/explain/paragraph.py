"""The paragraph of a line: every number of its trace row, from what was counted to the amount."""

from __future__ import annotations

from collections.abc import Iterator

from npo_pipeline.reports.explain.evidence import File, Line, Part
from npo_pipeline.reports.explain.language import Language


def heading(line: Line, language: Language) -> str:
    """Which component it is, and how much."""
    return language.say(
        "line",
        component=language.component(line.component),
        school_type=language.school_types.get(line.school_type, line.school_type),
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
        unit=language.unit(line.unit),
        status=language.statuses[line.status],
    )
    yield _product(line, language)
    yield language.say("source", article=line.article, source=line.source, url=line.url)


def _counted(line: Line, language: Language) -> str:
    name = "counted.score" if line.measure == "score" else "counted.days" if len(line.days) > 1 else "counted"
    level = "brin" if line.level == "brin" else "vestiging"
    # What a threshold counts together is not of one school type; the parts say of which.
    where = language.counted_in.get(line.school_type) if line.threshold is None else None
    return language.say(
        name,
        days=language.listed([language.day(one) for one in line.days]),
        place=language.say(f"place.{level}", brin=line.vestiging[:4]),
        counted=language.counted(line.counted, line.measure),
        where=language.say("where", school_type=where) if where else "",
    )


def _part(part: Part, line: Line, language: Language) -> str:
    aside = [part.vestiging] if line.level == "brin" else []
    if part.cluster not in (None, "nvt"):
        aside.append(language.say("cluster", cluster=str(part.cluster)))
    return language.say(
        "part",
        number=language.number(part.number),
        school_type=language.counted_in.get(part.school_type, part.school_type),
        aside=language.say("aside", aside=", ".join(aside)) if aside else "",
    )


def _file(file: File, language: Language) -> str:
    return language.say(
        "file",
        file=file.file,
        rows=language.several("rows", file.rows),
        refused=language.number(file.refused),
        sha256=language.short(file.sha256),
        superseded=language.say("file.superseded") if file.superseded_by else "",
    )


def _threshold(line: Line, threshold: int, language: Language) -> str:
    return language.say(
        "threshold.brin" if line.level == "brin" else "threshold.vestiging",
        counted=language.counted(line.counted, line.measure),
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
        quantity=language.counted(line.quantity, line.measure),
        rate=language.money(line.rate, line.currency),
        unrounded=language.money(line.unrounded, line.currency),
        amount=language.money(line.amount, line.currency),
    )
