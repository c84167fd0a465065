"""Damaged text is refused in one line that names the line and says what to do; nothing of it is guessed."""

import io
import tracemalloc
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery import sniff as inspection
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.sniff import CHUNK, sniff
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.errors import Refused
from tests.books.files import layouts
from tests.books.files.layouts import write

HEADER, ROW = layouts.CUMI.lines().splitlines()


def refusal(folder: Path, data: str | bytes) -> str:
    with pytest.raises(Refused) as refused:
        pl.concat(recognise_delivery([write(folder, "x.csv", data)], date(2020, 10, 1))[0].blocks())
    return str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_refused(tmp_path: Path, encoding: str):
    said = refusal(tmp_path, layouts.CUMI.lines().encode(encoding))
    assert said.startswith(("x.csv: is UTF-16; save it as UTF-8", "x.csv, line 1: holds a NUL byte"))


@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "<html lang=nl>", "\ufeff\n<!doctype HTML >"])
def test_a_web_page_that_was_saved_in_place_of_a_table_is_refused_as_one(tmp_path: Path, start: str):
    words = "x.csv: is a web page; hand in the workbook (.xlsx) or the CSV itself"
    assert refusal(tmp_path, f"{start}\n<title>404; not found</title>\n") == words


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_a_byte_that_no_encoding_knows_is_named_with_its_line(tmp_path: Path, byte: int):
    data = layouts.ADDRESSES_BO.lines({}, {"VESTIGINGSNAAM": "Caf?"}).encode().replace(b"?", bytes([byte]))
    assert refusal(tmp_path, data) == (
        f"x.csv, line 3: byte 0x{byte:02X} is neither UTF-8 nor windows-1252; save the file in one of them"
    )


def test_such_a_byte_in_the_header_is_named_too(tmp_path: Path):
    assert "x.csv, line 1: is neither UTF-8 nor windows-1252" in refusal(tmp_path, b"A\x81;B\n1;2\n")


def test_a_file_that_says_utf_8_and_is_not_is_no_windows_1252(tmp_path: Path):
    data = layouts.ADDRESSES_BO.lines({}, {"VESTIGINGSNAAM": "Caf?"}).encode("utf-8-sig").replace(b"?", b"\xe9")
    assert refusal(tmp_path, data) == (
        "x.csv, line 3: is not UTF-8, though the file says it is; save it again as UTF-8"
    )


def test_a_file_cut_off_in_the_middle_of_a_row_is_refused(tmp_path: Path):
    for cut in ("01AA;00;So", "0", "01AA;00;So;2020;1"):
        fields = cut.count(";") + 1
        assert refusal(tmp_path, f"{HEADER}\n{ROW}\n{cut}") == (
            f"x.csv, line 3: has {fields} fields where the header has 6: the file is cut off; have it sent again"
        )


def test_a_row_with_too_many_or_too_few_fields_is_named(tmp_path: Path):
    assert "line 3: has 7 fields where the header has 6" in refusal(tmp_path, f"{HEADER}\n{ROW}\n{ROW};\n{ROW}\n")
    assert "line 2: has 5 fields where the header has 6" in refusal(
        tmp_path, f"{HEADER}\n01AA;00;So;2020;1\n{ROW}\n"
    )


def test_a_row_too_long_does_not_make_up_for_one_too_short(tmp_path: Path):
    assert "line 2: has 5 fields" in refusal(tmp_path, f"{HEADER}\n01AA;00;So;2020;1\n{ROW};1\n")
    assert "line 2: has 5 fields" in refusal(tmp_path, f'{HEADER}\n01AA;00;"So";2020;1\n01AA;00;"So;";2020;1;2\n')


def test_the_line_is_right_also_beyond_the_first_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("npo_pipeline.delivery.csv_reader.BLOCK", 100)
    rows = [ROW] * 50
    rows[40] = "cut"
    assert "x.csv, line 42: has 1 fields" in refusal(tmp_path, "\n".join([HEADER, "", *rows[1:]]))


