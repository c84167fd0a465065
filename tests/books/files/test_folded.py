"""A register that is read by what repeats in it counts, refuses and finds doubles as one read row by row."""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from npo_pipeline.delivery import csv_reader, delivered_file, kinds
from npo_pipeline.delivery.csv_reader import TextBlock
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.file_corrections import Edits, FileCorrections
from npo_pipeline.delivery.register_blocks import RegisterBlock, encode
from npo_pipeline.delivery.sniff import Header, read_header, sniff
from npo_pipeline.delivery.validate import with_messages
from npo_pipeline.errors import Refused
from npo_pipeline.intake import register_counts
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.registers import read_registers
from tests.books.files.test_dialects import in_memory
from tests.effort import examples

DAY = date(2020, 10, 1)
PO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
VO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
KNOWN = pl.Series(["01AA00", "01AA01", "01AB00", "02AA00"])
SITES = ["01AA;00", "01AA;01", "01AB;00", "01AB;01AB00", "02AA;00"]
STAYS = {
    PO: [
        "Bo;nvt;1;20190801;;J;N",
        "Bo;nvt;2;20190801;20201001;J;N",
        "So;3;3;20200101;20201002;J;1",
        "Sbo;;4;20201001;;N;",
    ],
    VO: [
        "HAVO;3;20190801;;J",
        "VWO;4;20200801;20201001;J",
        "VMBO BL;;20200801;;J",
        "VMBO TL lj 3-4;1;20200801;;J",
        "Praktijkonderwijs;5;20201002;;N",
    ],
}
WRONG = {
    "PSEUDONIEM": ["", "P001 ", " P002", "P1  2", "P1 2", "Pé", "P\u200b001", "'"],
    "BRIN_NUMMER": ["", "1AA", "01aa", "09ZZ", " 01AA"],
    "VESTIGINGSNUMMER": ["", "0", "A1", "00 ", "02AA00", "77"],
    "SOORT_PO": ["", "Xo", "bo", " Bo"],
    "ONDERWIJSTYPE": ["", "VMBO  BL", "MAVO", " HAVO"],
    "CLUSTER": ["9", "3/4", "\t3"],
    "LEERJAAR": ["x", "-1", "12", "1,5", " 3"],
    "DATUM_IN": ["", "20201341", "2019-08-01", "2019-8-1", "20190801 "],
    "DATUM_UIT": ["20210230", "20000101", "2020-10-02", "2000-01-01"],
    "BEKOSTIGD": ["", "X", "j", "N "],
    "CUMI": ["X", "0", " J"],
}
OTHER_LINES = [
    "",
    "  ",
    ";",
    '""',
    "P1;01AA;00",
    "P1;01AA;00;Bo;nvt;1;20190801;;J;N;;",
    '"P1;01AA',
    'P"1;01AA;00',
    'P1;01AA;00;"B\no";nvt;1;20190801;;J;N',
    'P1;01AA;00;"B\nP2;01AA;00;Bo;nvt;1;20190801;;J;N\no";nvt;1;20190801;;J;N',
]
"""Lines that are no row: some are passed over, by others the file is refused."""


@dataclass(frozen=True, kw_only=True)
class Register:
    """A register as it is written, and the corrections that are declared of it."""

    header: str
    lines: list[str]
    line_end: str
    quoted: bool
    codec: str
    block: int
    edits: Edits


@st.composite
def written_row(draw: st.DrawFn, header: str) -> str:
    """Mostly a right row; else with a fault in one field or several, with quotes, or another line altogether."""
    names = header.split(";")
    pupil = f"P{draw(st.integers(0, 15)):03d}"
    row = ";".join([pupil, draw(st.sampled_from(SITES)), draw(st.sampled_from(STAYS[header]))]).split(";")
    for name in draw(st.sampled_from([[], [], [], [names[1]], [draw(st.sampled_from(names))], names[:6:2]])):
        row[names.index(name)] = draw(st.sampled_from(WRONG[name]))
    if draw(st.integers(0, 9)) == 0:
        quoted = draw(st.integers(0, len(names) - 1))
        row[quoted] = f'"{row[quoted]}{draw(st.sampled_from(["", ";", "x", " "]))}"'
    return ";".join(row)


