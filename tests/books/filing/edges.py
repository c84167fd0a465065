"""Boards at the edges: each is one that a rule, a writer or a reader could stumble over."""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.filing.world import School, Went, country, told

SUMMER = {"on": "Zomer- of lentescholen", "category": "A"}

TWO_SCHOOLS = (
    School(
        "40001",
        "01AB",
        "1000.00",
        "5000.00",
        (Went("1200.00", "300.00", **SUMMER), Went("800.00", level="bovenschools")),
    ),
    School("40001", "02CD", "0.00", "2500.50", (Went("100.10"),), accrued="2500.50", gmr=False),
)

_ODD = "Sint “Jan” – d’Eik & <b>Zonen</b> ÀÉÎõü Škoda 🎒\u200b"
_CONSENT = {
    "mr_date": date(2021, 6, 15),
    "gmr_date": date(2021, 7, 1),
    "parents_involved": "=HYPERLINK(0) via de ouderraad",
    "result": "#nil? Nee: 5 % minder achterstand…",
}

EDGES: dict[str, tuple[School, ...]] = {
    "40001": TWO_SCHOOLS,
    "40002": (School("40002", "03EF", "10.00", "0.01", (Went("0.01"),)),),
    "40003": tuple(country(40, seed=3, most=25)),
    "40004": (School("40004", "04GH", "5.00", "95.00"), School("40004", "05IJ")),
    "40005": (School("40005", "06KL", "-10.25", "5.00", (Went("100.00", "100.00"),)),),
    "40006": (School("40006", "07MN", "0", "1000.00", (Went("12.34"), Went("0.66", on="Directe instructie"))),),
    "40007": (School("40007", "28PW", "0", "700.00", (Went("70.00", "7.77"),), currency="USD"),),
    "40008": (
        School("40008", "08OP", "0", "9.00", (Went("3.00", "1.00"),), name=_ODD, consent=_CONSENT, gmr=True),
    ),
    "40009": (
        School(
            "40009",
            "09QR",
            "0",
            "900.00",
            (Went("300.00", "1.00", on="Kermis"), Went("300.00")),
            errors=2,
            mr=False,
        ),
        School("40009", "10ST", "0", "1.00", mr=None, scan=None, name=None, municipality=None),
    ),
    "40010": (
        School(
            *("40010", "11UV", "5.00", "9.00", (Went("3.00"),)),
            transferred="-10.00",
            corrections="4.50",
            accrued_corrections="-0.50",
        ),
        School("40010", "12WX", "0", "1.00"),
    ),
}
"""By board: two schools, one school, 25 schools, no spending, less than nothing left, nobody hired, dollars, odd
letters, one with errors, spending off the menukaart and answers that were not told, and one with a reserve that
moved and corrections of earlier years."""


def edge(board: str) -> tuple[ReportData, pl.DataFrame]:
    """What a board tells, and its facts."""
    schools = EDGES[board]
    if board == "40003":
        many = max({one.board for one in schools}, key=lambda it: sum(one.board == it for one in schools))
        schools = tuple(School(**{**vars(one), "board": board}) for one in schools if one.board == many)
    said = told(*schools)
    return said, facts_of(said)
