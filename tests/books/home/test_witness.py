"""A witness outside the home knows the last run: a whole older back-up that is put back pays nothing again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from npo_pipeline.books import witness as witness_module
from npo_pipeline.books.paths import Home
from tests.books.home.npo import here
from tests.books.home.seeing import published, select


@pytest.fixture(scope="module")
def witnessed_once(tmp_path_factory, decided_once) -> Path:
    """A folder with a home, its back-up of after September was paid, and the witness of when October was too."""
    folder = tmp_path_factory.mktemp("witnessed")
    shutil.copytree(decided_once, folder / "home")
    assert pay(folder, "2021-09").status == 0
    shutil.copytree(folder / "home", folder / "back-up")
    assert pay(folder, "2021-10").status == 0
    return folder


@pytest.fixture
def folder(tmp_path, witnessed_once) -> Path:
    return Path(shutil.copytree(witnessed_once, tmp_path / "folder"))


def pay(folder: Path, month: str, *more: str, witness: str = "elsewhere.json"):
    named = ("--witness", folder / witness) if witness else ()
    return here("pay", "--month", month, *more, *named, "--home", folder / "home")


def put_back(folder: Path) -> None:
    shutil.rmtree(folder / "home")
    shutil.copytree(folder / "back-up", folder / "home")


def test_each_run_writes_the_last_run_and_its_hash(folder):
    ((run_id, sha256),) = select(folder / "home", "select max_by((run_id, manifest_sha256), run_id) from runs")[0]
    ((first,),) = select(folder / "home", "select manifest_sha256 from runs order by run_id limit 1")
    seen = json.loads((folder / "elsewhere.json").read_text())
    assert seen == {"first": first, "run_id": run_id, "manifest_sha256": sha256}
    assert run_id == "000004-pay-2021-10"


def test_an_older_back_up_pays_nothing_again_and_it_says_what_to_do(folder):
    put_back(folder)
    before = published(folder / "home")
    ended = pay(folder, "2021-10")
    assert ended.status == 3
    assert ended.stderr == (
        f"npo: {folder}/home: is not the newest: its witness {folder}/elsewhere.json has seen 000004-pay-2021-10, "
        "and these books end with 000003-pay-2021-09. Put the newest back-up in place: what was paid since would "
        "be paid again. To go on from these books all the same, empty that file\n"
    )
    assert published(folder / "home") == before


@pytest.mark.parametrize(
    "command",
    [("decide", "--school-year", "2021-2022", "--reason", "again"), ("hold", "--reason", "why", "--by", "A")],
    ids=["decide", "hold"],
)
def test_no_other_run_makes_the_witness_forget_it(folder, command):
    put_back(folder)
    seen = (folder / "elsewhere.json").read_bytes()
    assert here(*command, "--witness", folder / "elsewhere.json", "--home", folder / "home").status == 3
    assert (folder / "elsewhere.json").read_bytes() == seen


def test_the_environment_names_it_too(folder, monkeypatch):
    put_back(folder)
    monkeypatch.setenv("NPO_WITNESS", str(folder / "elsewhere.json"))
    assert "is not the newest" in pay(folder, "2021-10", witness="").stderr


def test_books_that_had_a_witness_pay_nothing_without(folder):
    ended = pay(folder, "2021-11", witness="")
    assert ended.status == 3
    assert "earlier runs had a witness, and without one nothing is paid" in ended.stderr


def test_a_dry_run_status_and_verify_say_it(folder):
    put_back(folder)
    assert "! " + str(folder / "home") + ": is not the newest" in pay(folder, "2021-10", "--dry-run").stdout
    where = ("--witness", folder / "elsewhere.json", "--home", folder / "home")
    assert any("is not the newest" in one for one in here("status", "--json", *where).document["findings"])
    verified = here("verify", *where)
    assert (verified.status, "is not the newest" in verified.stdout) == (5, True)


def test_a_new_witness_does_not_know_whether_the_books_are_the_newest(folder):
    home = Home(folder / "home")
    (folder / "empty.json").touch()
    named = [replace(home, witness=folder / name) for name in ("elsewhere.json", "empty.json", "nothing.json")]
    assert [witness_module.is_witnessed(one) for one in (*named, home)] == [True, False, False, False]


def test_another_history_is_not_the_newest_either(folder):
    put_back(folder)
    assert pay(folder, "2021-10", witness="another.json").status == 3  # The books know that they had one.
    (folder / "another.json").touch()
    assert pay(folder, "2021-10", witness="another.json").status == 0
    ended = pay(folder, "2021-11")
    assert (ended.status, "hold another run in its place" in ended.stderr) == (3, True)


def test_emptied_on_purpose_it_goes_on_from_these_books(folder):
    put_back(folder)
    (folder / "elsewhere.json").write_text("")
    assert pay(folder, "2021-10").status == 0
    assert json.loads((folder / "elsewhere.json").read_text())["run_id"] == "000004-pay-2021-10"


def test_newer_books_than_the_witness_go_on(folder):
    """After a run that named no witness, or could not write it."""
    named = ("decide", "--school-year", "2021-2022", "--reason", "again", "--home", folder / "home")
    assert here(*named).status == 0
    assert pay(folder, "2021-11").status == 0


def test_a_witness_that_is_gone_is_refused(folder):
    (folder / "elsewhere.json").unlink()
    ended = pay(folder, "2021-11")
    assert ended.status == 3
    assert "the witness is not there; mount its disk or share" in ended.stderr


def test_a_folder_that_is_not_there_is_refused_for_a_first_witness_too(decided):
    ended = here("pay", "--month", "2021-09", "--witness", decided.parent / "share" / "npo", "--home", decided)
    assert (ended.status, "mount its disk or share" in ended.stderr) == (3, True)


def test_a_witness_in_the_home_is_none(decided):
    ended = here("pay", "--month", "2021-09", "--witness", decided / "npo.witness", "--home", decided)
    assert (ended.status, "lies in the home" in ended.stderr) == (3, True)


@pytest.mark.parametrize("text", ["rubbish", "{}", "[]", '{"first": 1}'])
def test_what_is_no_witness_is_never_overwritten(folder, text):
    (folder / "elsewhere.json").write_text(text)
    ended = pay(folder, "2021-11")
    assert (ended.status, "cannot be read as a witness" in ended.stderr) == (3, True)
    assert (folder / "elsewhere.json").read_text() == text


def test_the_witness_of_other_books_is_refused(folder, tmp_path):
    other = tmp_path / "other.json"
    other.write_text((folder / "elsewhere.json").read_text().replace('"first": "', '"first": "0'))
    ended = here("pay", "--month", "2021-11", "--witness", other, "--home", folder / "home")
    assert (ended.status, "is the witness of other books" in ended.stderr) == (3, True)


def test_what_cannot_be_written_is_refused_before_anything_is_paid(folder, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(witness_module, "write_whole", full)
    before = published(folder / "home")
    ended = pay(folder, "2021-11")
    assert (ended.status, "the witness cannot be written (No space left on device)" in ended.stderr) == (3, True)
    assert published(folder / "home") == before
