"""`npo restore`: a back-up becomes the home again, checked before, or nothing is changed; a drill of a loss."""

from __future__ import annotations

import json
import os
import shutil
import signal
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from pkgutil import resolve_name

import pytest

from npo_pipeline.books import backups, copies
from npo_pipeline.books.backups import read_backup
from npo_pipeline.books.copies import sha256_of
from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import locked
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.commands import backup as backing
from npo_pipeline.commands import restore as module
from npo_pipeline.commands.backup import BackUpRequest, back_up
from npo_pipeline.commands.restore import RestoreRequest, restore
from npo_pipeline.commands.verify.command import VerifyResult
from npo_pipeline.errors import Refused
from tests.books.home.driver import struck
from tests.books.home.npo import here
from tests.books.home.seeing import everything, published, select, tables
from tests.books.home.test_formats import unpack

NIGHT = datetime(2026, 11, 28, 2, 0, 0)


@pytest.fixture(scope="module")
def lost_once(paid_once, decided_once, tmp_path_factory) -> Path:
    """A home with files of all kinds, its back-up, and a back-up of when nothing was paid."""
    folder = tmp_path_factory.mktemp("lost")
    (folder / "dest").mkdir()
    home = Path(shutil.copytree(paid_once, folder / "home"))
    (home / "bank").mkdir(mode=0o750)
    (home / "bank" / "debtor.yaml").write_text("debtor: {}")
    (home / "bank" / "debtor.yaml").chmod(0o600)
    (home / "bank" / "same.yaml").symlink_to("debtor.yaml")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("verify", "verify_unmarked"):
            patch.setattr(backing, name, lambda home: VerifyResult({}, ()))
        back_up(BackUpRequest(home=Home(home), dest=folder / "dest"), clock=lambda: NIGHT)
    return folder


@pytest.fixture
def folder(lost_once, tmp_path) -> Path:
    return Path(shutil.copytree(lost_once, tmp_path / "lost", symlinks=True))


@pytest.fixture
def tied(monkeypatch):
    """Books that tie without a look at them."""
    monkeypatch.setattr(module, "verify_unmarked", lambda home: VerifyResult({}, ()))


def only(folder: Path) -> Path:
    (found,) = (folder / "dest").iterdir()
    return found


def test_it_is_the_home_again_and_verifies(folder):
    ended = here("restore", folder / "dest", "--home", folder / "new")
    assert (ended.status, ended.stderr) == (0, "")
    assert "Every file is as its checksum says, and the books tie" in ended.stdout
    was = everything(folder / "home")
    del was["backed-up.json"]
    assert everything(folder / "new") == was
    backups.check_files(read_backup(only(folder)))
    assert (folder / "new" / "bank" / "debtor.yaml").stat().st_mode & 0o777 == 0o600
    assert (folder / "new" / "bank").stat().st_mode & 0o777 == 0o750
    assert os.readlink(folder / "new" / "bank" / "same.yaml") == "debtor.yaml"


def test_a_restored_home_is_another_home_for_retention(tied, folder, monkeypatch):
    assert here("restore", folder / "dest", "--home", folder / "new").status == 0
    for name in ("verify", "verify_unmarked"):
        monkeypatch.setattr(backing, name, lambda home: VerifyResult({}, ()))
    done = back_up(BackUpRequest(home=Home(folder / "new"), dest=folder / "dest", keep=1))
    assert (done.removed, len(os.listdir(folder / "dest"))) == ([], 2)
    ended = here("restore", folder / "dest", "--home", folder / "newer")
    assert (ended.status, "holds back-ups of several homes; name one" in ended.stderr) == (3, True)


def test_a_home_that_has_something_in_it_is_kept(tied, folder):
    was = everything(folder / "home")
    ended = here("restore", folder / "dest", "--home", folder / "home")
    assert (ended.status, ended.stderr.count("\n")) == (3, 1)
    assert "holds books, and nothing is overwritten; name another --home, or give --replace" in ended.stderr
    (folder / "notes").mkdir()
    (folder / "notes" / "a.txt").touch()
    ended = here("restore", folder / "dest", "--home", folder / "notes")
    assert (ended.status, "is not empty (it holds a.txt)" in ended.stderr) == (3, True)
    assert everything(folder / "home") == was


