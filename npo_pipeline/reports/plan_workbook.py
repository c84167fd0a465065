"""The plan of a decision as a workbook: what it changes, for whom and why, to sort and to filter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.decisions.comparison import CUTS, Comparison
from npo_pipeline.errors import Refused
from npo_pipeline.reports.xlsx import Column, Sheet, frame_sheet, write_sheets
from schemas.decided import Payments
from schemas.frames.money import RuleChanges

_TITLES = {
    "school_type": "Per schoolsoort",
    "component": "Per onderdeel",
    "municipality": "Per gemeente",
    "board": "Per bestuur",
    "recipient_kind": "Per soort ontvanger",
}
_WORDS = {
    "school_type": "Schoolsoort",
    "component": "Onderdeel",
    "municipality": "Gemeente",
    "board": "Bestuur",
    "beneficiary": "Begunstigde",
    "recipient_kind": "Soort ontvanger",
    "recipient": "Ontvanger",
    "currency": "Valuta",
    "schools": "Scholen",
    "up": "Omhoog",
    "down": "Omlaag",
    "before": "Was",
    "after": "Wordt",
    "difference": "Verschil",
    "kind": "Soort",
    "cause": "Oorzaak",
    "what": "Wat",
    "since": "Vanaf",
    "vestiging": "Vestiging",
    "name": "Naam",
    "amount": "Bedrag",
    "reason": "Reden",
    "brin": "BRIN",
}
_MONEY = ("before", "after", "difference", "amount")
_COUNTS = ("schools", "up", "down")
_WIDE = ("name", "what", "cause")


_ABOUT = {
    "Onderdelen": "Onderdelen: wat er per onderdeel verandert",
    "Oorzaken": "Oorzaken: waardoor de bedragen veranderen",
    "Regels": "Regels: waarden in de regeling die veranderen",
    **{title: f"{title}: wat er verandert" for title in _TITLES.values()},
    "Scholen": "Scholen: elke vestiging of ontvanger die een ander bedrag krijgt",
    "Oorzaken per school": "Oorzaken per school: waardoor elke school een ander bedrag krijgt",
    "Volgende betaling": "Volgende betaling: wat er daarna wordt betaald of teruggevorderd",
}
"""The line on top of each sheet: the content of it."""


def write_plan(
    found: Comparison, changes: RuleChanges, payments: Payments | None, path: Path, *, of: str, made: date
) -> None:
    """Write the workbook of a plan: what differs, also in the rules, and the next payments where they are known.

    `of`: the school year, or the two decisions that are compared; it is in the title, with the day it was `made`.

    Raises:
        Refused: it cannot be written; what was decided is not undone.
    """
    try:
        title, note = f"Wijzigingen van een besluit, {of}", f"Gemaakt op {dutch.day(made)}."
        pages = list(_sheets(found, changes, payments))
        write_whole(path, lambda beside: write_sheets(title, pages, beside, note=note))
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror or error}); name another file") from error


def _sheets(found: Comparison, changes: RuleChanges, payments: Payments | None) -> Iterator[Sheet]:
    yield _sheet("Onderdelen", found.by_component)
    yield _sheet("Oorzaken", found.causes)
    yield _sheet("Regels", changes.with_columns(pl.col("since").dt.strftime("%Y-%m")))
    for cut in CUTS:
        yield _sheet(_TITLES[cut], found.effect.cuts[cut])
    yield _sheet("Scholen", found.effect.schools.drop("vestiging"), frozen=2)
    yield _sheet("Oorzaken per school", found.causes_by_school.sort("beneficiary", "currency", "cause"), frozen=1)
    if payments is not None:
        columns = [
            "recipient_kind",
            "recipient",
            "board",
            "brin",
            "beneficiary",
            "school_type",
            "component",
            "reason",
        ]
        columns += ["currency", "amount"]
        yield _sheet("Volgende betaling", payments.select(columns))


def _sheet(name: str, rows: pl.DataFrame, *, frozen: int = 0) -> Sheet:
    """Render a frame as a sheet; the values of rules, which are no amounts, in words."""
    return frame_sheet(
        name, rows, {one: _column(one, kind) for one, kind in rows.schema.items()}, frozen, about=_ABOUT[name]
    )


def _column(name: str, dtype: pl.DataType) -> Column:
    if name in _MONEY and dtype.is_decimal():
        return Column(_WORDS[name], "money", 16, total=True)
    return Column(_WORDS[name], "whole" if name in _COUNTS else "text", 28 if name in _WIDE else 13)
