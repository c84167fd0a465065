"""Deliveries: current and superseded, their rejected rows, corrections and resolutions, and board reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from npo_pipeline.books.queries.schools import LISTED_SUBJECTS, SUBJECTS_BY_DELIVERY, school_facts
from npo_pipeline.books.reader import Books
from npo_pipeline.delivery.kinds import SUPERSEDING
from npo_pipeline.intake.state import IntakeState
from schemas.frames import books as frames
from schemas.frames.accounts import Currencies
from schemas.frames.reports import DeclaredCorrections
from schemas.received import (
    Areas,
    Boards,
    Changes,
    CountRanges,
    Counts,
    Deliveries,
    PaymentAccounts,
    Resolutions,
    Scores,
    SourceCorrections,
    ZeroCounts,
)


def all_deliveries(books: Books) -> Deliveries:
    """Return all deliveries in the order of their arrival."""
    return Deliveries(books.frame("from deliveries order by delivery_id"))


def deliveries_live_before(books: Books, run_id: str) -> Deliveries:
    """Return the deliveries that nothing had superseded when a run began."""
    query = """
        from deliveries d where run_id < $1 and not exists (
            from deliveries n where n.delivery_id = d.superseded_by and n.run_id < $1)"""
    return Deliveries(books.frame(query, [run_id]))


def intake_state(books: Books) -> IntakeState:
    """Load all that ingest compares a delivery with.

    A school is of each board that has or had it, by the facts and by the payments. When a resolving delivery goes,
    its lines are open again.
    """
    of_current = "t join deliveries d using (delivery_id) where d.superseded_by is null"
    resolutions = """
        select r.* from resolutions r join deliveries d on d.delivery_id = r.resolved_by
        where d.superseded_by is null"""
    currencies = """
        select brin, min(currency) as currency from payments where brin is not null
        group by brin having count(distinct currency) = 1"""
    boards = "select board, vestiging[:4] as brin from school_facts union select board, brin from payments"
    return IntakeState(
        deliveries=all_deliveries(books),
        rejected_lines=frames.RejectedLines(books.frame("select distinct delivery_id, line from quarantine")),
        corrections=SourceCorrections(books.frame(f"select t.* from source_corrections {of_current}")),
        resolutions=Resolutions(books.frame(resolutions)),
        counts=Counts(books.frame(f"select t.* from counts {of_current}")),
        zero_counts=ZeroCounts(books.frame(f"select t.* from zero_counts {of_current}")),
        count_ranges=CountRanges(books.frame(f"select t.* from count_ranges {of_current}")),
        scores=Scores(books.frame(f"select t.* from scores {of_current}")),
        areas=Areas(books.frame(f"select t.* from areas {of_current}")),
        listed=frames.DeliverySubjects(books.frame(f"select t.* from ({LISTED_SUBJECTS}) {of_current}")),
        boards=Boards(books.frame(f"select t.* from boards {of_current}")),
        school_facts=school_facts(books),
        changes=Changes(books.frame("from changes order by delivery_id")),
        payment_accounts=PaymentAccounts(books.frame("from payment_accounts order by delivery_id, recipient")),
        schools_of_boards=frames.BoardSchools(books.frame(boards)),
        reports=current_reports(books),
        currencies=Currencies(books.frame(currencies)),
    )


def rows_until(books: Books, table: str, run_id: str) -> pl.DataFrame:
    """Return the rows of a table that belong to deliveries of the runs up to and including a run."""
    query = f"select t.* from {table} t join deliveries d using (delivery_id) where d.run_id <= ?"
    return books.frame(query, [run_id])


def counting_deliveries(books: Books) -> list[str]:
    """Return the deliveries that have counts, or scores of schools or municipalities."""
    query = """
        select delivery_id from counts union select delivery_id from scores
        union select delivery_id from municipal_scores"""
    return books.frame(query)["delivery_id"].to_list()


def corrected_lines(books: Books) -> frames.CorrectedLines:
    """Return the corrections that current deliveries were read with, one row a field, in order."""
    query = """
        select distinct c.delivery_id, c.file, c.line, c.column_name, c.action, c.reason, c.reported_by,
               c.expires
        from source_corrections c join deliveries using (delivery_id)
        where superseded_by is null order by all"""
    return frames.CorrectedLines(books.frame(query))


def corrections_used_by(books: Books, decision_id: str, brins: Sequence[str]) -> DeclaredCorrections:
    """Return the corrections for some BRINs in the deliveries that a decision uses."""
    query = """
        select c.* exclude (delivery_id)
        from source_corrections c semi join (from decision_inputs where decision_id = $1) i using (delivery_id)
        where substr(vestiging, 1, 4) = any($2)"""
    return DeclaredCorrections(books.frame(query, [decision_id, list(brins)]))


def corrections_of_other_files(books: Books) -> list[tuple[str, str]]:
    """Select the delivery_id and file of corrections that are of no delivery of that file."""
    query = """
        select distinct c.delivery_id, c.file from source_corrections c
        anti join deliveries using (delivery_id, file) order by 1"""
    return books.frame(query).rows()


def resolved_lines(books: Books) -> frames.ResolvedLines:
    """Count the rejected lines of current deliveries that a later current delivery resolves."""
    query = """
        select b.file, r.delivery_id, count(*) as lines, r.resolved_by, s.file as by_file
        from resolutions r join deliveries b using (delivery_id)
        join deliveries s on s.delivery_id = r.resolved_by
        where b.superseded_by is null and s.superseded_by is null group by all
        order by r.delivery_id, r.resolved_by"""
    return frames.ResolvedLines(books.frame(query))


_RESOLVED_LINES = """
    select r.resolved_by, r.delivery_id, r.line
    from resolutions r left join deliveries b using (delivery_id)
    left join deliveries s on s.delivery_id = r.resolved_by"""

_RESOLUTION_FAULTS = {
    "is no refused line of that delivery": """
        select resolved_by, delivery_id, line from resolutions anti join quarantine using (delivery_id, line)""",
    "is of another kind or reference date, or no earlier one": f"""{_RESOLVED_LINES}
        where b.kind is distinct from s.kind or b.reference_date is distinct from s.reference_date
            or not coalesce(b.run_id < s.run_id, false)""",
    "was superseded, and what stands for it was not": f"""{_RESOLVED_LINES}
        where b.superseded_by is not null and s.superseded_by is null and s.delivery_id is not null""",
    "is resolved twice": """
        select max(r.resolved_by), r.delivery_id, r.line
        from resolutions r join deliveries s on s.delivery_id = r.resolved_by
        where s.superseded_by is null group by all having count(*) > 1""",
}


def resolution_faults(books: Books) -> frames.ResolutionFaults:
    """Select the resolved lines that do not fit the delivery they are of, with what is wrong, in order."""
    parts = [
        f"select {number} as number, '{words}' as fault, * from ({query})"
        for number, (words, query) in enumerate(_RESOLUTION_FAULTS.items())
    ]
    return frames.ResolutionFaults(books.frame(" union all ".join(parts) + " order by all").drop("number"))


def deliveries_with_unresolved_rows(books: Books) -> list[tuple[str, int, int]]:
    """Select the resolving deliveries with more rows than they resolve lines: delivery_id, rows, lines."""
    query = """
        select s.delivery_id, s.rows, count(*) as lines
        from resolutions r join deliveries s on s.delivery_id = r.resolved_by group by all having s.rows > lines
        order by 1"""
    return books.frame(query).rows()


def open_rejections(books: Books) -> frames.OpenRejections:
    """Count the rejected rows of current deliveries that nothing has resolved, per file, and per rule in words."""
    query = """
        with resolved as (
            select r.delivery_id, line from resolutions r join deliveries d on d.delivery_id = r.resolved_by
            where d.superseded_by is null),
        still_open as (
            select delivery_id, file, line, rule from quarantine join deliveries using (delivery_id, file)
            anti join resolved using (delivery_id, line) where superseded_by is null),
        per_rule as (select delivery_id, rule, count(*) as times from still_open group by all),
        described as (
            select delivery_id, string_agg(times || ' ' || rule, ', ' order by rule) as rules
            from per_rule group by all)
        select file, count(distinct line) as rows, rules from still_open join described using (delivery_id)
        group by delivery_id, file, rules order by delivery_id"""
    return frames.OpenRejections(books.frame(query))


def rejections_with_board(books: Books) -> list[tuple[str, int]]:
    """Count, per file, the open rejected rows of schools that have a board now: file, rows."""
    query = r"""
        select q.file, count(distinct q.line) as rows
        from quarantine q join deliveries d using (delivery_id, file)
        where d.superseded_by is null and q.rule = 'unknown_school' and q.board is null
            and regexp_extract(q.message, '[0-9]{2}[A-Z]{2}[0-9]{2}') in (select vestiging from schools)
            and (q.delivery_id, q.line) not in (
                select (r.delivery_id, r.line)
                from resolutions r join deliveries s on s.delivery_id = r.resolved_by
                where s.superseded_by is null)
        group by q.delivery_id, q.file order by q.delivery_id"""
    return books.frame(query).rows()


def rejection_mismatches(books: Books) -> frames.RejectionMismatches:
    """Select the deliveries that state another number of rejected rows than quarantine holds."""
    query = """
        select d.delivery_id, d.rejected, count(distinct q.line) as found
        from deliveries d left join quarantine q using (delivery_id) group by all having found <> rejected
        order by 1"""
    return frames.RejectionMismatches(books.frame(query))


_REPORTED = """
    select distinct delivery_id, board, year::varchar as period from spending
    union select distinct delivery_id, board, school_year from consents
    union select distinct delivery_id, board, year::varchar from reserve_transfers"""

_FIRST_RESTATEMENT = f"""
    with reported as ({_REPORTED}),
    mentioned as (
        from reported union all
        select distinct delivery_id, board, period from quarantine
        where board is not null and delivery_id not in (select delivery_id from reported)),
    reports as (select r.*, d.kind, d.run_id from reported r join deliveries d using (delivery_id))
    select m.delivery_id, d.kind, m.board, m.period, d.superseded_by, min(n.run_id) as run_id,
           min_by(n.delivery_id, (n.run_id, n.delivery_id)) as newer
    from mentioned m join deliveries d using (delivery_id)
    left join reports n on n.kind = d.kind and n.board = m.board and n.run_id > d.run_id
        and (m.period is null or n.period = m.period)
    group by all"""
"""The boards and periods that each delivery reports on, and the first later delivery that restates each.

