"""A delivery: a folder, a file, a zip, or several of them, as a list of files that can be opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from npo_pipeline.errors import Refused
from npo_pipeline.files.plain import SourceFile, plain_file
from npo_pipeline.files.zipped import zip_files

_LITTER = {"thumbs.db", "desktop.ini"}


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
    for name, times in Counter(file.name for file in found).items():
        if times > 1:
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
            return [file for file in zip_files(path) if not any(map(_is_litter, PurePosixPath(file.name).parts))]
        return [plain_file(path, path.name)]
    except OSError as error:
        raise Refused(
            f"{error.filename or path}: cannot be read ({error.strerror}); check its permissions"
        ) from error


def _folder_files(top: Path) -> list[SourceFile]:
    found: list[SourceFile] = []
    above: frozenset[Path] = frozenset()
    folders = [(top, "", above)]
    while folders:
        folder, inside, above = folders.pop()
        real = folder.resolve()
        if real in above:
            raise Refused(f"{inside}: is a link back to a folder above it; take it out of the delivery")
        for path in folder.iterdir():
            name = f"{inside}{path.name}"
            if _is_litter(path.name):
                continue
            if path.is_dir():
                folders.append((path, f"{name}/", above | {real}))
            elif path.is_file():
                found.append(plain_file(path, name))
            else:
                raise Refused(f"{name}: is no ordinary file; a delivery holds files only")
    return found


def _is_litter(name: str) -> bool:
    """Whether the operating system, and not the sender, put this file or folder there."""
    return name.startswith((".", "~$", "__MACOSX")) or name.lower() in _LITTER


def _shown(paths: Sequence[Path]) -> str:
    return ", ".join(str(path) for path in paths)
