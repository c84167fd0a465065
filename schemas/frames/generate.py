"""Frames on their way from a made-up country to the files of a delivery."""

from __future__ import annotations

from typing import NewType

import polars as pl

DrawnPupils = NewType("DrawnPupils", pl.DataFrame)
"""Pupils with the draws about their stay: pupil (UInt64), fault (its number; null: none), moves, day, comes_late,
left, unfunded, year, and from the second row on part (0 or 1)."""

PlacedPupils = NewType("PlacedPupils", pl.DataFrame)
"""Drawn pupils with their place: its number, its columns of the register, and cumi_share (percent)."""

RegisterBatch = NewType("RegisterBatch", pl.DataFrame)
"""Rows of a made-up register: pupil, part, place (its number), fault, and the columns of the file as text."""

MarkedRows = NewType("MarkedRows", pl.DataFrame)
"""Rows of a batch with the rule that each breaks (null: none), its turn, and extra (1: an added row)."""

PlantedRows = NewType("PlantedRows", pl.DataFrame)
"""Rows of a made-up register with their planted faults: place, rule (null: none), and the columns of the file."""

AvailableMoney = NewType("AvailableMoney", pl.DataFrame)
"""The money that schools may spend: board, brin, available (euros, Decimal)."""
