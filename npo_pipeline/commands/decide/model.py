"""The request of `npo decide`, and the plan it works out and writes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from npo_pipeline import dutch
from npo_pipeline.books.manifest import rows_sha256
from npo_pipeline.books.queries.decision_state import DecisionState
from npo_pipeline.commands.approval import FourEyes
from npo_pipeline.commands.decide.grants import Granted
from npo_pipeline.commands.decide.next_payment import NextPayment
from npo_pipeline.decisions.comparison import Comparison
from npo_pipeline.decisions.omissions import Omission
from npo_pipeline.entitlements.model import DecisionTables
from npo_pipeline.errors import Refused
from npo_pipeline.intake.size_changes import DEFAULT_MAX_CHANGE, in_words
from npo_pipeline.intake.source_precedence import UsedDeliveries
from npo_pipeline.rulebook.load import Rulebook
from schemas.decided import DueChanges
from schemas.frames.intake import SizeChanges
from schemas.frames.money import RuleChanges

EURO = "EUR"


@dataclass(frozen=True, kw_only=True)
class DecideRequest(FourEyes):
    """Represent what is to be decided.

    `regulations`: files in place of the shipped ones of their sector, or overlays on them. `as_of`: of two
    versions of a regulation the latest published by this day counts. `accept_change`: somebody looked at what is
    counted more than a share of `max_change` more or less of than before.
    """

    subject = "the decision"
    would = "what would be decided"

    school_year: str
    regulations: tuple[Path, ...] = ()
    reference_date: date | None = None
    reason: str | None = None
    as_of: date | None = None
    accept_change: bool = False
    max_change: Decimal = DEFAULT_MAX_CHANGE

    def require_accepted_changes(self, plan: DecisionPlan) -> None:
        """Refuse to write a decision that counts much more or less than before, unless somebody accepted that."""
        if plan.size_changes.height and not self.accept_change:
            raise Refused(
                f"{'; '.join(in_words(plan.size_changes))}: more than {dutch.percent(self.max_change, 0)}; look "
                "whether the file is whole, and if it is, decide with --accept-change and --reason"
            )


@dataclass(frozen=True, kw_only=True)
class DecisionDraft:
    """Represent a decision worked out but not written, with the deliveries it rests on.

    `used`: `decision_inputs`. `assumptions`: currency -> what its amounts rest on that no source says
    in so many words (`decisions.rests_on`). `granted`: null where there are no subsidies, or nobody applied.
    """

    tables: DecisionTables
    reference_date: date
    used: UsedDeliveries
    assumptions: Mapping[str, str]
    omissions: tuple[Omission, ...] = ()
    granted: Granted | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what was left out or not decided on, and why: a sentence each."""
        return (*(one.words for one in self.omissions), *(self.granted.remarks if self.granted else ()))


@dataclass(frozen=True, kw_only=True)
class DecisionPlan:
    """Represent all that a decision changes, and what follows: computed from the rules and the books alone.

    `changed`: the currencies in which anything differs from the decision before. `due_changes`: what it makes due
    that the decisions before did not, per cause. `rule_changes`: the values of rules that differ
    (`decisions.rule_changes`). `next_payment`: null where none is left to come, or there is no decision before.
    `size_changes`: what is counted much more or less of than before. `written`: currency -> decision_id of what
    was written of it. `of_books`: what is wrong with the books that it was computed from, a sentence each.
    """

    state: DecisionState
    rules: Rulebook
    draft: DecisionDraft
    changed: tuple[str, ...]
    due_changes: DueChanges
    comparison: Comparison
    rule_changes: RuleChanges
    next_payment: NextPayment | None
    size_changes: SizeChanges
    written: Mapping[str, str] = field(default_factory=dict)
    of_books: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """Return what the operator should know: of the books, and of what was left out; a sentence each."""
        return (*self.of_books, *self.draft.remarks)

    @cached_property
    def fingerprint(self) -> str:
        """Return a hash of what is decided, and of the decisions that it was compared with.

        What was shown is a difference: when another decision was taken since, it is not the one that was approved.
        """
        decided, granted = self.draft.tables, self.draft.granted
        parts = [decided.entitlements, decided.instalments, decided.settling]
        if granted is not None:
            parts.append(granted.grants)
        hashes = [rows_sha256(one) for one in parts]
        return hashlib.sha256("\n".join([*hashes, *sorted(self.state.before.values())]).encode()).hexdigest()

    @property
    def regulations(self) -> tuple[str, ...]:
        """Return the names of the files of rules."""
        return tuple(one.name for one in self.rules.files)

    @property
    def currencies(self) -> list[str]:
        """Return the currencies that it or the decision before has amounts in; euro alone when there are none."""
        return sorted({*self.draft.tables.entitlements["currency"], *self.state.before, *self.changed}) or [EURO]
