"""Of every table and view it is declared whether many readers get it, and without which columns."""

import json
import re
from io import BytesIO

import duckdb
import polars as pl
import pytest

from npo_pipeline.books.queries.publication import PUBLISHED
from npo_pipeline.books.tables import create
from npo_pipeline.commands.publish import PublishRequest, base_of
from npo_pipeline.errors import Refused
from npo_pipeline.reports.publication import parquet_files

PERSONAL = re.compile(
    r"iban|bic|account_name|debtor|manifest$|(prepared|approved|confirmed|reported|declared|accepted)_by$"
)
TYPED = {"decisions", "latest_decisions", "source_corrections", "resolutions", "spending", "holds", "transfers"}
"""Tables with a column `reason` that somebody wrote."""

WRITTEN = {
    ("spending", "intervention"),
    ("findings", "message"),  # It quotes what a board wrote.
    ("consents", "parents_involved"),
    ("consents", "result"),
    ("bank_files", "file"),  # Banks name a file after the account.
    ("bank_files", "message_id"),
}


@pytest.fixture(scope="module")
def columns():
    with duckdb.connect() as books:
        create(books)
        found = books.execute("select table_name, column_name from duckdb_columns() where not internal").fetchall()
    tables = {}
    for table, column in found:
        tables.setdefault(table, []).append(column)
    return tables


def test_every_table_and_view_is_declared(columns):
    assert sorted(PUBLISHED) == sorted(columns)


def test_a_declaration_names_columns_that_are_there(columns):
    wrong = [
        (name, column)
        for name, how in PUBLISHED.items()
        for column in (*how.without, *how.only, *how.only.values(), *filter(None, [how.partition]))
        if column not in columns[name]
    ]
    assert wrong == []


def test_no_account_number_and_no_person_is_published(columns):
    there = {
        (name, column)
        for name, how in PUBLISHED.items()
        if not how.left_out
        for column in columns[name]
        if column not in how.without
    }
    assert [one for one in sorted(there) if PERSONAL.search(one[1])] == []
    assert [one for one in sorted(there) if one[1] == "reason" and one[0] in TYPED] == []
    assert there & WRITTEN == set()
    assert PUBLISHED["accountability_interventions"].only == {"intervention": "on_menu"}


SMALL = {"decisions", "latest_decisions", "accounts", "closed_years", "reserve_transfers"}
"""Tables of a few rows per decision or year."""


def test_each_table_by_school_year_month_or_year_is_parted_by_it(columns):
    """Accounts by their own year, also where they say which school year or month a row is of."""
    for name in {name for name, how in PUBLISHED.items() if not how.left_out} - SMALL:
        order = ("year",) if name.startswith("accountability") else ("paid_month", "school_year", "year")
        first = next((one for one in order if one in columns[name]), None)
        assert first is None or PUBLISHED[name].partition == first, name


ROWS = pl.DataFrame({"year": [2022, 2021, 2021, None], "board": ["10001", "10002", "10001", "10003"]})
WORDS = {"": "Sums of boards.", "year": "Calendar year.", "board": "School board."}


def test_a_folder_per_value_and_the_value_is_its_name():
    files = dict(parquet_files("sums", ROWS, "year", WORDS))
    assert {name: pl.read_parquet(BytesIO(content)).rows() for name, content in files.items()} == {
        "sums/year=2022/part-0.parquet": [("10001",)],
        "sums/year=2021/part-0.parquet": [("10002",), ("10001",)],
        "sums/year=__HIVE_DEFAULT_PARTITION__/part-0.parquet": [("10003",)],
    }


def test_the_words_are_in_each_file_and_the_same_rows_give_the_same_bytes():
    files = dict(parquet_files("sums", ROWS, "", WORDS))
    kept = pl.read_parquet_metadata(BytesIO(files["sums/part-0.parquet"]))
    assert kept["description"] == "Sums of boards."
    assert json.loads(kept["columns"]) == {"year": "Calendar year.", "board": "School board."}
    assert dict(parquet_files("sums", ROWS, "", WORDS)) == files


def test_a_table_without_rows_is_one_file_with_its_columns():
    ((name, content),) = parquet_files("sums", ROWS.clear(), "year", WORDS)
    assert (name, pl.read_parquet(BytesIO(content)).schema) == ("sums/part-0.parquet", ROWS.schema)


@pytest.mark.parametrize(
    "base", ["s3://bucket/npo", "/mnt/share/npo/", r"\\server\share\npo", "https://a.example/x"]
)
def test_a_place_for_readers_is_an_address_or_a_path_in_full(base, tmp_path):
    assert base_of(PublishRequest(home=None, dest=tmp_path, base=base)) == base.rstrip("/")


@pytest.mark.parametrize("base", ["", "npo", "./npo", "../npo", "/"])
def test_a_relative_path_is_none(base, tmp_path):
    with pytest.raises(Refused, match="is no place for all readers"):
        base_of(PublishRequest(home=None, dest=tmp_path, base=base))
