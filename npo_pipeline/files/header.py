"""The first line of a file: its separator and its columns, under one name for both header generations."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass

from npo_pipeline.errors import Refused
from npo_pipeline.files.harmless import harmless_name
from npo_pipeline.files.inspect import CHUNK, Bytes
from npo_pipeline.files.plain import SourceFile

SHOWN = 40
"""Characters of a column name that a message repeats."""

_NEWER = {"INSTELLINGSCODE": "BRIN_NUMMER", "VESTIGINGSCODE": "VESTIGINGSNUMMER"}
"""Newer headers of DUO, and the older names they stand for (contract, section 2)."""


@dataclass(frozen=True)
class Header:
    """A header line: normalised column names, `;` or `,`, and its length in bytes with BOM and line end."""

    columns: tuple[str, ...]
    separator: str
    bytes_long: int


def read_header(file: SourceFile, facts: Bytes) -> Header:
    """Read the header line of a text file.

    Raises:
        Refused: a column stands twice, or the line cannot be decoded or read.
    """
    with file.open() as stream:
        start = stream.read(CHUNK)
    end = start.find(facts.line_end)
    raw = start if end < 0 else start[: end + 1]
    try:
        line = raw.decode("utf-8-sig" if facts.encoding == "utf-8" else "cp1252").strip("\r\n")
    except UnicodeDecodeError as error:
        raise Refused(f"{file.name}, line 1: is neither UTF-8 nor windows-1252; save it in one of them") from error
    separator = ";" if line.count(";") >= line.count(",") else ","
    try:
        columns = tuple(normal_name(name) for name in next(csv.reader([line], delimiter=separator), []))
    except csv.Error as error:
        raise Refused(f"{file.name}, line 1: is no header ({error}); take the file out of the delivery") from error
    for column, times in Counter(columns).items():
        if column and times > 1:
            shown = harmless_name(column[:SHOWN])
            raise Refused(f"{file.name}, line 1: column {shown} stands twice; keep one of them")
    return Header(_distinct(columns), separator, len(raw))


def normal_name(name: str) -> str:
    """Give a column the one name it has here: capitals, underscores, the older word of DUO."""
    plain = "_".join(name.strip().upper().split())
    return _NEWER.get(plain, plain)


def _distinct(columns: tuple[str, ...]) -> tuple[str, ...]:
    # CBS leaves the heading of its last column empty; a frame wants a name for it.
    return tuple(column or f"(COLUMN_{number})" for number, column in enumerate(columns, 1))
