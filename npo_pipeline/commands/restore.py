"""`npo restore`: a back-up as a home again, or nothing.

All is copied into the work folder of the home, where a run that died may leave what it will, and looked at there:
checksums, format, witness, `verify`. Then it is renamed to its place: the manifests first, so that no run begins
other books in between, and the database last, so that a home has books when it has all of them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path

from npo_pipeline import dutch
from npo_pipeline.atomic_file import sync
from npo_pipeline.books import backups
from npo_pipeline.books.backups import CONTENT, BackUp
from npo_pipeline.books.copies import copy_files, sync_folders
from npo_pipeline.books.duckdb import engine
from npo_pipeline.books.formats import READABLE_FORMAT, STEPS
from npo_pipeline.books.paths import Home
from npo_pipeline.books.publish import remove_leftovers
from npo_pipeline.books.reader import open_in_engine
from npo_pipeline.books.run import Clock, locked
from npo_pipeline.books.tables import FORMAT
from npo_pipeline.books.witness import had_witness, seen_later
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.commands.verify.command import verify_unmarked
from npo_pipeline.errors import BooksDoNotTie, Refused

_OF_NO_HOME = {"npo.lock", "work", "lost+found", "replaced"}
"""Names in a home that may stay when another is put in it."""


@dataclass(frozen=True, kw_only=True)
class RestoreRequest:
    """Ask for a back-up as a home."""

    source: Path
    """A back-up, or a folder of them, of which the newest is meant."""
    home: Home
    replace: bool = False
    """Move what is in the home to `replaced/` in it."""
    older: bool = False
    """Also a back-up that the witness knows to be older than the last run."""
    even_if_broken: bool = False
    """Also a back-up of books that did not tie."""


@dataclass(frozen=True, kw_only=True)
class Restored:
    """Represent what was restored."""

    made: BackUp
    replaced: Path | None
    """The place of what was in the home; null where nothing was."""
    lost_until: str | None
    """The last run that the witness has seen and these books lack; null where they lack none."""
    remarks: tuple[str, ...]


def restore(request: RestoreRequest, *, progress: Progress = silently, clock: Clock = now) -> Restored:
    """Put a back-up in place as a home, checked before it is.

    Raises:
        Refused: there is no back-up, it is damaged, of a newer program or older than the witness, or the home has
            something in it; nothing was changed.
        BooksDoNotTie: what was restored does not tie; nothing was changed.
        HomeLocked: a run is busy in the home.
    """
    home = request.home
    made = find_backup(request.source)
    _refuse_inside(home, made)
    _refuse_broken(request, made)
    progress("comparing the back-up with its checksums", 0)
    sums = backups.check_files(made)
    asked = _asked(request, made)
    _require_empty(request)
    with locked(home, "restore", now=clock()):
        remove_leftovers(home)
        _require_empty(request)
        stage = home.work / "restore"
        try:
            _refuse_full(home, made)
            _copy(made, stage, sums, progress)
            if asked.is_readable:
                _verify_stage(made, stage, progress)
            replaced = _put_in_place(home, stage, _aside(home, clock()))
        except OSError as error:
            raise Refused(
                f"{home.path}: the home cannot be written ({error.strerror or error}); nothing was changed"
            ) from error
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    return Restored(made=made, replaced=replaced, lost_until=asked.lost_until, remarks=asked.remarks)


def find_backup(source: Path) -> BackUp:
    """Return a back-up, or the newest in a folder of them that are all of one home.

    Raises:
        Refused: there is none, or they are of several homes.
    """
    if not source.is_dir():
        what = "is no folder" if source.exists() else "there is no such folder"
        raise Refused(f"{source}: {what}; name a back-up, or the folder that they are in")
    if (source / backups.RECORD).exists():
        return backups.read_backup(source)
    try:
        found = backups.backups_in(source)
    except OSError as error:
        raise Refused(f"{source}: cannot be read ({error.strerror}); check its rights") from error
    whole = [one for one in found if one.ties]
    if not whole:
        if found:
            raise Refused(
                f"{source}: holds only back-ups of books that did not tie; name one, with --even-if-broken"
            )
        raise Refused(f"{source}: holds no back-up; name one, or the folder that they are in")
    newest = {(one.first, one.home): one for one in whole}
    if len(newest) > 1:
        names = ", ".join(f"{one.folder.name} of {one.home}" for one in newest.values())
        raise Refused(f"{source}: holds back-ups of several homes; name one: {names}")
    return whole[-1]


def _refuse_inside(home: Home, made: BackUp) -> None:
    inner, outer = home.path.resolve(), made.folder.resolve()
    if inner.is_relative_to(outer) or outer.is_relative_to(inner):
        raise Refused(f"{home.path}: lies in the back-up, or the back-up in it; name another --home")


def _refuse_broken(request: RestoreRequest, made: BackUp) -> None:
    if not made.ties and not request.even_if_broken:
        raise Refused(
            f"{made.folder}: is of books that did not tie when it was made ({made.findings} findings); restore "
            "another, or give --even-if-broken"
        )


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """Represent what the books of a back-up say of themselves; `is_readable`: by this program, as they are."""

    is_readable: bool
    lost_until: str | None = None
    remarks: tuple[str, ...]


def _asked(request: RestoreRequest, made: BackUp) -> _Asked:
    """Open the books of a back-up, and ask the witness of the home whether they are the newest.

    Raises:
        Refused: they cannot be opened, are of a newer program, or are older than the witness.
    """
    there = Home(made.content.path, witness=request.home.witness)
    try:
        with engine() as duck, open_in_engine(duck, there, STEPS[0].format) as books:
            lost_until = seen_later(there, books)
            unwitnessed = there.witness is None and had_witness(books)
            remarks = tuple(_remarks_on(made, books.published_format, unwitnessed=unwitnessed))
            is_readable = books.published_format >= READABLE_FORMAT
    except Refused:
        if not made.ties and made.format is None:
            return _Asked(is_readable=False, remarks=(_cannot_be_read(),))
        raise
    if lost_until and not request.older:
        raise Refused(
            f"{made.folder}: is older than the last run: it ends with {made.run_id}, and the witness "
            f"{request.home.witness} has seen {lost_until}; restore a newer back-up, or give --older and do the "
            "runs after it again"
        )
    return _Asked(is_readable=is_readable, lost_until=lost_until, remarks=remarks)


def _cannot_be_read() -> str:
    return "the books in it cannot be read; it is a copy to look into"


def _remarks_on(made: BackUp, published: int, *, unwitnessed: bool) -> Iterator[str]:
    if unwitnessed:
        yield "these books had a witness: name it with --witness, or nobody knows whether they are the newest"
    if published < READABLE_FORMAT:
        yield f"the books are of format {published}; run `npo upgrade` before anything else"
    elif published < FORMAT:
        yield f"the books are of format {published}; the next run or `npo upgrade` keeps them as format {FORMAT}"
    if outside := dutch.some_of(name for name, text in made.links.items() if _leads_out(name, text)):
        yield f"links that lead out of the home are links again: {outside}; look where they lead"
    if newer := [one for one in _beside(made) if one.first == made.first and one.when > made.when]:
        yield f"a newer back-up of these books is beside it: {newer[-1].folder.name}"


def _leads_out(name: str, text: str) -> bool:
    return os.path.isabs(text) or os.path.normpath(os.path.join(os.path.dirname(name), text)).startswith("..")


def _beside(made: BackUp) -> list[BackUp]:
    try:
        return [one for one in backups.backups_in(made.folder.resolve().parent) if one.ties]
    except OSError:
        return []


def _require_empty(request: RestoreRequest) -> None:
    """Refuse a home that has something in it, unless it is to be replaced.

    Raises:
        Refused: says what.
    """
    home = request.home
    if home.path.exists() and not home.path.is_dir():
        raise Refused(f"{home.path}: is a file, and a home is a folder; name another --home")
    if request.replace or not (inside := _content(home)):
        return
    what = "holds books" if home.database.name in inside else f"is not empty (it holds {inside[0]})"
    raise Refused(
        f"{home.path}: {what}, and nothing is overwritten; name another --home, or give --replace, which moves "
        "what is there to replaced/ in it"
    )


def _content(home: Home) -> list[str]:
    """Return the names of what another home would be in the way of. What is of Prefect stays where it is."""
    try:
        names = sorted(os.listdir(home.path))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise Refused(f"{home.path}: cannot be read ({error.strerror}); check its rights") from error
    return [name for name in names if name not in _OF_NO_HOME and not _is_of_prefect(name)]


def _is_of_prefect(name: str) -> bool:
    return name != backups.MARK and backups.NOT_KEPT.fullmatch(name) is not None


def _refuse_full(home: Home, made: BackUp) -> None:
    free = shutil.disk_usage(home.path).free
    if made.bytes > free:
        raise Refused(
            f"{home.path}: has {free // 1_000_000} MB left, and the back-up takes {made.bytes // 1_000_000} MB; "
            "make room, or name another --home"
        )


def _copy(made: BackUp, stage: Path, sums: Mapping[str, str], progress: Progress) -> None:
    """Copy the files of a back-up beside their place, with their modes, and compare each with its checksum."""
    stage.mkdir(mode=0o700, parents=True)
    for name in sorted(made.folders):
        (stage / name).mkdir(parents=True, exist_ok=True)
    for name in sums:
        (stage / name).parent.mkdir(parents=True, exist_ok=True)
    modes = {name: _mode(made.modes.get(name, "640")) for name in sums}
    for number, (name, sha256) in enumerate(copy_files(made.folder / CONTENT, stage, modes), 1):
        if sha256 != sums[name]:
            raise Refused(f"{made.folder}: {name} differs from its checksum; restore another back-up")
        progress("copying files", number)
    for name, target_text in made.links.items():
        (stage / name).symlink_to(target_text)
    for name, mode in made.folders.items():
        (stage / name).chmod(_mode(mode) | 0o700)
    sync_folders(stage, made.folders)


def _mode(digits: str) -> int:
    return int(digits, 8) & 0o777


def _verify_stage(made: BackUp, stage: Path, progress: Progress) -> None:
    """Verify what was copied, where the books of the back-up tied."""
    if not made.ties:
        return
    progress("verifying the books", 0)
    findings = verify_unmarked(Home(stage)).findings
    if findings:
        raise BooksDoNotTie(
            f"{made.folder}: what was restored does not tie, so nothing was put in place ({len(findings)} "
            f"findings, first: {findings[0]}); restore another back-up"
        )


def _aside(home: Home, moment: datetime) -> Path:
    """Name a new folder for what is in a home now; a restore that was killed in this second left its own."""
    first = home.path / "replaced" / f"{moment:%Y%m%dT%H%M%SZ}"
    others = (first.with_name(f"{first.name}-{number}") for number in count(2))
    return next(one for one in chain([first], others) if not one.exists())


def _put_in_place(home: Home, stage: Path, aside: Path) -> Path | None:
    """Move what is in a home aside, and what was restored in its place; on an error all is as it was.

    Raises:
        OSError: something could not be moved.
    """
    there, coming = _content(home), os.listdir(stage)
    moves = [(home.path / name, aside / name) for name in sorted(there, key=_database_first)]
    moves += [(stage / name, home.path / name) for name in sorted(coming, key=_database_last)]
    if there:
        aside.mkdir(mode=0o700, parents=True)
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if target.exists() or target.is_symlink():
                raise FileExistsError(None, f"{target} is there already")
            source.rename(target)
            done.append((source, target))
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        raise
    with suppress(OSError):
        sync(home.path)
    return aside if there else None


def _database_first(name: str) -> tuple[bool, bool, str]:
    """Sort the names of an older home: its books go first, its manifests last, so that no run begins others."""
    return name != "npo.duckdb", name == "manifests", name


def _database_last(name: str) -> tuple[bool, bool, str]:
    return name == "npo.duckdb", name != "manifests", name
