"""What is kept of a file that was read: its faults in words, and the rows it gives to the books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.recognise import DeliveredFile
from npo_pipeline.delivery.validate import BOARD_MESSAGES, with_messages
from npo_pipeline.errors import Refused
from npo_pipeline.intake import applications, board_reports, published_counts, register_counts, school_directory

_TELLERS = {"line": pl.Int64, "board": pl.String, "period": pl.String}

ProgressCallback = Callable[[str, int], None]
"""Told how many rows of a file were read so far."""


@dataclass(frozen=True)
class FileResult:
    """What is kept of a file.

    `refusals`: line, rule, column_name, value, a row per fault. The frames that a kind does not have are
    empty. `tellers`: line, board, period of the rows of a file that boards deliver themselves. `without_board`:
    none of its schools has a board yet, so it waits for its address list. `cut`: texts of which only the beginning
    is kept.
    """

    arrived: DeliveredFile
    rows: int
    refusals: pl.DataFrame
    counts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=register_counts.COUNTED))
    scores: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=published_counts.SCORED))
    facts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=school_directory.FACTS))
    changes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=school_directory.CHANGES))
    applications: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=applications.APPLICATIONS))
    spending: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=board_reports.SPENDING))
    consents: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=board_reports.CONSENTS))
    tellers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_TELLERS))
    without_board: bool = False
    cut: int = 0

    @property
    def rejected(self) -> int:
        """The number of refused rows."""
        return self.refusals["line"].n_unique()

    @property
    def worded(self) -> pl.DataFrame:
        """Its refusals in words: line, rule, column_name, message."""
        return with_messages(self.refusals, BOARD_MESSAGES if self.arrived.kind in kinds.ACCOUNTING else {})


def need_rows(one: DeliveredFile, rows: int) -> None:
    """Refuse a file without rows.

    Raises:
        Refused: names the file.
    """
    if not rows:
        raise Refused(f"{one.name}: holds a header and no rows; have it sent again")
