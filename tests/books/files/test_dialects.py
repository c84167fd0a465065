"""The same rows and the same line numbers, whatever the dialect a file is written in."""

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from npo_pipeline.delivery import csv_reader
from npo_pipeline.delivery.csv_reader import text_blocks
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.sniff import CHUNK, read_header, sniff
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.errors import Refused
from tests.books.files import layouts
from tests.books.files.layouts import write
from tests.effort import examples

CP1252 = bytes(set(range(0x20, 0x100)) - {0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252")


@dataclass(frozen=True)
class Dialect:
    encoding: str
    separator: str
    line_end: str
    spaces: str
    quoted: bool
    last_line_end: bool
    block: int


DIALECTS = st.builds(
    Dialect,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    separator=st.sampled_from(";,"),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    spaces=st.sampled_from(["", " ", "   ", "\t"]),
    quoted=st.booleans(),
    last_line_end=st.booleans(),
    block=st.sampled_from([1, 7, 64, 16 * 2**20]),
)
SOFT_HYPHEN = "\xad"  # it is not seen, and no part of a value
VALUES = st.text(CP1252, max_size=6).map(lambda value: value.replace(SOFT_HYPHEN, "").strip(" \t\u00a0"))
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6)
BLANKS = st.lists(st.integers(0, 2), min_size=6, max_size=6)


def field(value: str, dialect: Dialect) -> str:
    spaced = dialect.spaces + value + dialect.spaces
    must = any(char in value for char in f'"{dialect.separator}')
    return '"' + spaced.replace('"', '""') + '"' if must or dialect.quoted else spaced


def written(rows: list[tuple[str, ...]], blanks: list[int], dialect: Dialect) -> tuple[bytes, list[int]]:
    """A file in a dialect, with blank lines before its rows, and the line that each row stands on."""
    lines, places = [dialect.separator.join(field(name, dialect) for name in ("A", "B", "C"))], []
    for row, before in zip(rows, blanks, strict=False):
        lines += [""] * before
        lines.append(dialect.separator.join(field(value, dialect) for value in row))
        places.append(len(lines))
    whole = dialect.line_end.join(lines) + (dialect.line_end if dialect.last_line_end else "")
    return whole.encode(dialect.encoding), places


def in_memory(data: bytes) -> SourceFile:
    return SourceFile("x.csv", len(data), lambda: io.BytesIO(data))


def read(data: bytes) -> tuple[list[int], list[tuple[str, ...]]]:
    file = in_memory(data)
    facts = sniff(file)
    header = read_header(file, facts)
    assert header.columns == ("A", "B", "C")
    frame = pl.concat(text_blocks(file, facts, header))
    return frame["line"].to_list(), frame.drop("line").rows()


def is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@settings(max_examples=examples(150), deadline=None)
@given(rows=ROWS, blanks=BLANKS, dialect=DIALECTS)
def test_the_same_rows_and_lines_in_any_dialect(rows, blanks, dialect):
    data, places = written(rows, blanks, dialect)
    other = [line for line in data.split(dialect.line_end.encode()) if not line.isascii()]
    assume(dialect.encoding != "cp1252" or not any(map(is_utf8, other)))  # else it is UTF-8 to anyone
    with patch.object(csv_reader, "BLOCK", dialect.block):
        lines, found = read(data)
    # A row without any value is one that Excel leaves below a table.
    filled = [(place, row) for place, row in zip(places, rows, strict=True) if any(row)]
    assert list(zip(lines, found, strict=True)) == filled


def values(folder: Path, data: str | bytes, column: str) -> list[str]:
    arrived = recognise_delivery([write(folder, "x.csv", data)], date(2020, 10, 1))[0]
    return pl.concat(arrived.blocks())[column].to_list()


def address(name: str) -> str:
    return layouts.ADDRESSES_BO.lines({"VESTIGINGSNAAM": name})


def test_windows_1252_is_read_with_its_own_characters(tmp_path: Path):
    assert address("’t Eiland €").encode("cp1252").count(b"\x92") == 1
    assert values(tmp_path, address("’t Eiland €").encode("cp1252"), "VESTIGINGSNAAM") == ["’t Eiland €"]


def test_utf_8_is_read_with_and_without_a_byte_order_mark(tmp_path: Path):
    for encoding in ("utf-8", "utf-8-sig"):
        assert values(tmp_path, address("Café Ünïcode").encode(encoding), "VESTIGINGSNAAM") == ["Café Ünïcode"]


@pytest.mark.parametrize("before", [CHUNK - 1, CHUNK, CHUNK + 1])
def test_a_character_that_lies_over_the_end_of_a_chunk_is_still_utf_8(before: int):
    start = (b"x\n" * CHUNK)[:before]
    assert sniff(in_memory(start + "é\n".encode())).codec == "utf-8"
    assert sniff(in_memory(start + "é\n".encode("cp1252"))).codec == "cp1252"
    assert sniff(in_memory(start + "é".encode()[:1])).codec == "cp1252"


def test_spaces_around_values_go_and_those_within_stay(tmp_path: Path):
    row = {"CLUSTER": "  2", "GEMEENTENUMMER": " 637", "INSTELLINGSNAAM_VESTIGING": " De  Bron\t", "TOTAAL": "12 "}
    data = layouts.PUPILS_PO_CLUSTER.lines(row)
    assert values(tmp_path, data, "CLUSTER") == ["2"]
    assert values(tmp_path, data, "GEMEENTENUMMER") == ["637"]
    assert values(tmp_path, data, "TOTAAL") == ["12"]
    assert values(tmp_path, data, "INSTELLINGSNAAM_VESTIGING") == ["De  Bron"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("other", ["x", "x y"], ids=["no space elsewhere", "a space elsewhere"])
def test_a_hard_space_around_a_value_goes_whatever_stands_elsewhere(tmp_path: Path, encoding: str, other: str):
    text = layouts.CHANGES.lines({"VESTIGING": "01AA00\u00a0"}, {"OPVOLGER": other})
    assert values(tmp_path, text.encode(encoding), "VESTIGING") == ["01AA00", "01AA00"]


def test_quotes_within_quotes_and_bare_quotes_are_read(tmp_path: Path):
    assert values(tmp_path, address('"BS ""De Maasparel"""'), "VESTIGINGSNAAM") == ['BS "De Maasparel"']
    assert values(tmp_path, address('BS "De Maasparel"'), "VESTIGINGSNAAM") == ['BS "De Maasparel"']
    assert values(tmp_path, address('"De Bron; locatie 2"'), "VESTIGINGSNAAM") == ["De Bron; locatie 2"]


def test_codes_keep_their_leading_zeros(tmp_path: Path):
    data = layouts.ADDRESSES_BO.lines({"BEVOEGD GEZAG NUMMER": "00123", "VESTIGINGSNUMMER": "00"})
    assert values(tmp_path, data, "BEVOEGD_GEZAG_NUMMER") == ["00123"]
    assert values(tmp_path, data, "VESTIGINGSNUMMER") == ["00"]


def test_dates_are_read_with_and_without_dashes(tmp_path: Path):
    data = layouts.REGISTER_PO.lines({"DATUM_IN": "2018-08-01", "DATUM_UIT": "20220731"}, {"DATUM_UIT": ""})
    assert values(tmp_path, data, "DATUM_IN") == ["20180801", "20180801"]
    assert values(tmp_path, data, "DATUM_UIT") == ["20220731", ""]


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "\n   \n \n", "\r\n\r\n"])
def test_the_last_row_counts_with_or_without_a_line_end_and_blank_lines_are_no_rows(tmp_path: Path, end: str):
    text = layouts.CUMI.lines({"AANTAL_LEERLINGEN": "1"}, {"AANTAL_LEERLINGEN": "2"}).rstrip("\n")
    assert values(tmp_path, text + end, "AANTAL_LEERLINGEN") == ["1", "2"]


