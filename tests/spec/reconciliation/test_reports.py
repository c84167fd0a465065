"""The workbook and the page of a reconciliation: all that was compared, and nothing that a name can change."""

import json
import re
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline.reports.house_style import HouseStyle
from npo_pipeline.reports.reconciliation.page import MOST_UNREAD, page
from npo_pipeline.reports.reconciliation.workbook import sheets
from schemas.reconciled import LEFT_OUT, MATCH, OTHER_ROWS, RECONCILED_NAMES, UNREAD_ROWS
from tests.spec.reconciliation.beside import FOUR, reconciled, reconciliation

MADE = date(2022, 1, 10)
HOSTILE = "=1+1</script><b>&" + "x" * 300


def full(**parts):
    """A reconciliation with all that there can be."""
    given = {
        "names": pl.DataFrame(
            {
                "code": ["01AA", "02BB", "10001"],
                "name": ["De Wilg", HOSTILE, "Noord"],
                "place": ["Goes", None, None],
            },
            schema=RECONCILED_NAMES,
        ),
        "left_out": pl.DataFrame([("cumi", "EUR", 2, Decimal("500.00"))], schema=LEFT_OUT, orient="row"),
        "unread": pl.DataFrame([("ofb.csv", 7, "BEDRAG", "'x' is no amount")], schema=UNREAD_ROWS, orient="row"),
        "others": pl.DataFrame(
            [("ofb.csv", "SCHOOLJAAR", "2020-2021", 3, Decimal("7.50"))], schema=OTHER_ROWS, orient="row"
        ),
    }
    rows = parts.pop("rows", reconciled(FOUR))
    return reconciliation(rows, **{**given, **parts})


def sheet(name, result):
    return next(one for one in sheets(result, MADE) if one.name == name)


def data_of(result):
    text = page(result, HouseStyle(), made=MADE)
    return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[1])


def test_the_workbook_has_a_sheet_per_question():
    names = [one.name for one in sheets(full(), MADE)]
    assert names == [
        *("Samenvatting", "Onderdelen", "Oorzaken", "Verschillen", "Alle bedragen"),
        *("Niet vergeleken", "Andere rijen", "Niet gelezen"),
    ]


def test_a_workbook_of_what_all_matches_has_no_empty_sheet():
    result = reconciliation(reconciled(FOUR).filter(outcome=MATCH))
    assert [one.name for one in sheets(result, MADE)] == ["Samenvatting", "Onderdelen", "Alle bedragen"]
    assert all(one.rows for one in sheets(full(), MADE))


def test_the_first_sheet_says_whether_it_is_right_and_what_was_compared():
    subjects = [row for _, row in sheet("Samenvatting", full()).rows]
    assert subjects[0] == (
        "Uitkomst",
        "20,00% is gelijk: 1 van 5 bedragen. Voor de andere 4 heeft het bestand € 61,22 minder dan het besluit.",
    )
    assert ("Besluit", "2021-2022-001") in subjects
    assert ("Gelijk", "tot op de cent") in subjects


def test_differences_are_numbers_with_their_cause_in_dutch():
    found = sheet("Verschillen", full())
    titles = [column.title for column in found.columns]
    row = dict(zip(titles, found.rows[1][1], strict=True))
    assert {name: row[name] for name in ("Code", "Onderdeel", "Oorzaak", "Uitkomst", "Uitleg")} == {
        "Code": "02BB",
        "Onderdeel": "Bedrag per leerling",
        "Oorzaak": "ander aantal",
        "Uitkomst": "verschilt",
        "Uitleg": "2 leerlingen minder",
    }
    assert row["Verschil (bestand min besluit)"] == Decimal("1203.66") - Decimal("1402.32")


def test_columns_that_say_nothing_are_left_out():
    plain = sheet("Alle bedragen", reconciliation(reconciled("brin ours theirs outcome\n01AA 1.00 1.00 match")))
    titles = [column.title for column in plain.columns]
    assert titles == [
        *("Code", "Bestuur", "Onderdeel", "Bedrag in het besluit", "Bedrag in het bestand", "Uitkomst", "Regel")
    ]


def test_a_name_is_no_part_of_the_page_but_of_its_data():
    text = page(full(), HouseStyle(), made=MADE)
    assert HOSTILE not in text
    assert text.count("</script>") == 2
    assert HOSTILE in data_of(full())["schools"]["name"]


def test_the_page_shows_differences_before_matches_the_largest_first():
    data = data_of(full())
    assert [data["schools"]["code"][place] for place in data["rows"]["school"]] == [
        "04DD",
        "02BB",
        "03CC",
        "05EE",
        "01AA",
    ]
    assert data["rows"]["difference"] == [35058, -19866, -11686, -9628, None]
    assert data["rows"]["ours"] == [None, 140232, 70116, 9628, 70116]


def test_the_page_names_what_was_not_compared():
    data = data_of(full())
    assert data["leftOut"] == [["CUMI-leerlingen", 50000, "EUR"]]
    assert data["others"] == [["ofb.csv", "SCHOOLJAAR", "2020-2021", 3, 750]]
    assert data["unread"][0][:3] == ["ofb.csv", 7, "BEDRAG"]


@pytest.mark.parametrize("rows", [MOST_UNREAD, MOST_UNREAD + 3])
def test_the_page_counts_the_unread_rows_that_it_does_not_show(rows):
    many = pl.DataFrame(
        [("ofb.csv", line, "BEDRAG", "x") for line in range(rows)], schema=UNREAD_ROWS, orient="row"
    )
    data = data_of(full(unread=many))
    assert (len(data["unread"]), data["moreUnread"]) == (MOST_UNREAD, rows - MOST_UNREAD)


def test_a_page_of_another_order_of_rows_is_the_same():
    rows = reconciled(FOUR)
    assert page(full(rows=rows.reverse()), HouseStyle(), made=MADE) == page(full(), HouseStyle(), made=MADE)


def test_a_tolerance_is_named():
    allowed = full(tolerance=Decimal("0.05"))
    assert ("Gelijk", "als het verschil hoogstens 0,05 is") in [
        row for _, row in sheet("Samenvatting", allowed).rows
    ]


def test_what_is_left_out_of_a_component_that_is_compared_is_of_other_school_types():
    left_out = pl.DataFrame([("per_pupil", "EUR", 2, Decimal("500.00"))], schema=LEFT_OUT, orient="row")
    assert data_of(full(left_out=left_out))["leftOut"][0][0] == "Bedrag per leerling (andere schoolsoorten)"
    assert sheet("Niet vergeleken", full(left_out=left_out)).rows[0][1][0].endswith("(andere schoolsoorten)")


def test_a_component_of_some_school_types_names_them():
    text = """
        brin component school_types ours theirs outcome cause
        01AA per_pupil bao+sbo      1.00 2.00   differs unexplained
        02BB per_pupil -            1.00 1.00   match   -
        02BB per_pupil+cumi -       0.50 0.50   match   -
        """
    result = reconciliation(reconciled(text))
    titles = [
        "Bedrag per leerling (basisonderwijs en speciaal basisonderwijs)",
        "Bedrag per leerling",
        "Bedrag per leerling en CUMI-leerlingen",
    ]
    names = ["per_pupil:bao+sbo", "per_pupil", "per_pupil+cumi"]
    assert data_of(result)["components"] == {"name": names, "title": titles}
    assert [row[0] for _, row in sheet("Onderdelen", result).rows] == titles
