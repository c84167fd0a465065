"""Nonsense in the books, or tables that are not as they were made: `npo verify` names them and never gives up."""

import pytest

from npo_pipeline.commands.verify.command import CHECKS, TABLES
from tests.books.home.tampered import changed, opened, said_by

__all__ = ["opened"]


@pytest.mark.parametrize(
    "change",
    [
        "decisions set school_year = '2098-2099'",
        "decisions set regulation_sha256 = 'x'",
        "decisions set regulation_sha256 = ''",
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
        "runs set manifest = ''",
        "runs set manifest = '[]'",
        "accounts set menukaart_sha256 = split_part(menukaart_sha256, '+', 1)",
        "accounts set year = 2099",
        "accountability set carried_in = 9999999999999999.99",
        "spending set amount = 9999999999999999.99",
        """runs set manifest = '{"tables": [], "regulations": 1}'""",
        """runs set manifest = '{"tables": {"payments": 1}}'""",
    ],
)
def test_no_nonsense_makes_verify_give_up(opened, change):
    """Everywhere at once, so that each derivation that rests on it meets it, and each comes to an end."""
    derivations = [name for name in CHECKS if name != TABLES]
    with changed(opened, f"update {change}") as (books, home):
        said = said_by(books, home, *derivations)
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
            "create or replace view current_counts as select 1 as one",
            "columns of view current_counts were changed",
        ),
        ("insert into home values (1)", "table home says otherwise"),
    ],
)
def test_a_table_or_view_that_is_not_as_it_was_made_is_named(opened, change, words):
    with changed(opened, change) as (books, home):
        said = said_by(books, home, TABLES, "chain")
    assert any(words in finding for finding in said[TABLES] + said["chain"]), said
