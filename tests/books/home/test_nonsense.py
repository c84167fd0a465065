"""Nonsense in the books, or tables that are not as they were made: `npo verify` names them and never gives up."""

import re
from unittest.mock import patch

import pytest

from npo_pipeline.books.duckdb import engine, reading, writing
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import create
from npo_pipeline.books.views import VIEWS
from npo_pipeline.commands.verify.command import CHECKS, TABLES, verify_books
from npo_pipeline.commands.verify.tables import view_faults
from tests.books.home.tampered import changed, looking_at, opened, said_by

__all__ = ["opened"]


class Watched(Books):
    """Books that keep the text of every query, and of the views that it reads."""

    read = ""

    def frame(self, query, parameters=()):
        views = (view.query for name, view in VIEWS.items() if _names(query, name))
        self.read = " ".join([self.read, query, *views])
        return super().frame(query, parameters)


def _names(query, name):
    return re.search(rf"\b{name}\b", query) is not None


@pytest.fixture(scope="module")
def queries(opened):
    """The SQL of each derivation. One that names a table nowhere cannot meet what is in it."""
    connection, home = opened
    watched = {name: Watched(connection, "the books", frozenset()) for name in CHECKS if name != TABLES}
    for name, books in watched.items():
        said_by(books, home, name)
    return {name: books.read for name, books in watched.items()}


@pytest.mark.parametrize(
    "change",
    [
        "decisions set school_year = '2098-2099'",
        "decisions set regulation_sha256 = ['x', ''][1 + sequence % 2]",
        "decisions set reference_date = '1999-01-01'",
        "decisions set sequence = 7",
        "decisions set run_id = '000000-x'",
        "decision_inputs set used_for = 'x' where used_for = 'scores'",
        "deliveries set kind = 'x'",
        "deliveries set reference_date = null",
        "deliveries set run_id = 'x'",
        "regulations set text = '{'",
        "regulations set text = '', sha256 = sha256('') where name = '2021-2022-po.yaml'",
        "counts set pupils = 9223372036854775807",
        "scores set score = 9999999999999999.99",
        "instalments set amount = 9999999999999999.99",
        "payments set amount = -9999999999.99",
        "payments set school_year = '2098-2099'",
        "payments set decision_id = 'x'",
        "payments set paid_month = '2098-01-01'",
        "school_facts set as_of = '9999-12-31'",
        "runs set month = null",
        "runs set command = 'pay'",
        # Of four runs in a row each has another.
        """runs set manifest = ['', '[]', '{"tables": [], "regulations": 1}', '{"tables": {"payments": 1}}'][
            1 + run_id[:6]::integer % 4]""",
        "accounts set menukaart_sha256 = split_part(menukaart_sha256, '+', 1)",
        "accounts set year = 2099",
        "accountability set carried_in = 9999999999999999.99",
        "spending set amount = 9999999999999999.99",
    ],
)
def test_no_nonsense_makes_verify_give_up(opened, queries, change):
    """Everywhere at once, so that each derivation that rests on it meets it, and each comes to an end."""
    table = change.split()[0]
    sealed = ("payments", "counts") if table == "runs" else ()
    meeting = [name for name, query in queries.items() if _names(query, table)]
    with changed(opened, f"update {change}") as (books, home), looking_at(table, *sealed):
        said = said_by(books, home, *meeting)
    assert any(said.values())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("drop table quarantine", "table quarantine is gone"),
        ("drop view board_payments", "view board_payments is gone"),
        ("alter table payments drop column reason", "the columns of table payments were changed"),
        ("alter table payments rename column reason to why", "the columns of table payments were changed"),
        ("alter table payments add column note varchar", "the columns of table payments were changed"),
        ("alter table counts alter pupils type integer", "the columns of table counts were changed"),
        ("create table more (a integer)", "table more is not one of ours"),
        ("create view more as from payments", "view more is not one of ours"),
        ("create macro sum(x) as 7", "function sum is not one of ours"),
        (
            "create or replace view board_payments as select paid_month, school_year, board, component, "
            "(sum(amount) * 2)::decimal(18, 2) as amount, currency from payments group by all",
            "view board_payments was changed",
        ),
        (
            "create or replace view latest_decisions as from decisions where sequence = 1",
            "view latest_decisions was changed",
        ),
        (
            "create or replace view current_counts as select counts.* from counts where false",
            "view current_counts was changed",
        ),
        (
            # The next decision of a year would be hidden; today it shows what it should.
            "create or replace view latest_decisions as select * from decisions where sequence < 99 "
            "qualify sequence = max(sequence) over (partition by school_year, currency)",
            "view latest_decisions was changed",
        ),
        (
            "create or replace view current_counts as select 1 as one",
            "columns of view current_counts were changed",
        ),
        ("insert into home values (1)", "table home says otherwise"),
    ],
)
def test_a_table_or_view_that_is_not_as_it_was_made_is_named(opened, change, words):
    with changed(opened, change) as (books, home), looking_at():
        said = said_by(books, home, TABLES)[TABLES] or said_by(books, home, "chain")["chain"]
    assert any(words in finding for finding in said), said


FORGED = "update payments set amount = amount + 1 where payment_id = (select max(payment_id) from payments)"


@pytest.mark.parametrize(
    "odd",
    [
        "create view more as from payments",
        "create table more (a integer)",
        "alter table payments add column note varchar",
        "alter table accountability drop column spent",
        "update schools set board = 'x'",
    ],
)
def test_what_an_analyst_left_in_the_books_hides_no_forged_payment(opened, odd):
    with changed(opened, odd, FORGED) as (books, home), looking_at("payments", "schools", "accountability"):
        said = said_by(books, home, TABLES, "chain", "payments")
    assert said[TABLES]
    assert any("in payments were changed" in one for one in said["chain"]), said
    assert any("rows do not follow" in one for one in said["payments"]), said


def test_no_check_is_left_out_because_a_view_of_an_analyst_is_there(opened):
    others = {name: lambda *_: iter(["done"]) for name in CHECKS if name != TABLES}
    with (
        changed(opened, "create view more as from payments") as (books, home),
        looking_at(),
        patch.dict(CHECKS, others),
    ):
        assert all(verify_books(books, home).checked[name] for name in CHECKS)


@pytest.mark.parametrize("odd", ["create view more as from payments", "alter table counts drop column pupils"])
def test_what_is_not_ours_hides_no_value_that_cannot_be(opened, odd):
    with changed(opened, odd, "update schools set board = 'x'") as (books, home), looking_at("counts", "schools"):
        said = said_by(books, home, TABLES)[TABLES]
    assert any(one.startswith("table schools, board: x is against rule") for one in said), said


def test_an_added_column_makes_no_row_a_changed_one(opened):
    with changed(opened, "alter table payments add column note varchar") as (books, home):
        assert said_by(books, home, "chain") == {"chain": []}


def test_new_books_have_no_view_that_was_changed(tmp_path):
    with engine() as duck:
        with writing(duck, tmp_path / "npo.duckdb"):
            create(duck)
        with reading(duck, tmp_path / "npo.duckdb"):
            assert list(view_faults(Books(duck, "new books", frozenset()))) == []
