"""The verdict of a check: nothing to do, somebody should look, or somebody must act now; and from when on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any

from npo_pipeline.errors import Refused

GIGABYTE = 1_000_000_000


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

    def __str__(self) -> str:
        return "off" if self == NEVER else f"{self.look}/{self.act}"

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


def limits_from(text: str, *, falls: bool = False) -> Limits:
    """Parse two thresholds, as 1/4: from the first on somebody should look, from the second on must act.

    What gets worse as it `falls` has the larger one first.
    """
    if text.strip().lower() == "off":
        return NEVER
    if not (found := re.fullmatch(r"([0-9]{1,5})/([0-9]{1,5})", text.strip())):
        raise Refused(f"{text!r} are no thresholds: write two whole numbers as 1/4 (look/act), or off")
    first, second = int(found[1]), int(found[2])
    if falls and first < second:
        raise Refused(f"{text!r} asks to act before to look: write the larger number first")
    if first > second and not falls:
        raise Refused(f"{text!r} asks to act before to look: write the smaller number first")
    return Limits(first, second)


def room(free: int, books: int, limits: Limits) -> Verdict:
    """Return the verdict on the room of a disk. A run needs that of the books twice: it writes in a copy.

    `free`: bytes of the disk. `books`: bytes of the database. `limits`: in gigabytes.
    """
    needed = 2 * books
    message = f"{_gigabytes(free)} GB of the disk is free; a run needs {_gigabytes(needed)} GB"
    if free < max(needed, (limits.act or 0) * GIGABYTE):
        return act(message, "make room, or move the home")
    if limits.look is not None and free < limits.look * GIGABYTE:
        return look(message, "make room")
    return fine(message)


def _gigabytes(size: int) -> str:
    tenths = -(-size * 10 // GIGABYTE)
    return f"{tenths // 10}.{tenths % 10}"


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Hold from where on somebody should look and must act, in days unless their names say otherwise."""

    owed: Limits = Limits(1, 4)
    """Days since the first of a month whose payments are not made."""

    held: Limits = Limits(0, 14)
    """Days that payments are on hold."""

    booked: Limits = Limits(5, 10)
    """Days since the execution date of a transfer that the bank has not booked."""

    verified: Limits = Limits(35, 70)
    last_run: Limits = Limits(35, 70)
    backed_up: Limits = Limits(2, 8)

    busy_hours: Limits = Limits(6, 24)
    """Hours that one run holds the home."""

    free_gb: Limits = Limits(5, 1)
    """Gigabytes below which the disk has too little left."""

    @staticmethod
    def limits_of(name: str, text: str) -> Limits:
        """Parse what is asked for one of them.

        Raises:
            Refused: it is not understood.
        """
        return limits_from(text, falls=name == "free_gb")

    @staticmethod
    def variable(name: str) -> str:
        """Return the variable of the environment that sets one of them."""
        return f"NPO_CHECK_{name.upper()}"

    @classmethod
    def asked(cls, *names: str) -> Thresholds:
        """Return the thresholds that the environment asks for; `names`: of these alone, the others as they are.

        Raises:
            Refused: a variable is not understood.
        """
        named = {one: os.environ.get(cls.variable(one)) for one in names or [one.name for one in fields(cls)]}
        limits = dict[str, Limits]()
        for name, text in named.items():
            try:
                limits |= {name: cls.limits_of(name, text)} if text else {}
            except Refused as refusal:
                raise Refused(f"{cls.variable(name)}: {refusal}") from refusal
        return cls(**limits)
