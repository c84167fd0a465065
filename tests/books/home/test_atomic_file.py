"""A file or a folder is there whole: the new one, or after a failure the older one, and nothing beside it."""

from pathlib import Path

import pytest

from npo_pipeline.atomic_file import remove, replace_folder, write_whole


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def fail_half_way(path: Path):
    path.write_text("half")
    raise OSError("full")


def test_a_file_is_replaced(tmp_path):
    (tmp_path / "report").write_text("old")
    write_whole(tmp_path / "report", lambda path: path.write_text("new"))
    assert files(tmp_path) == {"report": "new"}


def test_a_file_that_cannot_be_written_leaves_the_older_one(tmp_path):
    (tmp_path / "report").write_text("old")
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "report", fail_half_way)
    assert files(tmp_path) == {"report": "old"}


def made(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "file").write_text(text)
    return folder


def test_a_folder_is_replaced(tmp_path):
    replace_folder(made(tmp_path / "pack", "old"), made(tmp_path / ".pack.new", "new"))
    assert files(tmp_path) == {"pack/file": "new"}


def test_a_folder_that_cannot_be_put_there_leaves_the_older_one(tmp_path):
    made(tmp_path / "pack", "old")
    with pytest.raises(OSError, match="No such file"):
        replace_folder(tmp_path / "pack", tmp_path / ".pack.new")
    assert files(tmp_path) == {"pack/file": "old"}


def test_what_an_earlier_replacement_left_is_removed(tmp_path):
    made(tmp_path / ".pack.old", "older")
    replace_folder(made(tmp_path / "pack", "old"), made(tmp_path / ".pack.new", "new"))
    assert files(tmp_path) == {"pack/file": "new"}


def test_a_link_is_removed_and_not_what_it_points_to(tmp_path):
    made(tmp_path / "real", "kept")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    remove(tmp_path / "link")
    remove(tmp_path / "nothing")
    assert files(tmp_path) == {"real/file": "kept"}
    assert not (tmp_path / "link").is_symlink()
