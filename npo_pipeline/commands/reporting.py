"""Reports of a year: what is asked for, what they are made of, and what was written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from npo_pipeline.home.folder import Home
from npo_pipeline.reports.filing.told import Told
from npo_pipeline.reports.pack.packs import PacksWritten

NATIONAL = "landelijk"


@dataclass(frozen=True)
class ReportRequest:
    """Of which year, and of which board (all when null).

    `force`: make a filing of a board with errors too. `full`: have Arelle check every filing. `viewer`: write a
    page per board on which each figure can be clicked.
    """

    home: Home
    year: int
    board: str | None = None
    force: bool = False
    full: bool = False
    viewer: bool = False
    wait_seconds: int = 0

    @property
    def folder(self) -> Path:
        """Where the reports of the year stand."""
        return self.home.path / "reports" / str(self.year)

    @property
    def national(self) -> Path:
        """Where the reports of the country stand."""
        return self.folder / NATIONAL


@dataclass(frozen=True)
class Gathered:
    """What the reports are made of.

    `told`: of all boards, so that no pack can name a stranger. `facts`: of the boards that are asked for.
    `unfit`: boards that no filing can be made of, because of what they told. `summary`: of the country.
    """

    told: Told
    facts: pl.DataFrame
    unfit: tuple[str, ...]
    summary: pl.DataFrame


@dataclass(frozen=True)
class Reports:
    """What was written. `national`: the files of the country; none where only one board was asked for.

    `unfit`: boards that get no filing, forced or not. `withdrawn`: boards whose filing was taken away, because
    their accounts have errors now. `checked`: filings that Arelle checked. `viewers`: pages on
    which each figure can be clicked.
    """

    folder: Path
    packs: PacksWritten
    national: tuple[Path, ...]
    unfit: tuple[str, ...]
    withdrawn: tuple[str, ...]
    checked: int
    viewers: tuple[Path, ...]
