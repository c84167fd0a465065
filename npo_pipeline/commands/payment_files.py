"""The payment files of a home: written from the books alone, never overwritten, compared with them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import polars as pl

from npo_pipeline.atomic_file import sync, write_whole
from npo_pipeline.bank.release import file_of
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import bank as queries
from npo_pipeline.books.reader import Books, read_books
from npo_pipeline.errors import NpoError, Refused
from schemas.released import Batches

_FILES = ("npo-*.xml", "npo-*.csv")
"""Names of payment files; others in their folder are not ours."""


def refuse_unwritable(home: Home, names: Collection[str]) -> None:
    """Refuse a release whose file cannot be written, before anything is released.

    One that is there already is never overwritten: the books do not know it.
    """
    folder = home.bank
    if not names:
        return
    try:
        folder.mkdir(exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Refused(f"{folder}: cannot be written ({error.strerror}); payment files go there") from error
    for name in names:
        path = folder / name
        if path.exists() or path.is_symlink():
            raise Refused(f"{path}: is there, and the books do not know it; find out whose it is and move it away")


def write_missing_files(home: Home) -> list[Path]:
    """Step: write the payment files that are in the books and not on the disk, each as the books say.

    Raises:
        NpoError: names those that cannot be written; they are in the books all the same. The others are written.
    """
    written, faults = [], []
    with read_books(home) as books:
        for batch in missing_files(books, home):
            content = file_of(batch, queries.orders_of_batch(books, batch["batch_id"]))
            path = home.bank / batch["file"]
            if hashlib.sha256(content).hexdigest() != batch["sha256"]:
                faults.append(
                    f"{path}: is gone, and this version of npo cannot write it as it was; put a back-up of it back"
                )
            elif fault := _write(path, content):
                faults.append(fault)
            else:
                written.append(path)
    if faults:
        raise NpoError(faults[0], details=faults[1:])
    return written


def odd_files(home: Home) -> list[str]:
    """Step: describe the payment files that are not what the books say, a sentence each."""
    with read_books(home) as books:
        return list(file_faults(queries.all_batches(books), home))


def missing_files(books: Books, home: Home) -> list[dict[str, Any]]:
    """Return the batches whose file is not on the disk."""
    named = queries.all_batches(books).filter(pl.col("file").is_not_null())
    return [one for one in named.iter_rows(named=True) if not (home.bank / one["file"]).exists()]


def _write(path: Path, content: bytes) -> str | None:
    """Write a payment file whole, and return why it cannot be; None where it is written."""

    def write(beside: Path) -> None:
        beside.write_bytes(content)
        sync(beside)

    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, write)
        sync(path.parent)
        # A process that died while it wrote this file left its half beside it.
        for half in path.parent.glob(f".{path.name}.*"):
            half.unlink(missing_ok=True)
    except OSError as error:
        return (
            f"{path}: is in the books and cannot be written ({error.strerror}); mend that and run `npo release` "
            "again, which writes it"
        )
    return None


def file_faults(batches: Batches, home: Home) -> Iterator[str]:
    """Compare the payment files on the disk with what the books say of them."""
    folder = home.bank
    known = dict(batches.filter(pl.col("file").is_not_null())["file", "sha256"].iter_rows())
    for name, sha256 in known.items():
        try:
            content = (folder / name).read_bytes()
        except FileNotFoundError:
            yield f"{folder.name}/{name}: is gone; `npo release` writes it again as it was"
        except OSError as error:
            yield f"{folder.name}/{name}: cannot be read ({error.strerror}); check its rights"
        else:
            if hashlib.sha256(content).hexdigest() != sha256:
                yield (
                    f"{folder.name}/{name}: was changed; do not upload it: move it away, and `npo release` writes "
                    "it"
                )
    for path in sorted(path for pattern in _FILES for path in folder.glob(pattern)):
        if path.name not in known:
            yield f"{folder.name}/{path.name}: no release wrote it; do not upload it, and find out whose it is"
