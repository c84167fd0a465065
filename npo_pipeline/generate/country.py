"""A made-up country: boards, their schools, and the places of pupils."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

PUPILS_PER_VESTIGING = 250
MOST_VESTIGINGEN = 20_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

SIZES = (25, 45, 70, 90, 110, 130, 150, 170, 190, 205, 220, 240, 260, 285, 310, 345, 390, 450, 550, 800)
"""Twentieths of the sizes of schools: half are under 210 pupils, a few are very large."""

_CUMI_SHARES = (0, 0, 5, 10, 20, 30, 45, 60)
"""Percentages of cumi pupils of an sbo or (v)so school; some have none, some very many."""


@dataclass(frozen=True)
class Vestiging:
    """Represent a vestiging: its code, board, kind (`bo`, `sbo`, `so` or `vo`) and relative size."""

    code: str
    board: str
    kind: str
    size: int

    @property
    def brin(self) -> str:
        """The school it belongs to."""
        return self.code[:4]


@dataclass(frozen=True)
class Town:
    """Represent a town: province, name, number of its municipality, the samenwerkingsverband vo in its area."""

    province: str
    name: str
    number: str
    area: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """Represent a place of pupils: a vestiging, a SOORT_PO and a cluster, its weight, its percentage of cumi."""

    vestiging: Vestiging
    soort: str
    cluster: str
    weight: int
    cumi_share: int


@dataclass(frozen=True)
class Country:
    """Hold vestigingen and places, and BRINs that no address list names."""

    vestigingen: tuple[Vestiging, ...]
    places: tuple[Place, ...]
    unlisted_brins: tuple[str, ...]


def make_country(boards: int, pupils: int, chance: random.Random) -> Country:
    """Make a country of so many boards, each with at least one school; more pupils give more schools."""
    wanted = max(boards, min(pupils // PUPILS_PER_VESTIGING, MOST_VESTIGINGEN), 1)
    brins = chance.sample([f"{n:02d}{a}{b}" for n in range(100) for a in LETTERS for b in LETTERS], wanted + 20)
    numbers = sorted(chance.sample(range(10_000, 99_999), boards))
    vestigingen: list[Vestiging] = []
    for place, brin in enumerate(brins[:wanted]):
        if len(vestigingen) >= wanted and place >= boards:
            break
        board = numbers[place] if place < boards else numbers[chance.randrange(chance.randrange(boards) + 1)]
        vestigingen += _school(brin, str(board), chance)
    vestigingen.sort(key=lambda one: one.code)
    places = [place for one in vestigingen for place in _places(one, chance)]
    return Country(tuple(vestigingen), tuple(places), tuple(brins[wanted:]))


def _school(brin: str, board: str, chance: random.Random) -> list[Vestiging]:
    draw = chance.randrange(1000)
    kind = "bo" if draw < 905 else "sbo" if draw < 955 else "so"
    sites = 1 if chance.randrange(100) < 97 else 2 + chance.randrange(2)
    base = 100 if kind == "bo" else 60
    sizes = [chance.choice(SIZES) * base // 100 + 5 for _ in range(sites)]
    return [Vestiging(f"{brin}{n:02d}", board, kind, size) for n, size in enumerate(sizes)]


def _places(one: Vestiging, chance: random.Random) -> list[Place]:
    share = chance.choice(_CUMI_SHARES)
    if one.kind == "bo":
        return [Place(vestiging=one, soort="Bo", cluster="nvt", weight=one.size, cumi_share=0)]
    if one.kind == "sbo":
        return [Place(vestiging=one, soort="Sbo", cluster="nvt", weight=one.size, cumi_share=share)]
    cluster = chance.choice(("1", "2", "3/4", "3/4", "3/4", "3/4"))
    so = Place(vestiging=one, soort="So", cluster=cluster, weight=one.size, cumi_share=share)
    both = chance.randrange(100) < 80
    return [so, replace(so, soort="Vso")] if both else [so]
