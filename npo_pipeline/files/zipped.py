"""The files in a zip, read in place and never unpacked to disk; a zip that could do harm is refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from npo_pipeline.errors import Refused
from npo_pipeline.files.harmless import harmless_name
from npo_pipeline.files.plain import SourceFile, plain_file

MAX_MEMBERS = 1_000
MAX_UNPACKED = 16 * 2**30
MAX_RATIO = 100
FREE_OF_RATIO = 16 * 2**20
"""Below this size a high ratio does no harm (an almost empty table packs very well)."""

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
"""What `zipfile` raises on a zip that is damaged, or packed in a way that it does not know."""


def zip_files(path: Path) -> list[SourceFile]:
    """List the files in a zip.

    Raises:
        Refused: it is damaged, or a member could do harm.
    """
    outside = plain_file(path, path.name)
    try:
        with outside.open() as stream, zipfile.ZipFile(stream) as archive:
            members = [member for member in archive.infolist() if not member.filename.endswith("/")]
    except DAMAGE as error:
        cause = f"is no readable zip ({error}); it may be cut off: have it sent again"
        raise Refused(f"{outside.name}: {cause}") from error
    check_members(outside.name, members)
    return [_member_file(outside, member) for member in members]


def check_members(archive: str, members: Sequence[zipfile.ZipInfo], at_most: int = MAX_UNPACKED) -> None:
    """Refuse an archive whose members could harm: too many, too large, or named outside of it.

    Args:
        archive: its name.
        members: what its list of contents says; `zipfile` never unpacks more than that.
        at_most: bytes that all members together may unpack to.

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
    if sum(member.file_size for member in members) > at_most:
        raise Refused(f"{archive}: unpacks to more than {at_most // 2**20:,} MiB; send it in parts")


def _check_name(archive: str, member: zipfile.ZipInfo) -> None:
    name = member.filename
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    outside = name.startswith("/") or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name
    if outside or is_link or not name or not name.isprintable():
        raise Refused(f"{archive}: holds the name {name!r}, which points outside the zip; have it packed again")
    if member.flag_bits & 1:
        raise Refused(f"{archive}: {name!r} is locked with a password; send it without one")


def _member_file(outside: SourceFile, member: zipfile.ZipInfo) -> SourceFile:
    def open_member() -> BinaryIO:
        return io.BufferedReader(_Member(outside, member), 2**20)

    return SourceFile(harmless_name(member.filename), member.file_size, open_member)


class _Member(io.RawIOBase):
    """A zip member as a stream that closes its archive and speaks of damage in words."""

    def __init__(self, outside: SourceFile, member: zipfile.ZipInfo) -> None:
        super().__init__()
        self._shown = f"{outside.name}: {harmless_name(member.filename)}"
        self._file = outside.open()
        try:
            archive = zipfile.ZipFile(self._file)
            self._stream = archive.open(member)
        except DAMAGE as error:
            self._file.close()
            raise self._damaged(error) from error

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on; damage is told as a refusal."""
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
