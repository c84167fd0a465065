"""The made-up reference lists: areas, municipal scores, listed vestigingen, leerplus list, names of boards."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from npo_pipeline.generate.country import Country, Town
from npo_pipeline.generate.lists import decimal_comma, write_rows
from npo_pipeline.generate.secondary import SecondarySchool
from schemas import rules

AREAS, MUNICIPAL_SCORES = "samenwerkingsverbanden.csv", "gemeentescores.csv"
LISTED, LEERPLUS = "arbeidsmarkttoelage.csv", "leerplus.csv"
BOARDS = "besturen.csv"

_LISTED_SHARE, _LEERPLUS_SHARE = 15, 20
"""Percentages of the vestigingen of bao and of vo that are listed, as in the country, and of leerplus schools."""

_MOST_SCORE = 500_000
"""Hundredths; a third of the municipalities has no score."""


_FORMS = (
    "Stichting",
    "Stichting Openbaar Onderwijs",
    "Stichting Katholiek Onderwijs",
    "Vereniging voor Protestants-Christelijk Onderwijs",
    "Scholengroep",
    "Stichting Samenwerkingsbestuur voor Openbaar en Bijzonder Onderwijs",
)
_BEGIN = (
    "Linden",
    "Water",
    "Zonne",
    "Berken",
    "Duin",
    "Eiken",
    "Heide",
    "Meer",
    "Rivier",
    "Sterren",
    "Vlinder",
    "Wind",
)
_END = ("akker", "boog", "dal", "gaard", "hof", "kring", "land", "oever", "poort", "rand", "veld", "wijzer")


@dataclass
class MadeList:
    """Hold a list: its header, its rows, and the planted faults (line, rule)."""

    header: str
    rows: list[list[str]]
    planted: list[tuple[int, str]] = field(default_factory=list)
    """Line, rule."""

    def plant(self, row: list[str], rule: str) -> None:
        """Add a row with a fault."""
        self.rows.append(row)
        self.planted.append((len(self.rows) + 1, rule))


def reference_lists(
    country: Country, secondary: Sequence[SecondarySchool], towns: Mapping[str, Town], seed: int
) -> dict[str, MadeList]:
    """Make the lists of a country by the names of their files; a list without rows is left out.

    Args:
        country: its primary education.
        secondary: its secondary education.
        towns: vestiging -> the town it is in.
        seed: of the country.
    """
    chance = random.Random(f"{seed} lists")
    mainland = {code for code, town in towns.items() if town.number}
    secondary = [one for one in secondary if one.vestiging.code in mainland]
    areas = [[one.vestiging.code, towns[one.vestiging.code].area] for one in secondary]
    numbers = sorted({town.number for town in towns.values() if town.number})
    scores = [[number, _score(chance), _score(chance)] for number in numbers]
    primary = [[one.code, "po"] for one in country.vestigingen if one.kind == "bo" and one.code in mainland]
    higher = [[one.vestiging.code, "vo_pro" if one.is_pro else "vo"] for one in secondary]
    listed = _drawn(primary, _LISTED_SHARE, chance) + _drawn(higher, _LISTED_SHARE, chance)
    brins = sorted({one.vestiging.brin for one in secondary})
    leerplus = _drawn([[brin, "J"] for brin in brins], _LEERPLUS_SHARE, chance)
    numbers_of_boards = sorted(
        {*(one.board for one in country.vestigingen), *(one.vestiging.board for one in secondary)}
    )
    lists = {
        AREAS: MadeList("VESTIGING;SAMENWERKINGSVERBAND", areas),
        MUNICIPAL_SCORES: MadeList("GEMEENTENUMMER;SCORE_2019;SCORE_2020", scores),
        LISTED: MadeList("VESTIGING;LIJST", listed),
        LEERPLUS: MadeList("BRIN_NUMMER;LEERPLUS_2021", leerplus),
        BOARDS: MadeList("BEVOEGD GEZAG NUMMER;BEVOEGD GEZAG NAAM", _board_names(numbers_of_boards, seed)),
    }
    return {name: made for name, made in lists.items() if made.rows}


def _board_names(boards: Sequence[str], seed: int) -> list[list[str]]:
    """Make a name per board; where there are more boards than names, some boards share one."""
    chance = random.Random(f"{seed} boards")
    names = [f"{form} {begin}{end}" for form in _FORMS for begin in _BEGIN for end in _END]
    chance.shuffle(names)
    return [[board, names[place % len(names)]] for place, board in enumerate(boards)]


def _drawn(rows: list[list[str]], percentage: int, chance: random.Random) -> list[list[str]]:
    """Draw a share of the rows, rounded up, in their order."""
    return sorted(chance.sample(rows, -(-len(rows) * percentage // 100)))


def _score(chance: random.Random) -> str:
    return decimal_comma(max(0, chance.randrange(_MOST_SCORE * 3 // 2) - _MOST_SCORE // 2))


def write_lists(out: Path, lists: Mapping[str, MadeList]) -> tuple[tuple[str, int], ...]:
    """Write the lists to a folder; return their names and numbers of rows."""
    for name, made in lists.items():
        write_rows(out / name, made.header, made.rows)
    return tuple((name, len(made.rows)) for name, made in lists.items())


def plant_faults(lists: Mapping[str, MadeList], country: Country, rows: int) -> None:
    """Plant faults in the lists, at most so many rows, but always a contradiction, which no register can have.

    Args:
        lists: as `reference_lists` makes them.
        country: gives a BRIN that no address list names.
        rows: the number of rows that may be wrong.
    """
    stranger = country.unlisted_brins[-1]
    first = {name: made.rows[0][0] for name, made in lists.items()}
    contradicted = lists.get(AREAS) or lists.get(LISTED) or lists[MUNICIPAL_SCORES]
    _contradict(contradicted)
    others = [
        (AREAS, [f"{stranger}00", "VO2201"], rules.UNKNOWN_SCHOOL),
        (LISTED, [f"{stranger}00", "po"], rules.UNKNOWN_SCHOOL),
        (MUNICIPAL_SCORES, ["0001", "-1,00", "0,00"], rules.NEGATIVE),
        (MUNICIPAL_SCORES, ["0001", "0,00", "veel"], rules.NOT_A_NUMBER),
        (LEERPLUS, [stranger, "J"], rules.UNKNOWN_SCHOOL),
        (AREAS, [first.get(AREAS, ""), "2201"], rules.UNKNOWN_CODE),
        (LISTED, [first.get(LISTED, ""), "so"], rules.UNKNOWN_CODE),
        (LEERPLUS, [first.get(LEERPLUS, ""), "ja"], rules.UNKNOWN_CODE),
    ]
    for name, row, rule in [one for one in others if one[0] in lists][: max(0, rows - 2)]:
        lists[name].plant(row, rule)


def _contradict(made: MadeList) -> None:
    """Add a row that contradicts the last one: none of the two counts."""
    subject, *values = made.rows[-1]
    other = {"po": "vo", "vo": "po", "vo_pro": "vo"}.get(values[0], "VO9999")
    if len(values) > 1:
        other = "0,01"
    made.planted.append((len(made.rows) + 1, rules.CONTRADICTION))
    made.plant([subject, other, *values[1:]], rules.CONTRADICTION)
