"""Boards to make packs of: one ordinary, one with everything that is odd."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from npo_pipeline.reports.board_pack.pack import PacksWritten, write_packs
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.country import ASSISTANTS, SMALL_GROUPS, SUMMER_SCHOOL, Board, Finding, School, Spent

OUTING = ("C", "Uitje naar het pretpark")
MARKUP = "<script>alert(1)</script><b>&amp;"
FORMULA = '=HYPERLINK("http://evil.example";"klik")'
PATH = "../../etc/passwd"
FILED = [f"npo-2021-40001.{end}" for end in ("csv", "xbri", "xbrl", "xhtml", "xlsx")]
"""The files of the pack of the ordinary board, beside its sums."""


def ordinary(number: str = "40001", brin: str = "01AB", **more: Any) -> Board:
    return Board(number, [School(brin, **more)])


def odd() -> Board:
    """Three schools: much spent, a negative carry-over, nothing spent; each answer, and each kind of finding."""
    much = [
        Spent(SMALL_GROUPS, "12250.50", "50.50"),
        Spent(SUMMER_SCHOOL, "4000", "0", "bovenschools"),
        Spent(ASSISTANTS, "1005.00", "1005.00"),
        Spent(OUTING, "400.10", on_menu=False),
    ]
    told = {
        "gmr": True,
        "gmr_date": date(2021, 5, 1),
        "parents": "Op een ouderavond.",
        "result": "Lezen gaat beter.",
    }
    return Board(
        "40002",
        [
            School("02CD", "De Linde", "125.00", "25000", much, **told),
            School("03EF", "'t Kompas", "-1234.56", "1234.55", municipality="'s-Gravenhage", scan=False, mr=None),
            School("04GH", "Sint-Jan & Co", received="8000", spent=[], mr_date=None),
        ],
        [
            Finding("note", "Van de besteding ging 6,91% naar externen."),
            Finding("error", "Uitje naar het pretpark staat er niet op.", "02CD", "400.10", file="a.csv"),
            Finding("warning", "Geen datum van instemming.", "04GH"),
        ],
    )


def content(folder: Path) -> dict[str, bytes]:
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., PacksWritten]:
    """Write packs of what is told into a folder of this test."""

    def write(told: ReportData, **more: Any) -> PacksWritten:
        more.setdefault("facts", facts_of(told))
        return write_packs(tmp_path / "2021", told, more.pop("facts"), **{"version": "1", **more})

    return write
