"""The packs of boards: the files of each, made and searched for data of others before anything is written.

Workers make them where there are many, and give them back to be written. A pack is written as a whole or not at
all, with SHA256SUMS: by it anyone sees that the pack is complete and unchanged, and the next run sees what it was
made from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import (
    CHECKSUMS,
    SIGNATURE,
    checksums,
    file_hashes,
    made_from_hash,
    remove_folder,
    replace_files,
)
from npo_pipeline.errors import NpoError, fault_words
from npo_pipeline.reports.board_pack.isolation import (
    KnownParties,
    assert_one_board,
    assert_only_own_data,
    known_parties,
    mask_shared_files,
)
from npo_pipeline.reports.board_pack.workbook import board_table, workbook
from npo_pipeline.reports.board_page.page import fault_page, page
from npo_pipeline.reports.report_data import (
    NUMBER,
    ReportData,
    in_fixed_order,
    select_boards,
    split_by_board,
    text_by_board,
)
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.reports.xbrl.taxonomy.package import report_package
from npo_pipeline.rulebook.year_end import year_end_rules
from npo_pipeline.workers import HERE, Done, Workers, map_boards
from schemas.frames.accounts import Facts

FORMATS: Mapping[str, Callable[[Facts, ReportData], bytes]] = {
    ".xbrl": lambda facts, report: instance(facts, report.year),
    ".xhtml": lambda facts, report: page(facts, report, filing=True),
    ".html": lambda facts, report: page(facts, report, filing=False),
    ".xlsx": workbook,
    ".csv": lambda facts, report: dutch.csv(board_table(facts, report)),
}
PACKAGE = ".xbri"
"""The end of the name of a report package: the page and the taxonomy in one file."""

WITH_FILING = (".xbrl", ".xhtml", PACKAGE, ".xlsx", ".csv")
WITHOUT_FILING = (".html", ".xlsx", ".csv")

_CODE = re.compile(r"[0-9]{5}(-[A-Z]{3})?")
_ENDS = "|".join(end[1:] for end in (*FORMATS, PACKAGE))
OWN_FILE = re.compile(rf"npo-[0-9]{{4}}-{_CODE.pattern}\.({_ENDS})|{CHECKSUMS}")
"""The names of files of a pack; any other file in its folder is somebody's own, and stays."""

NOTHING = "0" * 64
"""The fingerprint of a page that says that there is no report: it never is up to date."""

_OF_THE_RUN = ("run_id",)
"""Columns that say when the tables were made and nothing of their content."""


ProgressCallback = Callable[[str, int], None]
"""Receives a message and the number of packs done so far."""

_BOARDS_PER_JOB = 25
_FEW = 40


@dataclass(frozen=True, kw_only=True)
class PackRecord:
    """A pack as it was left on the disk. `made_from`: fingerprint of its rows. `files`: path -> SHA-256.

    `outcome`: one of `schemas.accounted.OUTCOMES`.
    """

    made_from: str
    outcome: str
    files: Mapping[str, str]


Recorded = Mapping[str, PackRecord]
"""The packs of a year that the books know, by their folder."""


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """The files of ours in the folder of a pack, path -> SHA-256.

    `made_from`: what SHA256SUMS says they were made from; null where they are not complete and unchanged.
    """

    made_from: str | None = None
    files: Mapping[str, str] = field(default_factory=dict)


NOTHING_ON_DISK = OnDisk()


@dataclass(frozen=True, kw_only=True)
class PackOptions:
    """Hold the options of packs. `version`: of the program. `parties`: all boards.

    `force`: file with errors too, but for `unfilable` boards. `recorded`: what the books know of the packs; null
    where there are no books, so that a pack is only compared with its own sums.
    """

    force: bool
    version: str
    parties: KnownParties
    unfilable: frozenset[str] = frozenset()
    recorded: Recorded | None = None

    def of_boards(self, boards: Collection[str]) -> PackOptions:
        """Leave out what is known of the packs of others: it would go to a worker with each job."""
        if self.recorded is None:
            return self
        return replace(self, recorded={one: of for one, of in self.recorded.items() if one in boards})


@dataclass(frozen=True, kw_only=True)
class MadePack:
    """The files of a pack, to be written. `files`: none where the pack that is `there` is up to date.

    `data`: the fingerprint of its rows; `made_from`: that of everything.
    """

    filing: bool
    data: str
    made_from: str
    files: Mapping[str, bytes] | None
    there: OnDisk

    @property
    def outcome(self) -> str:
        """Return one of `schemas.accounted.OUTCOMES`."""
        return "filed" if self.filing else "read"


