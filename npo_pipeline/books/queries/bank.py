"""Releases: what is to be sent, what was sent and withheld, and what the bank said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from npo_pipeline.books.reader import Books
from npo_pipeline.books.views import HAS_FAILED, last_events, last_sent
from schemas.frames.bank import (
    AnswerFaults,
    BankReferences,
    EventFaults,
    FailedTransfers,
    PaidSinceRelease,
    PaymentsOnTheirWay,
    PaymentsSentTwice,
    ReleaseBalances,
    StrayRows,
    TransfersOut,
    UnsentPayments,
    WithoutAccount,
)
from schemas.frames.money import MonthsWithheld, OpenWithheld
from schemas.received import PaymentAccounts
from schemas.released import (
    FAILED,
    AccountConfirmations,
    BankFiles,
    Batches,
    ReleasePlans,
    TransferEvents,
    TransferOrders,
    TransferPayments,
    Withheld,
)

_STATUS_BEFORE = f"""
    select o.*, coalesce(e.status, 'sent') as status
    from (from transfer_orders where run_id < $run_id) o
    left join ({last_events("applied and run_id < $run_id")}) e using (end_to_end_id)"""
"""View `transfers` as it was before a run."""


def _last_releases(which: str = "true") -> str:
    """Return the query of the run that released each month last, of the batches that are asked: month, run_id."""
    return f"select month, max(run_id) as run_id from batches where {which} group by month"


_PAID_SINCE_RELEASE = f"""
    select p.* from payments p join ({_last_releases()}) r on r.month = p.paid_month and p.run_id > r.run_id"""
"""Payments of a month after its last release: no release presented them yet."""


def unsent_payments(books: Books, month: date, before_run: str) -> UnsentPayments:
    """Return the payments that a release of a month presents, and those presented before that are not sent.

    They are as they were before a run, so that `verify` sees what the run saw.
    """
    query = f"""
        with state as ({_STATUS_BEFORE}),
        released as ({_last_releases("run_id < $run_id")})
        select p.payment_id, p.paid_month, p.school_year, p.decision_id, p.recipient_kind, p.recipient, p.currency,
               (p.amount * 100)::bigint as amount_cents, coalesce(p.run_id > r.run_id, true) as is_new,
               s.iban as last_iban, s.status as last_status, s.end_to_end_id as last_transfer
        from payments p
        left join released r on r.month = p.paid_month
        left join ({last_sent("state")}) s using (payment_id)
        where p.run_id < $run_id and (p.paid_month = $month or p.run_id < r.run_id)
            and (s.status is null or s.{HAS_FAILED})
        order by p.payment_id"""
    return UnsentPayments(books.frame(query, {"month": month, "run_id": before_run}))


def bank_references(books: Books, month: date) -> BankReferences:
    """Return the transfer in which each payment of a month was sent last, with its status."""
    query = f"""
        select payment_id, end_to_end_id, batch_id, status
        from ({last_sent()}) join payments p using (payment_id)
        where p.paid_month = ? order by payment_id"""
    return BankReferences(books.frame(query, [month]))


def payments_on_their_way(books: Books, month: date) -> PaymentsOnTheirWay:
    """Return where each payment to a board in a month is: in its last transfer, withheld, or not released.

    A payment that no transfer holds is withheld where its month was released after it was made.
    """
    query = f"""
        with released as ({_last_releases("month = $month")}),
        kept as (
            select recipient, currency, arg_max(reason, run_id) as reason from withheld
            where month = $month and recipient_kind = 'bestuur' and reason in ('not_above_zero', 'no_account')
            group by all)
        select p.payment_id,
               coalesce(s.status, if(p.run_id < r.run_id, 'withheld', 'open')) as state, s.end_to_end_id,
               s.month as released_month, s.execution_date, s.iban, s.amount as whole,
               s.reason_code, case when s.end_to_end_id is not null then s.reason
               when p.run_id < r.run_id then k.reason
               when r.run_id is not null then 'after_release' end as reason
        from payments p left join released r on r.month = p.paid_month
        left join ({last_sent()}) s using (payment_id)
        left join kept k on k.recipient = p.recipient and k.currency = p.currency
        where p.paid_month = $month and p.recipient_kind = 'bestuur'
        order by p.payment_id"""
    return PaymentsOnTheirWay(books.frame(query, {"month": month}))


def unreleased_months(books: Books, before_run: str) -> list[date]:
    """Return the months that were paid before a run and never released, in order."""
    query = """
        select distinct paid_month from payments
        where run_id < $1 and paid_month not in (select month from batches where run_id < $1) order by 1"""
    return list(books.frame(query, [before_run])["paid_month"])


def paid_since_release(books: Books) -> PaidSinceRelease:
    """Sum what was paid in a month after its last release, per currency: no release presented it yet."""
    query = f"""
        select paid_month, currency, sum(amount)::decimal(18, 2) as amount,
               count(distinct (recipient_kind, recipient)) as recipients
        from ({_PAID_SINCE_RELEASE}) group by all order by all"""
    return PaidSinceRelease(books.frame(query))


def withheld_without_account(books: Books) -> WithoutAccount:
    """Sum what releases withheld because no account was known, and did not send since, per currency."""
    query = f"""
        with kept as (
            select recipient_kind, recipient, currency, sum(amount)::decimal(18, 2) as amount
            from ({_KEPT_BACK}) group by all having sum(amount) > 0),
        why as (
            select recipient_kind, recipient, currency, arg_max(reason, run_id) as reason from withheld
            where reason in ('not_above_zero', 'no_account') group by all)
        select currency, sum(amount)::decimal(18, 2) as amount, count(*) as recipients
        from kept join why using (recipient_kind, recipient, currency)
        where reason = 'no_account' group by currency order by currency"""
    return WithoutAccount(books.frame(query))


def all_batches(books: Books) -> Batches:
    """Return all batches, in order."""
    return Batches(books.frame("from batches order by run_id, batch_id"))


def number_of_release(books: Books, month: date, before_run: str) -> int:
    """Return the number that the next release of a month has, after those of the runs before one."""
    query = "select count(distinct run_id) + 1 from batches where month = ? and run_id < ?"
    return int(books.value(query, [month, before_run]))


def orders_of_batch(books: Books, batch_id: str) -> TransferOrders:
    """Return the transfers of a batch."""
    return TransferOrders(
        books.frame("from transfer_orders where batch_id = ? order by end_to_end_id", [batch_id])
    )


def orders_of_run(books: Books, run_id: str) -> TransferOrders:
    """Return the transfers that a run ordered."""
    return TransferOrders(books.frame("from transfer_orders where run_id = ? order by end_to_end_id", [run_id]))


def transfer_payments_of_run(books: Books, run_id: str) -> TransferPayments:
    """Return the payments in the transfers that a run ordered."""
    query = "from transfer_payments where run_id = ? order by end_to_end_id, payment_id"
    return TransferPayments(books.frame(query, [run_id]))


def withheld_of_run(books: Books, run_id: str) -> Withheld:
    """Return what a run withheld."""
    return Withheld(books.frame("from withheld where run_id = ? order by all", [run_id]))


def prepared_plans(books: Books, month: date, fingerprint: str) -> ReleasePlans:
    """Return the times that a plan of a month was prepared, the last one first."""
    query = "from release_plans where month = ? and fingerprint = ? order by run_id desc"
    return ReleasePlans(books.frame(query, [month, fingerprint]))


def last_prepared_plan(books: Books) -> str:
    """Return the fingerprint of the plan of a release that was prepared last."""
    return str(books.value("select max_by(fingerprint, run_id) from release_plans"))


def payment_accounts(books: Books, before_run: str | None = None) -> PaymentAccounts:
    """Return all payment accounts in the order of their delivery; those that were there before a run, or all."""
    query = """
        select a.* from payment_accounts a join deliveries using (delivery_id)
        where $1 is null or run_id < $1 order by delivery_id, recipient, valid_from"""
    return PaymentAccounts(books.frame(query, [before_run]))


def account_confirmations(books: Books, before_run: str | None = None) -> AccountConfirmations:
    """Return all confirmations of accounts in their order; those that were there before a run, or all."""
    query = "from account_confirmations where $1 is null or run_id < $1 order by run_id, recipient"
    return AccountConfirmations(books.frame(query, [before_run]))


def all_orders(books: Books) -> TransferOrders:
    """Return all transfers as they were ordered, in the order of their releases."""
    return TransferOrders(books.frame("from transfer_orders order by run_id, end_to_end_id"))


def all_events(books: Books) -> TransferEvents:
    """Return what the bank said of all transfers, in order."""
    return TransferEvents(books.frame("from transfer_events order by end_to_end_id, sequence"))


def payments_sent_again(books: Books) -> TransferPayments:
    """Return the payments that are in more than one transfer, each with its transfers."""
    query = """
        from transfer_payments
        qualify count(*) over (partition by payment_id) > 1 order by end_to_end_id, payment_id"""
    return TransferPayments(books.frame(query))


def bank_files(books: Books) -> BankFiles:
    """Return the files of the bank that were read, in order."""
    return BankFiles(books.frame("from bank_files order by run_id, file"))


def transfers_out(books: Books) -> TransfersOut:
    """Return what was sent and is not booked yet, nor came back, per currency."""
    query = """
        select currency, count(*) as transfers, sum(amount)::decimal(18, 2) as amount,
               min(execution_date) as oldest
        from transfers where status in ('sent', 'accepted') group by currency order by currency"""
    return TransfersOut(books.frame(query))


def failed_transfers(books: Books) -> FailedTransfers:
    """Return the transfers that were rejected or returned and whose payments were not sent again."""
    query = f"""
        select month, recipient_kind, recipient, currency, amount, status, happened_on, reason_code, reason,
               end_to_end_id
        from transfers where {HAS_FAILED} and end_to_end_id in (select end_to_end_id from ({last_sent()}))
        order by happened_on, end_to_end_id"""
    return FailedTransfers(books.frame(query))


def months_of_transfers(books: Books, ids: Sequence[str]) -> list[date]:
    """Return the months of the payments in transfers, in order."""
    query = """
        select distinct paid_month from transfer_payments join payments using (payment_id)
        where list_contains($1, end_to_end_id) order by 1"""
    return list(books.frame(query, [list(ids)])["paid_month"]) if ids else []


def months_of_payments(books: Books, ids: Sequence[str]) -> list[date]:
    """Return the months of payments, in order."""
    query = "select distinct paid_month from payments where list_contains($1, payment_id) order by 1"
    return list(books.frame(query, [list(ids)])["paid_month"]) if ids else []


def unbalanced_releases(books: Books) -> ReleaseBalances:
    """Return the months and recipients of which transfers and what is withheld are not what was presented."""
    query = """
        select month, recipient, currency, payments, transferred, withheld from transfer_balance
        where transferred + withheld <> payments order by all"""
    return ReleaseBalances(books.frame(query))


def payments_sent_twice(books: Books) -> PaymentsSentTwice:
    """Return the payments that are in several transfers that did not fail."""
    query = f"""
        select payment_id, count(*) as transfers from transfer_payments join transfers using (end_to_end_id)
        where not {HAS_FAILED} group by 1 having count(*) > 1 order by 1"""
    return PaymentsSentTwice(books.frame(query))


def stray_rows(books: Books) -> StrayRows:
    """Return transfers without a batch, and payments in transfers that were not ordered or that were not paid."""
    query = """
        select 'transfer_orders: transfer' as fault, end_to_end_id as name
        from transfer_orders anti join batches using (batch_id)
        union all select 'transfer_payments: payment', payment_id
        from (from transfer_payments anti join transfer_orders using (end_to_end_id)
              union from transfer_payments anti join payments using (payment_id))
        order by all"""
    return StrayRows(books.frame(query))


def event_faults(books: Books) -> EventFaults:
    """Return events of transfers that no release ordered, of files that were not read, and of other amounts."""
    query = """
        select case when o.end_to_end_id is null then 'is no transfer of ours'
                    when f.sha256 is null then 'is of a file of the bank that was not read'
                    when e.run_id < o.run_id then 'was answered before it was sent'
                    when e.applied and e.amount <> o.amount then 'is of another amount than its transfer'
               end as fault, e.end_to_end_id
        from transfer_events e left join transfer_orders o using (end_to_end_id)
        left join bank_files f on f.sha256 = e.sha256
        where fault is not null order by all"""
    return EventFaults(books.frame(query))


def answer_faults(books: Books) -> AnswerFaults:
    """Return the transfers whose withheld amount, for what the bank gave back, is not what their status asks."""
    query = f"""
        with given_back as (
            select end_to_end_id, sum(amount)::decimal(18, 2) as withheld
            from withheld where reason in {FAILED} and end_to_end_id is not null group by 1)
        select end_to_end_id, coalesce(status, 'unknown') as status,
               coalesce(withheld, 0)::decimal(18, 2) as withheld,
               if({HAS_FAILED}, amount, 0)::decimal(18, 2) as expected, coalesce(currency, 'EUR') as currency
        from transfers full join given_back using (end_to_end_id)
        where coalesce(withheld, 0) <> if({HAS_FAILED}, amount, 0) order by 1"""
    return AnswerFaults(books.frame(query))


def releases_during_hold(books: Books) -> list[tuple[str, str]]:
    """Return the runs that released while payments were on hold, each with the run of that hold."""
    query = """
        select b.run_id, h.run_id as hold
        from (select distinct run_id from batches) b asof join holds h on b.run_id > h.run_id
        where h.action = 'hold' order by 1"""
    return books.frame(query).rows()


_KEPT_BACK = f"""
    select month, recipient_kind, recipient, currency, amount from withheld
    union all
    select paid_month, recipient_kind, recipient, currency, amount from ({_PAID_SINCE_RELEASE})"""
"""Money that a next release sends or sets off: amounts withheld, and payments of a month after its release."""


def open_withheld(books: Books) -> OpenWithheld:
    """Return what releases kept back and did not send or set off since, per recipient and currency.

    A month that was never released may have been paid outside; nothing of it is kept back.
    """
    query = f"""
        select recipient_kind, recipient, currency, sum(amount)::decimal(18, 2) as amount
        from ({_KEPT_BACK}) group by all having sum(amount) <> 0 order by all"""
    return OpenWithheld(books.frame(query))


def kept_back_by_month(books: Books, board: str | None) -> MonthsWithheld:
    """Return the same per month and currency, of all recipients or of a board."""
    query = f"""
        select month, currency, sum(amount)::decimal(18, 2) as amount
        from ({_KEPT_BACK}) where $1 is null or (recipient_kind = 'bestuur' and recipient = $1)
        group by all having sum(amount) <> 0 order by all"""
    return MonthsWithheld(books.frame(query, [board]))
