"""A delivery is a folder, a file or a zip; what cannot be read, or would be read wrongly, is refused by name."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.source_files import source_files
from npo_pipeline.errors import Refused
from tests.books.files import layouts
from tests.books.files.layouts import write

DAY = date(2020, 10, 1)
TEXT = layouts.CUMI.lines()


def names(*paths: Path) -> list[str]:
    return [file.name for file in source_files(paths)]


def refusal(*paths: Path) -> str:
    with pytest.raises(Refused) as refused:
        source_files(paths)
    return str(refused.value)


def test_a_folder_is_read_with_all_that_is_below_it(tmp_path: Path):
    (tmp_path / "2020" / "po").mkdir(parents=True)
    for name in ("b.csv", "2020/a.csv", "2020/po/b.csv"):
        write(tmp_path, name, TEXT)
    assert names(tmp_path) == ["2020/a.csv", "2020/po/b.csv", "b.csv"]


def test_what_an_operating_system_leaves_in_a_folder_is_no_file_of_it(tmp_path: Path):
    for folder in ("__MACOSX", ".git"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "x.csv", "x")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", "~$x.xlsx", "x.csv"):
        write(tmp_path, name, TEXT)
    assert names(tmp_path) == ["x.csv"]


def test_there_must_be_a_file(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path / "empty").endswith("no file to read; a delivery is a folder, a file or a zip")
    assert refusal(tmp_path / "none.csv").endswith("none.csv: no such file or folder")


def test_two_files_of_one_name_from_two_folders_are_refused(tmp_path: Path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, "x.csv", TEXT)
    said = "x.csv: stands twice in this delivery; give each file a name of its own"
    assert refusal(tmp_path / "a", tmp_path / "b") == said
    assert refusal(tmp_path / "a" / "x.csv", tmp_path / "a" / "x.csv") == said
    assert names(tmp_path) == ["a/x.csv", "b/x.csv"]


def test_a_folder_that_holds_itself_by_a_link_is_refused(tmp_path: Path):
    write(tmp_path, "x.csv", TEXT)
    (tmp_path / "deeper").mkdir()
    for name in ("one", "two", "deeper/up"):
        (tmp_path / name).symlink_to(tmp_path)
    assert refusal(tmp_path).endswith("is a link back to a folder above it; take it out of the delivery")


def test_a_link_to_another_folder_or_file_is_followed(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "store").mkdir()
    write(tmp_path / "store", "x.csv", TEXT)
    (tmp_path / "in" / "po").symlink_to(tmp_path / "store")
    (tmp_path / "in" / "y.csv").symlink_to(tmp_path / "store" / "x.csv")
    assert names(tmp_path / "in") == ["po/x.csv", "y.csv"]


def test_a_link_that_leads_nowhere_or_to_itself_is_no_file(tmp_path: Path):
    (tmp_path / "gone.csv").symlink_to(tmp_path / "none")
    assert refusal(tmp_path) == "gone.csv: is no ordinary file; a delivery holds files only"
    (tmp_path / "gone.csv").unlink()
    (tmp_path / "round.csv").symlink_to(tmp_path / "round.csv")
    assert refusal(tmp_path) == "round.csv: is no ordinary file; a delivery holds files only"


def test_a_pipe_is_refused_and_never_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert refusal(tmp_path) == "pipe.csv: is no ordinary file; a delivery holds files only"
    assert refusal(tmp_path / "pipe.csv").endswith("pipe.csv: is no ordinary file")


_AS_NOBODY = """
import os, sys
from pathlib import Path
from npo_pipeline.errors import Refused
from npo_pipeline.delivery.source_files import source_files
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
try:
    for file in source_files([Path(sys.argv[1])]):
        file.open()
except Refused as refused:
    print(refused)
"""


def said_to_nobody(path: Path) -> str:
    """Return the refusal for someone without rights here."""
    done = subprocess.run([sys.executable, "-c", _AS_NOBODY, path], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.strip()


@pytest.fixture
def seen_by_all() -> Iterator[Path]:
    """A folder that others may look into; pytest shuts its own for them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_a_file_or_folder_without_permission_is_named(seen_by_all: Path):
    for closed in ("closed", "open/below"):
        (seen_by_all / closed).mkdir(parents=True)
        write(seen_by_all / closed, "x.csv", TEXT)
    for name, mode in {"closed": 0o000, "open": 0o755, "open/below": 0o311}.items():
        (seen_by_all / name).chmod(mode)
    said = "cannot be read (Permission denied); check its permissions"
    assert said_to_nobody(seen_by_all / "closed") == f"{seen_by_all}/closed: {said}"
    assert said_to_nobody(seen_by_all / "open") == f"{seen_by_all}/open/below: {said}"
    (seen_by_all / "open/below/x.csv").chmod(0o000)
    (seen_by_all / "open/below").chmod(0o755)
    assert said_to_nobody(seen_by_all / "open") == f"below/x.csv: {said}"
    (seen_by_all / "closed").chmod(0o755)


def test_a_file_that_changes_between_two_readings_is_refused(tmp_path: Path):
    path = write(tmp_path, "x.csv", TEXT)
    arrived = recognise_delivery([path], DAY)[0]
    assert pl.concat(arrived.blocks()).height == 1
    path.write_text(TEXT + TEXT.splitlines()[1] + "\n")
    with pytest.raises(Refused, match=r"^x\.csv: changed while it was read; start again when it is complete"):
        list(arrived.blocks())


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path):
    path = write(tmp_path, "x.csv", TEXT)
    with source_files([path])[0].open() as stream:
        stream.read(5)
        path.write_text(TEXT * 2)
        with pytest.raises(Refused, match="changed while it was read"):
            stream.readlines()


def test_a_file_that_goes_away_is_refused(tmp_path: Path):
    path = write(tmp_path, "x.csv", TEXT)
    file = source_files([path])[0]
    path.unlink()
    with pytest.raises(Refused, match=r"^x\.csv: cannot be read \(No such file"):
        file.open()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=HYPERLINK(A1).csv", "'=HYPERLINK(A1).csv"),
        ("  @x.csv", "'@x.csv"),
        ("a\n=b\x1b[31m.csv", "a =b [31m.csv"),
        (os.fsdecode(b"caf\xe9.csv"), "caf?.csv"),
        ("café-{}.csv", "café-{}.csv"),
    ],
)
def test_the_name_of_a_file_is_shown_without_harm(tmp_path: Path, name: str, shown: str):
    write(tmp_path, name, TEXT)
    assert names(tmp_path) == [shown]
    assert names(tmp_path / name) == [shown]
    assert recognise_delivery([tmp_path], DAY)[0].name == shown
