"""Templates of a made-up board, blank or filled in, and what is read of them."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.reports.board_form import write_board_form
from npo_pipeline.reports.board_form_balance import BoardForm

MENU = (
    ("A", "Meer onderwijs", ("Zomerscholen", "Uitbreiding onderwijs")),
    ("B", "Effectiever onderwijs", ("Een-op-een-begeleiding",)),
    ("F", "Randvoorwaarden", ()),
)


SCHOOLS = pl.DataFrame(
    {
        "brin": ["04DD", "02BB"],
        "name": ["=School", None],
        "received": [Decimal("1000.10"), Decimal("500.00")],
        "carried_in": [Decimal("0.00"), Decimal("-5.00")],
        "currency": ["EUR", "EUR"],
        "asked": [Decimal("1000.10"), Decimal("500.00")],
        "funded": [["2020-2021", "2021-2022"], ["2020-2021", "2021-2022"]],
        "supported": [False, False],
        "spends": [True, True],
        "corrections": [Decimal("0.00"), Decimal("0.00")],
        "board_level_before": [Decimal("0.00"), Decimal("0.00")],
        "agreed_before": [Decimal("0.00"), Decimal("0.00")],
    }
)


FILLED = pl.DataFrame(
    {
        "brin": ["02BB", "04DD", "04DD"],
        "category": ["A", "B", "F"],
        "intervention": ["Zomerscholen", "Een-op-een-begeleiding", "'=1+1"],
        "level": ["school", "bovenschools", "school"],
        "amount": [Decimal("1234567.89"), Decimal("0.30"), Decimal("0.01")],
        "external": [Decimal("0.00"), Decimal("0.10"), Decimal("0.01")],
    }
)


AGREED_ALREADY = pl.DataFrame(
    {
        "brin": ["04DD"],
        "school_year": ["2021-2022"],
        "school_scan": [True],
        "mr_consent": [True],
        "mr_date": [date(2021, 7, 1)],
        "board_level_agreed": [Decimal("100.07")],
        "gmr_consent": [False],
        "gmr_date": [None],
        "parents_involved": ["Ouderavond"],
        "municipality_informed": [None],
        "result": [None],
    }
)


YEARS = ("2020-2021", "2021-2022")


def template(path: Path, schools: pl.DataFrame = SCHOOLS, **filled: pl.DataFrame) -> Path:
    form = BoardForm(
        year=2021,
        board="10002",
        schools=schools.sort("brin"),
        menu=MENU,
        school_years=YEARS,
        complete="AB",
        **filled,
    )
    write_board_form(path, form)
    return path


def arrived(path: Path) -> dict[str, DeliveredFile]:
    return {one.name: one for one in recognise_delivery([path], None)}


def told(path: Path, sheet: str = "Besteding") -> list[tuple]:
    """The rows that are read of a sheet, as text."""
    return arrived(path)[f"{path.name}, {sheet}"].workbook.rows.rows()


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as refused:
        recognise_delivery([path], None)
    return str(refused.value)
