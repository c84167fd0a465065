"""The reports on the disk as the books know them: their hashes, and the rows that each was made from.

`npo verify` compares it with the files, and `npo status` with what would be written now.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import SIGNATURE, made_from_hash, remove, write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.accounts import latest_accounts, recorded_packs
from npo_pipeline.books.reader import Books
from npo_pipeline.reports.board_pack.isolation import known_parties, mask_shared_files
from npo_pipeline.reports.board_pack.pack import (
    OWN_FILE,
    PackRecord,
    Recorded,
    data_fingerprints,
    is_pack,
    own_files,
)
from npo_pipeline.reports.national import NationalTables
from npo_pipeline.reports.report_data import NUMBER, ReportData, in_fixed_order, split_by_board
from schemas.accounted import PACKS, Findings, Packs
from schemas.columns import schema_of
from schemas.frames.accounts import Facts

NATIONAL = "landelijk"
"""The folder of the national reports, beside those of boards."""


@dataclass(frozen=True, kw_only=True)
class StalePacks:
    """Packs of a year that are not what would be written now.

    `older`: made from other rows. `absent`: boards with accounts and no pack. `faults`: a page in place of a pack.
    """

    year: int
    older: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()

    def words(self) -> Iterator[str]:
        """Yield a sentence for each kind."""
        again = f"run `npo account --year {self.year}`"
        if self.older:
            yield f"reports of {self.year}: {dutch.some_of(self.older)} made from older rows; {again}"
        if self.absent:
            yield f"reports of {self.year}: no pack yet of {dutch.some_of(self.absent)}; {again}"
        if self.faults:
            yield f"reports of {self.year}: could not be made of {dutch.some_of(self.faults)}; {again}"


def packs_of_year(books: Books, year: int) -> Recorded:
    """Return the packs of a year as the books know them."""
    return _records(Packs(recorded_packs(books).filter(year=year)))


def _records(rows: Packs) -> dict[str, PackRecord]:
    return {
        str(pack): PackRecord(
            made_from=own["made_from"][0],
            outcome=own["outcome"][0],
            files=dict(own.select("file", "sha256").sort("file").iter_rows()),
        )
        for (pack,), own in rows.partition_by("pack", as_dict=True).items()
    }


def new_records(run_id: str, year: int, *, before: Recorded, now: Recorded, removed: Iterable[str]) -> Packs:
    """Return the rows of packs that are other than the books know, and of those that were taken away."""
    rows: list[dict[str, Any]] = []
    for pack, record in sorted(now.items()):
        if before.get(pack) != record:
            of_pack = {"run_id": run_id, "year": year, "pack": pack, "made_from": record.made_from}
            rows += [
                {**of_pack, "outcome": record.outcome, "file": file, "sha256": sha256}
                for file, sha256 in record.files.items()
            ]
    for pack in sorted(set(removed) & set(before)):
        of_pack = {"run_id": run_id, "year": year, "pack": pack, "made_from": before[pack].made_from}
        rows.append({**of_pack, "outcome": "removed", "file": None, "sha256": None})
    return Packs(pl.DataFrame(rows, schema=schema_of(PACKS)))


def national_fingerprint(facts: Facts, tables: NationalTables) -> str:
    """Return the SHA-256 of the rows that the national reports are made from."""
    return hashlib.sha256(tables.digest() + facts.write_csv(quote_style="non_numeric").encode()).hexdigest()


def national_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of the national reports, by its path in their folder."""
    files = sorted(one for one in folder.rglob("*") if one.is_file() and one.name != SIGNATURE)
    return {one.relative_to(folder).as_posix(): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


@dataclass(frozen=True, kw_only=True)
class DuePacks:
    """The packs that would be written of a year now. `facts`: of the boards that have any; `faults`: of others.

    `national`: the fingerprint of the national reports.
    """

    report: ReportData
    facts: Facts
    faults: Collection[str]
    national: str


def stale_packs(due: DuePacks, recorded: Recorded) -> StalePacks:
    """Compare the packs that the books know with what would be written of a year now."""
    report = in_fixed_order(due.report)
    now = data_fingerprints(due.facts, _masked(report, due.facts))
    now[NATIONAL] = due.national
    faults = {*due.faults, *(pack for pack, record in recorded.items() if record.outcome == "fault")}
    older = {pack for pack, record in recorded.items() if record.made_from != now.get(pack)} - faults
    return StalePacks(
        year=report.year,
        older=tuple(sorted(older)),
        absent=tuple(sorted(set(now) - set(recorded) - faults)),
        faults=tuple(sorted(faults)),
    )


def _masked(report: ReportData, facts: Facts) -> ReportData:
    """Return the report of all packs, in each of them without the names of files that name others."""
    parties = known_parties(report)
    with_file = pl.col("board").is_in(report.findings.drop_nulls("file")["board"].unique().implode())
    some = split_by_board(report, Facts(facts.filter(with_file)))
    masked = [
        mask_shared_files(pack[:NUMBER], own, parties).findings.with_columns(board=pl.lit(pack))
        for pack, own, _ in some
    ]
    others = report.findings.filter(~with_file)
    return replace(report, findings=Findings(pl.concat([others, *masked])))


def unrecorded_years(books: Books) -> list[int]:
    """Return the years that were accounted for, and of whose reports the books know nothing."""
    years = latest_accounts(books)["year"].to_list()
    return sorted(set(years) - set(recorded_packs(books)["year"]))


def foreign_files(books: Books, home: Home) -> Iterator[str]:
    """Describe files that somebody laid in a pack: they stay, and are no part of it."""
    for (year, pack), _ in recorded_packs(books).partition_by("year", "pack", as_dict=True).items():
        place = home.path / "reports" / str(year) / str(pack)
        if pack == NATIONAL or not place.is_dir():
            continue
        known = {*own_files(place), SIGNATURE}
        if others := sorted(one.name for one in place.iterdir() if one.name not in known):
            yield f"reports/{year}/{pack}: holds {', '.join(others)}, which is not of the pack"


UNFINISHED = ".unfinished"
"""The file in the folder of a year that says which run is writing its reports, or was cut off while it did."""


def mark_unfinished(folder: Path, run_id: str) -> bool:
    """Say in the folder of a year that a run begins to write its reports: the books know them when it has ended.

    Returns:
        Whether there was no mark: an older one is of a run that was cut off, and stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / UNFINISHED).exists():
        return False
    write_whole(folder / UNFINISHED, lambda beside: beside.write_text(run_id + "\n", encoding="utf-8"))
    return True


def mark_finished(folder: Path) -> None:
    """Take the mark away when the books know the reports."""
    remove(folder / UNFINISHED)


def disk_faults(books: Books, home: Home) -> Iterator[str]:
    """Compare the reports on the disk with their hashes in the books, a sentence per pack that differs.

    Those of a run that is busy or was cut off differ as they must (`cut_off_reports`).
    """
    rows, reports = recorded_packs(books), home.path / "reports"
    for year in sorted({*map(str, rows["year"]), *_unfinished_years(reports)}):
        found = _differences(reports / year, _records(Packs(rows.filter(year=int(year)))))
        yield from _sentences(year, [one for one in found if not one.is_cut_off])
    known = {*map(str, rows["year"]), *map(str, latest_accounts(books)["year"])}
    folders = sorted(one.name for one in reports.iterdir()) if reports.is_dir() else []
    for name in folders:
        if name.isdigit() and len(name) == len("2021") and name not in known:
            yield f"reports/{name}: is of a year that was never accounted for; move it away"


def cut_off_reports(books: Books, home: Home) -> Iterator[str]:
    """Describe the years whose reports a run began to write and did not end, a sentence each.

    Only packs that are whole by their own sums; what somebody changed in such a year is a fault as in any other.
    """
    rows, reports = recorded_packs(books), home.path / "reports"
    for year in _unfinished_years(reports):
        found = _differences(reports / year, _records(Packs(rows.filter(year=int(year)))))
        if packs := dutch.some_of(one.pack for one in found if one.is_cut_off):
            yield (
                f"reports/{year}: a run that is busy, or was cut off, wrote or removed {packs}, and the books do "
                f"not know that yet; `npo account --year {year}` goes on"
            )


def _unfinished_years(reports: Path) -> list[str]:
    marked = (mark.parent.name for mark in reports.glob(f"*/{UNFINISHED}"))
    return sorted(one for one in marked if re.fullmatch(r"[0-9]{4}", one))


@dataclass(frozen=True, kw_only=True)
class PackDifference:
    """A pack that is not as the books know it. `words`: how; null where it is gone, empty where they know none.

    `is_cut_off`: it is whole, of a year whose reports a run began to write and that it did not end.
    """

    pack: str
    words: str | None
    is_cut_off: bool


def _differences(folder: Path, recorded: Recorded) -> list[PackDifference]:
    """Return the packs that are gone, those that differ, and those that the books do not know, in this order."""
    unfinished = (folder / UNFINISHED).exists()
    there = {one.name for one in folder.iterdir()} if folder.is_dir() else set[str]()
    gone = [pack for pack in recorded if not (folder / pack).is_dir()]
    found: list[tuple[str, str | None]] = [(pack, None) for pack in gone]
    for pack, record in recorded.items():
        if pack not in gone and (words := _difference(folder / pack, record, is_national=pack == NATIONAL)):
            found.append((pack, words))
    found += [(name, "") for name in sorted(there - set(recorded)) if _holds_ours(folder / name)]
    return [
        PackDifference(
            pack=pack, words=words, is_cut_off=unfinished and (words is None or is_whole(folder / pack))
        )
        for pack, words in found
    ]


def _holds_ours(place: Path) -> bool:
    """Return whether a folder is one of reports; a note that stays of a pack that was taken away makes it none."""
    if place.name == NATIONAL or not is_pack(place.name):
        return place.name == NATIONAL
    try:
        return not place.is_dir() or bool(own_files(place))
    except OSError:
        # What cannot be read may be.
        return True


def is_whole(place: Path) -> bool:
    """Return whether a pack is complete by its own sums; national reports have none, and are put there at once."""
    return place.name == NATIONAL or made_from_hash(place, OWN_FILE) is not None


def _sentences(year: str, found: Sequence[PackDifference]) -> Iterator[str]:
    shown, again = f"reports/{year}", f"`npo account --year {year}` writes it again"
    if gone := [one.pack for one in found if one.words is None]:
        yield f"{shown}: {len(gone)} packs are gone, first {gone[0]}; {again}"
    for one in found:
        if one.words:
            yield f"{shown}/{one.pack}: {one.words}; {again}"
        elif one.words is not None:
            yield f"{shown}/{one.pack}: was written by no run; move it away"


def _difference(place: Path, record: PackRecord, *, is_national: bool) -> str:
    """Return in words how the files of a pack differ from those that its run wrote; empty where they do not."""
    try:
        found = national_files(place) if is_national else own_files(place)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    both = sorted(set(found) & set(record.files))
    parts = {
        "changed": [one for one in both if found[one] != record.files[one]],
        "gone": sorted(set(record.files) - set(found)),
        "of no run": sorted(set(found) - set(record.files)),
    }
    return ", ".join(f"{what}: {', '.join(names)}" for what, names in parts.items() if names)
