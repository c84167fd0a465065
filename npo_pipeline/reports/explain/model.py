"""The facts of an explanation, before they are written in a language.

The names of the fields are the keys of `npo explain --json`. Amounts are in the currency of their decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from schemas.rules import MUNICIPALITY, SAMENWERKINGSVERBAND

Kind: TypeAlias = Literal["vestiging", "brin", "board", "samenwerkingsverband", "gemeente"]

Reason: TypeAlias = Literal[
    "unknown",  # a value of the rules that it needs is not known: never counted as 0
    "not_for_school",  # the rules say that the component is not for this school
    "no_list",  # it is for listed vestigingen, and no list was delivered
    "not_delivered",  # no file of this decision counts it
    "zero",  # a file counts none
    "below_threshold",  # all that are counted are among the first, which give nothing
    "booked_elsewhere",  # counted with the whole BRIN, at another vestiging of it
    "no_board",  # pupils are counted, and no board is known that could be paid for them
    "paid_to_area",  # pupils are counted, and the samenwerkingsverband of the area is paid for them
    "no_area",  # pupils are counted for a samenwerkingsverband, and nothing says for which
]


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts; 0.00 when there are none."""
    return sum(amounts, Decimal("0.00"))


@dataclass(frozen=True)
class Subject:
    """Name what is explained: a school, its board or another beneficiary, with name and place where known."""

    kind: Kind
    code: str
    name: str | None = None
    place: str | None = None

    @property
    def is_one(self) -> bool:
        """Return whether it is one beneficiary, and not several schools."""
        return self.kind in ("vestiging", "samenwerkingsverband", "gemeente")


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """Represent a delivered file that a count comes from. `superseded_by`: the delivery that corrects it."""

    delivery_id: str
    used_for: str
    kind: str
    file: str
    sha256: str
    rows: int
    refused: int
    reference_date: date | None
    superseded_by: str | None


@dataclass(frozen=True, kw_only=True)
class CountedPart:
    """Represent the part of a count that one file gives for a vestiging, school type and cluster."""

    vestiging: str
    school_type: str
    cluster: str | None
    number: Decimal
    delivery_id: str


@dataclass(frozen=True, kw_only=True)
class TraceLine:
    """Represent a row of `trace`, with the parts of its count and the files they come from.

    `days`: the reference dates. `others`: the other vestigingen of the BRIN, where the count is of all of it. Of a
    samenwerkingsverband or municipality the parts are those of the vestigingen in it.
    `small_below`, `small_fixed`, `small_decrease`: what it gets on top for being small; else null.
    `unrounded_before`: what is rounded together with it, of the vestigingen of the school before it.
    """

    vestiging: str
    school_type: str
    component: str
    measure: str
    counted: Decimal
    threshold: int | None
    level: str | None
    quantity: Decimal
    unit: str
    rate: Decimal
    small_below: int | None
    small_fixed: Decimal | None
    small_decrease: Decimal | None
    unrounded: Decimal
    unrounded_before: Decimal
    amount: Decimal
    currency: str
    status: str
    article: str
    source: str
    url: str
    regulation: str
    days: tuple[date, ...]
    parts: tuple[CountedPart, ...]
    files: tuple[SourceFile, ...]
    others: tuple[str, ...]

    @property
    def counts_other_places(self) -> bool:
        """Return whether its count is of more places than its own: a BRIN, an area or a municipality."""
        return self.level == "brin" or self.is_of_area or self.is_of_municipality

    @property
    def is_of_area(self) -> bool:
        """Return whether it is of a samenwerkingsverband."""
        return re.search(SAMENWERKINGSVERBAND, self.vestiging) is not None

    @property
    def is_of_municipality(self) -> bool:
        """Return whether it is of a municipality."""
        return re.search(MUNICIPALITY, self.vestiging) is not None

    @property
    def supplement(self) -> Decimal:
        """Return what it gets on top for being small; 0 where it gets nothing."""
        return (self.small_fixed or Decimal(0)) - self.quantity * (self.small_decrease or Decimal(0))

    @property
    def shares_rounding(self) -> bool:
        """Return whether its amount depends on the vestigingen before it, which leave part of a cent."""
        return self.unrounded_before * 100 % 1 != 0


@dataclass(frozen=True, kw_only=True)
class SourceCorrection:
    """Represent a declared correction of a file that a count or score comes from.

    `action`: `set` or `drop`. Nothing is shown of the row of a pupil: `expected` and `value` are null.
    """

    vestiging: str
    file: str
    line: int
    column_name: str
    action: str
    expected: str | None
    value: str | None
    reason: str
    reported_by: str
    reported_on: date
    expires: date


@dataclass(frozen=True)
class MonthlyPayment:
    """Represent the payment to a board for a school in a month, with corrections of earlier months."""

    month: date
    board: str | None
    instalment: Decimal
    correction: Decimal

    @property
    def amount(self) -> Decimal:
        """Return instalment and correction together."""
        return self.instalment + self.correction


