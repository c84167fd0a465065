"""Dictionary encoding of register blocks: the text beside the pupil is parsed once per distinct value.

Of 350,000 lines some 10,000 differ in the site and some 10,000 in the enrolment. Parsing those takes half the time
of parsing every field of every line. Only plain blocks are encoded, with lines that begin with a pseudonym and a
site of the same width; any other block is parsed field by field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import polars as pl

from npo_pipeline.delivery.csv_reader import blocks_of_lines, frame_by_polars, frame_of, is_square
from npo_pipeline.delivery.sanitize import has_unseen
from npo_pipeline.delivery.sniff import Header, TextEncoding
from npo_pipeline.delivery.source_files import SourceFile
from schemas.frames.intake import BlockEnrolments, BlockLines, BlockSites, FileRows

PUPIL = "PSEUDONIEM"
SITE = ("BRIN_NUMMER", "VESTIGINGSNUMMER")

_UNIT = "\x1f"
_NOT_PLAIN = (b'"', b" ", b"\t", b"\r", _UNIT.encode())
_REPEATS = 8
"""Times that a value must occur in a block, on average, for encoding to be worth it."""


@dataclass(frozen=True)
class EncodedBlock:
    """Hold an encoded block of rows; `decode` parses it field by field."""

    lines: BlockLines
    sites: BlockSites
    enrolments: BlockEnrolments
    decode: Callable[[], FileRows]


Part: TypeAlias = EncodedBlock | FileRows


def is_encodable(header: Header) -> bool:
    """Return whether a file begins with the pupil and the site, as registers do."""
    return header.columns[:3] == (PUPIL, *SITE) and len(header.columns) > 3


def encode_blocks(file: SourceFile, encoding: TextEncoding, header: Header) -> Iterator[Part]:
    """Read the rows below the header, as `text_blocks` does, and encode the blocks that can be.

    Raises:
        Refused: as `text_blocks`.
    """
    line = header.lines + 1
    with file.open() as stream:
        for block in blocks_of_lines(stream, encoding, header):
            lines = block.count(b"\n")
            encoded = dictionary_encode(block, header, line, lines)
            decode = partial(frame_of, block, encoding, header, name=file.name, line=line)
            yield EncodedBlock(*encoded, decode) if encoded else decode()
            line += lines


def dictionary_encode(
    block: bytes, header: Header, line: int, lines: int
) -> tuple[BlockLines, BlockSites, BlockEnrolments] | None:
    """Return the frames of an `EncodedBlock`, or null where the block must be parsed field by field."""
    separator = header.separator
    if has_unseen(block) or any(sign in block for sign in _NOT_PLAIN):
        return None
    first = block[: block.find(b"\n")].decode().split(separator)
    whole = frame_by_polars(block, Header(("text",), _UNIT, 0), line)
    right = block.count(separator.encode()) == lines * (len(header.columns) - 1)
    if whole is None or whole.height != lines or len(first) < 3 or not right:
        return None
    # The site is cut out with the separators around it; that they are there is checked in the few distinct ones.
    pupil, wide = len(first[0]), len(first[1]) + len(first[2]) + 3
    text = pl.col("text")
    cut = whole.select(
        "line",
        text.str.head(pupil).alias(PUPIL),
        site=text.str.slice(pupil, wide),
        enrolment=text.str.slice(pupil + wide),
    )
    sites, enrolments = _numbered(cut["site"]), _numbered(cut["enrolment"])
    if sites is None or enrolments is None:
        return None
    around = rf"^{separator}[^{separator}]*{separator}[^{separator}]*{separator}$"
    if not sites[0].str.contains(around).all():
        return None
    site_fields = _read(sites[0].str.head(wide - 1).str.slice(1), Header(SITE, separator, 0))
    enrolment_fields = _read(enrolments[0], Header(header.columns[3:], separator, 0))
    if site_fields is None or enrolment_fields is None:
        return None
    numbered = cut.select("line", PUPIL, site=sites[1], enrolment=enrolments[1])
    return BlockLines(numbered), BlockSites(site_fields), BlockEnrolments(enrolment_fields)


def _numbered(texts: pl.Series) -> tuple[pl.Series, pl.Series] | None:
    """Return the distinct texts, and for each text its number among them; null where they hardly repeat."""
    distinct = texts.unique()
    if distinct.len() * _REPEATS > texts.len():
        return None
    return distinct, texts.cast(pl.Enum(distinct)).to_physical()


def _read(texts: pl.Series, header: Header) -> pl.DataFrame | None:
    """Parse the fields of texts; null where one has a field too many or too few."""
    block = "".join(f"{text}\n" for text in texts).encode()
    frame = frame_by_polars(block, header, 0)
    if frame is None or not is_square(frame, block, header, texts.len()):
        return None
    return frame.drop("line")
