"""`npo backup`: the home as it is, in a folder of its own elsewhere, verified before and after it was copied.

It is made under the lock, beside the place that it gets by one rename when it is whole and on the disk. Then those
that are older than the newest so many are removed, of this home alone.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from npo_pipeline import __version__, dutch
from npo_pipeline.atomic_file import CHECKSUMS, remove, sync
from npo_pipeline.books import backups
from npo_pipeline.books.backups import CONTENT, BackUp, Mark, hidden_name
from npo_pipeline.books.copies import Tree, copy_files, sha256_of, sums_text, sync_folders, tree_of
from npo_pipeline.books.paths import Home, refuse_odd
from npo_pipeline.books.publish import file_identity, refuse_unsafe
from npo_pipeline.books.reader import read_books, require_books
from npo_pipeline.books.run import Clock, locked
from npo_pipeline.books.witness import sealed_runs, witness_of
from npo_pipeline.commands.steps import Progress, now, silently
from npo_pipeline.commands.verify.command import verify, verify_unmarked
from npo_pipeline.errors import BooksDoNotTie, Refused

_NO_RUN = "unread"
"""Stands in the name of a back-up whose books cannot be read."""


@dataclass(frozen=True, kw_only=True)
class BackUpRequest:
    """Ask for a back-up of a home in a folder; it is made where the one around it is there.

    `keep`: how many of this home are kept; null for all. `even_if_broken`: also where the books do not tie.
    `wait_seconds`: for another run to end.
    """

    home: Home
    dest: Path
    keep: int | None = None
    even_if_broken: bool = False
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class BackedUp:
    """Represent a back-up that was made, with the findings of `verify`, and the older ones that were removed."""

    made: BackUp
    findings: Sequence[str]
    removed: Sequence[str]
    remarks: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class _State:
    """Represent the books that a back-up is of; all null where they cannot be read."""

    findings: tuple[str, ...]
    runs: tuple[tuple[str, str], ...] = ()
    format: int | None = None

    @property
    def run_id(self) -> str:
        return self.runs[-1][0] if self.runs else _NO_RUN


def back_up(request: BackUpRequest, *, progress: Progress = silently, clock: Clock = now) -> BackedUp:
    """Copy a home to a folder of its own, and remove the oldest back-ups of it.

    Raises:
        Refused: there are no books, the folder is none to make a back-up in, or a file could not be read, written
            or read back; nothing was kept of this back-up, and earlier ones are as they were.
        BooksDoNotTie: the books do not tie; no back-up was made.
        HomeLocked: another run is busy.
    """
    home, dest = request.home, request.dest
    require_books(home)
    earlier = backups.read_mark(home)
    ready_place(home, dest, was_used=earlier is not None and earlier.is_below(dest))
    started = clock()
    with locked(home, "backup", now=started, wait_seconds=request.wait_seconds):
        refuse_unsafe(home)
        mark = _marked(home)
        left = list(_remove_leftovers(dest, mark))
        progress("verifying the books", 0)
        state = _state(home, even_if_broken=request.even_if_broken)
        made, remarks = _make_copy(request, mark, state, started=started, progress=progress)
        if not made.ties:
            return BackedUp(made=made, findings=state.findings, removed=(), remarks=(*left, *remarks))
        noted = list(_note(home, mark, made))
        removed, kept = _prune(dest, made, request.keep)
    return BackedUp(made=made, findings=(), removed=removed, remarks=(*left, *remarks, *noted, *kept))


def ready_place(home: Home, dest: Path, *, was_used: bool = False) -> None:
    """Make a folder for copies of a home, or refuse one that cannot be written, or is in the home or around it.

    `was_used`: it was there before. Where it is gone its disk or share is not mounted, and to make it would fill
    the disk below.

    Raises:
        Refused: says what is wrong with it.
    """
    refuse_odd(dest)
    inner, outer = dest.resolve(), home.path.resolve()
    if inner.is_relative_to(outer):
        raise Refused(
            f"{dest}: lies in the home, and would be lost with it; name a folder on another disk or share"
        )
    if outer.is_relative_to(inner):
        raise Refused(f"{dest}: the home lies in it; name a folder on another disk")
    if dest.exists() and not dest.is_dir():
        raise Refused(f"{dest}: is no folder; name another")
    if not dest.exists():
        if dest.is_symlink():
            raise Refused(
                f"{dest}: is a link to {os.readlink(dest)}, which is not there; mount or make that first"
            )
        if was_used or not dest.parent.is_dir():
            raise Refused(f"{dest}: there is no such folder; mount its disk or share, or make the folder first")
        _make(dest)
    if not os.access(dest, os.W_OK | os.X_OK):
        raise Refused(f"{dest}: cannot be written (no right to write in it); name another folder")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise Refused(f"{folder}: cannot be made ({error.strerror}); name another folder") from error


def _marked(home: Home) -> Mark:
    """Return the mark of a home; its id is in the home before any back-up has it."""
    if found := backups.read_mark(home):
        return found
    mark = backups.new_mark(home)
    try:
        backups.write_mark(home, mark)
    except OSError as error:
        raise Refused(f"{home.path}: the home cannot be written ({error.strerror}); check the folder") from error
    return mark


def _remove_leftovers(dest: Path, mark: Mark) -> Iterator[str]:
    """Remove what stopped back-ups of this home left, and say what could not be removed: it is in nobody's way.

    The lock of the home says that none of them is busy.
    """
    try:
        for one in list(backups.leftovers_of(dest, mark.home_id)):
            remove(one)
    except OSError as error:
        yield f"{dest}: what stopped back-ups left could not be removed ({error.strerror}); remove it by hand"


def _state(home: Home, *, even_if_broken: bool) -> _State:
    try:
        with read_books(home) as books:
            runs, published = tuple(sealed_runs(books)), books.published_format
        findings = verify(home).findings
    except Refused as refusal:
        if not even_if_broken:
            raise
        return _State(findings=(str(refusal),))
    if findings and not even_if_broken:
        raise BooksDoNotTie(
            f"{home.path}: the books do not tie, so no back-up was made and earlier ones are as they were "
            f"({len(findings)} findings, first: {findings[0]}); look at `npo verify`, or give --even-if-broken"
        )
    return _State(findings=findings, runs=runs, format=published)


def _make_copy(
    request: BackUpRequest, mark: Mark, state: _State, *, started: datetime, progress: Progress
) -> tuple[BackUp, list[str]]:
    home, dest = request.home, request.dest
    identity = file_identity(home)
    tree = tree_of(home.path, backups.NOT_KEPT)
    while (dest / (name := backups.backup_name(started, state.run_id))).exists():
        started += timedelta(seconds=1)
    partial = dest / hidden_name(name, mark.home_id, "partial")
    made = _described(home, state, tree, folder=partial, home_id=mark.home_id, started=started)
    content = partial / CONTENT
    try:
        _refuse_full(dest, made.bytes)
        partial.mkdir(mode=0o700)
        sums = copy_home(home, content, tree, progress)
        _refuse_changed(home, identity)
        _read_back(content, sums, progress)
        _verify_copy(request, made, progress)
        _seal(made, sums, witness_of(state.runs))
        return _finish(made, dest / name), list(_remarks(home, dest, tree))
    except OSError as error:
        raise _unwritten(dest, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _described(home: Home, state: _State, tree: Tree, *, folder: Path, home_id: str, started: datetime) -> BackUp:
    """Return what a back-up is of."""
    return BackUp(
        folder=folder,
        home_id=home_id,
        home=str(home.path.resolve()),
        host=backups.host_name(),
        when=f"{started:%Y-%m-%dT%H:%M:%SZ}",
        run_id=state.run_id,
        manifest_sha256=state.runs[-1][1] if state.runs else None,
        first=state.runs[0][1] if state.runs else None,
        format=state.format,
        npo=__version__,
        findings=len(state.findings),
        files=len(tree.files),
        bytes=sum(facts.bytes for facts in tree.files.values()),
        modes=backups.modes_of(tree),
        folders={folder: f"{mode:o}" for folder, mode in tree.folders.items()},
        links=tree.links,
    )


def copy_home(home: Home, target: Path, tree: Tree, progress: Progress) -> dict[str, str]:
    """Copy the files and folders of a home, and return the sha256 of each file as it was read.

    Raises:
        Refused: a file cannot be read, or was changed meanwhile.
        OSError: the copy cannot be written.
    """
    target.mkdir()
    target.chmod(_mode_of(home.path))
    for name, mode in tree.folders.items():
        (target / name).mkdir()
        # A folder that nobody may write in could not be filled, nor removed.
        (target / name).chmod(mode | 0o700)
    sums = {}
    modes = {name: facts.mode for name, facts in tree.files.items()}
    for number, (name, sha256) in enumerate(copy_files(home.path, target, modes), 1):
        sums[name] = sha256
        progress("copying files", number)
    sync_folders(target, tree.folders)
    return sums


def _refuse_full(dest: Path, size: int) -> None:
    free = shutil.disk_usage(dest).free
    if size > free:
        raise Refused(
            f"{dest}: has {free // 1_000_000} MB left, and the home takes {size // 1_000_000} MB; make room, or "
            "name another folder"
        )


def _refuse_changed(home: Home, identity: object) -> None:
    """Refuse a copy of books that somebody opened for writing meanwhile."""
    refuse_unsafe(home)
    if file_identity(home) != identity:
        raise Refused(f"{home.database}: was changed while it was copied; close the program that has it open")


def _read_back(target: Path, sums: Mapping[str, str], progress: Progress) -> None:
    for number, (name, sha256) in enumerate(sums.items(), 1):
        if sha256_of(target / name) != sha256:
            raise Refused(
                f"{target.parent.parent}: {name} was read back otherwise than it was written, so nothing was kept "
                "of this back-up; do not trust that disk, and name another folder"
            )
        progress("reading the copy back", number)


def _verify_copy(request: BackUpRequest, made: BackUp, progress: Progress) -> None:
    if not made.ties:
        return
    progress("verifying the copy", 0)
    findings = verify_unmarked(replace(made.content, witness=request.home.witness)).findings
    if findings:
        words = "do not trust that disk, and name another folder"
        if made.links:
            words = f"what links lead to is not copied, so put it in the home itself: {dutch.some_of(made.links)}"
        raise Refused(
            f"{request.dest}: the books tie and their copy does not, so nothing was kept of this back-up "
            f"({len(findings)} findings, first: {findings[0]}); {words}"
        )


def _seal(made: BackUp, sums: Mapping[str, str], witness: bytes) -> None:
    """Write what the back-up is of, and the checksums last."""
    backups.write_record(made)
    backups.write_synced(made.folder / backups.WITNESS, witness)
    own = {name: sha256_of(made.folder / name) for name in (backups.RECORD, backups.WITNESS)}
    listed = {**own, **{f"{CONTENT}/{name}": one for name, one in sums.items()}}
    backups.write_synced(made.folder / CHECKSUMS, sums_text(listed))


def _finish(made: BackUp, place: Path) -> BackUp:
    """Rename a whole back-up to its place."""
    # Who may read the home may read its back-ups, and nobody else.
    made.folder.chmod(_mode_of(Path(made.home)))
    sync_folders(made.folder)
    made.folder.rename(place)
    with suppress(OSError):
        sync(place.parent)
    return replace(made, folder=place)


def _mode_of(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode) | 0o700


def _remarks(home: Home, dest: Path, tree: Tree) -> Iterator[str]:
    if home.path.stat().st_dev == dest.stat().st_dev:
        yield f"{dest}: is on the same disk as the home; a back-up that is to outlive that disk is on another"
    if outside := dutch.some_of(name for name in tree.links if not _leads_inside(home, name)):
        yield f"links that lead out of the home were kept as links, without what they lead to: {outside}"
    if tree.others:
        yield f"sockets and pipes are not in the back-up: {dutch.some_of(tree.others)}"


def _leads_inside(home: Home, link: str) -> bool:
    try:
        return (home.path / link).resolve().is_relative_to(home.path.resolve())
    except (OSError, RuntimeError):
        return False


def _note(home: Home, mark: Mark, made: BackUp) -> Iterator[str]:
    """Write in the home where its last back-up is; the back-up is made all the same when that fails."""
    noted = replace(
        mark,
        place=backups.place_of(home),
        where=str(made.folder.resolve()),
        when=made.when,
        run_id=made.run_id,
        files=made.files,
        bytes=made.bytes,
    )
    try:
        backups.write_mark(home, noted)
    except OSError as error:
        yield f"{home.path}: {backups.MARK} could not be written ({error.strerror}); check the folder"


def _prune(dest: Path, made: BackUp, keep: int | None) -> tuple[list[str], list[str]]:
    """Remove the oldest back-ups of this home but the newest `keep`; return them, and what could not be removed.

    Those of other homes, those of books that did not tie, and what is no whole back-up are no part of it.
    """
    removed: list[str] = []
    try:
        for one in _too_old(dest, made, keep) if keep is not None else ():
            # Under its own name a back-up is whole or not there, also where this is stopped half-way.
            hidden = dest / hidden_name(one.folder.name, made.home_id, "removed")
            one.folder.rename(hidden)
            shutil.rmtree(hidden)
            removed.append(one.folder.name)
    except OSError as error:
        return removed, [_unremoved(dest, error)]
    return removed, []


def _too_old(dest: Path, made: BackUp, keep: int) -> list[BackUp]:
    own = [one for one in backups.backups_in(dest) if one.home_id == made.home_id and one.ties]
    whole = [one for one in own if one.content.database.is_file()]
    return [one for one in whole[: -max(keep, 1)] if one.folder.name != made.folder.name]


def _unremoved(dest: Path, error: OSError) -> str:
    return f"{dest}: older back-ups could not be removed ({error.strerror}); remove them by hand"


def _unwritten(dest: Path, error: OSError) -> Refused:
    return Refused(
        f"{dest}: the back-up could not be written ({error.strerror or error}); nothing was kept of it, and "
        "earlier ones are as they were"
    )
