"""Queries of `npo demo`: the schools and boards that its story is about."""

from __future__ import annotations

from datetime import date

from npo_pipeline.books.reader import Books
from schemas.frames.generate import AvailableMoney


def first_school_with(books: Books, component: str) -> str:
    """Return the first vestiging with an entitlement of a component."""
    query = "select min(vestiging) from entitlements where component = ?"
    return str(books.value(query, [component]))


def first_two_bao_schools(books: Books, decision_id: str) -> tuple[str, str]:
    """Return the first two vestigingen of bao in a decision."""
    query = """
        select distinct vestiging from entitlements
        where decision_id = ? and school_type = 'bao' order by 1 limit 2"""
    first, second = books.frame(query, [decision_id])["vestiging"]
    return first, second


def first_refused_line(books: Books, file: str, reference_date: date, rule: str) -> tuple[str, int]:
    """Return delivery and line of the first row of a file that a rule rejected."""
    query = """
        select delivery_id, min(line) from quarantine join deliveries using (delivery_id, file)
        where file = ? and reference_date = ? and rule = ? group by 1"""
    delivery_id, line = books.frame(query, [file, reference_date, rule]).row(0)
    return delivery_id, int(line)


def first_board_with_error(books: Books, year: int) -> str:
    """Return the first board with an error in its accounts of a year, and more than two schools."""
    query = """
        select min(board) from findings where year = ? and severity = 'error' and board in (
            select board from accountability group by board having count(*) > 2)"""
    return str(books.value(query, [year]))


def received_by_school(books: Books, year: int) -> AvailableMoney:
    """Return what each school of a board was paid in a calendar year, in dollars where the board had no euro."""
    query = """
        select board, brin, sum(amount)::decimal(18, 2) as available
        from (select *, min(currency) over (partition by board) as own from payments
              where year(paid_month) = ? and recipient_kind = 'bestuur')
        where currency = own group by all order by all"""
    return AvailableMoney(books.frame(query, [year]))