def test_the_older_home_is_moved_aside_and_its_place_is_named(tied, folder):
    assert here("pay", "--month", "2021-11", "--home", folder / "home").status == 0
    (folder / "home" / "prefect").mkdir()
    older = published(folder / "home")
    ended = here("restore", folder / "dest", "--replace", "--home", folder / "home", "--json")
    replaced = Path(ended.document["replaced"])
    assert published(replaced) == older
    assert replaced.parent == folder / "home" / "replaced"
    assert published(folder / "home") == published(only(folder) / "home")
    assert (folder / "home" / "prefect").is_dir()
    assert not (folder / "home" / "backed-up.json").exists()


def test_a_home_may_be_the_root_of_a_disk(tied, folder):
    """A volume is there, empty but for what the file system or the container made in it."""
    (folder / "volume" / "lost+found").mkdir(parents=True)
    inode = (folder / "volume").stat().st_ino
    assert here("restore", folder / "dest", "--home", folder / "volume").status == 0
    assert (folder / "volume").stat().st_ino == inode


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("changed", "home/bank/debtor.yaml differs from its checksum"),
        ("gone", "home/bank/debtor.yaml is gone"),
        ("more", "home/bank/more.xml is not of it"),
        ("link", "home/bank/debtor.yaml cannot be read"),
        ("sums", "SHA256SUMS cannot be read"),
        ("record", "backup.json cannot be read"),
        ("outside", "SHA256SUMS cannot be read"),
    ],
)
def test_a_damaged_back_up_is_refused_and_the_file_named(tied, folder, fault, words):
    made = only(folder)
    file = made / "home" / "bank" / "debtor.yaml"
    if fault in ("gone", "link"):
        file.unlink()
    if fault == "link":
        file.symlink_to("/etc/hostname")
    if fault == "outside":
        with (made / "SHA256SUMS").open("a") as sums:
            sums.write(f"{'0' * 64}  home/../../outside\n")
    written = {"changed": file, "more": file.with_name("more.xml"), "record": made / "backup.json"}
    written |= {"sums": made / "SHA256SUMS"}
    if fault in written:
        written[fault].write_text("{ other")
    ended = here("restore", made, "--home", folder / "new")
    assert (ended.status, ended.stderr.count("\n")) == (3, 1)
    assert words in ended.stderr
    assert not (folder / "new").exists()


def test_a_file_that_is_changed_after_it_was_compared_is_refused(tied, folder, monkeypatch):
    file = only(folder) / "home" / "bank" / "debtor.yaml"
    compared = struck(backups.check_files, lambda: file.write_text("debtor: {other}"), "after")
    monkeypatch.setattr(backups, "check_files", compared)
    ended = here("restore", folder / "dest", "--home", folder / "new")
    assert (ended.status, "bank/debtor.yaml differs from its checksum" in ended.stderr) == (3, True)
    assert published(folder / "new") == {}


@pytest.mark.parametrize("name", ["../outside", "/outside", "out/side"])
def test_a_record_that_leads_out_of_the_home_is_refused(folder, name):
    made, outside = only(folder), folder / "outside"
    outside.mkdir()
    record = json.loads((made / "backup.json").read_text())
    record["links"] |= {"out": str(outside), name: "planted"}
    (made / "backup.json").write_text(json.dumps(record))
    ended = here("restore", made, "--home", folder / "new")
    assert (ended.status, "backup.json cannot be read" in ended.stderr) == (3, True)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("wrong", [{"first": []}, {"links": {"a": 1}}, {"bytes": "many"}, {"when": None}])
def test_a_record_with_something_else_in_it_is_refused(folder, wrong):
    record = only(folder) / "backup.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), **wrong}))
    ended = here("restore", only(folder), "--home", folder / "new")
    assert (ended.status, "backup.json cannot be read" in ended.stderr) == (3, True)


def test_books_are_verified_whatever_the_record_says_of_their_format(folder, monkeypatch):
    record, sums = only(folder) / "backup.json", only(folder) / "SHA256SUMS"
    before = sha256_of(record)
    record.write_text(json.dumps({**json.loads(record.read_text()), "format": 1}))
    sums.write_text(sums.read_text().replace(before, sha256_of(record)))
    monkeypatch.setattr(module, "verify_unmarked", lambda home: VerifyResult({}, ("payments: one is forged",)))
    assert here("restore", folder / "dest", "--home", folder / "new").status == 5


