"""A delivery: a folder, a file, a zip, or several of them, as a list of files that can be opened."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from npo_pipeline.errors import Refused

MAX_MEMBERS = 1_000
MAX_UNPACKED = 16 * 2**30
MAX_RATIO = 100
FREE_OF_RATIO = 16 * 2**20
"""Below this size a high ratio is harmless (an almost empty table packs very well)."""

_LITTER = {"thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class SourceFile:
    """One file of a delivery: the name it is shown by, its size in bytes, and a way to open it again."""

    name: str
    size: int
    open: Callable[[], BinaryIO]


def source_files(paths: Sequence[Path]) -> list[SourceFile]:
    """List the files of a delivery, sorted by name.

    Args:
        paths: folders (read with all that is below them), files, or zips.

    Raises:
        Refused: a path is missing or unreadable, a zip is broken or unsafe, or there is no file at all.
    """
    found = [file for path in paths for file in _files_of(path)]
    if not found:
        raise Refused(f"{_shown(paths)}: no file to read; a delivery is a folder, a file or a zip")
    names = [file.name for file in found]
    for name in names:
        if names.count(name) > 1:
            raise Refused(f"{name}: stands twice in this delivery; give each file a name of its own")
    return sorted(found, key=lambda file: file.name)


def _files_of(path: Path) -> list[SourceFile]:
    try:
        if path.is_dir():
            return _folder_files(path)
        if not path.exists():
            raise Refused(f"{path}: no such file or folder")
        if not path.is_file():
            raise Refused(f"{path}: is no ordinary file")
        if path.suffix.lower() == ".zip":
            return _zip_files(path)
        return [_plain_file(path, path.name)]
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}); check its permissions") from error


def _folder_files(folder: Path) -> list[SourceFile]:
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if not _is_litter(path.name):
                found += [_renamed(file, f"{path.name}/{file.name}") for file in _folder_files(path)]
        elif not _is_litter(path.name):
            if not path.is_file():
                raise Refused(f"{path.name}: is no ordinary file; a delivery holds files only")
            found.append(_plain_file(path, path.name))
    return found


def _is_litter(name: str) -> bool:
    """Whether the operating system, and not the sender, put this file there."""
    return name.startswith((".", "~$", "__MACOSX")) or name.lower() in _LITTER


def _plain_file(path: Path, name: str) -> SourceFile:
    def open_file() -> BinaryIO:
        try:
            return path.open("rb")
        except OSError as error:
            raise Refused(f"{name}: cannot be read ({error.strerror}); check its permissions") from error

    return SourceFile(name, path.stat().st_size, open_file)


def _renamed(file: SourceFile, name: str) -> SourceFile:
    return SourceFile(name, file.size, file.open)


def _zip_files(path: Path) -> list[SourceFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (zipfile.BadZipFile, ValueError) as error:
        raise Refused(
            f"{path.name}: is no readable zip ({error}); it may be cut off: have it sent again"
        ) from error
    check_members(path.name, members)
    wanted = [member for member in members if not _is_litter(PurePosixPath(member.filename).parts[0])]
    return [_member_file(path, m) for m in wanted if not _is_litter(PurePosixPath(m.filename).name)]


def check_members(archive: str, members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse an archive whose members could harm: too many, too large, or named outside of it.

    Raises:
        Refused: names the member.
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
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise Refused(f"{archive}: unpacks to more than {MAX_UNPACKED // 2**30} GiB; send it in parts")


def _check_name(archive: str, member: zipfile.ZipInfo) -> None:
    name = member.filename
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    outside = name.startswith("/") or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name
    if outside or is_link or not name.isprintable():
        raise Refused(f"{archive}: holds the name {name!r}, which points outside the zip; have it packed again")
    if member.flag_bits & 1:
        raise Refused(f"{archive}: {name!r} is locked with a password; send it without one")


def _member_file(path: Path, member: zipfile.ZipInfo) -> SourceFile:
    def open_member() -> BinaryIO:
        return io.BufferedReader(_Member(path, member), 2**20)

    return SourceFile(member.filename, member.file_size, open_member)


class _Member(io.RawIOBase):
    """A zip member as a stream that closes its archive and speaks of damage in words."""

    def __init__(self, path: Path, member: zipfile.ZipInfo) -> None:
        super().__init__()
        self._archive = zipfile.ZipFile(path)
        self._stream = self._archive.open(member)
        self._shown = f"{path.name}: {member.filename}"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Refused(f"{self._shown}: is damaged ({error}); have the zip sent again") from error
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._archive.close()
        super().close()


def _shown(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)
