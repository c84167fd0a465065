"""Numbers as people read them, written here once more so that the tests do not believe the program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from npo_pipeline.reports.explain.model import TraceLine


def written(value: Decimal | int, lang: str, places: int) -> str:
    """A number by its digits: 8293.3032 is 8.293,3032 in Dutch and 8,293.3032 in English."""
    whole, _, decimals = f"{Decimal(value):f}".partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    groups = []
    while whole:
        whole, group = whole[:-3], whole[-3:]
        groups.insert(0, group)
    thousands, point = {"nl": ".,", "en": ",."}[lang]
    return thousands.join(groups) + (point + decimals if decimals else "")


def numbers_of(line: TraceLine) -> list[tuple[Decimal | int, int]]:
    """The numbers of a trace row, each with the decimals it has at least when it is written."""
    units = 2 if line.measure == "score" else 0
    found = [(line.counted, units), (line.quantity, units), (line.rate, 2), (line.unrounded, 2), (line.amount, 2)]
    return found if line.threshold is None else [*found, (line.threshold, 0)]


def numbers_in(text: str, lang: str, without: Sequence[str] = ()) -> list[str]:
    """The numbers in a text, in its order, with a decimal point; names and sources are taken out before."""
    for name in sorted(without, key=len, reverse=True):
        text = text.replace(name, "")
    found = re.findall(r"(?<![0-9A-Za-z])[0-9](?:[0-9.,]*[0-9])?(?![0-9A-Za-z])", text)
    swap = str.maketrans({".": None, ",": "."}) if lang == "nl" else str.maketrans({",": None})
    return sorted(one.translate(swap) for one in found)
