"""The folder of a pack: it is there as a whole or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path


def publish(folder: Path, name: str, files: Mapping[str, bytes], ours: re.Pattern[str]) -> None:
    """Put a pack in place of an older one. The files are written beside it first, and renamed all at once.

    Args:
        folder: of all packs.
        name: of the pack in it: a checked code, never text from a file.
        files: what the pack holds, by name.
        ours: the names that files of a pack can have; others in its folder stay.

    Raises:
        OSError: it cannot be written; then the older pack is still there.
    """
    place, coming, going = folder / name, folder / f".{name}.new", folder / f".{name}.old"
    for left in (coming, going):
        _remove(left)
    coming.mkdir(parents=True)
    for file, content in files.items():
        (coming / file).write_bytes(content)
    for other in _others(place, ours):
        # A note that somebody laid in the folder is not ours to throw away.
        _copy(other, coming / other.name)
    if place.exists() or place.is_symlink():
        place.rename(going)
    try:
        coming.rename(place)
    except OSError:
        if going.exists():
            going.rename(place)
        raise
    _remove(going)


def remove_others(folder: Path, boards: Collection[str]) -> None:
    """Remove the packs of boards that have no accounts any more.

    Raises:
        OSError: one cannot be removed.
    """
    for place in folder.iterdir():
        if re.fullmatch(r"[0-9]{5}", place.name) and place.name not in boards:
            _remove(place)


def _others(place: Path, ours: re.Pattern[str]) -> list[Path]:
    return [one for one in place.iterdir() if not ours.fullmatch(one.name)] if place.is_dir() else []


def _copy(other: Path, to: Path) -> None:
    if other.is_dir() and not other.is_symlink():
        shutil.copytree(other, to, symlinks=True)
    else:
        shutil.copy2(other, to, follow_symlinks=False)


def _remove(place: Path) -> None:
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)
