"""The concept table: every figure and answer of a filing, once, with its labels; then members of axes, and names.

The taxonomy, the facts, the page and the checks are all made from it; a concept that is not here is nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from string import digits
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["money", "share", "count", "text", "choice", "date"]
Period: TypeAlias = Literal["duration", "instant"]


@dataclass(frozen=True)
class Concept:
    """A concept. `board`, `school`: it is a fact of boards, of schools. `by`: the axes it is split by.

    `optional`: an amount that only boards have of which some school has it; of others it is nothing. `balance`:
    the side of the account of the board that it is booked on. `source`: what it is reported for, which has an
    article or a question of the programme (`taxonomy.linkbases.reference_parts`).
    """

    name: str
    kind: Kind
    nl: str
    en: str
    _: KW_ONLY
    period: Period = "duration"
    board: bool = True
    school: bool = True
    by: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    optional: bool = False
    balance: Literal["credit", "debit"] | None = None
    source: str = "own"


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
        source="treatment",
    ),
    Concept(
        "Incomplete",
        "choice",
        "In de bedragen ontbreekt iets dat niet bekend is",
        "The amounts leave out something that is not known",
        school=False,
        choices=(YES, NO),
    ),
    Concept("LeftOut", "text", "Wat ontbreekt", "What is left out", school=False),
    Concept("RestsOn", "text", "Waar de bedragen op rusten", "What the amounts rest on", school=False),
    Concept("Errors", "count", "Aantal fouten", "Number of errors", school=False),
    Concept("Warnings", "count", "Aantal waarschuwingen", "Number of warnings", school=False),
    Concept("SchoolName", "text", "Naam van de school", "Name of the school", board=False),
    Concept("Municipality", "text", "Gemeente", "Municipality", board=False),
    Concept(
        "CarriedOver",
        "money",
        "Nog te besteden",
        "Carried over",
        period="instant",
        balance="credit",
        source="money",
    ),
    Concept("Received", "money", "Ontvangen", "Received", balance="credit", source="money"),
    Concept(
        "Accrued", "money", "Toe te rekenen aan het jaar", "Accrued to the year", balance="credit", source="money"
    ),
    Concept(
        "Spent", "money", "Besteed", "Spent", by=(INTERVENTION, LEVEL), balance="debit", source="interventions"
    ),
    Concept(
        "SpentExternal",
        "money",
        "Waarvan personeel niet in loondienst",
        "Of which hired externals",
        by=(INTERVENTION,),
        balance="debit",
        source="external",
    ),
    Concept(
        "SpentOther",
        "money",
        "Waarvan overige besteding",
        "Of which other spending",
        balance="debit",
        source="money",
    ),
    Concept(
        "Transferred",
        "money",
        "Overgedragen saldo (ontvangen min afgestaan)",
        "Reserve that moved with schools (in less out)",
        optional=True,
        balance="credit",
        source="money",
    ),
    Concept(
        "Corrections",
        "money",
        "Correcties van eerdere jaren",
        "Corrections of earlier years",
        optional=True,
        balance="credit",
        source="money",
    ),
    Concept(
        "AccruedCorrections",
        "money",
        "Correcties van wat aan eerdere jaren is toe te rekenen",
        "Corrections of what accrues to earlier years",
        optional=True,
        balance="credit",
        source="money",
    ),
    Concept(
        "NetChange", "money", "Ontvangen min besteed", "Received less spent", balance="credit", source="money"
    ),
    Concept(
        "ExternalShare",
        "share",
        "Aandeel personeel niet in loondienst",
        "Share of hired externals",
        source="external",
    ),
    Concept(
        "SchoolScan",
        "choice",
        "Schoolscan gemaakt",
        "School scan made",
        board=False,
        choices=ANSWERS,
        source="scan",
    ),
    Concept(
        "MrConsent",
        "choice",
        "Instemming medezeggenschapsraad (MR)",
        "Consent of the participation council (MR)",
        board=False,
        choices=ANSWERS,
        source="mr",
    ),
    Concept("MrConsentDate", "date", "Datum instemming MR", "Date of consent of the MR", board=False, source="mr"),
    Concept(
        "GmrConsent",
        "choice",
        "Instemming gemeenschappelijke medezeggenschapsraad (GMR)",
        "Consent of the joint participation council (GMR)",
        board=False,
        choices=ANSWERS,
        source="gmr",
    ),
    Concept(
        "GmrConsentDate", "date", "Datum instemming GMR", "Date of consent of the GMR", board=False, source="gmr"
    ),
    Concept(
        "ParentsInvolved",
        "text",
        "Betrokkenheid van ouders",
        "Involvement of parents",
        board=False,
        source="parents",
    ),
    Concept("Results", "text", "Eerste resultaten", "First results", board=False, source="results"),
)

BY_NAME = {one.name: one for one in CONCEPTS}

CALCULATIONS = (
    ("SpentOther", (("Spent", 1), ("SpentExternal", -1))),
    ("NetChange", (("Received", 1), ("Spent", -1))),
)
"""Sums of concepts within one context: total, and its parts with their weight.

