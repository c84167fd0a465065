"""Write files and folders whole: beside their place first, then renamed, so that nobody ever reads a half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
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


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if it is there."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


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
