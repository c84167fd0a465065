"""Every table, view and column of the books says in any client of SQL what it is."""

from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.catalogue import add_comments
from npo_pipeline.books.tables import create
from schemas.columns import SHARED_DESCRIPTIONS
from schemas.tables import TABLES
from tests.books.home.npo import checking, here
from tests.books.home.seeing import select
from tests.books.home.test_upgrade import unpack

COMMENTS = """
    select table_name, comment from duckdb_tables() where not internal and database_name = current_database()
    union all
    select view_name, comment from duckdb_views() where not internal and database_name = current_database()
    union all
    select table_name || '.' || column_name, comment from duckdb_columns()
    where not internal and database_name = current_database()"""


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Path:
    """A home of version 0.1.0, without comments, in which this version paid a month."""
    home = unpack(tmp_path_factory.mktemp("old") / "home")
    assert {comment for _, comment in select(home, COMMENTS)} == {None}
    assert here("pay", "--month", "2023-01", "--home", home).status == 0
    return home


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.name)
def test_a_table_and_its_columns_are_described_in_a_sentence(model):
    for text in (model.description, *(column.description for column in model.columns.values())):
        assert text.endswith((".", "..."))
        assert text[0].isupper() or text[0] == "`"


def test_a_shared_description_is_of_a_column_that_has_it():
    columns = [(name, column.description) for model in TABLES for name, column in model.columns.items()]
    assert set(SHARED_DESCRIPTIONS.items()) <= set(columns)


def test_a_new_home_has_a_comment_on_everything(decided_once):
    comments = dict(select(decided_once, COMMENTS))
    assert {name for name, comment in comments.items() if not comment} == set()
    assert comments["payments.brin"] == SHARED_DESCRIPTIONS["brin"]
    assert comments["ledger.vestiging"] == SHARED_DESCRIPTIONS["vestiging"]


def test_a_home_of_the_version_before_gets_them_with_its_next_run(old, decided_once):
    assert dict(select(old, COMMENTS)) == dict(select(decided_once, COMMENTS))


def test_they_change_nothing_that_verify_looks_at(old):
    with checking("tables", "chain"):
        assert here("verify", "--home", old).status == 0


def test_they_are_written_once():
    with duckdb.connect() as books:
        create(books)
        add_comments(books)
        books.execute("comment on column payments.amount is null")
        add_comments(books)
        assert dict(books.execute(COMMENTS).fetchall())["payments.amount"] is None


def test_those_of_another_version_are_replaced():
    with duckdb.connect() as books:
        create(books)
        books.execute("comment on table home is 'as another version described it'")
        add_comments(books)
        assert all(comment for _, comment in books.execute(COMMENTS).fetchall())
