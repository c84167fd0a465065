"""The data that the rules of findings read, and the rows that they return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.accounts.received import SCHOOL_KEY
from npo_pipeline.rulebook.year_end import Accountability
from schemas.accounted import Consents, Spending
from schemas.frames.accounts import (
    FINDING_ROWS,
    AmountsBySchool,
    CountedTransfers,
    FindingRows,
    OpenRejections,
    SchoolAccounts,
    SchoolYears,
    SpendingLines,
    YearCorrections,
)


@dataclass(frozen=True, kw_only=True)
class FindingContext:
    """Hold the accounts of a calendar year. Amounts are whole cents, but for `spending_to_date`.

    `funded_years`, `asked`: the school years and amounts of what came in this year and is accounted for by more
    than the annual report alone. `lines`: the spending of the year.
    `spending_to_date`: that of this year and those before, as in the table. `consents`: of the two school years in
    the year. `agreed`: the board-level spending that the MR agreed to until the end of the year. `late_lines`:
    closed year -> spending in it that was reported since. Rules see one currency at a time (`of_currency`).
    """

    year: int
    accounted_on: date
    rules: Accountability
    schools: SchoolAccounts
    funded_years: SchoolYears
    asked: AmountsBySchool
    lines: SpendingLines
    spending_to_date: Spending
    consents: Consents
    agreed: AmountsBySchool
    rejections: OpenRejections
    transfers: CountedTransfers
    corrections: YearCorrections
    late_lines: Mapping[int, SpendingLines] = field(default_factory=dict)

    def of_currency(self, currency: str) -> FindingContext:
        """Return the accounts in one currency. The consents of a school count wherever it has accounts."""
        schools = self.schools.filter(currency=currency)
        elsewhere = self.consents.join(self.schools, on=SCHOOL_KEY, how="anti").filter(currency=currency)
        consents = pl.concat([self.consents.join(schools, on=SCHOOL_KEY, how="semi"), elsewhere])
        own: dict[str, Any] = {
            name: getattr(self, name).filter(currency=currency)
            for name in ("funded_years", "asked", "lines", "spending_to_date", "transfers", "corrections")
        }
        bare = {name: own[name].drop("currency") for name in ("funded_years", "asked", "lines")}
        late = {year: lines.filter(currency=currency).drop("currency") for year, lines in self.late_lines.items()}
        own |= (
            bare
            | {"late_lines": late}
            | {"schools": schools, "consents": consents.sort(*SCHOOL_KEY, "school_year")}
        )
        return replace(self, **own)

    def of_late_lines(self) -> Iterator[FindingContext]:
        """Yield for each closed year what was reported of it since, as if it were the year."""
        for year, lines in self.late_lines.items():
            yield replace(self, year=year, lines=lines)

    @property
    def spend_until(self) -> date:
        """The last day on which the money may be spent.

        Raises:
            Refused: the rules do not know it.
        """
        return self.rules.spend_until.known("the last day on which money may be spent")


def finding_rows(cases: pl.DataFrame, message: pl.Expr, advice: str, amount: str | None = None) -> FindingRows:
    """Return a finding for each case, with its brin, file and line where it has them.

    `message`, `advice`: in Dutch. `amount`: the column of cents that is at stake.
    """
    known = {name: pl.col(name) for name in cases.columns}
    at_stake = pl.col(amount) if amount else pl.lit(None)
    columns = {**known, "amount": at_stake, "message": message, "advice": pl.lit(advice)}
    return FindingRows(
        cases.select(
            columns.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in FINDING_ROWS.items()
        )
    )


def no_findings() -> FindingRows:
    """Return no finding."""
    return FindingRows(pl.DataFrame(schema=FINDING_ROWS))
