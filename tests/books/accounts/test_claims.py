"""A claim that stays in the accounts of later years says in which it was first, so that nobody pays it twice."""

from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.books.duckdb import engine
from npo_pipeline.books.queries.accounts import report_claims
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import create
from npo_pipeline.reports.board_page.context import claims_in_words
from schemas.accounted import ACCOUNTABILITY_CLAIMS
from schemas.columns import schema_of


def claim(year: int, month: date, amount: str, other: str | None = "25845") -> dict:
    settled = "the boards" if other else "payment run"
    who = {"year": year, "board": "92490", "other_board": other, "brin": "87DZ", "school_year": "2021-2022"}
    why = {"month": month, "cause": "board_transfer", "settled_by": settled, "currency": "EUR"}
    return {**who, **why, "amount": Decimal(amount)}


def test_a_claim_is_named_with_the_first_year_that_has_it():
    february, march = date(2022, 2, 1), date(2022, 3, 1)
    rows = [
        claim(2022, february, "-1460.75"),
        claim(2023, february, "-1460.75"),
        claim(2023, march, "-100.00"),
        claim(2022, march, "-5.00", None),
        claim(2024, february, "-1460.75"),
    ]
    with engine() as duck:
        create(duck)
        given = pl.DataFrame(rows, schema=schema_of(ACCOUNTABILITY_CLAIMS)).to_arrow()
        duck.register("given", given)
        duck.execute("insert into accountability_claims select * from given")
        books = Books(duck, "the books", frozenset())
        found = {year: report_claims(books, year) for year in (2022, 2023, 2024)}
    assert {year: sorted(rows["since"]) for year, rows in found.items()} == {
        2022: [2022, 2022],
        2023: [2022, 2023],
        2024: [2022],
    }
    assert [(one.party, one.since, one.amount) for one in claims_in_words(found[2023])] == [
        ("bestuur 25845", 2022, Decimal("-1460.75")),
        ("bestuur 25845", 2023, Decimal("-100.00")),
    ]
