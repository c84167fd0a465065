"""The views beside the tables, in SQL, for finance people: what is due, what was paid, what is open.

Amounts keep one sign: above zero is paid, below zero comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandera.polars as pa

from schemas.columns import SHARED_DESCRIPTIONS
from schemas.decided import DECISIONS
from schemas.received import COUNTS
from schemas.released import BATCHES, FAILED, TRANSFER_EVENTS, TRANSFER_ORDERS, TRANSFER_STATUSES

_ITEM = "school_year, currency, beneficiary, school_type, component"

DUE_ITEMS = """
    select i.school_year, d.currency, i.vestiging, i.school_type, i.component, i.month, 'first_decision' as cause,
           i.amount, i.decision_id, d.sequence, i.beneficiary, i.recipient_kind
    from instalments i join decisions d using (decision_id) where d.sequence = 1
    union all by name
    select c.school_year, c.currency, c.vestiging, c.school_type, c.component, c.month, c.cause, c.amount,
           c.decision_id, d.sequence, c.beneficiary, c.recipient_kind
    from due_changes c join decisions d using (decision_id)"""
"""Amounts that each decision made due, per cause: the first all its instalments, a later one what it changed."""

BOOKED = f"""
    select {_ITEM}, paid_month as month, max(d.sequence) as sequence
    from payments p join decisions d using (decision_id, school_year, currency)
    where p.reason = 'instalment' group by all"""
"""By which decision the instalment of a month was booked."""

FIRST_RUNS = """
    select school_year, currency, month, min(sequence) as sequence from (
        select d.school_year, d.currency, p.paid_month as month, p.run_id, max(d.sequence) as sequence
        from (select distinct run_id, paid_month from payments) p join decisions d on d.run_id < p.run_id
        group by all)
    group by all"""
"""The decision in force when a month was first run, of the school years that had one by then."""

SETTLED = f"""
    select {_ITEM}, c.decision_id, c.month, c.cause, sum(c.amount)::decimal(18, 2) as amount
    from correction_causes c join payments p using (payment_id) group by all"""
"""Due amounts that corrections settled."""


def _holder(items: str, day: str) -> str:
    """Items with the board that holds the vestiging on a day; before the first day known, the first board.

    The recipient is that board, or the beneficiary where it is no vestiging.
    """
    return f"""
    select i.*, coalesce(s.board, f.board) as board,
           case when i.vestiging is null then i.beneficiary else coalesce(s.board, f.board) end as recipient
    from ({items}) i
    asof left join schools s on s.vestiging = i.vestiging and s.valid_from <= i.{day}
    left join (select vestiging, min_by(board, valid_from) as board from schools group by 1) f
        on f.vestiging = i.vestiging"""


_OPEN = f"""
    select {_ITEM}, i.vestiging, i.recipient_kind, i.decision_id, i.month, i.cause,
           i.amount - coalesce(s.amount, 0) as amount,
           (select (max(paid_month) + interval 1 month)::DATE from payments) as next_month
    from ({DUE_ITEMS}) i
    left join ({SETTLED}) s using ({_ITEM}, decision_id, month, cause)
    left join ({BOOKED}) b using ({_ITEM}, month)
    left join ({FIRST_RUNS}) r using (school_year, currency, month)
    where i.month <= (select max(paid_month) from payments)
        and i.sequence > coalesce(b.sequence, r.sequence, 0) and i.amount <> coalesce(s.amount, 0)
    qualify sum(i.amount - coalesce(s.amount, 0)) over (partition by {_ITEM}, i.month) <> 0"""
"""Open items; what was decided and undone of a month before anything was settled is not."""

PAID_FOR = """
    select p.school_year, p.currency, p.vestiging, p.beneficiary, p.school_type, p.component, p.board as paid_to,
           coalesce(c.decision_id, p.decision_id) as decision_id, coalesce(c.month, p.paid_month) as month,
           coalesce(c.cause, 'board_transfer') as cause, coalesce(c.amount, p.amount) as amount
    from payments p left join correction_causes c using (payment_id) where p.vestiging is not null"""
"""Payments for each vestiging, by the month that it is for: an instalment, or a part of a correction."""

_ELSEWHERE = f"""
    select school_year, currency, vestiging, school_type, component, decision_id, month, cause, paid_to,
           board as held_by, sum(amount) as amount
    from ({_holder(PAID_FOR, "month")})
    where paid_to <> board group by all having sum(amount) <> 0"""
"""Amounts that one board was paid, or paid back, for a month in which another held the vestiging."""


_SUPPORT = """
    with home as (
        select vestiging, max_by(municipality_number, valid_from) as municipality_number,
               max_by(municipality, valid_from) as municipality
        from schools group by vestiging),
    due as (
        select i.decision_id, year(i.month)::bigint as year, d.currency, i.recipient_kind, i.vestiging,
               i.beneficiary, sum(i.amount) as amount
        from instalments i join latest_decisions d using (decision_id) group by all),
    area as (
        select decision_id, vestiging, samenwerkingsverband
        from decision_inputs u join areas using (delivery_id) join deliveries v using (delivery_id)
        where u.used_for = 'areas'
        qualify row_number() over (partition by decision_id, vestiging
            order by v.kind = 'areas' desc, v.reference_date desc, delivery_id desc) = 1),
    pupils as (
        select u.decision_id, samenwerkingsverband as beneficiary, municipality_number, municipality,
               sum(c.pro_pupils)::bigint as pupils
        from decision_inputs u join counts c using (delivery_id) join area using (decision_id, vestiging)
        left join home using (vestiging)
        where u.used_for = 'pupils_vo' group by all having sum(c.pro_pupils) > 0),
    share as (
        select *, sum(pupils) over (partition by decision_id, beneficiary) as whole,
               sum(pupils) over (partition by decision_id, beneficiary
                   order by municipality_number, municipality rows unbounded preceding) as until
        from pupils),
    part as (
        select year, currency, municipality_number, municipality, recipient_kind, amount
        from due join home using (vestiging)
        union all
        select d.year, d.currency, d.beneficiary, max(h.municipality), d.recipient_kind, max(d.amount)
        from due d left join home h on h.municipality_number = d.beneficiary
        where d.recipient_kind = 'gemeente' group by all
        union all
        select year, currency, municipality_number, municipality, recipient_kind,
               (((200 * amount)::HUGEINT * until + whole) // (2 * whole)
                - ((200 * amount)::HUGEINT * (until - pupils) + whole) // (2 * whole))::decimal(16, 0) * 0.01
        from due join share using (decision_id, beneficiary))
    select year, municipality_number, max(municipality) as municipality,
           sum(amount) filter (recipient_kind = 'gemeente')::decimal(18, 2) as to_municipality,
           sum(amount) filter (recipient_kind = 'bestuur')::decimal(18, 2) as to_schools,
           sum(amount) filter (recipient_kind = 'samenwerkingsverband')::decimal(18, 2) as to_samenwerkingsverband,
           sum(amount)::decimal(18, 2) as amount, currency
    from part
    group by year, municipality_number, currency, if(municipality_number is null, municipality, '')
    order by all"""
"""Money per municipality. That of a samenwerkingsverband is shared over the municipalities in its area by their
pupils of praktijkonderwijs, as differences of rounded running totals."""

HAS_FAILED, _LIVE = f"status in {FAILED}", f"status not in {FAILED}"


def last_events(which: str = "applied") -> str:
    """Return the query of the event that gives each transfer its status; `which`: the events that count.

    The highest status that the bank gave counts, in whatever order its files came.
    """
    return f"""
            select * from transfer_events where {which}
            qualify row_number() over (partition by end_to_end_id
                order by list_position({list(TRANSFER_STATUSES)}, status) desc, sequence desc) = 1"""


def last_sent(transfers: str = "transfers") -> str:
    """Return the query of the transfer in which each payment was sent last: payment_id, and its columns.

    One that did not fail goes before a later one that did: the bank may book what it had rejected.
    """
    return f"""
            select payment_id, t.* from transfer_payments join {transfers} t using (end_to_end_id)
            qualify row_number() over (partition by payment_id order by {HAS_FAILED}, t.run_id desc) = 1"""


_BALANCE = f"""
    with presented as (
        select p.paid_month as month, p.recipient_kind, p.recipient, p.currency, p.amount
        from payments p join (select month, max(run_id) as released from batches group by 1) b
            on b.month = p.paid_month and p.run_id < b.released),
    part as (
        select *, amount as payments, 0.00::decimal(18, 2) as transferred, 0.00::decimal(18, 2) as withheld
        from presented
        union all by name
        select month, recipient_kind, recipient, currency, 0.00::decimal(18, 2) as payments,
               if({_LIVE}, amount, 0) as transferred, 0.00::decimal(18, 2) as withheld from transfers
        union all by name
        select month, recipient_kind, recipient, currency, 0.00::decimal(18, 2) as payments,
               0.00::decimal(18, 2) as transferred, amount as withheld from withheld)
    select month, recipient_kind, recipient, currency, sum(payments)::decimal(18, 2) as payments,
           sum(transferred)::decimal(18, 2) as transferred, sum(withheld)::decimal(18, 2) as withheld
    from part group by all order by all"""


@dataclass(frozen=True, kw_only=True)
class View:
    """Represent a view: its query, what a row is, and its columns where the tables do not describe them.

    `rows_of`: the table that has the same columns. `columns`: name -> description, for others than
    `schemas.columns.SHARED_DESCRIPTIONS`.
    """

    query: str
    description: str
    rows_of: pa.DataFrameSchema | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    def describe(self, column: str) -> str:
        """Return the description of a column."""
        if self.rows_of is not None:
            return str(self.rows_of.columns[column].description)
        return self.columns.get(column) or SHARED_DESCRIPTIONS[column]


def _of_table(model: pa.DataFrameSchema, *names: str) -> dict[str, str]:
    """Return the descriptions of columns of a table (none named: of all), for a view that has them too."""
    return {name: str(model.columns[name].description) for name in names or model.columns}


VIEWS = {
    "board_payments": View(
        query="""
        select paid_month, school_year, board, component, sum(amount)::decimal(18, 2) as amount, currency
        from payments where recipient_kind = 'bestuur' group by all order by all""",
        description="Payments to boards summed per month, school year, board, component and currency.",
    ),
    "recipient_payments": View(
        query="""
        select paid_month, school_year, recipient_kind, recipient, component,
               sum(amount)::decimal(18, 2) as amount, currency
        from payments group by all order by all""",
        description="Payments summed per month, school year, recipient, component and currency.",
    ),
    "current_counts": View(
        query="""
        select counts.* from counts join deliveries using (delivery_id)
        where deliveries.superseded_by is null""",
        description="Counts of the deliveries that nothing has superseded.",
        rows_of=COUNTS,
    ),
    "latest_decisions": View(
        query="""
        select * from decisions qualify sequence = max(sequence) over (partition by school_year, currency)""",
        description="The decision in force of each school year and currency.",
        rows_of=DECISIONS,
    ),
    "due": View(
        query=f"""
        select month, school_year, board, vestiging[:4] as brin, vestiging, school_type, component, cause,
               h.amount, h.currency, decision_id, d.decided_at, d.published, beneficiary, recipient_kind, recipient
        from ({_holder(DUE_ITEMS, "month")}) h join decisions d using (decision_id, school_year)""",
        description="What each decision makes due and why: all of a first decision, the changes of a later one.",
        columns={
            "board": "School board that holds the school on the first day of the month: five digits; null where "
            "another is paid.",
        },
    ),
    "ledger": View(
        query="""
        select coalesce(c.month, p.paid_month) as month, p.paid_month, p.school_year, p.board, p.brin, p.vestiging,
               p.school_type, p.component, coalesce(c.cause, 'instalment') as cause,
               coalesce(c.amount, p.amount) as amount, p.currency,
               coalesce(c.decision_id, p.decision_id) as decision_id, p.payment_id, p.run_id,
               r.finished_at as paid_at, p.beneficiary, p.recipient_kind, p.recipient
        from payments p join runs r using (run_id) left join correction_causes c using (payment_id)""",
        description="What was paid, and for what: an instalment, or a part of a correction with its cause.",
        columns={
            "cause": "`instalment`, or the cause that this part of a correction settles.",
            "decision_id": "The decision that made it due (2021-2022-001).",
            "paid_at": "Moment of the payment run, UTC.",
        },
    ),
    "municipal_support": View(
        query=_SUPPORT,
        description="What falls due in a calendar year by the decisions in force: to a municipality itself, to "
        "the schools in it, and to samenwerkingsverbanden for schools in it.",
        columns={
            "year": "Calendar year in which it falls due.",
            "municipality": "Name of the municipality, as the address lists last gave it.",
            "to_municipality": "What the municipality itself gets; null where nothing was decided.",
            "to_schools": "What the boards of schools in it get for them; null where that is nothing.",
            "to_samenwerkingsverband": "What samenwerkingsverbanden get for pupils of praktijkonderwijs of "
            "schools in it: their amount in proportion to those pupils; null where that is nothing.",
            "amount": "The three together.",
        },
    ),
    "receivables": View(
        query=f"""
        select month, school_year, board, vestiging[:4] as brin, vestiging, school_type, component, cause,
               amount::decimal(18, 2) as amount, currency, decision_id, 'payment run' as settled_by,
               beneficiary, recipient_kind, recipient
        from ({_holder(_OPEN, "next_month")})
        union all
        select month, school_year, unnest([paid_to, held_by]), vestiging[:4], vestiging, school_type, component,
               cause, unnest([-amount, amount])::decimal(18, 2), currency, decision_id, 'the boards',
               vestiging, 'bestuur', unnest([paid_to, held_by])
        from ({_ELSEWHERE})""",
        description="What is due up to the last paid month and not settled. What is zero together over "
        "the months of a school, type and component is paid by no run.",
        columns={
            "board": "School board that receives it or pays it back: five digits; null where another does.",
            "recipient": "Who receives it or pays it back: a board, a samenwerkingsverband or a municipality.",
            "cause": "Why it is due; between boards `board_transfer` where it is of an instalment.",
            "settled_by": "The next `payment run`, or `the boards` between them: one was paid, or paid back, for "
            "a month in which the other held the school.",
        },
    ),
    "transfers": View(
        query=f"""
        select o.batch_id, o.month, o.recipient_kind, o.recipient, o.currency, o.amount, o.iban, o.end_to_end_id,
               coalesce(e.status, 'sent') as status, e.happened_on, e.reason_code, e.reason, o.account_name,
               o.remittance, b.execution_date, o.run_id
        from transfer_orders o join batches b using (batch_id)
        left join ({last_events()}) e
            using (end_to_end_id)""",
        description="The transfers of all releases, with what the bank said of each last.",
        columns={
            **_of_table(TRANSFER_ORDERS),
            **_of_table(TRANSFER_EVENTS, "happened_on", "reason_code", "reason"),
            "status": "`sent` until the bank answers; then `accepted`, `rejected`, `booked` or `returned`.",
            "execution_date": _of_table(BATCHES)["execution_date"],
        },
    ),
    "transfer_balance": View(
        query=_BALANCE,
        description="Per month and recipient: the payments that releases presented, which are the transfers that "
        "did not fail and what is withheld together.",
        columns={
            "payments": "Sum of the payments of the month that a release presented.",
            "transferred": "Sum of the transfers of its releases that did not fail.",
            "withheld": "Sum of what was withheld in it; below zero where more was sent than it paid.",
        },
    ),
}
