"""`npo export`: all that the books hold of one board, and of no other, as a database, Parquet and CSV."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from npo_pipeline.atomic_file import CHECKSUMS, SIGNATURE, checksums, remove, replace_folder
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import board_export as queries
from npo_pipeline.books.queries.runs import last_run
from npo_pipeline.books.queries.schools import board_names, known_schools, knows_board
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock
from npo_pipeline.books.tables import sql_type
from npo_pipeline.commands.explain import resolve_code
from npo_pipeline.commands.signing import signing_key
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.errors import Refused
from npo_pipeline.months import day_of
from npo_pipeline.reports import board_export as files
from npo_pipeline.reports.board_pack.isolation import KnownParties
from npo_pipeline.signature import sign


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """Ask for the data of a board in a folder that is new, or holds an earlier export of the same board."""

    home: Home
    board: str
    out: Path


@dataclass(frozen=True, kw_only=True)
class Exported:
    """Represent what was written: the board, the run that the books ended with, and table -> number of rows."""

    board: str
    name: str | None
    out: Path
    run_id: str
    tables: Mapping[str, int]
    bytes: int


def export_board(request: ExportRequest, *, progress: Progress = silently, clock: Clock = now) -> Exported:
    """Write all that the books hold of a board. The books stay as they are.

    Raises:
        Refused: the board is not known, or the folder is something else or cannot be written; nothing was written.
        NpoError: a table names another board. A fault of ours; nothing was written.
    """
    require_books(request.home)
    _require_replaceable(request.out, request.board)
    with read_books(request.home) as books:
        if not knows_board(books, request.board):
            resolve_code(request.board, known_schools(books))
        progress("reading the rows of the board", 0)
        found = queries.board_tables(books, request.board)
        own = load_own(books, request.board, found)
        edition = load_edition(books, own, made=day_of(clock()))
    tables = of_board_alone(found, own)
    progress("writing them", sum(one.rows.height for one in tables))
    size = _write(request, edition, tables)
    return Exported(
        board=request.board,
        name=edition.name,
        out=request.out,
        run_id=edition.run_id,
        tables={one.name: one.rows.height for one in tables},
        bytes=size,
    )


def load_edition(books: Books, own: files.Own, *, made: date) -> files.Edition:
    """Step: find out which books an export is of."""
    run_id, finished_at = last_run(books)
    name = dict(board_names(books).iter_rows()).get(own.board)
    # The id of a run may end with whom it was about.
    shown = files.masked(run_id, own)
    return files.Edition(board=own.board, name=name, run_id=shown, finished_at=finished_at, made=made)


def load_own(books: Books, board: str, tables: Sequence[queries.BoardTable]) -> files.Own:
    """Step: find out what is of a board among all codes and names in the books."""
    boards, brins, names = map(frozenset, queries.parties(books))
    return files.Own(
        board=board,
        codes=frozenset(queries.own_codes(books, board)),
        names=files.own_names(one.rows for one in tables),
        parties=KnownParties(boards, brins, names),
    )


def of_board_alone(tables: Sequence[queries.BoardTable], own: files.Own) -> list[queries.BoardTable]:
    """Step: take what names others out of the rows of a board.

    Raises:
        NpoError: a table names another board all the same. A fault of ours.
    """
    found = [
        replace(
            one,
            rows=files.without_others(one.rows, own, codes=one.whose.others, texts=one.whose.free_text),
            # A code that explains the form of a code may be that of a board.
            columns={name: files.masked(text, own) for name, text in one.columns.items()},
        )
        for one in tables
    ]
    written = {one.name: one.whose.own_text for one in found}
    files.assert_own(own, {one.name: one.rows for one in found}, written)
    return found


def _words(tables: Sequence[queries.BoardTable]) -> list[files.TableWords]:
    there = [
        files.TableWords(
            name=one.name,
            description=one.description,
            whose=one.whose.why,
            rows=one.rows.height,
            columns=[(name, sql_type(kind), one.columns[name]) for name, kind in one.rows.schema.items()],
        )
        for one in tables
    ]
    left_out = [
        files.TableWords(name=name, description="", whose=whose.why, rows=None, columns=())
        for name, whose in queries.WHOSE.items()
        if not whose.rows
    ]
    return [*there, *left_out]


def _write(request: ExportRequest, edition: files.Edition, tables: list[queries.BoardTable]) -> int:
    """Write the files beside the folder and rename them to its place; return how many bytes they are."""
    words, key = _words(tables), signing_key()
    contents = {f"csv/{one.name}.csv": files.csv_bytes(one.rows) for one in tables}
    made_from = hashlib.sha256(b"".join(contents.values())).hexdigest()
    contents |= {f"parquet/{one.name}.parquet": files.parquet_bytes(one.rows) for one in tables}
    contents |= {
        "README.md": files.readme(edition, words),
        "dictionary.md": files.dictionary_markdown(words),
        "dictionary.csv": files.dictionary_csv(words),
    }
    out = request.out.absolute()
    beside = out.with_name(f".{out.name}.new")
    database = beside / _database(request.board)
    try:
        remove(beside)
        for folder in (beside / "csv", beside / "parquet"):
            folder.mkdir(parents=True)
        for name, content in contents.items():
            (beside / name).write_bytes(content)
        queries.write_board_database(database, tables)
        contents[database.name] = database.read_bytes()
        (beside / CHECKSUMS).write_bytes(checksums(contents, made_from))
        if key is not None:
            (beside / SIGNATURE).write_bytes(sign((beside / CHECKSUMS).read_bytes(), key))
        replace_folder(out, beside)
    except OSError as error:
        raise Refused(
            f"{request.out}: cannot be written ({error.strerror or error}); name another folder"
        ) from error
    finally:
        remove(beside)
    return sum(map(len, contents.values()))


def _database(board: str) -> str:
    return f"npo-{board}.duckdb"


def _require_replaceable(out: Path, board: str) -> None:
    """Refuse a folder that is there and is no earlier export of the board, or that cannot be written.

    Raises:
        Refused: says which; nothing was written.
    """
    if not out.parent.is_dir():
        raise Refused(f"{out}: there is no folder {out.parent}; make it first, or name another")
    if not os.access(out.parent, os.W_OK | os.X_OK):
        raise Refused(f"{out}: cannot be written (no right to write in {out.parent}); name another folder")
    if not out.exists() and not out.is_symlink():
        return
    own = re.compile(
        rf"README\.md|{CHECKSUMS}(\.sig)?|dictionary\.(csv|md)|npo-{board}\.duckdb|(csv|parquet)(/\w+\.\w+)?"
    )
    inside = [] if out.is_symlink() or not out.is_dir() else [one.relative_to(out) for one in out.rglob("*")]
    strange = [one for one in inside if not own.fullmatch(one.as_posix())]
    is_export = inside and (out / CHECKSUMS).is_file() and (out / _database(board)).is_file()
    if strange or not (is_export or (out.is_dir() and not out.is_symlink() and not inside)):
        also = f" (it holds {min(strange)})" if strange else ""
        raise Refused(f"{out}: is there already, and is no export of board {board}{also}; name another folder")
