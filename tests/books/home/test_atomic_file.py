"""A file or a folder is there whole: the new one, or after a failure the older one, and nothing beside it."""

from pathlib import Path

import pytest

from npo_pipeline.atomic_file import put_right, remove, remove_folder, replace_folder, write_whole


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


def test_what_a_kill_left_between_two_renames_is_put_right_and_what_somebody_else_left_stays(tmp_path):
    made(tmp_path / ".replaced.old", "old")
    made(tmp_path / ".replaced.new", "new")
    made(tmp_path / "done", "new")
    made(tmp_path / ".done.old", "old")
    made(tmp_path / ".half.new", "half")
    made(tmp_path / ".mine.old", "a note")
    put_right(tmp_path, ["replaced", "done", "half"].__contains__)
    assert files(tmp_path) == {"replaced/file": "old", "done/file": "new", ".mine.old/file": "a note"}


def test_a_folder_that_is_removed_is_never_there_by_half(tmp_path, monkeypatch):
    made(tmp_path / "pack", "old")
    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", fail_half_way)
        with pytest.raises(OSError, match="directory"):
            remove_folder(tmp_path / "pack")
    assert not (tmp_path / "pack").exists()
    put_right(tmp_path, "pack".__eq__)
    remove_folder(tmp_path / "pack")
    assert files(tmp_path) == {}


def test_a_link_is_removed_and_not_what_it_points_to(tmp_path):
    made(tmp_path / "real", "kept")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    remove(tmp_path / "link")
    remove(tmp_path / "nothing")
    assert files(tmp_path) == {"real/file": "kept"}
    assert not (tmp_path / "link").is_symlink()
