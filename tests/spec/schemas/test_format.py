"""A change of a table or a view raises the format of the books, so that older books are migrated."""

import pytest

from npo_pipeline.books.formats import STEPS, columns_at, step_of
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


def test_the_last_step_of_the_history_is_of_this_format():
    assert STEPS[-1].format == FORMAT
    assert [step.format for step in STEPS] == sorted(step.format for step in STEPS)


def test_what_a_step_added_is_there():
    columns = {model.name: set(model.columns) for model in TABLES}
    for step in STEPS:
        assert step.tables <= set(columns)
        assert all(set(added) <= columns[table] for table, added in step.columns.items())


def test_every_step_has_tables_of_its_own_or_another_number():
    for position, step in enumerate(STEPS):
        assert step_of(step.format, columns_at(position)) == position
