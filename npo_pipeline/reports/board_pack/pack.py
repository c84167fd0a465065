"""The pack of one board: its files, made and looked through before anything is written.

What a pack is made from, in one hash: as long as it is the same, the pack need not be made again.

SHA256SUMS: by it anyone sees whether a pack is whole and unchanged, and we see what it was made from.

The folder of a pack: it is there as a whole or not at all.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from npo_pipeline.atomic_file import remove, replace_folder
from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_pack.isolation import (
    KnownParties,
    assert_one_board,
    assert_only_own_data,
    mask_shared_files,
)
from npo_pipeline.reports.board_pack.workbook import csv_of, table, workbook
from npo_pipeline.reports.board_page.context import menu
from npo_pipeline.reports.board_page.page import page, style
from npo_pipeline.reports.xbrl.facts import ReportData
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.rulebook.accountability.load import year_end_rules

_OF_THE_RUN = ("run_id",)
"""Columns that say when the tables were made and nothing of what is in them."""


def fingerprint(facts: pl.DataFrame, told: ReportData, *, filing: bool, version: str) -> str:
    """The fingerprint of a pack in hexadecimals.

    The day of the run is not in it: a pack that would say the same on another day is left as it is.

    Args:
        facts: of the board.
        told: of the board.
        filing: whether the pack holds a filing.
        version: of the program.
    """
    digest = hashlib.sha256()
    made_with = (version, year_end_rules().sha256, style())
    for part in (*made_with, str(told.year), told.treatment, str(filing)):
        digest.update(part.encode() + b"\0")
    for frame in (facts, told.accountability, told.interventions, told.findings, told.schools, told.consents):
        kept = frame.drop(_OF_THE_RUN, strict=False)
        digest.update(kept.write_csv(quote_style="non_numeric").encode() + b"\0")
    return digest.hexdigest()


NAME = "SHA256SUMS"
_FIRST = re.compile(r"# gemaakt uit ([0-9a-f]{64})")


def checksums(files: Mapping[str, bytes], fingerprint: str) -> bytes:
    """The text of SHA256SUMS, as `sha256sum -c` reads it.

    Args:
        files: the other files of the pack, by name.
        fingerprint: of what they were made from.
    """
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    return ("\n".join([f"# gemaakt uit {fingerprint}", *lines]) + "\n").encode("ascii")


def is_up_to_date(folder: Path, names: Collection[str], fingerprint: str, ours: re.Pattern[str]) -> bool:
    """Whether a pack is there, made from the same and as it was made: these of our files, unchanged, no other."""
    try:
        told = (folder / NAME).read_text(encoding="ascii")
        first = _FIRST.fullmatch(told.partition("\n")[0])
        if first is None or first[1] != fingerprint:
            return False
        if {one.name for one in folder.iterdir() if ours.fullmatch(one.name)} != {*names, NAME}:
            return False
        files = {name: (folder / name).read_bytes() for name in names}
    except (OSError, UnicodeDecodeError):
        # What cannot be read is not intact; it is made again.
        return False
    return checksums(files, fingerprint).decode("ascii") == told


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
    place, coming = folder / name, folder / f".{name}.new"
    remove(coming)
    coming.mkdir(parents=True)
    for file, content in files.items():
        (coming / file).write_bytes(content)
    for other in _others(place, ours):
        # A note that somebody laid in the folder is not ours to throw away.
        _copy(other, coming / other.name)
    replace_folder(place, coming)


def remove_others(folder: Path, boards: Collection[str]) -> None:
    """Remove the packs of boards that have no accounts any more.

    Raises:
        OSError: one cannot be removed.
    """
    for place in folder.iterdir():
        if re.fullmatch(r"[0-9]{5}", place.name) and place.name not in boards:
            remove(place)


def _others(place: Path, ours: re.Pattern[str]) -> list[Path]:
    return [one for one in place.iterdir() if not ours.fullmatch(one.name)] if place.is_dir() else []


def _copy(other: Path, to: Path) -> None:
    if other.is_dir() and not other.is_symlink():
        shutil.copytree(other, to, symlinks=True)
    else:
        shutil.copy2(other, to, follow_symlinks=False)


_CODE = re.compile(r"[0-9]{5}")
OURS = re.compile(rf"npo-[0-9]{{4}}-[0-9]{{5}}\.(xbrl|xhtml|html|xlsx|csv)|{NAME}")
"""The names that files of a pack have; anything else in its folder is somebody's own, and stays."""


@dataclass(frozen=True)
class PackOptions:
    """How packs are made. `force`: file with errors too. `version`: of the program. `country`: everyone."""

    folder: Path
    force: bool
    version: str
    country: KnownParties


@dataclass(frozen=True)
class PackResult:
    """What became of a pack. `written`: false where it was up to date. `filing`: whether it holds a filing."""

    board: str
    written: bool
    filing: bool


def make_pack(board: str, told: ReportData, facts: pl.DataFrame, wanted: PackOptions) -> PackResult:
    """Write the pack of a board, unless it is there already and up to date.

    A board with errors gets no filing unless that is forced: then a page to be read stands in its place.

    Raises:
        NpoError: something of another board is in it. A fault of ours; then nothing has changed.
        OSError: it cannot be written; then the older pack is still there.
    """
    if not _CODE.fullmatch(board):
        raise NpoError(f"{board!r} is no number of a board, so no folder is made of it")
    assert_one_board(board, facts, told)
    told = mask_shared_files(board, told, wanted.country)
    filing = wanted.force or "error" not in told.findings["severity"]
    made_from = fingerprint(facts, told, filing=filing, version=wanted.version)
    start = f"npo-{told.year}-{board}"
    ends = (".xbrl", ".xhtml", ".xlsx", ".csv") if filing else (".html", ".xlsx", ".csv")
    if is_up_to_date(wanted.folder / board, {start + end for end in ends}, made_from, OURS):
        return PackResult(board, False, filing)
    files = {start + end: _content(end, facts, told) for end in ends}
    assert_only_own_data(board, files, told, wanted.country)
    publish(wanted.folder, board, {**files, NAME: checksums(files, made_from)}, OURS)
    return PackResult(board, True, filing)


def _content(end: str, facts: pl.DataFrame, told: ReportData) -> bytes:
    if end == ".xbrl":
        return instance(facts, told.year)
    if end == ".xlsx":
        return workbook(facts, told, menu())
    if end == ".csv":
        return csv_of(table(facts, menu(), told.year))
    return page(facts, told, filing=end == ".xhtml")
