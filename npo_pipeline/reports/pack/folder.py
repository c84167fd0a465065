"""The folder of a pack: it is there as a whole or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path


def publish(folder: Path, name: str, files: Mapping[str, bytes]) -> None:
    """Put a pack in place of an older one. The files are written beside it first, and renamed all at once.

    Args:
        folder: of all packs.
        name: of the pack in it: a checked code, never text from a file.
        files: what the pack holds, by name.

    Raises:
        OSError: it cannot be written; then the older pack is still there.
    """
    place, coming, going = folder / name, folder / f".{name}.new", folder / f".{name}.old"
    for left in (coming, going):
        _remove(left)
    coming.mkdir(parents=True)
    for file, content in files.items():
        (coming / file).write_bytes(content)
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


def _remove(place: Path) -> None:
    if place.is_symlink() or place.is_file():
        place.unlink()
    elif place.exists():
        shutil.rmtree(place)
