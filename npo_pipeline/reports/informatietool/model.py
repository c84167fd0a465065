"""The data of the informatietool: what it is built from, and what both of its files show in whole cents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import DecisionInputs
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.frames.reports import AnnualInstalments, LatestDecisions, TracedAmounts
from schemas.received import Schools


@dataclass(frozen=True)
class AppliedRegulation:
    """Represent a regulation of a decision, with the counts the decision was calculated from."""

    loaded: LoadedRegulation
    inputs: DecisionInputs


@dataclass(frozen=True, kw_only=True)
class ToolSource:
    """Hold the rows of the books for a school year: its latest decisions, one per currency."""

    school_year: str
    decisions: LatestDecisions
    amounts: TracedAmounts
    instalments: AnnualInstalments
    directory: Schools
    applied: Sequence[AppliedRegulation]


SCHOOLS = ["vestiging", "brin", "name", "place", "municipality", "board"]
AMOUNTS = ["vestiging", "rule", "counted_e2", "quantity_e2", "unrounded", "cents"]
INSTALMENTS = ["vestiging", "rule", "month", "cents"]


@dataclass(frozen=True)
class Soft:
    """Something that amounts rest on which no source says in so many words.

    `what` is Dutch. `component`: the one it is of; null when it is of all.
    """

    status: str
    what: str
    component: str | None
    article: str


@dataclass(frozen=True)
class Rule:
    """What one unit gives: the line of a regulation that amounts follow from.

    `rate_e8`: in units of 0.00000001. `level`: of the threshold. `days`: the days it is counted on, where they
    are its own. `soft`: places in `Tool.soft`.
    """

    currency: str
    regulation: str
    component: str
    school_type: str
    measure: str
    rate_e8: int
    threshold: int | None
    level: str | None
    status: str
    article: str
    source: str
    url: str
    days: tuple[date, ...]
    soft: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """A component that should be there and is not, and why; `text` is Dutch, `article` what its citation says."""

    component: str
    school_types: tuple[str, ...]
    text: str
    article: str


@dataclass(frozen=True)
class ExcludedComponent:
    """A component that the official informatietool leaves out, and so does this one."""

    component: str
    article: str


@dataclass(frozen=True)
class ToolData:
    """All that is told of a school year.

    `decisions`: decision_id, currency, reference_date, decided_at. `schools`: SCHOOLS, those with an amount or
    with a gap. `amounts`: AMOUNTS, in the order of schools and rules; `rule` is a place in `rules`, `unrounded`
    text where rounding did something, else null. `instalments`: INSTALMENTS, in the same order and by month.
    `school_gaps`: vestiging, gap (a place in `gaps`). `hidden`: vestiging, component of amounts that are in the
    books and, being outside the tool, not here. `notes`: what else a reader must know, in Dutch.
    """

    school_year: str
    decisions: pl.DataFrame
    schools: pl.DataFrame
    rules: tuple[Rule, ...]
    soft: tuple[Soft, ...]
    amounts: pl.DataFrame
    instalments: pl.DataFrame
    gaps: tuple[Gap, ...]
    school_gaps: pl.DataFrame
    outside: tuple[ExcludedComponent, ...]
    hidden: pl.DataFrame
    notes: tuple[str, ...]

    def with_schools(self) -> pl.DataFrame:
        """The amounts with `component` and `currency`, and the columns of their schools."""
        ruled = pl.DataFrame(
            {
                "rule": range(len(self.rules)),
                "component": [one.component for one in self.rules],
                "school_type": [one.school_type for one in self.rules],
                "currency": [one.currency for one in self.rules],
            },
            schema_overrides={"rule": pl.Int64, "component": pl.String, "currency": pl.String},
        )
        found = self.amounts.join(ruled, on="rule", how="left", maintain_order="left")
        return found.join(self.schools, on="vestiging", how="left", maintain_order="left")

    def rests_on(self, rules: Iterable[int]) -> str:
        """What a total over some rules rests on, in Dutch."""
        return wording.rests_on([(one.status, one.what, one.component) for one in self._soft_of(rules)])

    def mark(self, rules: Iterable[int]) -> str:
        """The same in two words; nothing where all is published."""
        return wording.assumption_badge({one.status for one in self._soft_of(rules)})

    def _soft_of(self, rules: Iterable[int]) -> list[Soft]:
        return [self.soft[place] for place in sorted({place for rule in rules for place in self.rules[rule].soft})]
