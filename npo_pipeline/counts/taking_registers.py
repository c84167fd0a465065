"""Pupil registers, read block by block: counted and let go, with copies and double enrolments found among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from npo_pipeline.counts import register
from npo_pipeline.counts.enrolments import Doubles, find_doubles
from npo_pipeline.counts.taken import Counted, Taken, need_rows
from npo_pipeline.files.ahead import read_ahead
from npo_pipeline.files.delivery import Arrived
from npo_pipeline.files.folded import Folded, Part
from npo_pipeline.files.refusals import NO_REFUSALS
from npo_pipeline.files.rows import split


def take_registers(registers: Sequence[Arrived], known: pl.Series, counted: Counted) -> list[Taken]:
    """Count the pupils of registers; one who counts in two of them, or twice in one, counts in none.

    Args:
        registers: recognised files of pupil registers.
        known: the vestigingen that have a board.
        counted: told how far it is.

    Raises:
        Refused: a file has no rows.
    """
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
    need_rows(one, rows)
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
