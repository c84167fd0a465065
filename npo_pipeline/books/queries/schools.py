"""Schools: facts by delivery, the directory, the boards that hold them, and their counts and scores."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.books.queries.runs import rule_of_run
from npo_pipeline.books.reader import Books
from npo_pipeline.intake.board_transfers import board_disagreements
from npo_pipeline.intake.school_directory import BY_LISTS, build_directory
from schemas.frames.accounts import BoardNames
from schemas.frames.intake import BoardDisagreements
from schemas.frames.reports import KnownSchools, MaskedPupils
from schemas.received import MunicipalScores, SchoolFacts, Schools

LISTED_SUBJECTS = """
    select delivery_id, vestiging as subject from areas
    union all select delivery_id, municipality_number from municipal_scores
    union all select delivery_id, vestiging from listed_vestigingen
    union all select delivery_id, brin from leerplus_schools"""
"""The vestigingen, municipalities and schools that reference lists are about, a row for each of theirs."""

SUBJECTS_BY_DELIVERY = f"""
    select delivery_id, vestiging as subject from counts union select delivery_id, vestiging from zero_counts
    union select delivery_id, vestiging from count_ranges
    union select delivery_id, vestiging from scores union select delivery_id, board from boards
    union select delivery_id, vestiging from school_facts union from ({LISTED_SUBJECTS})"""


def known_schools(books: Books) -> KnownSchools:
    """Return the directory, the vestigingen that have counts and are not in it, and the other beneficiaries."""
    query = """
        select vestiging, brin, board, name, place, valid_from, null as samenwerkingsverband, null as gemeente
        from schools
        union all
        select distinct vestiging, substr(vestiging, 1, 4), null, null, null, null, null, null
        from counts anti join schools using (vestiging)
        union all
        select null, null, null, null, null, null, samenwerkingsverband, null
        from (select samenwerkingsverband from areas
              union select beneficiary from entitlements where recipient_kind = 'samenwerkingsverband')
        union all
        select null, null, null, max(name), null, null, null, number
        from (select municipality_number as number, municipality as name from schools
              union all select municipality_number, null from municipal_scores
              union all select beneficiary, null from entitlements where recipient_kind = 'gemeente')
        where number is not null group by number
        order by vestiging, valid_from"""
    return KnownSchools(books.frame(query))


def masked_pupils(books: Books, vestigingen: Sequence[str]) -> MaskedPupils:
    """Return the ranges of pupils of vestigingen that nothing else counts on that date, by the files in force."""
    query = """
        select file, reference_date, vestiging, school_type, sum(lowest)::bigint as lowest,
               sum(highest)::bigint as highest
        from count_ranges semi join (from deliveries where superseded_by is null) using (delivery_id)
             join (select delivery_id, file from deliveries) using (delivery_id)
             anti join current_counts using (vestiging, school_type, reference_date)
        where measure = 'pupils' and list_contains(?, vestiging)
        group by all order by all"""
    return MaskedPupils(books.frame(query, [list(vestigingen)]))


def board_names(books: Books, before_run: str | None = None) -> BoardNames:
    """Return the name of each board, by the latest list that has it: one off a later list keeps its name.

    `before_run`: by the lists that were there before a run; null: by all.
    """
    query = """
        select board, arg_max(name, delivery_id) as name from boards join deliveries using (delivery_id)
        where $1 is null or run_id < $1 group by board order by board"""
    return BoardNames(books.frame(query, [before_run]))


def knows_board(books: Books, board: str) -> bool:
    """Return whether any row of the books is of a board: of a list, a school, money, or its own report."""
    query = " union all ".join(
        f"select 1 from {name} where board = $1"
        for name in ("boards", "schools", "entitlements", "payments", "spending", "consents", "applications")
    )
    return not books.frame(f"{query} limit 1", [board]).is_empty()


def school_facts(books: Books) -> SchoolFacts:
    """Return all facts about schools in the order of arrival, also of superseded lists.

    A corrected list in which a school is missing does not stop its money, and where both name it the later one
    is believed.
    """
    return SchoolFacts(books.frame("from school_facts order by delivery_id, vestiging"))


def school_directory(books: Books) -> Schools:
    """Return the directory of schools."""
    return Schools(books.frame("from schools order by vestiging, valid_from"))


def disagreements_about_money(books: Books) -> BoardDisagreements:
    """Return the disagreements about boards that touch money, the first school first.

    Where no change says when a school went over, that is money of a month between the two dates. A list that does
    not follow a change always touches it.
    """
    found = board_disagreements(school_facts(books))
    if found.is_empty():
        return found
    names = found["vestiging"].unique().to_list()
    query = """
        select distinct vestiging, paid_month as month from payments where vestiging = any($1)
        union select distinct vestiging, month from instalments join latest_decisions using (decision_id)
        where vestiging = any($1)"""
    months = books.frame(query, [names])
    between = found.join(months, on="vestiging").filter(
        pl.col("month") > pl.col("as_of"), pl.col("month") < pl.col("other_as_of")
    )
    undeclared = found.filter(pl.col("kind") == "undeclared").join(
        between, on=["vestiging", "as_of", "other_as_of"], how="semi"
    )
    both = pl.concat([undeclared, found.filter(pl.col("kind") == "not_followed")])
    return BoardDisagreements(both.sort("vestiging", "as_of"))


def directory_as_derived(books: Books, before_run: str) -> Schools:
    """Derive the directory as it was before a run: from the facts of then, in the way of the program of then.

    A version that derived it in another way wrote other manifests. Its directory stays until the next delivery,
    and what was paid by it is settled again by it.
    """
    last = books.value("select coalesce(max(run_id), '') from deliveries where run_id < ?", [before_run])
    rule = _rule_of_directory(books, before_run)
    query = """
        select f.* from school_facts f semi join (from deliveries where run_id <= ?) using (delivery_id)
        order by delivery_id, vestiging"""

    def derived() -> Schools:
        return build_directory(SchoolFacts(books.frame(query, [last])), rule)

    return books.once(("directory", last, rule), derived)


def _rule_of_directory(books: Books, before_run: str) -> int:
    """Return how the directory before a run was derived, by the manifest of the run that wrote it."""
    query = """
        select max(run_id) from runs
        where run_id < ? and (command in ('ingest', 'upgrade') or contains(manifest, '"directory": '))"""
    return rule_of_run(books, books.value(query, [before_run]) or "", "directory", BY_LISTS)


def directory_of(books: Books, brins: Sequence[str]) -> Schools:
    """Return the part of the directory that is of some BRINs."""
    query = "from schools where brin = any(?) order by vestiging, valid_from"
    return Schools(books.frame(query, [list(brins)]))


def vestigingen_of_board(books: Books, board: str) -> list[str]:
    """Return the vestigingen that a board has an entitlement or a payment for."""
    query = """
        select vestiging from entitlements where board = $1
        union select vestiging from payments where board = $1"""
    return books.frame(query, [board])["vestiging"].to_list()


def vestigingen_of_municipalities(books: Books, numbers: Sequence[str]) -> list[str]:
    """Return the vestigingen that ever lay in some municipalities."""
    query = "select distinct vestiging from schools where municipality_number = any(?)"
    return books.frame(query, [list(numbers)])["vestiging"].to_list()


def municipal_scores_of(books: Books, decision_id: str, numbers: Sequence[str]) -> MunicipalScores:
    """Return the scores of some municipalities that a decision uses."""
    query = """
        select s.* from municipal_scores s join decision_inputs i using (delivery_id)
        where i.decision_id = ? and i.used_for = 'municipal_scores' and s.municipality_number = any(?)"""
    return MunicipalScores(books.frame(query, [decision_id, list(numbers)]))


def count_schools_without_board(books: Books) -> int:
    """Count the vestigingen with pupils that are not in the directory."""
    query = "select count(distinct vestiging) from current_counts anti join schools using (vestiging)"
    return int(books.value(query))


def rows_of_brins(books: Books, table: str, brins: Sequence[str]) -> pl.DataFrame:
    """Return the rows of a table of vestigingen for some BRINs, of all deliveries."""
    return books.frame(f"from {table} where substr(vestiging, 1, 4) = any($1)", [list(brins)])