@pytest.mark.parametrize(
    ("name", "text", "leads_out"),
    [
        ("bank/same.yaml", "debtor.yaml", False),
        ("bank/style", "../style", False),
        ("bank/style", "../../style", True),
        ("reports", "/mnt/other", True),
    ],
)
def test_a_link_that_leads_out_of_the_home_is_named(folder, name, text, leads_out):
    made = replace(read_backup(only(folder)), links={name: text})
    remarks = list(module._remarks_on(made, FORMAT, unwitnessed=False))
    words = f"links that lead out of the home are links again: {name}; look where they lead"
    assert remarks == [words] * leads_out


@pytest.mark.parametrize(
    ("source", "words"),
    [("nowhere", "there is no such folder"), ("empty", "holds no back-up"), ("home/npo.duckdb", "is no folder")],
)
def test_what_is_no_back_up_is_refused(folder, source, words):
    (folder / "empty").mkdir()
    ended = here("restore", folder / source, "--home", folder / "new")
    assert (ended.status, words in ended.stderr) == (3, True)


def test_one_of_a_newer_program_is_refused(folder):
    record = only(folder) / "backup.json"
    record.write_text(record.read_text().replace('"backup": 1', '"backup": 2'))
    ended = here("restore", only(folder), "--home", folder / "new")
    assert (ended.status, "was made by a newer npo" in ended.stderr) == (3, True)


def test_books_of_an_older_format_are_kept_and_restored_as_they_are(tied, tmp_path, monkeypatch):
    for name in ("verify", "verify_unmarked"):
        monkeypatch.setattr(backing, name, lambda home: VerifyResult({}, ()))
    (tmp_path / "dest").mkdir()
    home = unpack("format-7", tmp_path / "home")
    assert here("backup", tmp_path / "dest", "--home", home).status == 0
    ended = here("restore", tmp_path / "dest", "--home", tmp_path / "new")
    assert (ended.status, "! the books are of format 7; the next run" in ended.stdout) == (0, True)
    assert published(tmp_path / "new") == published(home)


def test_a_back_up_of_books_that_did_not_tie_is_restored_only_when_asked(tied, folder, monkeypatch):
    broken = VerifyResult({}, ("payments: one is forged",))
    monkeypatch.setattr(backing, "verify", lambda home: broken)
    done = back_up(BackUpRequest(home=Home(folder / "home"), dest=folder / "dest", even_if_broken=True))
    assert restore(RestoreRequest(source=folder / "dest", home=Home(folder / "newest"))).made.when < done.made.when
    ended = here("restore", done.made.folder, "--home", folder / "new")
    assert (ended.status, "is of books that did not tie" in ended.stderr) == (3, True)
    assert here("restore", done.made.folder, "--even-if-broken", "--home", folder / "new").status == 0


def test_what_does_not_tie_is_not_put_in_place(folder, monkeypatch):
    monkeypatch.setattr(module, "verify_unmarked", lambda home: VerifyResult({}, ("payments: one is forged",)))
    was = everything(folder / "home")
    ended = here("restore", folder / "dest", "--replace", "--home", folder / "home")
    assert (ended.status, "so nothing was put in place" in ended.stderr) == (5, True)
    assert everything(folder / "home") == was


def test_a_home_that_is_busy_is_not_replaced(folder):
    was = published(folder / "home")
    with locked(Home(folder / "home"), "pay", now=NIGHT):
        ended = here("restore", folder / "dest", "--replace", "--home", folder / "home")
    assert (ended.status, "is held by pay" in ended.stderr) == (4, True)
    assert published(folder / "home") == was


def test_a_disk_that_fills_up_changes_nothing(tied, folder, monkeypatch):
    was = everything(folder / "home")
    real, calls = Path.rename, []

    def full(self, target):
        calls.append(self)
        if len(calls) == 6:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(Refused, match="No space left on device"):
        restore(RestoreRequest(source=folder / "dest", home=Home(folder / "home"), replace=True))
    assert everything(folder / "home") == was


