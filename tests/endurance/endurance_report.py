"""The results of kills and soak as parts of a page of the docs: what was done, and each fault that was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

MOST_FAULTS = 20
MIB = 2**20


def write_part(page: Path, name: str, lines: Iterable[str]) -> None:
    """Write a part of a page, between the marks of its name.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = page.read_text("utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page}: has no {begin} and {end}")
    part = "\n".join([begin, "", *lines, "", end])
    pattern = re.escape(begin) + ".*?" + re.escape(end)
    page.write_text(re.sub(pattern, lambda _: part, text, flags=re.DOTALL), encoding="utf-8")


def write_kills(page: Path, rows: Sequence[dict[str, Any]], seed: int) -> None:
    """Write what the kills showed."""
    if rows:
        write_part(page, "kills", kills_lines(rows, seed))


def kills_lines(rows: Sequence[dict[str, Any]], seed: int) -> list[str]:
    """Return the part of the page on kills: per command how many there were, and how many were good."""
    dead = sum(row["killed"] for row in rows)
    good = sum(not row["faults"] for row in rows)
    head = (
        f"Seed {seed}: {len(rows):,} times a command was to be killed; {dead:,} times it died of it, "
        f"else it was done by then. {good:,} of {len(rows):,} met every check."
    )
    table = [
        "| command | kills | died | workers left alone | drafts until the next run | left for good | good |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for command in sorted({row["command"] for row in rows}):
        own = [row for row in rows if row["command"] == command]
        table.append(
            f"| `{command}` | {len(own):,} | {sum(row['killed'] for row in own):,} "
            f"| {sum(row['alone'] for row in own):,} | {sum(row['left'] > 0 for row in own):,} "
            f"| {sum(row['left_for_good'] > 0 for row in own):,} | {sum(not row['faults'] for row in own):,} |"
        )
    return [head, "", *table, *_faults((f"`{row['words']}` {row['when']}", row["faults"]) for row in rows)]


def write_soak(page: Path, rows: Sequence[dict[str, Any]], size: str, seed: int) -> None:
    """Write what the soak showed."""
    if rows:
        write_part(page, "soak", soak_lines(rows, size, seed))


def soak_lines(rows: Sequence[dict[str, Any]], size: str, seed: int) -> list[str]:
    """Return the part of the page on the soak: per command time and memory at the beginning and at the end."""
    steps = len({row["step"] for row in rows if row["step"] >= 0})
    done = [row for row in rows if not row["missing"]]
    months = max((row.get("months", 0) for row in rows), default=0)
    hours = sum(row["seconds"] + row["checked"] for row in rows if row["step"] >= 0) / 3600
    head = (
        f"{size}, seed {seed}: {months} months paid in {steps} steps, {len(done):,} commands, {hours:.1f} hours. "
        f"{sum(not row['faults'] for row in done):,} of {len(done):,} ended as they may and left "
        "every invariant whole."
    )
    table = [
        "| command | times | refused | seconds, first third | last third | memory, first third | last third |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for command in sorted({row["command"] for row in done}):
        own = [row for row in done if row["command"] == command]
        ended = [row for row in own if row["status"] == 0]
        table.append(
            f"| `{command}` | {len(own):,} | {sum(row['status'] == 3 for row in own):,} "
            f"| {_thirds(ended, 'seconds', 1.0, '.1f')} | {_thirds(ended, 'memory', MIB, ',.0f')} |"
        )
    missing = sorted({row["command"] for row in rows if row["missing"]})
    absent = ["", f"Not there yet: {', '.join(missing)}."] if missing else []
    faults = _faults((f"step {row['step']}, `{row['words']}`", row["faults"]) for row in done)
    return [head, "", *table, "", "Memory in MiB.", *absent, "", *_growth(done), *faults]


def _thirds(rows: Sequence[dict[str, Any]], name: str, unit: float, form: str) -> str:
    """Return the medians of the first and the last third of the times that a command was done."""
    if not rows:
        return "– | –"
    third = max(len(rows) // 3, 1)
    parts = (rows[:third], rows[-third:])
    return " | ".join(format(median(row[name] for row in part) / unit, form) for part in parts)


def _growth(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return how the home grew, by the months that were paid."""
    sized = {row["months"]: row for row in rows if "books" in row}
    table = ["| months paid | books (MiB) | home (MiB) |", "| ---: | ---: | ---: |"]
    shown = sorted(sized)[:: max(len(sized) // 8, 1)]
    for months in sorted({*shown, *sorted(sized)[-1:]}):
        row = sized[months]
        table.append(f"| {months} | {row['books'] / MIB:,.0f} | {row['home'] / MIB:,.0f} |")
    return table


def _faults(rows: Iterable[tuple[str, Sequence[str]]]) -> list[str]:
    found = [f"- {where}: {' '.join(fault.split())[:400]}" for where, faults in rows for fault in faults]
    if not found:
        return []
    more = [f"- and {len(found) - MOST_FAULTS} more"] if len(found) > MOST_FAULTS else []
    return ["", "What was not good:", "", *found[:MOST_FAULTS], *more]
