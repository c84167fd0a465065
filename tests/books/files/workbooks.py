"""Workbooks for tests, made cell by cell: .xlsx, .ods, and .xls as Excel wrote it before 2007."""

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

Cell = str | int | float | date | None
Rows = Sequence[Sequence[Cell]]


def xlsx(sheets: Mapping[str, Rows]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd-mm-yyyy"})
        for name, rows in sheets.items():
            page = book.add_worksheet(name)
            for at, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(at, column, datetime(cell.year, cell.month, cell.day), day)
                    elif isinstance(cell, str):
                        page.write_string(at, column, cell)
                    elif cell is not None:
                        page.write_number(at, column, cell)
    return data.getvalue()


def ods(sheets: Mapping[str, Rows]) -> bytes:
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>{''.join(map(_ods_row, rows))}</table:table>"
        for name, rows in sheets.items()
    )
    names = {"office": "office", "table": "table", "text": "text"}
    spaces = " ".join(f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in names)
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        archive.writestr("META-INF/manifest.xml", f'<manifest:manifest xmlns:manifest="{manifest}"/>')
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {spaces}>{body}</office:document-content>',
        )
    return whole.getvalue()


def _ods_row(row: Sequence[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if cell is None:
        return "<table:table-cell/>"
    if isinstance(cell, date):
        value = f'office:value-type="date" office:date-value="{cell}"'
    elif isinstance(cell, str):
        value = 'office:value-type="string"'
    else:
        value = f'office:value-type="float" office:value="{cell}"'
    return f"<table:table-cell {value}><text:p>{escape(str(cell))}</text:p></table:table-cell>"


def xls(sheets: Mapping[str, Rows]) -> bytes:
    """A workbook of Excel 97 (BIFF8): a stream of records, in a compound file with nothing else in it."""
    globals_ = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)), *_formats()]
    tail = _record(0x000A, b"")
    bound = [8 + len(name) for name in sheets]
    at = sum(map(len, globals_)) + sum(4 + one for one in bound) + len(tail)
    bodies = [_xls_sheet(rows) for rows in sheets.values()]
    for name, body in zip(sheets, bodies, strict=True):
        head = struct.pack("<IBBBB", at, 0, 0, len(name), 0)
        globals_.append(_record(0x0085, head + name.encode("latin-1")))
        at += len(body)
    return _compound(b"".join([*globals_, tail, *bodies]))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _formats() -> list[bytes]:
    """Two formats of cells: 0 of a plain one, and 1 of a day."""
    return [_record(0x00E0, struct.pack("<HH", 0, number) + b"\0" * 16) for number in (0, 14)]


def _xls_sheet(rows: Rows) -> bytes:
    parts = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x10, 0, 0, 0, 0))]
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                days = float((cell - date(1899, 12, 30)).days)
                parts.append(_record(0x0203, struct.pack("<HHHd", at, column, 1, days)))
            elif isinstance(cell, str):
                text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
                parts.append(_record(0x0204, struct.pack("<HHH", at, column, 0) + text))
            elif cell is not None:
                parts.append(_record(0x0203, struct.pack("<HHHd", at, column, 0, float(cell))))
    return b"".join([*parts, _record(0x000A, b"")])


_SECTOR, _END, _FREE = 512, 0xFFFFFFFE, 0xFFFFFFFF


def _compound(stream: bytes) -> bytes:
    """Put one stream named `Workbook` into a compound file: header, stream, directory, table of sectors."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % _SECTOR)
    used = len(stream) // _SECTOR
    tables = 1
    while tables * _SECTOR // 4 < used + 1 + tables:
        tables += 1
    chain = [*range(1, used), _END, _END, *[0xFFFFFFFD] * tables]
    chain += [_FREE] * (tables * _SECTOR // 4 - len(chain))
    directory = _entry("Root Entry", 5, child=1, start=_END, size=0) + _entry(
        "Workbook", 2, child=_FREE, start=0, size=len(stream)
    )
    places = [used + 1 + number for number in range(tables)] + [_FREE] * (109 - tables)
    head = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        *(bytes.fromhex("D0CF11E0A1B11AE1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b""),
        *(0, tables, used, 0, 4096, _END, 0, _END, 0),
    )
    header = head + struct.pack("<109I", *places)
    return header + stream + directory.ljust(_SECTOR, b"\0") + struct.pack(f"<{len(chain)}I", *chain)


def _entry(name: str, kind: int, *, child: int, start: int, size: int) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    tree = struct.pack("<HBBIII", len(written), kind, 1, _FREE, _FREE, child)
    return written.ljust(64, b"\0") + tree + b"\0" * 36 + struct.pack("<IQ", start, size)


MAKERS = {"xlsx": xlsx, "xls": xls, "ods": ods}
