"""Counting of a pupil register, block by block: pupils per school on the reference date; its rows go no further.

Each row leaves a fingerprint, by which copies and double enrolments are found over all registers (`registers`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.kinds import REGISTER_PO, REGISTER_VO, FileKind
from npo_pipeline.delivery.register_blocks import PUPIL, SITE, RegisterBlock
from npo_pipeline.delivery.validate import NO_REJECTIONS, surely_valid, validate_rows
from npo_pipeline.intake import parse
from npo_pipeline.intake.file_result import FileResult, ProgressCallback, need_rows
from npo_pipeline.intake.school_references import unknown_school_rejections
from schemas.frames.intake import (
    FILE_COUNTS,
    BlockEnrolments,
    BlockLines,
    Columns,
    FileCounts,
    FileRows,
    Fingerprints,
    RegisterRows,
    Rejections,
    SiteCounts,
    SuspectRows,
    UnclearYears,
    empty,
)

_PUPIL_SEED, _ROW_SEED = 1, 2
PUPIL_HASH = pl.col(PUPIL).hash(_PUPIL_SEED).alias("pupil")
_COUNTS = {"counting": "pupils", "cumi": "cumi_pupils"}
_PUPIL_SORT = {REGISTER_PO.name: ("SOORT_PO", "CLUSTER"), REGISTER_VO.name: ("ONDERWIJSTYPE", "LEERJAAR")}
_PARTS = ("cumi_pupils", "pro_pupils")
"""The counts of some of the pupils: null in a register of another sector."""

_ROWS_AT_ONCE = 100_000
"""Rows that wait to be validated together: as many as a block of lines has, within a factor of a few."""

_LINE = pl.col("line").cast(pl.UInt32)


@dataclass(frozen=True)
class CountedBlock:
    """Hold what rows of a register give: counts, fingerprints, and the rejections of faults that a row shows.

    `counts`: also of the schools that come to 0. `unclear_years`: counted rows whose leerjaar and onderwijstype do
    not say the same.
    """

    counts: FileCounts
    fingerprints: Fingerprints
    rejections: Rejections
    unclear_years: UnclearYears


def count_register(
    file: DeliveredFile, vestigingen: pl.Series, progress: ProgressCallback
) -> tuple[FileResult, Fingerprints]:
    """Count the pupils of a register, before copies and double enrolments are taken off.

    `vestigingen`: those that have a board.

    Raises:
        Refused: it has no rows, or one of its lines is no row.
    """
    blocks, rows = list[CountedBlock](), 0
    for counted in _counted(file, vestigingen):
        blocks.append(counted)
        rows += counted.fingerprints.height
        progress(file.name, rows)
    need_rows(file, rows)
    result = FileResult(
        file=file,
        rows=rows,
        rejections=Rejections(pl.concat(block.rejections for block in blocks)),
        counts=add_counts([block.counts for block in blocks]),
        remarks=tuple(_remarks_on_years(file.name, [block.unclear_years for block in blocks])),
        spoken=pl.concat(block.counts["vestiging"] for block in blocks).unique(),
    )
    return result, Fingerprints(pl.concat(block.fingerprints for block in blocks))


def _read_ahead(blocks: Iterator[RegisterBlock]) -> Iterator[RegisterBlock]:
    """Read the next block in a thread while one is counted; an error is raised at the block it belongs to."""
    with ThreadPoolExecutor(1) as reader:
        # A task per block: a thread that waits for room could not be ended when nobody asks for more.
        coming = reader.submit(next, blocks, None)
        while (block := coming.result()) is not None:
            coming = reader.submit(next, blocks, None)
            yield block


def _counted(file: DeliveredFile, vestigingen: pl.Series) -> Iterator[CountedBlock]:
    """Count the lines that surely have no fault a block at a time, and the few others row by row."""
    assert file.reference_date is not None
    waiting = list[FileRows]()
    for block in _read_ahead(file.register_blocks()):
        sure, others = split_by_faults(file.kind, block, vestigingen)
        yield count_lines(file.kind, replace(block, lines=sure), file.reference_date)
        waiting += [block.decode(others), block.rows]
        # What pandera takes for a few rows it takes for many.
        if sum(rows.height for rows in waiting) >= _ROWS_AT_ONCE:
            yield count_rows(file.kind, FileRows(pl.concat(waiting)), file.reference_date, vestigingen)
            waiting.clear()
    if any(rows.height for rows in waiting):
        yield count_rows(file.kind, FileRows(pl.concat(waiting)), file.reference_date, vestigingen)


def suspect_rows(file: DeliveredFile, lines: pl.Series, key: bytes) -> SuspectRows:
    """Read some lines of a register again, with digests (by `key`) in the place of the pupil and the whole row."""
    rows = file.rows_at(lines)
    whole = rows.select(pl.concat_str(pl.exclude("line"), separator="\x1f")).to_series()
    columns = [name for name in (*SITE, *_PUPIL_SORT[file.kind.name], "CUMI") if name in rows.columns]
    return SuspectRows(rows.select("line", *columns, pupil=_digests(rows[PUPIL], key), row=_digests(whole, key)))


def _digests(texts: pl.Series, key: bytes) -> pl.Series:
    return pl.Series([hashlib.blake2b(text.encode(), key=key, digest_size=32).hexdigest() for text in texts])


def take_off(result: FileResult, counting: SuspectRows) -> FileResult:
    """Take the pupils of rows that were counted off the counts of their register again."""
    kind = result.file.kind
    flagged = _flag_cumi(FileRows(counting.with_columns(counting=pl.lit(True))))
    off = _as_counts(kind, count_by_site(kind, flagged))
    minus = FileCounts(off.with_columns(-pl.col("pupils", *_PARTS)))
    return replace(result, counts=add_counts([result.counts, minus]))


def flag_counting(rows: FileRows | BlockEnrolments, on: date) -> RegisterRows:
    """Add boolean column `counting`: the enrolment is funded and active on the reference date.

    That is: BEKOSTIGD is J, DATUM_IN <= reference date and DATUM_UIT is empty or later (contract, section 2).
    Column `cumi` marks those of them with CUMI.
    """
    # Dates are text of eight digits here.
    day, leaves = parse.compact_date(on), pl.col("DATUM_UIT")
    entered = (pl.col("BEKOSTIGD") == "J") & (pl.col("DATUM_IN") <= day)
    return _flag_cumi(FileRows(rows.with_columns(counting=entered & ((leaves == "") | (leaves > day)))))


def _flag_cumi(rows: FileRows) -> RegisterRows:
    # Flagged before groups are made: within them it would take three times as long.
    code = pl.col("CUMI")
    has_cumi = (code == "J") | (code == "1") if "CUMI" in rows.columns else pl.lit(False)
    return RegisterRows(rows.with_columns(cumi=pl.col("counting") & has_cumi))


def count_by_site(kind: FileKind, flagged: RegisterRows) -> SiteCounts:
    """Count flagged rows per site and sort of pupil, by the columns of the register."""
    return SiteCounts(_sums(flagged, "BRIN_NUMMER", "VESTIGINGSNUMMER", *_PUPIL_SORT[kind.name]))


def _sums(flagged: pl.DataFrame, *keys: str) -> pl.DataFrame:
    sums = (pl.col(flag).sum().cast(pl.Int64).alias(name) for flag, name in _COUNTS.items())
    # The streaming engine needs two thirds of the time; in which order the groups come does not matter here.
    return flagged.lazy().group_by(keys).agg(sums).collect(engine="streaming")


def split_by_faults(kind: FileKind, block: RegisterBlock, vestigingen: pl.Series) -> tuple[BlockLines, BlockLines]:
    """Split the lines of a block into those that surely have no fault, and the others.

    Values that repeat are checked once. `vestigingen`: those that have a board.
    """
    pupils, sites, enrolments = surely_valid(kind.model, block.lines, block.sites, block.enrolments)
    has_board = block.sites.select(parse.vestiging().is_in(vestigingen.implode()).fill_null(False)).to_series()
    right = pl.lit(sites & has_board).gather("site") & pl.lit(enrolments).gather("enrolment")
    sure = block.lines.select(right & pl.lit(pupils)).to_series()
    return BlockLines(block.lines.filter(sure)), BlockLines(block.lines.filter(~sure))


def count_lines(kind: FileKind, block: RegisterBlock, on: date) -> CountedBlock:
    """Count the encoded lines of a block, of which none has a fault."""
    keys = _PUPIL_SORT[kind.name]
    sort = pl.struct(keys).rank("dense")
    enrolments = flag_counting(block.enrolments, on).with_columns(sort=sort, entry=_entry_hash())
    sites = block.sites.with_columns(site_hash=_site_hash()).with_row_index("site")

    def of_enrolment(column: str) -> pl.Expr:
        return pl.lit(enrolments[column]).gather(pl.col("enrolment")).alias(column)

    site_hash = pl.lit(sites["site_hash"]).gather(pl.col("site"))
    columns = map(of_enrolment, ("counting", "cumi", "sort", "entry"))
    lines = block.lines.with_columns(*columns, site_hash=site_hash)
    sums = _sums(lines, "site", "sort")
    sorts = enrolments.select("sort", *keys).unique("sort")
    by_site = SiteCounts(sums.join(sites, on="site").join(sorts, on="sort"))
    prints = lines.select(_LINE, PUPIL_HASH, row=pl.col("site_hash") ^ pl.col("entry"), counts="counting")
    return CountedBlock(
        _as_counts(kind, by_site), Fingerprints(prints), NO_REJECTIONS, _unclear_years(kind, by_site)
    )


def count_rows(kind: FileKind, rows: FileRows, on: date, vestigingen: pl.Series) -> CountedBlock:
    """Validate rows of a register and count those without a fault.

    All rows get a fingerprint, also rejected ones, because a copy of a rejected row is a fault of its own.
    `vestigingen`: those that have a board.
    """
    flagged = flag_counting(rows, on)
    found = validate_rows(flagged, kind.model)
    faulty = FileRows(flagged.join(found.valid, on="line", how="anti", maintain_order="left"))
    has_board = parse.vestiging().is_in(vestigingen.implode())
    homeless, valid = (FileRows(found.valid.filter(one)) for one in (~has_board, has_board))
    unknown = (unknown_school_rejections(rows, vestigingen) for rows in (faulty, homeless))
    by_site = count_by_site(kind, RegisterRows(valid))
    counting = valid.filter("counting")["line"].implode()
    prints = flagged.select(
        _LINE, PUPIL_HASH, row=_site_hash() ^ _entry_hash(), counts=pl.col("line").is_in(counting)
    )
    return CountedBlock(
        _as_counts(kind, by_site),
        Fingerprints(prints),
        Rejections(pl.concat([found.rejections, *unknown])),
        _unclear_years(kind, by_site),
    )


def _as_counts(kind: FileKind, by_site: SiteCounts) -> FileCounts:
    """Rename to the columns of the books; there is no CUMI in vo, and no praktijkonderwijs in po."""
    nothing = pl.lit(None, pl.Int64)
    if kind is REGISTER_PO:
        school_type, cumi, pro = parse.school_type("SOORT_PO"), pl.col("cumi_pupils"), nothing
        cluster: pl.Expr = pl.when(pl.col("CLUSTER") != "").then("CLUSTER")
    else:
        school_type, cluster = parse.school_type_vo("ONDERWIJSTYPE", "LEERJAAR"), pl.lit(None, pl.String)
        cumi, pro = nothing, pl.col("pupils") * parse.is_praktijkonderwijs("ONDERWIJSTYPE")
    counted = by_site.select(
        parse.vestiging(), school_type, "pupils", cluster=cluster, cumi_pupils=cumi, pro_pupils=pro
    )
    return FileCounts(counted)


def _unclear_years(kind: FileKind, by_site: SiteCounts) -> UnclearYears:
    """Return the pupils whose leerjaar is empty or is not what their type says, where that matters."""
    if kind is REGISTER_PO:
        return UnclearYears(pl.DataFrame(schema=_UNCLEAR_YEARS))
    year = pl.col("LEERJAAR").cast(pl.Int64, strict=False)
    first, last = parse.years_in_name("ONDERWIJSTYPE")
    unclear = year.is_null() | ~year.is_between(first, last).fill_null(True)
    found = by_site.filter(parse.with_years("ONDERWIJSTYPE"), unclear, pl.col("pupils") > 0)
    typed = found.with_columns(parse.school_type_vo("ONDERWIJSTYPE", "LEERJAAR"))
    return UnclearYears(typed.select(*_UNCLEAR_YEARS))


def _remarks_on_years(file: str, blocks: Sequence[UnclearYears]) -> Iterator[str]:
    """Report what pupils count as whose leerjaar is empty, or another than the name of their type says."""
    *key, _ = _UNCLEAR_YEARS
    for name, year, school_type, pupils in (
        pl.concat(blocks).group_by(key).agg(pl.col("pupils").sum()).sort(key).iter_rows()
    ):
        stated = f"have LEERJAAR {int(year)}" if year.isdecimal() else "have no LEERJAAR"
        yield f"{file}: {pupils} pupils of {name} {stated}: they count as {school_type}"


_UNCLEAR_YEARS: Columns = {
    "ONDERWIJSTYPE": pl.String,
    "LEERJAAR": pl.String,
    "school_type": pl.String,
    "pupils": pl.Int64,
}


def add_counts(parts: Sequence[FileCounts]) -> FileCounts:
    """Add up counts of blocks (or take negative ones off); what comes to no pupils has no row."""
    keys = ["vestiging", "school_type", "cluster"]
    sums = (pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in _PARTS)
    summed = pl.concat(parts, how="diagonal").group_by(keys).agg(pl.col("pupils").sum(), *sums)
    counted = summed.filter(pl.col("pupils") != 0).sort(keys)
    return FileCounts(pl.concat([empty(FILE_COUNTS), counted], how="diagonal"))


def _site_hash() -> pl.Expr:
    return pl.col("BRIN_NUMMER").hash(_ROW_SEED) ^ pl.col("VESTIGINGSNUMMER").hash(_ROW_SEED + 1)


def _entry_hash() -> pl.Expr:
    return pl.col("DATUM_IN").hash(_ROW_SEED + 2)
