"""Corrections of closed years: what a closed year would be now, less what is closed and what was corrected since.

The accounts of a closed year change no more. So over all years, what stands for a closed year and all corrections
of it add up to what it would be today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from npo_pipeline.accounts.received import MONEY_KEY
from npo_pipeline.money import to_cents, to_euro
from schemas import accounted
from schemas.accounted import Accountability, AccountabilityCorrections, Spending
from schemas.columns import schema_of
from schemas.frames.accounts import AmountsBySchool, YearCorrections

FLOWS = ("received", "spent", "external", "board_level", "transferred", "accrued")
"""The amounts of a year that later data can change; what it opens with and leaves over follows from them."""

_OF_YEAR = ["of_year", *MONEY_KEY]


def _empty_accountability() -> Accountability:
    return Accountability(pl.DataFrame(schema=schema_of(accounted.ACCOUNTABILITY)))


def _no_corrections() -> AccountabilityCorrections:
    return AccountabilityCorrections(pl.DataFrame(schema=schema_of(accounted.ACCOUNTABILITY_CORRECTIONS)))


def _no_spending() -> Spending:
    return Spending(pl.DataFrame(schema=schema_of(accounted.SPENDING)))


@dataclass(frozen=True)
class ClosedBooks:
    """Hold what stands for the closed years that the open year after them corrects.

    `accountability`: as they were closed. `corrected`: their corrections that are in closed years themselves.
    `late_spending`: the latest reports on them that came after they were closed.
    """

    years: tuple[int, ...] = ()
    accountability: Accountability = field(default_factory=_empty_accountability)
    corrected: AccountabilityCorrections = field(default_factory=_no_corrections)
    late_spending: Spending = field(default_factory=_no_spending)


def corrections_of(closed: ClosedBooks, now: Mapping[int, AmountsBySchool]) -> YearCorrections:
    """Return what is to be corrected of each closed year, per school, in cents.

    `now`: year -> SCHOOL, currency and FLOWS in cents, as the year would be accounted for now.
    """
    amounts = [to_cents(pl.col(name)) for name in FLOWS]
    standing = [
        closed.accountability.select(pl.col("year").alias("of_year"), *MONEY_KEY, *amounts),
        closed.corrected.select(_OF_YEAR).with_columns(closed.corrected.select(amounts)),
    ]
    parts = [one.with_columns(-pl.col(FLOWS)) for one in standing]
    parts += [
        rows.select(pl.lit(year, pl.Int64).alias("of_year"), *MONEY_KEY, *FLOWS) for year, rows in now.items()
    ]
    sums = pl.concat(parts).filter(pl.col("of_year").is_in(list(now))).group_by(_OF_YEAR).agg(pl.col(FLOWS).sum())
    return YearCorrections(sums.filter(pl.any_horizontal(pl.col(FLOWS) != 0)).sort(_OF_YEAR))


def corrections_by_school(corrections: YearCorrections) -> AmountsBySchool:
    """Sum corrections per school: corrections (of what is left over), accrued_corrections."""
    left = pl.col("received") - pl.col("spent") + pl.col("transferred")
    sums = corrections.group_by(MONEY_KEY).agg(corrections=left.sum(), accrued_corrections=pl.col("accrued").sum())
    return AmountsBySchool(sums)


def correction_rows(corrections: YearCorrections, year: int) -> AccountabilityCorrections:
    """Return the rows of a year in table `accountability_corrections`."""
    amounts = [to_euro(pl.col(name)) for name in FLOWS]
    columns = list(schema_of(accounted.ACCOUNTABILITY_CORRECTIONS))
    rows = corrections.with_columns(*amounts, year=pl.lit(year, pl.Int64)).select(columns)
    return AccountabilityCorrections(rows.sort(columns[:4]))