@dataclass(frozen=True, kw_only=True)
class PackResult:
    """The outcome of a pack. `written`: false where it was up to date. `filing`: it holds a filing.

    `fault`: why no pack could be made, in words; a page that says so takes its place. `record`: what is on the
    disk now; null where not even that page could be written.
    """

    board: str
    written: bool = True
    filing: bool = False
    fault: str | None = None
    record: PackRecord | None = None


@dataclass(frozen=True, kw_only=True)
class PacksWritten:
    """Boards whose pack was written, and whose pack was up to date; and those of either that have no filing.

    `faults`: board -> why its pack could not be made; such a board is in none of the others. `records`: all packs
    that are on the disk now.
    """

    written: tuple[str, ...]
    up_to_date: tuple[str, ...]
    without_filing: tuple[str, ...]
    faults: Mapping[str, str] = field(default_factory=dict)
    records: Recorded = field(default_factory=dict)


def pack_file(folder: Path, year: int, board: str, end: str) -> Path:
    """Return the path of a file of a pack, in the folder of all packs of a year."""
    return folder / board / f"npo-{year}-{board}{end}"


def write_packs(
    folder: Path,
    report: ReportData,
    facts: Facts,
    version: str,
    *,
    force: bool = False,
    unfilable: Collection[str] = (),
    faults: Mapping[str, str] = MappingProxyType({}),
    recorded: Recorded | None = None,
    progress: ProgressCallback | None = None,
    workers: Workers = HERE,
) -> PacksWritten:
    """Write a folder per board of `facts`: `folder/BOARD/npo-YEAR-BOARD.{xbrl,xhtml,xlsx,csv}` and SHA256SUMS.

    A board with two currencies has two packs (`by_pack`), each with the currency behind its number.

    A pack that is up to date, unchanged and of the same version of the program is left as it is. A board with
    findings that are errors gets no .xbrl and .xhtml, but an .html that says so, unless `force`.

    `folder`: of the year; it is made if need be. `report`: of all boards: only boards in it are recognised in the
    pack of another. `unfilable`: boards of which no filing can be made, forced or not. `faults`: board -> why no
    facts could be made of it. `recorded`: what the books know of the packs. `workers`: make the files; this
    process writes them.

    Whatever goes wrong with one board keeps no other from its pack: that board gets a page that says so.

    Raises:
        OSError: the folder cannot be made.
        NoWorkers: none is left. The packs that were written stand.
    """
    parties, never = known_parties(report), frozenset(unfilable)
    options = PackOptions(force=force, version=version, parties=parties, unfilable=never, recorded=recorded)
    folder.mkdir(parents=True, exist_ok=True)
    results = [fault_pack(board, report.year, folder, why) for board, why in sorted(faults.items())]
    for done in _made(workers, in_fixed_order(report), facts, options, folder=folder):
        results.append(_written(done, folder, report.year))
        if progress:
            progress("making packs", len(results))
    return _packs_written(results)


def _made(
    workers: Workers, report: ReportData, facts: Facts, options: PackOptions, *, folder: Path
) -> Iterator[Done[str, MadePack]]:
    def data(boards: Sequence[str]) -> PackJob:
        own = Facts(facts.filter(pl.col("board").is_in(boards)))
        return PackJob(
            report=select_boards(report, boards),
            facts=own,
            options=options.of_boards(boards),
            on_disk={board: on_disk(folder, board) for board in boards},
        )

    boards = sorted(set(facts["board"].to_list()))
    who = workers if len(boards) > _FEW else HERE
    return map_boards(who, make_some, boards, data, at_once=_BOARDS_PER_JOB, name="packs")


def _written(done: Done[str, MadePack], folder: Path, year: int) -> PackResult:
    """Write what was made for a board, or a page that says that nothing could be."""
    board = done.job
    try:
        made = done.value()
        if made.files is None:
            record = PackRecord(made_from=made.data, outcome=made.outcome, files=made.there.files)
            return PackResult(board=board, written=False, filing=made.filing, record=record)
        record = _publish(folder / board, made.files, made.made_from, outcome=made.outcome, data=made.data)
    except Exception as error:
        # Whatever it is, it is of this board: the others get their packs, and it is named at the end.
        return fault_pack(board, year, folder, fault_words(error))
    return PackResult(board=board, filing=made.filing, record=record)


