"""Empty books: to make and comment all tables takes longer than all else that the first run of a home does."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from npo_pipeline.books.catalogue import add_comments
from npo_pipeline.books.duckdb import engine, writing
from npo_pipeline.books.paths import Home
from npo_pipeline.books.tables import create


def blank(home: Path) -> Path:
    """A home in which nothing was run yet, with books as its first run would have made them, but for its rows."""
    home.mkdir(parents=True)
    Home(home).database.write_bytes(_empty_books())
    return home


@cache
def _empty_books() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "npo.duckdb"
        with engine() as duck, writing(duck, path):
            create(duck)
            add_comments(duck)
        return path.read_bytes()
