"""Decisions: the latest per school year and currency, their inputs, amounts and instalments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline.books.reader import Books
from npo_pipeline.intake.school_changes import without_undone
from npo_pipeline.money import RATE_UNITS, to_cents
from npo_pipeline.months import day_of
from schemas import received
from schemas.decided import DecisionInputRows, Decisions, DueChanges
from schemas.frames.accounts import DecidedTotals
from schemas.frames.books import (
    REPLACED_INPUTS,
    PastInputs,
    ReconciliationFaults,
    ReplacedInputs,
    SubsidyDecisions,
    UnknownDeliveries,
    UnknownFiles,
)
from schemas.frames.reports import AnnualInstalments, DecisionFiles, MunicipalSupport, TracedAmounts
from schemas.received import Changes
from schemas.reconciled import COMPARED_AMOUNTS, OUR_AMOUNTS, ComparedAmounts, LastReconciliations, OurAmounts

_KEY = "decision_id, beneficiary, school_type, component"
_LATEST = "(select decision_id from latest_decisions where school_year = $1)"


def latest_decisions(books: Books, school_year: str) -> Decisions:
    """Return the latest decisions of a school year, by currency."""
    return Decisions(books.frame("from latest_decisions where school_year = ? order by currency", [school_year]))


def past_inputs(books: Books) -> PastInputs:
    """Return what all decisions counted."""
    query = """
        select d.run_id, i.used_for, i.delivery_id, v.reference_date
        from decision_inputs i join decisions d using (decision_id) join deliveries v using (delivery_id)"""
    return PastInputs(books.frame(query))


def traced_amounts(books: Books, school_year: str) -> TracedAmounts:
    """Return the entitlements of schools by the latest decisions of a school year, with their trace.

    A row that is in one of the two tables only has nulls for the other.
    """
    query = f"""
        select {_KEY}, coalesce(e.vestiging, t.vestiging) as vestiging, e.board, e.brin, t.measure, t.counted,
            t.threshold, t.level, t.quantity, t.rate, t.unrounded, t.unrounded_before, e.amount,
            t.amount as traced, t.currency, t.status, t.article, t.source, t.url, t.regulation
        from entitlements e full join trace t using ({_KEY}) where decision_id in {_LATEST}
            and 'bestuur' in (e.recipient_kind, t.recipient_kind)"""
    return TracedAmounts(books.frame(query, [school_year]))


def reconciled_amounts(books: Books, school_year: str) -> OurAmounts:
    """Return what the latest decisions of a school year entitle each beneficiary to, with its units and rate."""
    query = f"""
        select {_KEY}, e.currency, e.board, e.brin, e.vestiging, t.measure, t.rate, t.quantity, t.counted,
            t.threshold, e.amount
        from entitlements e left join (
            select {_KEY}, sum(quantity)::decimal(18, 2) as quantity, sum(counted)::decimal(18, 2) as counted,
                max(threshold)::BIGINT as threshold, if(count(*) = 1, min(measure), null) as measure,
                if(count(*) = 1, min(rate), null) as rate
            from trace group by all) t using ({_KEY})
        where decision_id in {_LATEST} order by all"""
    found = books.frame(query, [school_year])
    rate = (pl.col("rate").cast(pl.Decimal(38, 8)) * pl.lit(RATE_UNITS, pl.Int64)).cast(pl.Int64)
    return OurAmounts(
        found.with_columns(
            rate_e8=rate,
            quantity_e2=to_cents(pl.col("quantity")),
            counted_e2=to_cents(pl.col("counted")),
            amount_cents=to_cents(pl.col("amount")),
        ).select(list(OUR_AMOUNTS))
    )


def compared_amounts(
    books: Books, decision_id: str, *, brins: Sequence[str], boards: Sequence[str]
) -> ComparedAmounts:
    """Return what others say of schools and boards, beside a decision or an earlier one of its series.

    Of each school and board the rows of the last run that holds it.
    """
    query = """
        select r.* replace (coalesce(r.file, of_run.files) as file),
            coalesce(r.vestiging, r.brin, r.board) as code, n.finished_at
        from reconciliation r join decisions d using (decision_id) join runs n on n.run_id = r.run_id
            join (
                select run_id, string_agg(distinct file, ', ' order by file) as files
                from reconciliation group by 1) of_run on of_run.run_id = r.run_id,
            (from decisions where decision_id = $1) explained
        where d.school_year = explained.school_year and d.currency = explained.currency
            and d.sequence <= explained.sequence
            and if(r.level = 'board', r.board = any($3), r.brin = any($2))
        qualify r.run_id = max(r.run_id) over (partition by code)"""
    found = books.frame(query, [decision_id, list(brins), list(boards)])
    days = found["finished_at"].map_elements(day_of, pl.Date)
    return ComparedAmounts(found.with_columns(compared_on=days).select(list(COMPARED_AMOUNTS)))


def last_reconciliations(books: Books) -> LastReconciliations:
    """Return the last reconciliation of each school year, and the decisions that were taken since."""
    query = """
        with last as (
            from reconciliation qualify run_id = max(run_id) over (partition by school_year)),
        newer as (
            select l.school_year, string_agg(distinct d.decision_id, ', ' order by d.decision_id) as newer
            from decisions d join (select distinct school_year, run_id from last) l
                on d.school_year = l.school_year and d.run_id > l.run_id
            where exists (from entitlements e where e.decision_id = d.decision_id)
            group by 1)
        select school_year, run_id, any_value(n.finished_at) as compared_at,
            string_agg(distinct file, ', ' order by file) as files,
            string_agg(distinct decision_id, ', ' order by decision_id) as decisions,
            count(*) as amounts, count(*) filter (outcome = 'match') as matching,
            matching * 10000 // amounts as share_e4, any_value(newer) as newer
        from last join runs n using (run_id) left join newer using (school_year)
        group by 1, 2 order by 1"""
    found = books.frame(query)
    shares = [Decimal(share).scaleb(-4) for share in found["share_e4"]]
    share = pl.Series("share_e4", shares, dtype=pl.Decimal(5, 4))
    return LastReconciliations(found.with_columns(share).rename({"share_e4": "share"}))


def reconciliation_faults(books: Books) -> ReconciliationFaults:
    """Return rows of `reconciliation` that do not fit the decision they name, or themselves, with what is wrong.

    Of an amount that no file has, part may have been in another file: then ours is not more than was decided.
    """
    query = """
        with scopes as (select distinct decision_id, level, component, school_types from reconciliation),
        sums as (
            select s.decision_id, s.level, s.component, s.school_types, e.currency,
                case s.level when 'vestiging' then e.vestiging when 'school' then e.brin else e.board end as code,
                sum(e.amount)::decimal(18, 2) as decided
            from scopes s join entitlements e on e.decision_id = s.decision_id
                and list_contains(string_split(s.component, '+'), e.component)
                and (s.school_types is null or list_contains(string_split(s.school_types, '+'), e.school_type))
            group by all),
        compared as (
            select r.*, coalesce(r.vestiging, r.brin, r.board) as code, s.decided
            from reconciliation r left join sums s on s.decision_id = r.decision_id and s.level = r.level
                and s.component = r.component and s.currency = r.currency
                and s.school_types is not distinct from r.school_types
                and s.code = coalesce(r.vestiging, r.brin, r.board))
        select run_id, code, component, case
                when outcome = 'missing_there' and ours <= decided then null
                when ours is distinct from decided then 'ours is not what the decision has'
            end as of_ours, case
                when difference is distinct from theirs - ours then 'the difference is not theirs less ours'
            end as of_difference, case
                when outcome <> case
                    when theirs is null then 'missing_there' when ours is null then 'missing_here'
                    when abs(theirs - ours) <= tolerance then 'match' else 'differs' end
                or (ours is null and theirs is null) or (outcome = 'match') <> (cause is null)
                then 'the outcome does not follow from the amounts'
            end as of_outcome
        from compared where coalesce(of_ours, of_difference, of_outcome) is not null order by 1, 2, 3"""
    return ReconciliationFaults(books.frame(query))


def annual_instalments(books: Books, school_year: str) -> AnnualInstalments:
    """Return the instalments of schools by the latest decisions of a school year, without their adjustments.

    An adjustment (for a merger, closure, opening or amendment) is in `instalments` and follows from no amount.
    """
    query = f"""
        select {_KEY}, vestiging, month, sum(amount)::decimal(18, 2) as amount from (
            select {_KEY}, vestiging, month, amount, decision_id, recipient_kind from instalments
            union all select {_KEY}, vestiging, month, -amount, decision_id, recipient_kind from adjustments)
        where decision_id in {_LATEST} and recipient_kind = 'bestuur'
        group by all having sum(amount) <> 0"""
    return AnnualInstalments(books.frame(query, [school_year]))


def municipal_support(books: Books) -> MunicipalSupport:
    """Return what municipalities and the schools in them get, per year; none before municipalities are decided."""
    query = """
        from municipal_support where exists (
            from entitlements semi join latest_decisions using (decision_id) where recipient_kind = 'gemeente')
        order by municipality, year, currency"""
    return MunicipalSupport(books.frame(query))


def decisions_with_entitlements(books: Books) -> Decisions:
    """Return all decisions of the school years and currencies that have entitlements, in order.

    A decision on subsidies alone is not among them: a grant carries its own reason.
    """
    query = """
        from decisions where (school_year, currency) in (
            select (school_year, currency) from decisions semi join entitlements using (decision_id))
        order by school_year, currency, sequence"""
    return Decisions(books.frame(query))


def decisions_without_entitlements(books: Books) -> SubsidyDecisions:
    """Return the decisions on subsidies alone."""
    query = "select decision_id, school_year from decisions anti join entitlements using (decision_id)"
    return SubsidyDecisions(books.frame(query))


def entitled_years(books: Books, beneficiaries: Sequence[str]) -> set[tuple[str, str]]:
    """Return the (school year, currency) pairs in which any of some beneficiaries has an entitlement."""
    query = """
        select distinct d.school_year, d.currency
        from entitlements e join decisions d using (decision_id) where e.beneficiary = any($1)"""
    return set(books.frame(query, [list(beneficiaries)]).iter_rows())


def decisions_counting(books: Books, vestigingen: Sequence[str]) -> set[str]:
    """Return the decisions of which an input counts pupils of any of some vestigingen."""
    query = """
        select distinct i.decision_id
        from counts c join decision_inputs i using (delivery_id) where c.vestiging = any($1)"""
    return set(books.frame(query, [list(vestigingen)])["decision_id"])


def decision_inputs(books: Books, decision_id: str) -> DecisionInputRows:
    """Return the deliveries that a decision uses and what it uses them for."""
    query = "from decision_inputs where decision_id = ? order by used_for, delivery_id"
    return DecisionInputRows(books.frame(query, [decision_id]))


def decision_files(books: Books, decision_id: str) -> DecisionFiles:
    """Return the delivered files that a decision uses."""
    query = """
        select d.delivery_id, i.used_for, d.kind, d.file, d.sha256, d.rows, d.rejected, d.reference_date,
               d.superseded_by
        from decision_inputs i join deliveries d using (delivery_id) where i.decision_id = ?"""
    return DecisionFiles(books.frame(query, [decision_id]))


def rows_of_decision(books: Books, table: str, decision_id: str | None, places: Sequence[str]) -> pl.DataFrame:
    """Return the rows of a table of decisions for some BRINs, or beneficiaries that are no schools.

    None where there is no decision.
    """
    query = f"from {table} where decision_id = $1 and coalesce(vestiging[:4], beneficiary) = any($2)"
    return books.frame(query, [decision_id or "", list(places)])


def all_decisions(books: Books) -> Decisions:
    """Return all decisions in the order in which they were taken."""
    return Decisions(books.frame("from decisions order by run_id, decision_id"))


def due_changes_between(books: Books, before: str, after: str) -> DueChanges:
    """Sum per cause what the decisions of a series changed between two of them; negated when `after` is the older.

    Returns:
        As table `due_changes`, without decision_id.
    """
    query = """
        select c.school_year, c.vestiging, c.school_type, c.component, c.month, c.cause,
               (sum(c.amount) * any_value(sign(a.sequence - b.sequence)))::decimal(18, 2) as amount, c.currency,
               c.beneficiary, c.recipient_kind
        from (from decisions where decision_id = $before) b
        cross join (from decisions where decision_id = $after) a
        join decisions d on d.school_year = b.school_year and d.currency = b.currency
            and d.sequence > least(a.sequence, b.sequence) and d.sequence <= greatest(a.sequence, b.sequence)
        join due_changes c on c.decision_id = d.decision_id
        group by all having sum(c.amount) <> 0"""
    return DueChanges(books.frame(query, {"before": before, "after": after}))


_COUNTING = (
    received.COUNTS,
    received.SCORES,
    received.AREAS,
    received.MUNICIPAL_SCORES,
    received.LISTED_VESTIGINGEN,
    received.LEERPLUS_SCHOOLS,
)
_ROWS = " union all ".join(
    f"select delivery_id, hash({', '.join(sorted({*one.columns} - {'delivery_id'}))}) as row from {one.name}"
    for one in _COUNTING
)


def replaced_inputs(books: Books) -> ReplacedInputs:
    """Return the files that the latest decisions rest on and that were superseded, and what counts now instead."""
    if not books.value("select count(superseded_by) from deliveries"):
        return ReplacedInputs(pl.DataFrame(schema=REPLACED_INPUTS))
    query = f"""
        with sums as (select delivery_id, sum(row::HUGEINT) as content from ({_ROWS}) group by 1),
        inputs as (
            select distinct d.decision_id, v.kind, v.reference_date, v.delivery_id, v.file, v.superseded_by
            from latest_decisions d join decision_inputs using (decision_id)
            join deliveries v using (delivery_id)),
        used as (
            select decision_id, kind, reference_date, sum(content) as content,
                   string_agg(distinct file, ', ' order by file) filter (superseded_by is not null) as files
            from inputs left join sums using (delivery_id) group by all having files is not null),
        live as (
            select kind, reference_date, sum(content) as content, list(delivery_id) as delivery_ids
            from deliveries left join sums using (delivery_id) where superseded_by is null group by all)
        select u.decision_id, u.files, coalesce(n.delivery_ids, []) as delivery_ids,
               u.content is not distinct from n.content as is_same
        from used u left join live n
            on n.kind = u.kind and n.reference_date is not distinct from u.reference_date
        order by u.decision_id, u.files"""
    return ReplacedInputs(books.frame(query))


def unknown_changes(books: Books) -> UnknownDeliveries:
    """Select the latest decisions made without a merger, closure or opening that would move their instalments.

    Or with one that a later delivery undid or moved.
    """
    query = """
        select d.decision_id, c.*, v.file, i.delivery_id is not null as is_known,
               c.effective <= d.valid_to and exists (
                   from instalments n where n.decision_id = d.decision_id and n.vestiging = c.vestiging
                   and case when c.kind = 'opening' then n.month < c.effective else n.month >= c.effective end
               ) as would_move
        from latest_decisions d cross join changes c join deliveries v using (delivery_id)
        left join (select distinct decision_id, delivery_id from decision_inputs) i
            on i.decision_id = d.decision_id and i.delivery_id = c.delivery_id
        where c.kind in ('fusie', 'sluiting', 'opening') order by d.decision_id, c.delivery_id"""
    parts = [_unknown(told) for told in books.frame(query).partition_by("decision_id", maintain_order=True)]
    schema = {"decision_id": pl.String, "files": pl.String}
    return UnknownDeliveries(pl.concat([pl.DataFrame(schema=schema), *parts]))


def _unknown(told: pl.DataFrame) -> pl.DataFrame:
    """Return one decision with the files of changes that it does not know of; none where there are none."""
    known, now = (without_undone(Changes(rows)) for rows in (told.filter("is_known"), told))
    key = ["vestiging", "effective", "kind", "successor"]
    gone = known.join(now, on=key, how="anti", nulls_equal=True)["vestiging"]
    new = now.join(known, on=key, how="anti", nulls_equal=True)
    closing = told.filter(pl.col("kind") != "opening").select("vestiging", "effective", kind=pl.lit("opening"))
    undoing = new.join(closing, on=["vestiging", "effective", "kind"], how="semi")
    moving = new.join(undoing, on=key, how="anti", nulls_equal=True).filter("would_move")
    of_gone = new.filter(pl.col("vestiging").is_in(gone.implode()))
    files = pl.concat([moving, of_gone]).select("decision_id", "file").unique().sort("file")
    return files.group_by("decision_id").agg(files=pl.col("file").str.join(", "))


def unknown_lists(books: Books) -> UnknownFiles:
    """Select the latest decisions that could pay by files of areas, or lists of vestigingen, that came later."""
    query = """
        select distinct d.decision_id, v.delivery_id, v.file
        from latest_decisions d
        join settling s on s.decision_id = d.decision_id
        join deliveries v on v.superseded_by is null and v.run_id > d.run_id
            and (v.kind, s.component) in (('areas', 'samenwerkingsverband'),
                                          ('listed_vestigingen', 'arbeidsmarkttoelage'))
        anti join decision_inputs i on i.decision_id = d.decision_id and i.delivery_id = v.delivery_id
        where v.kind = 'areas' or exists (
            from listed_vestigingen l join instalments n using (vestiging)
            where l.delivery_id = v.delivery_id and n.decision_id = d.decision_id)
        order by 1, 3"""
    return UnknownFiles(books.frame(query))


def unknown_applications(books: Books) -> UnknownDeliveries:
    """Select the latest decisions on subsidies, and the files of applications for them that came later."""
    query = """
        select d.decision_id, string_agg(distinct v.file, ', ' order by v.file) as files
        from latest_decisions d join (select distinct decision_id, scheme from grants) g using (decision_id)
        join applications a using (scheme) join deliveries v using (delivery_id)
        where v.run_id > d.run_id group by 1 order by 1"""
    return UnknownDeliveries(books.frame(query))


def granted_amounts(books: Books, board: str | None) -> list[tuple[str, Decimal]]:
    """Sum the grants of the latest decisions, of all boards or of one: scheme and currency, amount."""
    query = """
        select concat_ws(' ', scheme, g.currency), sum(amount)::decimal(18, 2)
        from grants g join latest_decisions d using (decision_id)
        where $1 is null or board = $1 group by all having sum(amount) <> 0 order by all"""
    return books.frame(query, [board]).rows()


def latest_reference_dates(books: Books) -> list[tuple[str, str, date]]:
    """Return the latest decisions with their school year or period and reference date, by decision_id."""
    query = "select decision_id, school_year, reference_date from latest_decisions order by 1"
    return books.frame(query).rows()


def table_of_decision(books: Books, table: str, decision_id: str) -> pl.DataFrame:
    """Return the rows of a table of decisions (`entitlements`, `instalments`, `grants`, ...) that are of one."""
    return books.frame(f"from {table} where decision_id = ?", [decision_id])


def totals_of_decisions(
    books: Books, decision_ids: Sequence[str], *, by_component: bool, by_month: bool
) -> DecidedTotals:
    """Sum the instalments of boards by some decisions per school year, vestiging and currency.

    `by_component`: a row for each school type and component, as instalments are rounded. `by_month`: what
    a merger, closure or opening moves is apart, in its month, but for what is paid in one month as a whole.
    """
    if by_month:
        return DecidedTotals(books.frame(_TOTALS_BY_MONTH, [list(decision_ids), list(decision_ids)]))
    each = ", i.school_type, i.component" if by_component else ""
    query = f"""
        select i.school_year, i.vestiging, d.currency, sum(i.amount)::decimal(18, 2) as amount{each}
        from instalments i join decisions d using (decision_id)
        where decision_id in (select unnest(?)) and i.recipient_kind = 'bestuur' group by all"""
    found = books.frame(query, [list(decision_ids)])
    no_month = pl.lit(None, pl.Date).alias("month")
    return DecidedTotals(found.select("school_year", "vestiging", "currency", "amount", no_month))


_TOTALS_BY_MONTH = """
    with parts as (
        select i.school_year, i.vestiging, d.currency, i.school_type, i.component, i.month, i.amount, 0 as moved
        from instalments i join decisions d using (decision_id)
        where decision_id in (select unnest(?)) and i.recipient_kind = 'bestuur'
        union all select a.school_year, a.vestiging, a.currency, a.school_type, a.component, a.month, 0, a.amount
        from adjustments a where decision_id in (select unnest(?)) and a.recipient_kind = 'bestuur'
            and a.cause in ('merger', 'closure', 'opening')),
    placed as (
        select *, count(distinct month) over (
            partition by school_year, vestiging, currency, school_type, component) > 1 as is_monthly
        from parts)
    select school_year, vestiging, currency,
           sum(amount - case when is_monthly then moved else 0 end)::decimal(18, 2) as amount, null::DATE as month
    from placed group by school_year, vestiging, currency, school_type, component
    union all
    select school_year, vestiging, currency, sum(moved)::decimal(18, 2), month
    from placed where is_monthly group by school_year, vestiging, currency, month having sum(moved) <> 0"""


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
