"""What was declared of a file, as rows of the books, and whether it is what they hold already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandera.polars as pa
import polars as pl

from npo_pipeline.counts.taken import Taken
from npo_pipeline.files import kinds
from npo_pipeline.files.declared.applied import Corrected
from npo_pipeline.files.harmless import harmless
from schemas import tables
from schemas.columns import schema_of

_ID = "delivery_id"


@dataclass(frozen=True)
class Kept:
    """What the books hold of live deliveries.

    `corrections`: rows of `source_corrections`. `counts`: rows of that table. `holding`: delivery_id, kind, board,
    period of what boards told and no later delivery told anew.
    """

    corrections: pl.DataFrame
    counts: pl.DataFrame
    holding: pl.DataFrame


def correction_rows(one: Taken, delivery_id: str) -> pl.DataFrame:
    """The corrections of a file as rows of `source_corrections`: one for each school that a correction touches."""
    rows = [
        {_ID: delivery_id, "file": one.arrived.name, "vestiging": place, **_row(correction)}
        for correction in one.arrived.declared.corrections
        for place in (correction.vestigingen or (None,))
    ]
    return _made_harmless(rows, tables.SOURCE_CORRECTIONS, ("column_name", "expected", "value"))


def _row(one: Corrected) -> dict[str, Any]:
    return {
        "line": one.line,
        "column_name": one.column,
        "action": one.action,
        "expected": one.expected,
        "value": one.value,
        "reason": one.reason,
        "reported_by": one.reported_by,
        "reported_on": one.reported_on,
        "expires": one.expires,
    }


def resolution_rows(one: Taken, delivery_id: str) -> pl.DataFrame:
    """The refused lines that a file takes the place of, as rows of `resolutions`."""
    rows = [
        {
            _ID: replaced.delivery_id,
            "line": line,
            "resolved_by": delivery_id,
            "reason": replaced.reason,
            "reported_by": replaced.reported_by,
        }
        for replaced in one.arrived.declared.replaces
        for line in replaced.lines
    ]
    return _made_harmless(rows, tables.RESOLUTIONS, ())


def _made_harmless(rows: list[dict[str, Any]], model: pa.DataFrameSchema, more: tuple[str, ...]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=schema_of(model))
    return frame.with_columns(harmless(pl.col(name)).alias(name) for name in ("reason", "reported_by", *more))


def is_declared_alike(one: Taken, delivery_id: str, kept: Kept) -> bool:
    """Whether the same was declared of a file when it was taken in under this name.

    What was corrected in a pupil register is not kept, so there the counts must be the same as well.
    """
    held = kept.corrections.filter(pl.col(_ID) == delivery_id)
    mine = correction_rows(one, delivery_id)
    if not mine.sort(mine.columns).equals(held.select(mine.columns).sort(mine.columns)):
        return False
    return (
        mine.is_empty() or one.arrived.kind not in kinds.REGISTERS or _counts_alike(one, delivery_id, kept.counts)
    )


def _counts_alike(one: Taken, delivery_id: str, counts: pl.DataFrame) -> bool:
    columns = one.counts.columns
    held = counts.filter(pl.col(_ID) == delivery_id).select(columns)
    return one.counts.sort(columns).equals(held.sort(columns))


def sources(taken: Mapping[str, Taken]) -> list[dict[str, str]]:
    """The files that declared something of these, for a manifest: file, sha256."""
    declared = [one.arrived.declared for one in taken.values()]
    said = [part.source for one in declared for part in one.corrections]
    said += [part.source for one in declared for part in one.replaces]
    found = {(source.name, source.sha256) for source in said}
    return [{"file": name, "sha256": sha256} for name, sha256 in sorted(found)]
