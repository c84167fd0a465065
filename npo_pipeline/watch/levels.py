"""The verdict of a check: nothing to do, somebody should look, or somebody must act now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """Represent how bad something is; its value is the exit status for a monitor."""

    OK = 0
    WARN = 6
    """Somebody should look."""

    FAIL = 7
    """Somebody must act now."""


@dataclass(frozen=True)
class Verdict:
    """Represent what a check found, in a sentence, and what to do about it (empty: nothing)."""

    level: Level
    message: str
    advice: str = ""


@dataclass(frozen=True)
class Check:
    """Represent a check that was done."""

    name: str
    verdict: Verdict

    def document(self) -> dict[str, Any]:
        """Return the check as it goes in a JSON document."""
        level, message, advice = self.verdict.level.name, self.verdict.message, self.verdict.advice
        return {"name": self.name, "level": level, "message": message, "advice": advice}


def fine(message: str) -> Verdict:
    """Return that there is nothing to do."""
    return Verdict(Level.OK, message)


def look(message: str, advice: str) -> Verdict:
    """Return that somebody should look."""
    return Verdict(Level.WARN, message, advice)


def act(message: str, advice: str) -> Verdict:
    """Return that somebody must act now."""
    return Verdict(Level.FAIL, message, advice)


def worst(checks: Iterable[Check]) -> Level:
    """Return the worst level of checks."""
    return max((one.verdict.level for one in checks), default=Level.OK)


def worst_first(checks: Iterable[Check]) -> list[Check]:
    """Return checks with the worst on top: many monitors show the first line alone."""
    return sorted(checks, key=lambda one: -one.verdict.level)


@dataclass(frozen=True)
class Limits:
    """Hold from where on somebody should look, and from where on somebody must act; null: never."""

    look: int | None
    act: int | None

    def level(self, measured: int) -> Level:
        """Return the level of something that grows worse as it grows."""
        if self.act is not None and measured >= self.act:
            return Level.FAIL
        if self.look is not None and measured >= self.look:
            return Level.WARN
        return Level.OK

    def verdict(self, measured: int, message: str, advice: str) -> Verdict:
        """Return the verdict on something that grows worse as it grows; advice only where it is needed."""
        level = self.level(measured)
        return Verdict(level, message, advice if level else "")


NEVER = Limits(None, None)