def _packs_written(results: Sequence[PackResult]) -> PacksWritten:
    good = [one for one in results if one.fault is None]
    return PacksWritten(
        written=tuple(sorted(one.board for one in good if one.written)),
        up_to_date=tuple(sorted(one.board for one in good if not one.written)),
        without_filing=tuple(sorted(one.board for one in good if not one.filing)),
        faults={one.board: one.fault for one in results if one.fault is not None},
        records={one.board: one.record for one in results if one.record is not None},
    )


def withdraw(packs: PacksWritten, year: int, folder: Path, faults: Mapping[str, str]) -> PacksWritten:
    """Put the page that says so in place of packs in which a fault was found after they were written."""
    found = _packs_written([fault_pack(board, year, folder, why) for board, why in sorted(faults.items())])
    written, up_to_date, without_filing = (
        tuple(board for board in boards if board not in faults)
        for boards in (packs.written, packs.up_to_date, packs.without_filing)
    )
    return PacksWritten(
        written=written,
        up_to_date=up_to_date,
        without_filing=without_filing,
        faults={**packs.faults, **found.faults},
        records={**{one: of for one, of in packs.records.items() if one not in faults}, **found.records},
    )


@dataclass(frozen=True, kw_only=True)
class PackJob:
    """The data of a worker that makes the packs of some boards."""

    report: ReportData
    facts: Facts
    options: PackOptions
    on_disk: Mapping[str, OnDisk]


def make_some(job: PackJob) -> list[Done[str, MadePack]]:
    """Make the packs of some boards: the work of a worker. Nothing is written."""
    return [_tried(job, board, own, facts) for board, own, facts in split_by_board(job.report, job.facts)]


def _tried(job: PackJob, board: str, report: ReportData, facts: Facts) -> Done[str, MadePack]:
    try:
        made = make_pack(board, report, facts, job.options, there=job.on_disk[board])
        return Done(job=board, result=made)
    except Exception as error:
        # Whatever it is, it is of this board; of the error of a library its kind and place go on, and no rows.
        return Done(job=board, error=NpoError(fault_words(error)))


def fault_pack(board: str, year: int, folder: Path, why: str) -> PackResult:
    """Put a page that says that there is no report in place of the pack of a board: an older one holds no more.

    `why`: for the answer and the log; the page has it not, for it may name another board.
    """
    try:
        _require_code(board)
        name = pack_file(folder, year, board, ".html").name
        record = _publish(
            folder / board, {name: fault_page(board[:NUMBER], year)}, NOTHING, outcome="fault", data=NOTHING
        )
    except Exception as error:
        why, record = f"{why}; nor could the page be written that says so ({fault_words(error)})", None
    return PackResult(board=board, fault=why, record=record)


def _require_code(board: str) -> None:
    if not _CODE.fullmatch(board):
        raise NpoError(f"{board!r} is no number of a board, so no folder is made of it")


def make_pack(pack: str, report: ReportData, facts: Facts, options: PackOptions, *, there: OnDisk) -> MadePack:
    """Make the files of a pack and search them for data of others; none where that which is `there` is up to date.

    A board with errors gets no filing unless that is forced: then a page to be read takes its place.

    Raises:
        NpoError: there is data of another board in it. A fault of ours.
    """
    _require_code(pack)
    board = pack[:NUMBER]
    assert_one_board(board, facts, report)
    report = mask_shared_files(board, report, options.parties)
    forced = options.force and pack not in options.unfilable
    filing = forced or "error" not in report.findings["severity"]
    data = data_fingerprints(facts, report)[board]
    made_from = fingerprint(data, filing=filing, version=options.version)
    ends = WITH_FILING if filing else WITHOUT_FILING
    names = {end: pack_file(Path(), report.year, pack, end).name for end in ends}
    recorded = None if options.recorded is None else options.recorded.get(pack)
    if is_up_to_date(there, names.values(), made_from, data=data, recorded=recorded):
        return MadePack(filing=filing, data=data, made_from=made_from, files=None, there=there)
    files = {name: FORMATS[end](facts, report) for end, name in names.items() if end in FORMATS}
    assert_only_own_data(board, files, report, options.parties)
    if filing:
        # The page that was searched, and the taxonomy, which is the same for all.
        page_name = names[".xhtml"]
        files[names[PACKAGE]] = report_package(page_name, files[page_name])
    return MadePack(filing=filing, data=data, made_from=made_from, files=files, there=there)


