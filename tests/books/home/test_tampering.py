"""Whatever is changed in the books behind the back of `npo`, `npo verify` finds it and says where."""

from contextlib import ExitStack
from unittest.mock import patch

import polars as pl
import pytest

from npo_pipeline.commands.verify import accounts, decisions_payments
from npo_pipeline.commands.verify.command import CHECKS, verify_books
from npo_pipeline.commands.verify.decisions_payments import DecisionsAgain, reconciled_faults
from npo_pipeline.commands.verify.manifest_chain import ROW_OWNERSHIP, chain_faults, row_faults, sealed_runs
from schemas.tables import TABLES
from tests.books.home.tampered import changed, looking_at, opened

__all__ = ["opened"]

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


def test_the_books_to_tamper_with_tie_and_have_rows_in_every_table(opened):
    with changed(opened) as (books, home):
        assert verify_books(books, home).findings == ()
        assert [model.name for model in TABLES if not books.table(model.name).height] == []


FIRST = {
    **dict.fromkeys(
        (
            *("accountability", "accountability_interventions", "accountability_receipts"),
            *("accountability_claims", "accountability_corrections", "findings"),
        ),
        "accounts",
    ),
    **dict.fromkeys(("adjustments", "due_changes", "settling"), "decisions"),
    "correction_causes": "payments",
    "schools": "deliveries",
}
"""The check that tells of a table which no manifest names."""


@pytest.fixture(scope="module")
def derived(opened):
    """What is derived from books that nobody changed: it follows from other tables than it is compared with."""

    def kept(real, key):
        answers = {}

        def once(*given):
            if key(*given) not in answers:
                answers[key(*given)] = real(*given)
            return answers[key(*given)]

        return once

    again = {
        (accounts, "_accounted"): lambda _, row: (row["run_id"], row["year"]),
        (DecisionsAgain, "_calculated"): lambda _, decision: decision["decision_id"],
        (decisions_payments, "due_changes_since"): lambda before, _: before.row["decision_id"],
    }
    patches = [patch.object(*of, kept(getattr(*of), key)) for of, key in again.items()]
    with changed(opened) as (books, home):
        assert found_by(FIRST.values(), patches, books, home) == []
    return patches


def found_by(names, patches, books, home):
    """What some of the checks of `npo verify` find where what they derive was derived before."""
    with ExitStack() as stack:
        for one in patches:
            stack.enter_context(one)
        return [finding for name in names for finding in CHECKS[name](books, home)]


def found(books, home, table, derived):
    """Yield what `verify` finds, the check of the table first: a test asks no further than it needs."""
    if table in FIRST:
        yield from found_by([FIRST[table]], derived, books, home)
    else:
        if table in ROW_OWNERSHIP:
            yield from row_faults(books, table, sealed_runs(books))
        yield from chain_faults(books, home)
    with looking_at(table):
        yield from found_by(LATER.get(table, ()), (), books, home)
    yield from verify_books(books, home).findings


LATER = {"regulations": ("tables", "accounts")}
"""The checks that tell of a table where the chain may not, which knows no regulation that nobody named."""


def row_of(table, condition="true"):
    """Return SQL for the row to change: the last, or the first of a table that is derived again."""
    return f"rowid = (select {'min' if table in FIRST else 'max'}(rowid) from {table} where {condition})"


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_cell_is_found_and_its_table_named(opened, derived, table, column):
    model = next(model for model in TABLES if model.name == table)
    change = f"update {table} set {column} = {another(model, column)} where {row_of(table)}"
    with changed(opened, change) as (books, home):
        assert any(_names(table, finding) for finding in found(books, home, table, derived))


@pytest.mark.parametrize(("table", "column"), NULLABLE)
def test_an_emptied_cell_is_found(opened, derived, table, column):
    one = row_of(table, f"{column} is not null")
    with changed(opened, f"update {table} set {column} = null where {one}") as (books, home):
        assert any(found(books, home, table, derived))


@pytest.mark.parametrize("table", [model.name for model in TABLES])
def test_a_removed_row_is_found(opened, derived, table):
    with changed(opened, f"delete from {table} where {row_of(table)}") as (books, home):
        assert any(_names(table, finding) for finding in found(books, home, table, derived))


@pytest.mark.parametrize("table", [model.name for model in TABLES])
def test_a_copied_row_is_found(opened, derived, table):
    with changed(opened, f"insert into {table} from {table} where {row_of(table)}") as (books, home):
        assert any(found(books, home, table, derived))


def _names(table, finding):
    """A run is named by its run_id, a decision or regulation by its name, others by the table."""
    words = {
        "runs": ("0000",),
        "decisions": ("decisions",),
        "regulations": (".yaml", "regulation"),
    }
    return any(word in finding for word in (table, *words.get(table, ()), "superseded by"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("ours = ours + 1, difference = difference - 1", "ours is not what the decision has"),
        ("difference = difference + 1", "the difference is not theirs less ours"),
        ("outcome = if(outcome = 'match', 'differs', 'match')", "the outcome does not follow from the amounts"),
    ],
)
def test_a_reconciliation_fits_its_decision_and_itself(opened, change, fault):
    """Also where the manifest says what was written: who wrote it may have written it wrong."""
    with changed(opened, f"update reconciliation set {change} where theirs is not null") as (books, _):
        assert f"per_pupil of 01AA00: {fault}" in " ".join(reconciled_faults(books))
