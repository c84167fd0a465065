"""What a folder holds, for comparing what a kill left with what it should be; and whether each file is whole."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from lxml import etree

MOMENTS = re.compile(r"\w+\.(\w+_at|manifest|manifest_sha256|execution_date|accounted_on)|(packs|batches)\.sha256")
"""Columns (`table.column`) that hold when something was done, or the hash of a file that says it."""

DRAFT = re.compile(r"(^|/)(work/|\.|npo\.lock$)")
"""Files that are not in their place: drafts, what is beside its place, and who holds the lock."""

VERIFIED = "verified.json"
"""The mark of `npo verify`, which is no part of any other command."""

STAMP = re.compile(r"\d{8}T\d{6}Z?|\d{4}-\d\d-\d\dT[\d:-]+Z?")

Contents = dict[str, list[tuple[Any, ...]]]


def contents(home: Path) -> Contents:
    """Return every table of published books without its moments; none where there are no books."""
    if not (home / "npo.duckdb").exists():
        return {}
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"attach '{home / 'npo.duckdb'}' as books (read_only)")
        connection.execute("use books")
        names = (
            "select table_name, list(column_name) from duckdb_columns() where database_name = 'books' group by 1"
        )
        tables = dict(connection.execute(names).fetchall())
        base = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        return {
            name: connection.execute(f"select {_columns(name, tables[name])} from {name} order by all").fetchall()
            for name in sorted(base)
        }


def _columns(table: str, names: list[str]) -> str:
    return ", ".join(sorted(f'"{name}"' for name in names if not MOMENTS.fullmatch(f"{table}.{name}"))) or "null"


def published(world: Path) -> dict[str, Path]:
    """Return every file that is in its place, by its name without moments."""
    found = {str(path.relative_to(world)): path for path in sorted(world.rglob("*")) if path.is_file()}
    return {
        STAMP.sub("STAMP", name): path
        for name, path in found.items()
        if not DRAFT.search(name) and path.name != VERIFIED
    }


def left_beside(world: Path) -> list[str]:
    """Return the files that are not in their place: what a run that died left."""
    names = (str(path.relative_to(world)) for path in world.rglob("*") if path.is_file())
    return sorted(name for name in names if DRAFT.search(name))


def halves(files: dict[str, Path]) -> Iterator[str]:
    """Yield the files that are not whole, each with its fault."""
    for name, path in files.items():
        try:
            _read(path)
        except Exception as error:
            yield f"{name}: {type(error).__name__}: {error}"


def _read(path: Path) -> None:
    """Read a file to its end, as whoever uses it would.

    Raises:
        Exception: it is not what its name says.
    """
    reader = READERS.get(path.suffix.lower() or path.name)
    if reader:
        reader(path)


def _read_json(path: Path) -> None:
    json.loads(path.read_text("utf-8"))


def _read_xml(path: Path) -> None:
    etree.fromstring(path.read_bytes(), etree.XMLParser(huge_tree=True))


def _read_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if broken := archive.testzip():
            raise ValueError(f"{broken} inside is broken")


def _read_books(path: Path) -> None:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"attach '{path}' as books (read_only)")


def _read_page(path: Path) -> None:
    if not path.read_text("utf-8").rstrip().endswith("</html>"):
        raise ValueError("ends before its end")


def _read_lines(path: Path) -> None:
    if not path.read_bytes().endswith(b"\n"):
        raise ValueError("ends before the end of a line")


def _read_sums(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            sha256, _, name = line.partition("  ")
            if hashlib.sha256((path.parent / name).read_bytes()).hexdigest() != sha256:
                raise ValueError(f"{name} has another SHA-256")


READERS: dict[str, Callable[[Path], object]] = {
    **dict.fromkeys((".json",), _read_json),
    **dict.fromkeys((".xml", ".xbrl", ".xhtml", ".xsd", ".xaf"), _read_xml),
    **dict.fromkeys((".zip", ".xlsx"), _read_zip),
    **dict.fromkeys((".csv", ".yaml"), _read_lines),
    "SHA256SUMS": _read_sums,
    ".parquet": pl.read_parquet,
    ".gz": lambda path: gzip.decompress(path.read_bytes()),
    ".duckdb": _read_books,
    ".html": _read_page,
}
