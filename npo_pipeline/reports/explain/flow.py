"""What becomes of an amount: month by month, from one decision to the next, and in the life of a school."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class Month:
    """What goes to a board for a school in a month: its instalment, and what makes good earlier months."""

    month: date
    board: str | None
    instalment: Decimal
    correction: Decimal

    @property
    def amount(self) -> Decimal:
        """Instalment and correction together."""
        return self.instalment + self.correction


@dataclass(frozen=True)
class Flow:
    """Money over the months: what was paid, what is still to be settled over those months, what is to come.

    Of a school the three together are its whole amount. `to_settle`: what is due up to the last month that was
    paid, less what was paid.
    """

    paid: tuple[Month, ...] = ()
    to_settle: Decimal = Decimal("0.00")
    to_come: tuple[Month, ...] = ()


@dataclass(frozen=True)
class Change:
    """A row of `entitlements` against the decision before; quantities and rates are null where it was not."""

    school_type: str
    component: str
    measure: str
    unit: str | None
    before: Decimal
    after: Decimal
    difference: Decimal
    cause: str
    quantity_before: Decimal | None
    quantity_after: Decimal | None
    rate_before: Decimal | None
    rate_after: Decimal | None


@dataclass(frozen=True)
class Life:
    """Instalments that change hands or fall away, or are those of the rules before an amendment; signed."""

    cause: str
    other: str | None
    first: date
    last: date
    amount: Decimal


@dataclass(frozen=True)
class Settled:
    """A part of the corrections that were paid in a month: why, and the months that it is for."""

    paid_month: date
    cause: str
    first: date
    last: date
    amount: Decimal


def added(amounts: Sequence[Decimal]) -> Decimal:
    """Add up amounts; nothing at all is 0,00."""
    return sum(amounts, Decimal("0.00"))
