"""A folder per board: whole or not there, written again only when something changed."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.reports.board_pack.pack import write_packs
from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.reports.xbrl.taxonomy.package import taxonomy_files
from tests.books.packs.big import many
from tests.books.packs.conftest import FILED, content, names, odd, ordinary
from tests.books.packs.country import Board, School, told


def test_a_board_has_its_page_its_filing_a_workbook_a_table_and_their_sums(packed, tmp_path):
    story = told(ordinary())
    made = packed(story)
    assert made.written == ("40001",)
    assert (made.up_to_date, made.without_filing) == ((), ())
    folder = tmp_path / "2021" / "40001"
    assert names(folder) == ["SHA256SUMS", *FILED]
    assert (folder / FILED[2]).read_bytes() == instance(facts_of(story), 2021)
    assert (folder / FILED[3]).read_bytes() == page(facts_of(story), story)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum on this machine")
def test_anyone_can_check_the_sums(packed, tmp_path):
    packed(told(ordinary()))
    folder = tmp_path / "2021" / "40001"
    check = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    good = subprocess.run(check, cwd=folder, capture_output=True, text=True)
    assert good.returncode == 0, good.stderr
    assert good.stdout.split("\n")[:-1] == [f"{name}: OK" for name in FILED]
    assert (folder / "SHA256SUMS").read_text().startswith("# gemaakt uit ")
    with (folder / FILED[0]).open("ab") as file:
        file.write(b"x")
    assert subprocess.run(check, cwd=folder, capture_output=True).returncode == 1


def test_a_rerun_writes_the_same_bytes(tmp_path):
    story = told(ordinary(), odd())
    facts = facts_of(story)
    for name in ("one", "two"):
        write_packs(tmp_path / name, story, facts, "1", force=True)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_rows_in_another_order_give_the_same_bytes(tmp_path):
    story = told(ordinary(), odd())
    turned = replace(story, **{name: table.reverse() for name, table in story.tables().items()})
    write_packs(tmp_path / "one", story, facts_of(story), "1", force=True)
    write_packs(tmp_path / "two", turned, facts_of(turned), "1", force=True)
    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_board_with_errors_has_no_filing_and_a_page_that_says_so(packed, tmp_path):
    made = packed(told(odd()))
    assert made.without_filing == ("40002",)
    folder = tmp_path / "2021" / "40002"
    assert names(folder) == ["SHA256SUMS", *(f"npo-2021-40002.{end}" for end in ("csv", "html", "xlsx"))]
    assert "Nog niet in orde" in (folder / "npo-2021-40002.html").read_text(encoding="utf-8")
    assert "met fouten" in (folder / "npo-2021-40002.csv").read_text(encoding="utf-8-sig")


def test_force_files_with_errors_and_the_filing_says_so(packed, tmp_path):
    story = told(odd())
    packed(story)
    made = packed(story, force=True)
    assert (made.written, made.without_filing) == (("40002",), ())
    folder = tmp_path / "2021" / "40002"
    assert names(folder) == [
        "SHA256SUMS",
        *(f"npo-2021-40002.{end}" for end in ("csv", "xbri", "xbrl", "xhtml", "xlsx")),
    ]
    assert ">met fouten</npo:ReportStatus>" in (folder / "npo-2021-40002.xbrl").read_text(encoding="utf-8")
    assert "Met fouten: " in (folder / "npo-2021-40002.xhtml").read_text(encoding="utf-8")


def test_mended_errors_bring_the_filing_and_take_the_page_to_be_read_away(packed, tmp_path):
    board = odd()
    packed(told(board))
    board.findings = ()
    assert packed(told(board)).without_filing == ()
    assert not (tmp_path / "2021" / "40002" / "npo-2021-40002.html").exists()


def test_dollars_and_amounts_below_zero_go_through_all_formats(packed, tmp_path):
    board = Board("40004", [School("28PW", carried_in="-12.34", received="0.34", spent=[])], currency="USD")
    packed(told(board))
    folder = tmp_path / "2021" / "40004"
    assert ";USD;-12,00;" in (folder / "npo-2021-40004.csv").read_text(encoding="utf-8-sig")
    assert (
        'contextRef="I2021" unitRef="USD" decimals="INF">-12.00<' in (folder / "npo-2021-40004.xbrl").read_text()
    )


@pytest.mark.parametrize("number", ["../40", "4000", "40001/", "４０００１"])
def test_a_folder_is_made_of_a_checked_number_only(packed, tmp_path, number):
    story = told(ordinary())
    changed = {name: table.with_columns(board=pl.lit(number)) for name, table in story.tables().items()}
    result = packed(replace(story, **changed), facts=facts_of(story).with_columns(board=pl.lit(number)))
    assert "is no number of a board" in result.faults[number]
    assert content(tmp_path) == {}


def test_a_pack_that_cannot_be_put_in_place_leaves_the_older_one(packed, tmp_path, monkeypatch):
    packed(told(ordinary()))
    before = content(tmp_path)

    def full(self, content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        assert packed(told(ordinary(received="5"))).faults["40001"].startswith("No space left on device")
    assert {name: one for name, one in content(tmp_path).items() if ".new" not in name} == before
    assert packed(told(ordinary(received="5"))).written == ("40001",)
    assert names(tmp_path / "2021") == ["40001"]


def test_no_cent_is_lost_between_the_accounts_and_the_files(packed, tmp_path):
    story = many(5, seed=2)
    packed(story, force=True)
    for board, received in story.accountability.group_by("board").agg(pl.col("received").sum()).iter_rows():
        rows = pl.read_csv(
            tmp_path / "2021" / board / f"npo-2021-{board}.csv", separator=";", infer_schema=False
        ).filter(pl.col("GEGEVEN") == "Ontvangen")
        amounts = [Decimal(one.replace(",", ".")) for one in rows.filter(pl.col("BRIN_NUMMER") != "")["GETAL"]]
        assert sum(amounts) == received


def test_a_school_without_a_name_goes_by_its_code(packed, tmp_path):
    packed(told(ordinary(name=None, municipality=None)))
    assert '<th scope="row">01AB</th>' in (tmp_path / "2021" / "40001" / FILED[3]).read_text(encoding="utf-8")


def test_a_report_package_holds_the_page_the_taxonomy_and_what_it_is(packed, tmp_path):
    packed(told(ordinary()))
    folder = tmp_path / "2021" / "40001"
    with zipfile.ZipFile(folder / FILED[1]) as package:
        inside = {name.removeprefix("npo-2021-40001/"): package.read(name) for name in package.namelist()}
    document = json.loads(inside.pop("META-INF/reportPackage.json"))
    assert document == {"documentInfo": {"documentType": "https://xbrl.org/report-package/2023/xbri"}}
    assert inside.pop(f"reports/{FILED[3]}") == (folder / FILED[3]).read_bytes()
    assert inside == taxonomy_files()