@pytest.mark.parametrize("empty", [";;;;;", " ; ;;;; ", ";;;", "\t;;;;;"])
def test_a_line_without_any_value_is_no_row(tmp_path: Path, empty: str):
    """Excel leaves such lines below a table."""
    text = layouts.CUMI.lines() + f"{empty}\n"
    assert values(tmp_path, text, "AANTAL_LEERLINGEN") == ["7"]
    assert values(tmp_path, text + layouts.CUMI.lines().splitlines()[1] + "\n", "AANTAL_LEERLINGEN") == ["7", "7"]


def test_a_line_end_within_quotes_is_read_as_a_space(tmp_path: Path):
    for end in ("\n", "\r\n"):
        text = address('"De Bron\nlocatie 2"').replace("\n", end).replace(f"Bron{end}loc", "Bron\nloc")
        assert values(tmp_path, text, "VESTIGINGSNAAM") == ["De Bron locatie 2"]


def test_a_line_end_within_quotes_leaves_the_lines_after_it_as_they_are_numbered(tmp_path: Path, monkeypatch):
    text = layouts.ADDRESSES_BO.lines({"VESTIGINGSNAAM": '"De Bron\nlocatie 2"'}, {"VESTIGINGSNAAM": "De Beek"})
    for block in (csv_reader.BLOCK, 40):
        monkeypatch.setattr(csv_reader, "BLOCK", block)
        (arrived,) = recognise_delivery([write(tmp_path, "x.csv", text)], date(2020, 10, 1))
        assert pl.concat(arrived.blocks())["line"].to_list() == [2, 4]


