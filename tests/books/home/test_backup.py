"""`npo backup`: a whole copy under its own name or none at all; older ones go only where newer ones are whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from pkgutil import resolve_name
from threading import Timer

import duckdb
import pytest

from npo_pipeline.books import copies
from npo_pipeline.books.backups import backups_in, check_files, place_of, read_backup, read_mark, write_mark
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from npo_pipeline.commands import backup as module
from npo_pipeline.commands.backup import BackUpRequest, back_up
from npo_pipeline.commands.verify.command import VerifyResult
from npo_pipeline.errors import Refused
from tests.books.home.driver import fail, struck
from tests.books.home.npo import checking, here
from tests.books.home.seeing import everything, published, watched

NIGHT = datetime(2026, 11, 28, 2, 0, 0)
LAST = "000004-pay-2021-10"
NAME = f"npo-20261128T020000Z-{LAST}"


@pytest.fixture(scope="module")
def kept_once(paid_once, tmp_path_factory) -> Path:
    """A folder with a home that has more in it than books, and a folder with one back-up of it."""
    folder = tmp_path_factory.mktemp("kept")
    home = Path(shutil.copytree(paid_once, folder / "home"))
    for name in ("bank/debtor.yaml", "prefect/password", "work/half/npo.duckdb", "replaced/old/npo.duckdb"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    (home / "bank").chmod(0o750)
    (home / "bank" / "debtor.yaml").chmod(0o640)
    (home / "huisstijl\n\\.css").write_text("a name that some file systems allow")
    (folder / "dest").mkdir()
    made(folder)
    return folder


@pytest.fixture
def folder(kept_once, tmp_path) -> Path:
    copied = Path(shutil.copytree(kept_once, tmp_path / "kept"))
    # A copy is another home; this one is to be the same.
    mark = copied / "home" / "backed-up.json"
    mark.write_text(mark.read_text().replace(str(kept_once), str(copied)))
    return copied


@pytest.fixture
def tied(monkeypatch):
    """Books that tie without a look at them: that takes longer than all else that a back-up does."""
    for name in ("verify", "verify_unmarked"):
        monkeypatch.setattr(module, name, lambda home: VerifyResult({}, ()))


def made(folder: Path, night: int = 0, home: str = "home", **asked: object) -> module.BackedUp:
    request = BackUpRequest(home=Home(folder / home), dest=folder / "dest", **asked)
    return back_up(request, clock=lambda: NIGHT + timedelta(days=night))


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / "dest"))


def test_it_holds_all_of_the_home_but_what_is_of_this_place(kept_once):
    kept = everything(kept_once / "dest" / NAME / "home")
    there = everything(kept_once / "home")
    assert kept == {
        name: content
        for name, content in there.items()
        if name.partition("/")[0] not in ("prefect", "work", "replaced", "backed-up.json")
    }
    assert "bank/debtor.yaml" in kept


def test_every_file_of_it_is_as_its_checksum_says(kept_once):
    """Also after the copy was verified, which leaves a mark in a home."""
    assert (kept_once / "home" / "verified.json").exists()
    assert len(check_files(read_backup(kept_once / "dest" / NAME))) == read_backup(kept_once / "dest" / NAME).files


def test_anyone_can_check_it_and_it_says_what_it_is_of(kept_once):
    folder = kept_once / "dest" / NAME
    check = ["sha256sum", "--quiet", "-c", "SHA256SUMS"]
    ended = subprocess.run(check, cwd=folder, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    record = read_backup(folder)
    assert (record.run_id, record.when, record.findings) == (LAST, "2026-11-28T02:00:00Z", 0)
    assert record.modes["bank/debtor.yaml"] == "640"
    witness = json.loads((folder / "witness.json").read_bytes())
    assert witness == {"first": record.first, "run_id": LAST, "manifest_sha256": record.manifest_sha256}


def test_who_may_read_the_home_may_read_it_and_nobody_else(tied, folder):
    (folder / "home").chmod(0o750)
    one = made(folder, night=1).made.folder
    assert [path.stat().st_mode & 0o777 for path in (one, one / "home", one / "home" / "bank")] == [0o750] * 3


def test_the_witness_in_it_is_one(kept_once):
    witness = kept_once / "dest" / NAME / "witness.json"
    with checking("chain"):
        assert here("verify", "--home", kept_once / "home", "--witness", witness).status == 0


def test_the_home_knows_its_last_back_up(kept_once):
    mark = json.loads((kept_once / "home" / "backed-up.json").read_bytes())
    assert mark["where"] == str((kept_once / "dest" / NAME).resolve())
    assert (mark["when"], mark["run_id"]) == ("2026-11-28T02:00:00Z", LAST)


def test_the_command_says_what_it_made(tied, folder):
    ended = here("backup", folder / "dest", "--home", folder / "home", "--json")
    answer = ended.document
    assert (ended.status, answer["run_id"], answer["ties"], answer["removed"]) == (0, LAST, True, [])
    assert read_backup(Path(answer["folder"])).files == answer["files"]
    plain = here("backup", folder / "dest", "--keep", "1", "--home", folder / "home")
    assert f"Removed {NAME}, which is older than the ones to keep" in plain.stdout


def test_the_newest_are_kept_of_this_home_alone(tied, folder, paid_once):
    shutil.copytree(paid_once, folder / "other")
    made(folder, night=1, home="other")
    (folder / "dest" / "npo-of-somebody").mkdir()
    for night in (2, 3, 4):
        done = made(folder, night=night, keep=2)
    assert done.removed == [f"npo-20261130T020000Z-{LAST}"]
    assert names(folder) == [
        f"npo-20261129T020000Z-{LAST}",
        f"npo-20261201T020000Z-{LAST}",
        f"npo-20261202T020000Z-{LAST}",
        "npo-of-somebody",
    ]


def test_a_copy_of_a_home_is_another_home(tied, folder):
    assert made(folder, night=1, keep=1).removed == [NAME]
    shutil.copytree(folder / "home", folder / "copied")
    assert made(folder, night=2, home="copied", keep=1).removed == []
    (folder / "home").rename(folder / "moved")
    assert made(folder, night=3, home="moved", keep=1).removed == [f"npo-20261129T020000Z-{LAST}"]


def test_the_root_of_another_disk_is_another_home_though_it_has_the_same_inode(folder):
    home = Home(folder / "home")
    mark = read_mark(home)
    elsewhere = {**place_of(home), "path": "/of/the/first"}
    write_mark(home, replace(mark, place=elsewhere))
    assert read_mark(home) == replace(mark, place=elsewhere)
    write_mark(home, replace(mark, place={**elsewhere, "device": 0}))
    assert read_mark(home) is None


def test_books_that_do_not_tie_are_kept_only_when_asked_and_take_no_other_place(folder, monkeypatch):
    with duckdb.connect(str(folder / "home" / "npo.duckdb")) as books:
        books.execute("update payments set amount = amount + 1")
    ended = here("backup", folder / "dest", "--keep", "1", "--home", folder / "home")
    assert (ended.status, names(folder)) == (5, [NAME])
    assert "the books do not tie, so no back-up was made" in ended.stderr
    monkeypatch.setattr(module, "verify", lambda home: VerifyResult({}, ("payments: one is forged",)))
    ended = here("backup", folder / "dest", "--keep", "1", "--even-if-broken", "--home", folder / "home")
    assert (ended.status, len(names(folder))) == (5, 2)
    assert "were kept as they are in" in ended.stderr
    mark = json.loads((folder / "home" / "backed-up.json").read_bytes())
    assert mark["when"] == "2026-11-28T02:00:00Z"
    for name in ("verify", "verify_unmarked"):
        monkeypatch.setattr(module, name, lambda home: VerifyResult({}, ()))
    assert made(folder, night=1, keep=2).removed == []


def test_books_that_cannot_be_read_are_kept_when_asked(folder):
    (folder / "home" / "npo.duckdb").write_bytes(b"no database")
    assert here("backup", folder / "dest", "--home", folder / "home").status == 3
    done = made(folder, night=1, even_if_broken=True)
    assert done.made.folder.name == "npo-20261129T020000Z-unread"
    assert (done.made.folder / "home" / "npo.duckdb").read_bytes() == b"no database"


@pytest.mark.parametrize(
    ("dest", "words"),
    [
        ("home", "lies in the home"),
        ("home/bank", "lies in the home"),
        ("link", "lies in the home"),
        (".", "the home lies in it"),
        ("no/where", "there is no such folder; mount its disk or share, or make the folder first"),
        ("file", "is no folder"),
        ("unmounted", "which is not there; mount or make that first"),
        ("what?", "which DuckDB reads as something else; give it a path without it"),
        ("file/in/it", "there is no such folder; mount its disk or share, or make the folder first"),
    ],
)
def test_a_place_that_is_none_is_refused(folder, dest, words):
    (folder / "link").symlink_to(folder / "home" / "bank")
    (folder / "unmounted").symlink_to(folder / "nowhere")
    (folder / "file").touch()
    ended = here("backup", folder / dest, "--home", folder / "home")
    assert (ended.status, ended.stderr.count("\n")) == (3, 1)
    assert words in ended.stderr


def test_a_folder_is_made_once_and_one_that_is_gone_later_is_a_share_that_is_not_mounted(tied, folder):
    assert here("backup", folder / "new", "--home", folder / "home").status == 0
    (folder / "new").rename(folder / "unmounted")
    ended = here("backup", folder / "new", "--home", folder / "home")
    assert (ended.status, "there is no such folder; mount its disk or share" in ended.stderr) == (3, True)
    assert not (folder / "new").exists()


def test_a_home_that_is_busy_is_waited_for_as_long_as_asked(tied, folder):
    with ExitStack() as busy:
        busy.enter_context(locked(Home(folder / "home"), "pay", now=NIGHT))
        ended = here("backup", folder / "dest", "--home", folder / "home")
        assert (ended.status, "is held by pay" in ended.stderr) == (4, True)
        Timer(0.5, busy.pop_all().close).start()
        assert here("backup", folder / "dest", "--wait", "30", "--home", folder / "home").status == 0
    assert len(names(folder)) == 2


def test_a_link_is_a_link_and_is_not_followed(tied, folder):
    (folder / "secret").write_text("of another")
    (folder / "home" / "secret").symlink_to(folder / "secret")
    (folder / "home" / "bank" / "same.xml").symlink_to("debtor.yaml")
    done = made(folder, night=1)
    assert any("lead out of the home were kept as links" in one and "secret" in one for one in done.remarks)
    assert not (done.made.folder / "home" / "secret").exists()
    assert done.made.links == {"secret": str(folder / "secret"), "bank/same.xml": "debtor.yaml"}


def test_reports_elsewhere_would_not_be_in_it_so_it_is_refused(tied, folder, monkeypatch):
    """A link to another disk: the home ties by what is there, and the copy cannot."""
    (folder / "home" / "reports").symlink_to(folder)
    monkeypatch.setattr(module, "verify_unmarked", lambda home: VerifyResult({}, ("reports: 10001 is gone",)))
    with pytest.raises(Refused, match=r"what links lead to is not copied.*reports"):
        made(folder, night=1)
    assert names(folder) == [NAME]


def test_a_disk_that_gives_back_other_bytes_is_refused(tied, folder, monkeypatch):
    monkeypatch.setattr(module, "sha256_of", lambda path: "0" * 64)
    with pytest.raises(Refused, match=r"was read back otherwise than it was written.*do not trust that disk"):
        made(folder, night=1)
    assert names(folder) == [NAME]


def test_a_full_disk_is_said_before_and_where_it_comes_during(tied, folder, monkeypatch):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "copy_file", struck(copies.copy_file, fail, "before", 3))
        ended = here("backup", folder / "dest", "--home", folder / "home")
    assert (ended.status, names(folder)) == (3, [NAME])
    assert "No space left on device" in ended.stderr
    assert "nothing was kept of it" in ended.stderr
    none = shutil._ntuple_diskusage(10, 10, 0)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda path: none)
    with pytest.raises(Refused, match="has 0 MB left"):
        made(folder, night=1)


def test_a_folder_without_the_right_to_write_is_refused(folder, monkeypatch):
    monkeypatch.setattr(module.os, "access", lambda path, how: False)
    with pytest.raises(Refused, match="no right to write in it"):
        made(folder, night=1)


def test_a_file_that_is_written_meanwhile_is_refused(tied, folder, monkeypatch):
    moments = iter(range(999))
    monkeypatch.setattr(copies, "_moment", lambda handle: next(moments))
    with pytest.raises(Refused, match="was changed while it was copied"):
        made(folder, night=1)
    assert names(folder) == [NAME]


def test_books_that_another_program_wrote_meanwhile_are_refused(tied, folder, monkeypatch):
    copied = module.copy_home
    written = struck(copied, lambda: os.utime(folder / "home" / "npo.duckdb"), "after")
    monkeypatch.setattr(module, "copy_home", written)
    with pytest.raises(Refused, match=r"npo\.duckdb: was changed while it was copied; close the program"):
        made(folder, night=1)
    assert names(folder) == [NAME]


POINTS = [
    "npo_pipeline.commands.backup.verify",
    "npo_pipeline.commands.backup.verify_unmarked",
    "npo_pipeline.books.copies.copy_file",
    "npo_pipeline.commands.backup.sha256_of",
    "npo_pipeline.books.backups.write_synced",
    "npo_pipeline.books.backups.write_mark",
    "pathlib.Path.rename",
    "shutil.rmtree",
]


def test_killed_at_any_point_nothing_half_done_is_taken_for_a_back_up_and_the_next_removes_it(
    tied, folder, tmp_path
):
    """What a process had written when it was killed is there: a copy of the folder at a point is what is left."""
    left: list[tuple[str, Path]] = []

    def see(point):
        aside = tmp_path / f"left-{len(left)}"
        aside.mkdir()
        subprocess.run(["cp", "-a", folder / "dest", aside / "dest"], check=True)
        left.append((point, aside / "dest"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "THREADS", 1)
        for point in POINTS:
            patch.setattr(point, watched(resolve_name(point), point, see))
        made(folder, night=1, keep=1)
    assert {point for point, _ in left} == {f"{when} {one}" for one in POINTS for when in ("before", "after")}
    for point, dest in left:
        whole = backups_in(dest)
        assert whole, point
        for one in whole:
            check_files(one)
        assert {path.name for path in dest.iterdir() if not path.name.startswith(".")} == {
            one.folder.name for one in whole
        }

    half = next(dest for point, dest in left if point == "after npo_pipeline.books.copies.copy_file")
    shutil.rmtree(folder / "dest")
    half.rename(folder / "dest")
    (partial,) = (name for name in names(folder) if name.endswith(".partial"))
    of_another = re.sub(r"\.[0-9a-f]{32}\.", ".0123456789abcdef0123456789abcdef.", partial)
    (folder / "dest" / of_another).mkdir()
    made(folder, night=2)
    assert names(folder) == [of_another, NAME, f"npo-20261130T020000Z-{LAST}"]


def test_what_is_left_and_cannot_be_removed_keeps_nobody_from_a_back_up(tied, folder, monkeypatch):
    mark = json.loads((folder / "home" / "backed-up.json").read_bytes())
    left = f".npo-of-another-night.{mark['home_id']}.removed"
    (folder / "dest" / left).mkdir()
    monkeypatch.setattr(module, "remove", struck(module.remove, fail, "before", 1))
    done = made(folder, night=1)
    assert any("what stopped back-ups left could not be removed" in one for one in done.remarks)
    assert names(folder) == [left, NAME, f"npo-20261129T020000Z-{LAST}"]


def test_the_books_are_as_they_were(kept_once, paid_once):
    assert published(kept_once / "home") == published(paid_once)
