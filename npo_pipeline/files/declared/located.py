"""The rows that corrections are about: each must be there once, and hold what the correction expects."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.errors import Refused
from npo_pipeline.files.declared.applied import Corrected, Edits
from npo_pipeline.files.declared.model import Correction
from npo_pipeline.files.declared.read import Declaring
from npo_pipeline.files.delivery import Arrived
from npo_pipeline.files.harmless import harmless_name
from npo_pipeline.files.header import normal_name
from npo_pipeline.files.kinds import FileKind
from npo_pipeline.files.refusals import PERSONAL
from npo_pipeline.regulations.document import Place
from npo_pipeline.regulations.faults import near
from npo_pipeline.regulations.values import quoted
from schemas import files as models
from schemas.rules import VESTIGING

_PLACE = ("BRIN_NUMMER", "VESTIGINGSNUMMER")

_Row = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """An entry of a file of corrections, and where it stands."""

    correction: Correction
    place: Place
    declaring: Declaring

    @property
    def column(self) -> str:
        """The column it is about, under the name that it has here."""
        return normal_name(self.correction.column)

    def refused(self, key: str, words: str) -> Refused:
        """A refusal that names the line of one of its keys."""
        return self.declaring.refused((*self.place, key), words)


def corrected(one: Arrived, entries: Sequence[Entry]) -> tuple[Edits, tuple[Corrected, ...]]:
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


def _refuse_unfit(entry: Entry, one: Arrived) -> None:
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
            raise entry.refused(key, f"{one.name} has no column {shown}; {near(shown, map(harmless_name, held))}")


def _rows_met(one: Arrived, entries: Sequence[Entry]) -> list[list[_Row]]:
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


def _refuse_unexpected(entry: Entry, row: _Row, one: Arrived) -> None:
    found, correction = row[entry.column], entry.correction
    if found != correction.expect:
        is_it = "is not what `expect` says"
        if not _is_personal(one.kind):
            is_it = f"is {quoted(found)}, and `expect` says {quoted(correction.expect)}"
        where = f"{harmless_name(entry.column)} on line {row['line']} of {one.name}"
        raise entry.refused("expect", f"{where} {is_it}: the source was mended or is another; take the entry out")
    for name in PERSONAL & row.keys():
        if re.search(rf"(?<!\w){re.escape(row[name])}(?!\w)", f"{correction.reason} {correction.reported_by}"):
            raise entry.refused("reason", f"holds the {name} of this row; say it without")


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
