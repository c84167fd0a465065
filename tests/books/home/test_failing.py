"""A run that fails says why in one line, and leaves the books as they were."""

import errno
import os
import shutil
import subprocess
from pathlib import Path
from pkgutil import resolve_name

import duckdb
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.publish import of_disk
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.verify.command import CHECKS, findings_of
from tests.books.home.driver import fail, struck
from tests.books.home.npo import here
from tests.books.home.seeing import everything, published, tables

COMMANDS = ("ingest", "pay")
"""The one that writes most and the one that must not fail half-way; they all write by the same road."""
FULL = os.strerror(errno.ENOSPC)


def full_in_duckdb():
    raise duckdb.IOException(f"IO Error: Could not write to file: {FULL}\nand a line more")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (f"IO Error: Could not write to file: {FULL}\nand a line more", FULL),
        (f"FatalException: Failed to commit: {FULL}. The commit is durable; the database was invalidated.", FULL),
        ("TransactionContext Error: Failed to commit. The commit is durable.", "DuckDB: TransactionContext Error"),
    ],
)
def test_what_duckdb_says_of_its_draft_is_not_said_of_the_books(said, reason):
    """That a commit is durable would stand beside "nothing was changed"."""
    found = of_disk(duckdb.IOException(said))
    assert found.startswith(reason)
    assert "durable" not in found
    assert "invalidated" not in found


@pytest.fixture(params=COMMANDS)
def stage(request, stages):
    return stages[request.param]


@pytest.fixture
def home(stage, tmp_path) -> Path:
    return Path(shutil.copytree(stage.before, tmp_path / "home"))


@pytest.mark.parametrize("stage", ["pay"], indirect=True)
@pytest.mark.parametrize(
    ("place", "act", "when", "which"),
    [
        ("pathlib.Path.write_text", fail, "before", 1),  # its name in npo.lock
        ("os.mkdir", fail, "before", 2),  # its folder in work/
        ("shutil.copyfile", fail, "before", 1),
        ("npo_pipeline.books.duckdb._attach", full_in_duckdb, "before", 2),
        ("npo_pipeline.books.publish.insert", full_in_duckdb, "before", 1),
        ("npo_pipeline.books.publish.insert", full_in_duckdb, "after", 2),
        ("npo_pipeline.books.duckdb._checkpoint", full_in_duckdb, "before", 1),
        ("npo_pipeline.books.duckdb._checkpoint", full_in_duckdb, "after", 1),
        ("os.fsync", fail, "before", 1),
        ("os.fsync", fail, "before", 2),
        ("os.replace", fail, "before", 1),
    ],
)
def test_a_failure_before_the_rename_changes_nothing(monkeypatch, stage, home, place, act, when, which):
    with monkeypatch.context() as patch:
        patch.setattr(place, struck(resolve_name(place), act, when, which))
        ended = here(*stage.command, "--home", home)
    assert ended.status == 3
    assert FULL in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert everything(home) == everything(stage.before)


@pytest.mark.parametrize(("place", "which"), [("os.fsync", 3), ("os.replace", 2)])
def test_a_failure_after_the_rename_undoes_nothing(monkeypatch, stage, home, place, which):
    with monkeypatch.context() as patch:
        patch.setattr(place, struck(resolve_name(place), fail, "before", which))
        assert here(*stage.command, "--home", home).status == 0
    assert tables(home) == stage.after
    with read_books(Home(home)) as books:
        assert findings_of(CHECKS["chain"], books, Home(home)) == []


def test_a_draft_that_does_not_hold_what_was_written_is_not_published(monkeypatch, stage, home):
    was, lost = published(home), []

    def forgetful(engine, table, frame):
        lost.append(table)
        insert(engine, table, frame if table == "runs" else frame.head(frame.height - 1))

    insert = resolve_name("npo_pipeline.books.publish.insert")
    monkeypatch.setattr("npo_pipeline.books.publish.insert", forgetful)
    ended = here(*stage.command, "--home", home)
    assert (ended.status, published(home)) == (3, was)
    assert f"control total of {lost[0]}" in ended.stderr


def test_an_amount_that_arrives_changed_is_not_published(monkeypatch, decided):
    def generous(engine, table, frame):
        insert(engine, table, frame)
        if table == "payments":
            engine.execute("update payments set amount = amount + 0.01")

    insert = resolve_name("npo_pipeline.books.publish.insert")
    monkeypatch.setattr("npo_pipeline.books.publish.insert", generous)
    ended = here("pay", "--month", "2021-09", "--home", decided)
    assert ended.status == 3
    assert "control total of payments" in ended.stderr


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("disk")
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("free", [0, 65536, 400_000])
def test_a_full_disk_changes_nothing(stage, small_disk, free):
    """`free`: bytes left, so that it is full at the name in the lock, the copy, the writing of the draft."""
    home = Path(shutil.copytree(stage.before, small_disk / "home", dirs_exist_ok=True))
    ballast = small_disk / "ballast"
    try:
        room = os.statvfs(small_disk)
        ballast.write_bytes(bytes(max(room.f_bavail * room.f_frsize - free, 0)))
        ended = here(*stage.command, "--home", home)
        assert ended.status == 3, ended
        assert ended.stderr.count("\n") == 1
        assert FULL in ended.stderr
        assert everything(home) == everything(stage.before)
        ballast.unlink()
        assert here(*stage.command, "--home", home).status == 0
        assert tables(home) == stage.after
    finally:
        shutil.rmtree(home)
        ballast.unlink(missing_ok=True)
