"""The fast checks of every run, over all boards: of the facts before they are written, and of what was written."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from npo_pipeline.reports.filing.concepts import FACTS
from npo_pipeline.reports.filing.faults import faults_from, together
from npo_pipeline.reports.filing.reckoning import reckoning_faults
from npo_pipeline.reports.filing.structure import structure_faults


def fact_faults(facts: pl.DataFrame, unreadable: Iterable[str] = ()) -> pl.DataFrame:
    """What is wrong with facts.

    The figures of a board are only added up when each of its facts is one that a filing may hold: a sum over a
    fact that cannot be placed says nothing. Nor is a fact missing that is there but could not be read.

    Args:
        facts: a fact frame (FACTS) of any number of boards.
        unreadable: boards of which some facts could not be read.

    Returns:
        FAULTS, in order; without rows when all is well.
    """
    partly = pl.col("board").is_in(pl.Series(list(unreadable), dtype=pl.String).implode())
    told = structure_faults(facts).filter((pl.col("fault") != "missing_fact") | ~partly)
    unsound = pl.col("board").is_in(told["board"].implode())
    return together([told, reckoning_faults(facts.filter(~partly, ~unsound))])


def file_faults(files: Iterable[tuple[str, bytes]], year: int) -> pl.DataFrame:
    """What is wrong with XBRL files, read back as any reader would: by the schema, the contexts and the sums.

    Args:
        files: for each the number of its board and what stands in it.
        year: the calendar year they are of.

    Returns:
        FAULTS, in order; `where` names the line where the fault is one of a file.
    """
    from npo_pipeline.reports.filing.reading import read_back

    rows: list[tuple[str | None, ...]] = []
    found: list[tuple[str, str, str]] = []
    for board, content in files:
        read = read_back(board, content, year)
        rows += read.facts
        found += [(board, fault, where) for fault, where in read.faults]
    facts = pl.DataFrame(rows, schema=dict.fromkeys(FACTS, pl.String), orient="row")
    return together([faults_from(found), fact_faults(facts, [board for board, _, _ in found])])