def test_killed_at_any_point_a_home_has_all_of_its_books_or_no_run_begins(tied, folder, tmp_path, country):
    """Then the same command puts it right; nothing of the older home is lost."""
    older, whole = published(folder / "home"), published(only(folder) / "home")
    assert here("pay", "--month", "2021-11", "--home", folder / "home").status == 0
    later = published(folder / "home")
    left: list[Path] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "THREADS", 1)
        for point in ("pathlib.Path.rename", "npo_pipeline.books.copies.copy_file"):
            patch.setattr(point, _watched(resolve_name(point), lambda: _keep(folder / "home", tmp_path, left)))
        request = RestoreRequest(source=folder / "dest", home=Home(folder / "home"), replace=True)
        restore(request, clock=lambda: NIGHT)
    assert len(left) > 10
    kinds = {frozenset(str(one.relative_to(home)) for one in home.rglob("*")): home for home in left}
    for home in kinds.values():
        found = published(home)
        if "npo.duckdb" in found:
            assert found in (later, whole)
        elif any(name != "npo.duckdb" for name in found):
            assert here("ingest", country, "--reference-date", "2020-10-01", "--home", home).status == 3
        again = RestoreRequest(source=folder / "dest", home=Home(home), replace=True)
        restore(again, clock=lambda: NIGHT)  # In the same second, as whatever starts it again may be quick.
        assert published(home) == whole == older
        kept = [one.read_bytes() for one in home.rglob("npo.duckdb")]
        assert later["npo.duckdb"] in kept


def _keep(home: Path, folder: Path, left: list[Path]) -> None:
    aside = folder / f"left-{len(left)}"
    os.system(f"cp -a '{home}' '{aside}'")
    left.append(aside)


def _watched(real, see):
    def wrapped(*arguments, **named):
        see()
        return real(*arguments, **named)

    return wrapped


def test_a_killed_process_is_no_other(npo, folder):
    dying = {"npo_pipeline.books.copies.copy_file": "die after 4"}
    ended = npo("restore", folder / "dest", "--home", folder / "new", effects=dying)
    assert ended.status == -signal.SIGKILL
    assert published(folder / "new") == {}
    assert here("restore", folder / "dest", "--home", folder / "new").status == 0
    assert list((folder / "new" / "work").iterdir()) == []


def test_the_drill(decided_once, tmp_path, monkeypatch):
    """A month is paid and kept, another is paid, the home is lost: the witness knows, nothing is paid twice."""
    for name in ("verify", "verify_unmarked"):
        monkeypatch.setattr(backing, name, lambda home: VerifyResult({}, ()))  # A back-up verifies: `test_backup`.
    home, witness, dest = tmp_path / "home", tmp_path / "elsewhere.json", tmp_path / "dest"
    shutil.copytree(decided_once, home)
    dest.mkdir()
    at = ("--home", home, "--witness", witness)
    assert here("pay", "--month", "2021-09", *at).status == 0
    assert here("backup", dest, "--keep", "7", *at).status == 0
    assert here("pay", "--month", "2021-10", *at).status == 0
    paid = tables(home)["payments"]
    shutil.rmtree(home)

    ended = here("restore", dest, *at)
    assert ended.status == 3
    assert "it ends with 000003-pay-2021-09, and the witness" in ended.stderr
    assert "has seen 000004-pay-2021-10" in ended.stderr
    assert not home.exists()

    ended = here("restore", dest, "--older", *at)
    assert ended.status == 0
    assert "! The runs after 000003-pay-2021-09, until 000004-pay-2021-10, are lost" in ended.stdout
    assert here("pay", "--month", "2021-10", "--catch-up", *at).status == 3

    witness.write_text("")
    assert here("pay", "--month", "2021-10", "--catch-up", *at).status == 0
    assert tables(home)["payments"] == paid
    assert "nothing left to pay" in here("pay", "--month", "2021-10", *at).stdout
    assert select(home, "select count(*) = count(distinct payment_id) from payments") == [(True,)]
    assert json.loads(witness.read_text())["run_id"] == "000004-pay-2021-10"
    assert here("verify", *at).status == 0
    assert here("backup", dest, "--keep", "7", *at).status == 0
    assert [read_backup(one).run_id for one in sorted(dest.iterdir())] == [
        "000003-pay-2021-09",
        "000004-pay-2021-10",
    ]
