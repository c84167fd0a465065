"""What a full check found sound needs no check again: by its content, the taxonomy and Arelle."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

from npo_pipeline.commands.account import filing_checks, sound_filings
from npo_pipeline.commands.account.filing_checks import check_with_arelle
from npo_pipeline.commands.account.sound_filings import FULL_CHECK
from npo_pipeline.errors import Refused
from npo_pipeline.reports.xbrl.arelle import Message, Outcome

BOARDS = ["40001", "40002", "40003"]


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three packs with something in place of a filing, and something in place of a taxonomy."""
    for board in BOARDS:
        place = tmp_path / "2021" / board
        place.mkdir(parents=True)
        for end in ("xbrl", "xbri"):
            (place / f"npo-2021-{board}.{end}").write_text(f"{end} of {board}")
    (tmp_path / "taxonomy.zip").write_bytes(b"taxonomy")
    return tmp_path / "2021"


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The files that Arelle is asked to check; it finds a fault in those of a board that says `wrong`."""
    names: list[str] = []

    def validate(files):
        names.extend(one.path.name for one in files)
        return [outcome(one.path) for one in files]

    def outcome(path: Path) -> Outcome:
        text = path.read_text()
        if text == "broken":
            raise Refused("Arelle could not be run")
        messages = (Message(path.name, "ERROR", "npo:wrong", "this is wrong"),) if text == "wrong" else ()
        return Outcome(path.name, messages, {"va_sum": (1, 0)})

    monkeypatch.setattr(filing_checks, "validate", validate)
    return names


def checked(folder: Path, boards: list[str] = BOARDS) -> filing_checks.CheckedFilings:
    return check_with_arelle(folder, 2021, boards, folder.parent / "taxonomy.zip")


def test_a_check_goes_on_with_what_was_not_checked_yet(folder, asked):
    assert checked(folder, BOARDS[:2]).sound == 4
    asked.clear()
    assert checked(folder).sound == 6
    assert asked == ["npo-2021-40003.xbrl", "npo-2021-40003.xbri"]


def test_a_filing_that_changed_is_checked_again(folder, asked):
    checked(folder)
    asked.clear()
    (folder / "40002" / "npo-2021-40002.xbri").write_text("another")
    assert checked(folder).sound == 6
    assert asked == ["npo-2021-40002.xbrl", "npo-2021-40002.xbri"]


def test_what_is_wrong_is_found_each_time(folder, asked):
    (folder / "40002" / "npo-2021-40002.xbrl").write_text("wrong")
    for _ in range(2):
        found = checked(folder)
        assert found.broken == {"40002": "npo-2021-40002.xbrl: Arelle finds npo:wrong: this is wrong"}
        assert found.sound == 4


@pytest.mark.parametrize("what", ["taxonomy", "arelle", "questions", "damaged"])
def test_all_are_checked_again_by_another_taxonomy_or_arelle_or_when_nothing_is_known(
    folder, asked, what, monkeypatch
):
    checked(folder)
    asked.clear()
    if what == "taxonomy":
        (folder.parent / "taxonomy.zip").write_bytes(b"another taxonomy")
    elif what == "arelle":
        monkeypatch.setattr(sound_filings, "version", lambda name: "9.9.9")
    elif what == "questions":
        other = folder / "other.py"
        other.write_text("another question")
        origins = {sound_filings.ASKING[-1]: SimpleNamespace(origin=str(other))}
        monkeypatch.setattr(sound_filings, "find_spec", lambda name: origins.get(name) or find_spec(name))
    else:
        (folder / FULL_CHECK).write_text('{"checked_by": ')
    assert checked(folder).sound == 6
    assert len(asked) == 6


def test_a_filing_that_cannot_be_checked_is_named_and_the_others_are_checked(folder, asked):
    (folder / "40002" / "npo-2021-40002.xbrl").write_text("broken")
    (folder / "40003" / "npo-2021-40003.xbri").unlink()
    found = checked(folder)
    assert (found.sound, found.broken) == (2, {})
    assert found.unchecked["40002"] == "Arelle could not be run"
    assert found.unchecked["40003"].endswith("npo-2021-40003.xbri: No such file or directory")
