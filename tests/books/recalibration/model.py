"""What the rules of settlement say must have been paid, in plain whole numbers: nothing here is of the program.

One school, one component: a story of decisions and of months that are run, told in order. Amounts are cents,
months are numbers (1, 2, ...).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby


@dataclass(frozen=True)
class Decided:
    """A decision: instalments by month, the last month that was paid when it was taken (0: none), its terms."""

    instalments: Mapping[int, int]
    paid_until: int = 0
    spread: bool = False
    floor_zero: bool = False


Run = int
"""A month that is run."""


def paid_after(story: Sequence[Decided | Run], schedule: Sequence[int]) -> list[int]:
    """What was paid in all after each run of a story; `schedule`: the months of payment."""
    decisions: list[tuple[int, Decided]] = []
    paid_in: dict[int, int] = {}
    after = []
    for event in story:
        if isinstance(event, Decided):
            decisions.append((len(after), event))
            continue
        now = payable(decisions, event, schedule) - sum(paid_in.values())
        if decisions[-1][1].floor_zero and event <= max(schedule):
            now = max(now, -max(paid_in.get(event, 0), 0))
        paid_in[event] = paid_in.get(event, 0) + now
        after.append(sum(paid_in.values()))
    return after


def payable(decisions: Sequence[tuple[int, Decided]], month: int, schedule: Sequence[int]) -> int:
    """What is due up to and including a month, less what is spread over the months after it.

    Decisions come with how many months were run before them: those with the same number are one correction, on the
    terms of the last. A correction that is not spread is due at once, with all that waited until then.
    """
    last = decisions[-1][1]
    if not last.spread or month >= max(schedule):
        return due(last, month)
    held, before = 0, Decided({})
    for _, taken in groupby(decisions, key=lambda one: one[0]):
        *_, now = [one for _, one in taken]
        left = [one for one in schedule if one > now.paid_until]
        correction = due(now, now.paid_until) - due(before, now.paid_until)
        held = held + correction - part(correction, sum(one <= month for one in left), len(left)) if left else held
        held, before = held if now.spread else 0, now
    return due(last, month) - held


def due(decision: Decided, month: int) -> int:
    """What a decision makes due up to and including a month."""
    return sum(cents for when, cents in decision.instalments.items() if when <= month)


def part(cents: int, done: int, of: int) -> int:
    """`cents x done / of`, halves away from zero."""
    size = (2 * abs(cents) * done + of) // (2 * of)
    return size if cents >= 0 else -size


Change = tuple[date, str, str, str | None]
"""From when, what, which school, and into which one it merges."""


def holder(school: str, month: date, told: Sequence[Change], *, runs_out: bool) -> str | None:
    """Whose the instalment of a school is in a month: its own, that of the one it merged into, or nobody's."""
    days = _days(school, told)
    first = [kind for day, kind, who, _ in told if who == school and day == min(days)]
    if first and set(first) == {"opening"} and month < min(days):
        return None
    while past := [day for day in _days(school, told) if day <= month]:
        kind, successor = _days(school, told)[max(past)]
        if kind == "fusie":
            assert successor
            if _opens_after(successor, month, told):
                return school
            school = successor
            continue
        return None if kind == "sluiting" and not runs_out else school
    return school


def _opens_after(school: str, month: date, told: Sequence[Change]) -> bool:
    """Whether the first that is told of a school is its opening, after a month."""
    days = [day for day, _, who, _ in told if who == school]
    first = {kind for day, kind, who, _ in told if who == school and day == min(days)}
    return first == {"opening"} and month < min(days)


def _days(school: str, told: Sequence[Change]) -> dict[date, tuple[str, str | None]]:
    """What is believed of each day: what was told last."""
    return {day: (kind, successor) for day, kind, who, successor in told if who == school}
