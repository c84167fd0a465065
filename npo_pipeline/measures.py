"""The measures that money follows: each once, with its files, its units and its words.

docs/how-to/add-a-measure.md names the places that a new measure takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class CountSource:
    """Represent the files that one measure is counted from.

    `name`: as in column `used_for` of `decision_inputs`. `kinds`: the kinds of file, the most trusted first: a
    register has precedence, then the file with clusters, then the one without.
    """

    name: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RateUnit:
    """Represent a unit that a rate is given for: as the rules write it, and in words."""

    rules: str
    dutch: str
    english: str


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Represent a measure: a thing that is counted per school, and paid for by a rate.

    `name`: as the rules write it; the column of `table` that holds it has the same name. `table`: null while no
    file counts it. `plural`: in messages. `rate_units`: the usual one first. `dutch`, `english`: one, and several.
    `adds_up_days`: it is counted on several reference dates that add up. `undelivered`: the message when its files
    were not delivered, with {day}, {days}, {measure}, {component} and {types}; null where another message says so.
    """

    name: str
    table: Literal["counts", "scores", "municipal_scores"] | None
    sources: tuple[CountSource, ...]
    plural: str
    rate_units: tuple[RateUnit, ...]
    dutch: tuple[str, str]
    english: tuple[str, str]
    decimals: int = 0
    adds_up_days: bool = False
    undelivered: str | None = None


PUPILS_PO = CountSource(
    name="pupils_po", kinds=("register_po", "pupils_po_cluster", "pupils_po_ages", "pupils_po", "pupils_po_totals")
)
PUPILS_VO = CountSource(name="pupils_vo", kinds=("register_vo", "pupils_vo"))

_PER_PUPIL = RateUnit(rules="pupil", dutch="leerling", english="pupil")

PUPILS = Measure(
    name="pupils",
    table="counts",
    sources=(PUPILS_PO, PUPILS_VO),
    plural="pupils",
    rate_units=(_PER_PUPIL,),
    dutch=("leerling", "leerlingen"),
    english=("pupil", "pupils"),
)
SCORE = Measure(
    name="score",
    table="scores",
    sources=(CountSource(name="scores", kinds=("scores",)),),
    plural="scores",
    rate_units=(RateUnit(rules="unit of score", dutch="punt van de score", english="point of the score"),),
    dutch=("punt", "punten"),
    english=("point", "points"),
    decimals=2,
    undelivered="no scores of {day} for {types} were delivered: {component}",
)
"""The achterstandsscore with threshold (CBS, Tabel 1)."""

CUMI_PUPILS = Measure(
    name="cumi_pupils",
    table="counts",
    sources=(CountSource(name="cumi", kinds=("register_po", "cumi")),),
    plural="cumi pupils",
    rate_units=(RateUnit(rules="cumi pupil", dutch="CUMI-leerling", english="CUMI pupil"),),
    dutch=("CUMI-leerling", "CUMI-leerlingen"),
    english=("CUMI pupil", "CUMI pupils"),
    undelivered="no cumi pupils of {day} were delivered: {component}",
)
NEWCOMERS = Measure(
    name="newcomers",
    table="counts",
    sources=(CountSource(name="newcomers", kinds=("newcomers_vo",)),),
    plural="newcomers",
    rate_units=(
        RateUnit(
            rules="newcomer and reference date",
            dutch="nieuwkomer per teldatum",
            english="newcomer per reference date",
        ),
        RateUnit(rules="newcomer", dutch="nieuwkomer", english="newcomer"),
    ),
    dutch=("nieuwkomer", "nieuwkomers"),
    english=("newcomer", "newcomers"),
    adds_up_days=True,
    undelivered="newcomers were not delivered for each of {days}: {component} for {types}",
)
PRO_PUPILS = Measure(
    name="pro_pupils",
    table="counts",
    sources=(PUPILS_VO,),
    plural="pupils of praktijkonderwijs",
    rate_units=(
        RateUnit(
            rules="pupil of praktijkonderwijs",
            dutch="leerling praktijkonderwijs",
            english="pupil of praktijkonderwijs",
        ),
        _PER_PUPIL,
    ),
    dutch=("leerling praktijkonderwijs", "leerlingen praktijkonderwijs"),
    english=("pupil of praktijkonderwijs", "pupils of praktijkonderwijs"),
    undelivered="no pupils of praktijkonderwijs of {day} were delivered: {component}",
)
MUNICIPAL_SCORE = Measure(
    name="municipal_score",
    table="municipal_scores",
    sources=(CountSource(name="municipal_scores", kinds=("municipal_scores",)),),
    plural="points of municipal score",
    rate_units=(
        RateUnit(
            rules="point of municipal score",
            dutch="punt van de gemeentelijke score",
            english="point of the municipal score",
        ),
    ),
    dutch=("punt", "punten"),
    english=("point", "points"),
    decimals=2,
)
"""The achterstandsscores of a municipality of two count dates, added up; table `municipal_scores` holds them."""

LONGER_STAY = Measure(
    name="longer_stay",
    table=None,
    sources=(),
    plural="pupils",
    rate_units=(_PER_PUPIL,),
    dutch=("leerling", "leerlingen"),
    english=("pupil", "pupils"),
    undelivered="no file counts {measure} yet: {component} for {types}",
)
"""The pupils whom a samenwerkingsverband lets stay longer; only rules of earlier decisions name it."""

MEASURES = (PUPILS, SCORE, CUMI_PUPILS, NEWCOMERS, PRO_PUPILS, MUNICIPAL_SCORE, LONGER_STAY)
BY_NAME = {measure.name: measure for measure in MEASURES}

COUNT_COLUMNS = tuple(measure.name for measure in MEASURES if measure.table == "counts")
"""The columns of `counts` that hold a measure."""

SOURCES = tuple(dict.fromkeys(source for measure in MEASURES for source in measure.sources))
