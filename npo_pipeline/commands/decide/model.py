"""What `npo decide` is asked, what it works out, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.decide.grants import Granted
from npo_pipeline.decisions.assumptions import Omission
from npo_pipeline.entitlements.model import DecisionTables
from npo_pipeline.errors import Refused

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.plan import DecisionPlan

EURO = "EUR"


@dataclass(frozen=True)
class DecideRequest:
    """What to decide.

    `regulations`: files in place of the shipped ones of their sector, or overlays on them. `as_of`: of two
    versions of a regulation the latest published by this day counts. `prepared_by`, `approved_by`: who did so,
    kept with the decision; with `four_eyes` they must be two. `approved_plan`: the fingerprint of the plan that
    was approved; what has become another since is refused.
    """

    home: Home
    school_year: str
    regulations: tuple[Path, ...] = ()
    reference_date: date | None = None
    reason: str | None = None
    dry_run: bool = False
    as_of: date | None = None
    wait_seconds: int = 0
    prepared_by: str | None = None
    approved_by: str | None = None
    four_eyes: bool = False
    approved_plan: str | None = None

    def refuse_one_pair_of_eyes(self) -> None:
        """Refuse a decision that one person both prepared and approved, where two are asked.

        Raises:
            Refused: says who is lacking.
        """
        if not self.four_eyes or self.dry_run:
            return
        prepared, approved = (
            " ".join((one or "").split()).casefold() for one in (self.prepared_by, self.approved_by)
        )
        if not prepared or not approved:
            raise Refused("two people are asked: say who prepared the decision and who approved it")
        if prepared == approved:
            raise Refused(f"{self.approved_by} prepared the decision and cannot approve it; another must")

    def refuse_another_plan(self, planned: DecisionPlan) -> None:
        """Refuse to write another decision than the one that was approved.

        Raises:
            Refused: the deliveries, the rules or the changes are other ones since.
        """
        if self.approved_plan is not None and self.approved_plan != planned.fingerprint:
            raise Refused(
                "what would be decided is another thing than what was approved: something came in since; look at "
                "the plan again and have that approved"
            )


@dataclass(frozen=True)
class DecideResult:
    """A decision and what it changes.

    `written`: currency -> decision_id, empty when nothing was written. `before`: currency -> the decision
    before. `rests_on`: currency -> what its amounts rest on that no source says in so many words. `changed`: the
    currencies in which anything differs from the decision before. `planned`: whom it touches, and why.
    `granted`: what is decided on applications; null where there are no subsidies, or nobody applied.
    """

    written: Mapping[str, str]
    before: Mapping[str, str]
    school_year: str
    reference_date: date
    regulations: tuple[str, ...]
    decided: DecisionTables
    planned: DecisionPlan
    rests_on: Mapping[str, str]
    remarks: tuple[str, ...]
    changed: tuple[str, ...]
    granted: Granted | None

    @property
    def currencies(self) -> list[str]:
        """The currencies that it or the decision before has amounts in; euro alone when there are none."""
        return sorted({*self.decided.entitlements["currency"], *self.before, *self.changed}) or [EURO]


@dataclass(frozen=True)
class DecisionDraft:
    """A decision worked out but not written, with the deliveries it rests on."""

    decided: DecisionTables
    reference_date: date
    inputs: Mapping[str, Sequence[str]]
    rests_on: Mapping[str, str]
    remarks: tuple[str, ...]
    left_out: tuple[Omission, ...] = ()
    granted: Granted | None = None