def test_a_quote_that_is_not_closed_is_named(tmp_path: Path):
    assert "line 2: " in refusal(tmp_path, f'{HEADER}\n01AA;00;"So;2020;1;12\n{ROW}\n')
    said = "line 2: a quoted field runs on to line 4; close the quote"
    assert said in refusal(tmp_path, f'{HEADER}\n01AA;00;So;2020;1;"12\n{ROW}\n01AA;00;So;2020;1;12"\n')
    assert "line 3: cannot be read" in refusal(tmp_path, f'{HEADER}\n{ROW}\n01AA;00;"So"x;2020;1;12\n')


def test_line_ends_of_two_kinds_are_not_guessed_at(tmp_path: Path):
    said = "x.csv, line 3: holds a line end of another kind (CR) than the file; have it saved again"
    assert refusal(tmp_path, f"{HEADER}\n{ROW}\n{ROW}\r{ROW}\n") == said
    assert refusal(tmp_path, f'{HEADER}\n{ROW}\n01AA;00;"S\ro";2020;1;12\n') == said
    assert refusal(tmp_path, f"{HEADER}\n{ROW}\r\n{ROW}\r\r\n") == said


def test_a_nul_byte_is_named_with_its_line(tmp_path: Path):
    said = "holds a NUL byte; the file is damaged or no text"
    assert refusal(tmp_path, f"{HEADER}\n{ROW}\n\0") == f"x.csv, line 3: {said}"
    assert refusal(tmp_path, f"{HEADER}\r{ROW}\r{ROW}\0") == f"x.csv, line 3: {said}"
    assert refusal(tmp_path, b"\0" * 100) == f"x.csv, line 1: {said}"


def test_an_old_excel_file_that_is_damaged_or_has_a_password_is_refused(tmp_path: Path):
    ole = bytes.fromhex("D0CF11E0A1B11AE1")
    assert refusal(tmp_path, ole + b"\0" * 600).startswith("x.csv: is no readable workbook")
    locked = ole + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le")
    assert refusal(tmp_path, locked) == "x.csv: is a workbook with a password; save it without one"


class Endless(io.RawIOBase):
    """A file of five gigabytes that stands nowhere: a start, and then one byte over and over."""

    SIZE = 5 * 2**30

    def __init__(self, start: bytes, byte: bytes) -> None:
        self.start, self.byte, self.given = start, byte, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self.start[self.given : self.given + len(buffer)]
        data = data or self.byte * min(len(buffer), self.SIZE - self.given)
        buffer[: len(data)] = data
        self.given += len(data)
        return len(data)


@pytest.mark.parametrize("start", [b"", f"{HEADER}\n{ROW}\n".encode()], ids=["at once", "after a row"])
def test_a_line_of_gigabytes_is_refused_when_its_first_mebibytes_are_seen(start: bytes):
    opened: list[Endless] = []

    def open_file() -> io.BufferedReader:
        opened.append(Endless(start, b"x"))
        return io.BufferedReader(opened[-1])

    with pytest.raises(Refused, match=r"^x\.csv: a line is longer than 1 MiB; this is no table"):
        sniff(SourceFile("x.csv", Endless.SIZE, open_file))
    assert sum(stream.given for stream in opened) <= 4 * CHUNK


def test_a_sparse_file_of_gigabytes_is_refused_at_its_first_byte(tmp_path: Path):
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(Refused, match="line 1: holds a NUL byte"):
        recognise_delivery([path], date(2020, 10, 1))


def test_to_name_a_line_far_down_the_file_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inspection, "CHUNK", 2**16)
    data = b"x\n" * 2**21 + b"\0"
    tracemalloc.start()
    with pytest.raises(Refused, match=f"line {2**21 + 1}: holds a NUL byte"):
        sniff(SourceFile("x.csv", len(data), lambda: io.BytesIO(data)))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**20
