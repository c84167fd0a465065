"""A folded block of a register counts, refuses and finds doubles as one that is read field by field."""

import random
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from npo_pipeline.delivery import csv_reader, delivered_file, register_blocks
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.register_blocks import EncodedBlock, dictionary_encode
from npo_pipeline.delivery.sniff import Header
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from tests.books.files.layouts import write

DAY = date(2020, 10, 1)
PO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI"
VO = "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD"
KNOWN = pl.Series(["01AA00", "01AA01", "01AB00", "02AA00"])
PLACES = ["01AA;00", "01AA;01", "01AB;00", "02AA;00"]
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
        "Praktijkonderwijs;5;20201002;;N",
    ],
}
HEADER = Header(tuple(PO.split(";")), ";", 0)


def lines(header: str, number: int = 400) -> list[str]:
    """Lines of a register without a fault; some pupils stand there twice."""
    draw = random.Random(1)
    return [
        f"P{draw.randrange(10**4):04d};{draw.choice(PLACES)};{draw.choice(STAYS[header])}" for _ in range(number)
    ]


def taken(folder: Path, header: str, rows: list[str]) -> FileResult:
    write(folder, "register.csv", "\n".join([header, *rows]))
    (one,) = read_delivery(recognise_delivery([folder], DAY), KNOWN, lambda *_: None)
    return one


def assert_same(folder: Path, header: str, rows: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    one = taken(folder, header, rows)
    monkeypatch.setattr(delivered_file, "is_encodable", lambda _: False)
    other = taken(folder, header, rows)
    assert one.rows == other.rows
    assert_frame_equal(one.counts, other.counts)
    assert_frame_equal(one.rejections, other.rejections)


@pytest.mark.parametrize("header", [PO, VO], ids=["po", "vo"])
@pytest.mark.parametrize("block", [2**12, 2**24], ids=["blocks of a hundred lines", "one block"])
def test_folded_blocks_count_and_refuse_as_others(
    header: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(csv_reader, "BLOCK", block)
    rows = lines(header)
    rows += rows[:3]  # copies, in another block than what they copy
    assert_same(tmp_path, header, rows, monkeypatch)


@pytest.mark.parametrize(
    "wrong",
    [
        "P0001;01AA;00;Bo;nvt;1;20190801;;X;N",
        "P0001;01AA;00;Bo;nvt;1;20190230;;J;N",
        "P0001;01AA;00;Bo;nvt;1;2019-08-01;2019-07-01;J;N",
        "P0001;01AA;0x;Bo;nvt;1;20190801;;J;N",
        "P0001;09ZZ;00;Bo;nvt;1;20190801;;J;N",
        ";01AA;00;Bo;nvt;1;20190801;;J;N",
        "P1;01AA;00;Bo;nvt;1;20190801;;J;Q",
        " P001;01AA;00;Bo;nvt;1;20190801;;J; N",
    ],
)
def test_a_row_with_a_fault_is_told_as_ever(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert_same(tmp_path, PO, [*lines(PO, 200), wrong, *lines(PO, 200)], monkeypatch)


def folded_with(*rows: str) -> tuple[pl.DataFrame, ...] | None:
    block = "".join(f"{row}\n" for row in [*lines(PO), *rows]).encode()
    return dictionary_encode(block, HEADER, 2, block.count(b"\n"))


def test_a_folded_block_holds_what_the_fields_hold():
    block = "".join(f"{row}\n" for row in lines(PO)).encode()
    parts = dictionary_encode(block, HEADER, 2, 400)
    assert parts is not None
    found, places, stays = parts
    assert (places.height, stays.height) == (4, 4)
    whole = pl.concat(
        [found.select("line", "PSEUDONIEM"), places[found["site"]], stays[found["enrolment"]]], how="horizontal"
    )
    assert_frame_equal(whole, csv_reader.frame_by_polars(block, HEADER, 2))


@pytest.mark.parametrize(
    "row",
    [
        "",
        "P0001;01AA;00;Bo;nvt;1;20190801;;J",
        "P0001;01AA;00;Bo;nvt;1;20190801;;J;N;",
        "P0001;01AA;00",
        "P;001;1AA;00;Bo;nvt;1;20190801;;J",
        "P0001;01A;000;Bo;nvt;1;20190801;;J;N",
        "P0001;01AA00;;Bo;nvt;1;20190801;;J;N",
        "P00001;01AA;00;Bo;nvt;1;20190801;;J;N",
        '"P001";01AA;00;Bo;nvt;1;20190801;;J;N',
        "P0001;01AA;00;Bo;nvt;1;20190801;;J; N",
        "P0001;01AA;00;Bo;nvt;1;20190801;;J;N\r",
        "Pé001;01AA;00;Bo;nvt;1;20190801;;J;N",
        "P0001\x1f;01AA;00;Bo;nvt;1;20190801;;J;N",
    ],
)
def test_a_block_with_a_line_of_another_form_is_not_folded(row: str):
    found = folded_with(row)
    if row in ("P0001;01A;000;Bo;nvt;1;20190801;;J;N", "P0001;01AA00;;Bo;nvt;1;20190801;;J;N"):
        # The separators stand where they may, and the fields are cut there.
        assert found is not None
        assert row.split(";")[1:3] in [list(place) for place in found[1].rows()]
    else:
        assert found is None


def test_lines_that_hardly_repeat_are_not_folded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(register_blocks, "_REPEATS", 101)
    assert folded_with() is None


def test_registers_come_folded_and_other_files_do_not(tmp_path: Path):
    write(tmp_path, "register.csv", "\n".join([PO, *lines(PO)]))
    (arrived,) = recognise_delivery([tmp_path], DAY)
    (part,) = arrived.encoded_blocks()
    assert isinstance(part, EncodedBlock)
    assert_frame_equal(next(arrived.blocks()), part.decode())
