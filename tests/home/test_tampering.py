"""Whatever is changed in the books behind the back of `npo`, `npo verify` finds it and says where."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest

from npo_pipeline.commands.verify import verify_books
from npo_pipeline.home.books import Books
from npo_pipeline.home.chain import chain_faults
from npo_pipeline.home.folder import Home
from npo_pipeline.home.witnesses import kept_manifests
from schemas.tables import TABLES

COLUMNS = [(model.name, name) for model in TABLES for name in model.columns]
NULLABLE = [(model.name, name) for model in TABLES for name, column in model.columns.items() if column.nullable]

OTHER = {
    "board": "'99999'",
    "brin": "'99ZZ'",
    "vestiging": "'99ZZ99'",
    "successor": "'99ZZ99'",
    "school_type": "case school_type when 'vo' then 'cn' else 'vo' end",
    "component": "case component when 'cumi' then 'surcharge' else 'cumi' end",
    "rule": "case rule when 'negative' then 'not_a_date' else 'negative' end",
    "source": "case source when 'changes' then 'pupils' else 'changes' end",
    "reason": "case reason when 'instalment' then 'correction' else 'instalment' end",
    "school_year": "'2098-2099'",
    "scheme": "case scheme when 'IOP' then 'EHK' else 'IOP' end",
    "outcome": "case outcome when 'refused' then 'granted' else 'refused' end",
    "category": "case category when 'A' then 'B' else 'A' end",
    "level": "case level when 'school' then 'bovenschools' else 'school' end",
    "severity": "case severity when 'note' then 'error' else 'note' end",
    "treatment": "'overlopende_passiva'",
    "currency": "case currency when 'EUR' then 'USD' else 'EUR' end",
    "payment_id": "md5('another')",
    "sha256": "sha256('another')",
    "manifest_sha256": "sha256('another')",
}
"""Another value that the column may hold, where one of its type will not do."""


def another(model, column):
    dtype = model.columns[column].dtype.type
    first_of_month = any(check.name == "first_of_month" for check in model.columns[column].checks)
    of_type = {
        pl.String: f"coalesce({column}, '') || 'x'",
        pl.Int64: f"coalesce({column}, 0) + 1",
        pl.Date: f"coalesce({column}, date '2001-01-01') + interval {'1 month' if first_of_month else '1 day'}",
        pl.Datetime: f"{column} + interval 1 second",
        pl.Boolean: f"not coalesce({column}, false)",
    }
    if column in OTHER and (model.name, column) not in {("decisions", "reason"), ("regulations", "sha256")}:
        return OTHER[column]
    return of_type.get(dtype.base_type(), f"coalesce({column}, 0) + 0.01")


@pytest.fixture(scope="module")
def opened(whole_once, tmp_path_factory):
    """A copy of the books, open for writing."""
    home = Home(Path(shutil.copytree(whole_once, tmp_path_factory.mktemp("tampered") / "home")))
    with duckdb.connect(str(home.database)) as connection:
        yield connection, home


@contextmanager
def changed(opened, *statements):
    """Books in which something was changed, as long as the test looks at them."""
    connection, home = opened
    connection.execute("begin")
    try:
        for one in statements:
            connection.execute(one)
        yield Books(connection, "the books", kept_manifests(home)), home
    finally:
        connection.execute("rollback")


def test_the_books_to_tamper_with_tie_and_have_rows_in_every_table(opened):
    with changed(opened) as (books, home):
        assert verify_books(books, home).findings == ()
        assert [model.name for model in TABLES if not books.table(model.name).height] == []


def found(books, home):
    """What `verify` finds; when the chain tells already, the rest, which takes long, is not worked out."""
    return list(chain_faults(books, home)) or verify_books(books, home).findings


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_cell_is_found_and_its_table_named(opened, table, column):
    model = next(model for model in TABLES if model.name == table)
    one = f"rowid = (select max(rowid) from {table})"
    with changed(opened, f"update {table} set {column} = {another(model, column)} where {one}") as (books, home):
        findings = found(books, home)
    assert any(_names(table, finding) for finding in findings), findings


@pytest.mark.parametrize(("table", "column"), NULLABLE)
def test_an_emptied_cell_is_found(opened, table, column):
    one = f"rowid = (select max(rowid) from {table} where {column} is not null)"
    with changed(opened, f"update {table} set {column} = null where {one}") as (books, home):
        assert found(books, home)


@pytest.mark.parametrize("table", [model.name for model in TABLES])
def test_a_removed_row_is_found(opened, table):
    last = f"delete from {table} where rowid = (select max(rowid) from {table})"
    with changed(opened, last) as (books, home):
        findings = found(books, home)
    assert any(_names(table, finding) for finding in findings), findings


@pytest.mark.parametrize("table", [model.name for model in TABLES])
def test_a_copied_row_is_found(opened, table):
    copy = f"insert into {table} from {table} where rowid = (select max(rowid) from {table})"
    with changed(opened, copy) as (books, home):
        assert found(books, home)


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
    """Everywhere at once, so that each derivation that rests on it meets it."""
    with changed(opened, f"update {change}") as (books, home):
        result = verify_books(books, home)
    assert result.findings
    assert set(result.checked) == {"tables", "chain", "deliveries", "decisions", "payments", "totals", "accounts"}


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
        findings = verify_books(books, home).findings
    assert any(words in finding for finding in findings), findings


def _names(table, finding):
    """A run is named by its run_id, a decision or regulation by its name, others by the table."""
    words = {
        "runs": ("0000",),
        "decisions": ("decisions",),
        "regulations": (".yaml", "regulation"),
    }
    return any(word in finding for word in (table, *words.get(table, ()), "superseded by"))
