"""The views beside the tables: what finance people read, in SQL.

Amounts keep one sign: above zero goes to the board, below zero comes back.
"""

from __future__ import annotations

_KEY = "school_year, currency, vestiging, school_type, component"

DUE_ITEMS = """
    select i.school_year, d.currency, i.vestiging, i.school_type, i.component, i.month, 'first_decision' as cause,
           i.amount, i.decision_id, d.sequence
    from instalments i join decisions d using (decision_id) where d.sequence = 1
    union all by name
    select c.school_year, c.currency, c.vestiging, c.school_type, c.component, c.month, c.cause, c.amount,
           c.decision_id, d.sequence
    from due_changes c join decisions d using (decision_id)"""
"""What each decision made due: the first one all of its instalments, a later one what it changed, per cause."""

BOOKED = f"""
    select {_KEY}, paid_month as month, max(d.sequence) as sequence
    from payments p join decisions d using (decision_id, school_year, currency)
    where p.reason = 'instalment' group by all"""
"""By which decision the instalment of a month was booked."""

FIRST_RUNS = """
    select school_year, currency, month, min(sequence) as sequence from (
        select d.school_year, d.currency, p.paid_month as month, p.run_id, max(d.sequence) as sequence
        from (select distinct run_id, paid_month from payments) p join decisions d on d.run_id < p.run_id
        group by all)
    group by all"""
"""Which decision was in force when a month was first run, of the school years that had one by then."""

SETTLED = f"""
    select {_KEY}, c.decision_id, c.month, c.cause, sum(c.amount)::decimal(18, 2) as amount
    from correction_causes c join payments p using (payment_id) group by all"""
"""What corrections settled of what was due."""


def _holder(items: str, day: str) -> str:
    """Items with the board that holds the vestiging on a day; before the first day known, the first board."""
    return f"""
    select i.*, coalesce(s.board, f.board) as board
    from ({items}) i
    asof left join schools s on s.vestiging = i.vestiging and s.valid_from <= i.{day}
    left join (select vestiging, min_by(board, valid_from) as board from schools group by 1) f
        on f.vestiging = i.vestiging"""


_OPEN = f"""
    select {_KEY}, i.decision_id, i.month, i.cause, i.amount - coalesce(s.amount, 0) as amount,
           (select (max(paid_month) + interval 1 month)::date from payments) as next_month
    from ({DUE_ITEMS}) i
    left join ({SETTLED}) s using ({_KEY}, decision_id, month, cause)
    left join ({BOOKED}) b using ({_KEY}, month)
    left join ({FIRST_RUNS}) r using (school_year, currency, month)
    where i.month <= (select max(paid_month) from payments)
        and i.sequence > coalesce(b.sequence, r.sequence, 0) and i.amount <> coalesce(s.amount, 0)
    qualify sum(i.amount - coalesce(s.amount, 0)) over (partition by {_KEY}, i.month) <> 0"""
"""What is open; what was decided and undone of a month before anything was settled is not."""

_ELSEWHERE = f"""
    select p.school_year, p.currency, p.vestiging, p.school_type, p.component, p.decision_id,
           p.paid_month as month, p.amount, p.board as paid_to, h.board as held_by
    from payments p join ({_holder("select distinct vestiging, paid_month from payments", "paid_month")}) h
        using (vestiging, paid_month)
    where p.board <> h.board"""

VIEWS = {
    "board_payments": """
        select paid_month, school_year, board, component, sum(amount)::decimal(18, 2) as amount, currency
        from payments group by all order by all""",
    "current_counts": """
        select counts.* from counts join deliveries using (delivery_id)
        where deliveries.superseded_by is null""",
    "latest_decisions": """
        select * from decisions qualify sequence = max(sequence) over (partition by school_year, currency)""",
    "due": f"""
        select month, school_year, board, vestiging[:4] as brin, vestiging, school_type, component, cause,
               h.amount, h.currency, decision_id, d.decided_at, d.published
        from ({_holder(DUE_ITEMS, "month")}) h join decisions d using (decision_id, school_year)""",
    "ledger": """
        select coalesce(c.month, p.paid_month) as month, p.paid_month, p.school_year, p.board, p.brin, p.vestiging,
               p.school_type, p.component, coalesce(c.cause, 'instalment') as cause,
               coalesce(c.amount, p.amount) as amount, p.currency,
               coalesce(c.decision_id, p.decision_id) as decision_id, p.payment_id, p.run_id,
               r.finished_at as paid_at
        from payments p join runs r using (run_id) left join correction_causes c using (payment_id)""",
    "receivables": f"""
        select month, school_year, board, vestiging[:4] as brin, vestiging, school_type, component, cause,
               amount::decimal(18, 2) as amount, currency, decision_id, 'payment run' as settled_by
        from ({_holder(_OPEN, "next_month")})
        union all
        select month, school_year, unnest([paid_to, held_by]), vestiging[:4], vestiging, school_type, component,
               'board_transfer', unnest([-amount, amount])::decimal(18, 2), currency, decision_id, 'the boards'
        from ({_ELSEWHERE})""",
}
