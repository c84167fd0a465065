"""What a decision changed for a school against the one before it."""

from __future__ import annotations

import polars as pl

from npo_pipeline.instalments.differences import differences
from npo_pipeline.reports.explain.flow import Change
from npo_pipeline.reports.explain.held import Held

_KEY = ["vestiging", "school_type", "component", "currency"]


def changes_of(held: Held) -> dict[str, list[Change]]:
    """The rows of every vestiging that a decision changed.

    Returns:
        vestiging -> its changes; none of them where there was no decision before.
    """
    if held.decision.before is None:
        return {}
    told = differences(held.earlier, held.entitlements).filter(pl.col("cause").is_not_null())
    units = held.trace.select("vestiging", "school_type", "component", "unit")
    rows = (
        told.join(_side(held.earlier, "before"), on=_KEY, how="left")
        .join(_side(held.entitlements, "after"), on=_KEY, how="left")
        .join(units, on=_KEY[:3], how="left")
        .with_columns(measure=pl.coalesce("measure_after", "measure_before"))
        .sort("vestiging", "component", "school_type")
    )
    changes: dict[str, list[Change]] = {}
    for row in rows.select("vestiging", *Change.__dataclass_fields__).iter_rows(named=True):
        changes.setdefault(row.pop("vestiging"), []).append(Change(**row))
    return changes


def _side(entitlements: pl.DataFrame, name: str) -> pl.DataFrame:
    values = {f"{column}_{name}": pl.col(column) for column in ("measure", "quantity", "rate")}
    return entitlements.select(*_KEY, **values)
