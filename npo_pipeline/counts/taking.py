"""Taking in a delivery: each file read once, its faults kept, its rows counted and let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from npo_pipeline.counts import applications, holding, published, register, schools, spending
from npo_pipeline.counts.enrolments import Doubles, find_doubles
from npo_pipeline.counts.strangers import strangers
from npo_pipeline.errors import Refused
from npo_pipeline.files import kinds
from npo_pipeline.files.ahead import read_ahead
from npo_pipeline.files.delivery import Arrived
from npo_pipeline.files.folded import Folded, Part
from npo_pipeline.files.refusals import NO_REFUSALS, OF_BOARDS, with_messages
from npo_pipeline.files.rows import split
from schemas.rules import DUPLICATE_ROW

_BOARDS = {"line": pl.Int64, "board": pl.String}

Counted = Callable[[str, int], None]
"""Told how many rows of a file were read so far."""


@dataclass(frozen=True)
class Taken:
    """What is kept of a file.

    `refusals`: line, rule, column_name, value, a row per fault. The frames that a kind does not have are
    empty. `boards`: line, board of the rows of a file that boards deliver themselves. `without_board`: none of its
    schools has a board yet, so it waits for its address list. `cut`: texts of which only the beginning is kept.
    """

    arrived: Arrived
    rows: int
    refusals: pl.DataFrame
    counts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=register.COUNTED))
    scores: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=published.SCORED))
    facts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schools.FACTS))
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=schools.CHANGES))
    applications: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=applications.APPLICATIONS))
    spending: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=spending.SPENDING))
    consents: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=spending.CONSENTS))
    boards: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_BOARDS))
    without_board: bool = False
    cut: int = 0

    @property
    def rejected(self) -> int:
        """The number of refused rows."""
        return self.refusals["line"].n_unique()

    @property
    def worded(self) -> pl.DataFrame:
        """Its refusals in words: line, rule, column_name, message."""
        return with_messages(self.refusals, OF_BOARDS if self.arrived.kind in kinds.ACCOUNTING else {})


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
    return sorted(taken + _take_registers(registers, told, counted), key=lambda one: one.arrived.name)


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
    _need_rows(one, sum(block.height for block in blocks))
    rows = pl.concat(blocks)
    counted(one.name, rows.height)
    parts = split(rows, one.kind.model)
    copies = _copies(rows)
    good = parts.good.join(copies, on="line", how="anti", maintain_order="left")
    faulty = rows.join(parts.good, on="line", how="anti", maintain_order="left")
    taken = Taken(one, rows.height, pl.concat([parts.refusals, copies]))
    if one.kind in kinds.ACCOUNTING:
        taken = replace(taken, boards=holding.boards_of(rows))
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


def _take_registers(registers: Sequence[Arrived], known: pl.Series, counted: Counted) -> list[Taken]:
    read = {one.name: _count_register(one, known, counted) for one in registers}
    traces = {name: trace for name, (_, trace) in read.items()}
    by_name = {one.name: one for one in registers}
    doubles = find_doubles(traces, lambda name, lines: _lines_again(by_name[name], lines))
    return [_without(taken, doubles) for taken, _ in read.values()]


def _count_register(one: Arrived, known: pl.Series, counted: Counted) -> tuple[Taken, pl.DataFrame]:
    assert one.reference_date is not None
    tallies, traces, refusals, rows = [], [], [NO_REFUSALS], 0
    for part in read_ahead(one.parts()):
        done = _count_part(one, part, one.reference_date, known)
        tallies.append(done.counted)
        traces.append(done.traces)
        refusals.append(done.refusals)
        rows += done.traces.height
        counted(one.name, rows)
    _need_rows(one, rows)
    return Taken(one, rows, pl.concat(refusals), counts=register.merged(tallies)), pl.concat(traces)


def _count_part(one: Arrived, part: Part, on: date, known: pl.Series) -> register.Block:
    if isinstance(part, Folded) and (done := register.count_folded(one.kind, part, on, known)):
        return done
    marked = register.mark(one.unfolded(part), on)
    groups = register.group(one.kind, marked)
    parts = split(marked, one.kind.model, groups)
    done = register.count_block(one.kind, marked, groups, parts.good, known)
    return replace(done, refusals=pl.concat([parts.refusals, done.refusals]))


def _lines_again(one: Arrived, lines: pl.Series) -> pl.DataFrame:
    """Read some lines a second time: line, pupil, row, and the columns that counting needs."""
    found = [block.filter(pl.col("line").is_in(lines.implode())) for block in one.blocks()]
    rows = pl.concat(found)
    return rows.select("line", pupil="PSEUDONIEM", row=pl.concat_str(pl.exclude("line"), separator="\x1f"))


def _without(taken: Taken, doubles: Doubles) -> Taken:
    """Add the refusals of copies and double enrolments, and take their pupils off the counts."""
    name, one = taken.arrived.name, taken.arrived
    refusals = pl.concat([taken.refusals, doubles.refusals.get(name, NO_REFUSALS)])
    if (lines := doubles.uncounted.get(name)) is None:
        return replace(taken, refusals=refusals)
    rows = [block.filter(pl.col("line").is_in(lines.implode())) for block in one.blocks()]
    off = register.tally(one.kind, pl.concat(rows))
    minus = off.with_columns(-pl.col("pupils"), -pl.col("cumi_pupils"))
    return replace(taken, refusals=refusals, counts=register.merged([taken.counts, minus]))


def _need_rows(one: Arrived, rows: int) -> None:
    if not rows:
        raise Refused(f"{one.name}: holds a header and no rows; have it sent again")