@dataclass(frozen=True)
class Cashflow:
    """Represent payments over the months, which for a school add up to its whole amount.

    `to_settle`: what is due up to the last month that was paid, less what was paid.
    """

    paid: tuple[MonthlyPayment, ...] = ()
    to_settle: Decimal = Decimal("0.00")
    to_come: tuple[MonthlyPayment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AmountChange:
    """Represent a row of `entitlements` compared with the previous decision.

    Quantities and rates are null on the side where the row does not exist.
    """

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


@dataclass(frozen=True, kw_only=True)
class LifecycleEvent:
    """Represent signed adjustments of instalments by a merger, closure, opening or amendment."""

    cause: str
    other: str | None
    first: date
    last: date
    amount: Decimal


@dataclass(frozen=True)
class BoardEvent:
    """Represent what makes the payments to a board other than its amounts, of one school."""

    vestiging: str
    event: LifecycleEvent


@dataclass(frozen=True, kw_only=True)
class PaidCorrection:
    """Represent the part of the corrections of a month that has one cause, and the months that it corrects."""

    paid_month: date
    cause: str
    first: date
    last: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class SchoolClaim:
    """Represent an amount that one board owes another, and that no payment run settles.

    It was paid it for months in which the other held the school, or the other paid it back for months of this one.
    """

    debtor: str
    creditor: str
    first: date
    last: date
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class OmittedComponent:
    """Represent a component without an amount for a school, and the reason.

    `what`: the value of the rules that is not known. `number`: the count. `where`: the vestiging or the
    samenwerkingsverband that the count is booked on.
    """

    component: str
    school_types: tuple[str, ...] = ()
    measure: str
    reason: Reason
    what: str | None = None
    article: str | None = None
    number: Decimal | None = None
    threshold: int | None = None
    where: str | None = None


@dataclass(frozen=True)
class Assumption:
    """Represent a value behind amounts that no source publishes as such. Without a component: behind all."""

    status: str
    what: str
    component: str | None
    article: str


@dataclass(frozen=True, kw_only=True)
class ComparedAmount:
    """Represent an amount of others beside that of a decision: a row of `reconciliation`.

    `code`: of the vestiging, the school or the board that it is of (`level`). `why`: the cause in Dutch.
    `decision_id`: the one that was compared, which may be an older one than is explained.
    """

    run_id: str
    compared_on: date
    decision_id: str
    file: str | None
    level: str
    code: str
    component: str
    school_types: str | None
    ours: Decimal | None
    theirs: Decimal | None
    difference: Decimal | None
    outcome: str
    cause: str | None
    explanation: str | None


@dataclass(frozen=True, kw_only=True)
class School:
    """Represent a vestiging in a decision. `board`: by the decision; null where it has no amount.

    `board_name`: by the list of boards.
    A samenwerkingsverband or municipality is shown like one: `vestiging` is its code, and its `board` is null.
    """

    vestiging: str
    name: str | None
    place: str | None
    board: str | None
    amount: Decimal
    lines: tuple[TraceLine, ...]
    flow: Cashflow
    changes: tuple[AmountChange, ...]
    omitted: tuple[OmittedComponent, ...]
    rests_on: tuple[Assumption, ...]
    corrected: tuple[SourceCorrection, ...]
    lives: tuple[LifecycleEvent, ...]
    settled: tuple[PaidCorrection, ...]
    claims: tuple[SchoolClaim, ...] = ()
    board_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Represent a decision as the table has it.

    `named_day`: the reference date of its rules, where the counts are of another day. `before`, `superseded_by`:
    the decisions around it, of its year and currency.
    """

    decision_id: str
    school_year: str
    currency: str
    reference_date: date
    decided_at: datetime
    reason: str | None
    regulation: str
    rests_on: str | None
    named_day: date | None
    before: str | None
    superseded_by: str | None


@dataclass(frozen=True)
class ComponentTotal:
    """Represent the amounts of a component and school type over the schools of an explanation."""

    component: str
    school_type: str
    schools: int
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class DecisionExplanation:
    """Represent what a decision gives the schools of a subject, in its one currency.

    `own`: the schools in the totals; a board has others too, which it had at another time. `flow`: of all of them
    together, or of a board its own. `beyond`: of a board, what makes up the difference of the two. `omitted`: for
    reasons that are not one school's own. `compared`: what others say of them, as it was compared last.
    """

    decision: Decision
    schools: tuple[School, ...]
    own: tuple[str, ...]
    amount: Decimal
    totals: tuple[ComponentTotal, ...]
    flow: Cashflow
    beyond: tuple[BoardEvent, ...]
    omitted: tuple[OmittedComponent, ...]
    rests_on: tuple[Assumption, ...]
    compared: tuple[ComparedAmount, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MaskedCount:
    """Represent a count of pupils that a file masks: a range, which gives no money."""

    file: str
    reference_date: date
    vestiging: str
    school_type: str
    lowest: int
    highest: int


@dataclass(frozen=True)
class Explanation:
    """Represent the answer, a part per decision. Amounts of two decisions are never added up.

    `masked`: what is known of the pupils of vestigingen that no file counts on its date but as a range.
    """

    asked: Subject
    decisions: tuple[DecisionExplanation, ...]
    masked: tuple[MaskedCount, ...] = ()