@st.composite
def registers(draw: st.DrawFn, header: str, *, whole: bool) -> Register:
    """Registers of some dialect. `whole`: without a line that may be no row."""
    lines = draw(st.lists(written_row(header), min_size=4, max_size=40))
    lines += draw(st.lists(st.sampled_from(lines), max_size=3))
    if not whole:
        lines.insert(draw(st.integers(0, len(lines))), draw(st.sampled_from(OTHER_LINES)))
    cells = st.tuples(st.integers(2, len(lines) + 1), st.sampled_from(header.split(";")[1:]))
    values: dict[str, dict[int, str]] = {}
    for line, name in draw(st.lists(cells, max_size=2)):
        values.setdefault(name, {})[line] = draw(st.sampled_from(WRONG[name]))
    dropped = draw(st.lists(st.integers(2, len(lines) + 1), max_size=1))
    return Register(
        header=header,
        lines=lines,
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoted=draw(st.integers(0, 3)) == 0,
        codec="cp1252" if "\u200b" not in "".join(lines) and draw(st.booleans()) else "utf-8",
        block=draw(st.sampled_from([200, 2**24])),
        edits=Edits(values, tuple(dropped)),
    )


def delivered(register: Register) -> DeliveredFile:
    lines = register.lines
    if register.quoted:
        lines = ['"' + line.replace(";", '";"') + '"' for line in lines]
    text = "\n".join([register.header, *lines, ""]).replace("\n", register.line_end)
    source = in_memory(text.encode(register.codec))
    encoding = sniff(source)
    return DeliveredFile(
        source=source,
        kind=kinds.REGISTER_PO if register.header == PO else kinds.REGISTER_VO,
        sha256=encoding.sha256,
        encoding=encoding.codec,
        text=(encoding, read_header(source, encoding)),
        reference_date=DAY,
        corrections=FileCorrections(register.edits),
    )


def counted(file: DeliveredFile, block: int) -> FileResult | str:
    """What counting gives, or the refusal."""
    with patch.object(csv_reader, "BLOCK", block):
        try:
            (result,) = read_registers([file], KNOWN, lambda *_: None)
        except Refused as refusal:
            return str(refusal)
    return result


def row_by_row(file: DeliveredFile, block: int) -> FileResult | str:
    """The same, where every line is parsed field by field and validated by itself, also when it is read again."""

    def rows_at(self: DeliveredFile, lines: pl.Series) -> pl.DataFrame:
        return pl.concat(self.blocks()).filter(pl.col("line").is_in(lines.implode()))

    with ExitStack() as stack:
        stack.enter_context(patch.object(delivered_file, "is_encodable", lambda _: False))
        stack.enter_context(patch.object(DeliveredFile, "rows_at", rows_at))
        return counted(file, block)


def assert_same(register: Register) -> None:
    file = delivered(register)
    one, other = counted(file, register.block), row_by_row(file, register.block)
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    assert (one.rows, one.remarks) == (other.rows, other.remarks)
    assert_frame_equal(one.counts, other.counts)
    assert set(one.spoken) == set(other.spoken)
    for each in (one, other):
        assert each.rejections["value"].str.contains("P[0-9]{3}").any() is not True
    assert_frame_equal(*(with_messages(each.rejections).sort(pl.all()) for each in (one, other)))


@pytest.mark.parametrize("header", [PO, VO], ids=["po", "vo"])
def test_a_register_with_faults_of_every_rule_counts_and_refuses_as_row_by_row(header: str):
    @settings(max_examples=examples(12, thorough=400))
    @given(registers(header, whole=True))
    def same(register: Register) -> None:
        assert_same(register)

    same()


@settings(max_examples=examples(12, thorough=200))
@given(registers(PO, whole=False))
def test_a_register_with_a_line_that_is_no_row_is_refused_in_the_same_words(register: Register):
    assert_same(register)


def block_of(*rows: str) -> TextBlock:
    text = "".join(f"{row}\n" for row in rows).encode()
    return TextBlock(name="register.csv", text=text, header=Header(tuple(PO.split(";")), ";", 0), line=2)


def encoded(*rows: str, apart: tuple[int, ...] = ()) -> RegisterBlock:
    return encode(block_of(*rows), pl.Series("line", apart, pl.Int64))


