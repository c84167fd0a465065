"""The tables and views that many readers get, and the catalogue of DuckDB over their Parquet files.

The readers are staff of the ministry and of DUO who work with amounts and counts. They need no account number, nor
the name of who decided, approved or reported, nor a text that somebody wrote: those stay in the books. A finding
quotes such texts in its message, and a bank may name its file after the account. A table or view that is not in
`PUBLISHED` cannot be published, and a test names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from npo_pipeline.books.catalogue import described, quoted
from npo_pipeline.books.duckdb import Engine, engine, first_line, writing
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import sql_type
from schemas.frames.reports import PublishedRows


@dataclass(frozen=True, kw_only=True)
class Publication:
    """Declare how a table or view is published."""

    partition: str = ""
    """The column by whose values its files are parted; empty for one file."""
    without: tuple[str, ...] = ()
    """Columns that are left out."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Column -> the column that is true in the rows in which its value is published; it is null in others."""
    left_out: str = ""
    """The reason why all of it is left out; empty where it is published."""


_PEOPLE = ("prepared_by", "approved_by")
_WHOLE = Publication()
_BY_SCHOOL_YEAR, _BY_YEAR = Publication(partition="school_year"), Publication(partition="year")
_BY_PAID_MONTH, _BY_MONTH = Publication(partition="paid_month"), Publication(partition="month")
_DECISIONS = Publication(without=(*_PEOPLE, "reason"))
_OF_RECIPIENT = ("iban", "account_name")

PUBLISHED: Mapping[str, Publication] = {
    "home": Publication(left_out="It says which program can open the books as its own."),
    "deliveries": _WHOLE,
    "quarantine": Publication(left_out="Refused rows are quoted in it, and a board may write anything."),
    "source_corrections": Publication(without=("expected", "value", "reason", "reported_by")),
    "resolutions": Publication(without=("reason", "reported_by")),
    "school_facts": _WHOLE,
    "schools": _WHOLE,
    "counts": _WHOLE,
    "zero_counts": _WHOLE,
    "count_ranges": _WHOLE,
    "scores": _WHOLE,
    "areas": _WHOLE,
    "municipal_scores": _WHOLE,
    "listed_vestigingen": _WHOLE,
    "leerplus_schools": _WHOLE,
    "boards": _WHOLE,
    "payment_accounts": Publication(left_out="Account numbers."),
    "changes": _WHOLE,
    "applications": _WHOLE,
    "completions": _WHOLE,
    "spending": Publication(partition="year", without=("intervention", "reason")),
    "consents": Publication(partition="school_year", without=("parents_involved", "result")),
    "reserve_transfers": _WHOLE,
    "differences": _WHOLE,
    "regulations": _WHOLE,
    "decisions": _DECISIONS,
    "decision_inputs": _WHOLE,
    "accepted_changes": Publication(without=("accepted_by",)),
    "entitlements": _BY_SCHOOL_YEAR,
    "trace": _BY_SCHOOL_YEAR,
    "instalments": _BY_SCHOOL_YEAR,
    "adjustments": _BY_SCHOOL_YEAR,
    "due_changes": _BY_SCHOOL_YEAR,
    "settling": _WHOLE,
    "grants": _BY_SCHOOL_YEAR,
    "payments": _BY_PAID_MONTH,
    "correction_causes": _WHOLE,
    "accounts": _WHOLE,
    "findings": Publication(partition="year", without=("message",)),
    "accountability": _BY_YEAR,
    "accountability_interventions": Publication(partition="year", only={"intervention": "on_menu"}),
    "accountability_receipts": _BY_YEAR,
    "accountability_corrections": _BY_YEAR,
    "accountability_claims": _BY_YEAR,
    "closed_years": Publication(without=_PEOPLE),
    "packs": _BY_YEAR,
    "reconciliation": _BY_SCHOOL_YEAR,
    "account_confirmations": Publication(left_out="Account numbers, and who confirmed them."),
    "release_plans": Publication(left_out="Who prepared a release, and the account that pays."),
    "batches": Publication(without=("debtor_name", "debtor_iban", "debtor_bic", *_PEOPLE)),
    "transfer_orders": Publication(partition="month", without=_OF_RECIPIENT),
    "transfer_payments": _WHOLE,
    "withheld": _BY_MONTH,
    "bank_files": Publication(without=("account_iban", "file", "message_id")),
    "transfer_events": Publication(without=("reason",)),
    "holds": Publication(without=("declared_by", "reason")),
    "runs": Publication(without=("manifest",)),
    "board_payments": _BY_PAID_MONTH,
    "recipient_payments": _BY_PAID_MONTH,
    "current_counts": _WHOLE,
    "latest_decisions": _DECISIONS,
    "due": _BY_SCHOOL_YEAR,
    "ledger": _BY_PAID_MONTH,
    "municipal_support": _BY_YEAR,
    "receivables": _BY_SCHOOL_YEAR,
    "transfers": Publication(partition="month", without=(*_OF_RECIPIENT, "reason")),
    "transfer_balance": _BY_MONTH,
}
"""Every table and view -> how it is published."""


