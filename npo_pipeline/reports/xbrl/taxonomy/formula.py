"""The assertions as a formula linkbase, each with a message in Dutch and in English.

The filters by which the variables of assertions choose their facts.

What must be true of the facts of a filing: the formula assertions, as a table.

Each variable names the facts it stands for; facts that differ in anything a variable does not name are never
compared (implicit filtering). A filter over an axis names the member that is meant, also the default one: a filter
"this axis is not reported" would silently match nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from xml.sax.saxutils import escape, quoteattr

from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import CONCEPTS, NAMESPACE, PREFIX
from npo_pipeline.reports.xbrl.taxonomy.elements import keys
from npo_pipeline.reports.xbrl.taxonomy.linkbases import STANDARD_LINK, arc, extended, linkbase

COMPLEMENT = ("no-school",)
"""Filters that choose what they do not match. That works on a typed axis only: it has no default."""

COMPARED = ("of-school",)
"""Filters that leave what they look at to be compared: the facts of one evaluation are then of the same school."""


@cache
def filters() -> dict[str, str]:
    """The inside of the element of each filter, by name: tag and contents."""
    top = [concepts.element_of(one) for one in concepts.TOP]
    single = [concepts.element_of(one) for one in (*keys(), concepts.NOT_ON_MENU)]
    axis, level = concepts.INTERVENTION_AXIS, concepts.LEVEL_AXIS
    return {
        "whole-intervention": _explicit(axis, [concepts.ALL_INTERVENTIONS]),
        "each-category": _explicit(axis, top),
        "each-intervention": _explicit(axis, single),
        "whole-level": _explicit(level, [concepts.ALL_LEVELS]),
        "each-level": _explicit(level, concepts.LEVEL_ELEMENTS.values()),
        "each-school": _typed(),
        "of-school": _typed(),
        "no-school": _typed(),
        "at-start": '<pf:instantDuration LABEL variable="received" boundary="start"/>',
        "at-end": '<pf:instantDuration LABEL variable="received" boundary="end"/>',
        "any-unit": "<acf:aspectCover LABEL><acf:aspect>unit</acf:aspect></acf:aspectCover>",
    }


def filter_xml(name: str) -> str:
    """A filter as a resource, labelled with its name."""
    return filters()[name].replace("LABEL", _label(name))


def concept_filter(concept: str) -> str:
    """A filter of one concept, labelled with the name of the concept."""
    inside = f"<cf:concept><cf:qname>{PREFIX}:{concept}</cf:qname></cf:concept>"
    return f"<cf:conceptName {_label(concept)}>{inside}</cf:conceptName>"


def _label(name: str) -> str:
    return f'xlink:type="resource" xlink:label="filter_{name}"'


def _explicit(axis: str, elements: Iterable[str]) -> str:
    qname = f"<df:dimension><df:qname>{PREFIX}:{axis}</df:qname></df:dimension>"
    each = "".join(f"<df:member><df:qname>{PREFIX}:{one}</df:qname></df:member>" for one in elements)
    return f"<df:explicitDimension LABEL>{qname}{each}</df:explicitDimension>"


def _typed() -> str:
    qname = f"<df:dimension><df:qname>{PREFIX}:{concepts.SCHOOL_AXIS}</df:qname></df:dimension>"
    return f"<df:typedDimension LABEL>{qname}</df:typedDimension>"


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

_SPACES = (
    ("generic", "http://xbrl.org/2008/generic"),
    ("variable", "http://xbrl.org/2008/variable"),
    ("va", "http://xbrl.org/2008/assertion/value"),
    ("cf", "http://xbrl.org/2008/filter/concept"),
    ("df", "http://xbrl.org/2008/filter/dimension"),
    ("pf", "http://xbrl.org/2008/filter/period"),
    ("acf", "http://xbrl.org/2010/filter/aspect-cover"),
    ("msg", "http://xbrl.org/2010/message"),
    ("xfi", "http://www.xbrl.org/2008/function/instance"),
    (PREFIX, NAMESPACE),
    ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
)
_SCHEMAS = {
    "http://xbrl.org/2008/generic": "http://www.xbrl.org/2008/generic-link.xsd",
    "http://xbrl.org/2008/variable": "http://www.xbrl.org/2008/variable.xsd",
    "http://xbrl.org/2008/assertion/value": "http://www.xbrl.org/2008/value-assertion.xsd",
    "http://xbrl.org/2008/filter/concept": "http://www.xbrl.org/2008/concept-filter.xsd",
    "http://xbrl.org/2008/filter/dimension": "http://www.xbrl.org/2008/dimension-filter.xsd",
    "http://xbrl.org/2008/filter/period": "http://www.xbrl.org/2008/period-filter.xsd",
    "http://xbrl.org/2010/filter/aspect-cover": "http://www.xbrl.org/2010/aspect-cover-filter.xsd",
    "http://xbrl.org/2010/message": "http://www.xbrl.org/2010/generic-message.xsd",
}
_SET = "http://xbrl.org/arcrole/2008/variable-set"
_FILTER = "http://xbrl.org/arcrole/2008/variable-filter"
_UNSATISFIED = "http://xbrl.org/arcrole/2010/assertion-unsatisfied-message"
_DECLARED = (
    (_SET, "http://www.xbrl.org/2008/variable.xsd#variable-set"),
    (_FILTER, "http://www.xbrl.org/2008/variable.xsd#variable-filter"),
    (_UNSATISFIED, "http://www.xbrl.org/2010/validation-message.xsd#assertion-unsatisfied-message"),
)
_MESSAGE = "http://www.xbrl.org/2010/role/message"


def formula() -> bytes:
    """The file `npo-for.xml`."""
    variables = [variable for one in ASSERTIONS for variable in one.variables]
    concepts = dict.fromkeys(variable.concept for variable in variables)
    names = dict.fromkeys(name for variable in variables for name in variable.where)
    lines = [
        *map(concept_filter, concepts),
        *map(filter_xml, names),
        *[line for one in ASSERTIONS for line in _assertion(one)],
    ]
    places = " ".join(f"{uri} {at}" for uri, at in _SCHEMAS.items())
    return linkbase(
        extended("generic:link", STANDARD_LINK, lines),
        arcroles=_DECLARED,
        spaces=_SPACES,
        other_roles=[(_MESSAGE, "http://www.xbrl.org/2010/generic-message.xsd#standard-message")],
    ).replace(b'xmlns:xsi="', f'xsi:schemaLocation="{places}" xmlns:xsi="'.encode(), 1)


def _assertion(one: Assertion) -> list[str]:
    resource = f'xlink:type="resource" xlink:label="va_{one.name}"'
    lines = [
        f'<va:valueAssertion {resource} id="va_{one.name}" aspectModel="dimensional" implicitFiltering="true"'
        f" test={quoteattr(one.test)}/>"
    ]
    for order, variable in enumerate(one.variables, 1):
        lines += _variable(one.name, variable, order)
    for language, text in (("nl", one.nl), ("en", one.en)):
        end = f"msg_{one.name}_{language}"
        lines.append(
            f'<msg:message xlink:type="resource" xlink:label="{end}" xlink:role="{_MESSAGE}"'
            f' xml:lang="{language}">{escape(text)}</msg:message>'
        )
        lines.append(arc("generic:arc", _UNSATISFIED, f"va_{one.name}", end))
    return lines


def _variable(assertion: str, variable: Variable, order: int) -> list[str]:
    label = f"{assertion}.{variable.name}"
    absent = f' fallbackValue="{variable.absent}"' if variable.absent else ""
    many = "true" if variable.many else "false"
    return [
        f'<variable:factVariable xlink:type="resource" xlink:label="{label}" bindAsSequence="{many}"{absent}/>',
        arc("variable:variableArc", _SET, f"va_{assertion}", label, f'name="{variable.name}" order="{order}"'),
        *[_chosen(label, name) for name in (variable.concept, *variable.where)],
    ]


def _chosen(variable: str, name: str) -> str:
    turned = "true" if name in COMPLEMENT else "false"
    covers = "false" if name in COMPARED else "true"
    return arc(
        "variable:variableFilterArc",
        _FILTER,
        variable,
        f"filter_{name}",
        f'complement="{turned}" cover="{covers}"',
    )
