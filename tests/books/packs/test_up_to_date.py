"""A pack is written again only when something changed: in the accounts, in the program, or in the pack."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from tests.books.packs.conftest import FILED, content, names, odd, ordinary
from tests.books.packs.country import told


def test_a_pack_that_is_up_to_date_is_not_touched(packed, tmp_path):
    story = told(ordinary(), odd())
    packed(story)
    before = {one: one.stat().st_ino for one in (tmp_path / "2021").rglob("*")}
    again = packed(replace(story, accounted_on=date(2022, 3, 2)))
    assert again.written == ()
    assert again.up_to_date == ("40001", "40002")
    assert again.without_filing == ("40002",)
    assert {one: one.stat().st_ino for one in (tmp_path / "2021").rglob("*")} == before


def test_another_run_of_the_same_accounts_changes_nothing(packed):
    story = told(ordinary())
    packed(story)
    later = replace(story, accountability=story.accountability.with_columns(run_id=pl.lit("000010-account-2021")))
    assert packed(later).up_to_date == ("40001",)


CHANGES: tuple[dict[str, Any], ...] = (
    {"received": "1000.01"},
    {"name": "De Eik en de Beuk"},
    {"result": "Het gaat goed."},
    {"mr_date": date(2021, 6, 16)},
    {"scan": False},
)


def test_a_correction_of_one_board_touches_that_board_alone(packed):
    other = ordinary("40003", "05JK")
    packed(told(ordinary(), other))
    for change in CHANGES:
        again = packed(told(ordinary(**change), other))
        assert (again.written, again.up_to_date) == (("40001",), ("40003",)), change


def test_a_finding_of_another_wording_makes_another_pack(packed):
    board = odd()
    packed(told(board))
    board.findings[0].advice = "Doe iets anders."
    assert packed(told(board)).written == ("40002",)


def test_another_version_of_the_program_makes_all_packs_again(packed):
    story = told(ordinary())
    packed(story)
    assert packed(story, version="2").written == ("40001",)


def test_a_damaged_pack_is_made_again(packed, tmp_path):
    story = told(ordinary())
    packed(story)
    before = content(tmp_path)
    for file in ("SHA256SUMS", *FILED):
        place = tmp_path / "2021" / "40001" / file
        for harm in (Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-3])):
            harm(place)
            assert packed(story).written == ("40001",), file
            assert content(tmp_path) == before, file


def test_files_that_do_not_belong_to_a_pack_go(packed, tmp_path):
    story = told(ordinary())
    packed(story)
    (tmp_path / "2021" / "40001" / "npo-2020-40001.xbrl").write_text("old")
    assert packed(story).written == ("40001",)
    assert names(tmp_path / "2021" / "40001") == ["SHA256SUMS", *FILED]
