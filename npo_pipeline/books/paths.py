"""Paths in a home folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from npo_pipeline.errors import Refused

DEFAULT = "npo-home"


def refuse_odd(path: Path) -> None:
    """Refuse a path of a database with characters that DuckDB takes for the beginning of options, or of a folder.

    Raises:
        Refused: names the first.
    """
    for odd in "?\\":
        if os.sep != odd and odd in str(path.absolute()):
            raise Refused(
                f"{path}: has a {odd} in its path, which DuckDB reads as something else; give it a path without it"
            )


@dataclass(frozen=True)
class Home:
    """Represent a home folder; it need not be there yet.

    `witness`: a file outside it that knows the last run (`books.witness`); null where there is none.

    Raises:
        Refused: its path cannot be opened as a database.
    """

    path: Path
    witness: Path | None = None

    def __post_init__(self) -> None:
        """Refuse characters that DuckDB takes for the beginning of options, or for the end of a folder."""
        refuse_odd(self.path)

    @property
    def database(self) -> Path:
        """Return the published database: the last finished run, whole."""
        return self.path / "npo.duckdb"

    @property
    def lock(self) -> Path:
        """Return the file that describes the busy run. The lock itself is on the folder."""
        return self.path / "npo.lock"

    @property
    def work(self) -> Path:
        """Return the folder in which a run drafts the next database. What is left there is of a run that died."""
        return self.path / "work"

    @property
    def bank(self) -> Path:
        """Return the folder with the payment files of releases."""
        return self.path / "bank"

    @property
    def specifications(self) -> Path:
        """Return the folder with a folder of specifications of payments per month."""
        return self.path / "specifications"

    @property
    def manifests(self) -> Path:
        """Return the folder with a copy of the manifest of each run."""
        return self.path / "manifests"

    @property
    def verified(self) -> Path:
        """Return the mark of the last `npo verify`: of which run, when, and how many findings it had."""
        return self.path / "verified.json"

    @property
    def backed_up(self) -> Path:
        """Return the mark of the last back-up: of which run, when, and where it is."""
        return self.path / "backed-up.json"
