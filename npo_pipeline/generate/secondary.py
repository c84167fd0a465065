"""The made-up schools of secondary education: their vestigingen, and their pupils as DUO publishes them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from npo_pipeline.generate.country import LETTERS, SIZES, Country, Town, Vestiging
from npo_pipeline.generate.lists import SCORES_HEADER, score_rows, write_addresses_vo, write_rows

_PUPILS_PER_VESTIGING = 1_150
"""Pupils of primary education for each vestiging of secondary education: real numbers give one for 900."""

_MOST_VESTIGINGEN = 5_000

ADDRESSES, PUPILS, SCORES = "vestigingen-vo.csv", "leerlingen-vo.csv", "achterstandsscores-vo.csv"

_YEARS, _SEXES = range(1, 7), ("MAN", "VROUW")
_HEADER = ";".join(
    (
        "BRIN NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM VESTIGING;PLAATSNAAM VESTIGING;PROVINCIE VESTIGING",
        "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR;VMBO SECTOR;AFDELING;ELEMENTCODE;OPLEIDINGSNAAM",
        *(f"LEER- OF VERBLIJFSJAAR {year} - {sex}" for year in _YEARS for sex in _SEXES),
    )
)


@dataclass(frozen=True)
class Onderwijstype:
    """Represent an onderwijstype: its leerjaren, and its code and name in the files of DUO."""

    years: tuple[int, ...]
    code: str
    title: str


_TYPES = {
    "Brugjaar 1-2": Onderwijstype((1, 2), "0024", "Ljvb op VWO/HAVO/VMBO-Alle Lw"),
    "Praktijkonderwijs alle vj": Onderwijstype((1, 2, 3, 4, 5), "0090", "Praktijkonderwijs"),
    "VMBO BL lj 3-4": Onderwijstype((3, 4), "6911", "VMBO BB Dienstverlening en producten"),
    "VMBO KL lj 3-4": Onderwijstype((3, 4), "6921", "VMBO KB Dienstverlening en producten"),
    "VMBO TL lj 3-4": Onderwijstype((3, 4), "0472", "MAVO/Theor Lw-Profiel Economie"),
    "HAVO/VWO lj 3": Onderwijstype((3,), "0100", "VWO-ATHENEUMSTROOM"),
    "HAVO lj 4-5": Onderwijstype((4, 5), "0373", "HAVO Prf Cul/Maat"),
    "VWO lj 4-6": Onderwijstype((4, 5, 6), "0173", "VWO-ATH Prf Cul/Maat"),
}

_STRUCTURES = {
    "PRO/VBO/MAVO/HAVO/VWO": {
        **{"Praktijkonderwijs alle vj": 6, "Brugjaar 1-2": 36, "VMBO BL lj 3-4": 8, "VMBO KL lj 3-4": 9},
        **{"VMBO TL lj 3-4": 11, "HAVO/VWO lj 3": 9, "HAVO lj 4-5": 11, "VWO lj 4-6": 10},
    },
    "PRO": {"Praktijkonderwijs alle vj": 100},
    "VBO/MAVO": {"Brugjaar 1-2": 45, "VMBO BL lj 3-4": 18, "VMBO KL lj 3-4": 20, "VMBO TL lj 3-4": 17},
    "HAVO/VWO": {"Brugjaar 1-2": 38, "HAVO/VWO lj 3": 18, "HAVO lj 4-5": 22, "VWO lj 4-6": 22},
}
"""Onderwijsstructuur -> percentages of its pupils per onderwijstype."""

_WHOLE = 100


@dataclass(frozen=True)
class SecondarySchool:
    """Represent a vestiging of secondary education and its onderwijsstructuur, as address lists write it."""

    vestiging: Vestiging
    structure: str

    @property
    def is_pro(self) -> bool:
        """True where it has praktijkonderwijs and nothing else."""
        return self.structure == "PRO"


def secondary_schools(country: Country, pupils: int, seed: int) -> tuple[SecondarySchool, ...]:
    """Make the vestigingen of secondary education of a country, of the same boards; a small country has none.

    Args:
        country: its primary education.
        pupils: the pupils of that.
        seed: of the country.
    """
    chance = random.Random(f"{seed} secondary")
    boards = sorted({one.board for one in country.vestigingen})
    taken = {one.brin for one in country.vestigingen} | set(country.unlisted_brins)
    structures = tuple(_STRUCTURES)
    schools: list[SecondarySchool] = []
    while len(schools) < min(pupils // _PUPILS_PER_VESTIGING, _MOST_VESTIGINGEN):
        brin = f"{chance.randrange(100):02d}{chance.choice(LETTERS)}{chance.choice(LETTERS)}"
        if brin in taken:
            continue
        taken.add(brin)
        board = chance.choice(boards)
        for number in range(chance.choice((1, 1, 2, 3))):
            # The first four have a structure each, so that no country of some size lacks one.
            place = len(schools)
            structure = structures[place] if place < len(structures) else chance.choice(structures)
            size = chance.choice(SIZES) * (1 if structure == "PRO" else 3) + 30
            schools.append(SecondarySchool(Vestiging(f"{brin}{number:02d}", board, "vo", size), structure))
    return tuple(sorted(schools, key=lambda one: one.vestiging.code))


@dataclass(frozen=True)
class Written:
    """Report the files with their rows, the pupils, and the town of each vestiging."""

    files: tuple[tuple[str, int], ...] = ()
    pupils: int = 0
    towns: Mapping[str, Town] = field(default_factory=dict)


def write_secondary(
    out: Path,
    schools: Sequence[SecondarySchool],
    seed: int,
    reference_date: date,
    islands: Mapping[str, Town] | None = None,
) -> Written:
    """Write the address list, the pupils and the scores of secondary education; nothing where it has no schools.

    Args:
        out: the folder.
        schools: of the country.
        seed: of the country; its schools are the same on every date.
        reference_date: the date of the pupils and scores.
        islands: vestiging in Caribisch Nederland, which has no score -> its island.
    """
    if not schools:
        return Written()
    structures = {one.vestiging: one.structure for one in schools}
    towns, names = write_addresses_vo(out / ADDRESSES, structures, random.Random(f"{seed} addresses vo"), islands)
    chance = random.Random(f"{seed} {reference_date} vo")
    rows, pupils = [], dict[str, int]()
    for one in schools:
        code, town = one.vestiging.code, towns[one.vestiging.code]
        head = [code[:4], code[4:], names[code], town.name.upper(), town.province]
        drawn = _pupil_rows(one, chance)
        rows += [[*head, *row] for row, _ in drawn]
        pupils[code] = sum(count for _, count in drawn)
    write_rows(out / PUPILS, _HEADER, rows, encoding="cp1252")
    scored = {code: count for code, count in pupils.items() if towns[code].number}
    scores = score_rows(scored, chance)
    write_rows(out / SCORES, SCORES_HEADER, scores)
    files = ((ADDRESSES, len(schools)), (PUPILS, len(rows)), (SCORES, len(scores)))
    return Written(files, sum(pupils.values()), towns)


def _pupil_rows(one: SecondarySchool, chance: random.Random) -> list[tuple[list[str], int]]:
    """Draw the pupils of a vestiging: per onderwijstype the columns of the type and its years, and their sum."""
    rows = []
    for name, percentage in _STRUCTURES[one.structure].items():
        kind = _TYPES[name]
        of_type = one.vestiging.size * percentage // _WHOLE
        counts = {
            (year, sex): of_type * chance.randint(80, 120) // _WHOLE // 2 // len(kind.years)
            for year in kind.years
            for sex in _SEXES
        }
        years = [str(counts.get((year, sex), 0)) for year in _YEARS for sex in _SEXES]
        rows.append(([name, "N.v.t.", "N.v.t.", kind.code, kind.title, *years], sum(counts.values())))
    return rows
