"""Write files and folders whole: beside their place first, then renamed, so that nobody ever reads a half."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path


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
