"""What an amount is made of, as the books hold it: the line of the trace, what was counted, and the files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


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
