"""What was declared, bound to the files it is about: every entry must fit before anything is read for good.

The rows that corrections are about: each must be there once, and hold what the correction expects.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.delivery.corrections.edits import Corrected, Edits, FileCorrections, Resubmission
from npo_pipeline.delivery.corrections.model import Correction, CorrectionFile, has_expired, read_declaration
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.recognise import DeliveredFile
from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.delivery.scan import ScannedFile
from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.delivery.validate import PERSONAL
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.error_messages import suggest
from npo_pipeline.rulebook.fields import quoted
from npo_pipeline.rulebook.yaml_document import Place
from schemas import files as models
from schemas.rules import VESTIGING

_PLACE = ("BRIN_NUMMER", "VESTIGINGSNUMMER")

_Row = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """An entry of a file of corrections, and where it stands."""

    correction: Correction
    place: Place
    declaring: CorrectionFile

    @property
    def column(self) -> str:
        """The column it is about, under the name that it has here."""
        return normal_name(self.correction.column)

    def refused(self, key: str, words: str) -> Refused:
        """A refusal that names the line of one of its keys."""
        return self.declaring.refused((*self.place, key), words)


def match_corrections(one: DeliveredFile, entries: Sequence[Entry]) -> tuple[Edits, tuple[Corrected, ...]]:
    """Find the row of each correction of a file.

    Raises:
        Refused: a column or row is not there, a row is met more than once, or it does not hold what is expected.
    """
    for entry in entries:
        _refuse_unfit(entry, one)
    values: dict[str, dict[int, str]] = defaultdict(dict)
    dropped: list[int] = []
    done: list[Corrected] = []
    for entry, rows in zip(entries, _rows_met(one, entries), strict=True):
        row = _the_row(entry, rows, one.name)
        _refuse_unexpected(entry, row, one)
        _refuse_twice(entry, row["line"], values, dropped)
        if entry.correction.value is None:
            dropped.append(row["line"])
        else:
            values[entry.column][row["line"]] = entry.correction.value
        done.append(_done(entry, row, one.kind))
    return Edits(values, tuple(dropped)), tuple(done)


def _refuse_unfit(entry: Entry, one: DeliveredFile) -> None:
    """Refuse what the header alone shows to be wrong; of a register, what would name a pupil."""
    if entry.column in PERSONAL:
        raise entry.refused("column", f"{entry.column} is never written down; have the source mended")
    if entry.correction.where and _is_personal(one.kind):
        raise entry.refused("where", "would tell of a pupil; in a pupil register say the row by its `line`")
    held = one.columns
    for key, name in [
        ("column", entry.column),
        *(("where", normal_name(n)) for n in entry.correction.where or ()),
    ]:
        if name not in held:
            shown = harmless_name(name)
            raise entry.refused(
                key, f"{one.name} has no column {shown}; {suggest(shown, map(harmless_name, held))}"
            )


def _rows_met(one: DeliveredFile, entries: Sequence[Entry]) -> list[list[_Row]]:
    """Of each entry the rows that it meets, two at the most."""
    met: list[list[_Row]] = [[] for _ in entries]
    lines = [entry.correction.line for entry in entries]
    # By line alone a register is read no further than the last of them.
    last = max(line for line in lines if line) if all(lines) else None
    for block in one.raw():
        for entry, rows in zip(entries, met, strict=True):
            if len(rows) < 2:
                rows += block.filter(_meets(entry.correction)).head(2).to_dicts()
        if last is not None and block.height and block["line"][-1] >= last:
            break
    return met


def _meets(correction: Correction) -> pl.Expr:
    if not correction.where:
        return pl.col("line") == correction.line
    return pl.all_horizontal(pl.col(normal_name(name)) == pl.lit(v) for name, v in correction.where.items())


def _the_row(entry: Entry, rows: Sequence[_Row], name: str) -> _Row:
    if not rows and entry.correction.where:
        raise entry.refused("where", f"no row of {name} meets this; mend it, or take the entry out")
    if not rows:
        words = f"{name} has no row on line {entry.correction.line}; mend it, or take the entry out"
        raise entry.refused("line", words)
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
    """Whether a value that must never be written down stands in a text as a word."""
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


def _done(entry: Entry, row: _Row, kind: FileKind) -> Corrected:
    correction, personal = entry.correction, _is_personal(kind)
    now = {**row, entry.column: correction.value} if correction.value is not None else row
    places = sorted({code for one in (row, now) for code in _vestiging(kind, one)})
    return Corrected(
        line=row["line"],
        # Where a pupil went to or came from is not told either.
        vestigingen=() if personal and entry.column in _PLACE else tuple(places),
        column=entry.column,
        action=correction.action,
        expected=None if personal else correction.expect,
        value=None if personal else correction.value,
        reason=correction.reason,
        reported_by=correction.reported_by,
        reported_on=correction.reported_on,
        expires=correction.expires,
        source=entry.declaring.source(*entry.place),
    )


def _vestiging(kind: FileKind, row: _Row) -> Iterator[str]:
    """The vestiging that a row tells of, where it tells of one."""
    named = next((row[name] for name in (models.SCHOOL, "VESTIGING") if name in kind.columns), "")
    if set(_PLACE) <= set(kind.columns):
        brin, number = (row[name] for name in _PLACE)
        named = number if len(number) == 6 else f"{brin}{number}"
    if re.search(VESTIGING, named):
        yield named


def _is_personal(kind: FileKind) -> bool:
    return not PERSONAL.isdisjoint(kind.columns)


def bind(declaring: Sequence[ScannedFile], arrived: Sequence[DeliveredFile], today: date) -> list[DeliveredFile]:
    """Give every file what was declared of it.

    Args:
        declaring: the files of corrections.
        arrived: the recognised files of the delivery.
        today: the day on which it is taken in.

    Raises:
        Refused: an entry is faulty, has expired, or does not fit its file; names file and line of the entry.
    """
    read = [read_declaration(one) for one in declaring]
    files = {one.name: one for one in arrived}
    corrections: dict[str, list[Entry]] = defaultdict(list)
    replaced: dict[str, list[Resubmission]] = defaultdict(list)
    for one in read:
        for entry in _entries(one, today):
            corrections[_file(entry.correction.file, one, entry.place, files)].append(entry)
        for number, found in enumerate(one.declaration.replaces):
            place = ("replaces", number)
            stands_in = Resubmission(
                found.delivery, found.lines, found.reason, found.reported_by, one.source(*place)
            )
            replaced[_file(found.file, one, place, files)].append(stands_in)
    return [_bound(one, corrections[one.name], tuple(replaced[one.name])) for one in arrived]


def _entries(one: CorrectionFile, today: date) -> Iterator[Entry]:
    for number, correction in enumerate(one.declaration.corrections):
        place = ("corrections", number)
        if has_expired(correction, today):
            raise one.refused(
                (*place, "expires"),
                f"this correction expired on {correction.expires}; take it out, or declare it anew when the "
                "source is still wrong",
            )
        yield Entry(correction, place, one)


def _file(name: str, one: CorrectionFile, place: Place, files: dict[str, DeliveredFile]) -> str:
    if (shown := harmless_name(name)) in files:
        return shown
    raise one.refused((*place, "file"), f"no {shown} is in this delivery; {suggest(shown, files)}")


def _bound(one: DeliveredFile, entries: Sequence[Entry], replaces: tuple[Resubmission, ...]) -> DeliveredFile:
    if not entries and not replaces:
        return one
    _refuse_named(one, replaces)
    edits, corrections = match_corrections(one, entries) if entries else (Edits(), ())
    book = one.workbook
    # A workbook is held whole, and looked at elsewhere too: its rows are corrected in place.
    if book is not None:
        book = replace(book, rows=edits.of(book.rows))
        edits = Edits()
    return replace(one, workbook=book, declared=FileCorrections(edits, corrections, replaces))


def _refuse_named(one: DeliveredFile, replaces: Sequence[Resubmission]) -> None:
    """Refuse a reason that names a pupil of the file: what is said of it is kept."""
    if not replaces or PERSONAL.isdisjoint(one.kind.columns):
        return
    names = {(column, name) for block in one.raw() for column in PERSONAL for name in block[column].unique()}
    for replaced in replaces:
        for column, name in names:
            if mentions(name, replaced.reason, replaced.reported_by):
                raise Refused(f"{replaced.source}: the reason holds a {column} of {one.name}; say it without")
