"""Empty books: to make and comment all tables takes longer than all else that the first run of a home does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def begun(arguments: Sequence[object]) -> Iterator[None]:
    """Have empty books in the home of a first `npo ingest`; where it published nothing, they are gone again."""
    words = [str(word) for word in arguments]
    home = Path(words[words.index("--home") + 1]) if "--home" in words[:-1] else None
    if words[:1] != ["ingest"] or home is None or home.exists() or not home.parent.is_dir():
        yield
        return
    home.mkdir()
    database = home / "npo.duckdb"
    database.write_bytes(_empty_books())
    try:
        yield
    finally:
        if database.exists() and database.read_bytes() == _empty_books():
            database.unlink()
            if not any(home.iterdir()):
                home.rmdir()


@cache
def _empty_books() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "npo.duckdb"
        with engine() as duck, writing(duck, path):
            create(duck)
            add_comments(duck)
        return path.read_bytes()
