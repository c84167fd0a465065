"""What `npo decide` is asked, what it works out, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from npo_pipeline.commands.grant import Granted
from npo_pipeline.home.folder import Home
from npo_pipeline.instalments.decided import Decided
from npo_pipeline.instalments.plan import Plan
from npo_pipeline.instalments.resting import LeftOut

EURO = "EUR"


@dataclass(frozen=True)
class DecideRequest:
    """What to decide.

    `regulations`: files in place of the shipped ones of their sector, or overlays on them. `as_of`: of two
    versions of a regulation the latest published by this day counts.
    """

    home: Home
    school_year: str
    regulations: tuple[Path, ...] = ()
    reference_date: date | None = None
    reason: str | None = None
    dry_run: bool = False
    as_of: date | None = None
    wait_seconds: int = 0


@dataclass(frozen=True)
class DecideResult:
    """A decision and what it changes.

    `written`: currency -> decision_id, empty when nothing was written. `before`: currency -> the decision
    before. `rests_on`: currency -> what its amounts rest on that no source says in so many words. `changed`: the
    currencies in which anything differs from the decision before. `granted`: what is decided on applications;
    null where there are no subsidies, or nobody applied.
    """

    written: Mapping[str, str]
    before: Mapping[str, str]
    school_year: str
    reference_date: date
    regulations: tuple[str, ...]
    decided: Decided
    plan: Plan
    rests_on: Mapping[str, str]
    remarks: tuple[str, ...]
    changed: tuple[str, ...]
    granted: Granted | None

    @property
    def currencies(self) -> list[str]:
        """The currencies that it or the decision before has amounts in; euro alone when there are none."""
        return sorted({*self.decided.entitlements["currency"], *self.before, *self.changed}) or [EURO]


@dataclass(frozen=True)
class Worked:
    """A decision worked out but not written, with the deliveries it rests on."""

    decided: Decided
    reference_date: date
    inputs: Mapping[str, Sequence[str]]
    rests_on: Mapping[str, str]
    remarks: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    granted: Granted | None = None
