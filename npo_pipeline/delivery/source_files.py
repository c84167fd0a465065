"""The source files of a delivery: of a folder, a file, a zip, or several; each can be opened again and again.

A file must not change while it is read. A zip is read in place and never unpacked to disk; one that could do harm
is refused.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.errors import Attempt, Refused, at_once


@dataclass(frozen=True)
class SourceFile:
    """Represent one file of a delivery: its name in messages, its size in bytes, and a way to open it again.

    One of a folder or a zip can be handed to another process, which opens it by its path.
    """

    name: str
    size: int
    open: Callable[[], BinaryIO]


_LITTER = {"thumbs.db", "desktop.ini"}


def source_files(paths: Sequence[Path], attempt: Attempt = at_once) -> list[SourceFile]:
    """List the files of a delivery by name: of folders with all that is below them, of zips, and files themselves.

    `attempt`: how each path, and each file in a folder, is tried.

    Raises:
        Refused: a path is missing or unreadable, a zip is broken or unsafe, or there is no file at all.
    """
    found, listed = list[SourceFile](), list[Path]()
    for path in paths:
        with attempt(str(path)):
            found += _files_of(path, attempt)
            listed.append(path)
    shown = ", ".join(map(str, paths))
    with attempt(shown):
        if not found and len(listed) == len(paths):
            raise Refused(f"{shown}: no file to read; a delivery is a folder, a file or a zip")
    for name, times in Counter(file.name for file in found).items():
        with attempt(name):
            if times > 1:
                raise Refused(f"{name}: stands twice in this delivery; give each file a name of its own")
    # Where it is gone on after a refusal, the first of that name stays.
    return [file for _, file in sorted({file.name: file for file in reversed(found)}.items())]


def _files_of(path: Path, attempt: Attempt) -> list[SourceFile]:
    try:
        if path.is_dir():
            if _is_home(path):
                raise Refused(f"{path}: is a home of npo and no delivery; name the folder of the files that came")
            return _folder_files(path, attempt)
        if not path.exists():
            raise Refused(f"{path}: no such file or folder")
        if not path.is_file():
            raise Refused(f"{path}: is no ordinary file")
        if path.suffix.lower() == ".zip":
            return [file for file in zip_files(path) if not any(map(_is_litter, PurePosixPath(file.name).parts))]
        return [local_file(path, path.name)]
    except OSError as error:
        raise Refused(
            f"{error.filename or path}: cannot be read ({error.strerror}); check its permissions"
        ) from error


def _folder_files(top: Path, attempt: Attempt) -> list[SourceFile]:
    found: list[SourceFile] = []
    above: frozenset[Path] = frozenset()
    folders = [(top, "", above)]
    while folders:
        folder, inside, above = folders.pop()
        real = folder.resolve()
        with attempt(inside):
            if real in above:
                raise Refused(f"{inside}: is a link back to a folder above it; take it out of the delivery")
        for path in folder.iterdir() if real not in above else ():
            name = f"{inside}{path.name}"
            if _is_litter(path.name) or _is_home(path):
                continue
            if path.is_dir():
                folders.append((path, f"{name}/", above | {real}))
                continue
            with attempt(name):
                if not path.is_file():
                    raise Refused(f"{name}: is no ordinary file; a delivery holds files only")
                found.append(local_file(path, name))
    return found


def _is_home(path: Path) -> bool:
    """Return whether a folder is a home: books are no files of a delivery, also where they lie among them."""
    try:
        return (path / "npo.duckdb").is_file()
    except PermissionError:
        return False


def _is_litter(name: str) -> bool:
    """Return whether the operating system, and not the sender, put this file or folder there."""
    return name.startswith((".", "~$", "__MACOSX")) or name.lower() in _LITTER


def local_file(path: Path, name: str) -> SourceFile:
    """Return a file on disk that is refused when it changes between now and the end of any reading."""
    shown, now = harmless_name(name), path.stat()
    return SourceFile(shown, now.st_size, LocalFile(path.absolute(), shown, _identity(now)))


@dataclass(frozen=True)
class LocalFile:
    """Open a file on disk; `listed` is its identity when the delivery was listed."""

    path: Path
    shown: str
    listed: tuple[int, ...]

    def __call__(self) -> BinaryIO:
        """Open it.

        Raises:
            Refused: it cannot be read, or is not what was listed.
        """
        try:
            return io.BufferedReader(UnchangingFile(self.path, self.shown, self.listed), 2**20)
        except OSError as error:
            raise Refused(f"{self.shown}: cannot be read ({error.strerror}); check its permissions") from error


def as_seen_here(file: SourceFile, sha256: str) -> SourceFile:
    """Return a file of a delivery that another machine listed, as this machine sees it.

    File systems of two machines know one file by two identities, so its bytes decide.

    Raises:
        Refused: it cannot be read here, or has other bytes here.
    """
    opener = file.open
    assert isinstance(opener, LocalFile | ZipMember)
    if isinstance(opener, ZipMember):
        here = replace(file, open=replace(opener, outside=_listed_here(opener.outside)))
    else:
        here = _listed_here(file)
    digest = hashlib.sha256()
    with here.open() as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    if (found := digest.hexdigest()) != sha256:
        other, listed = found[:_SHOWN_OF_HASH], sha256[:_SHOWN_OF_HASH]
        raise Refused(
            f"{file.name}: a worker on {platform.node()} reads other bytes at {_path_of(file)} (sha256 {other}, "
            f"not {listed}); put the delivery in one folder that all workers see"
        )
    return here


_SHOWN_OF_HASH = 12
"""Digits of a hash that tell two files apart in a message."""


def _listed_here(file: SourceFile) -> SourceFile:
    path = _path_of(file)
    try:
        return local_file(path, file.name)
    except OSError as error:
        raise Refused(
            f"{file.name}: a worker on {platform.node()} cannot read {path} ({error.strerror}); put the delivery "
            "in a folder that all workers see under the same path"
        ) from error


def _path_of(file: SourceFile) -> Path:
    opener = file.open.outside.open if isinstance(file.open, ZipMember) else file.open
    assert isinstance(opener, LocalFile)
    return opener.path


class UnchangingFile(io.FileIO):
    """Read a file that must not change: it is read more than once, and its hash must be of the counted bytes."""

    def __init__(self, path: Path, shown: str, listed: tuple[int, ...]) -> None:
        super().__init__(path)
        self._shown, self._listed = shown, listed
        self._refuse_changed()

    def readinto(self, buffer: Any) -> int:
        """Read on; at the end, refuse a file that changed meanwhile."""
        try:
            length = super().readinto(buffer)
        except OSError as error:
            raise Refused(f"{self._shown}: cannot be read ({error.strerror}); have it sent again") from error
        if not length:
            self._refuse_changed()
        return length or 0

    def _refuse_changed(self) -> None:
        if _identity(os.fstat(self.fileno())) != self._listed:
            raise Refused(f"{self._shown}: changed while it was read; start again when it is complete")


def _identity(state: os.stat_result) -> tuple[int, ...]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


MAX_MEMBERS = 1_000
MAX_UNPACKED = 16 * 2**30
MAX_RATIO = 100
FREE_OF_RATIO = 16 * 2**20
"""Bytes below which a high ratio does no harm (an almost empty table packs very well)."""

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    IndexError,
    NotImplementedError,
    RuntimeError,
)
"""Errors that `zipfile` raises on a zip that is damaged, or packed in a way that it does not know."""


def zip_files(path: Path) -> list[SourceFile]:
    """List the files in a zip.

    Raises:
        Refused: it is damaged, or a member could do harm.
    """
    outside = local_file(path, path.name)
    try:
        with outside.open() as stream, zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if not _name_of(member).endswith("/")]
    except DAMAGE as error:
        cause = f"is no readable zip ({error}); it may be cut off: have it sent again"
        raise Refused(f"{outside.name}: {cause}") from error
    check_members(outside.name, members)
    return [_member_file(outside, member) for member in members]


def check_members(archive: str, members: Sequence[zipfile.ZipInfo], at_most: int = MAX_UNPACKED) -> None:
    """Refuse an archive whose members could harm: too many, too large (`at_most` bytes), or named outside of it.

    `zipfile` never unpacks more than its list of contents says.
    """
    if len(members) > MAX_MEMBERS:
        raise Refused(f"{archive}: holds {len(members)} files; at most {MAX_MEMBERS} are read from one zip")
    for member in members:
        _check_name(archive, member)
        if member.file_size > FREE_OF_RATIO and member.file_size > MAX_RATIO * max(member.compress_size, 1):
            raise Refused(
                f"{archive}: {member.filename!r} unpacks to more than {MAX_RATIO} times its size; "
                "this is no table: unpack it by hand if it is meant"
            )
    if sum(member.file_size for member in members) > at_most:
        raise Refused(f"{archive}: unpacks to more than {dutch.number(at_most // 2**20)} MiB; send it in parts")


def _name_of(member: zipfile.ZipInfo) -> str:
    """Return the name of a member; some programs of Windows write the folders in it with backslashes."""
    return member.filename.replace("\\", "/")


def _check_name(archive: str, member: zipfile.ZipInfo) -> None:
    name = _name_of(member)
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    outside = name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name
    if outside or is_link or not name or not name.isprintable():
        shown = f"holds the name {member.filename!r}, which points outside the zip"
        raise Refused(f"{archive}: {shown}; have it packed again")
    if member.flag_bits & 1:
        raise Refused(f"{archive}: {name!r} is locked with a password; send it without one")


def _member_file(outside: SourceFile, member: zipfile.ZipInfo) -> SourceFile:
    return SourceFile(harmless_name(_name_of(member)), member.file_size, ZipMember(outside, member))


@dataclass(frozen=True)
class ZipMember:
    """Open a file in a zip, without unpacking it to disk."""

    outside: SourceFile
    member: zipfile.ZipInfo

    def __call__(self) -> BinaryIO:
        """Open it.

        Raises:
            Refused: the zip cannot be read or is damaged.
        """
        return io.BufferedReader(_Member(self.outside, self.member), 2**20)


class _Member(io.RawIOBase):
    """Read a zip member as a stream that closes its archive and refuses damage in plain words."""

    def __init__(self, outside: SourceFile, member: zipfile.ZipInfo) -> None:
        super().__init__()
        self._shown = f"{outside.name}: {harmless_name(_name_of(member))}"
        self._file = outside.open()
        try:
            archive = zipfile.ZipFile(self._file)
            self._stream = archive.open(member)
        except DAMAGE as error:
            self._file.close()
            raise self._damaged(error) from error

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on; damage is a refusal."""
        try:
            data = self._stream.read(len(buffer))
        except DAMAGE as error:
            raise self._damaged(error) from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the zip as well."""
        self._file.close()
        super().close()

    def _damaged(self, error: Exception) -> Refused:
        return Refused(f"{self._shown}: cannot be unpacked ({error}); have the zip packed and sent again")
