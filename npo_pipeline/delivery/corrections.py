"""Files of corrections: their model and reading, and the binding of each entry to the file and row it is about.

Every entry must fit before anything is read: its file must be in the delivery, and its row must be there once with
the value that the correction expects.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeAlias

import polars as pl
from pydantic import AfterValidator, BeforeValidator, model_validator

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.file_corrections import (
    MAX_SIZE,
    Corrected,
    Edits,
    FileCorrections,
    Resubmission,
    Source,
)
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.delivery.sniff import ScannedFile, normal_name
from npo_pipeline.delivery.validate import PERSONAL
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.error_messages import checked, suggest
from npo_pipeline.rulebook.fields import Day, Part, Text, fault, quoted, some, text_from, written
from npo_pipeline.rulebook.yaml_document import Document, FileSort, Place, rule_text
from schemas import files as models
from schemas.frames.intake import FileRows
from schemas.rules import VESTIGING

LONGEST = 500
"""Characters of a reason: it is shown beside an amount."""

_PLACE = ("BRIN_NUMMER", "VESTIGINGSNUMMER")

_Row = dict[str, Any]


def value_from(value: Any) -> str:
    """Parse the value of a cell; no message repeats it, because it may be of a pupil."""
    if value is None:
        raise ValueError('is empty; write "" for a cell without a value')
    if not isinstance(value, str):
        raise ValueError("wants text here, no list or mapping")
    if not value.isprintable():
        raise ValueError("holds a character that is not seen; write the value as the file has it")
    return value.strip()


def line_from(value: Any) -> int:
    """Parse the number of a line of a file, from 1."""
    text = text_from(value)
    if re.fullmatch(r"[1-9][0-9]{0,8}", text):
        return int(text)
    raise ValueError("is no line: write its number in the file, where the header is line 1")


def note_from(value: Any) -> str:
    """Parse a reason or a name: one line of plain text."""
    text = " ".join(text_from(value).split())
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(f"wants plain text of at most {LONGEST} characters")
    return text


Value: TypeAlias = Annotated[str, BeforeValidator(value_from)]
LineNumber: TypeAlias = Annotated[int, BeforeValidator(line_from)]
Note: TypeAlias = Annotated[str, BeforeValidator(note_from)]
DeliveryId: TypeAlias = Annotated[
    str, written(r"d[0-9]{6,}", "is no delivery: write it as `npo status` shows it, as d000003")
]


class Correction(Part):
    """Represent a known fault of the source in one row, and what to read there."""

    file: Text
    line: LineNumber | None = None
    where: dict[Text, Value] | None = None
    action: Literal["set", "drop"]
    column: Text
    expect: Value
    value: Value | None = None
    reason: Note
    reported_by: Note
    reported_on: Day
    expires: Day

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.line is None) == (not self.where):
            raise fault("wants either `line` or `where`, to say which row is meant")
        if self.action == "set" and self.value is None:
            raise fault('is missing; say what to read there ("" for nothing)', "value")
        if self.value == self.expect:
            raise fault("is what `expect` says; take the entry out, or correct one of the two", "value")
        if self.action == "drop" and self.value is not None:
            raise fault("has no place where a row is dropped; take it out", "value")
        if self.expires < self.reported_on:
            raise fault("lies before `reported_on`; correct one of the two", "expires")
        return self


class Replacement(Part):
    """Represent rejected lines of an earlier delivery, and the file with the rows that resolve them."""

    delivery: DeliveryId
    lines: Annotated[tuple[LineNumber, ...], AfterValidator(some)]
    file: Text
    reason: Note
    reported_by: Note


class Declaration(Part):
    """Represent a whole file of corrections."""

    corrections: Annotated[tuple[Correction, ...], AfterValidator(some)] = ()
    replaces: Annotated[tuple[Replacement, ...], AfterValidator(some)] = ()


@dataclass(frozen=True)
class CorrectionFile:
    """Hold a file of corrections after reading."""

    declaration: Declaration
    document: Document
    sha256: str

    def source(self, *place: str | int) -> Source:
        """Return the place of one of its parts, with the line."""
        return Source(self.document.name, self.sha256, self.document.line(place))

    def refused(self, place: Place, words: str) -> Refused:
        """Return a refusal that names the file and the line of one of its parts."""
        return Refused(f"{self.source(*place)}: {words}")


def read_declaration(scanned: ScannedFile) -> CorrectionFile:
    """Read a file of corrections.

    Raises:
        Refused: an entry is wrong; names file, line and key.
    """
    with scanned.file.open() as stream:
        raw = stream.read(MAX_SIZE + 1)
    text, document = rule_text(raw, scanned.file.name, FileSort("file of corrections", "corrections:"))
    keys = sorted({key for part in (Declaration, Correction, Replacement) for key in part.model_fields})
    return CorrectionFile(checked(Declaration, document, keys=keys, hint=""), document, text.sha256)


@dataclass(frozen=True)
class Entry:
    """Hold an entry of a file of corrections, and its place there."""

    correction: Correction
    place: Place
    declared_in: CorrectionFile

    @property
    def column(self) -> str:
        """The column it is about, by its normalised name."""
        return normal_name(self.correction.column)

    def refused(self, key: str, words: str) -> Refused:
        """Return a refusal that names the line of one of its keys."""
        return self.declared_in.refused((*self.place, key), words)


def bind(
    correction_files: Sequence[ScannedFile], files: Sequence[DeliveredFile], today: date
) -> list[DeliveredFile]:
    """Add to every file of a delivery the corrections and resubmissions that were declared of it.

    Raises:
        Refused: an entry is faulty, has expired, or does not fit its file; names file and line of the entry.
    """
    names = [one.name for one in files]
    corrections: dict[str, list[Entry]] = defaultdict(list)
    resubmissions: dict[str, list[Resubmission]] = defaultdict(list)
    for declared in [read_declaration(one) for one in correction_files]:
        for entry in _entries(declared, today):
            corrections[_file_of(entry.correction.file, declared, entry.place, names)].append(entry)
        for number, found in enumerate(declared.declaration.replaces):
            place = ("replaces", number)
            resubmission = Resubmission(
                delivery_id=found.delivery,
                lines=found.lines,
                reason=found.reason,
                reported_by=found.reported_by,
                source=declared.source(*place),
            )
            resubmissions[_file_of(found.file, declared, place, names)].append(resubmission)
    return [_bound(one, corrections[one.name], tuple(resubmissions[one.name])) for one in files]


def _entries(one: CorrectionFile, today: date) -> Iterator[Entry]:
    for number, correction in enumerate(one.declaration.corrections):
        entry = Entry(correction, ("corrections", number), one)
        if today > correction.expires:
            expired = f"this correction expired on {correction.expires}; take it out, or declare it anew when the "
            raise entry.refused("expires", f"{expired}source is still wrong")
        yield entry


def _file_of(name: str, one: CorrectionFile, place: Place, files: Collection[str]) -> str:
    if (shown := harmless_name(name)) in files:
        return shown
    raise one.refused((*place, "file"), f"no {shown} is in this delivery; {suggest(shown, files)}")


def _bound(one: DeliveredFile, entries: Sequence[Entry], resubmissions: tuple[Resubmission, ...]) -> DeliveredFile:
    if not entries and not resubmissions:
        return one
    _refuse_named_pupils(one, resubmissions)
    edits, applied = match_corrections(one, entries) if entries else (Edits(), ())
    book = one.workbook
    # The rows of a workbook are in memory already, and others read them there: they are corrected in place.
    if book is not None:
        book = replace(book, rows=FileRows(edits.apply(book.rows)))
        edits = Edits()
    return replace(one, workbook=book, corrections=FileCorrections(edits, applied, resubmissions))


def _refuse_named_pupils(one: DeliveredFile, resubmissions: Sequence[Resubmission]) -> None:
    """Refuse a reason that names a pupil of the file, because reasons are kept."""
    if not resubmissions or PERSONAL.isdisjoint(one.kind.columns):
        return
    names = {
        (column, name) for block in one.original_blocks() for column in PERSONAL for name in block[column].unique()
    }
    for resubmission in resubmissions:
        for column, name in names:
            if mentions(name, resubmission.reason, resubmission.reported_by):
                raise Refused(f"{resubmission.source}: the reason holds a {column} of {one.name}; say it without")


def match_corrections(one: DeliveredFile, entries: Sequence[Entry]) -> tuple[Edits, tuple[Corrected, ...]]:
    """Find the row of each correction of a file.

    Raises:
        Refused: a column or row is missing, several rows match, or the row does not hold the expected value.
    """
    for entry in entries:
        _refuse_unfit(entry, one)
    values: dict[str, dict[int, str]] = defaultdict(dict)
    dropped: list[int] = []
    applied: list[Corrected] = []
    for entry, rows in zip(entries, _matching_rows(one, entries), strict=True):
        row = _the_row(entry, rows, one.name)
        _refuse_unexpected(entry, row, one)
        _refuse_twice(entry, row["line"], values, dropped)
        if entry.correction.value is None:
            dropped.append(row["line"])
        else:
            values[entry.column][row["line"]] = entry.correction.value
        applied.append(_applied(entry, row, one.kind))
    return Edits(values, tuple(dropped)), tuple(applied)


def _refuse_unfit(entry: Entry, one: DeliveredFile) -> None:
    """Refuse an entry that the header alone shows to be wrong, or that would name a pupil of a register."""
    if entry.column in PERSONAL:
        raise entry.refused("column", f"{entry.column} is never written down; have the source mended")
    if entry.correction.where and _is_personal(one.kind):
        raise entry.refused("where", "would tell of a pupil; in a pupil register say the row by its `line`")
    named = [("column", entry.column), *(("where", normal_name(name)) for name in entry.correction.where or ())]
    for key, name in named:
        if name not in one.columns:
            shown = harmless_name(name)
            near = suggest(shown, map(harmless_name, one.columns))
            raise entry.refused(key, f"{one.name} has no column {shown}; {near}")


def _matching_rows(one: DeliveredFile, entries: Sequence[Entry]) -> list[list[_Row]]:
    """Return the rows that match each entry, two at the most."""
    matching: list[list[_Row]] = [[] for _ in entries]
    lines = [entry.correction.line for entry in entries]
    # By line alone a register is read no further than the last of them.
    last = max(line for line in lines if line) if all(lines) else None
    for block in one.original_blocks():
        for entry, rows in zip(entries, matching, strict=True):
            if len(rows) < 2:
                rows += block.filter(_matches(entry.correction)).head(2).to_dicts()
        if last is not None and block.height and block["line"][-1] >= last:
            break
    return matching


def _matches(correction: Correction) -> pl.Expr:
    if not correction.where:
        return pl.col("line") == correction.line
    return pl.all_horizontal(pl.col(normal_name(name)) == pl.lit(v) for name, v in correction.where.items())


def _the_row(entry: Entry, rows: Sequence[_Row], name: str) -> _Row:
    if not rows:
        key, words = "line", f"{name} has no row on line {entry.correction.line}"
        if entry.correction.where:
            key, words = "where", f"no row of {name} meets this"
        raise entry.refused(key, f"{words}; mend it, or take the entry out")
    if len(rows) > 1:
        shown = " and ".join(str(row["line"]) for row in rows)
        raise entry.refused("where", f"meets more than one row of {name} (lines {shown}); say more, or its `line`")
    return rows[0]


def _refuse_unexpected(entry: Entry, row: _Row, one: DeliveredFile) -> None:
    found, correction = row[entry.column], entry.correction
    if found != correction.expect:
        is_it = "is not what `expect` says"
        if not _is_personal(one.kind):
            is_it = f"is {quoted(found)}, and `expect` says {quoted(correction.expect)}"
        where = f"{harmless_name(entry.column)} on line {row['line']} of {one.name}"
        raise entry.refused("expect", f"{where} {is_it}: the source was mended or is another; take the entry out")
    for name in PERSONAL & row.keys():
        if mentions(row[name], correction.reason, correction.reported_by):
            raise entry.refused("reason", f"holds the {name} of this row; say it without")


def mentions(personal: str, *texts: str) -> bool:
    """Return whether a text contains a personal value as a word."""
    return personal != "" and any(re.search(rf"(?<!\w){re.escape(personal)}(?!\w)", text) for text in texts)


def _refuse_twice(
    entry: Entry, line: int, values: Mapping[str, Mapping[int, str]], dropped: Sequence[int]
) -> None:
    changed = line in values.get(entry.column, ()) or (
        entry.correction.value is None and any(line in lines for lines in values.values())
    )
    if changed or line in dropped:
        raise entry.refused(
            "action", f"line {line} of {entry.correction.file} is corrected twice; keep one of the two"
        )


def _applied(entry: Entry, row: _Row, kind: FileKind) -> Corrected:
    correction, personal = entry.correction, _is_personal(kind)
    now = {**row, entry.column: correction.value} if correction.value is not None else row
    places = sorted({code for one in (row, now) for code in _vestiging(kind, one)})
    return Corrected(
        line=row["line"],
        # The school a pupil went to or came from is personal too.
        vestigingen=() if personal and entry.column in _PLACE else tuple(places),
        column_name=entry.column,
        action=correction.action,
        expected=None if personal else correction.expect,
        value=None if personal else correction.value,
        reason=correction.reason,
        reported_by=correction.reported_by,
        reported_on=correction.reported_on,
        expires=correction.expires,
        source=entry.declared_in.source(*entry.place),
    )


def _vestiging(kind: FileKind, row: _Row) -> Iterator[str]:
    """Return the vestiging of a row, where it has one."""
    named = next((row[name] for name in (models.SCHOOL, "VESTIGING") if name in kind.columns), "")
    if set(_PLACE) <= set(kind.columns):
        brin, number = (row[name] for name in _PLACE)
        named = number if len(number) == 6 else f"{brin}{number}"
    if re.search(VESTIGING, named):
        yield named


def _is_personal(kind: FileKind) -> bool:
    return not PERSONAL.isdisjoint(kind.columns)
