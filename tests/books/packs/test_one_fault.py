"""A fault in the report of one board keeps no other board from its report, and is named."""

from __future__ import annotations

import pytest

from npo_pipeline import atomic_file
from npo_pipeline.commands.account.filing_checks import checked_facts
from npo_pipeline.errors import Refused
from npo_pipeline.reports.board_pack import pack
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.conftest import FILED, names, ordinary
from tests.books.packs.country import told

OTHER = ordinary("40003", "05JK")


def of_one(builder, board, error):
    """A builder of files that fails on one board."""

    def build(facts, report):
        if board in facts["board"].to_list():
            raise error
        return builder(facts, report)

    return build


@pytest.mark.parametrize("end", [".xbrl", ".xhtml", ".xlsx", ".csv"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("secret row"), "KeyError in build (test_one_fault.py, line "),
        (Refused("the reason"), "the reason"),
        (OSError(28, "No space left on device", "x.csv"), "x.csv: No space left on device"),
    ],
)
def test_whatever_goes_wrong_with_one_board_is_of_that_board(packed, tmp_path, monkeypatch, end, error, words):
    monkeypatch.setattr(pack, "FORMATS", {**pack.FORMATS, end: of_one(pack.FORMATS[end], "40001", error)})
    result = packed(told(ordinary(), OTHER))
    assert (result.written, list(result.faults)) == (("40003",), ["40001"])
    assert result.faults["40001"].startswith(words)
    assert names(tmp_path / "2021" / "40003") == ["SHA256SUMS", *(one.replace("40001", "40003") for one in FILED)]


def test_the_board_gets_a_page_that_says_whom_to_ask_and_no_reason(packed, tmp_path, monkeypatch):
    story = told(ordinary(), OTHER)
    packed(story)
    named = Refused("it names 40003, which is another board's")
    monkeypatch.setattr(pack, "FORMATS", {**pack.FORMATS, ".csv": of_one(pack.FORMATS[".csv"], "40001", named)})
    packed(story, version="2")
    place = tmp_path / "2021" / "40001"
    assert names(place) == ["SHA256SUMS", "npo-2021-40001.html"], "an older report is no longer true"
    page = (place / "npo-2021-40001.html").read_text("utf-8")
    assert "Het verslag over 2021 van bevoegd gezag 40001 kon niet worden gemaakt" in page
    assert "Vraag het aan wie u dit pakket stuurt" in page
    assert "40003" not in page
    monkeypatch.undo()
    assert packed(story, version="2").written == ("40001",), "once mended it is made again"
    assert names(place) == ["SHA256SUMS", *FILED]


def test_a_page_that_cannot_be_written_either_is_in_the_words(packed, tmp_path, monkeypatch):
    replace = atomic_file.replace_folder

    def fails(folder, beside):
        if folder.name == "40001":
            raise OSError(30, "Read-only file system", str(folder))
        replace(folder, beside)

    monkeypatch.setattr(atomic_file, "replace_folder", fails)
    result = packed(told(ordinary(), OTHER))
    assert result.written == ("40003",)
    assert "Read-only file system; nor could the page be written that says so" in result.faults["40001"]


def test_data_of_another_board_in_one_pack_keeps_no_other_from_its_own(packed, tmp_path):
    leaking = ordinary(name="Zusje van 40003")
    result = packed(told(leaking, OTHER))
    assert result.written == ("40003",)
    assert "it names 40003, which is another board's" in result.faults["40001"]


def test_a_fact_that_is_absent_leaves_out_the_board_it_is_of(monkeypatch):
    def without_accrued(report):
        facts = facts_of(report)
        return facts.remove(board="40001", concept="Accrued")

    monkeypatch.setattr("npo_pipeline.commands.account.filing_checks.facts_of", without_accrued)
    checked = checked_facts(told(ordinary(), OTHER))
    assert checked.faults == {"40001": "missing_fact (01AB, Accrued, duration)"}
    assert checked.facts["board"].unique().to_list() == ["40003"]


def test_facts_that_cannot_be_made_at_all_leave_out_the_board_they_are_of(monkeypatch):
    def fails(report):
        if "40001" in report.accountability["board"].to_list():
            raise ZeroDivisionError
        return facts_of(report)

    monkeypatch.setattr("npo_pipeline.commands.account.filing_checks.facts_of", fails)
    checked = checked_facts(told(ordinary(), OTHER))
    assert list(checked.faults) == ["40001"]
    assert checked.facts.equals(facts_of(told(OTHER)))
