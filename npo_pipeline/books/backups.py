"""Back-ups on the disk: a folder each, with the home as it was, what it is of, and the checksum of every file.

A back-up has its name when it is whole, and not before: until then its name begins with a dot and ends with
`.partial`, and one that is being removed ends with `.removed`. So a half is never taken for a back-up.
"""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from npo_pipeline.atomic_file import CHECKSUMS, sync, write_whole
from npo_pipeline.books.copies import Tree, is_below, read_sums, sha256_of
from npo_pipeline.books.paths import Home
from npo_pipeline.errors import Refused

RECORD, WITNESS, CONTENT = "backup.json", "witness.json", "home"
"""In a back-up: what it is of, the witness of its last run, and the folder with the home itself."""

MARK = Home(Path()).backed_up.name
"""The file in a home that says where its last back-up is, and of when."""

NOT_KEPT = re.compile(rf"work|npo\.lock|{re.escape(MARK)}|replaced|lost\+found|\.?prefect.*")
"""Names at the top of a home that are of this place and not of the books: drafts, the lock, the mark itself, an
older home that was replaced, and all of Prefect's, with its password."""

_VERSION = 1
"""The form of a back-up; a program refuses a newer one than its own."""

_NAME = re.compile(r"npo-[0-9]{8}T[0-9]{6}Z-[0-9A-Za-z.-]+")


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Represent what a home knows of its last back-up; `where`, `when` and `run_id` are null before the first.

    `home_id`: by which its back-ups are known from those of others in the same folder. `place`: where it was
    given: a copy of the home has another path, and another inode or device, and gets an id of its own.
    """

    home_id: str
    place: Mapping[str, Any]
    where: str | None = None
    when: str | None = None
    run_id: str | None = None
    files: int = 0
    bytes: int = 0

    def is_below(self, folder: Path) -> bool:
        """Return whether the last back-up was made in a folder."""
        return self.where is not None and Path(self.where).parent == folder.resolve()


@dataclass(frozen=True, kw_only=True)
class BackUp:
    """Represent a back-up: what it is of, and what `SHA256SUMS` cannot say of its files.

    `first`: the sha256 of the first manifest, by which books are known. `findings`: of `npo verify` on the home.
    `modes`, `folders`: path -> mode in octal digits. `links`: path -> the text of a link.
    """

    folder: Path
    home_id: str
    home: str
    host: str
    when: str
    run_id: str
    manifest_sha256: str | None
    first: str | None
    format: int | None
    npo: str
    findings: int
    files: int
    bytes: int
    modes: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def ties(self) -> bool:
        """Return whether the books tied when it was made."""
        return not self.findings

    @property
    def content(self) -> Home:
        """Return the copy of the home."""
        return Home(self.folder / CONTENT)


def backup_name(when: datetime, run_id: str) -> str:
    """Return the name of a back-up: `npo-20261128T104500Z-000025-pay-2021-09`."""
    return f"npo-{when:%Y%m%dT%H%M%SZ}-{re.sub('[^0-9A-Za-z.-]', '-', run_id)}"


def read_mark(home: Home) -> Mark | None:
    """Return what a home knows of its last back-up; None where it never began one, or the mark is of another."""
    try:
        found = Mark(**json.loads(home.backed_up.read_bytes()))
        was, now = dict(found.place), place_of(home)
    except (OSError, ValueError, TypeError):
        return None
    # A home that was moved on its disk has another path; the root of every disk may have the same inode.
    is_moved = all(was.get(one) == now[one] for one in ("inode", "device"))
    return found if is_moved or was.get("path") == now["path"] else None


def place_of(home: Home) -> dict[str, Any]:
    """Return where a home is: its path, and its folder as the machine knows it.

    Raises:
        OSError: it is not there.
    """
    found = home.path.stat()
    return {"path": str(home.path.resolve()), "inode": found.st_ino, "device": found.st_dev}


def new_mark(home: Home) -> Mark:
    """Return the mark of a home that has none."""
    return Mark(home_id=uuid.uuid4().hex, place=place_of(home))


def write_mark(home: Home, mark: Mark) -> None:
    """Write what a home knows of its last back-up.

    Raises:
        OSError: it cannot be written.
    """
    write_synced(home.backed_up, _json(asdict(mark)))


def write_record(found: BackUp) -> None:
    """Write what a back-up is of, in its folder.

    Raises:
        OSError: it cannot be written.
    """
    said = {name: value for name, value in asdict(found).items() if name != "folder"}
    write_synced(found.folder / RECORD, _json({"backup": _VERSION, **said}))


def write_synced(path: Path, content: bytes) -> None:
    """Write a file whole, and have it on the disk.

    Raises:
        OSError: it cannot be written.
    """

    def write(beside: Path) -> None:
        beside.write_bytes(content)
        sync(beside)

    write_whole(path, write)


def read_backup(folder: Path) -> BackUp:
    """Return the back-up in a folder.

    Raises:
        Refused: it holds none, or one of a newer program.
    """
    try:
        found = json.loads((folder / RECORD).read_bytes())
        version = found.pop("backup")
    except FileNotFoundError as error:
        raise Refused(f"{folder}: holds no back-up (there is no {RECORD} in it); name one that does") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, RECORD) from error
    if not isinstance(version, int) or version > _VERSION:
        raise Refused(f"{folder}: was made by a newer npo ({found.get('npo')}); restore it with that one")
    try:
        return _backup(folder, found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(folder, RECORD) from error


def _backup(folder: Path, found: dict[str, Any]) -> BackUp:
    made = BackUp(folder=folder, **found)
    for name in (*made.modes, *made.folders, *made.links):
        # Below a link is wherever that leads to.
        if not is_below(name) or any(str(above) in made.links for above in PurePosixPath(name).parents):
            raise ValueError(name)
    for mode in (*made.modes.values(), *made.folders.values()):
        int(mode, 8)
    texts = [made.home_id, made.home, made.when, made.run_id, *made.links.values()]
    texts += [] if made.first is None else [made.first]
    numbers = (made.files, made.bytes, made.findings)
    if not all(isinstance(one, str) for one in texts) or not all(isinstance(one, int) for one in numbers):
        raise TypeError
    return made


def backups_in(folder: Path) -> list[BackUp]:
    """Return the back-ups in a folder, the oldest first; what is none, or cannot be read, is passed over.

    Raises:
        OSError: the folder itself cannot be read.
    """
    found = []
    for one in folder.iterdir():
        if _NAME.fullmatch(one.name) and not one.is_symlink() and (one / CHECKSUMS).is_file():
            try:
                found.append(read_backup(one))
            except Refused:
                continue
    return sorted(found, key=lambda one: (one.when, one.folder.name))


def leftovers_of(folder: Path, home_id: str) -> Iterator[Path]:
    """Yield what back-ups of a home that were stopped half-way left in a folder.

    Raises:
        OSError: the folder cannot be read.
    """
    own = re.compile(rf"\.npo-.+\.{re.escape(home_id)}\.(partial|removed)")
    yield from (one for one in folder.iterdir() if own.fullmatch(one.name) and not one.is_symlink())


def hidden_name(name: str, home_id: str, ending: str) -> str:
    """Return the name of a back-up that is not whole; `ending`: partial, or removed."""
    return f".{name}.{home_id}.{ending}"


def check_files(found: BackUp) -> Mapping[str, str]:
    """Compare all files of a back-up with its checksums, and return those of the home: path -> sha256.

    Raises:
        Refused: a file differs, lacks or is one too many; names the first.
    """
    try:
        sums = read_sums((found.folder / CHECKSUMS).read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(found.folder, CHECKSUMS) from error
    faults = [f"{name} {fault}" for name, sha256 in sums.items() if (fault := _fault(found.folder / name, sha256))]
    there = {
        one.relative_to(found.folder).as_posix()
        for one in found.folder.rglob("*")
        if one.is_symlink() or not one.is_dir()
    }
    faults += [f"{name} is not of it" for name in sorted(there - set(sums) - {CHECKSUMS})]
    if faults:
        raise Refused(
            f"{found.folder}: is damaged: {faults[0]} (files that are wrong: {len(faults)}); restore another "
            "back-up, or copy this one again from where it is whole"
        )
    return {name.removeprefix(f"{CONTENT}/"): one for name, one in sums.items() if name.startswith(f"{CONTENT}/")}


def _fault(path: Path, sha256: str) -> str | None:
    try:
        return None if sha256_of(path) == sha256 else "differs from its checksum"
    except FileNotFoundError:
        return "is gone"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def modes_of(tree: Tree) -> dict[str, str]:
    """Return the mode of each file in octal digits."""
    return {name: f"{facts.mode:o}" for name, facts in tree.files.items()}


def host_name() -> str:
    """Return the name of this machine."""
    return os.uname().nodename


def _damaged(folder: Path, name: str) -> Refused:
    return Refused(f"{folder}: is damaged: {name} cannot be read; restore another back-up")


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode("ascii")
