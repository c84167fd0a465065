"""Every query on the pages can be asked of the books."""

import re
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.tables import create

DOCS = Path(__file__).parents[3] / "docs"
QUERIES = [
    pytest.param(query, id=f"{page.stem}-{number}")
    for page in sorted(DOCS.rglob("*.md"))
    for number, query in enumerate(
        re.findall(r"```sql\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    )
]


@pytest.fixture(scope="module")
def books():
    with duckdb.connect() as connection:
        create(connection)
        yield connection


def test_there_are_queries_to_ask():
    assert len(QUERIES) > 5


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_on_a_page_names_tables_and_columns_that_exist(books, query):
    assert books.execute(query).fetchall() == []
