"""The rules of a school year, from their files into a decision, and their texts into the books.

They are of two kinds: regulations that entitle schools, and subsidies on application.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.run import Run
from npo_pipeline.rulebook.load import LoadedRegulation, load_rules, shipped_school_years
from npo_pipeline.rulebook.subsidies.load import LoadedSubsidy, load_subsidies, split_subsidy_files
from npo_pipeline.rulebook.yaml_document import RuleText
from schemas.columns import schema_of
from schemas.decided import REGULATIONS


@dataclass(frozen=True)
class Rulebook:
    """Represent the rules of a school year; at least one of the two kinds holds something."""

    regulations: tuple[LoadedRegulation, ...]
    subsidies: tuple[LoadedSubsidy, ...]

    @property
    def files(self) -> tuple[LoadedRegulation | LoadedSubsidy, ...]:
        """Return all of them."""
        return (*self.regulations, *self.subsidies)

    @property
    def published(self) -> date | None:
        """Return the day on which the last of them came out, as far as it is known."""
        days = [one.regulation.published.value for one in self.regulations]
        days += [one.subsidy.published.value for one in self.subsidies]
        return max((day for day in days if day), default=None)


def load_rulebook(school_year: str, paths: Sequence[Path], as_of: date | None) -> Rulebook:
    """Step: load the rules of a school year.

    Args:
        school_year: `2020-2021`.
        paths: files of either kind in place of the shipped ones, and overlays.
        as_of: only what was published by this day.

    Raises:
        Refused: there are none, or a file is wrong.
    """
    of_subsidies, others = split_subsidy_files(paths)
    subsidies = load_subsidies(school_year, of_subsidies, as_of)
    if subsidies and not others and school_year not in shipped_school_years():
        return Rulebook((), subsidies)
    return Rulebook(load_rules(school_year, others, as_of), subsidies)


def keep_texts(run: Run, texts: Sequence[RuleText]) -> None:
    """Archive the texts of rules that are not in the books yet, and name all of them in the manifest."""
    kept = archived_texts(run.books)
    rows = {text.sha256: (text.sha256, text.name, text.text) for text in texts}
    added = [row for sha256, row in rows.items() if sha256 not in kept]
    if added:
        run.append(REGULATIONS, pl.DataFrame(added, schema=schema_of(REGULATIONS), orient="row"))
    run.manifest_entries["regulations"] = [{"name": text.name, "sha256": text.sha256} for text in texts]
