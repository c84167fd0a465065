"""Spending by the names that the board wrote, for what the facts do not tell apart."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from npo_pipeline.reports.filing.inline.seen import Seen

_READ = ("category", "intervention", "level", "on_menu", "amount")


def added_up(seen: Seen, *, level: str | None = None, off_menu: bool = False) -> list[tuple[str, str, str]]:
    """Spending of the board per category and name: at one level, or of what is not on the menukaart.

    Returns:
        Category, name, amount as facts have it; in the order of their letters.
    """
    keyed = set(seen.told.keys.select("category", "intervention").rows()) if off_menu else set()
    summed: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for category, name, where, on_menu, amount in seen.told.interventions.select(_READ).iter_rows():
        wanted = not (on_menu and (category, name) in keyed) if off_menu else where == level
        if wanted:
            summed[category, name] += amount
    return [(*place, str(amount)) for place, amount in sorted(summed.items())]
