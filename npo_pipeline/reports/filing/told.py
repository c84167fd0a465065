"""What a year-end report tells: the tables of accountability of a year, and the words beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl


@dataclass(frozen=True)
class Told:
    """All boards, or one. The frames are rows of the tables of `schemas.accounted`.

    `accountability`, `interventions`, `findings`: of the year. `schools`: board, brin, name, municipality, one row
    per row of `accountability`. `consents`: board, brin, mr_date, gmr_date, parents_involved, result, at most one
    row per school. `keys`: category, intervention -> key (`a1`) of the menukaart; what is not there is not on it.
    `accounted_on`: the day of the run.
    """

    year: int
    treatment: str
    accounted_on: date
    accountability: pl.DataFrame
    interventions: pl.DataFrame
    findings: pl.DataFrame
    schools: pl.DataFrame
    consents: pl.DataFrame
    keys: pl.DataFrame
