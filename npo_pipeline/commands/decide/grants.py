"""The part of `npo decide` that is about subsidies: applications are granted, reduced or refused.

It is no decision of its own. A school year has one row of decisions per currency, whatever kinds of rules it has;
entitlements and grants of it are worked out apart and written together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from npo_pipeline import dutch
from npo_pipeline.books.queries.decision_state import DecisionState
from npo_pipeline.errors import Refused
from npo_pipeline.grants.decide import assumptions, decide_grants, no_grants, undecided
from npo_pipeline.grants.terms import APPLICATIONS, GrantInputs, choose_grant_deliveries, grant_inputs
from npo_pipeline.intake.source_precedence import DeliveredData, UsedDeliveries
from npo_pipeline.money import total
from npo_pipeline.rulebook.load import LoadedSubsidy
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.decided import Grants
from schemas.received import Deliveries

GRANT_CURRENCY = "EUR"
"""The one currency a subsidy file can have."""


@dataclass(frozen=True, kw_only=True)
class Granted:
    """Represent what is decided on the applications for the subsidies of a school year.

    `grants`: the table without its decision. `assumptions`: what it rests on that no source says in so many words.
    """

    grants: Grants
    reference_date: date
    used: UsedDeliveries
    assumptions: str | None
    remarks: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """Return everything that is granted, in euro."""
        return total(self.grants)


def work_out_grants(data: DeliveredData, loaded: Sequence[LoadedSubsidy]) -> Granted:
    """Decide on all applications under the subsidies of a school year.

    Raises:
        Refused: there are no applications, or no pupils are counted on the reference date of a scheme that was
            applied for.
    """
    used: dict[str, list[str]] = {}
    for one in loaded:
        used |= choose_grant_deliveries(one.subsidy, data.live)
    if APPLICATIONS not in used:
        raise Refused("no applications are known; ingest a file of them, or look whether it was refused")
    cases = [(one.subsidy, grant_inputs(one.subsidy, used, data)) for one in loaded]
    for subsidy, inputs in cases:
        _require_pupils(subsidy, inputs, data.reference_dates)
    granted = decide_grants(cases)
    days = [subsidy.reference_date.value for subsidy, _ in cases if subsidy.reference_date.value]
    return Granted(
        grants=granted,
        reference_date=min(days),
        used=used,
        assumptions=assumptions([subsidy for subsidy, _ in cases], granted),
        remarks=tuple(undecided(cases)),
    )


def has_applications(live: Deliveries) -> bool:
    """Return whether a file of applications is among live deliveries; all its rows may have been refused."""
    return APPLICATIONS in live["kind"]


def refuse_dropping_grants(state: DecisionState, granted: Granted | None) -> None:
    """Refuse a decision without any subsidy after one that granted some: they would be gone without a word."""
    before = state.grants
    if granted is not None or before.is_empty():
        return
    schemes = ", ".join(before["scheme"].unique().sort())
    granted_before = dutch.money(total(before), GRANT_CURRENCY)
    raise Refused(
        f"the decision before on {state.school_year} granted {granted_before} of {schemes}, "
        "and no rules of it were given now; give its file again with --regulation"
    )


def recompute_grants(
    currency: str, loaded: Sequence[LoadedSubsidy], used: UsedDeliveries, data: DeliveredData
) -> Grants:
    """Recompute the grants of a decision from its own inputs and rules, for `npo verify`.

    Grants belong to the decision in euro. `data` has the schools as they were known when it was taken.
    """
    if currency != GRANT_CURRENCY:
        return no_grants()
    return decide_grants([(one.subsidy, grant_inputs(one.subsidy, used, data)) for one in loaded])


def _require_pupils(subsidy: Subsidy, inputs: GrantInputs, counted: Sequence[date]) -> None:
    """Refuse a scheme that was applied for and that no pupils are counted for."""
    if inputs.pupils.height or subsidy.scheme not in inputs.applications["scheme"]:
        return
    known = ", ".join(map(str, counted)) or "none yet"
    raise Refused(
        f"{subsidy.scheme} goes by the pupils of {subsidy.reference_date.value}, and none are counted on that day "
        f"(counted: {known}); ingest them, or give another reference_date in an overlay with --regulation"
    )