@dataclass(frozen=True, kw_only=True)
class PublishedTable:
    """Hold the rows of a table or view that are published, and what it is."""

    name: str
    rows: PublishedRows
    description: str
    columns: Mapping[str, str]
    """Column -> description."""
    partition: str


def published() -> list[str]:
    """Return the names of the tables and views that are published."""
    return [name for name, how in PUBLISHED.items() if not how.left_out]


def published_table(books: Books, name: str) -> PublishedTable:
    """Return what is published of a table or view, its rows in a fixed order."""
    how = PUBLISHED[name]
    columns = f"* exclude ({', '.join(how.without)})" if how.without else "*"
    if how.only:
        masked = (f"case when {where} then {column} end as {column}" for column, where in how.only.items())
        columns += f" replace ({', '.join(masked)})"
    rows = books.frame(f"select {columns} from {name} order by all")
    description, of_column = described(name)
    texts = {column: of_column(column) for column in rows.columns}
    texts |= {column: f"{texts[column]} Null here unless {where}." for column, where in how.only.items()}
    return PublishedTable(
        name=name, rows=PublishedRows(rows), description=description, columns=texts, partition=how.partition
    )


BASE_VARIABLE = "npo_base"
"""The variable of DuckDB by which a reader says where the files are, when it has the place under another name."""


@dataclass(frozen=True, kw_only=True)
class CatalogueView:
    """Describe a view of the catalogue: its files from the base on, and what it must give."""

    name: str
    description: str
    columns: Mapping[str, tuple[str, str]]
    """Column -> its type and its description."""
    partition: str
    files: Sequence[str]
    rows: int
    amount: Decimal
    """The sum of column `amount`; zero where there is none."""


def view_of(table: PublishedTable, files: Sequence[str]) -> CatalogueView:
    """Return the view over the files of a table. `files`: from the base on."""
    rows = table.rows
    return CatalogueView(
        name=table.name,
        description=table.description,
        columns={name: (sql_type(dtype), table.columns[name]) for name, dtype in rows.schema.items()},
        partition=table.partition if rows.height else "",
        files=files,
        rows=rows.height,
        amount=Decimal(rows["amount"].sum() or 0) if "amount" in rows.columns else Decimal(0),
    )


def write_catalogue(path: Path, views: Sequence[CatalogueView], *, base: str, here: Path) -> None:
    """Write a database of views over Parquet files, with comments, and compare what each gives with its rows.

    DuckDB takes relative paths from the working directory of the reader, so the views hold `base`, an absolute
    path or an address, in which the files are under the names that they have in the folder `here`.

    Raises:
        OSError: it cannot be written, or a file cannot be read back as it was written.
    """
    try:
        with engine() as duck:
            duck.execute(f"set variable {BASE_VARIABLE} = {quoted(str(here))}")
            try:
                with writing(duck, path):
                    for view in views:
                        _write_view(duck, view, base)
                    for view in views:
                        _check_view(duck, view)
            finally:
                duck.execute(f"reset variable {BASE_VARIABLE}")
    except duckdb.Error as error:
        raise OSError(None, first_line(error)) from error


def _write_view(duck: Engine, view: CatalogueView, base: str) -> None:
    columns = ", ".join(f'"{name}"::{kind} as "{name}"' for name, (kind, _) in view.columns.items())
    listed = ", ".join(quoted(name) for name in view.files)
    source = f"coalesce(getvariable('{BASE_VARIABLE}'), {quoted(base)}) || '/' || file"
    how = "hive_partitioning = false"
    if view.partition:
        how = f"hive_partitioning = true, hive_types = {{'{view.partition}': {view.columns[view.partition][0]}}}"
    query = f"select {columns} from read_parquet(list_transform([{listed}], lambda file: {source}), {how})"
    comments = {f"view {view.name}": view.description}
    comments |= {f'column {view.name}."{name}"': text for name, (_, text) in view.columns.items()}
    statements = [f"create view {view.name} as {query}"]
    statements += [f"comment on {target} is {quoted(text)}" for target, text in comments.items()]
    duck.execute(";".join(statements))


def _check_view(duck: Engine, view: CatalogueView) -> None:
    total = "coalesce(sum(amount), 0)" if "amount" in view.columns else "0"
    found = duck.execute(f"select count(*), {total} from {view.name}").fetchall()[0]
    if found != (view.rows, view.amount):
        raise OSError(None, f"control total of {view.name}: wrote {view.rows}, {view.amount}, found {found}")
