"""Runs: their rows with the manifests, the rows of tables that belong to each, and the texts of their rules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import polars as pl

from npo_pipeline.books.manifest import OS_USER
from npo_pipeline.books.reader import Books
from npo_pipeline.operating_system import OsUser, os_user_of
from npo_pipeline.rulebook.archive import ArchivedTexts
from schemas.decided import Runs
from schemas.frames.books import NamedRuns, PaymentRuns, RowsOfRuns


class LinkToRun(NamedTuple):
    """The way from a row that does not name its run to a table that does."""

    table: str
    key: str
    """The column of `table` that identifies its rows."""

    foreign_key: str
    """The column of the row that holds it."""


def all_runs(books: Books) -> Runs:
    """Return all runs in order."""
    return Runs(books.frame("from runs order by run_id"))


def runs_with_names(books: Books) -> NamedRuns:
    """Return all runs in order, with the names that were given for what each did."""
    query = """
        with given as (
            select run_id, prepared_by, approved_by from decisions
            union all by name select run_id, prepared_by, approved_by from closed_years
            union all by name select run_id, prepared_by from release_plans
            union all by name select run_id, prepared_by, approved_by from batches
            union all by name select run_id, confirmed_by as prepared_by from account_confirmations
            union all by name select run_id, declared_by as prepared_by from holds),
        named as (
            select run_id, string_agg(distinct prepared_by, ', ' order by prepared_by) as prepared_by,
                string_agg(distinct approved_by, ', ' order by approved_by) as approved_by
            from given group by 1)
        select run_id, command, month, finished_at, payments, prepared_by, approved_by, manifest
        from runs left join named using (run_id) order by run_id"""
    return NamedRuns(books.frame(query))


def last_run(books: Books) -> tuple[str, datetime]:
    """Return the last run of books that are not empty, and when it was finished (UTC)."""
    found: tuple[str, datetime] = books.frame(
        "select run_id, finished_at from runs order by run_id desc limit 1"
    ).row(0)
    return found


def payment_runs(books: Books) -> PaymentRuns:
    """Return the payment runs in order."""
    return PaymentRuns(books.frame("select run_id, month from runs where command = 'pay' order by 1"))


def manifest_of(books: Books, run_id: str) -> str | None:
    """Return the text of the manifest of a run; None when there is no such run."""
    found = books.frame("select manifest from runs where run_id = ?", [run_id])["manifest"]
    return found[0] if found.len() else None


def copies_without_run(books: Books) -> list[str]:
    """Return the names of manifests beside the books of which the run is not in them, in order."""
    runs = books.frame("select run_id from runs")["run_id"]
    return sorted(books.manifest_copies - {f"{run_id}.json" for run_id in runs})


def rule_of_run(books: Books, run_id: str, name: str, before: int) -> int:
    """Return in which way a run derived something, as its manifest says; `before`: the way of older versions."""
    rule = _entry(manifest_of(books, run_id), name)
    return rule if isinstance(rule, int) else before


def user_of_run(books: Books, run_id: str) -> OsUser | None:
    """Return who ran a run by the operating system; None where an older program wrote it."""
    return user_of_manifest(manifest_of(books, run_id))


def user_of_manifest(text: str | None) -> OsUser | None:
    """Return who ran the run of a manifest by the operating system; None where an older program wrote it."""
    return os_user_of(_entry(text, OS_USER))


def _entry(text: str | None, name: str) -> object:
    try:
        manifest = json.loads(text or "{}")
    except ValueError:
        return None  # damaged; the check of the chain says so
    return manifest.get(name) if isinstance(manifest, dict) else None


def rows_with_run(books: Books, table: str, link: LinkToRun | None) -> pl.DataFrame:
    """Return a table with the run that each row belongs to, as `owner` (null where there is none).

    `link`: how a row names its run; null where it has a column `run_id` of its own.
    """
    rows = books.table(table)
    if link is None:
        return rows.with_columns(owner="run_id")
    owners = books.frame(f"select {link.key} as {link.foreign_key}, run_id as owner from {link.table}")
    return rows.join(owners, on=link.foreign_key, how="left")


def count_rows_not_migrated(
    books: Books, table: str, link: LinkToRun | None, *, of_runs: Sequence[str], values: Mapping[str, str]
) -> RowsOfRuns:
    """Count the rows of some runs whose new columns hold other values than a migration gives them.

    `values`: column -> its value in SQL (`books.migrations.columns_since`).
    """
    same = " and ".join(f"{column} is not distinct from ({value})" for column, value in values.items())
    query = f"""
        select owner, count(*) as rows from ({_with_owner(table, link)}) as {table}
        where owner in (select unnest(?)) and not ({same}) group by 1 order by 1"""
    return RowsOfRuns(books.frame(query, [list(of_runs)]))


def _with_owner(table: str, link: LinkToRun | None) -> str:
    if link is None:
        return f"select *, run_id as owner from {table}"
    return f"""
        select t.*, o.run_id as owner
        from {table} t left join {link.table} o on o.{link.key} = t.{link.foreign_key}"""


def archived_texts(books: Books) -> ArchivedTexts:
    """Return the archived texts by their sha256, for `rulebook.archive`."""
    return {sha256: (name, text) for sha256, name, text in books.table("regulations").iter_rows()}
