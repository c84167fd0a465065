"""Resubmission: rows that resolve rejected lines of a current delivery, each line once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.file_corrections import Resubmission
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult, NewFiles
from npo_pipeline.intake.state import IntakeState
from npo_pipeline.intake.supersession import find_existing
from schemas.frames.books import CountedGroups
from schemas.received import Deliveries, Resolutions

LINES = 5
"""Number of lines that a message names."""


def check_resubmissions(results: Sequence[FileResult], state: IntakeState) -> None:
    """Refuse files that cannot resolve the rejected lines that they were declared to resolve."""
    named: dict[tuple[str, int], Resubmission] = {}
    for one in (one for one in results if one.file.corrections.resubmissions):
        if (name := find_existing(one, state)) is not None:
            _check_same_as_before(one, name, state.resolutions)
            continue
        for resubmission in one.file.corrections.resubmissions:
            _refuse_wrong_base(one, resubmission, state.deliveries)
            _refuse_wrong_lines(resubmission, state)
            for key in _keys(resubmission):
                if named.setdefault(key, resubmission) is not resubmission:
                    raise Refused(
                        f"{resubmission.source}: line {key[1]} of {key[0]} is named twice; keep one of the two"
                    )
        _refuse_too_many(one)
        _refuse_counted(one, state.counted_rows)


def _keys(resubmission: Resubmission) -> Iterator[tuple[str, int]]:
    yield from ((resubmission.delivery_id, line) for line in dict.fromkeys(resubmission.lines))


def _check_same_as_before(one: FileResult, name: str, resolutions: Resolutions) -> None:
    """Refuse a file that is in the books already, unless it resolves the same lines as before."""
    resubmissions = one.file.corrections.resubmissions
    before = resolutions.filter(pl.col("resolved_by") == name).select("delivery_id", "line")
    if set(before.iter_rows()) != {key for resubmission in resubmissions for key in _keys(resubmission)}:
        raise Refused(
            f"{resubmissions[0].source}: {one.file.name} is in the books already as {name}, where it does not "
            "stand for these lines; take the entry out"
        )


def _refuse_wrong_base(one: FileResult, resubmission: Resubmission, deliveries: Deliveries) -> None:
    if one.file.kind in kinds.BOARD_REPORTS:
        raise Refused(
            f"{resubmission.source}: a file of kind {one.file.kind.name} tells a board and year whole, so its "
            "rows cannot stand beside others; deliver the whole file of the board corrected"
        )
    base_id = resubmission.delivery_id
    rows = deliveries.filter(pl.col("delivery_id") == base_id).to_dicts()
    if not rows:
        raise Refused(f"{resubmission.source}: there is no delivery {base_id}; `npo status` lists them")
    base = rows[0]
    if base["superseded_by"] is not None:
        raise Refused(
            f"{resubmission.source}: {base_id} was superseded by {base['superseded_by']}; name its lines"
        )
    mine = {"kind": one.file.kind.name, "reference_date": one.file.reference_date}
    for key, value in mine.items():
        if base[key] != value:
            what = key.replace("_", " ")
            raise Refused(
                f"{resubmission.source}: {one.file.name} has {what} {value}, and {base_id} has "
                f"{base[key]}; a row takes the place of one of its own kind and date"
            )


def _refuse_wrong_lines(resubmission: Resubmission, state: IntakeState) -> None:
    mine = pl.col("delivery_id") == resubmission.delivery_id
    refused = set(state.rejected_lines.filter(mine)["line"])
    if strange := [line for line in resubmission.lines if line not in refused]:
        raise Refused(
            f"{resubmission.source}: {_lines(strange, resubmission)} not in quarantine; table quarantine "
            "lists those that are"
        )
    done = dict(state.resolutions.filter(mine).select("line", "resolved_by").iter_rows())
    if again := [line for line in resubmission.lines if line in done]:
        raise Refused(
            f"{resubmission.source}: {_lines(again, resubmission)} already resolved, by {done[again[0]]}; "
            "take what is resolved out"
        )


def _lines(lines: Sequence[int], resubmission: Resubmission) -> str:
    many = "s" if len(lines) > 1 else ""
    return f"line{many} {dutch.some_of(lines, LINES)} of {resubmission.delivery_id} {'are' if many else 'is'}"


def _refuse_too_many(one: FileResult) -> None:
    resubmissions = one.file.corrections.resubmissions
    lines = sum(len(set(resubmission.lines)) for resubmission in resubmissions)
    if one.rows > lines:
        raise Refused(
            f"{resubmissions[0].source}: {one.file.name} has {one.rows} rows for {lines} refused lines; each "
            "line gives way to one row at the most"
        )


def _refuse_counted(one: FileResult, counted: CountedGroups) -> None:
    """Refuse a row of a school that counts already: the rejected row was another one, or a copy."""
    if not one.file.kind.has_row_per_school:
        return
    alike = counted.filter(
        pl.col("kind") == one.file.kind.name, pl.col("reference_date").eq_missing(one.file.reference_date)
    )
    key = ["vestiging", "school_type", "cluster"]
    listed = one.listed.alias("vestiging").to_frame()
    mine = pl.concat([one.counts.select(key), one.scores.select("vestiging"), listed], how="diagonal")
    twice = mine.join(alike, on=key, how="inner", nulls_equal=True).sort("vestiging").to_dicts()
    if twice:
        row: dict[str, Any] = twice[0]
        what = " ".join(filter(None, (row["vestiging"], row["school_type"], row["cluster"])))
        raise Refused(
            f"{one.file.corrections.resubmissions[0].source}: {one.file.name} tells of {what}, which "
            f"{row['delivery_id']} counts already; it would count twice: deliver the whole file corrected"
        )


def refuse_superseded_bases(new: NewFiles, successors: Mapping[str, str]) -> None:
    """Refuse a delivery that both resolves lines of an older one and supersedes it (older -> newer)."""
    for one in new.values():
        for resubmission in one.file.corrections.resubmissions:
            if (newer := successors.get(resubmission.delivery_id)) is not None:
                raise Refused(
                    f"{resubmission.source}: {new[newer].file.name} of this same delivery takes the place of "
                    f"{resubmission.delivery_id}; deliver the two apart"
                )