RIGHT = "P0001;01AA;00;Bo;nvt;1;20190801;;J;N"
ENCODED = [
    RIGHT,
    "P1;01AA;00;Bo;nvt;1;20190801;;J;Q",
    "P1;01AA;00;Bo;nvt;1;2019-08-01;;J;N",
    ";1AA;01AA00;;;;;;J;",
    "P0001;01AA;00;Int. Bacc;nvt;1;20190801;;J; N",
    "P0001;01AA ;00;Café;nvt;1;20190801;;J;N",
]
BY_FIELD = [
    '"P0001";01AA;00;Bo;nvt;1;20190801;;J;N',
    'P0001;01AA;00;"Bo";nvt;1;20190801;;J;N',
    'P0001;"01;AA";00;Bo;nvt;1;20190801;;J;N',
    " P0001;01AA;00;Bo;nvt;1;20190801;;J;N",
    "Pé001;01AA;00;Bo;nvt;1;20190801;;J;N",
]


@pytest.mark.parametrize("row", ENCODED)
def test_a_plain_line_is_encoded_also_with_a_fault(row: str):
    block = encoded(RIGHT, row, RIGHT)
    assert (block.lines["line"].to_list(), block.rows.height) == ([2, 3, 4], 0)


@pytest.mark.parametrize("row", BY_FIELD)
def test_a_line_that_is_written_otherwise_is_parsed_alone(row: str):
    block = encoded(RIGHT, row, RIGHT)
    assert (block.lines["line"].to_list(), block.rows["line"].to_list()) == ([2, 4], [3])


@pytest.mark.parametrize("row", ["", "  ", ";;;;;;;;;"])
def test_a_line_without_a_value_is_passed_over(row: str):
    block = encoded(RIGHT, row, RIGHT)
    assert (block.lines["line"].to_list(), block.rows.height) == ([2, 4], 0)


def test_an_encoded_line_holds_what_its_fields_hold():
    rows = [*ENCODED, *BY_FIELD]
    block = encoded(*rows)
    found = pl.concat([block.decode(block.lines), block.rows]).sort("line")
    assert_frame_equal(found, block_of(*rows).rows())


def test_a_line_that_is_corrected_is_parsed_alone():
    block = encoded(RIGHT, RIGHT, RIGHT, apart=(3,))
    assert (block.lines["line"].to_list(), block.rows["line"].to_list()) == ([2, 4], [3])


def test_lines_with_quotes_around_each_field_are_plain_lines():
    lines = ['"' + RIGHT.replace(";", '";"') + '"'] * 3
    register = Register(
        header=PO, lines=lines, line_end="\n", quoted=False, codec="utf-8", block=200, edits=Edits()
    )
    for block in delivered(register).register_blocks():
        assert (block.lines.height, block.rows.height) == (3, 0)
        assert block.decode(block.lines).row(0)[1:4] == ("P0001", "01AA", "00")


def test_a_quoted_field_over_two_lines_is_one_row():
    block = encoded(RIGHT, 'P0002;01AA;00;"B', 'o";nvt;1;20190801;;J;N', RIGHT)
    assert block.rows.select("line", "SOORT_PO").rows() == [(2, "Bo"), (3, "B o"), (5, "Bo")]


def test_where_a_fault_is_only_its_row_is_validated_by_itself():
    validated = []

    def counting(kind, rows, *given):
        validated.append(rows.height)
        return count_rows(kind, rows, *given)

    count_rows = register_counts.count_rows
    lines = [RIGHT.replace("P0001", f"P{number:04d}") for number in range(400)]
    lines[7], lines[300] = lines[7].replace("01AA", "09ZZ"), f'"{lines[300]}"'.replace(";", '";"')
    register = Register(
        header=PO, lines=lines, line_end="\r\n", quoted=False, codec="utf-8", block=2**12, edits=Edits()
    )
    with patch.object(register_counts, "count_rows", counting):
        result = counted(delivered(register), register.block)
    assert validated == [2]
    assert isinstance(result, FileResult)
    assert result.counts["pupils"].to_list() == [399]


def test_a_register_with_its_columns_in_another_order_is_read_row_by_row():
    names = ["BRIN_NUMMER", "VESTIGINGSNUMMER", "PSEUDONIEM", *PO.split(";")[3:]]
    register = Register(
        header=PO, lines=[RIGHT], line_end="\n", quoted=False, codec="utf-8", block=2**24, edits=Edits()
    )
    moved = replace(register, header=";".join(names), lines=["01AA;00;P1;Bo;nvt;1;20190801;;J;N"])
    file = replace(delivered(moved), kind=kinds.REGISTER_PO)
    (block,) = file.register_blocks()
    assert (block.lines.height, block.rows.height) == (0, 1)
    result = counted(file, register.block)
    assert isinstance(result, FileResult)
    assert result.counts["pupils"].to_list() == [1]
