"""What is told of many boards, board by board."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

import polars as pl

from npo_pipeline.reports.filing.told import Told
from schemas.accounted import SEVERITIES

FRAMES = ("accountability", "interventions", "findings", "schools", "consents")
_ORDER = {
    "accountability": ["brin"],
    "interventions": ["brin", "category", "intervention", "level"],
    "findings": ["severity", "brin", "rule", "file", "line", "message"],
    "schools": ["brin"],
    "consents": ["brin"],
}
_GRAVEST = {severity: place for place, severity in enumerate(SEVERITIES)}


def in_order(told: Told) -> Told:
    """The same rows in one order, whatever order they were read in; findings the gravest first."""
    made = {}
    for name, order in _ORDER.items():
        keys = [_grave() if key == "severity" else pl.col(key) for key in order]
        made[name] = getattr(told, name).sort("board", *keys, maintain_order=True)
    return replace(told, **made)


def only(told: Told, boards: Collection[str]) -> Told:
    """What is told of some boards."""
    mine = pl.col("board").is_in(sorted(boards))
    return replace(told, **{name: getattr(told, name).filter(mine) for name in FRAMES})


def apart(told: Told, facts: pl.DataFrame) -> Iterator[tuple[str, Told, pl.DataFrame]]:
    """Board by board: its number, what is told of it, and its facts."""
    parts = {name: _by_board(getattr(told, name)) for name in FRAMES}
    for board, mine in _by_board(facts).items():
        frames = {name: parts[name].get(board, getattr(told, name).clear()) for name in FRAMES}
        yield board, replace(told, **frames), mine


def _by_board(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): part for key, part in frame.partition_by("board", as_dict=True).items()}


def _grave() -> pl.Expr:
    return pl.col("severity").replace_strict(_GRAVEST, return_dtype=pl.Int8)
