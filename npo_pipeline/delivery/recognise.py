"""A delivery, recognised: every file with its kind, its hash and the reference date it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.board_workbook import read_forms
from npo_pipeline.delivery.corrections.detect import split_correction_files
from npo_pipeline.delivery.corrections.edits import NOTHING_DECLARED, FileCorrections
from npo_pipeline.delivery.csv_reader import text_blocks
from npo_pipeline.delivery.kinds import FAULT_LIST_HEADER, FileKind, recognise
from npo_pipeline.delivery.register_blocks import EncodedBlock, Part, folded_blocks, is_encodable
from npo_pipeline.delivery.scan import ScannedFile, scan
from npo_pipeline.delivery.sniff import Header, TextEncoding, read_header
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.validate import validate_rows
from npo_pipeline.delivery.xlsx_reader import Workbook, read_workbook
from npo_pipeline.errors import Refused
from schemas.rules import NOT_A_DATE

_DATE_COLUMN = {
    kinds.PUPILS_PO.name: "PEILDATUM",
    kinds.PUPILS_PO_CLUSTER.name: "PEILDATUM",
    kinds.CUMI.name: "PEILJAAR",
    kinds.NEWCOMERS_VO.name: "PEILDATUM",
}
"""The kinds that say their date, and the column they say it in."""


@dataclass(frozen=True)
class DeliveredFile:
    """A recognised file of a delivery. `reference_date` is null for kinds that belong to no date."""

    file: SourceFile
    kind: FileKind
    sha256: str
    encoding: str
    text: tuple[TextEncoding, Header] | None
    workbook: Workbook | None
    reference_date: date | None = None
    declared: FileCorrections = NOTHING_DECLARED
    begun: list[Iterator[Part]] = field(default_factory=list)
    """Its rows, where reading them has begun already; whoever asks first takes them."""

    @property
    def name(self) -> str:
        """The name of the file in its delivery."""
        return self.file.name

    @property
    def columns(self) -> list[str]:
        """The columns it has."""
        if self.workbook is not None:
            return self.workbook.rows.drop("line").columns
        return list(self.text[1].columns) if self.text else []

    def raw(self) -> Iterator[pl.DataFrame]:
        """Its rows as they were delivered, as frames of text: `line` and all columns of the file."""
        if self.workbook is not None:
            yield self.workbook.rows
        if self.text is not None:
            yield from text_blocks(self.file, *self.text)

    def blocks(self) -> Iterator[pl.DataFrame]:
        """Its rows with what was declared corrected, dates without dashes."""
        for part in self.parts():
            yield self.unfolded(part)

    def parts(self) -> Iterator[Part]:
        """The same rows, those of a register folded where nothing is corrected and no date has dashes."""
        dates, as_it_is = _dates(self.kind), self.declared.edits == NOTHING_DECLARED.edits
        for part in self.begun.pop() if self.begun else self._as_read():
            if not isinstance(part, EncodedBlock):
                yield _compact(self.declared.edits.of(part), dates)
            else:
                yield part if as_it_is and not _dashed(part.stays, dates) else self.unfolded(part)

    def unfolded(self, part: Part) -> pl.DataFrame:
        """A part as a frame of text."""
        if not isinstance(part, EncodedBlock):
            return part
        return _compact(self.declared.edits.of(part.unfold()), _dates(self.kind))

    def _as_read(self) -> Iterator[Part]:
        if self.text is not None and is_encodable(self.text[1]):
            return folded_blocks(self.file, *self.text)
        return self.raw()


def recognise_delivery(
    paths: Sequence[Path],
    reference_date: date | None,
    looked: Sequence[ScannedFile] | None = None,
    today: date = date.max,
    only: Sequence[FileKind] = kinds.KINDS,
) -> list[DeliveredFile]:
    """Recognise every file of a delivery and give it its reference date.

    A file that says its date keeps it; `reference_date`, or else the one date the others say, is for those
    that do not. `looked`: what a first look at them showed, where that was taken before. `today`: the day it is
    taken in; without it every declared correction has expired. `only`: the kinds that are wanted.

    Raises:
        Refused: a file is unknown, not wanted, damaged, says another date, or no date is known for it; or what was
            declared of it does not fit.
    """
    declaring, seen = split_correction_files(scan(paths) if looked is None else looked)
    arrived = [one for file in seen for one in _recognised(file)]
    if not arrived:
        raise Refused("the delivery holds no file of a known kind")
    other = next((one for one in arrived if one.kind not in only), None)
    if other is not None:
        wanted = " or ".join(one.name for one in only)
        raise Refused(
            f"{other.name}: is of kind {other.kind.name} ({other.kind.label}), not {wanted}; take it in with "
            "`npo ingest`"
        )
    if declaring:
        # Reading what is declared takes libraries that no other delivery needs.
        from npo_pipeline.delivery.corrections.bind import bind

        arrived = bind(declaring, arrived, today)
    said = {one.name: _stated_date(one) for one in arrived}
    for name, day in said.items():
        if day and reference_date and day != reference_date:
            raise Refused(f"{name}: is of {day}, not of {reference_date}; take it out, or give its own date")
    return [_dated(one, said[one.name], reference_date, set(said.values()) - {None}) for one in arrived]


def _recognised(seen: ScannedFile) -> list[DeliveredFile]:
    """The files in a file: of a workbook of a board each sheet is one, of the planted faults there is none."""
    file, facts = seen.file, seen.facts
    if facts is None:
        return _of_workbook(file)
    header = read_header(file, facts)
    if header.columns == FAULT_LIST_HEADER:
        return []
    kind = recognise(file.name, header)
    begun = [seen.begun] if seen.begun else []
    return [DeliveredFile(file, kind, facts.sha256, facts.encoding, (facts, header), None, begun=begun)]


def _of_workbook(file: SourceFile) -> list[DeliveredFile]:
    if (forms := read_forms(file)) is not None:
        return [
            DeliveredFile(one.file, one.kind, one.workbook.sha256, "xlsx", None, one.workbook) for one in forms
        ]
    book = read_workbook(file)
    return [DeliveredFile(file, kinds.SCORES, book.sha256, "xlsx", None, book)]


def _stated_date(one: DeliveredFile) -> date | None:
    """The reference date a file says; all its rows must say the same."""
    if one.workbook is not None:
        return one.workbook.reference_date
    if (column := _DATE_COLUMN.get(one.kind.name)) is None:
        return None
    found: dict[str, int] = {}
    for block in one.blocks():
        days = validate_rows(block, one.kind.model).good.group_by(column).agg(pl.col("line").first())
        found = {**dict(days.select(column, "line").iter_rows()), **found}
    if len(found) > 1:
        (first, _), (other, line) = sorted(found.items(), key=lambda item: item[1])[:2]
        raise Refused(f"{one.name}, line {line}: {column} is {other}, but {first} above; split the file by date")
    return next((_as_date(text) for text in found), None)


def _as_date(text: str) -> date:
    return date(int(text), 10, 1) if len(text) == 4 else date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def _dated(one: DeliveredFile, said: date | None, asked: date | None, others: set[date | None]) -> DeliveredFile:
    if one.kind in kinds.UNDATED:
        return one
    day = said or asked or (next(iter(others)) if len(others) == 1 else None)
    if day is None:
        raise Refused(f"{one.name}: does not say its date; add --reference-date, for example 2020-10-01")
    return replace(one, reference_date=day)


def _dates(kind: FileKind) -> list[str]:
    """The columns of a kind that hold a date, read off its model."""
    return [
        name
        for name, column in kind.model.columns.items()
        if any(check.name == NOT_A_DATE for check in column.checks)
    ]


def _dashed(rows: pl.DataFrame, dates: Sequence[str]) -> list[str]:
    """The date columns in which a day may be written with dashes."""
    return [column for column in dates if (rows[column].str.len_bytes() > 8).any()]


def _compact(block: pl.DataFrame, dates: Sequence[str]) -> pl.DataFrame:
    """Write 2020-10-01 as 20201001, so that dates compare as text."""
    return block.with_columns(
        pl.col(column).str.replace(r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$", "$1$2$3")
        for column in _dashed(block, dates)
    )
