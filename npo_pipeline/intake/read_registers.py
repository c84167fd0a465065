"""Reading of pupil registers, block by block: pupils are counted, and their rows go no further."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import TypeVar

import polars as pl

from npo_pipeline.delivery.delivered_file import DeliveredFile
from npo_pipeline.delivery.register_blocks import EncodedBlock, Part
from npo_pipeline.delivery.validate import NO_REJECTIONS, validate_rows
from npo_pipeline.intake import register_counts
from npo_pipeline.intake.duplicate_pupils import Duplicates, find_duplicates
from npo_pipeline.intake.file_result import FileResult, ProgressCallback, need_rows
from npo_pipeline.intake.register_counts import CountedBlock
from schemas.frames.intake import FileCounts, FileRows, Fingerprints, LineTexts, Rejections

T = TypeVar("T")


def read_registers(
    files: Sequence[DeliveredFile], vestigingen: pl.Series, progress: ProgressCallback
) -> list[FileResult]:
    """Count the pupils of registers; one who counts in two of them, or twice in one, counts in none.

    Args:
        files: recognised files of pupil registers.
        vestigingen: those that have a board.
        progress: is called with the rows read so far.

    Raises:
        Refused: a file has no rows.
    """
    counted = {one.name: _count_register(one, vestigingen, progress) for one in files}
    fingerprints = {name: found for name, (_, found) in counted.items()}
    by_name = {one.name: one for one in files}
    duplicates = find_duplicates(fingerprints, lambda name, lines: _texts_of(by_name[name], lines))
    return [_without_duplicates(result, duplicates) for result, _ in counted.values()]


def _count_register(
    file: DeliveredFile, vestigingen: pl.Series, progress: ProgressCallback
) -> tuple[FileResult, Fingerprints]:
    assert file.reference_date is not None
    blocks, rows = list[CountedBlock](), 0
    for part in _read_ahead(file.encoded_blocks()):
        block = _count_block(file, part, file.reference_date, vestigingen)
        blocks.append(block)
        rows += block.fingerprints.height
        progress(file.name, rows)
    need_rows(file, rows)
    result = FileResult(
        file=file,
        rows=rows,
        rejections=Rejections(pl.concat(block.rejections for block in blocks)),
        counts=register_counts.add_counts([block.counts for block in blocks]),
    )
    return result, Fingerprints(pl.concat(block.fingerprints for block in blocks))


def _read_ahead(items: Iterator[T], most: int = 1) -> Iterator[T]:
    """Make items in a thread from now on; they come in their order, and at most so many wait.

    An error of the maker is raised at the item it belongs to.
    """
    end = object()
    maker = ThreadPoolExecutor(1)
    # A task per item: a thread that waits for room could not be ended when nobody asks for more.
    coming = deque(maker.submit(next, items, end) for _ in range(most))

    def give() -> Iterator[T]:
        while (item := coming.popleft().result()) is not end:
            coming.append(maker.submit(next, items, end))
            yield item  # type: ignore[misc]
        maker.shutdown(wait=False)

    return give()


def _count_block(file: DeliveredFile, part: Part, on: date, vestigingen: pl.Series) -> CountedBlock:
    if isinstance(part, EncodedBlock):
        block = register_counts.count_encoded(file.kind, part, on, vestigingen)
        if block is not None:
            return block
    flagged = register_counts.flag_counting(file.decoded(part), on)
    by_site = register_counts.count_by_site(file.kind, flagged)
    found = validate_rows(flagged, file.kind.model, by_site)
    block = register_counts.count_block(file.kind, flagged, by_site, found.valid, vestigingen=vestigingen)
    return replace(block, rejections=Rejections(pl.concat([found.rejections, block.rejections])))


def _texts_of(file: DeliveredFile, lines: pl.Series) -> LineTexts:
    """Read some lines a second time."""
    rows = _lines_of(file, lines)
    texts = rows.select("line", pupil="PSEUDONIEM", row=pl.concat_str(pl.exclude("line"), separator="\x1f"))
    return LineTexts(texts)


def _without_duplicates(result: FileResult, duplicates: Duplicates) -> FileResult:
    """Add the rejections of copies and double enrolments, and take their pupils off the counts."""
    file = result.file
    found = duplicates.rejections.get(file.name, NO_REJECTIONS)
    result = replace(result, rejections=Rejections(pl.concat([result.rejections, found])))
    if (lines := duplicates.lines_to_uncount.get(file.name)) is None:
        return result
    off = register_counts.count_rows(file.kind, _lines_of(file, lines))
    minus = FileCounts(off.with_columns(-pl.col("pupils"), -pl.col("cumi_pupils")))
    return replace(result, counts=register_counts.add_counts([result.counts, minus]))


def _lines_of(file: DeliveredFile, lines: pl.Series) -> FileRows:
    return FileRows(pl.concat(block.filter(pl.col("line").is_in(lines.implode())) for block in file.blocks()))
