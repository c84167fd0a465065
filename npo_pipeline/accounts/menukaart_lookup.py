"""Look up interventions as boards wrote them on the menukaart of their date."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.received import last_day
from npo_pipeline.delivery.sanitize import letters_of
from npo_pipeline.rulebook.year_end import Menukaart, Snapshot
from schemas.frames.accounts import InterventionKeys, MenuMatches, WrittenInterventions

ON, MAYBE, OFF = "on", "maybe", "off"
"""On the menukaart; in a category that is not wholly known, so it may be; not on it."""

_MATCHES = dict.fromkeys(("category", "written", "intervention", "menu_status", "hint"), pl.String)


def match_interventions(written: WrittenInterventions, menukaart: Menukaart, year: int) -> MenuMatches:
    """Match interventions as written with the menukaart at the end of a year, a row per category and name.

    Capitals, accents, spaces and marks make no difference. What is not there keeps the name it was given.
    """
    pairs = written.unique().sort("category", "written")
    now = menukaart.at(last_day(year))
    rows = [(letter, name, *_match(letter, name, menukaart, now)) for letter, name in pairs.iter_rows()]
    return MenuMatches(pl.DataFrame(rows, schema=_MATCHES, orient="row"))


def intervention_keys(menukaart: Menukaart) -> InterventionKeys:
    """Return the key of each intervention that was ever on the menukaart."""
    rows = [
        (letter, name, key)
        for letter, category in menukaart.all_categories().items()
        for key, name in category.interventions.items()
    ]
    return InterventionKeys(pl.DataFrame(rows, schema=["category", "intervention", "key"], orient="row"))


def _match(category: str, written: str, menukaart: Menukaart, now: Snapshot) -> tuple[str, str, str | None]:
    plain = letters_of(written)
    here = now.categories.get(category)  # type: ignore[call-overload]
    names = {letters_of(name): name for name in here.interventions.values()} if here else {}
    if plain in names:
        return names[plain], ON, None
    status = OFF if here is None or here.complete else MAYBE
    return written, status, _hint(plain, category, menukaart, now)


def _hint(plain: str, category: str, menukaart: Menukaart, now: Snapshot) -> str | None:
    there = {letters_of(name): (letter, name) for letter, name in _names(now)}
    if plain in there:
        letter, name = there[plain]
        return f"'{name}' staat in categorie {letter}"
    for snapshot in menukaart.snapshots:
        if plain in {letters_of(name) for letter, name in _names(snapshot) if letter == category}:
            since = snapshot.since.known("the day of a snapshot")
            return f"dit staat pas op de menukaart vanaf {dutch.day(since)}"
    near = get_close_matches(plain, there, n=1, cutoff=0.7)
    return f"bedoeld is misschien '{there[near[0]][1]}' (categorie {there[near[0]][0]})" if near else None


def _names(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for letter, category in snapshot.categories.items():
        for name in category.interventions.values():
            yield letter, name
