"""A report is of the board and the year that it is handed in for: rows of others are never taken in by the way."""

from dataclasses import replace

import polars as pl
import pytest

from npo_pipeline.commands.account.command import refuse_without_year
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.board_workbook import refuse_other_form
from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.source_files import SourceFile
from npo_pipeline.delivery.workbook import FormMarks, Workbook
from npo_pipeline.errors import Refused
from npo_pipeline.intake.board_reports import AskedReports, reject_other_currencies, reject_others
from npo_pipeline.intake.file_result import FileResult
from schemas.frames.intake import FILE_RESERVE_TRANSFERS, FILE_SPENDING, READINGS, REJECTIONS, ROW_REPORTERS, empty

FORM = FormMarks("10001", 2021)


def result(kind, *rows, form=None):
    """A report with rows of a line, a board and a period."""
    lines = pl.DataFrame({"line": [1]}).select("line")
    book = Workbook(sha256="0" * 64, rows=lines, sheet="Besteding", made_for=form)
    source = SourceFile("npo.xlsx, Besteding", 1, lambda: None)
    reporters = pl.DataFrame(rows, schema=ROW_REPORTERS, orient="row")
    spending = [{"line": line, "board": board, "year": int(period[:4])} for line, board, period in rows]
    return FileResult(
        file=DeliveredFile.of_workbook(source, kind, book),
        rows=len(rows),
        rejections=empty(REJECTIONS),
        reporters=reporters,
        spending=pl.DataFrame(spending, schema=FILE_SPENDING) if kind is kinds.SPENDING else empty(FILE_SPENDING),
    )


def rejected(kind, *rows, form=None, **asked):
    found = reject_others(result(kind, *rows, form=form), AskedReports(**asked))
    assert found.rows - found.rejected == found.spending.height or kind is not kinds.SPENDING
    return [(line, rule, column) for line, rule, column, _ in found.rejections.rows()]


ROWS = ((2, "10001", "2021"), (3, "10002", "2021"), (4, "10001", "2020"))


def test_rows_of_another_board_are_rejected_where_a_board_is_asked_for():
    assert rejected(kinds.SPENDING, *ROWS, board="10001") == [(3, "other_board", "BEVOEGD_GEZAG_NUMMER")]
    assert rejected(kinds.SPENDING, *ROWS) == []


def test_a_form_is_of_the_board_and_the_year_that_it_was_made_for_also_where_nothing_is_asked():
    assert rejected(kinds.SPENDING, *ROWS, form=FORM) == [
        (3, "other_board", "BEVOEGD_GEZAG_NUMMER"),
        (4, "other_year", "JAAR"),
    ]
    assert rejected(kinds.SPENDING, *ROWS, form=FORM, other_years=True) == [
        (3, "other_board", "BEVOEGD_GEZAG_NUMMER")
    ]


def test_consents_are_of_the_two_school_years_in_the_year():
    years = ("2019-2020", "2020-2021", "2021-2022", "2022-2023")
    rows = [(line, "10001", year) for line, year in enumerate(years, 2)]
    assert rejected(kinds.CONSENTS, *rows, form=FORM) == [
        (2, "other_year", "SCHOOLJAAR"),
        (5, "other_year", "SCHOOLJAAR"),
    ]


def test_a_year_without_anything_to_account_for_is_no_year_of_a_report():
    """A file of several years is allowed, and a year that is a typing error is none of them."""
    years = ("2012", "2021", "2022", "2031")
    rows = [(line, "10001", year) for line, year in enumerate(years, 2)]
    assert rejected(kinds.SPENDING, *rows, first=2021, last=2026) == [
        (2, "other_year", "JAAR"),
        (5, "other_year", "JAAR"),
    ]
    consents = [(2, "10001", "2019-2020"), (3, "10001", "2020-2021"), (4, "10001", "2027-2028")]
    assert [line for line, *_ in rejected(kinds.CONSENTS, *consents, first=2021, last=2026)] == [2, 4]


