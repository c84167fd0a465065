"""`npo bank` reads files, folders and zips; one file that is refused changes nothing, and the others go on."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.books.bank.released import A, B, C, home_with_a_release, release
from tests.books.home.npo import here
from tests.books.home.seeing import published, select
from tests.spec.bank.messages import booked, given_back, notification, rejected, statement


@pytest.fixture(scope="module")
def sent(tmp_path_factory) -> Path:
    """A home in which three transfers were sent, and the bank did not answer yet."""
    return home_with_a_release(tmp_path_factory.mktemp("sent") / "home")


@pytest.fixture
def home(sent, tmp_path) -> Path:
    return Path(shutil.copytree(sent, tmp_path / "home"))


@pytest.fixture(scope="module")
def answered(sent, tmp_path_factory) -> tuple[Path, Path]:
    """A home and a folder: C was rejected, A booked, B booked and returned; one file is of another account."""
    folder = tmp_path_factory.mktemp("answered")
    home = Path(shutil.copytree(sent, folder / "home"))
    files = folder / "from the bank"
    files.mkdir()
    (files / "1 camt.053.xml").write_bytes(
        statement(booked(A, "10.00"), booked(B, "20.00"), given_back(B, "20.00", "AC04"), booked("RENT", "9.00"))
    )
    (files / "2 pain.002.xml").write_bytes(rejected(C, code="AC01"))
    (files / "3 other.xml").write_bytes(statement(booked(A, "10.00"), account="NL02ABNA0123456789"))
    return home, files


@pytest.fixture(scope="module")
def read(answered):
    home, files = answered
    return here("bank", files, "--json", "--home", home)


def statuses(home: Path) -> list[str]:
    return [status for (status,) in select(home, "select status from transfers order by recipient")]


def test_the_file_that_is_refused_is_named_and_the_others_are_taken_in(answered, read):
    home, _ = answered
    assert read.status == 3
    assert read.stderr == (
        "npo: 3 other.xml: is of account NL02ABNA0123456789, and releases are paid from NL27BANK0123456789; "
        "give the file of that account\n"
    )
    assert read.document["run_id"] == "000002-bank"
    assert [one["file"] for one in read.document["files"]] == ["2 pain.002.xml", "1 camt.053.xml"]
    assert [one["file"] for one in read.document["refused"]] == ["3 other.xml"]
    assert statuses(home) == ["booked", "returned", "rejected"]


def test_what_came_back_is_withheld_again(answered, read):
    rows = "select end_to_end_id, amount::text, reason from withheld order by all"
    assert select(answered[0], rows) == [(B, "20.00", "returned"), (C, "30.00", "rejected")]


def test_a_reference_that_is_not_ours_is_named(read):
    assert read.document["unknown"] == ["1 camt.053.xml, line 3: transfer RENT is not of these books"]


def test_the_same_files_again_change_nothing(answered, read):
    home, files = answered
    before = published(home)
    ended = here("bank", files / "1 camt.053.xml", files / "2 pain.002.xml", "--home", home)
    assert (ended.status, ended.stderr) == (0, "")
    assert ended.stdout == "Nothing to do: these files were read before\n"
    assert published(home) == before


def test_status_shows_what_came_back(answered, read):
    document = here("status", "--json", "--home", answered[0]).document
    assert document["sent_out"] == []
    shown = [(one["recipient"], one["status"], one["reason_code"]) for one in document["came_back"]]
    assert shown == [("40047", "rejected", "AC01"), ("40046", "returned", "AC04")]


def test_status_shows_what_is_out(sent):
    (out,) = here("status", "--json", "--home", sent).document["sent_out"]
    assert {**out, "days": 0} == {
        "currency": "EUR",
        "transfers": 3,
        "amount": "60.00",
        "oldest": "2021-09-24",
        "days": 0,
    }
    assert out["days"] > 1_000


def test_a_person_reads_what_happened(home, tmp_path, monkeypatch):
    path = tmp_path / "pain.xml"
    path.write_bytes(rejected(C, code="AC04"))
    monkeypatch.setenv("NPO_LANG", "nl")
    ended = here("bank", path, "--home", home)
    assert ended.status == 0
    assert "geweigerd" in ended.stdout
    assert "de rekening is opgeheven" in ended.stdout


def test_a_zip_is_read(home, tmp_path):
    path = tmp_path / "day.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("camt.054.xml", notification(booked(A, "10.00")))
    ended = here("bank", path, "--json", "--home", home)
    assert ended.status == 0
    assert statuses(home) == ["booked", "sent", "sent"]
    assert [one["status"] for one in ended.document["changed"]] == ["booked"]


def test_a_file_that_is_refused_alone_changes_nothing(home, tmp_path):
    path = tmp_path / "camt.053.xml"
    path.write_bytes(statement(booked(A, "10.00"))[:400])
    before = published(home)
    ended = here("bank", path, "--json", "--home", home)
    assert ended.status == 3
    assert "camt.053.xml, line 3, column" in ended.stderr
    assert "is cut off or damaged" in ended.stderr
    assert ended.document["error"]["kind"] == "refused"
    assert published(home) == before


def test_before_anything_was_released_there_is_nothing_to_answer(tmp_path):
    from tests.books.blank import blank

    path = tmp_path / "pain.002.xml"
    path.write_bytes(rejected(C))
    ended = here("bank", path, "--home", blank(tmp_path / "home"))
    assert ended.status == 3
    assert "nothing was released yet" in ended.stderr


def test_money_that_may_have_gone_out_twice_is_named_until_it_comes_back(home, tmp_path):
    again = "NPO-202109-40047-00000000000d"
    files = [rejected(C), statement(booked(C, "30.00")), statement(given_back(C, "30.00"))]
    for number, data in enumerate(files):
        (tmp_path / f"{number}.xml").write_bytes(data)
    assert here("bank", tmp_path / "0.xml", "--home", home).status == 0
    release(home, "NPO-2021-09-002", (again, "40047", "30.00"))
    ended = here("bank", tmp_path / "1.xml", "--home", home)
    words = (
        f"{C} (€ 30,00 to 40047) was booked on 2021-09-24, and its payments were sent again in {again}: money may "
        "have gone out twice; ask the bank"
    )
    assert ended.status == 0
    assert f"! {words}\n" in ended.stdout
    assert words in here("status", "--json", "--home", home).document["findings"]
    assert here("bank", tmp_path / "2.xml", "--json", "--home", home).document["contradictions"] == []
    assert words not in here("status", "--json", "--home", home).document["findings"]
