"""Rows that take the place of refused ones: they must be of a live delivery, still refused, and count once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.corrections.edits import Resubmission
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult

LINES = 5
"""Lines that a message names."""

_ONE_ROW_EACH = (kinds.PUPILS_PO, kinds.PUPILS_PO_CLUSTER, kinds.CUMI, kinds.SCORES)
"""The kinds in which a school stands once, so that a second row of it would be counted twice."""


@dataclass(frozen=True)
class ResubmissionContext:
    """What the books held before.

    `deliveries`: delivery_id, kind, reference_date, superseded_by. `refused`: delivery_id, line. `resolutions`:
    delivery_id, line, resolved_by (live). `told`: delivery_id, kind, reference_date, vestiging, school_type,
    cluster of live deliveries (no type where it is a score).
    """

    deliveries: pl.DataFrame
    refused: pl.DataFrame
    resolutions: pl.DataFrame
    told: pl.DataFrame


def check_resubmissions(
    taken: Sequence[FileResult], known: Mapping[str, str | None], before: ResubmissionContext
) -> None:
    """Refuse files that cannot take the place of the lines that were declared.

    Args:
        taken: the files of the delivery.
        known: of each by its name, the live delivery that it is already.
        before: the books.

    Raises:
        Refused: names the entry, and what is wrong with it.
    """
    named: dict[tuple[str, int], Resubmission] = {}
    for one in (one for one in taken if one.arrived.declared.replaces):
        if (name := known.get(one.arrived.name)) is not None:
            _check_same_as_before(one, name, before.resolutions)
            continue
        for replaced in one.arrived.declared.replaces:
            _refuse_wrong_base(one, replaced, before.deliveries)
            _refuse_wrong_lines(replaced, before)
            for key in _keys(replaced):
                if named.setdefault(key, replaced) is not replaced:
                    raise Refused(
                        f"{replaced.source}: line {key[1]} of {key[0]} is named twice; keep one of the two"
                    )
        _refuse_too_many(one)
        _refuse_counted(one, before.told)


def _keys(replaced: Resubmission) -> Iterator[tuple[str, int]]:
    yield from ((replaced.delivery_id, line) for line in dict.fromkeys(replaced.lines))


def _check_same_as_before(one: FileResult, name: str, resolutions: pl.DataFrame) -> None:
    """A file that is in the books already may come again only with what was said of it then."""
    replaces = one.arrived.declared.replaces
    held = resolutions.filter(pl.col("resolved_by") == name).select("delivery_id", "line")
    if set(held.iter_rows()) != {key for replaced in replaces for key in _keys(replaced)}:
        raise Refused(
            f"{replaces[0].source}: {one.arrived.name} is in the books already as {name}, where it does not stand "
            "for these lines; take the entry out"
        )


def _refuse_wrong_base(one: FileResult, replaced: Resubmission, deliveries: pl.DataFrame) -> None:
    if one.arrived.kind in kinds.ACCOUNTING:
        raise Refused(
            f"{replaced.source}: a file of kind {one.arrived.kind.name} tells a board and year whole, so its rows "
            "cannot stand beside others; deliver the whole file of the board corrected"
        )
    rows = deliveries.filter(pl.col("delivery_id") == replaced.delivery_id).to_dicts()
    if not rows:
        raise Refused(f"{replaced.source}: there is no delivery {replaced.delivery_id}; `npo status` lists them")
    base = rows[0]
    if base["superseded_by"] is not None:
        raise Refused(
            f"{replaced.source}: {replaced.delivery_id} was superseded by {base['superseded_by']}; name its lines"
        )
    mine = {"kind": one.arrived.kind.name, "reference_date": one.arrived.reference_date}
    for key, value in mine.items():
        if base[key] != value:
            what = key.replace("_", " ")
            raise Refused(
                f"{replaced.source}: {one.arrived.name} has {what} {value}, and {replaced.delivery_id} has "
                f"{base[key]}; a row takes the place of one of its own kind and date"
            )


def _refuse_wrong_lines(replaced: Resubmission, before: ResubmissionContext) -> None:
    mine = pl.col("delivery_id") == replaced.delivery_id
    refused = set(before.refused.filter(mine)["line"])
    if strange := [line for line in replaced.lines if line not in refused]:
        raise Refused(
            f"{replaced.source}: {_lines(strange, replaced)} not in quarantine; table quarantine "
            "lists those that are"
        )
    done = dict(before.resolutions.filter(mine).select("line", "resolved_by").iter_rows())
    if again := [line for line in replaced.lines if line in done]:
        raise Refused(
            f"{replaced.source}: {_lines(again, replaced)} already resolved, by {done[again[0]]}; "
            "take what is resolved out"
        )


def _lines(lines: Sequence[int], replaced: Resubmission) -> str:
    shown = ", ".join(map(str, lines[:LINES]))
    more = f" and {len(lines) - LINES} more" if len(lines) > LINES else ""
    many = "s" if len(lines) > 1 else ""
    return f"line{many} {shown}{more} of {replaced.delivery_id} {'are' if many else 'is'}"


def _refuse_too_many(one: FileResult) -> None:
    replaces = one.arrived.declared.replaces
    lines = sum(len(set(replaced.lines)) for replaced in replaces)
    if one.rows > lines:
        raise Refused(
            f"{replaces[0].source}: {one.arrived.name} has {one.rows} rows for {lines} refused lines; each "
            "line gives way to one row at the most"
        )


def _refuse_counted(one: FileResult, told: pl.DataFrame) -> None:
    """Refuse a row of a school that counts already: what was refused was another one, or a copy."""
    if one.arrived.kind not in _ONE_ROW_EACH:
        return
    alike = told.filter(
        (pl.col("kind") == one.arrived.kind.name) & (pl.col("reference_date") == one.arrived.reference_date)
    )
    key = ["vestiging", "school_type", "cluster"]
    mine = pl.concat([one.counts.select(key), one.scores.select("vestiging")], how="diagonal")
    twice = mine.join(alike, on=key, how="inner", nulls_equal=True).sort("vestiging").to_dicts()
    if twice:
        row: dict[str, Any] = twice[0]
        what = " ".join(filter(None, (row["vestiging"], row["school_type"], row["cluster"])))
        raise Refused(
            f"{one.arrived.declared.replaces[0].source}: {one.arrived.name} tells of {what}, which "
            f"{row['delivery_id']} counts already; it would count twice: deliver the whole file corrected"
        )


def refuse_replaced_bases(taken: Mapping[str, FileResult], gone: Mapping[str, str]) -> None:
    """Refuse a delivery that both resolves lines of an older one and takes its place.

    Args:
        taken: delivery_id -> what is new.
        gone: older delivery_id -> newer delivery_id.
    """
    for one in taken.values():
        for replaced in one.arrived.declared.replaces:
            if (newer := gone.get(replaced.delivery_id)) is not None:
                raise Refused(
                    f"{replaced.source}: {taken[newer].arrived.name} of this same delivery takes the place of "
                    f"{replaced.delivery_id}; deliver the two apart"
                )
