"""The data of the informatietool: the rows it is built from, and what both of its files show, in whole cents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from npo_pipeline.entitlements.model import DecisionInputs
from npo_pipeline.reports.explain.model import Assumption
from npo_pipeline.reports.house_style import HouseStyle
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.decided import Decisions
from schemas.frames import reports as frames
from schemas.frames.accounts import BoardNames, no_board_names
from schemas.received import Schools

SUPPORT_COLUMNS = ["year", "currency", "to_municipality", "to_schools", "to_samenwerkingsverband", "amount"]
SCHOOL_COLUMNS = ["vestiging", "brin", "name", "place", "municipality", "board"]


@dataclass(frozen=True)
class AppliedRegulation:
    """Represent a regulation of a decision, with the counts the decision was calculated from."""

    loaded: LoadedRegulation
    inputs: DecisionInputs


@dataclass(frozen=True, kw_only=True)
class ToolSource:
    """Hold the rows of the books for a school year: its latest decisions, one per currency."""

    school_year: str
    decisions: Decisions
    amounts: frames.TracedAmounts
    instalments: frames.AnnualInstalments
    directory: Schools
    support: frames.MunicipalSupport
    applied: Sequence[AppliedRegulation]
    board_names: BoardNames
    style: HouseStyle


@dataclass(frozen=True, kw_only=True)
class RateRule:
    """Represent the line of a regulation that amounts follow from.

    `rate_e8`: in units of 0.00000001. `level`: of the threshold. `days`: the reference dates of its own, if any.
    `assumptions`: positions in `ToolData.assumptions`.
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
    assumptions: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """Represent a component that should have an amount and has none. `text`: why, in Dutch."""

    component: str
    school_types: tuple[str, ...]
    text: str
    article: str


@dataclass(frozen=True)
class ExcludedComponent:
    """Represent a component that the official informatietool excludes, and so does this one."""

    component: str
    article: str


@dataclass(frozen=True, kw_only=True)
class ToolData:
    """Represent a school year as both files show it. `notes`: further remarks for the reader, in Dutch.

    `support`: of municipalities, in all years; no rows before their own money is decided on.
    """

    school_year: str
    decisions: frames.ToolDecisions
    schools: frames.ToolSchools
    rules: tuple[RateRule, ...]
    assumptions: tuple[Assumption, ...]
    amounts: frames.ToolAmounts
    instalments: frames.ToolInstalments
    gaps: tuple[Gap, ...]
    school_gaps: frames.SchoolGaps
    excluded: tuple[ExcludedComponent, ...]
    hidden: frames.HiddenComponents
    notes: tuple[str, ...]
    support: frames.MunicipalSupport
    board_names: BoardNames = field(default_factory=no_board_names)
    style: HouseStyle = field(default_factory=HouseStyle)

    def with_schools(self) -> frames.SchoolAmounts:
        """Return the amounts with the columns of their rule and of their school."""
        rules = pl.DataFrame(
            [(place, rule.component, rule.school_type, rule.currency) for place, rule in enumerate(self.rules)],
            schema={"rule": pl.Int64, "component": pl.String, "school_type": pl.String, "currency": pl.String},
            orient="row",
        )
        found = self.amounts.join(rules, on="rule", how="left", maintain_order="left")
        return frames.SchoolAmounts(found.join(self.schools, on="vestiging", how="left", maintain_order="left"))

    def rests_on(self, rules: Iterable[int]) -> str:
        """Return the assumptions behind a total over some rules, in Dutch."""
        return wording.rests_on(self._assumptions_of(rules))

    def assumption_badge(self, rules: Iterable[int]) -> str:
        """Return the same in two words; nothing where all is published."""
        return wording.assumption_badge({one.status for one in self._assumptions_of(rules)})

    def _assumptions_of(self, rules: Iterable[int]) -> list[Assumption]:
        positions = {position for rule in rules for position in self.rules[rule].assumptions}
        return [self.assumptions[position] for position in sorted(positions)]
