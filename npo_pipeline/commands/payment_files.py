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


DUE = ".due"
"""The file in their folder that names those that a release is about to write, one a line."""


def mark_due(home: Home, names: Collection[str]) -> None:
    """Name the files that a release writes when it is in the books: where it is killed in between, they are due.

    Raises:
        Refused: it cannot be written; nothing was released.
    """
    try:
        with (home.bank / DUE).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}\n" for name in names)
    except OSError as error:
        raise Refused(f"{home.bank}: cannot be written ({error.strerror}); payment files go there") from error


def files_due(home: Home) -> list[str]:
    """Return the names of the files that a release that is busy, or was cut off, has to write."""
    try:
        return (home.bank / DUE).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        # Without what it says a file that is gone is a fault, as any other.
        return []


def write_missing_files(home: Home) -> list[Path]:
    """Step: write the payment files that are in the books and not on the disk, each as the books say.

    Raises:
        NpoError: names those that cannot be written; they are in the books all the same. The others are written.
    """
    written, faults = [], []
    with read_books(home) as books:
        known = set(queries.all_batches(books)["file"].drop_nulls())
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
    _mark_written(home, known)
    return written


def _mark_written(home: Home, names: Collection[str]) -> None:
    """Take files from those that are due; what the books do not know yet is of a release that is busy.

    Raises:
        NpoError: the mark cannot be written; all files are.
    """
    mark, due = home.bank / DUE, files_due(home)
    try:
        if left := [name for name in due if name not in names]:
            mark.write_text("".join(f"{name}\n" for name in left), encoding="utf-8")
        elif due:
            mark.unlink(missing_ok=True)
    except OSError as error:
        raise NpoError(
            f"{mark}: cannot be written ({error.strerror}), though all payment files are; mend that and run "
            "`npo release` again"
        ) from error


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


def due_files(batches: Batches, home: Home) -> Iterator[str]:
    """Describe the payment files that the books know and that a release has still to write, a sentence each."""
    for name in sorted(set(files_due(home)) & set(batches["file"].drop_nulls())):
        if not (home.bank / name).exists():
            yield (
                f"{home.bank.name}/{name}: a release that is busy, or was cut off, has not written it; "
                "`npo release` writes it"
            )


def file_faults(batches: Batches, home: Home) -> Iterator[str]:
    """Compare the payment files on the disk with what the books say of them.

    That one is not there which a release has still to write is no fault (`due_files`).
    """
    folder, due = home.bank, files_due(home)
    known = dict(batches.filter(pl.col("file").is_not_null())["file", "sha256"].iter_rows())
    for name, sha256 in known.items():
        try:
            content = (folder / name).read_bytes()
        except FileNotFoundError:
            if name not in due:
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
