"""A block of a register, folded: what its lines say beside the pupil stands there once, and is read once.

Of 350,000 lines some 10,000 differ in the place and some 10,000 in what follows it. Reading those takes half the
time of reading every field of every line. Only plain blocks are folded, whose lines begin with a pseudonym and a
place of the same width; any other block is read field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import polars as pl

from npo_pipeline.delivery.csv_reader import blocks_of_lines, frame_by_polars, frame_of, is_square
from npo_pipeline.delivery.sniff import Header, TextEncoding
from npo_pipeline.delivery.source_files import SourceFile

PUPIL = "PSEUDONIEM"
PLACE = ("BRIN_NUMMER", "VESTIGINGSNUMMER")

_UNIT = "\x1f"
_NOT_PLAIN = (b'"', b" ", b"\t", b"\r", _UNIT.encode())
_REPEATS = 8
"""Times that a value must stand in a block, on average, for folding to be worth it."""


@dataclass(frozen=True)
class EncodedBlock:
    """A block of rows.

    `lines`: line, PSEUDONIEM, place and stay, which are numbers of rows, from 0, of the other two. `places`:
    BRIN_NUMMER, VESTIGINGSNUMMER. `stays`: all other columns. `unfold` reads the block field by field.
    """

    lines: pl.DataFrame
    places: pl.DataFrame
    stays: pl.DataFrame
    unfold: Callable[[], pl.DataFrame]


Part: TypeAlias = EncodedBlock | pl.DataFrame


def is_encodable(header: Header) -> bool:
    """Whether a file begins with the pupil and the place, as registers do."""
    return header.columns[:3] == (PUPIL, *PLACE) and len(header.columns) > 3


def folded_blocks(file: SourceFile, facts: TextEncoding, header: Header) -> Iterator[Part]:
    """Read the rows below the header, as `text_blocks` does, with the blocks folded that can be.

    Raises:
        Refused: as `text_blocks`.
    """
    line = 2
    with file.open() as stream:
        for block in blocks_of_lines(stream, facts, header):
            lines = block.count(b"\n")
            folded = dictionary_encode(block, header, line, lines)
            unfold = partial(_field_by_field, file.name, block, facts, header, line)
            yield EncodedBlock(*folded, unfold) if folded else unfold()
            line += lines


def _field_by_field(name: str, block: bytes, facts: TextEncoding, header: Header, line: int) -> pl.DataFrame:
    return frame_of(name, block, facts, header, line)[0]


def dictionary_encode(
    block: bytes, header: Header, line: int, lines: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame] | None:
    """Fold a block: the frames of `Folded`, or nothing where it must be read field by field."""
    separator = header.separator
    if not block.isascii() or any(sign in block for sign in _NOT_PLAIN):
        return None
    first = block[: block.find(b"\n")].decode().split(separator)
    whole = frame_by_polars(block, Header(("text",), _UNIT, 0), line)
    right = block.count(separator.encode()) == lines * (len(header.columns) - 1)
    if whole is None or whole.height != lines or len(first) < 3 or not right:
        return None
    # The place is cut out with the separators around it; that they are there is seen in the few different ones.
    pupil, wide = len(first[0]), len(first[1]) + len(first[2]) + 3
    text = pl.col("text")
    cut = whole.select(
        "line",
        text.str.head(pupil).alias(PUPIL),
        place=text.str.slice(pupil, wide),
        stay=text.str.slice(pupil + wide),
    )
    places, stays = _numbered(cut["place"]), _numbered(cut["stay"])
    if places is None or stays is None:
        return None
    around = rf"^{separator}[^{separator}]*{separator}[^{separator}]*{separator}$"
    if not places[0].str.contains(around).all():
        return None
    of_places = _read(places[0].str.head(wide - 1).str.slice(1), Header(PLACE, separator, 0))
    of_stays = _read(stays[0], Header(header.columns[3:], separator, 0))
    if of_places is None or of_stays is None:
        return None
    return cut.select("line", PUPIL, place=places[1], stay=stays[1]), of_places, of_stays


def _numbered(texts: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """The different texts, and for each text its number among them; nothing where they hardly repeat."""
    different = texts.unique()
    if different.len() * _REPEATS > texts.len():
        return None
    return different, texts.cast(pl.Enum(different)).to_physical()


def _read(texts: pl.Series, header: Header) -> pl.DataFrame | None:
    """The fields of texts, or nothing where one has a field too many or too few."""
    block = "".join(f"{text}\n" for text in texts).encode()
    frame = frame_by_polars(block, header, 0)
    if frame is None or not is_square(frame, block, header, texts.len()):
        return None
    return frame.drop("line")
