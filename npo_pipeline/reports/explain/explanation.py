"""An explanation: what there is to say of an amount, before it is said in a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from npo_pipeline.reports.explain.evidence import Line, SourceCorrection
from npo_pipeline.reports.explain.flow import Change, Flow, Life, Settled

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
class Asked:
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
class Soft:
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
    rests_on: tuple[Soft, ...]
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
    rests_on: tuple[Soft, ...]


@dataclass(frozen=True)
class Explanation:
    """The answer: a part per decision. Amounts of two decisions are never added up."""

    asked: Asked
    decisions: tuple[Explained, ...]
