"""Taking in a delivery: each file read once, its faults kept, its rows counted and let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from npo_pipeline.counts import applications, holding, published, schools, spending
from npo_pipeline.counts.strangers import strangers
from npo_pipeline.counts.taken import Counted, Taken, need_rows
from npo_pipeline.counts.taking_registers import take_registers
from npo_pipeline.files import kinds
from npo_pipeline.files.delivery import Arrived
from npo_pipeline.files.refusals import NO_REFUSALS
from npo_pipeline.files.rows import split
from schemas.rules import DUPLICATE_ROW

_NONE_HELD = pl.DataFrame(schema=holding.HELD)


def take(
    arrived: Sequence[Arrived], known: pl.Series, counted: Counted, held: pl.DataFrame = _NONE_HELD
) -> list[Taken]:
    """Read all files of a delivery; those that tell of boards first, because the others need them.

    Args:
        arrived: the recognised files.
        known: the vestigingen that have a board in the books.
        counted: told how far it is.
        held: the schools that each board holds or ever held, in the books: board, brin.

    Raises:
        Refused: a file has no rows, or contradicts itself.
    """
    taken = [_take_list(one, counted) for one in arrived if one.kind in _TELLING]
    told = pl.concat([known, *(one.facts["vestiging"] for one in taken)]).unique()
    taken += [_take_published(one, told, counted) for one in arrived if one.kind in _NEEDING]
    taken += [_take_applications(one, told, counted) for one in arrived if one.kind is kinds.APPLICATIONS]
    theirs = pl.concat([held, *(one.facts.select("board", brin=_BRIN) for one in taken)]).unique()
    taken += [_take_accounts(one, theirs, counted) for one in arrived if one.kind in kinds.ACCOUNTING]
    registers = [one for one in arrived if one.kind in kinds.REGISTERS]
    return sorted(taken + take_registers(registers, told, counted), key=lambda one: one.arrived.name)


_BRIN = pl.col("vestiging").str.head(4)
_TELLING = (*kinds.ADDRESSES, kinds.CHANGES, kinds.PUPILS_PO, kinds.PUPILS_PO_CLUSTER)
_NEEDING = (kinds.SCORES, kinds.CUMI, kinds.PUPILS_VO, kinds.NEWCOMERS_VO)


def _take_list(one: Arrived, counted: Counted) -> Taken:
    taken, rows, _ = _whole_file(one, counted)
    schools.refuse_two_boards(one.kind, rows, one.name)
    facts = schools.facts_of(one.kind, rows, one.reference_date)
    if one.kind is kinds.CHANGES:
        schools.refuse_two_fates(rows, one.name)
        return replace(taken, facts=facts, changes=schools.changes_of(rows))
    if one.kind in kinds.ADDRESSES:
        return replace(taken, facts=facts)
    return replace(taken, facts=facts, counts=published.counts_of(one.kind, rows, one.name))


def _take_published(one: Arrived, known: pl.Series, counted: Counted) -> Taken:
    taken, rows, faulty = _whole_file(one, counted)
    unknown = strangers(rows, known)
    # Where no school at all is known, the file came before its address list: its counts wait for that.
    waits = unknown.height == rows.height > 0
    if not waits:
        taken = replace(taken, refusals=pl.concat([taken.refusals, unknown, strangers(faulty, known)]))
        rows = rows.join(unknown, on="line", how="anti", maintain_order="left")
    if one.kind is kinds.SCORES:
        return replace(taken, scores=published.scores_of(rows, one.name), without_board=waits)
    return replace(taken, counts=published.counts_of(one.kind, rows, one.name), without_board=waits)


def _take_applications(one: Arrived, known: pl.Series, counted: Counted) -> Taken:
    taken, rows, _ = _whole_file(one, counted)
    refused = applications.strangers(rows, known)
    good = rows.join(refused, on="line", how="anti", maintain_order="left")
    return replace(
        taken,
        refusals=pl.concat([taken.refusals, refused]),
        applications=applications.applications_of(good),
        without_board=applications.wait(rows, known),
    )


def _take_accounts(one: Arrived, held: pl.DataFrame, counted: Counted) -> Taken:
    taken, rows, faulty = _whole_file(one, counted)
    refused = holding.not_theirs(pl.concat([rows, faulty]), held)
    good = rows.join(refused, on="line", how="anti", maintain_order="left")
    cut = spending.cut_texts(one.kind.name, good)
    taken = replace(taken, refusals=pl.concat([taken.refusals, refused]), cut=cut)
    if one.kind is kinds.SPENDING:
        return replace(taken, spending=spending.spending_of(good))
    return replace(taken, consents=spending.consents_of(good))


def _whole_file(one: Arrived, counted: Counted) -> tuple[Taken, pl.DataFrame, pl.DataFrame]:
    """A small file at once: its good rows, without exact copies, and the rows that have a fault of their own."""
    blocks = list(one.blocks())
    need_rows(one, sum(block.height for block in blocks))
    rows = pl.concat(blocks)
    counted(one.name, rows.height)
    parts = split(rows, one.kind.model)
    copies = _copies(rows)
    good = parts.good.join(copies, on="line", how="anti", maintain_order="left")
    faulty = rows.join(parts.good, on="line", how="anti", maintain_order="left")
    taken = Taken(one, rows.height, pl.concat([parts.refusals, copies]))
    if one.kind in kinds.ACCOUNTING:
        taken = replace(taken, tellers=holding.tellers_of(rows))
    return taken, good, faulty


def _copies(rows: pl.DataFrame) -> pl.DataFrame:
    # Hashes tell in no time that there are none, as nearly always; the text itself tells which they are.
    if not rows.select(pl.struct(pl.exclude("line")).hash().is_duplicated().any()).item():
        return NO_REFUSALS
    first = rows.with_columns(first=pl.col("line").first().over(pl.struct(pl.exclude("line"))))
    return first.filter(pl.col("line") != pl.col("first")).select(
        "line",
        rule=pl.lit(DUPLICATE_ROW),
        column_name=pl.lit(None, pl.String),
        value=pl.col("first").cast(pl.String),
    )