The totals are facts of wholes only: a sum is checked wherever its total is a fact, also per intervention. One that
takes an amount from another on its own side of an account is no sum by XBRL (2.1, 5.1.1.2), but an assertion.
"""

CATEGORIES = ("A", "B", "C", "D", "E", "F")
NOT_ON_MENU = "X"
"""The spending that is not on the menukaart: neither a category nor an intervention can have it."""

TOP = (*CATEGORIES, NOT_ON_MENU)
"""These add up to all that was spent; so do the interventions and `X`."""

INTERVENTION_AXIS, ALL_INTERVENTIONS = "InterventionAxis", "AllInterventions"
LEVEL_AXIS, ALL_LEVELS = "LevelAxis", "AllLevels"
SCHOOL_AXIS, BRIN_DOMAIN = "SchoolAxis", "Brin"

LEVEL_ELEMENTS = {"school": "LevelSchool", "bovenschools": "LevelBovenschools"}


def ordered_members(keys: Iterable[str]) -> tuple[str, ...]:
    """Return all members in the order of the menukaart: `A` to `F`, `X`, interventions (`b2` before `b10`)."""
    return (*TOP, *sorted(set(keys), key=lambda key: (key.rstrip(digits), len(key), key)))


def element_of(member: str) -> str:
    """Return the element of a member of the axis of interventions: `CategoryA`, `NotOnMenu`, `InterventionA1`."""
    if member == NOT_ON_MENU:
        return "NotOnMenu"
    return f"Category{member}" if member in CATEGORIES else f"Intervention{member.upper()}"


# The project owns no domain; `.example` is reserved, so no address here can ever be somebody else's.
VERSION = "2026-11-28"
PREFIX = "npo"
BASE = f"https://npo.example/xbrl/{VERSION}/"
NAMESPACE = f"{BASE}{PREFIX}"
SCHEMA = f"{BASE}{PREFIX}.xsd"
ENTITY_SCHEME = "https://npo.example/id/bevoegd-gezag"
"""A board is named by its number. A KvK number would be another's where boards are made up."""

NAMESPACES = {
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xs": "http://www.w3.org/2001/XMLSchema",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xbrli": "http://www.xbrl.org/2003/instance",
    "link": "http://www.xbrl.org/2003/linkbase",
    "xlink": "http://www.w3.org/1999/xlink",
    "xbrldi": "http://xbrl.org/2006/xbrldi",
    "xbrldt": "http://xbrl.org/2005/xbrldt",
    "iso4217": "http://www.xbrl.org/2003/iso4217",
    "ix": "http://www.xbrl.org/2013/inlineXBRL",
    "ixt": "http://www.xbrl.org/inlineXBRL/transformation/2022-02-16",
    "generic": "http://xbrl.org/2008/generic",
    "variable": "http://xbrl.org/2008/variable",
    "va": "http://xbrl.org/2008/assertion/value",
    "cf": "http://xbrl.org/2008/filter/concept",
    "df": "http://xbrl.org/2008/filter/dimension",
    "pf": "http://xbrl.org/2008/filter/period",
    "acf": "http://xbrl.org/2010/filter/aspect-cover",
    "ref": "http://www.xbrl.org/2006/ref",
    "msg": "http://xbrl.org/2010/message",
    "xfi": "http://www.xbrl.org/2008/function/instance",
    "cat": "urn:oasis:names:tc:entity:xmlns:xml:catalog",
    "tp": "http://xbrl.org/2016/taxonomy-package",
    PREFIX: NAMESPACE,
}
"""The namespaces of all files, by the prefix that they have in each of them."""


def qualified(name: str) -> str:
    """Return a name with a prefix of NAMESPACES (`link:loc`) as lxml writes it; other names stay as they are."""
    prefix, _, local = name.rpartition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}" if prefix else local


BOARD_ROLE = "urn:npo:linkrole:board"
SCHOOL_ROLE = "urn:npo:linkrole:school"
AXES_ROLE = "urn:npo:linkrole:axes"
CALCULATION_ROLE = "urn:npo:linkrole:calculation"
