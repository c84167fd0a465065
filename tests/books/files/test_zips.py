"""A zip is read in place; one that is damaged, locked, or could do harm is refused in one line."""

import io
import random
import stat
import struct
import zipfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery import source_files as zipped
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.source_files import source_files
from npo_pipeline.errors import Refused
from tests.books.files import layouts
from tests.books.files.layouts import write

DAY = date(2020, 10, 1)
TEXT = layouts.CUMI.lines(*[{"VESTIGINGSCODE": f"{number:02d}"} for number in range(60)])


def packed(files: dict[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", compression) as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, compression  # as it stands; ZipInfo() would tidy it
            archive.writestr(info, text)
    return whole.getvalue()


def refusal(folder: Path, data: bytes, name: str = "in.zip") -> str:
    path = write(folder, name, data)
    with pytest.raises(Refused) as refused:
        [list(one.blocks()) for one in recognise_delivery([path], DAY)]
    return str(refused.value)


def test_a_zip_holds_the_same_rows_as_a_folder(tmp_path: Path):
    path = write(
        tmp_path, "IN.ZIP", packed({"2020/cumi.csv": TEXT, "2020/": "", "changes.csv": layouts.CHANGES.lines()})
    )
    found = {one.name: pl.concat(one.blocks()).height for one in recognise_delivery([path], DAY)}
    assert found == {"2020/cumi.csv": 60, "changes.csv": 1}


def test_litter_in_a_zip_is_passed_over_at_any_depth(tmp_path: Path):
    data = packed(
        {name: "x" for name in ("__MACOSX/._x", ".DS_Store", "a/Thumbs.db", "a/.git/x")} | {"x.csv": TEXT}
    )
    assert [file.name for file in source_files([write(tmp_path, "in.zip", data)])] == ["x.csv"]


def test_an_empty_zip_holds_no_file(tmp_path: Path):
    assert "no file to read" in refusal(tmp_path, packed({}))


@pytest.mark.parametrize(
    "name",
    ["../x.csv", "a/../../x.csv", "/etc/x.csv", "..\\x.csv", "C:/x.csv", "a\nb.csv", "\x1bx.csv", ""],
)
def test_a_name_that_points_outside_is_refused(tmp_path: Path, name: str):
    assert refusal(tmp_path, packed({"x.csv": TEXT, name: TEXT})) == (
        f"in.zip: holds the name {name!r}, which points outside the zip; have it packed again"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["in.zip"]


def test_a_link_in_a_zip_is_refused(tmp_path: Path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        link = zipfile.ZipInfo("x.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    assert "in.zip: holds the name 'x.csv', which points outside the zip" in refusal(tmp_path, whole.getvalue())


def test_a_name_that_stands_twice_in_a_zip_is_refused(tmp_path: Path):
    data = packed({"x.csv": TEXT, "y.csv": TEXT}).replace(b"y.csv", b"x.csv")
    assert refusal(tmp_path, data).startswith("x.csv: stands twice in this delivery")


def with_flag(data: bytes, at_local: int, at_central: int, value: int) -> bytes:
    """The zip with two bytes of its first member's headers set to another value."""
    changed = bytearray(data)
    struct.pack_into("<H", changed, at_local, value)
    struct.pack_into("<H", changed, data.index(b"PK\x01\x02") + at_central, value)
    return bytes(changed)


def test_a_password_is_named(tmp_path: Path):
    locked = with_flag(packed({"x.csv": TEXT}), 6, 8, 1)
    assert refusal(tmp_path, locked) == "in.zip: 'x.csv' is locked with a password; send it without one"


def test_a_way_of_packing_that_python_does_not_know_is_refused_in_words(tmp_path: Path):
    deflate64 = with_flag(packed({"x.csv": TEXT}), 8, 10, 9)  # what Windows takes for large files
    said = refusal(tmp_path, deflate64)
    assert said.startswith("in.zip: x.csv: cannot be unpacked (")
    assert said.endswith("); have the zip packed and sent again")


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9, 0.99])
def test_a_zip_that_is_cut_off_is_refused(tmp_path: Path, share: float):
    data = packed({"x.csv": TEXT, "y.csv": TEXT}, zipfile.ZIP_STORED)
    said = refusal(tmp_path, data[: int(len(data) * share)])
    assert said.startswith("in.zip: is no readable zip (")
    assert said.endswith("it may be cut off: have it sent again")


def test_text_that_is_called_a_zip_is_refused(tmp_path: Path):
    assert "in.zip: is no readable zip" in refusal(tmp_path, TEXT.encode())


def test_wherever_a_byte_is_wrong_the_rows_are_right_or_the_zip_is_refused(tmp_path: Path):
    """A checksum guards the contents and not the headers; whatever breaks there must be a refusal too."""
    data, chance, refused = packed({"x.csv": TEXT}), random.Random(1), 0
    for _ in range(200):
        broken = bytearray(data)
        for _ in range(chance.choice([1, 1, 3])):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            (one,) = recognise_delivery([write(tmp_path, "in.zip", bytes(broken))], DAY)
            assert pl.concat(one.blocks()).height == 60
        except Refused:
            refused += 1
    assert refused > 100


def test_a_zip_bomb_is_refused_before_it_goes_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    bomb = packed({"x.csv": b"0" * (20 * 2**20)})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    assert len(bomb) < 2**20
    assert refusal(tmp_path, bomb).startswith("in.zip: 'x.csv' unpacks to more than 100 times its size")


def test_a_small_table_that_packs_very_well_is_no_bomb(tmp_path: Path):
    text = layouts.CUMI.lines() + "\n" * 2**18
    path = write(tmp_path, "in.zip", packed({"x.csv": text}))
    assert path.stat().st_size * 100 < len(text)
    assert pl.concat(recognise_delivery([path], DAY)[0].blocks()).height == 1


def test_many_files_or_much_text_in_one_zip_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    data = packed({f"{number}.csv": TEXT for number in range(5)})
    monkeypatch.setattr(zipped, "MAX_MEMBERS", 4)
    assert "in.zip: holds 5 files; at most 4 are read from one zip" in refusal(tmp_path, data)
    members = zipfile.ZipFile(io.BytesIO(data)).infolist()
    monkeypatch.setattr(zipped, "MAX_MEMBERS", 5)
    zipped.check_members("in.zip", members, 5 * len(TEXT))
    with pytest.raises(Refused, match=r"^in\.zip: unpacks to more than"):
        zipped.check_members("in.zip", members, 5 * len(TEXT) - 1)


def test_a_member_never_gives_more_than_its_size_says(tmp_path: Path):
    """So a bomb cannot hide behind a small size in the list of contents."""
    data = packed({"x.csv": TEXT})
    small = bytearray(data)
    struct.pack_into("<I", small, data.index(b"PK\x01\x02") + 24, 100)
    assert "in.zip: x.csv: cannot be unpacked (Bad CRC-32" in refusal(tmp_path, bytes(small))


def test_a_zip_within_a_zip_or_a_folder_is_refused(tmp_path: Path):
    inner = packed({"x.csv": TEXT})
    said = "is a zip and no workbook; give the zip by itself, or unpack it"
    assert refusal(tmp_path, packed({"in.zip": inner})) == f"in.zip: {said}"
    (tmp_path / "folder").mkdir()
    write(tmp_path / "folder", "in.zip", inner)
    with pytest.raises(Refused, match=f"^in.zip: {said}"):
        recognise_delivery([tmp_path / "folder"], DAY)


def test_a_zip_that_changes_between_two_readings_is_refused(tmp_path: Path):
    path = write(tmp_path, "in.zip", packed({"x.csv": TEXT}))
    arrived = recognise_delivery([path], DAY)[0]
    path.write_bytes(packed({"x.csv": TEXT, "y.csv": TEXT}))
    with pytest.raises(Refused, match=r"^in\.zip: changed while it was read"):
        list(arrived.blocks())


def test_a_zip_that_writes_folders_with_backslashes_is_read(tmp_path: Path):
    path = write(tmp_path, "in.zip", packed({"lists\\x.csv": TEXT}))
    (found,) = recognise_delivery([path], date(2020, 10, 1))
    assert found.name == "lists/x.csv"
    assert pl.concat(found.blocks()).height > 0
