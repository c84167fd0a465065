"""Chance for millions of rows at once: the same for the same seed, on any machine."""

from __future__ import annotations

import polars as pl

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def draw(index: pl.Expr, seed: int, salt: int, below: int) -> pl.Expr:
    """A number from 0 up to `below` for every row, by the mixing steps of splitmix64.

    Args:
        index: UInt64, one per row.
        seed: of the country.
        salt: a different one for every question asked of a row.
        below: the number of answers.
    """
    start = (seed * 1_000_003 + salt * _GOLDEN) % 2**64
    mixed = index * pl.lit(_GOLDEN, pl.UInt64) + pl.lit(start, pl.UInt64)
    mixed = (mixed ^ (mixed // 2**30)) * pl.lit(_FIRST, pl.UInt64)
    mixed = (mixed ^ (mixed // 2**27)) * pl.lit(_SECOND, pl.UInt64)
    return (mixed ^ (mixed // 2**31)) % below
