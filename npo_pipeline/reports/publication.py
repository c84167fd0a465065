"""The files of what is published for many readers: Parquet, a page that says what it is, and a dictionary.

A folder per value of the column that a table is parted by, as `paid_month=2021-09-01`: DuckDB, polars, pyarrow and
Spark read its value from there. The same rows give the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

import polars as pl

from npo_pipeline import dutch
from schemas.frames.reports import PublishedRows

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""The name that readers take for no value."""


@dataclass(frozen=True, kw_only=True)
class TableWords:
    """The words of the dictionary on a table."""

    name: str
    description: str
    columns: Sequence[tuple[str, str, str]]
    """Name, type, description."""
    rows: int
    partition: str
    without: Sequence[str]
    left_out: str
    """The reason why all of it is left out; empty where it is published."""


def parquet_files(
    name: str, rows: PublishedRows, partition: str, words: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a table, by their path in the folder of a run.

    `partition`: the column that is the name of a folder in place of a column in the files; empty for one file,
    which a table without rows is too. `words`: the description of the table ("") and of each column, kept in
    each file.
    """
    if not partition or rows.is_empty():
        yield f"{name}/part-0.parquet", _parquet(rows, words)
        return
    for (value,), part in rows.partition_by(partition, as_dict=True, maintain_order=True).items():
        folder = f"{partition}={_NO_VALUE if value is None else value}"
        yield f"{name}/{folder}/part-0.parquet", _parquet(part.drop(partition), words)


def _parquet(rows: pl.DataFrame, words: Mapping[str, str]) -> bytes:
    written = io.BytesIO()
    kept = {column: words[column] for column in rows.columns}
    rows.write_parquet(written, metadata={"description": words[""], "columns": json.dumps(kept)})
    return written.getvalue()


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Say which books are published. `base`: where the catalogue looks for the files."""

    run_id: str
    finished_at: datetime
    folder: str
    base: str
    npo: str


def readme(edition: Edition, tables: Sequence[TableWords]) -> bytes:
    """Write the page that says what the files are."""
    there = [
        f"| `{one.name}` | {dutch.number(one.rows)} | {one.partition} |" for one in tables if not one.left_out
    ]
    page = (files("npo_pipeline.reports") / "publication.md").read_text(encoding="utf-8")
    filled = page.format(
        run_id=edition.run_id,
        finished_at=f"{edition.finished_at:%Y-%m-%d %H:%M} UTC",
        folder=edition.folder,
        base=edition.base,
        npo=edition.npo,
        tables="\n".join(there),
    )
    return filled.encode()


def dictionary(tables: Sequence[TableWords]) -> bytes:
    """Write what each table and column is, and what is left out and why."""
    parts = ["# Dictionary", *(_section(one) for one in tables if not one.left_out), "## Left out"]
    parts += [f"- `{one.name}`: {one.left_out}" for one in tables if one.left_out]
    return ("\n\n".join(parts) + "\n").encode()


def _section(one: TableWords) -> str:
    cells = [[name, kind, text.replace("|", "\\|")] for name, kind, text in one.columns]
    lines = ["| column | type | what it is |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in cells)]
    without = f"\n\nLeft out: {', '.join(one.without)}." if one.without else ""
    return f"## {one.name}\n\n{one.description}\n\n" + "\n".join(lines) + without
