"""The delivered data that a decision can rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias

import polars as pl

from schemas.received import Applications, Changes, Counts, Deliveries, Schools, Scores

UsedDeliveries: TypeAlias = Mapping[str, Sequence[str]]
"""Name of a source (`used_for` in `decision_inputs`) -> the delivery_ids used for it."""


@dataclass(frozen=True, kw_only=True)
class DeliveredData:
    """Represent what can be decided upon: the rows of all deliveries, also of superseded ones, and the schools."""

    deliveries: Deliveries
    counts: Counts
    scores: Scores
    changes: Changes
    applications: Applications
    schools: Schools

    @cached_property
    def live(self) -> Deliveries:
        """Return the deliveries that nothing superseded."""
        return Deliveries(self.deliveries.filter(pl.col("superseded_by").is_null()))

    @property
    def reference_dates(self) -> list[date]:
        """Return the days of which pupils were counted."""
        return self.counts["reference_date"].unique().sort().to_list()
