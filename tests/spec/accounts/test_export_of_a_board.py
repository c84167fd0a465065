"""Of every table and view it is declared whose its rows are, before a board can be given its own."""

import duckdb
import polars as pl
import pytest

from npo_pipeline.books.queries.board_export import WHOSE
from npo_pipeline.books.tables import create
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_export import MASKED, Own, assert_own, csv_bytes, without_others
from npo_pipeline.reports.board_pack.isolation import KnownParties

OWN = Own(
    board="10001",
    codes=frozenset({"10001", "01AA", "01AA00"}),
    names=frozenset({"De Wilg", "Assen"}),
    parties=KnownParties(
        frozenset({"10001", "10002"}),
        frozenset({"01AA", "02BB"}),
        frozenset({"De Wilg", "De Linde", "Stichting Eikengaard", "Assen"}),
    ),
)


@pytest.fixture(scope="module")
def columns() -> dict[str, list[str]]:
    with duckdb.connect() as books:
        create(books)
        found = books.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
    tables: dict[str, list[str]] = {}
    for table, column in found:
        tables.setdefault(table, []).append(column)
    return tables


def test_every_table_and_view_is_declared(columns):
    assert sorted(WHOSE) == sorted(columns)


def test_a_declaration_names_columns_that_are_there(columns):
    wrong = [
        (name, column)
        for name, whose in WHOSE.items()
        for column in (*whose.without, *whose.others, *whose.free_text, *whose.own_text)
        if column not in columns[name]
    ]
    assert wrong == []


def test_a_table_that_is_left_out_says_why():
    assert [
        name for name, whose in WHOSE.items() if not whose.rows and not whose.why.startswith("Left out: ")
    ] == []


def test_the_code_of_another_is_blank_and_an_own_one_stays():
    rows = pl.DataFrame({"successor": ["01AA00", "02BB00", None], "board": ["10001", "10002", None]})
    assert without_others(rows, OWN, codes=["successor", "board"]).rows() == [
        ("01AA00", "10001"),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("besteding-10002.csv", f"besteding-{MASKED}.csv"),
        ("besteding_10001.csv", "besteding_10001.csv"),
        ("02bb00 ging over van 10002 naar 10001", f"{MASKED} ging over van {MASKED} naar 10001"),
        ("2021-2022-001 van 78.409,30", "2021-2022-001 van 78.409,30"),
        ("van Stichting Eikengaard", f"van {MASKED}"),
        ("te Assen, De Wilg en De Linde", f"te Assen, De Wilg en {MASKED}"),
    ],
)
def test_a_text_keeps_all_but_the_codes_and_names_of_others(text, shown):
    assert without_others(pl.DataFrame({"file": [text]}), OWN, texts=["file"]).rows() == [(shown,)]


def test_what_still_names_another_is_never_written():
    named = {"changes": pl.DataFrame({"board": ["10002"]})}
    with pytest.raises(NpoError, match=r"changes.csv of board 10001 was not written: it names 10002"):
        assert_own(OWN, named, {})


def test_numbers_citations_and_what_the_board_wrote_name_nobody():
    rows = pl.DataFrame({"line": [10002], "article": ["Stcrt. 2021, 10002"], "reason": ["samen met 10002"]})
    assert_own(OWN, {"spending": rows}, {"spending": ["reason"]})


def test_a_table_is_written_as_dutch_excel_opens_it():
    rows = pl.DataFrame({"naam": ["Café\tde Hoek"], "bedrag": ["1234.50"]}).with_columns(
        pl.col("bedrag").cast(pl.Decimal(18, 2))
    )
    assert csv_bytes(rows).decode("utf-8-sig") == "naam;bedrag\r\nCafé de Hoek;1234,50\r\n"
