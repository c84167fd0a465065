"""What must be true of the facts of a filing: the formula assertions, as a table.

Each variable names the facts it stands for; facts that differ in anything a variable does not name are never
compared (implicit filtering). A filter over an axis names the member that is meant, also the default one: a filter
"this axis is not reported" would silently match nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from npo_pipeline.reports.filing.concepts import CONCEPTS


@dataclass(frozen=True)
class Variable:
    """Facts of a concept. `where`: names of filters. `many`: all at once. `absent`: what stands for none."""

    name: str
    concept: str
    where: tuple[str, ...] = ()
    many: bool = False
    absent: str | None = None


@dataclass(frozen=True)
class Assertion:
    """A test over variables, and what is said when it fails."""

    name: str
    test: str
    variables: tuple[Variable, ...]
    nl: str
    en: str


TOTAL = ("whole-intervention", "whole-level")
"""Not split: the default members of both axes."""

_ROLL_FORWARD = Assertion(
    "roll_forward",
    "$end eq $start + $received - $spent",
    (
        Variable("received", "Received"),
        Variable("spent", "Spent", TOTAL),
        Variable("start", "CarriedOver", ("at-start",)),
        Variable("end", "CarriedOver", ("at-end",)),
    ),
    "Nog te besteden aan het eind ({$end}) is niet het begin ({$start}) plus ontvangen ({$received}) "
    "min besteed ({$spent})",
    "Carried over at the end ({$end}) is not the start ({$start}) plus received ({$received}) "
    "less spent ({$spent})",
)


def _parts(concept: str, by: str, axis: str, nl: str, en: str) -> Assertion:
    name = f"{concept.lower()}_by_{by}"
    whole, parts = f"whole-{axis}", f"each-{by}"
    return Assertion(
        name,
        "sum($parts) eq $total",
        (Variable("total", concept, (whole,)), Variable("parts", concept, (parts,), many=True)),
        f"{concept}: de som per {nl} ({{sum($parts)}}) is niet het totaal ({{$total}})",
        f"{concept}: the sum per {en} ({{sum($parts)}}) is not the total ({{$total}})",
    )


def _schools(concept: str) -> Assertion:
    return Assertion(
        f"{concept.lower()}_of_schools",
        "sum($schools) eq $board",
        (Variable("board", concept, ("no-school",)), Variable("schools", concept, ("each-school",), many=True)),
        f"{concept}: de som van de scholen ({{sum($schools)}}) is niet die van het bestuur ({{$board}})",
        f"{concept}: the sum of the schools ({{sum($schools)}}) is not that of the board ({{$board}})",
    )


_SHARE = Assertion(
    "external_share",
    "abs($share * $spent - $external) le 0.00005 * $spent",
    (
        Variable("share", "ExternalShare", ("any-unit",)),
        Variable("external", "SpentExternal", (*TOTAL, "any-unit")),
        Variable("spent", "Spent", (*TOTAL, "any-unit")),
    ),
    "Het aandeel extern ({$share}) is niet extern ({$external}) gedeeld door besteed ({$spent})",
    "The external share ({$share}) is not external ({$external}) divided by spent ({$spent})",
)

_EXTERNAL = Assertion(
    "external_within_spent",
    "$external le $spent",
    (Variable("external", "SpentExternal"), Variable("spent", "Spent")),
    "Extern ({$external}) is meer dan er is besteed ({$spent})",
    "External ({$external}) is more than was spent ({$spent})",
)

_NUMBER = Assertion(
    "board_number",
    "$number eq xfi:identifier-value(xfi:identifier($number))",
    (Variable("number", "BoardNumber"),),
    "Het nummer van het bestuur ({$number}) is niet dat van de rapportage",
    "The number of the board ({$number}) is not that of the report",
)

_STATUS = Assertion(
    "report_status",
    "$status eq (if ($errors gt 0) then 'met fouten' else 'zonder fouten')",
    (Variable("errors", "Errors", ("any-unit",)), Variable("status", "ReportStatus", absent="''")),
    "De stand ({$status}) past niet bij het aantal fouten ({$errors})",
    "The status ({$status}) does not go with the number of errors ({$errors})",
)


def _told(concept: str) -> Assertion:
    return Assertion(
        f"{concept.lower()}_told",
        "$answer ne ''",
        (
            Variable("received", "Received", ("of-school", "any-unit")),
            Variable("answer", concept, ("of-school",), absent="''"),
        ),
        f"{concept} ontbreekt bij een school",
        f"{concept} is missing of a school",
    )


ASSERTIONS: tuple[Assertion, ...] = (
    _ROLL_FORWARD,
    *[
        _parts(concept, by, "intervention", *words)
        for concept in ("Spent", "SpentExternal")
        for by, *words in (("category", "categorie", "category"), ("intervention", "interventie", "intervention"))
    ],
    _parts("Spent", "level", "level", "niveau", "level"),
    *[_schools(one.name) for one in CONCEPTS if one.kind == "money" and one.board and one.school],
    _SHARE,
    _EXTERNAL,
    _NUMBER,
    _STATUS,
    *[_told(one.name) for one in CONCEPTS if one.name in ("SchoolScan", "MrConsent", "GmrConsent")],
)
