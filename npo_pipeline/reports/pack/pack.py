"""The pack of one board: its files, made and looked through before anything is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.filing.inline.menu import menu
from npo_pipeline.reports.filing.page import page
from npo_pipeline.reports.filing.told import Told
from npo_pipeline.reports.filing.xbrl import instance
from npo_pipeline.reports.pack.alone import Country, refuse_mixed, refuse_strangers, with_files_of_many
from npo_pipeline.reports.pack.fingerprint import fingerprint
from npo_pipeline.reports.pack.folder import publish
from npo_pipeline.reports.pack.sums import NAME, is_intact, sums
from npo_pipeline.reports.pack.table import csv_of, table
from npo_pipeline.reports.pack.workbook import workbook

_CODE = re.compile(r"[0-9]{5}")
OURS = re.compile(rf"npo-[0-9]{{4}}-[0-9]{{5}}\.(xbrl|xhtml|html|xlsx|csv)|{NAME}")
"""The names that files of a pack have; anything else in its folder is somebody's own, and stays."""


@dataclass(frozen=True)
class Wanted:
    """How packs are made. `force`: file with errors too. `version`: of the program. `country`: everyone."""

    folder: Path
    force: bool
    version: str
    country: Country


@dataclass(frozen=True)
class Made:
    """What became of a pack. `written`: false where it was up to date. `filing`: whether it holds a filing."""

    board: str
    written: bool
    filing: bool


def make_pack(board: str, told: Told, facts: pl.DataFrame, wanted: Wanted) -> Made:
    """Write the pack of a board, unless it is there already and up to date.

    A board with errors gets no filing unless that is forced: then a page to be read stands in its place.

    Raises:
        NpoError: something of another board is in it. A fault of ours; then nothing has changed.
        OSError: it cannot be written; then the older pack is still there.
    """
    if not _CODE.fullmatch(board):
        raise NpoError(f"{board!r} is no number of a board, so no folder is made of it")
    refuse_mixed(board, facts, told)
    told = with_files_of_many(board, told, wanted.country)
    filing = wanted.force or "error" not in told.findings["severity"]
    made_from = fingerprint(facts, told, filing=filing, version=wanted.version)
    start = f"npo-{told.year}-{board}"
    ends = (".xbrl", ".xhtml", ".xlsx", ".csv") if filing else (".html", ".xlsx", ".csv")
    if is_intact(wanted.folder / board, {start + end for end in ends}, made_from, OURS):
        return Made(board, False, filing)
    files = {start + end: _content(end, facts, told) for end in ends}
    refuse_strangers(board, files, told, wanted.country)
    publish(wanted.folder, board, {**files, NAME: sums(files, made_from)}, OURS)
    return Made(board, True, filing)


def _content(end: str, facts: pl.DataFrame, told: Told) -> bytes:
    if end == ".xbrl":
        return instance(facts, told.year)
    if end == ".xlsx":
        return workbook(facts, told, menu())
    if end == ".csv":
        return csv_of(table(facts, menu(), told.year))
    return page(facts, told, filing=end == ".xhtml")
