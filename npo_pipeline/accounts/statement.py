"""The accounts of a calendar year: per school carry-over, receipts and spending, and the findings.

The accounts of a closed year change no more: corrections of it stand in the open year. So over all years, what
stands for a closed year and all corrections of it add up to what it would be today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from npo_pipeline.accounts.board_reports import (
    agreed_until,
    by_intervention,
    consent_by_school,
    consents_for,
    counted_transfers,
    spending_lines,
    spent_by_school,
    transferred_in,
    with_moves,
)
from npo_pipeline.accounts.findings.context import FindingContext
from npo_pipeline.accounts.findings.registry import findings_of
from npo_pipeline.accounts.received import (
    MONEY_KEY,
    SCHOOL_KEY,
    SpendingCurrencies,
    accrued_to,
    asked_about,
    paid_for,
    receipts_of,
    received_in,
    spending_currencies,
    with_manners,
)
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.rulebook.year_end import YearEndRules
from schemas import accounted
from schemas.accounted import (
    SHARE,
    Accountability,
    AccountabilityClaims,
    AccountabilityCorrections,
    AccountabilityInterventions,
    AccountabilityReceipts,
    Consents,
    Findings,
    ReserveTransfers,
    Spending,
)
from schemas.columns import schema_of
from schemas.frames.accounts import (
    AccountedReceipts,
    AmountsBySchool,
    DecidedTotals,
    DeliveryFiles,
    InterventionSums,
    OpenRejections,
    SchoolAccounts,
    SpendingLines,
    YearCorrections,
    YearReceipts,
)
from schemas.received import Schools

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


AMOUNTS = (
    *("carried_in", "received", "spent", "external", "board_level", "carried_out", "accrued"),
    *("transferred", "corrections", "accrued_corrections"),
)
_LEFT = pl.sum_horizontal("carried_in", "received", -pl.col("spent"), "transferred", "corrections")
ACCOUNTABILITY = [name for name in schema_of(accounted.ACCOUNTABILITY) if name != "run_id"]


def _no_claims() -> AccountabilityClaims:
    return AccountabilityClaims(pl.DataFrame(schema=schema_of(accounted.ACCOUNTABILITY_CLAIMS)))


def _no_transfers() -> ReserveTransfers:
    return ReserveTransfers(pl.DataFrame(schema=schema_of(accounted.RESERVE_TRANSFERS)))


@dataclass(frozen=True, kw_only=True)
class AccountInputs:
    """The inputs of the accounts of a year.

    `schools`: the directory. `spending`, `consents`, `transfers`: the latest report of each board and period.
    `before`: the accountability of the year before. `closed`: the closed years that this year corrects.
    `claims`: of boards on each other and on the next payment run.
    """

    year: int
    accounted_on: date
    treatment: str
    rules: YearEndRules
    payments: YearReceipts
    totals: DecidedTotals
    schools: Schools
    spending: Spending
    consents: Consents
    files: DeliveryFiles
    rejections: OpenRejections
    before: Accountability
    transfers: ReserveTransfers = field(default_factory=_no_transfers)
    closed: ClosedBooks = field(default_factory=ClosedBooks)
    claims: AccountabilityClaims = field(default_factory=_no_claims)

    @cached_property
    def currencies(self) -> SpendingCurrencies:
        """Return the currency of the amounts that boards report."""
        return spending_currencies(self.payments, self.totals, self.schools)


@dataclass(frozen=True, kw_only=True)
class YearAccounts:
    """The rows of a year in the tables of the accounts; those of `accountability` are without their run."""

    accountability: Accountability
    interventions: AccountabilityInterventions
    receipts: AccountabilityReceipts
    corrections: AccountabilityCorrections
    claims: AccountabilityClaims
    findings: Findings


def account_for(inputs: AccountInputs) -> YearAccounts:
    """Account for a calendar year per board and school.

    `carried_out = carried_in + received - spent + transferred + corrections`, per currency: a school with money in
    two has a row for each.
    """
    year, currencies = inputs.year, inputs.currencies
    lines = spending_lines(inputs.spending, inputs.files, inputs.rules.menukaart, year)
    consents = consents_for(inputs.consents, year)
    payments = with_manners(inputs.payments, inputs.rules.accountability)
    asked = asked_about(payments)
    corrections = corrections_of(inputs.closed, {one: year_amounts(inputs, one) for one in inputs.closed.years})
    schools = _school_accounts(inputs, consents, corrections)
    spending_to_date = Spending(inputs.spending.filter(pl.col("year") <= year))
    context = FindingContext(
        year=year,
        accounted_on=inputs.accounted_on,
        rules=inputs.rules.accountability,
        schools=schools,
        funded_years=paid_for(asked, year),
        asked=received_in(asked, year),
        lines=SpendingLines(currencies.added_to(lines)),
        spending_to_date=Spending(currencies.added_to(spending_to_date)),
        consents=Consents(currencies.added_to(consents)),
        agreed=agreed_until(inputs.consents, year),
        rejections=inputs.rejections,
        transfers=with_moves(counted_transfers(inputs.transfers, year, currencies), inputs.schools),
        corrections=corrections,
        late_lines=_late_lines(inputs),
    )
    return YearAccounts(
        accountability=_accountability(schools, inputs),
        interventions=_interventions(InterventionSums(currencies.added_to(by_intervention(lines))), year),
        receipts=_receipts(payments, inputs),
        corrections=correction_rows(corrections, year),
        claims=inputs.claims,
        findings=Findings(findings_of(context)),
    )


def _late_lines(inputs: AccountInputs) -> dict[int, SpendingLines]:
    """Return the spending in closed years that was reported after they were closed."""
    reported, menukaart = inputs.closed.late_spending, inputs.rules.menukaart
    return {
        year: SpendingLines(inputs.currencies.added_to(spending_lines(reported, inputs.files, menukaart, year)))
        for year in sorted(reported["year"].unique())
    }


def year_amounts(inputs: AccountInputs, year: int) -> AmountsBySchool:
    """Return the amounts of a year (FLOWS) of every school that has any."""
    accrued, currencies = accrued_to(inputs.totals, inputs.schools, year), inputs.currencies
    moved = counted_transfers(inputs.transfers, year, currencies)
    return _joined(
        received_in(inputs.payments, year),
        AmountsBySchool(currencies.added_to(spent_by_school(inputs.spending, year))),
        transferred_in(moved),
        AmountsBySchool(accrued.filter(pl.col("accrued") != 0)),
    )


def _joined(*parts: AmountsBySchool) -> AmountsBySchool:
    """Return every school that is in any of some frames, with the columns of all; 0 where it is not in one."""
    schools = pl.concat([part.select(MONEY_KEY) for part in parts]).unique().sort(MONEY_KEY)
    for part in parts:
        schools = schools.join(part, on=MONEY_KEY, how="left")
    return AmountsBySchool(schools.with_columns(pl.exclude(MONEY_KEY).fill_null(0)))


def _school_accounts(inputs: AccountInputs, consents: Consents, corrections: YearCorrections) -> SchoolAccounts:
    """Return every school that carried over, received or spent an amount, or to which an amount accrues.

    One of which a board has only a claim or a debt is there too, so that it is on the page of that board.
    """
    carried = inputs.before.select(*MONEY_KEY, carried_in=to_cents(pl.col("carried_out")))
    schools = _joined(
        AmountsBySchool(carried.filter(pl.col("carried_in") != 0)),
        year_amounts(inputs, inputs.year),
        corrections_by_school(corrections),
        AmountsBySchool(inputs.claims.select(MONEY_KEY).unique()),
    )
    return SchoolAccounts(
        schools.with_columns(carried_out=_LEFT)
        .join(consent_by_school(consents), on=SCHOOL_KEY, how="left")
        .sort(MONEY_KEY)
    )


def _accountability(schools: SchoolAccounts, inputs: AccountInputs) -> Accountability:
    amounts = [to_euro(pl.col(name)) for name in AMOUNTS]
    year, treatment = pl.lit(inputs.year, pl.Int64), pl.lit(inputs.treatment)
    return Accountability(schools.with_columns(*amounts, year=year, treatment=treatment).select(ACCOUNTABILITY))


def _receipts(payments: AccountedReceipts, inputs: AccountInputs) -> AccountabilityReceipts:
    """Return the receipts of the year; none by rules that are older than the manners of accounting."""
    receipts = receipts_of(payments, inputs.year)
    return receipts if inputs.rules.accountability.accounted_under else AccountabilityReceipts(receipts.clear())


def _interventions(sums: InterventionSums, year: int) -> AccountabilityInterventions:
    share = (pl.col("share").cast(pl.Decimal(38, 4)) / pl.lit(10_000).cast(pl.Decimal(38, 4))).cast(SHARE)
    rows = sums.with_columns(
        to_euro(pl.col("amount")), to_euro(pl.col("external")), share=share, year=pl.lit(year, pl.Int64)
    )
    return AccountabilityInterventions(rows.select(list(schema_of(accounted.ACCOUNTABILITY_INTERVENTIONS))))
