"""What is wrong with one board in a whole account: the others get their reports, and the answer names it."""

from __future__ import annotations

import json

from npo_pipeline.reports.board_pack import pack
from tests.books.accounts.year import CONSENTED, account, done, run
from tests.books.home.delivery import BOARDS, write_addresses, write_consents
from tests.books.home.seeing import select


def test_consent_of_a_school_without_money_is_no_reason_to_write_no_report(accounted, tmp_path):
    folder = write_addresses(tmp_path / "in", {**BOARDS, "05EE00": "10002"})
    assert run(accounted, "ingest", folder, "--reference-date", "2021-10-01").status == 0
    rows = (*CONSENTED, "10002;05EE;2021-2022;J;J;20210617;0;J;20210620;ouderavond;;gaat goed")
    result = done(accounted, "--spending", write_consents(tmp_path / "told", *rows))
    assert select(accounted, "select brin from consents where brin = '05EE'") == [("05EE",)]
    assert (result["faults"], result["without_filing"]) == ({}, [])
    assert result["national"] != []


def test_a_fault_in_one_pack_ends_the_command_at_its_end_and_names_the_board(accounted, monkeypatch):
    def broken(facts, report):
        if "10002" in facts["board"].to_list():
            raise ZeroDivisionError
        return pack.workbook(facts, report)

    monkeypatch.setattr(pack, "FORMATS", {**pack.FORMATS, ".xlsx": broken})
    ended = account(accounted, "--treatment", "overlopende_passiva", "--json")
    assert ended.status == 1
    assert "no report could be made of 1 board: 10002" in ended.stderr
    assert "10002: ZeroDivisionError in broken (test_one_fault.py, line " in ended.stderr
    result = json.loads(ended.stdout)
    assert (result["written"], list(result["faults"])) == (["10001", "10003"], ["10002"])
    folder = accounted / "reports" / "2021"
    assert "kon niet worden gemaakt" in (folder / "10002" / "npo-2021-10002.html").read_text("utf-8")
    assert "bg:10002" not in (folder / "landelijk" / "npo-2021-alle-besturen" / "board.csv").read_text()
    assert "! no report could be made of 10002: ZeroDivisionError" in account(accounted).stdout
    monkeypatch.undo()
    assert done(accounted)["written"] == ["10002"]


def test_a_national_report_that_cannot_be_made_keeps_no_board_from_its_own(accounted, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("npo_pipeline.reports.national.write_taxonomy", broken)
    ended = account(accounted, "--treatment", "overlopende_passiva", "--json")
    assert ended.status == 1
    assert "the national report could not be made" in ended.stderr
    assert len(json.loads(ended.stdout)["written"]) == 3
