"""Files of corrections for tests: entries as keys and values, each of which a test can change or take out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.books.checking import faults, open_in
from tests.books.home.npo import Ended, here

NAME = "corrections.yaml"
DAY = ("--reference-date", "2020-10-01")

SET: dict[str, Any] = {
    "file": "scores.csv",
    "line": 2,
    "action": "set",
    "column": "Achterstandsscore",
    "expect": "100,50",
    "value": "90,00",
    "reason": "typing error of the school, see letter",
    "reported_by": "CBS",
    "reported_on": "2021-11-03",
    "expires": "2090-08-01",
}
DROP = {key: value for key, value in SET.items() if key != "value"} | {"action": "drop"}
PUPIL = {**SET, "file": "register.csv", "line": 2, "column": "LEERJAAR", "expect": "1", "value": "2"}
REPLACES: dict[str, Any] = {
    "delivery": "d000002",
    "lines": [34, 35],
    "file": "fixed.csv",
    "reason": "the pupil left 01AA in July",
    "reported_by": "school 02BB",
}


def but(entry: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An entry with other values; None takes a key out."""
    return {key: value for key, value in {**entry, **changes}.items() if value is not None}


def declare(folder: Path, *corrections: Mapping[str, Any], replaces: tuple[Mapping[str, Any], ...] = ()) -> Path:
    """Write a file of corrections, a line per key."""
    lines: list[str] = []
    for name, entries in (("corrections", corrections), ("replaces", replaces)):
        lines += [f"{name}:"] if entries else []
        for entry in entries:
            keys = [f"{key}: {_yaml(value)}" for key, value in entry.items()]
            lines += [f"  {'-' if not place else ' '} {key}" for place, key in enumerate(keys)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


def _yaml(value: Any) -> str:
    """YAML takes JSON; text of letters and points stands as an operator writes it."""
    return (
        value
        if isinstance(value, str) and value.replace("-", "").replace(".", "").isalnum()
        else json.dumps(value)
    )


def ingest(home: Path, *words: object) -> dict[str, Any]:
    ended = here("ingest", *words, *DAY, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return ended.document


def refused(home: Path, *words: object) -> str:
    """The one line that a refused delivery says."""
    ended: Ended = here("ingest", *words, *DAY, "--home", home)
    assert (ended.status, ended.stdout, ended.stderr.count("\n")) == (3, "", 1), ended
    return ended.stderr.removeprefix("npo: ").strip()


def ties(home: Path) -> bool:
    return faults(home, "deliveries", "decisions", "payments") == []


def findings(home: Path) -> list[str]:
    return open_in(home)
