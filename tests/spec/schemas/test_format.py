"""A change of a table or a view raises the format of the books, so that older books are migrated."""

import pytest

from npo_pipeline.books.migrations import NEW_COLUMNS, NEW_TABLES
from npo_pipeline.books.tables import FORMAT
from schemas.tables import TABLES
from tools.reference.formats import (
    IN_THE_MAKING,
    RELEASED,
    FormatNotRaised,
    current_hash,
    recorded,
    renewed,
)

RECORD = {RELEASED: {"4": "aaaa"}, IN_THE_MAKING: {"5": "bbbb"}}


def test_the_tables_and_views_are_those_of_the_number_of_the_format():
    record = recorded()
    known = {**record[RELEASED], **record[IN_THE_MAKING]}
    assert known.get(str(FORMAT)) == current_hash(), (
        "tables or views were changed: `make reference` records them while the format is in the making; once it "
        "has been released, raise FORMAT in npo_pipeline/books/tables.py first"
    )


def test_a_format_in_the_making_may_change():
    assert renewed(RECORD, 5, "cccc") == {RELEASED: {"4": "aaaa"}, IN_THE_MAKING: {"5": "cccc"}}


@pytest.mark.parametrize("number", [3, 4])
def test_a_released_format_may_not_change(number):
    with pytest.raises(FormatNotRaised, match=r"raise FORMAT in npo_pipeline/books/tables\.py to 5"):
        renewed(RECORD, number, "cccc")


def test_a_released_format_that_did_not_change_is_left_as_it_is():
    assert renewed({**RECORD, IN_THE_MAKING: {}}, 4, "aaaa") == {RELEASED: {"4": "aaaa"}, IN_THE_MAKING: {}}


def test_every_format_says_what_it_added():
    assert max(NEW_COLUMNS) == max(NEW_TABLES) == FORMAT


def test_what_a_format_added_is_there():
    columns = {model.name: set(model.columns) for model in TABLES}
    assert frozenset().union(*NEW_TABLES.values()) <= set(columns)
    for tables in NEW_COLUMNS.values():
        assert all(set(added) <= columns[table] for table, added in tables.items())
