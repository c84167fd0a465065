"""Facts in the form in which Arelle exports them from any format, to be compared as sets."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.reports.xbrl.concepts import BY_NAME, ENTITY_SCHEME, LEVEL_ELEMENTS, element_of
from npo_pipeline.reports.xbrl.instance import MEASURES
from tests.books.filing.world import YEAR

Fact = tuple[frozenset[tuple[str, str]], str | Decimal, str | None]

_DURATION = f"{YEAR}-01-01T00:00:00/{YEAR + 1}-01-01T00:00:00"
_WHEN = {"duration": _DURATION, "start": f"{YEAR}-01-01T00:00:00", "end": f"{YEAR + 1}-01-01T00:00:00"}
_NUMBERS = ("money", "share", "count")


def exported(path: Path) -> list[Fact]:
    """What stands in a file of xBRL-JSON."""
    told = json.loads(path.read_text(encoding="utf-8"))
    spaces = told["documentInfo"]["namespaces"]
    return [_exported(one, spaces) for one in told["facts"].values()]


def framed(facts: pl.DataFrame) -> list[Fact]:
    """What a fact frame says, in the same form."""
    return [_framed(row) for row in facts.to_dicts()]


def _exported(one: dict[str, Any], spaces: dict[str, str]) -> Fact:
    axes = dict(one["dimensions"])
    prefix, _, number = axes["entity"].partition(":")
    axes["entity"] = f"{spaces[prefix]} {number}"
    kind = BY_NAME[axes["concept"].partition(":")[2]].kind
    value = Decimal(one["value"]) if kind in _NUMBERS else one["value"]
    return frozenset(axes.items()), value, one.get("decimals")


def _framed(row: dict[str, Any]) -> Fact:
    kind = BY_NAME[row["concept"]].kind
    axes = {
        "concept": f"npo:{row['concept']}",
        "entity": f"{ENTITY_SCHEME} {row['board']}",
        "period": _WHEN[row["period"]],
    }
    if row["unit"] not in (None, "pure"):
        axes["unit"] = MEASURES[row["unit"]]
    if kind in ("text", "choice"):
        axes["language"] = "nl"
    if row["brin"]:
        axes["npo:SchoolAxis"] = row["brin"]
    if row["member"]:
        axes["npo:InterventionAxis"] = f"npo:{element_of(row['member'])}"
    if row["level"]:
        axes["npo:LevelAxis"] = f"npo:{LEVEL_ELEMENTS[row['level']]}"
    value = Decimal(row["value"]) if kind in _NUMBERS else row["value"]
    return frozenset(axes.items()), value, None
