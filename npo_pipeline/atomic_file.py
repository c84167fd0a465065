"""Write files and folders whole: beside their place first, then renamed, so that nobody ever reads a half."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from npo_pipeline.errors import Refused


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file beside its place and rename it when it is complete; on an error the older one stays.

    `write` writes the file at the path it is given. The folder is there.

    Raises:
        OSError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def require_new(path: Path, *endings: str) -> None:
    """Refuse a file to write that is there already, has another ending, or cannot be written where it is asked.

    Raises:
        Refused: says which; nothing was written.
    """
    if path.suffix.lower() not in endings:
        raise Refused(f"{path}: give it a name that ends in {' or '.join(endings)}")
    if path.exists() or path.is_symlink():
        raise Refused(f"{path}: is there already, and no file is overwritten; name another")
    folder = path.parent
    if not folder.is_dir():
        raise Refused(f"{path}: there is no folder {folder}; make it first, or name another file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refused(f"{path}: cannot be written (no right to write in {folder}); name another file")


def require_writable(folder: Path) -> None:
    """Refuse a folder, there or to be made, in which nothing can be written, before anything is done.

    Raises:
        Refused: names what is in the way.
    """
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        why = "is a file, and must be a folder" if not there.is_dir() else "cannot be written in"
        raise Refused(f"{there}: {why}; mend it first, nothing was changed")


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all.

    Raises:
        Refused: it has come there meanwhile, or cannot be written.
    """
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise Refused(f"{path}: is there already, and no file is overwritten; name another") from error
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Refused(f"{path}: cannot be written ({error.strerror}); name another file") from error


def replace_folder(folder: Path, replacement: Path) -> None:
    """Rename a complete folder to the place of an older one, which is removed; on an error the older one stays.

    What is there may also be a file or a link. The replacement is in the same parent folder.

    Raises:
        OSError: it cannot be renamed.
    """
    older = folder.with_name(f".{folder.name}.old")
    remove(older)
    if folder.exists() or folder.is_symlink():
        folder.rename(older)
    try:
        replacement.rename(folder)
    except OSError:
        if older.exists():
            older.rename(folder)
        raise
    remove(older)


_LEFT = re.compile(r"\.(.+)\.(new|old)")


def put_right(parent: Path, is_ours: Callable[[str], bool]) -> None:
    """Put right what runs that were killed left in a folder while they replaced folders in it (`replace_folder`).

    An older folder goes back where the new one did not come. Call it under the lock of the home. `is_ours`:
    whether a run replaces a folder of this name; what somebody else left may have a name like that too.

    Raises:
        OSError: something cannot be renamed or removed.
    """
    for one in sorted(parent.iterdir()) if parent.is_dir() else ():
        found = _LEFT.fullmatch(one.name)
        if found is None or not is_ours(found[1]):
            continue
        place = parent / found[1]
        if found[2] == "old" and not place.exists() and not place.is_symlink():
            one.rename(place)
        else:
            remove(one)


def remove_folder(folder: Path) -> None:
    """Remove a folder so that nobody ever sees a half of it; what a kill leaves, `put_right` puts back.

    Raises:
        OSError: it cannot be removed.
    """
    older = folder.with_name(f".{folder.name}.old")
    remove(older)
    folder.rename(older)
    remove(older)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


CHECKSUMS = "SHA256SUMS"
"""The file in a folder of reports by which anyone sees that it is complete and unchanged."""

SIGNATURE = "SHA256SUMS.sig"
"""The signature of CHECKSUMS, where there is a key: it is made after the files, and goes when they do."""

_MADE_FROM = re.compile(r"# gemaakt uit ([0-9a-f]{64})")


def checksums(files: Mapping[str, bytes], made_from: str) -> bytes:
    """Return the text of SHA256SUMS, as `sha256sum -c` reads it, with the hash of its sources on top."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    return ("\n".join([f"# gemaakt uit {made_from}", *lines]) + "\n").encode("ascii")


def file_hashes(folder: Path, own: re.Pattern[str]) -> dict[str, str]:
    """Return the SHA-256 of each file of ours in a folder, by its name; others are not looked at.

    Raises:
        OSError: one cannot be read.
    """
    found = (one for one in folder.iterdir() if own.fullmatch(one.name)) if folder.is_dir() else ()
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(found)}


def made_from_hash(folder: Path, own: re.Pattern[str], names: Collection[str] | None = None) -> str | None:
    """Return the hash of the sources of a folder that is complete and unchanged; null where it is not.

    `names`: the files of ours that must be there; null: those that SHA256SUMS names. That of no others may be.
    """
    try:
        sums = (folder / CHECKSUMS).read_text(encoding="ascii")
        first = _MADE_FROM.fullmatch(sums.partition("\n")[0])
        found = {one.name for one in folder.iterdir() if own.fullmatch(one.name)} - {CHECKSUMS}
        if first is None or (names is not None and found != set(names)):
            return None
        files = {name: (folder / name).read_bytes() for name in found}
    except (OSError, UnicodeDecodeError):
        # What cannot be read is not intact; it is made again.
        return None
    return first[1] if checksums(files, first[1]).decode("ascii") == sums else None


def made_from_as_named(folder: Path) -> str | None:
    """Return the hash of the sources that SHA256SUMS names, whatever became of the files; null for none."""
    try:
        sums = (folder / CHECKSUMS).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    first = _MADE_FROM.fullmatch(sums.partition("\n")[0])
    return first[1] if first else None


def replace_files(folder: Path, files: Mapping[str, bytes], own: re.Pattern[str]) -> None:
    """Put files in place of all of ours in a folder: written beside it first, and renamed all at once.

    A note that somebody laid in the folder is not ours to throw away. `folder`: named after a checked code, never
    after text from a file.

    Raises:
        OSError: it cannot be written; then the older files are still there.
    """
    beside = folder.with_name(f".{folder.name}.new")
    remove(beside)
    beside.mkdir(parents=True)
    for name, content in files.items():
        (beside / name).write_bytes(content)
    for other in folder.iterdir() if folder.is_dir() else ():
        if not own.fullmatch(other.name) and other.name != SIGNATURE:
            if other.is_dir() and not other.is_symlink():
                shutil.copytree(other, beside / other.name, symlinks=True)
            else:
                shutil.copy2(other, beside / other.name, follow_symlinks=False)
    replace_folder(folder, beside)


def sync(path: Path) -> None:
    """Have what was written of a file or a folder on the disk before going on.

    Raises:
        OSError: it cannot be; some file systems cannot sync a folder.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
