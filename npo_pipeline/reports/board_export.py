"""The files of the data of one board: CSV, Parquet, a dictionary, and a page that says what they are.

Codes of others are blanked where a column may hold one, masked where somebody wrote one in a text, and looked for
in all that is written: what still names another is a fault of ours, and nothing is written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from importlib.resources import files

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import strip_invisible
from npo_pipeline.months import day_of
from npo_pipeline.reports.board_pack.isolation import KnownParties, assert_names_no_other
from schemas.frames.reports import ExportedRows

_NO_COLUMN: Sequence[tuple[str | None, str | None, str | None]] = [(None, None, None)]
MASKED = "[...]"
"""Replaces the code or the name of another in a text."""

_CODE = re.compile(r"(?<![0-9A-Za-z])(?:[0-9]{5}|[0-9]{2}[A-Za-z]{2}(?:[0-9]{2})?)(?![0-9A-Za-z])")
_CITES = ("article", "source", "url", "rests_on", "regulation")
"""Columns of citations: the number of a Staatscourant may be the number of a board as well."""

_PLACES = ("place", "municipality", "name")
_SHORTEST_NAME = 8
"""A name of one word shorter than this may be any word of a text."""


@dataclass(frozen=True, kw_only=True)
class Own:
    """Know what is of a board among all that is known."""

    board: str
    codes: frozenset[str]
    names: frozenset[str]
    parties: KnownParties

    @cached_property
    def names_of_others(self) -> tuple[str, ...]:
        """The names of others that are looked for in a text, the longest first."""
        names = self.parties.names - self.names
        telling = [name for name in names if " " in name or len(name) >= _SHORTEST_NAME]
        return tuple(sorted(telling, key=lambda name: (-len(name), name)))

    def is_other(self, code: str) -> bool:
        """Return whether a code is that of another board or of a school of another."""
        known = code in self.parties.boards or code[:4] in self.parties.brins
        return known and code not in self.codes and not (len(code) == 6 and code[:4] in self.codes)


@dataclass(frozen=True, kw_only=True)
class TableWords:
    """The words of the dictionary on a table."""

    name: str
    description: str
    whose: str
    rows: int | None
    """Null where the table is left out."""
    columns: Sequence[tuple[str, str, str]]
    """Name, type, description."""


def without_others(
    rows: ExportedRows, own: Own, *, codes: Sequence[str] = (), texts: Sequence[str] = ()
) -> ExportedRows:
    """Blank the codes of others in some columns, and mask codes and names of others in texts."""
    blanked = {
        name: {one: None if own.is_other(one) else one for one in rows[name].drop_nulls().unique()}
        for name in codes
    }
    texts_of = {name: {one: masked(one, own) for one in rows[name].drop_nulls().unique()} for name in texts}
    replaced = {name: values for name, values in (blanked | texts_of).items() if values}
    return ExportedRows(
        rows.with_columns(
            pl.col(name).replace_strict(values, default=None, return_dtype=pl.String)
            for name, values in replaced.items()
        )
    )


def masked(text: str, own: Own) -> str:
    """Mask the codes and the names of others in a text."""
    plain = _CODE.sub(lambda found: MASKED if own.is_other(found[0].upper()) else found[0], text)
    for name in own.names_of_others:
        if name in plain:
            plain = plain.replace(name, MASKED)
    return plain


def own_names(tables: Iterable[ExportedRows]) -> frozenset[str]:
    """Return the names, places and municipalities in the rows of a board."""
    found = {
        text for rows in tables for name in _PLACES if name in rows.columns for text in rows[name].drop_nulls()
    }
    return frozenset(found)


def assert_own(own: Own, tables: Mapping[str, ExportedRows], written: Mapping[str, Collection[str]]) -> None:
    """Search the texts of tables for anybody else. Numbers are no codes: line 12045 of a file is no board.

    `written`: table -> columns that the board itself wrote.

    Raises:
        NpoError: a table names somebody else. A fault of ours.
    """
    texts = {
        name: rows.select(pl.col(pl.String)).drop(written.get(name, ()), strict=False).write_csv(separator=";")
        for name, rows in tables.items()
    }
    cited = {
        code
        for rows in tables.values()
        for name in _CITES
        if name in rows.columns
        for text in rows[name].drop_nulls().unique()
        for code in _CODE.findall(text)
    }
    searched = {f"{name}.csv": text.encode() for name, text in texts.items()}
    assert_names_no_other(own.board, searched, own.parties, own_names=own.names, own_codes=own.codes | cited)


def csv_bytes(rows: ExportedRows) -> bytes:
    """Write a table as Dutch Excel opens it: `;`, a decimal comma, a mark that says UTF-8."""
    return dutch.csv(rows.with_columns(strip_invisible(pl.col(pl.String))))


def parquet_bytes(rows: ExportedRows) -> bytes:
    """Write a table as Parquet. The same rows give the same bytes."""
    written = io.BytesIO()
    rows.write_parquet(written)
    return written.getvalue()


def dictionary_csv(tables: Sequence[TableWords]) -> bytes:
    """Write the dictionary as a table: a row per column, and one per table that is left out."""
    rows = [
        (one.name, column, kind, text, one.description, one.whose, one.rows)
        for one in tables
        for column, kind, text in one.columns or _NO_COLUMN
    ]
    schema = {name: pl.String for name in ("table", "column", "type", "description", "table_description", "whose")}
    return csv_bytes(ExportedRows(pl.DataFrame(rows, schema={**schema, "rows": pl.Int64}, orient="row")))


def dictionary_markdown(tables: Sequence[TableWords]) -> bytes:
    """Write the dictionary to be read: a section per table, and what is left out at the end."""
    there = [one for one in tables if one.rows is not None]
    parts = ["# Data dictionary", *(_section(one) for one in there), "## Left out"]
    parts += [f"- `{one.name}`: {one.whose}" for one in tables if one.rows is None]
    return ("\n\n".join(parts) + "\n").encode()


def _section(one: TableWords) -> str:
    head = f"## {one.name}\n\n{one.description}\n\n{one.whose} {dutch.number(one.rows or 0)} rows."
    cells = [[name, kind, text.replace("|", "\\|")] for name, kind, text in one.columns]
    lines = ["| column | type | what it is |", "| --- | --- | --- |", *(f"| {' | '.join(row)} |" for row in cells)]
    return f"{head}\n\n" + "\n".join(lines)


@dataclass(frozen=True, kw_only=True)
class Edition:
    """Say which books an export is of. `made`: the day on which it is made."""

    board: str
    name: str | None
    run_id: str
    finished_at: datetime
    made: date


def readme(edition: Edition, tables: Sequence[TableWords]) -> bytes:
    """Write the page that says what the files are, in Dutch."""
    named = f"{edition.name} ({edition.board})" if edition.name else f"bevoegd gezag {edition.board}"
    listed = [f"| `{one.name}` | {dutch.number(one.rows)} |" for one in tables if one.rows]
    text = (
        (files("npo_pipeline.reports") / "board_export.md")
        .read_text(encoding="utf-8")
        .format(
            whose=named,
            board=edition.board,
            run_id=edition.run_id,
            day=dutch.day(day_of(edition.finished_at)),
            made=dutch.day(edition.made),
            masked=MASKED,
            tables="\n".join(listed),
        )
    )
    return text.encode()
