"""The files of specifications on the disk: whole, of one board alone, put right when somebody changed them."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.atomic_file import made_from_as_named, made_from_hash
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_pack.isolation import KnownParties, assert_names_no_other
from npo_pipeline.reports.specification import pack
from npo_pipeline.reports.specification.model import SpecificationData
from npo_pipeline.workers import HERE, Processes, Workers
from tests.books.packs.conftest import content, names
from tests.spec.specification.boards import full, instalment, specified

BOARD, OTHER, MONTH = "40045", "40046", "2021-09"
ENDS = ("csv", "html", "xlsx")
FILES = ["SHA256SUMS", *(f"betaalspecificatie-2021-09-{BOARD}.{end}" for end in ENDS)]


def two(**more: str) -> SpecificationData:
    """The specifications of two boards, each with a school; `more`: of the school of the first."""
    paid = [
        instalment(BOARD, "16AH00", "100.00", **{"name": "De Linde", **more}),
        instalment(OTHER, "17BC00", "40046.00", name="Het Zonnelied"),
    ]
    return specified(paid, names={BOARD: "Stichting De Linde", OTHER: "Stichting Zon"})


def parties(data: SpecificationData) -> KnownParties:
    schools = frozenset({"De Linde", "Het Zonnelied"})
    return KnownParties(
        frozenset(data.boards()),
        frozenset(data.paid["brin"].to_list()),
        schools | frozenset(data.board_names["name"].to_list()),
    )


def written(folder: Path, data: SpecificationData, workers: Workers = HERE) -> pack.SpecificationsWritten:
    return pack.write_specifications(folder, data, parties(two()), workers=workers)


def test_a_board_has_three_files_and_their_sums(tmp_path):
    result = written(tmp_path, two())
    assert (result.written, result.up_to_date, dict(result.faults)) == ((BOARD, OTHER), (), {})
    assert names(tmp_path / BOARD) == FILES
    sums = (tmp_path / BOARD / "SHA256SUMS").read_text().splitlines()
    assert sums[1:] == [
        f"{hashlib.sha256((tmp_path / BOARD / name).read_bytes()).hexdigest()}  {name}" for name in FILES[1:]
    ]


def test_written_again_the_bytes_are_the_same_and_the_files_are_not_touched(tmp_path):
    written(tmp_path, two())
    before, touched = content(tmp_path), (tmp_path / BOARD).stat().st_mtime_ns
    result = written(tmp_path, two())
    assert (result.written, result.up_to_date, result.mended) == ((), (BOARD, OTHER), ())
    assert (content(tmp_path), (tmp_path / BOARD).stat().st_mtime_ns) == (before, touched)


@pytest.mark.parametrize("name", FILES[1:])
def test_what_somebody_changed_is_put_right_and_named_also_with_new_sums(tmp_path, name):
    written(tmp_path, two())
    before, place = content(tmp_path), tmp_path / BOARD
    (place / name).write_bytes((place / name).read_bytes() + b" ")
    faults = list(pack.faults_on_disk(tmp_path, MONTH, [BOARD, OTHER]))
    assert faults == [(BOARD, "was changed, or is not complete")]
    files = {one: (place / one).read_bytes() for one in FILES[1:]}
    (place / "SHA256SUMS").write_bytes(pack.checksums(files, made_from_as_named(place)))
    result = written(tmp_path, two())
    assert (result.written, result.mended, result.up_to_date) == ((BOARD,), (BOARD,), (OTHER,))
    assert content(tmp_path) == before


def test_other_rows_are_written_and_nobody_changed_them(tmp_path):
    written(tmp_path, two())
    result = written(tmp_path, two(place="Velsen"))
    assert (result.written, result.mended, result.up_to_date) == ((BOARD,), (), (OTHER,))


def test_what_another_version_of_the_program_wrote_was_changed_by_nobody(tmp_path):
    data = two()
    written(tmp_path, SpecificationData(**{**vars(data), "header": replace(data.header, version="1")}))
    result = written(tmp_path, SpecificationData(**{**vars(data), "header": replace(data.header, version="2")}))
    assert (result.written, result.mended) == ((BOARD, OTHER), ())


def test_a_note_that_somebody_laid_in_the_folder_stays(tmp_path):
    written(tmp_path, two())
    (tmp_path / BOARD / "geboekt.txt").write_text("12 september")
    written(tmp_path, two(place="Velsen"))
    assert names(tmp_path / BOARD) == [*FILES, "geboekt.txt"]


def test_files_that_are_gone_and_folders_of_nobody_are_named(tmp_path):
    written(tmp_path, two())
    assert list(pack.faults_on_disk(tmp_path, MONTH, [BOARD])) == [
        (OTHER, "is of a board that this month does not pay; move it away")
    ]
    assert list(pack.faults_on_disk(tmp_path, MONTH, [BOARD, "40047", OTHER])) == []
    assert pack.boards_without(tmp_path, [BOARD, "40047", OTHER]) == ["40047"]


def test_files_of_another_board_or_month_are_no_files_of_this_one_though_they_agree_with_their_sums(tmp_path):
    """A signature of their sums would be a good one too."""
    written(tmp_path, two())
    changed = "was changed, or is not complete"
    assert next(pack.faults_on_disk(tmp_path, "2021-10", [BOARD])) == (BOARD, changed)
    shutil.rmtree(tmp_path / BOARD)
    shutil.copytree(tmp_path / OTHER, tmp_path / BOARD)
    assert list(pack.faults_on_disk(tmp_path, MONTH, [BOARD, OTHER])) == [(BOARD, changed)]


@pytest.mark.parametrize("stranger", ["bij 17BC00", f"x {OTHER}"])
def test_a_word_of_another_board_stops_its_files_and_no_other(tmp_path, stranger):
    result = written(tmp_path, two(place=stranger))
    assert (result.written, list(result.faults)) == ((OTHER,), [BOARD])
    assert "which is another board's" in result.faults[BOARD]
    page = (tmp_path / BOARD / FILES[2]).read_text("utf-8")
    assert names(tmp_path / BOARD) == ["SHA256SUMS", FILES[2]]
    assert OTHER not in page
    assert list(pack.faults_on_disk(tmp_path, MONTH, [BOARD, OTHER])) == [(BOARD, "could not be made")]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("own_codes", [{BOARD, "16AH"}, {BOARD, "16AH", "17BC", OTHER}])
def test_the_files_of_another_board_are_strangers_by_code_and_by_name(tmp_path, end, own_codes):
    written(tmp_path, two())
    found = {f"x.{end}": (tmp_path / OTHER / f"betaalspecificatie-2021-09-{OTHER}.{end}").read_bytes()}
    with pytest.raises(NpoError, match=r"it names (17BC00|17BC|40046|Het Zonnelied|Stichting Zon)"):
        assert_names_no_other(BOARD, found, parties(two()), own_names={"De Linde"}, own_codes=own_codes)


def unpacked(name: str, one: bytes) -> bytes:
    """A file as it can be searched: a workbook is a zip, in which no word is found."""
    if not name.endswith(".xlsx"):
        return one
    with zipfile.ZipFile(BytesIO(one)) as book:
        return b"".join(map(book.read, book.namelist()))


def test_no_file_of_a_board_holds_a_word_of_another(tmp_path):
    written(tmp_path, two())
    for board, strangers in ((BOARD, (b"17BC", b"Zon")), (OTHER, (b"16AH", b"Linde", b"40045"))):
        for name, one in content(tmp_path / board).items():
            assert not [word for word in strangers if word in unpacked(name, one)], name


def test_an_amount_that_looks_like_a_board_is_no_stranger(tmp_path):
    data = two()
    paid = data.paid.with_columns(amount=pl.lit("40046.00").str.to_decimal(scale=2).cast(pl.Decimal(18, 2)))
    assert written(tmp_path, SpecificationData(**{**vars(data), "paid": paid})).faults == {}


def test_whatever_goes_wrong_with_one_board_is_of_that_board(tmp_path, monkeypatch):
    def broken(rows, header):
        if rows.board == BOARD:
            raise KeyError("secret row")
        return pack.table(rows, header)

    monkeypatch.setattr(pack, "FORMATS", {**pack.FORMATS, ".csv": broken})
    result = written(tmp_path, two())
    assert result.written == (OTHER,)
    assert result.faults[BOARD].startswith("KeyError in broken (test_files.py, line ")
    assert made_from_hash(tmp_path / BOARD, pack.OWN_FILE) == pack.NOTHING
    monkeypatch.undo()
    assert written(tmp_path, two()).written == (BOARD,), "once mended it is made again"


@pytest.mark.parametrize("board", ["../40047", "4004", "40045-USD"])
def test_no_folder_is_made_of_what_is_no_number_of_a_board(tmp_path, board):
    folder = tmp_path / "2021-09"
    paid = [instalment(one, "17BC00", "1.00", name="Het Zonnelied") for one in (OTHER, board)]
    result = written(folder, specified(paid, names={OTHER: "Stichting Zon", board: "Stichting"}))
    assert result.written == (OTHER,)
    assert f"{board!r} is no number of a board, so no folder is made of it" in result.faults[board]
    assert [one.name for one in tmp_path.iterdir()] == ["2021-09"]
    assert [one.name for one in folder.iterdir()] == [OTHER]


def test_many_boards_are_made_by_two_processes_and_their_files_are_the_same(tmp_path, monkeypatch):
    data = two()
    monkeypatch.setattr(pack, "_FEW", 1)
    monkeypatch.setattr(pack, "_BOARDS_PER_JOB", 1)
    assert written(tmp_path / "two", data, Processes(2)).written == (BOARD, OTHER)
    monkeypatch.undo()
    assert written(tmp_path / "one", data).written == (BOARD, OTHER)
    assert content(tmp_path / "two") == content(tmp_path / "one")


def test_a_month_that_pays_no_board_leaves_no_folder(tmp_path):
    assert written(tmp_path / "2021-09", specified([])) == pack.SpecificationsWritten()
    assert names(tmp_path) == []


def test_a_board_with_everything_in_it_is_written(tmp_path):
    assert written(tmp_path, full()).written == (BOARD,)
