"""How often each assertion must fire on facts: counted from the facts, one by one, as a person would."""

from __future__ import annotations

from typing import Any

import polars as pl

from npo_pipeline.reports.xbrl.concepts import TOP

MONEY = (
    *("CarriedOver", "Received", "Accrued", "Spent", "SpentExternal", "SpentOther", "NetChange"),
    *("Transferred", "Corrections", "AccruedCorrections"),
)


def expected(facts: pl.DataFrame) -> dict[str, int]:
    """By assertion; one that finds nothing to judge is not there."""
    rows = facts.to_dicts()
    places = {(row["board"], row["brin"]) for row in rows}
    schools = {place for place in places if place[1]}
    found = {
        "roll_forward": len(places),
        "spent_other": len(places),
        "external_within_spent": _number(rows, "SpentExternal"),
        "external_share": _number(rows, "ExternalShare"),
        "board_number": _number(rows, "BoardNumber"),
        "report_status": _number(rows, "ReportStatus"),
        "spent_by_level": len({_place(row) for row in rows if row["level"]}),
    }
    for name in ("Spent", "SpentExternal"):
        split = [row for row in rows if row["concept"] == name and row["member"]]
        found[f"{name.lower()}_by_category"] = len({_place(row) for row in split if row["member"] in TOP})
        single = {_place(row) for row in split if row["member"] not in TOP[:-1]}
        found[f"{name.lower()}_by_intervention"] = len(single)
    for name in MONEY:
        of_board = [row for row in rows if row["concept"] == name and not row["brin"]]
        found[f"{name.lower()}_of_schools"] = len(of_board)
    for name in ("schoolscan", "mrconsent", "gmrconsent"):
        found[f"{name}_told"] = len(schools)
    return found


def _number(rows: list[dict[str, Any]], concept: str) -> int:
    return sum(row["concept"] == concept for row in rows)


def _place(row: dict[str, Any]) -> tuple[str, str | None]:
    return (row["board"], row["brin"])
