"""The rejections of a delivery as one list: causes first, and what follows from them under their cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import Stage
from npo_pipeline.intake.file_result import FileResult
from schemas.frames.intake import REJECTION_LIST, RejectionList, empty
from schemas.rules import UNKNOWN_SCHOOL

_STAGES = list(Stage)
_IS_CAUSE = pl.col("follows_from").is_null()
_SCHOOL = r"^([0-9]{2}[A-Z]{2}(?:[0-9]{2})?)"

LINES, PLACES = 12, 3
"""Lines that a summary shows, and the different messages on each."""


def rejection_list(results: Sequence[FileResult]) -> RejectionList:
    """List all rejections of a delivery, causes first.

    A row of a school without a board follows from the rejected row of an address list that names the school: that
    no board is known is no news then.
    """
    with_faults = [one for one in results if one.rejections.height]
    if not with_faults:
        return RejectionList(empty(REJECTION_LIST))
    by_stage = sorted(with_faults, key=lambda one: _STAGES.index(one.file.kind.stage))
    listed = pl.concat(list(map(_of_file, by_stage)))
    refused = dict(row for one in reversed(by_stage) for row in reversed(_places(one)))
    brins = {vestiging[:4]: place for vestiging, place in refused.items()}
    code = pl.when(pl.col("rule") == UNKNOWN_SCHOOL).then(pl.col("school").str.extract(_SCHOOL))
    cause = code.replace_strict(brins | refused, default=None, return_dtype=pl.String)
    found = listed.with_columns(follows_from=cause).select(list(REJECTION_LIST))
    return RejectionList(pl.concat([found.filter(_IS_CAUSE), found.filter(~_IS_CAUSE)]))


def _places(one: FileResult) -> list[tuple[str, str]]:
    """Return the schools that rejected rows of a list of schools name, each with its place."""
    place = pl.format("{}, line {}", pl.lit(one.file.name), "line")
    return one.refused_schools.select("vestiging", place).rows()


def _of_file(one: FileResult) -> pl.DataFrame:
    letters = dict(one.file.workbook.letters) if one.file.workbook else {}
    letter = pl.col("column_name").replace_strict(letters, default=None, return_dtype=pl.String)
    rows = one.messages.with_columns(
        school=one.rejections["value"],
        file=pl.lit(one.file.name),
        cell=pl.concat_str(letter, pl.col("line").cast(pl.String)),
        follows_from=pl.lit(None, pl.String),
        is_of_board=pl.lit(one.file.kind in kinds.BOARD_REPORTS),
    )
    return rows.sort("line", maintain_order=True).select(*REJECTION_LIST, "school")


def summary(rejections: RejectionList) -> list[str]:
    """Summarise rejections in lines: per file and rule how often, the first of them, and what follows from them.

    Rows of a board are read by that board: a line each, with its cell, in Dutch.
    """
    lines = [*_of_boards(rejections), *_by_rule(rejections), *_followers(rejections)]
    left = len(lines) - LINES
    return [*lines[:LINES], *([f"and {dutch.number(left)} more lines like these"] if left > 0 else [])]


def first_cause(rejections: RejectionList) -> str:
    """Return the first cause in words, with its place."""
    row = rejections.row(0, named=True)
    if row["is_of_board"]:
        return f"{row['file']}, {_where(row['cell'], row['line'])}: {row['message']}"
    return f"{row['file']}, line {row['line']}, {row['rule']}: {row['message']}"


def _of_boards(rejections: RejectionList) -> Iterator[str]:
    for row in rejections.filter("is_of_board").iter_rows(named=True):
        yield f"{row['file']}, {_where(row['cell'], row['line'])}: {row['message']}"


def _where(cell: str | None, line: int) -> str:
    return f"cel {cell}" if cell else f"rij {line}"


def _by_rule(rejections: RejectionList) -> Iterator[str]:
    mine = rejections.filter(_IS_CAUSE & ~pl.col("is_of_board"))
    for (file, rule), rows in mine.group_by("file", "rule", maintain_order=True):
        messages = rows.group_by("message", maintain_order=True).agg(pl.col("line").first())
        shown = [f"line {line}: {message}" for message, line in messages.head(PLACES).iter_rows()]
        if messages.height > PLACES:
            shown.append(f"and {dutch.number(messages.height - PLACES)} more")
        times = rows["line"].n_unique()
        yield f"{file}, {rule}, {dutch.number(times)} {'row' if times == 1 else 'rows'}: {'; '.join(shown)}"


def _followers(rejections: RejectionList) -> Iterator[str]:
    """Count the rows that follow from others, by the file of their cause."""
    cause = pl.col("follows_from").str.replace(r", line [0-9]+$", "")
    others = rejections.filter(~_IS_CAUSE).with_columns(cause=cause)
    for (file, follower), rows in others.group_by("cause", "file", maintain_order=True):
        counted = dutch.number(rows["line"].n_unique())
        yield f"from the rows of {file} follow {counted} of {follower}: no board is known for their schools"
