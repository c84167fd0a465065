"""What the reports of a year tell, read from the books."""

from __future__ import annotations

from npo_pipeline.accounts.consented import consents_for, told_of_consents
from npo_pipeline.accounts.menu import keys
from npo_pipeline.accounts.told_last import latest_told
from npo_pipeline.commands.accounted import kept_rules_of
from npo_pipeline.errors import Refused
from npo_pipeline.home.books import Books
from npo_pipeline.reports.filing.told import Told


def told_of(books: Books, year: int) -> Told:
    """What the reports of a year tell, of all boards.

    Raises:
        Refused: the year was not accounted for.
    """
    rows = books.frame("from accounts where year = ? qualify sequence = max(sequence) over ()", [year])
    if rows.is_empty():
        raise Refused(f"{year} was not accounted for yet; begin with `npo account --year {year}`")
    row = rows.row(0, named=True)
    mine = {
        table: books.frame(f"from {table} where year = ?", [year])
        for table in ("accountability", "accountability_interventions", "findings")
    }
    consents = books.frame(
        "select c.* from consents c join deliveries d using (delivery_id) where d.run_id <= ?", [row["run_id"]]
    )
    return Told(
        year,
        row["treatment"],
        row["accounted_on"],
        mine["accountability"].sort("board", "brin"),
        mine["accountability_interventions"].sort("board", "brin", "category", "intervention", "level"),
        mine["findings"],
        books.frame(_SCHOOLS, [year, year]),
        told_of_consents(consents_for(latest_told(consents, "school_year"), year)),
        keys(kept_rules_of(books, row).menukaart),
    )


_SCHOOLS = """
    with held as (
        select brin, vestiging, name, municipality, board, valid_from,
               valid_from <= make_date(?, 12, 31) as known from schools),
    own as (
        select a.board, a.brin, h.* exclude (board, brin),
               row_number() over (
                   partition by a.board, a.brin
                   order by (h.board = a.board) desc, h.known desc, h.vestiging, h.valid_from desc) as place
        from accountability a left join held h on h.brin = a.brin where a.year = ?)
    select board, brin, name, municipality from own where place = 1 order by board, brin"""
"""A school is named after its lowest vestiging, as the board knew it at the end of the year."""
