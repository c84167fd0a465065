"""Paths in a home folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEFAULT = "npo-home"


@dataclass(frozen=True)
class Home:
    """A home folder; it need not be there yet."""

    path: Path

    @property
    def database(self) -> Path:
        """The published database: the last finished run, whole."""
        return self.path / "npo.duckdb"

    @property
    def lock(self) -> Path:
        """Tells which run is busy, as long as one is. What is held is the folder itself."""
        return self.path / "npo.lock"

    @property
    def work(self) -> Path:
        """Where a run builds the next database. What is left here is of a run that died."""
        return self.path / "work"

    @property
    def manifests(self) -> Path:
        """A copy of each run's manifest, beside the one in the database."""
        return self.path / "manifests"
