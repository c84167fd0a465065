"""Recognition of a delivery: every file with its kind, its hash and its reference date."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pandera.polars as pa
import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.board_workbook import read_forms
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.file_corrections import split_correction_files
from npo_pipeline.delivery.kinds import FAULT_LIST_HEADER, FileKind
from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.delivery.sniff import Header, ScannedFile, read_header, scan
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.table_file import Table, read_table, sheet_table
from npo_pipeline.delivery.validate import SHOWN, validate_rows
from npo_pipeline.delivery.workbook import (
    OpenWorkbook,
    Workbook,
    header_above,
    is_of_cbs,
    open_workbook,
    read_workbook,
)
from npo_pipeline.errors import Attempt, Refused, at_once
from schemas.rules import MASKED


def recognise_delivery(
    paths: Sequence[Path],
    reference_date: date | None,
    *,
    today: date = date.max,
    only: Sequence[FileKind] = kinds.KINDS,
) -> list[DeliveredFile]:
    """Recognise every file of a delivery and determine its reference date.

    A file that states its date keeps it; `reference_date`, or else the one date the others state, is for those
    that do not.

    Args:
        paths: folders, files or zips.
        reference_date: for the files that state none.
        today: the day of ingest; without it every declared correction has expired.
        only: the kinds that are wanted.

    Raises:
        Refused: a file is unknown, not wanted, damaged, states another date, or no date is known for it; or a
            declared correction does not fit it.
    """
    return recognise_scanned(scan(paths), reference_date, today=today, only=only)


def recognise_scanned(
    scanned: Sequence[ScannedFile],
    reference_date: date | None,
    *,
    today: date,
    only: Sequence[FileKind] = kinds.KINDS,
    attempt: Attempt = at_once,
) -> list[DeliveredFile]:
    """Recognise files that were sniffed, as `recognise_delivery` does.

    `attempt`: how each is tried. One whose date is refused, where that is kept, has the date that it states.
    """
    correction_files, others = split_correction_files(scanned)
    files, known = list[DeliveredFile](), list[ScannedFile]()
    for one in others:
        with attempt(one.file.name):
            files += _recognised(one)
            known.append(one)
    with attempt(""):
        if scanned and not files and len(known) == len(others):
            raise Refused("the delivery holds no file of a known kind")
        _refuse_unwanted(files, only)
        if correction_files:
            # Reading declared corrections takes libraries that no other delivery needs.
            from npo_pipeline.delivery.corrections import bind

            files = bind(correction_files, files, today)
    for number, file in enumerate(files):
        with attempt(file.name):
            files[number] = _as_masked(_of_year(file, reference_date))
    stated: dict[str, date | None] = {}
    for file in files:
        with attempt(file.name):
            stated[file.name] = _stated_date(file)
    for name, day in stated.items():
        with attempt(name):
            if day and reference_date and day != reference_date:
                raise Refused(f"{name}: is of {day}, not of {reference_date}; take it out, or give its own date")
    days = set(stated.values()) - {None}
    fallback = reference_date or (next(iter(days)) if len(days) == 1 else None)
    return [_dated(one, stated.get(one.name) or fallback, attempt) for one in files]


def _refuse_unwanted(files: Sequence[DeliveredFile], only: Sequence[FileKind]) -> None:
    for one in files:
        if one.kind not in only:
            known, wanted = f"{one.kind.name} ({one.kind.label})", " or ".join(kind.name for kind in only)
            raise Refused(f"{one.name}: is of kind {known}, not {wanted}; take it in with `npo ingest`")


def _recognised(scanned: ScannedFile) -> list[DeliveredFile]:
    """Return the files in a file: each sheet of a workbook may be one, a list of planted faults is none."""
    source, encoding = scanned.file, scanned.encoding
    if encoding is None:
        book = open_workbook(source)
        return read_forms(source, book) or _of_workbook(source, book)
    header = read_header(source, encoding)
    if header.columns == FAULT_LIST_HEADER:
        return []
    kind, sha256, codec = kind_of_header(source.name, header), encoding.sha256, encoding.codec
    return [DeliveredFile(source=source, kind=kind, sha256=sha256, encoding=codec, text=(encoding, header))]


def _of_workbook(source: SourceFile, book: OpenWorkbook) -> list[DeliveredFile]:
    """Return the sheets of a workbook that are of a known kind, each as a file.

    Raises:
        Refused: no sheet is of a known kind; names what it looks like.
    """
    if is_of_cbs(book):
        return [DeliveredFile.of_workbook(source, kinds.SCORES, read_workbook(book), book.form)]
    sheets = [(name, book.cells(name)) for name in book.sheets]
    tables = [
        sheet_table(book, name, cells, above)
        for name, cells in sheets
        if (above := header_above(cells, _is_signature)) is not None
    ]
    if not tables:
        # Without a sheet it says that there is nothing, and with one what it looks like.
        table = read_table(source)
        kind_of_header(table.shown, _header_of(table))
        raise Refused(_unknown(table.shown, _header_of(table)))
    unread = [name for name, cells in sheets if cells.height and name not in {one.sheet for one in tables}]
    remarks = tuple(_unread_remarks(source.name, unread))
    files = [_of_sheet(source, one, is_alone=len(tables) == 1) for one in tables]
    return [replace(files[0], remarks=remarks), *files[1:]]


def _is_signature(columns: Set[str]) -> bool:
    return any(one.signature_columns <= columns and not one.excluded_columns & columns for one in kinds.KINDS)


def _unread_remarks(name: str, sheets: Sequence[str]) -> Iterator[str]:
    if sheets:
        shown = ", ".join(harmless_name(one) for one in sheets)
        yield f"{name}: of its sheets these are of no known kind and are not read: {shown}"


def _header_of(table: Table) -> Header:
    return Header(table.columns, "", 0, lines=table.header_row)


def _of_sheet(source: SourceFile, table: Table, *, is_alone: bool) -> DeliveredFile:
    """Return a sheet as a file; its name has the sheet where others of the workbook are files too."""
    kind = kind_of_header(table.shown, _header_of(table))
    if kind in kinds.READ_AS_TEXT:
        of_kind = f"{table.shown}: is of kind {kind.name} ({kind.label})"
        raise Refused(f"{of_kind}, which is not read from a workbook; save the sheet as CSV (UTF-8)")
    shown = source.name if is_alone else f"{source.name}, {harmless_name(table.sheet or '')}"
    book = Workbook(sha256=table.sha256, rows=table.rows, sheet=table.sheet)
    return DeliveredFile.of_workbook(replace(source, name=shown), kind, book, table.form)


def kind_of_header(name: str, header: Header) -> FileKind:
    """Return the kind of a file, by its header alone.

    Raises:
        Refused: no layout has this header; where one comes near, names the columns it lacks.
    """
    found = frozenset(header.columns)
    for kind in kinds.KINDS:
        if not kind.signature_columns <= found or kind.excluded_columns & found:
            continue
        if _missing(kind, found):
            _refuse_other_kind(name, header)
            meant = min((kind, *kinds.KINDS), key=lambda one: (len(_missing(one, found)), -len(one.columns)))
            raise Refused(_lacking(name, meant, _missing(meant, found), header))
        return kind
    _refuse_other_kind(name, header)
    raise Refused(_unknown(name, header))


def _missing(kind: FileKind, found: Set[str]) -> list[str]:
    return [column for column in kind.required_columns if column not in found]


class OtherFile(Refused):
    """Report a file that is no part of a delivery; `label`: what it looks like."""

    label: str | None = None


def _refuse_other_kind(name: str, header: Header) -> None:
    """Refuse a file that is no part of a delivery, and say where it belongs; pass one that is not known."""
    found = frozenset(header.columns)
    if (other := next((one for one in kinds.OTHER_KINDS if one.has(found)), None)) is not None:
        line = f"{name}, line {header.lines}: looks like {other.label}"
        refusal = OtherFile(f"{line} and is no file of a delivery; take it out: it {other.belongs}")
        refusal.label = other.label
        raise refusal


def _lacking(name: str, kind: FileKind, missing: list[str], header: Header) -> str:
    of_kind = f"of kind {kind.name} ({kind.label}) but lacks {', '.join(missing)}"
    line = f"{name}, line {header.lines}: looks like a file {of_kind}"
    near = difflib.get_close_matches(missing[0], header.columns, 1)
    if near:
        return f"{line}; its column {harmless_name(near[0])} comes near: mend the header"
    return f"{line}; have it sent whole"


def _unknown(name: str, header: Header) -> str:
    found = set(header.columns)
    possible = [kind for kind in kinds.KINDS if not kind.excluded_columns & found]
    nearest = max(possible, key=lambda kind: len(found.intersection(kind.columns)) / len(kind.required_columns))
    shared = found.intersection(nearest.columns)
    if len(shared) >= max(2, len(nearest.required_columns) // 2):
        return _lacking(name, nearest, [c for c in nearest.required_columns if c not in shared], header)
    # The line itself is not shown: of a register without a header it is a pupil.
    known = f"of its {len(header.columns)} columns only {', '.join(sorted(shared))} is known" if shared else ""
    known = known or f"none of its {len(header.columns)} columns is known"
    if len(header.columns) == 1 and not shared:
        known = "its first line holds no separator, so it is no table"
    line = header.lines
    return f"{name}, line {line}: is of no known kind ({known}); take it out of the delivery, or mend its header"


_YEAR = "PEILJAAR"
"""The column with a year of the files that may have several: DUO adds each new one below the others."""


def _of_year(file: DeliveredFile, reference_date: date | None) -> DeliveredFile:
    """Return a file of several years as that of the year of the reference date."""
    if file.kind.date_column != _YEAR or reference_date is None:
        return file
    wanted, years = str(reference_date.year), Counter[str]()
    for block in file.blocks():
        years.update(dict(block[_YEAR].value_counts().iter_rows()))
    others = years.total() - years[wanted]
    if not years[wanted] or not others:
        return file
    rows, left = dutch.number(years[wanted]), dutch.number(others)
    remark = f"{file.name}: {rows} rows of {wanted} are read, and {left} rows of other years are left out"
    return replace(file, year=wanted, remarks=(*file.remarks, remark))


def _as_masked(file: DeliveredFile) -> DeliveredFile:
    """Return a file in which a count is masked as one of the masked kind."""
    if (masked := kinds.MASKED.get(file.kind.name)) is None:
        return file
    is_masked = pl.any_horizontal(pl.col(*masked.counted).str.contains(MASKED).any())
    return replace(file, kind=masked) if any(block.select(is_masked).item() for block in file.blocks()) else file


def _stated_date(file: DeliveredFile) -> date | None:
    """Return the reference date that a file states; all its rows must state the same."""
    if (column := file.kind.date_column) is None:
        return file.workbook.reference_date if file.workbook else None
    # Of the date alone: a fault in another column is the row's, and does not take its date away.
    checked = {name: file.kind.model.columns[name] for name in ("line", column)}
    model = pa.DataFrameSchema(checked, strict=True, name=file.kind.model.name)
    found: dict[str, int] = {}
    wrong: tuple[int, str] | None = None
    for block in file.blocks():
        dated = block.select("line", column)
        valid = validate_rows(dated, model).valid
        days = valid.group_by(column).agg(pl.col("line").first())
        found = {**dict(days.select(column, "line").iter_rows()), **found}
        if wrong is None and valid.height < dated.height:
            wrong = dated.join(valid, on="line", how="anti", maintain_order="left").row(0)
    if wrong and not found:
        line, text = wrong
        written = "as 2020" if column == _YEAR else "as 20201001"
        raise Refused(
            f"{file.name}, line {line}: {column} '{harmless_name(text[:SHOWN])}' is no date, so nothing says "
            f"of which day the file is; write it {written}"
        )
    if len(found) > 1:
        (first, _), (other, line) = sorted(found.items(), key=lambda item: item[1])[:2]
        is_other = f"{file.name}, line {line}: {column} is {other}, but {first} above"
        if column == _YEAR:
            raise Refused(f"{is_other}; name the one that is meant, as --reference-date {other}-10-01")
        raise Refused(f"{is_other}; split the file by date")
    # PEILJAAR is a year alone.
    return next((datetime.strptime(f"{text}1001"[:8], "%Y%m%d").date() for text in found), None)


def _dated(file: DeliveredFile, day: date | None, attempt: Attempt) -> DeliveredFile:
    if not file.kind.is_dated:
        return file
    with attempt(file.name):
        if day is None:
            raise Refused(f"{file.name}: does not say its date; add --reference-date, for example 2020-10-01")
    return replace(file, reference_date=day)
