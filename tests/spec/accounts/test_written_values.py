"""Amounts, days and answers as people write them: read where they can mean one thing only."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.delivery.validate import with_messages
from npo_pipeline.delivery.written_values import (
    amount_of,
    answer_of,
    as_meant,
    brin_of,
    category_of,
    day_of,
    school_year_of,
)
from npo_pipeline.intake.board_reports import reading_remarks, with_percentages
from schemas.frames.intake import REJECTIONS

CENTS = st.integers(0, 99_999_999_999)
NO_BREAK, THIN, NARROW = "\u00a0", "\u2009", "\u202f"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("€ 1.234,56", "1234.56"),
        ("€1.234,56", "1234.56"),
        ("1 234,56", "1234.56"),
        (f"1{NO_BREAK}234,56", "1234.56"),
        (f"€{NO_BREAK}1{NARROW}234,56", "1234.56"),
        (f"1{THIN}234", "1234"),
        ("1.234", "1234"),
        ("1.234.567", "1234567"),
        ("EUR 12", "12"),
        ("12 euro", "12"),
        ("-12,50", "-12.50"),
        ("12,50-", "-12.50"),
        ("(12,50)", "-12.50"),
        ("(€ 12,50)", "-12.50"),
        ("€ -12,50", "-12.50"),
        ("-€ 12,50", "-12.50"),
        ("\u221212,50", "-12.50"),
        ("US$ 5", "5"),
        ("USD 5,25", "5.25"),
        ("€ 12,-", "12"),
        ("1.234,--", "1234"),
        ("1,234.56", "1234.56"),
        (",50", "0.50"),
        ("€ -", "0"),
    ],
)
def test_an_amount_is_read_however_a_person_writes_it(written, amount):
    assert amount_of(written) == amount


@pytest.mark.parametrize(
    "written",
    [
        *("1,234", "1.2345", "1,005", "12 34", "1.23.456", "1,2,3"),
        *("10%", "veel", "", "-", "12,", "1e5", "€", "12/3"),
        *("--12", "(-12)", "(12", "12)", "-12-", "€ 12 €", "€ US$ 12"),
        *("1.234.567.890", "12,5.", "0.123", "1.234 567"),
    ],
)
def test_an_amount_with_two_meanings_or_none_is_not_read(written):
    assert amount_of(written) is None


def test_a_point_before_three_digits_is_of_thousands_unless_the_file_writes_decimals_behind_a_point():
    assert amount_of("1.234", has_points=True) is None
    assert amount_of("1.234,00", has_points=True) == "1234.00"
    assert amount_of("1.234.567", has_points=True) == "1234567"


def spreadsheet(cents: int, thousands: str, point: str) -> str:
    """An amount as a spreadsheet writes it, with two decimals."""
    whole, part = divmod(cents, 100)
    return f"{whole:,}".replace(",", thousands) + f"{point}{part:02d}"


@given(
    CENTS,
    st.sampled_from(["", ".", " ", NO_BREAK, THIN, NARROW]),
    st.sampled_from(["{}", "€ {}", "{} €", "EUR {}", "€{}"]),
)
def test_each_writing_of_a_dutch_spreadsheet_is_read_to_the_cent(cents, thousands, form):
    written = form.format(spreadsheet(cents, thousands, ","))
    assert Decimal(amount_of(written)) == Decimal(cents) / 100


@given(CENTS, st.sampled_from(["-{}", "{}-", "({})", "€ -{}", "-€ {}", "(€ {})", "- {}"]))
def test_each_writing_of_an_amount_below_zero_is_read_to_the_cent(cents, form):
    assert Decimal(amount_of(form.format(spreadsheet(cents, ".", ",")))) == -Decimal(cents) / 100


@given(st.text("0123456789.,- €()%", max_size=12), st.booleans())
def test_nothing_else_is_read_and_no_digit_is_lost_or_added(written, has_points):
    amount = amount_of(written, has_points=has_points)
    if amount is None or (
        written.strip().startswith("€") and "-" in written and not any(map(str.isdigit, written))
    ):
        return
    digits = [one for one in written if one.isdigit()]
    assert [one for one in amount if one.isdigit()] in (digits, ["0", *digits])
    assert len(amount.partition(".")[2]) <= 2
    is_below = "(" in written or "-" in written.replace(",--", "").replace(",-", "")
    assert amount.startswith("-") == is_below


@pytest.mark.parametrize(
    "written",
    [
        *("15-6-2021", "15-06-2021", "15/06/2021", "15.6.2021", "2021-06-15 13:30:00", "2021/6/15"),
        *("15 juni 2021", "15 jun. 2021", "15 jun 2021", "15-jun-21", "15 Juni 2021", "2021-06-15T00:00:00"),
    ],
)
def test_a_day_is_read_however_a_person_writes_it(written):
    assert day_of(written) == "20210615"


def test_the_day_comes_before_the_month():
    assert day_of("3-4-2021") == "20210403"


@pytest.mark.parametrize(
    "written", ["15-06-21", "6/15/2021", "31-2-2021", "15 decibel 2021", "juni 2021", "15-6", "44362", "15-6/2021"]
)
def test_a_day_with_two_meanings_or_none_is_not_read(written):
    assert day_of(written) is None


def test_yes_and_no_are_read_and_a_cross_is_neither():
    assert [answer_of(one) for one in ("Ja", "ja", "JA", "j", "WAAR", "waar", "TRUE", "yes")] == ["J"] * 8
    assert [answer_of(one) for one in ("Nee", "nee", "n", "ONWAAR", "False")] == ["N"] * 5
    assert [answer_of(one) for one in ("x", "X", "1", "0", "ja/nee", "misschien", "n.v.t.")] == [None] * 7


def test_codes_are_read_in_small_letters_and_a_vestiging_as_its_school():
    assert [brin_of(one) for one in ("20pj", "20PJ00", "20pj01", "20 PJ", "20PJ 00")] == ["20PJ"] * 5
    assert [brin_of(one) for one in ("1AA", "20P", "20PJ0", "20PJ000", "2OPJ")] == [None] * 5
    assert [category_of(one) for one in ("a", "F.", "g", "ab")] == ["A", "F", None, None]
    assert [school_year_of(one) for one in ("2021/2022", "2021-22", "2021 – 2022", "2021")] == [
        *["2021-2022"] * 3,
        None,
    ]


def meant(numbers=None, **columns):
    lines = pl.Series("line", range(2, 2 + len(next(iter(columns.values())))), pl.Int64)
    rows, readings = as_meant(pl.DataFrame({"line": lines, **columns}), numbers or {})
    return {name: rows[name].to_list() for name in columns}, readings.rows()


def test_values_read_otherwise_are_counted_and_others_stay_as_they_are():
    read, readings = meant(BEDRAG=["€ 1,50", "1234,56", "1.234,56", "veel"], GMR=["n.v.t.", "", "J", "X"])
    assert read == {"BEDRAG": ["1.50", "1234,56", "1.234,56", "veel"], "GMR": ["", "", "J", "X"]}
    assert readings == [(2, "BEDRAG", "€ 1,50", "1.50"), (2, "GMR", "n.v.t.", "")]


def test_a_value_that_must_be_filled_in_is_not_left_out_as_not_applicable():
    assert meant(SCHOOLSCAN=["n.v.t."], BEDRAG=["-"])[0] == {"SCHOOLSCAN": ["n.v.t."], "BEDRAG": ["-"]}


def test_a_number_in_a_cell_has_one_meaning_and_a_text_in_it_may_have_two():
    read, _ = meant({"BEDRAG": frozenset({2, 3})}, BEDRAG=["1.234", "0.5", "1.234"])
    assert read["BEDRAG"] == ["1.234", "0.5", "1234"]
    assert meant(BEDRAG=["1.234", "0.5"])[0]["BEDRAG"] == ["1.234", "0.5"]


def test_a_board_that_lost_its_zeros_as_a_number_gets_them_back_and_as_a_text_does_not():
    read, readings = meant({"BEVOEGD_GEZAG_NUMMER": frozenset({2})}, BEVOEGD_GEZAG_NUMMER=["1001", "1001"])
    assert read["BEVOEGD_GEZAG_NUMMER"] == ["01001", "1001"]
    assert readings == [(2, "BEVOEGD_GEZAG_NUMMER", "1001", "01001")]


def test_the_remark_says_of_each_column_how_many_and_the_first():
    _, readings = as_meant(pl.DataFrame({"line": [2, 3], "BEDRAG": ["€ 1", "€ 2"], "CATEGORIE": ["a", "B"]}), {})
    assert reading_remarks("npo.csv", readings) == (
        "npo.csv: 3 values were read otherwise than they are written: BEDRAG '€ 1' = 1 (2x), CATEGORIE 'a' = A",
    )
    assert reading_remarks("npo.csv", readings.clear()) == ()


def test_a_percentage_is_rejected_with_the_amount_it_would_be():
    faults = [(2, "not_a_number", "WAARVAN_EXTERN", "12,5%"), (3, "not_a_number", "WAARVAN_EXTERN", "veel")]
    faults += [(4, "not_a_number", "BEDRAG", "10 %")]
    faulty = pl.DataFrame({"line": [2, 3, 4], "BEDRAG": ["1.000,20", "5", "10 %"]})
    rejections = with_percentages(pl.DataFrame(faults, schema=REJECTIONS, orient="row"), faulty)
    # 12,5% of 1.000,20 is 125,025, rounded half away from zero.
    assert rejections.rows() == [
        (2, "percentage", "WAARVAN_EXTERN", "'12,5%' (125,03 van 1.000,20)"),
        (3, "not_a_number", "WAARVAN_EXTERN", "veel"),
        (4, "percentage", "BEDRAG", "'10 %'"),
    ]


def messages(*faults, numbers=None):
    rejections = pl.DataFrame(faults, schema=REJECTIONS, orient="row")
    return with_messages(rejections, for_boards=True, numbers=numbers or {})["message"].to_list()


@pytest.mark.parametrize(
    ("column", "code", "what"),
    [
        ("CATEGORIE", "Z", "vul een letter A tot en met F in"),
        ("GMR", "x", "vul J (ja) of N (nee) in"),
        ("NAAR_BEVOEGD_GEZAG", "10001", "VAN en NAAR zijn hetzelfde bestuur; verbeter een van de twee"),
        ("NAAR_BEVOEGD_GEZAG", "1000A", "een bestuur is vijf cijfers, als 10001"),
    ],
)
def test_a_wrong_code_is_told_with_what_may_stand_in_its_own_column(column, code, what):
    assert messages((2, "unknown_code", column, code)) == [f"{column} '{code}' mag hier niet staan: {what}"]


def test_a_number_of_three_decimals_is_told_as_one_and_a_text_of_that_form_has_two_meanings():
    faults = [(line, "not_a_number", "BEDRAG", text) for line, text in enumerate(("12.345", "12,345", "0,125"), 2)]
    assert messages(*faults, numbers={"BEDRAG": frozenset({2})}) == [
        "BEDRAG '12,345' heeft meer dan twee cijfers achter de komma; rond het af",
        "BEDRAG '12,345' kan 12345 of 12,345 zijn; schrijf 12345,00, of hoogstens twee cijfers achter de komma",
        "BEDRAG '0,125' heeft meer dan twee cijfers achter de komma; rond het af",
    ]