def _publish(place: Path, files: Mapping[str, bytes], made_from: str, *, outcome: str, data: str) -> PackRecord:
    """Publish the files of a pack with their sums, and return what is on the disk then."""
    whole = {**files, CHECKSUMS: checksums(files, made_from)}
    publish(place, whole)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(whole.items())}
    return PackRecord(made_from=data, outcome=outcome, files=sums)


def own_files(place: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of ours in the folder of a pack; a file of somebody else is not looked at.

    Raises:
        OSError: one cannot be read.
    """
    return file_hashes(place, OWN_FILE)


def data_fingerprints(facts: Facts, report: ReportData) -> dict[str, str]:
    """Return the SHA-256 of the rows that each pack of `facts` is made from: column board -> hexadecimals.

    The day of the run is not in it: a pack that would say the same on another day is left as it is.
    """
    closing = () if report.closed_on is None else (str(report.closed_on), *report.closed_by)
    begun = hashlib.sha256()
    for part in (str(report.year), report.treatment, report.style.sha256, *closing):
        begun.update(part.encode() + b"\0")
    digests = {board: begun.copy() for board in facts["board"].unique()}
    for frame in (facts, *report.tables().values()):
        texts = text_by_board(frame, but=_OF_THE_RUN)
        for board, digest in digests.items():
            digest.update(texts.get(board, "").encode() + b"\0")
    return {board: digest.hexdigest() for board, digest in digests.items()}


def fingerprint(data: str, *, filing: bool, version: str) -> str:
    """Return the SHA-256 of everything that a pack is made from: its rows, and the program.

    `data`: of its rows. `version`: of the source of the program, templates and all.
    """
    parts = (version, year_end_rules().sha256, str(filing), data)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def on_disk(folder: Path, pack: str) -> OnDisk:
    """Return what is in the folder of a pack, below that of all; nothing where it cannot be read."""
    if not _CODE.fullmatch(pack):
        return NOTHING_ON_DISK
    place = folder / pack
    try:
        return OnDisk(made_from=made_from_hash(place, OWN_FILE), files=own_files(place))
    except OSError:
        # What cannot be read is made again, and then it is said why that cannot be written.
        return NOTHING_ON_DISK


def is_up_to_date(
    there: OnDisk, names: Collection[str], fingerprint: str, *, data: str, recorded: PackRecord | None = None
) -> bool:
    """Return True for a pack made from the same data and unchanged: these of our files, and no other.

    `data`: the fingerprint of its rows. `recorded`: the pack as the books know it. Where they know it made from
    these rows, the files must be those: sums that somebody made again agree with the files, not with that. Where
    they do not, a run was cut off between the pack and the books; then the pack need not be made again.
    """
    if there.made_from != fingerprint or set(there.files) - {CHECKSUMS} != set(names):
        return False
    return recorded is None or recorded.made_from != data or recorded.files == there.files


def publish(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a pack in place of an older one. The files are written beside it first, and renamed all at once.

    `folder`: named after a checked code, never after text from a file.

    Raises:
        OSError: it cannot be written; then the older pack is still there.
    """
    replace_files(folder, files, OWN_FILE)


def remove_others(folder: Path, boards: Collection[str], *, board: str | None = None) -> list[str]:
    """Remove the packs of boards that have no accounts any more, and return their folders.

    A file that somebody laid in one is not ours to throw away: it stays. `boards`: the packs that stay. `board`:
    look at packs of this board alone.

    Raises:
        OSError: one cannot be removed.
    """
    packs = [one for one in sorted(folder.iterdir()) if is_pack(one.name)]
    others = [one for one in packs if one.name not in boards and board in (None, one.name[:NUMBER])]
    for place in others:
        if not place.is_dir() or all(_is_ours(one.name) for one in place.iterdir()):
            remove_folder(place)
            continue
        for one in place.iterdir():
            if _is_ours(one.name):
                one.unlink()
    return [one.name for one in others]


def _is_ours(file: str) -> bool:
    return file == SIGNATURE or OWN_FILE.fullmatch(file) is not None


def is_pack(name: str) -> bool:
    """Return whether a folder beside the national reports is the pack of a board, by its name."""
    return _CODE.fullmatch(name) is not None
