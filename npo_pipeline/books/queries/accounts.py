"""Accounts of calendar years: the latest of each year, their rows, and what came in since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.books.reader import Books
from schemas.accounted import (
    Accountability,
    AccountabilityClaims,
    AccountabilityCorrections,
    AccountabilityInterventions,
    AccountabilityReceipts,
    Accounts,
    ClosedYears,
    Findings,
    Packs,
)
from schemas.frames.accounts import (
    AvailableMoney,
    NationalYears,
    ReceivedParts,
    ReportClaims,
    SchoolNames,
    SchoolOpenings,
    YearChanges,
)
from schemas.frames.books import BoardErrors, LedgerMismatches
from schemas.received import Schools

_LATEST = "from accounts qualify sequence = max(sequence) over (partition by year)"


def all_accounts(books: Books) -> Accounts:
    """Return all accounts in the order in which they were made."""
    return Accounts(books.frame("from accounts order by run_id"))


def latest_accounts(books: Books) -> Accounts:
    """Return the latest account of each year, by year."""
    return Accounts(books.frame(f"{_LATEST} order by year"))


def account_before(books: Books, year: int, run_id: str) -> Accounts:
    """Return the latest account of a year that was made before a run: one row or none."""
    query = "from accounts where year = ? and run_id < ? qualify run_id = max(run_id) over ()"
    return Accounts(books.frame(query, [year, run_id]))


def closed_years(books: Books, before_run: str | None = None) -> ClosedYears:
    """Return the years that were closed, before a run (null: by any), in order."""
    query = "from closed_years where $1 is null or run_id < $1 order by year"
    return ClosedYears(books.frame(query, [before_run]))


def closing_of(books: Books, year: int) -> Mapping[str, Any] | None:
    """Return the row of `closed_years` of a year; None while it is open."""
    rows = closed_years(books).filter(year=year).rows(named=True)
    return rows[0] if rows else None


def claims_of(books: Books, year: int) -> AccountabilityClaims:
    """Return the claims and debts of boards in the accounts of a year."""
    return AccountabilityClaims(books.frame("from accountability_claims where year = ?", [year]))


def report_claims(books: Books, year: int) -> ReportClaims:
    """Return the claims and debts of boards, with the name of the other board where a list has it.

    What boards settled is not known, so a claim stays in the accounts of each year after: `since` says in which it
    was first, so that nobody pays it twice.
    """
    query = """
        with names as (select board, max_by(name, delivery_id) as name from boards group by 1),
        first as (
            select * exclude (year, amount), min(year) as since from accountability_claims where year <= $year
            group by all)
        select c.*, n.name as other_name, f.since from accountability_claims c
        join first f on f.board = c.board and f.other_board is not distinct from c.other_board and f.brin = c.brin
            and f.school_year = c.school_year and f.month = c.month and f.cause = c.cause
            and f.settled_by = c.settled_by and f.currency = c.currency
        left join names n on n.board = c.other_board where c.year = $year"""
    return ReportClaims(books.frame(query, {"year": year}))


def corrections_of(books: Books, year: int) -> AccountabilityCorrections:
    """Return the corrections of closed years in the accounts of a year."""
    return AccountabilityCorrections(books.frame("from accountability_corrections where year = ?", [year]))


def years_without_account(books: Books) -> list[int]:
    """Return the years that have accountability rows or findings, and no row in `accounts`."""
    query = """
        select distinct year from (select year from accountability union all select year from findings
            union all select year from accountability_interventions
            union all select year from accountability_corrections
            union all select year from accountability_claims
            union all select year from accountability_receipts)
        where year not in (select year from accounts) order by 1"""
    return books.frame(query)["year"].to_list()


def accountability_of(books: Books, year: int) -> Accountability:
    """Return the accountability of a year."""
    return Accountability(books.frame("from accountability where year = ?", [year]))


def interventions_of(books: Books, year: int) -> AccountabilityInterventions:
    """Return the interventions of a year."""
    return AccountabilityInterventions(books.frame("from accountability_interventions where year = ?", [year]))


def receipts_of(books: Books, year: int) -> AccountabilityReceipts:
    """Return the receipts of a year, and how they are accounted for."""
    return AccountabilityReceipts(books.frame("from accountability_receipts where year = ?", [year]))


def received_parts_of(books: Books, year: int, run_id: str) -> ReceivedParts:
    """Return the receipts of boards in a year split in instalments and corrections, as they were before a run."""
    query = """
        select board, brin, school_year, component, school_type, currency,
               coalesce(sum(amount) filter (reason = 'instalment'), 0)::DECIMAL(18, 2) as instalments,
               coalesce(sum(amount) filter (reason <> 'instalment'), 0)::DECIMAL(18, 2) as corrections
        from payments
        where year(paid_month) = $year and run_id < $run_id and recipient_kind = 'bestuur'
        group by all order by all"""
    return ReceivedParts(books.frame(query, {"year": year, "run_id": run_id}))


def findings_of(books: Books, year: int) -> Findings:
    """Return the findings of a year."""
    return Findings(books.frame("from findings where year = ?", [year]))


def has_carry_over(books: Books, year: int) -> bool:
    """Return whether any school carried an amount out of a year."""
    query = "select count(*) > 0 from accountability where year = ? and carried_out <> 0"
    return bool(books.value(query, [year]))


def changes_since_account(books: Books) -> YearChanges:
    """Return what came in of each calendar year after its latest account, in order.

    What comes in of a closed year is of the first year after those that are closed: it is corrected there.
    """
    query = f"""
        with latest as ({_LATEST}),
        closed as (select coalesce(max(year), 0) as last from closed_years),
        news as (
            select year(paid_month) as of_year, 'payments' as what, run_id from payments
            where recipient_kind = 'bestuur'
            union all select year(month), 'claims', run_id from ledger
            where year(month) <> year(paid_month) and vestiging in (
                select vestiging from schools group by 1 having count(distinct board) > 1)
            union all select s.year, 'spending', d.run_id from spending s join deliveries d using (delivery_id)
            union all select t.year, 'transfers', d.run_id
            from reserve_transfers t join deliveries d using (delivery_id)
            union all select d.school_year[:4]::BIGINT + ends, 'decisions', d.run_id
            from decisions d cross join (values (0), (1)) years(ends)
            where d.decision_id in (select decision_id from entitlements where recipient_kind = 'bestuur')),
        placed as (
            select case when of_year <= last then last + 1 else of_year end as year, what, run_id
            from news, closed)
        select distinct year, what from latest l join placed n using (year) where n.run_id > l.run_id
        union select l.year, 'consents' from latest l
        join consents c on l.year - c.school_year[:4]::bigint in (0, 1)
        join deliveries d using (delivery_id) where d.run_id > l.run_id and l.year > (select last from closed)
        order by year, what"""
    return YearChanges(books.frame(query))


def ledger_mismatches(books: Books) -> LedgerMismatches:
    """Select the boards whose received amounts by the accounts differ from the payments made before them."""
    query = f"""
        with latest as ({_LATEST}),
        paid as (
            select l.year, p.board, p.currency, sum(p.amount) as amount
            from latest l join payments p on year(p.paid_month) = l.year and p.run_id < l.run_id
            where p.recipient_kind = 'bestuur' group by all),
        reported as (
            select year, board, currency, sum(received) as amount from accountability group by all)
        select year, board, currency,
               coalesce(reported.amount, 0) as received, coalesce(paid.amount, 0) as paid
        from reported full join paid using (year, board, currency)
        where coalesce(reported.amount, 0) <> coalesce(paid.amount, 0) order by all"""
    return LedgerMismatches(books.frame(query))


def errors_per_year(books: Books) -> BoardErrors:
    """Count the findings of severity `error` per year, and the boards that have them."""
    query = """
        select year, count(*) as errors, count(distinct board) as boards from findings
        where severity = 'error' group by 1 order by 1"""
    return BoardErrors(books.frame(query))


def school_names_of(books: Books, year: int, schools: Schools) -> SchoolNames:
    """Return the name and municipality of each school in the accounts of a year, by board and BRIN.

    A school is named after its lowest vestiging, as the board knew it at the end of the year. `schools`: the
    directory to take the names from.
    """
    places = schools.select(
        *("brin", "vestiging", "name", "municipality", "valid_from"),
        holder="board",
        known=pl.col("valid_from") <= date(year, 12, 31),
    )
    own = accountability_of(books, year).select("board", "brin").unique().join(places, on="brin", how="left")
    order = [pl.col("holder") == pl.col("board"), pl.col("known"), pl.col("vestiging"), pl.col("valid_from")]
    ranked = own.sort(order, descending=[True, True, False, True], nulls_last=True)
    first = ranked.unique(["board", "brin"], keep="first", maintain_order=True)
    return SchoolNames(first.select("board", "brin", "name", "municipality").sort("board", "brin"))


def school_openings(books: Books, year: int, board: str) -> SchoolOpenings:
    """Return the schools of a board that received or carried something in a year, a row per currency."""
    query = """
        with paid as (
            select brin, currency, sum(amount) as received from payments
            where board = $board and year(paid_month) = $year group by all),
        carried as (
            select brin, carried_out as carried_in, currency from accountability
            where board = $board and year = $year - 1 and carried_out <> 0),
        names as (
            select brin, arg_min(name, vestiging) as name from schools
            where board = $board group by 1)
        select brin, coalesce(name, '') as name, coalesce(received, 0)::decimal(18, 2) as received,
               coalesce(carried_in, 0)::decimal(18, 2) as carried_in, currency
        from paid full join carried using (brin, currency) left join names using (brin) order by brin, currency"""
    return SchoolOpenings(books.frame(query, {"board": board, "year": year}))


def recorded_packs(books: Books) -> Packs:
    """Return the files of all packs as their latest run left them; none of a pack that was taken away."""
    query = """
        select * from (from packs qualify run_id = max(run_id) over (partition by year, pack))
        where outcome <> 'removed' order by year, pack, file"""
    return Packs(books.frame(query))


def years_to_report_again(books: Books) -> list[int]:
    """Return the years that something came in for since all their reports were last written, or that had a fault.

    Reports are made of the accounts of the year and of those before, of closings, and of the names of boards and
    schools; of nothing that a payment or decision changes by itself.
    """
    query = """
        with written as (
            select year, max(run_id) filter (pack = 'landelijk') as whole, bool_or(outcome = 'fault') as faulty
            from packs group by year),
        news as (
            select year, run_id from accounts union all select year, run_id from closed_years
            union all
            select null, run_id from deliveries
            where delivery_id in (select delivery_id from boards union select delivery_id from school_facts))
        select year from written w where whole is null or faulty or exists (
            from news n where n.run_id > w.whole and (n.year is null or n.year <= w.year))
        order by year"""
    return books.frame(query)["year"].to_list()


def national_years(books: Books, year: int) -> NationalYears:
    """Sum the accounts of each year until a year, over all boards, by currency."""
    query = """
        select year, currency, count(distinct board) as boards, count(distinct brin) as schools,
               sum(columns(['carried_in', 'received', 'spent', 'transferred', 'corrections', 'carried_out']))
                   ::decimal(18, 2)
        from accountability where year <= ? group by all order by year, currency"""
    return NationalYears(books.frame(query, [year]))


def first_board_with_error(books: Books, year: int) -> str:
    """Return the first board with an error in its accounts of a year, and more than two schools."""
    query = """
        select min(board) from findings where year = ? and severity = 'error' and board in (
            select board from accountability group by board having count(*) > 2)"""
    return str(books.value(query, [year]))


def received_by_school(books: Books, year: int) -> AvailableMoney:
    """Return what each school of a board was paid in a calendar year, in dollars where the school had no euro."""
    query = """
        select board, brin, sum(amount)::decimal(18, 2) as available
        from (select *, min(currency) over (partition by board, brin) as own from payments
              where year(paid_month) = ? and recipient_kind = 'bestuur')
        where currency = own group by all order by all"""
    return AvailableMoney(books.frame(query, [year]))
