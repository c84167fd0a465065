"""Made-up applications for the subsidies of 2020-2021: of boards for their schools, and of regions."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from npo_pipeline.generate.country import Town, Vestiging
from npo_pipeline.generate.lists import write_rows
from schemas.files import APPLICATIONS as MODEL
from schemas.files import columns_of

APPLICATIONS = "aanvragen.csv"

_DAYS = {"a": ("20210415", "20210422", "20210502"), "b": ("20210601", "20210607", "20210613")}
"""Days of application in the two windows of catch-up programmes."""

_DAY_OF_REGIONS, TOO_LATE = "20210517", "20210614"
_ASKED = {"participant": 900, "po": 72, "vo": 62}
"""Euro per pupil that applicants ask; what they get is for the rules."""


@dataclass(frozen=True)
class Applicants:
    """Represent the vestigingen of a country, their towns, and the pupils of primary education."""

    vestigingen: Sequence[Vestiging]
    towns: Mapping[str, Town]
    pupils_po: int

    def pupils(self, one: Vestiging) -> int:
        """Return about as many pupils as a vestiging has; the size of one of secondary education is its pupils."""
        if one.kind == "vo":
            return one.size
        sizes = sum(other.size for other in self.vestigingen if other.kind != "vo")
        return max(1, self.pupils_po * one.size // sizes)


def make_applications(applicants: Applicants, seed: int) -> list[dict[str, str]]:
    """Make the applications of a country, the same for the same seed: column -> value."""
    chance = random.Random(f"{seed} applications")
    return [*_of_boards(applicants, chance), *_of_regions(applicants, chance)]


def write_applications(out: Path, rows: Sequence[dict[str, str]]) -> tuple[str, int]:
    """Write applications; return the file and its rows."""
    columns = columns_of(MODEL)
    write_rows(out / APPLICATIONS, ";".join(columns), [[row[name] for name in columns] for row in rows])
    return APPLICATIONS, len(rows)


def _of_boards(applicants: Applicants, chance: random.Random) -> Iterator[dict[str, str]]:
    """Yield catch-up programmes: most boards apply once or twice, for some of their schools; a few too late."""
    schools = Counter[tuple[str, str]]()
    for one in applicants.vestigingen:
        schools[one.board, one.brin] += applicants.pupils(one)
    for board, own in groupby(sorted(schools.items()), key=lambda item: item[0][0]):
        of_board = list(own)
        for window in chance.choice((("a",), ("a", "b"), ("b",), ("a",), ())):
            day = chance.choice((*_DAYS[window], *_DAYS[window], TOO_LATE))
            for (_, brin), pupils in of_board:
                asked = pupils * chance.randrange(3, 22) // 100
                if asked and chance.random() < 0.8:
                    before = chance.choice(("J", "N", "N"))
                    yield _row(board, brin, scheme="IOP", day=day, pupils=asked) | {
                        "BEDRAG": str(asked * _ASKED["participant"]),
                        "EERDER_VERLEEND": before,
                    }


def _of_regions(applicants: Applicants, chance: random.Random) -> Iterator[dict[str, str]]:
    """Yield extra help in the classroom: a province is a region, its largest board the penvoerder."""
    regions: dict[tuple[str, bool], list[Vestiging]] = {}
    for one in sorted(applicants.vestigingen, key=lambda one: one.code):
        regions.setdefault((applicants.towns[one.code].province, one.kind == "vo"), []).append(one)
    for (province, is_vo), vestigingen in sorted(regions.items()):
        boards = Counter(one.board for one in vestigingen)
        penvoerder = min(boards, key=lambda board: (-boards[board], board))
        is_new = province == "Limburg"
        for one in vestigingen:
            if one.board != penvoerder and chance.random() < 0.2:
                continue
            pupils = applicants.pupils(one)
            yield _row(penvoerder, one.brin, scheme="EHK", day=_DAY_OF_REGIONS, pupils=pupils) | {
                "BEDRAG": str(pupils * _ASKED["vo" if is_vo else "po"]),
                "VESTIGINGSNUMMER": one.code[4:],
                "REGIO": f"RAP {province}".replace("â", "a"),
                "NIEUWE_REGIO": "J" if is_new else "N",
            }


def _row(board: str, brin: str, *, scheme: str, day: str, pupils: int) -> dict[str, str]:
    given = {
        "BEVOEGD_GEZAG_NUMMER": board,
        "BRIN_NUMMER": brin,
        "REGELING": scheme,
        "DATUM_AANVRAAG": day,
        "AANTAL_LEERLINGEN": str(pupils),
    }
    return dict.fromkeys(columns_of(MODEL), "") | given