@pytest.mark.parametrize("stated", ["sep=;\n", "sep=;\r\n", "SEP=;\n", '"sep=;"\n', "\ufeffsep=;\n"])
def test_a_line_that_states_the_separator_is_passed_over(tmp_path: Path, stated: str):
    (arrived,) = recognise_delivery([write(tmp_path, "x.csv", stated + layouts.CUMI.lines())], date(2020, 10, 1))
    assert pl.concat(arrived.blocks()).select("line", "AANTAL_LEERLINGEN").rows() == [(3, "7")]


def test_tabs_separate_where_nothing_else_does(tmp_path: Path):
    assert values(tmp_path, layouts.CUMI.lines(separator="\t"), "AANTAL_LEERLINGEN") == ["7"]
    assert values(tmp_path, layouts.REGISTER_PO.lines(separator="\t"), "DATUM_IN") == ["20180801"]


@pytest.mark.parametrize("unseen", ["\ufeff", "\u200b", "\u00ad", "\u2060", "\u200e", "\x01", "\x7f"])
def test_characters_that_are_not_seen_are_no_part_of_a_value(tmp_path: Path, unseen: str):
    text = layouts.REGISTER_PO.lines(
        {"PSEUDONIEM": f"P{unseen}1", "BEKOSTIGD": f"{unseen}J"}, {"PSEUDONIEM": "P1"}
    )
    assert values(tmp_path, text, "PSEUDONIEM") == ["P1", "P1"]
    assert values(tmp_path, text, "BEKOSTIGD") == ["J", "J"]


def test_a_byte_order_mark_within_a_header_is_no_part_of_a_column(tmp_path: Path):
    text = layouts.CUMI.lines().replace("TYPE_PO", "\ufeffTYPE\u200b_PO")
    assert values(tmp_path, text, "TYPE_PO") == ["So"]


def test_a_line_of_another_encoding_is_named(tmp_path: Path):
    lines = layouts.ADDRESSES_BO.lines({"VESTIGINGSNAAM": "Café"}, {"VESTIGINGSNAAM": "De Bron"}).encode()
    mixed = lines.replace(b"De Bron", "België".encode("cp1252"))
    with pytest.raises(
        Refused, match=r"^x\.csv, line 3: is windows-1252, and line 2 is UTF-8; save the file again"
    ):
        recognise_delivery([write(tmp_path, "x.csv", mixed)], date(2020, 10, 1))
