"""Copy a folder so that the copy can be trusted: hashed while it is read, on the disk, and read back from there.

Links are never followed: what a folder holds is its own files, and a link is the text that it holds.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from npo_pipeline.atomic_file import sync
from npo_pipeline.errors import Refused

_CHUNK = 1 << 20


@dataclass(frozen=True)
class FileFacts:
    """State what a file is beside its bytes: how many they are, and who may read it."""

    bytes: int
    mode: int


@dataclass(frozen=True, kw_only=True)
class Tree:
    """List what a folder holds, each by its path from there with `/`.

    `files`: with what they are. `folders`: with their mode, a folder before what is in it. `links`: with the text
    that they hold. `others`: sockets and pipes, which have no content.
    """

    files: Mapping[str, FileFacts]
    folders: Mapping[str, int]
    links: Mapping[str, str]
    others: Sequence[str]


def tree_of(folder: Path, left_out: re.Pattern[str] | None = None) -> Tree:
    """List what a folder holds, and follow no link. `left_out`: the names at its top that are passed over.

    Raises:
        Refused: a folder in it cannot be read.
    """
    files, folders, links, others = dict[str, FileFacts](), dict[str, int](), dict[str, str](), list[str]()
    for name, entry in _entries(folder, "", left_out):
        found = entry.stat(follow_symlinks=False)
        mode = stat.S_IMODE(found.st_mode) & 0o777
        if entry.is_symlink():
            links[name] = os.readlink(entry.path)
        elif entry.is_dir(follow_symlinks=False):
            folders[name] = mode
        elif entry.is_file(follow_symlinks=False):
            files[name] = FileFacts(found.st_size, mode)
        else:
            others.append(name)
    return Tree(files=files, folders=folders, links=links, others=others)


def _entries(folder: Path, under: str, left_out: re.Pattern[str] | None) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as listed:
            entries = sorted(listed, key=lambda one: one.name)
    except OSError as error:
        raise _unread(folder, error) from error
    for entry in entries:
        if left_out is None or not left_out.fullmatch(entry.name):
            yield f"{under}{entry.name}", entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path), f"{under}{entry.name}/", None)


THREADS = 8
"""Files that are copied at once. To have one on the disk takes four milliseconds, and eight take hardly longer: of
5,000 small files that is 2 seconds in place of 20."""


def copy_files(source: Path, target: Path, modes: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Copy files from a folder to another, and yield the name and sha256 of each in order. `modes`: name -> mode.

    Raises:
        Refused: one cannot be read, or was changed meanwhile.
        OSError: a copy cannot be written.
    """
    executor = ThreadPoolExecutor(THREADS)
    try:
        copied = executor.map(lambda name: copy_file(source / name, target / name, modes[name]), modes)
        yield from zip(modes, copied, strict=True)
    finally:
        executor.shutdown(cancel_futures=True)


def copy_file(source: Path, target: Path, mode: int) -> str:
    """Copy a file, have it on the disk, and return the sha256 of the bytes that were read.

    Raises:
        Refused: it cannot be read, or was changed meanwhile.
        OSError: the copy cannot be written.
    """
    try:
        reading = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise _unread(source, error) from error
    digest = hashlib.sha256()
    with os.fdopen(reading, "rb") as file, target.open("xb") as copy:
        before = _moment(file.fileno())
        while chunk := _chunk(file, source):
            digest.update(chunk)
            copy.write(chunk)
        if _moment(file.fileno()) != before:
            raise Refused(f"{source}: was changed while it was copied; try again when nothing writes in it")
        copy.flush()
        os.fchmod(copy.fileno(), mode)
        os.fsync(copy.fileno())
        # So that it is read back from the disk, and not from memory.
        with suppress(OSError):
            os.posix_fadvise(copy.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.hexdigest()


def _chunk(file: BinaryIO, source: Path) -> bytes:
    try:
        return file.read(_CHUNK)
    except OSError as error:
        raise _unread(source, error) from error


def _moment(handle: int) -> tuple[int, int]:
    found = os.fstat(handle)
    return found.st_size, found.st_mtime_ns


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file.

    Raises:
        OSError: it is a link, or cannot be read.
    """
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sync_folders(folder: Path, folders: Iterable[str] = ()) -> None:
    """Have the names in a folder and the folders in it on the disk; some file systems cannot sync a folder."""
    for one in (*(folder / name for name in folders), folder):
        with suppress(OSError):
            sync(one)


def sums_text(sums: Mapping[str, str]) -> bytes:
    """Return the text of SHA256SUMS, as `sha256sum -c` reads it. `sums`: name -> sha256."""
    return b"".join(_sums_line(name, sha256) for name, sha256 in sorted(sums.items()))


_ESCAPED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r"}


def _sums_line(name: str, sha256: str) -> bytes:
    written = "".join(_ESCAPED.get(one, one) for one in name)
    mark = "\\" if written != name else ""
    return os.fsencode(f"{mark}{sha256}  {written}\n")


def read_sums(content: bytes) -> dict[str, str]:
    """Return name -> sha256 of a text of SHA256SUMS.

    Raises:
        ValueError: a line of it is none, or names what is not below its own folder.
    """
    sums = {}
    if not content.endswith(b"\n"):
        raise ValueError("its end is missing")
    for line in os.fsdecode(content).split("\n")[:-1]:
        found = re.fullmatch(r"(\\?)([0-9a-f]{64})  (.+)", line)
        if not found:
            raise ValueError(f"no line of checksums: {line[:80]}")
        name = found[3]
        if found[1]:
            name = re.sub(r"\\(.)", lambda one: {"n": "\n", "r": "\r"}.get(one[1], one[1]), name)
        if not is_below(name):
            raise ValueError(f"it names {name}")
        sums[name] = found[2]
    return sums


def is_below(name: str) -> bool:
    """Return whether a path with `/` stays below the folder that it is from."""
    return bool(name) and "\0" not in name and not {"", ".", ".."} & set(name.split("/"))


def _unread(path: Path, error: OSError) -> Refused:
    return Refused(f"{path}: cannot be read ({error.strerror}); check its rights and its disk")