Where all rows of a board were rejected, the periods are those of the rejected rows; where such a row names no
period, any later report of the board restates it."""

_RESTATED = f"""
    select delivery_id, min(newer) as newer, run_id
    from (
        from ({_FIRST_RESTATEMENT})
        qualify bool_and(newer is not null) over (partition by delivery_id)
            and run_id = max(run_id) over (partition by delivery_id))
    group by delivery_id, run_id"""
"""The deliveries that were restated in full, and the delivery and run that restated the last of each."""


def current_reports(books: Books) -> frames.CurrentReports:
    """Return the boards and periods of current deliveries that no later one has restated."""
    query = f"""
        select delivery_id, kind, board, period from ({_FIRST_RESTATEMENT})
        where newer is null and superseded_by is null order by all"""
    return frames.CurrentReports(books.frame(query))


def supersession_mismatches(books: Books) -> frames.SupersessionMismatches:
    """Select the deliveries with another `superseded_by` than follows from the deliveries and runs.

    A delivery is superseded by the first one of its kind and reference date that a later run brought and that
    has one of its subjects (schools, or municipalities); changes and applications never are. One that resolves
    rejected lines of another supersedes none, and goes when that other goes (`intake.supersession`). A delivery in
    which boards report on periods is superseded when all were restated.
    """
    query = f"""
        with recursive subjects as ({SUBJECTS_BY_DELIVERY}),
        meeting as (
            select distinct p.delivery_id, q.delivery_id as newer
            from subjects p join subjects q using (subject)),
        with_subjects as (select distinct delivery_id from subjects),
        later as (
            select d.delivery_id, n.delivery_id as newer, n.run_id
            from deliveries d join deliveries n
                on n.kind = d.kind and n.reference_date is not distinct from d.reference_date
                and n.run_id > d.run_id
            where d.kind in {SUPERSEDING}
                and ((d.delivery_id, n.delivery_id) in (select (delivery_id, newer) from meeting)
                or d.delivery_id not in (from with_subjects))
                and n.delivery_id not in (select resolved_by from resolutions)),
        rests(delivery_id, base) as (
            select resolved_by, delivery_id from resolutions
            union select s.delivery_id, r.delivery_id
            from rests s join resolutions r on r.resolved_by = s.base),
        replaced as (
            select delivery_id, newer, run_id, 0 as along from later
            union all select s.delivery_id, newer, run_id, 1
            from rests s join later l on l.delivery_id = s.base
            union all select delivery_id, newer, run_id, 0 from ({_RESTATED}))
        select d.delivery_id, d.superseded_by, min_by(r.newer, (r.run_id, r.along, r.newer)) as expected
        from deliveries d left join replaced r using (delivery_id)
        group by all having d.superseded_by is distinct from expected
        order by 1"""
    return frames.SupersessionMismatches(books.frame(query))


def row_count_mismatches(books: Books) -> list[tuple[str, int, int]]:
    """Select the board reports of which the books hold other rows than were valid: delivery_id, valid, found."""
    query = """
        with reported as (
            select delivery_id from spending union all select delivery_id from consents
            union all select delivery_id from (select distinct delivery_id, line from reserve_transfers))
        select d.delivery_id, d.rows - d.rejected as valid, count(r.delivery_id) as found
        from deliveries d left join reported r using (delivery_id)
        where d.kind in ('spending', 'consents', 'reserve_transfers')
        group by all having found <> valid order by 1"""
    return books.frame(query).rows()


def open_differences(books: Books) -> list[str]:
    """Return the messages about differences between the files in use: of each reference date its last run's."""
    query = """
        with latest as (
            select reference_date, max(run_id) as run_id from deliveries
            where reference_date is not null group by 1)
        select d.message from differences d join latest using (reference_date, run_id)
        where d.measure <> 'score_formula'
        union all
        select d.message from differences d join deliveries v on v.delivery_id = d.used_delivery
        where d.measure = 'score_formula' and v.superseded_by is null order by 1"""
    return books.frame(query)["message"].to_list()


def first_refused_line(books: Books, file: str, reference_date: date, rule: str) -> tuple[str, int]:
    """Return delivery and line of the first row of a file that a rule rejected."""
    query = """
        select delivery_id, min(line) from quarantine join deliveries using (delivery_id, file)
        where file = ? and reference_date = ? and rule = ? group by 1"""
    delivery_id, line = books.frame(query, [file, reference_date, rule]).row(0)
    return delivery_id, int(line)