def test_a_reserve_that_moved_is_of_both_boards_and_counts_for_the_one_that_is_asked_for():
    moved = [
        {"line": line, "board": board, "from_board": "10001", "to_board": "10002", "year": 2021}
        for line in (2,)
        for board in ("10001", "10002")
    ]
    report = result(kinds.RESERVE_TRANSFERS, (2, "10001", "2021"), (3, "10003", "2021"))
    report = FileResult(
        file=report.file,
        rows=2,
        rejections=report.rejections,
        reporters=report.reporters,
        reserve_transfers=pl.DataFrame(moved, schema=FILE_RESERVE_TRANSFERS),
    )
    found = reject_others(report, AskedReports(board="10002"))
    assert found.reserve_transfers["board"].to_list() == ["10002"]
    assert found.rejections["line"].to_list() == [3]


def refusal(board, year, *closed):
    with pytest.raises(Refused) as refused:
        refuse_other_form(result(kinds.SPENDING, form=FORM).file, board, year, closed)
    return str(refused.value)


def test_a_form_that_was_made_for_another_board_or_year_is_refused_whole_with_both_named():
    assert refusal("10002", 2021) == (
        "npo.xlsx: is het formulier van bestuur 10001 over 2021, en dit is de verantwoording van bestuur 10002; "
        "lever het in bij bestuur 10001, of vraag het formulier van bestuur 10002"
    )
    assert refusal(None, 2022) == (
        "npo.xlsx: is het formulier van bestuur 10001 over 2021, en dit is de verantwoording over 2022; vul het "
        "formulier van 2022 in (was dit de bedoeling: --other-years)"
    )


def test_the_form_of_a_closed_year_is_refused_with_what_it_would_correct():
    assert refusal(None, 2022, 2021) == (
        "npo.xlsx: is het formulier van bestuur 10001 over 2021, en dit is de verantwoording over 2022; 2021 is "
        "afgesloten, en wat erin staat wordt een correctie in 2022; vul het formulier van 2022 in (was dit de "
        "bedoeling: --other-years)"
    )


@pytest.mark.parametrize(("board", "year"), [("10001", 2021), (None, 2021), ("10001", None), (None, None)])
def test_a_form_at_its_own_place_is_taken_in_and_so_is_one_that_is_asked_for(board, year):
    refuse_other_form(result(kinds.SPENDING, form=FORM).file, board, year, [2021])


def test_spending_without_a_row_of_the_year_is_refused_unless_it_is_of_a_closed_one():
    report = result(kinds.SPENDING, (2, "10001", "2021"), (3, "10001", "2022"))
    with pytest.raises(Refused, match=r"has no row of 2023, only of 2021, 2022; name that year with --year"):
        refuse_without_year([report], 2023, [])
    refuse_without_year([report], 2022, [])
    refuse_without_year([report], 2023, [2021])
    refuse_without_year([], 2023, [])


def test_an_amount_with_the_sign_of_another_currency_than_the_school_is_paid_in_is_rejected():
    """A dollar is no euro; nothing is known of a school that was never paid."""
    brins = ("01AA", "01AA", "28PW", "28PW", "99ZZ")
    written = ("€ 5", "US$ 5", "€ 5", "$ 5", "$ 5")
    rows = [(line, "10001", "2021") for line in range(2, 7)]
    report = result(kinds.SPENDING, *rows)
    readings = [(line, "BEDRAG", text, "5") for line, text in enumerate(written, 2)]
    report = replace(
        report,
        readings=pl.DataFrame(readings, schema=READINGS, orient="row"),
        spending=report.spending.with_columns(brin=pl.Series(brins)),
    )
    currencies = pl.DataFrame({"brin": ["01AA", "28PW"], "currency": ["EUR", "USD"]})
    found = reject_other_currencies(report, currencies)
    assert found.rejections.rows() == [
        (3, "other_currency", "BEDRAG", "US$ 5"),
        (4, "other_currency", "BEDRAG", "€ 5"),
    ]
    assert found.spending["line"].to_list() == [2, 5, 6]
