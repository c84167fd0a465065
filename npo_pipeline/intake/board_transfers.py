"""Board transfers: who holds a school from day to day, by declared changes and by what lists say on their date.

A transfer moves who is paid and not what: a payment goes to the board that holds the vestiging on the first day of
the paid month (contract, section 4). A transfer that is delivered late moves no payment; view `receivables` shows
what the two boards owe each other.

A list or pupil file says who holds a school on its date, and nothing of other days. A change says on which day a
school goes over. So where two dates disagree and no change says on which day, the later board counts from the
later date on, and nothing is claimed of the months before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, pairwise
from typing import Literal, NamedTuple, TypeAlias

import polars as pl

from schemas.frames.intake import BOARD_DISAGREEMENTS, BoardDisagreements, FileRows
from schemas.received import SchoolFacts, Schools

RANK = {"pupils": 0, "addresses": 1, "changes": 2}
"""Precedence of sources on one day, the highest wins: a change was decided, a list was compiled."""

DisagreementKind: TypeAlias = Literal["undeclared", "not_followed", "same_day"]
"""No change says when a school went over; a list names the board that a change took it from; two of one day."""


class Statement(NamedTuple):
    """Represent what one source says of one vestiging: its board on a day, or from that day on (a change)."""

    day: date
    source: str
    board: str
    delivery_id: str = ""


class Disagreement(NamedTuple):
    """Represent two statements that no change reconciles: the board in the one, and in the other, later, one."""

    kind: DisagreementKind
    one: Statement
    other: Statement


def board_on(schools: Schools, rows: pl.DataFrame, on: date) -> pl.DataFrame:
    """Add the board that holds the vestiging on a day: for a payment the first day of the paid month.

    Before the first known day of a school, its first known board counts; where none is known, `board` is null.
    """
    there = directory_on(schools, on).select("vestiging", "board")
    return rows.join(there, on="vestiging", how="left", maintain_order="left")


def board_in_month(schools: Schools, rows: pl.DataFrame) -> pl.DataFrame:
    """Add the board that holds each vestiging on the first day of column `month`, as `board_on` does for one day.

    The money of a month is of this board; where another was paid, the boards settle it (view `receivables`).
    """
    known = schools.select("vestiging", "board", month="valid_from").sort("month")
    first = known.group_by("vestiging").agg(first=pl.col("board").first())
    found = rows.sort("month").join_asof(known, on="month", by="vestiging", check_sortedness=False)
    return (
        found.join(first, on="vestiging", how="left", maintain_order="left")
        .with_columns(board=pl.coalesce("board", "first"))
        .drop("first")
    )


def directory_on(schools: Schools, on: date) -> Schools:
    """Select the row of each vestiging that holds on a day; before its first known day the first."""
    past = schools.filter(pl.col("valid_from") <= on).sort("valid_from", descending=True)
    to_come = schools.filter(pl.col("valid_from") > on).sort("valid_from")
    return Schools(pl.concat([past, to_come]).unique("vestiging", keep="first", maintain_order=True))


def transfers(rows: FileRows) -> FileRows:
    """Select the rows of a changes file that name a board: transfers and openings."""
    return FileRows(rows.filter(pl.col("SOORT").is_in(["bestuursoverdracht", "opening"])))


def in_order(facts: SchoolFacts) -> SchoolFacts:
    """Sort facts by vestiging and day; of one source on one day only the last that came in is kept.

    `facts`: in the order of their arrival.
    """
    rank = pl.col("source").replace_strict(RANK, return_dtype=pl.Int8)
    last = facts.with_columns(rank=rank).unique(["vestiging", "as_of", "source"], keep="last", maintain_order=True)
    return SchoolFacts(last.sort("vestiging", "as_of", "rank").drop("rank"))


def with_board_in_force(facts: SchoolFacts) -> SchoolFacts:
    """Return facts (`in_order`) with the board that holds each vestiging from the day of the fact on."""
    several = pl.col("board").n_unique().over("vestiging") > 1
    disputed = SchoolFacts(facts.filter(several))
    boards = [
        {"vestiging": vestiging, "as_of": day, "in_force": board}
        for vestiging, statements in _by_vestiging(disputed)
        for day, board in boards_in_force(statements)[0].items()
    ]
    found = pl.DataFrame(boards, schema={"vestiging": pl.String, "as_of": pl.Date, "in_force": pl.String})
    joined = facts.join(found, on=["vestiging", "as_of"], how="left", maintain_order="left")
    return SchoolFacts(joined.with_columns(board=pl.coalesce("in_force", "board")).drop("in_force"))


def board_disagreements(facts: SchoolFacts) -> BoardDisagreements:
    """Return where sources disagree about the board of a vestiging, and no change says on which day it went over.

    `facts`: all, in the order of their arrival.
    """
    ordered = in_order(facts)
    disputed = SchoolFacts(ordered.filter(pl.col("board").n_unique().over("vestiging") > 1))
    rows = [
        (vestiging, found.kind, *_sides(found))
        for vestiging, statements in _by_vestiging(disputed)
        for found in boards_in_force(statements)[1]
    ]
    return BoardDisagreements(pl.DataFrame(rows, schema=BOARD_DISAGREEMENTS, orient="row"))


def _sides(found: Disagreement) -> tuple[object, ...]:
    return tuple(
        value for one in (found.one, found.other) for value in (one.day, one.source, one.board, one.delivery_id)
    )


def _by_vestiging(facts: SchoolFacts) -> Iterator[tuple[str, list[Statement]]]:
    names = [name for name in ("as_of", "source", "board", "delivery_id") if name in facts.columns]
    rows = facts.select("vestiging", *names).iter_rows()
    for vestiging, group in groupby(rows, key=lambda row: str(row[0])):
        yield vestiging, [Statement(*row[1:]) for row in group]


def boards_in_force(statements: Sequence[Statement]) -> tuple[dict[date, str], list[Disagreement]]:
    """Return the board of one vestiging from each day on which something is said, and what is not reconciled.

    A change counts from its day on. A list that names another board than the one before counts from its own date
    on, but for two cases: the next change gives the school to that board on a later day, which is the day then;
    and the last change took the school from that board, which a list may not know yet.

    Args:
        statements: of one vestiging, `in_order`.
    """
    kept = _without_moved(statements)
    changes = [one for one in kept if one.source == "changes"]
    holder: Statement | None = None
    left_by: Statement | None = None
    boards, disagreements = dict[date, str](), list[Disagreement]()
    for day, group in groupby(statements, key=lambda one: one.day):
        said = {one.source: one for one in group if one in kept}
        if not said:
            boards |= {day: holder.board} if holder else {}
            continue
        coming = next((one.board for one in changes if one.day > day), None)
        if change := said.get("changes"):
            left_by = holder if holder and holder.board != change.board else left_by
            holder = change
            boards[day] = holder.board
            continue
        listed, others = _listed(said, None if holder else coming)
        disagreements += [Disagreement("same_day", one, listed) for one in others if one.board != listed.board]
        if holder is None or listed.board == holder.board:
            holder, left_by = listed, None
        elif left_by and listed.board == left_by.board:
            disagreements.append(Disagreement("not_followed", holder, listed))
        elif listed.board != coming:
            disagreements.append(Disagreement("undeclared", holder, listed))
            holder, left_by = listed, None
        boards[day] = holder.board
    return boards, disagreements


def _without_moved(statements: Sequence[Statement]) -> list[Statement]:
    """Drop the changes that a later delivery puts on another day: the same board, and no third one between.

    A school goes over to a board once; again only after another has had it.
    """
    kept = list(statements)
    changes = [one for one in statements if one.source == "changes"]
    for one, other in pairwise(changes):
        if one.board != other.board or one.delivery_id == other.delivery_id:
            continue
        before = next((was.board for was in reversed(kept) if was.day < one.day and was.board != one.board), None)
        between = {was.board for was in statements if one.day < was.day < other.day}
        if between <= {before, one.board}:
            kept.remove(min(one, other, key=lambda change: change.delivery_id))
    return kept


def _listed(said: Mapping[str, Statement], coming: str | None) -> tuple[Statement, list[Statement]]:
    """Return the statement of a day that counts, and the others: the address list before the pupil file.

    `coming`: a board to which the school goes later, by a change: the list knew that already.
    """
    ranked = sorted(said.values(), key=lambda one: RANK[one.source], reverse=True)
    if len(ranked) > 1 and ranked[0].board == coming:
        return ranked[1], []
    return ranked[0], ranked[1:]
