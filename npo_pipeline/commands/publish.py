"""`npo publish`: the tables for many readers, as Parquet with a catalogue, so that none of them opens the books.

The files of a run are written beside their place and renamed; then the catalogue is, by one rename. So a reader
sees one run whole, and one who has the earlier catalogue open goes on with its files, which stay for a while.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from npo_pipeline import __version__
from npo_pipeline.atomic_file import CHECKSUMS, remove, sync, write_whole
from npo_pipeline.books.backups import write_synced
from npo_pipeline.books.copies import sums_text, sync_folders
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import publication as queries
from npo_pipeline.books.queries.publication import CatalogueView
from npo_pipeline.books.queries.runs import last_run
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, locked
from npo_pipeline.books.witness import SealedRuns, sealed_runs
from npo_pipeline.commands.backup import ready_place
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.errors import Refused
from npo_pipeline.reports import publication as pages

RECORD, CATALOGUE, RUNS = "publication.json", "npo.duckdb", "runs"
README, DICTIONARY = "README.md", "dictionary.md"

_RUN = re.compile(r"[0-9]{6}-[0-9A-Za-z.-]+")
_PARTIAL = ".partial"


@dataclass(frozen=True, kw_only=True)
class PublishRequest:
    """Ask for the tables of a home in a folder that is there, new or of an earlier publication of the same books.

    `keep`: how many runs stay there, the current one included. `base`: where readers find the folder; null for its
    own path. `wait_seconds`: for another run to end.
    """

    home: Home
    dest: Path
    keep: int = 3
    base: str | None = None
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class _Record:
    """Represent what `publication.json` says: which books are there, and where their files are.

    `first`: the sha256 of the first manifest of the books. `files`: path from the folder -> size in bytes.
    """

    first: str
    run_id: str = ""
    manifest_sha256: str = ""
    folder: str = ""
    base: str = ""
    layout: str = ""
    published_at: str = ""
    npo: str = ""
    files: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Published:
    """Represent what was published; `is_new` is false where all of it was there already."""

    run_id: str
    dest: Path
    folder: str
    base: str
    tables: Mapping[str, int]
    files: int
    bytes: int
    removed: Sequence[str]
    is_new: bool


def publish(request: PublishRequest, *, progress: Progress = silently, clock: Clock = now) -> Published:
    """Write the tables and views of a home for many readers.

    Raises:
        Refused: there are no books, the folder is none to publish in, or it cannot be written; what was published
            before is as it was.
        HomeLocked: another run is busy.
    """
    home, dest = request.home, request.dest
    require_books(home)
    ready_place(home, dest)
    base = base_of(request)
    with locked(home, "publish", now=clock(), wait_seconds=request.wait_seconds), read_books(home) as books:
        runs = sealed_runs(books)
        earlier = _earlier(dest, runs)
        try:
            return _publish(request, books, earlier, base=base, at=clock(), progress=progress)
        except OSError as error:
            reason = error.strerror or error
            raise Refused(
                f"{dest}: cannot be written ({reason}); what was published before is as it was"
            ) from error


def base_of(request: PublishRequest) -> str:
    """Return where readers find the folder: an absolute path, or an address.

    Raises:
        Refused: it is a relative path.
    """
    if request.base is None:
        return str(request.dest.resolve())
    base = request.base.rstrip("/")
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://.|/.|\\\\.|[A-Za-z]:[\\/]", base):
        raise Refused(
            f"{request.base!r} is no place for all readers: write a path in full, or an address, as s3://bucket/npo"
        )
    return base


def _earlier(dest: Path, runs: SealedRuns) -> _Record:
    """Return what is published in a folder; mark one that is empty as of these books.

    Raises:
        Refused: something else is there, or other or newer books.
    """
    names = {one for one in os.listdir(dest) if not one.startswith(".") and one != "lost+found"}
    if RECORD not in names:
        if names:
            raise Refused(f"{dest}: holds {min(names)}, and no publication; name a folder that is empty")
        # Nothing else may be laid here from now on, also when this is stopped half-way.
        record = _Record(first=runs[0][1])
        _write_record(dest, record)
        return record
    try:
        record = _Record(**json.loads((dest / RECORD).read_bytes()))
        if not isinstance(record.files, dict) or not isinstance(record.folder, str):
            raise TypeError
    except (OSError, ValueError, TypeError) as error:
        raise Refused(f"{dest}: {RECORD} in it cannot be read; name a folder that is empty") from error
    if record.first != runs[0][1]:
        raise Refused(f"{dest}: holds the tables of other books; name another folder")
    if record.run_id and (record.run_id, record.manifest_sha256) not in runs:
        raise Refused(
            f"{dest}: holds the tables of {record.run_id}, and these books have no such run: they are older, or "
            "others; name another folder, or put the newest books in place"
        )
    return record


def _publish(
    request: PublishRequest, books: Books, earlier: _Record, *, base: str, at: datetime, progress: Progress
) -> Published:
    dest, (run_id, finished_at) = request.dest, last_run(books)
    last = sealed_runs(books)[-1]
    _remove_partial(dest)
    is_there = (
        (earlier.run_id, earlier.manifest_sha256) == last
        and earlier.layout == layout()
        and _is_whole(dest, earlier.files)
    )
    if is_there and earlier.base == base and (dest / CATALOGUE).is_file():
        return _described(request, earlier, {}, removed=(), is_new=False)
    tables = (
        _write_tables(dest, earlier.folder, books, progress, write=False)
        if is_there
        else _new_tables(dest, run_id, books, progress, earlier=earlier)
    )
    folder, views, words = tables.folder, tables.views, tables.words
    edition = pages.Edition(run_id=run_id, finished_at=finished_at, folder=folder, base=base, npo=__version__)
    record = _Record(
        first=earlier.first,
        run_id=run_id,
        manifest_sha256=last[1],
        folder=folder,
        base=base,
        layout=layout(),
        published_at=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        npo=__version__,
        files=earlier.files if is_there else tables.sizes,
    )
    progress("writing the catalogue", 0)
    _replace_catalogue(dest, views, base)
    write_synced(dest / README, pages.readme(edition, words))
    write_synced(dest / DICTIONARY, pages.dictionary(words))
    _write_record(dest, record)
    removed = _prune(dest, record, request.keep)
    return _described(request, record, {one.name: one.rows for one in views}, removed=removed, is_new=True)


def _described(
    request: PublishRequest, record: _Record, tables: Mapping[str, int], *, removed: Sequence[str], is_new: bool
) -> Published:
    return Published(
        run_id=record.run_id,
        dest=request.dest,
        folder=record.folder,
        base=record.base,
        tables=tables,
        files=len(record.files),
        bytes=sum(record.files.values()),
        removed=removed,
        is_new=is_new,
    )


def layout() -> str:
    """Return a hash of what is published and how: other files are made of the same run when it changed."""
    return hashlib.sha256(repr((__version__, sorted(queries.PUBLISHED.items()))).encode()).hexdigest()[:16]


def _is_whole(dest: Path, files: Mapping[str, int]) -> bool:
    try:
        return all((dest / name).stat().st_size == size for name, size in files.items())
    except OSError:
        return False


def _free_folder(dest: Path, run_id: str) -> str:
    """Return the folder of a run; of one that is there in another form, the next."""
    name, number = run_id, 1
    while (dest / RUNS / name).exists():
        number += 1
        name = f"{run_id}-{number}"
    return f"{RUNS}/{name}"


@dataclass(frozen=True, kw_only=True)
class _Tables:
    """Hold the files of a run: their folder, the views on them, their words, sizes by path, and SHA256SUMS."""

    folder: str
    views: Sequence[CatalogueView]
    words: Sequence[pages.TableWords]
    sizes: Mapping[str, int]
    sums: bytes


def _new_tables(dest: Path, run_id: str, books: Books, progress: Progress, *, earlier: _Record) -> _Tables:
    """Write the files of a run, or take those that a publication left whole which was stopped before its record.

    Its catalogue may be in place already, so they are not removed either.
    """
    left = f"{RUNS}/{run_id}"
    if (dest / left).is_dir() and left != earlier.folder:
        found = _write_tables(dest, left, books, progress, write=False)
        with suppress(OSError):
            if (dest / left / CHECKSUMS).read_bytes() == found.sums and _is_whole(dest, found.sizes):
                return found
    return _write_tables(dest, _free_folder(dest, run_id), books, progress, write=True)


def _write_tables(dest: Path, folder: str, books: Books, progress: Progress, *, write: bool) -> _Tables:
    """Write the files of all tables beside their folder and rename it, unless they are there already."""
    partial = dest / f"{folder}{_PARTIAL}"
    views, words = list[CatalogueView](), list[pages.TableWords]()
    sums, sizes = dict[str, str](), dict[str, int]()
    for number, name in enumerate(queries.published(), 1):
        table = queries.published_table(books, name)
        texts = {"": table.description, **table.columns}
        names = []
        for path, content in pages.parquet_files(name, table.rows, table.partition, texts):
            names.append(f"{folder}/{path}")
            sums[path], sizes[f"{folder}/{path}"] = hashlib.sha256(content).hexdigest(), len(content)
            if write:
                (partial / path).parent.mkdir(parents=True, exist_ok=True)
                write_synced(partial / path, content)
        view = queries.view_of(table, names)
        views.append(view)
        words.append(_words(view))
        progress("writing tables", number)
    if write:
        write_synced(partial / CHECKSUMS, sums_text(sums))
        sync_folders(partial, {str(Path(path).parent) for path in sums})
        partial.rename(dest / folder)
        with suppress(OSError):
            sync(dest / RUNS)
    words += _left_out()
    return _Tables(folder=folder, views=views, words=words, sizes=sizes, sums=sums_text(sums))


def _words(view: CatalogueView) -> pages.TableWords:
    how = queries.PUBLISHED[view.name]
    return pages.TableWords(
        name=view.name,
        description=view.description,
        columns=[(column, kind, text) for column, (kind, text) in view.columns.items()],
        rows=view.rows,
        partition=how.partition,
        without=how.without,
        left_out="",
    )


def _left_out() -> Iterator[pages.TableWords]:
    for name, how in queries.PUBLISHED.items():
        if how.left_out:
            yield pages.TableWords(
                name=name, description="", columns=(), rows=0, partition="", without=(), left_out=how.left_out
            )


def _replace_catalogue(dest: Path, views: Sequence[CatalogueView], base: str) -> None:
    def write(beside: Path) -> None:
        queries.write_catalogue(beside, views, base=base, here=dest.resolve())
        sync(beside)

    write_whole(dest / CATALOGUE, write)


def _write_record(dest: Path, record: _Record) -> None:
    said: dict[str, Any] = asdict(record)
    try:
        write_synced(dest / RECORD, (json.dumps(said, indent=1) + "\n").encode())
    except OSError as error:
        raise Refused(f"{dest}: cannot be written ({error.strerror}); name another folder") from error


def _remove_partial(dest: Path) -> None:
    """Remove what a publication that was stopped half-way left. The lock of the home says that none is busy."""
    for one in (dest / RUNS).glob(f"*{_PARTIAL}"):
        remove(one)
    for name in (RECORD, CATALOGUE, README, DICTIONARY):
        for one in dest.glob(f".{name}.*"):
            remove(one)


def _prune(dest: Path, record: _Record, keep: int) -> list[str]:
    """Remove the files of the oldest runs, but of the newest `keep`; those of the current one never."""
    there = [one for one in (dest / RUNS).iterdir() if _RUN.fullmatch(one.name) and not one.is_symlink()]
    there.sort(key=lambda one: (one.name == Path(record.folder).name, one.stat().st_mtime, one.name))
    removed = []
    for one in there[: -max(keep, 2)]:
        hidden = one.with_name(f"{one.name}{_PARTIAL}")
        one.rename(hidden)
        shutil.rmtree(hidden)
        removed.append(one.name)
    return removed
