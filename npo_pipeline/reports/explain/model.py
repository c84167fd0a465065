"""What an amount is made of, as the books hold it: the line of the trace, what was counted, and the files.

What becomes of an amount: month by month, from one decision to the next, and in the life of a school.

An explanation: what there is to say of an amount, before it is said in a language.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class File:
    """A delivered file that a number comes from. `superseded_by`: the delivery that has corrected it since."""

    delivery_id: str
    used_for: str
    kind: str
    file: str
    sha256: str
    rows: int
    refused: int
    reference_date: date | None
    superseded_by: str | None


@dataclass(frozen=True)
class Part:
    """A part of what was counted: what one file says of a vestiging, school type and cluster."""

    vestiging: str
    school_type: str
    cluster: str | None
    number: Decimal
    delivery_id: str


@dataclass(frozen=True)
class Line:
    """A row of `trace` as it stands, with the parts that were counted for it and the files they come from.

    `days`: the reference dates. `others`: the other vestigingen of the BRIN, where the line is of all of it.
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
    unrounded: Decimal
    amount: Decimal
    currency: str
    status: str
    article: str
    source: str
    url: str
    regulation: str
    days: tuple[date, ...]
    parts: tuple[Part, ...]
    files: tuple[File, ...]
    others: tuple[str, ...]


@dataclass(frozen=True)
class SourceCorrection:
    """A declared correction of a file that a count or score rests on.

    `action`: `set` or `drop`. Of a row of a pupil nothing is told: `expected` and `value` are null.
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


Kind: TypeAlias = Literal["vestiging", "brin", "board"]

Reason: TypeAlias = Literal[
    "unknown",  # a value of the rules that it needs is not known: never counted as 0
    "not_delivered",  # no file of this decision says how many
    "zero",  # a file says there are none
    "below_threshold",  # there are some, and all of them are among the first that give nothing
    "booked_elsewhere",  # counted with the whole BRIN, at another vestiging of it
    "no_board",  # pupils are counted, and nobody is known who could be paid for them
]


@dataclass(frozen=True)
class Subject:
    """What was asked for: a vestiging, a BRIN or a board, and its name and place where they are known."""

    kind: Kind
    code: str
    name: str | None = None
    place: str | None = None


@dataclass(frozen=True)
class Omitted:
    """A component in which a school gets nothing, and why.

    `what`: the value of the rules that is not known. `number`: what was counted. `where`: the vestiging it is
    booked on instead.
    """

    component: str
    school_types: tuple[str, ...]
    measure: str
    reason: Reason
    what: str | None = None
    article: str | None = None
    number: Decimal | None = None
    threshold: int | None = None
    where: str | None = None


@dataclass(frozen=True)
class Assumption:
    """A value that amounts rest on and that no source says in so many words. No component: all of them."""

    status: str
    what: str
    component: str | None
    article: str


@dataclass(frozen=True)
class School:
    """A vestiging in a decision. `board` is the one that the decision shows, null where it has no amount."""

    vestiging: str
    name: str | None
    place: str | None
    board: str | None
    amount: Decimal
    lines: tuple[Line, ...]
    flow: Flow
    changes: tuple[Change, ...]
    omitted: tuple[Omitted, ...]
    rests_on: tuple[Assumption, ...]
    corrected: tuple[SourceCorrection, ...]
    lives: tuple[Life, ...] = ()
    settled: tuple[Settled, ...] = ()


@dataclass(frozen=True)
class Decision:
    """A decision as the table has it.

    `named_day`: the reference date in its rules, where it goes by counts of another day. `before`,
    `superseded_by`: the decisions around it, of its year and currency.
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
class Total:
    """A component added up over the schools of an explanation, per school type."""

    component: str
    school_type: str
    schools: int
    amount: Decimal


@dataclass(frozen=True)
class Explained:
    """What a decision says of the schools that were asked for. Its amounts are all in its one currency.

    `own`: the schools whose amounts are in the totals; a board has others too, which it held at another time.
    `flow`: what all of them get together, or of a board what it gets itself. `omitted`: what they do not get for
    reasons that are not one school's own.
    """

    decision: Decision
    schools: tuple[School, ...]
    own: tuple[str, ...]
    amount: Decimal
    totals: tuple[Total, ...]
    flow: Flow
    omitted: tuple[Omitted, ...]
    rests_on: tuple[Assumption, ...]


@dataclass(frozen=True)
class Explanation:
    """The answer: a part per decision. Amounts of two decisions are never added up."""

    asked: Subject
    decisions: tuple[Explained, ...]
