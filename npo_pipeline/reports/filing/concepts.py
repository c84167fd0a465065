"""The concept table: every figure and answer of a filing, once, with its labels.

The taxonomy, the facts, the page and the checks are all made from it; a concept that is not here is nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["money", "share", "count", "text", "choice", "date"]
Period: TypeAlias = Literal["duration", "instant"]


@dataclass(frozen=True)
class Concept:
    """A concept. `board`, `school`: of which of the two it is told. `by`: the axes it is split by."""

    name: str
    kind: Kind
    nl: str
    en: str
    period: Period = "duration"
    board: bool = True
    school: bool = True
    by: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()


INTERVENTION = "intervention"
LEVEL = "level"

YES, NO, UNKNOWN = "ja", "nee", "onbekend"
ANSWERS = (YES, NO, UNKNOWN)
"""Answers are Dutch in the facts too: what the page shows is then the fact itself."""

CONCEPTS: tuple[Concept, ...] = (
    Concept("BoardNumber", "text", "Nummer bevoegd gezag", "Number of the board", school=False),
    Concept(
        "ReportStatus",
        "choice",
        "Stand van de verantwoording",
        "Status of the report",
        school=False,
        choices=("zonder fouten", "met fouten"),
    ),
    Concept(
        "Treatment",
        "choice",
        "Verwerking van wat overblijft",
        "Treatment of what is left over",
        school=False,
        choices=("bestemmingsreserve", "overlopende passiva"),
    ),
    Concept("Errors", "count", "Aantal fouten", "Number of errors", school=False),
    Concept("Warnings", "count", "Aantal waarschuwingen", "Number of warnings", school=False),
    Concept("SchoolName", "text", "Naam van de school", "Name of the school", board=False),
    Concept("Municipality", "text", "Gemeente", "Municipality", board=False),
    Concept("CarriedOver", "money", "Nog te besteden", "Carried over", period="instant"),
    Concept("Received", "money", "Ontvangen", "Received"),
    Concept("Accrued", "money", "Toe te rekenen aan het jaar", "Accrued to the year"),
    Concept("Spent", "money", "Besteed", "Spent", by=(INTERVENTION, LEVEL)),
    Concept(
        "SpentExternal",
        "money",
        "Waarvan personeel niet in loondienst",
        "Of which hired externals",
        by=(INTERVENTION,),
    ),
    Concept("SpentOther", "money", "Waarvan overige besteding", "Of which other spending"),
    Concept("NetChange", "money", "Ontvangen min besteed", "Received less spent"),
    Concept("ExternalShare", "share", "Aandeel personeel niet in loondienst", "Share of hired externals"),
    Concept("SchoolScan", "choice", "Schoolscan gemaakt", "School scan made", board=False, choices=ANSWERS),
    Concept(
        "MrConsent",
        "choice",
        "Instemming medezeggenschapsraad (MR)",
        "Consent of the participation council (MR)",
        board=False,
        choices=ANSWERS,
    ),
    Concept("MrConsentDate", "date", "Datum instemming MR", "Date of consent of the MR", board=False),
    Concept(
        "GmrConsent",
        "choice",
        "Instemming gemeenschappelijke medezeggenschapsraad (GMR)",
        "Consent of the joint participation council (GMR)",
        board=False,
        choices=ANSWERS,
    ),
    Concept("GmrConsentDate", "date", "Datum instemming GMR", "Date of consent of the GMR", board=False),
    Concept("ParentsInvolved", "text", "Betrokkenheid van ouders", "Involvement of parents", board=False),
    Concept("Results", "text", "Eerste resultaten", "First results", board=False),
)

BY_NAME = {one.name: one for one in CONCEPTS}

CALCULATIONS = (
    ("SpentOther", (("Spent", 1), ("SpentExternal", -1))),
    ("NetChange", (("Received", 1), ("Spent", -1))),
)
"""Sums of concepts within one context: total, and its parts with their weight (Calculations 1.1).

The totals are told of wholes only: a sum is asked for wherever its total is told, also per intervention.
"""

FACTS = ("board", "concept", "brin", "member", "level", "period", "unit", "value")
"""The columns of the tidy fact frame, all text.

`brin`: null of a fact of the board as a whole. `member`: null where it is not split by intervention, else
`A` to `F` for a category, `X` for what is not on the menukaart, or the key of an intervention (`a1`).
`level`: null where it is not split by level, else `school` or `bovenschools`. `period`: `duration`, `start`
(31 December of the year before) or `end` (31 December). `unit`: `EUR`, `USD`, `pure` or null. `value`: exactly
as it stands in the filing: `-1234.56`, `0.1778`, `3`, `ja`, `2021-06-15`, a name. No fact has a null value.
"""
