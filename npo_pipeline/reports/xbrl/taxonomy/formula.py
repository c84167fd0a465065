"""The formula linkbase: what must be true of the facts of a filing, with a message in Dutch and in English.

Each variable names the facts it stands for; facts that differ in anything a variable does not name are never
compared (implicit filtering). A filter over an axis names the member that is meant, also the default one: a filter
"this axis is not reported" would silently match nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass

from lxml.etree import _Element

from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import CONCEPTS, NAMESPACES, PREFIX
from npo_pipeline.reports.xbrl.taxonomy.elements import intervention_keys
from npo_pipeline.reports.xbrl.taxonomy.linkbases import (
    STANDARD_LINK,
    arc,
    element,
    extended_link,
    linkbase,
    resource,
)


@dataclass(frozen=True)
class Variable:
    """Facts of a concept. `where`: names of filters. `many`: all at once. `absent`: stands in for no fact."""

    name: str
    concept: str
    where: tuple[str, ...] = ()
    _: KW_ONLY
    many: bool = False
    absent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Assertion:
    """A test over variables, and its messages for when it fails."""

    name: str
    test: str
    variables: tuple[Variable, ...]
    nl: str
    en: str


TOTAL = ("whole-intervention", "whole-level")
"""Not split: the default members of both axes."""


def _sum_of_parts(concept: str, by: str, *, axis: str, nl: str, en: str) -> Assertion:
    total = Variable("total", concept, (f"whole-{axis}",))
    return Assertion(
        name=f"{concept.lower()}_by_{by}",
        test="sum($parts) eq $total",
        variables=(total, Variable("parts", concept, (f"each-{by}",), many=True)),
        nl=f"{concept}: de som per {nl} ({{sum($parts)}}) is niet het totaal ({{$total}})",
        en=f"{concept}: the sum per {en} ({{sum($parts)}}) is not the total ({{$total}})",
    )


def _sum_of_schools(concept: str) -> Assertion:
    return Assertion(
        name=f"{concept.lower()}_of_schools",
        test="sum($schools) eq $board",
        variables=(
            Variable("board", concept, ("no-school",)),
            Variable("schools", concept, ("each-school",), many=True),
        ),
        nl=f"{concept}: de som van de scholen ({{sum($schools)}}) is niet die van het bestuur ({{$board}})",
        en=f"{concept}: the sum of the schools ({{sum($schools)}}) is not that of the board ({{$board}})",
    )


def _answered(concept: str) -> Assertion:
    return Assertion(
        name=f"{concept.lower()}_told",
        test="$answer ne ''",
        variables=(
            Variable("received", "Received", ("of-school", "any-unit")),
            Variable("answer", concept, ("of-school",), absent="''"),
        ),
        nl=f"{concept} ontbreekt bij een school",
        en=f"{concept} is missing of a school",
    )


ASSERTIONS: tuple[Assertion, ...] = (
    Assertion(
        name="roll_forward",
        test="$end eq $start + $received - $spent + $transferred + $corrections",
        variables=(
            Variable("received", "Received"),
            Variable("spent", "Spent", TOTAL),
            Variable("start", "CarriedOver", ("at-start",)),
            Variable("end", "CarriedOver", ("at-end",)),
            Variable("transferred", "Transferred", absent="0"),
            Variable("corrections", "Corrections", absent="0"),
        ),
        nl="Nog te besteden aan het eind ({$end}) is niet het begin ({$start}) plus ontvangen ({$received}) "
        "min besteed ({$spent}) plus overgedragen ({$transferred}) plus correcties ({$corrections})",
        en="Carried over at the end ({$end}) is not the start ({$start}) plus received ({$received}) "
        "less spent ({$spent}) plus transferred ({$transferred}) plus corrections ({$corrections})",
    ),
    *[
        _sum_of_parts(concept, by, axis="intervention", nl=nl, en=by)
        for concept in ("Spent", "SpentExternal")
        for by, nl in (("category", "categorie"), ("intervention", "interventie"))
    ],
    _sum_of_parts("Spent", "level", axis="level", nl="niveau", en="level"),
    *[_sum_of_schools(one.name) for one in CONCEPTS if one.kind == "money" and one.board and one.school],
    Assertion(
        name="spent_other",
        test="$other eq $spent - $external",
        variables=(
            Variable("other", "SpentOther"),
            Variable("spent", "Spent", TOTAL),
            Variable("external", "SpentExternal", TOTAL),
        ),
        nl="Overige besteding ({$other}) is niet besteed ({$spent}) min extern ({$external})",
        en="Other spending ({$other}) is not spent ({$spent}) less external ({$external})",
    ),
    Assertion(
        name="external_share",
        test="abs($share * $spent - $external) le 0.00005 * $spent",
        variables=(
            Variable("share", "ExternalShare", ("any-unit",)),
            Variable("external", "SpentExternal", (*TOTAL, "any-unit")),
            Variable("spent", "Spent", (*TOTAL, "any-unit")),
        ),
        nl="Het aandeel extern ({$share}) is niet extern ({$external}) gedeeld door besteed ({$spent})",
        en="The external share ({$share}) is not external ({$external}) divided by spent ({$spent})",
    ),
    Assertion(
        name="external_within_spent",
        test="$external le $spent",
        variables=(Variable("external", "SpentExternal"), Variable("spent", "Spent")),
        nl="Extern ({$external}) is meer dan er is besteed ({$spent})",
        en="External ({$external}) is more than was spent ({$spent})",
    ),
    Assertion(
        name="board_number",
        test="$number eq xfi:identifier-value(xfi:identifier($number))",
        variables=(Variable("number", "BoardNumber"),),
        nl="Het nummer van het bestuur ({$number}) is niet dat van de rapportage",
        en="The number of the board ({$number}) is not that of the report",
    ),
    Assertion(
        name="report_status",
        test="$status eq (if ($errors gt 0) then 'met fouten' else 'zonder fouten')",
        variables=(Variable("errors", "Errors", ("any-unit",)), Variable("status", "ReportStatus", absent="''")),
        nl="De stand ({$status}) past niet bij het aantal fouten ({$errors})",
        en="The status ({$status}) does not go with the number of errors ({$errors})",
    ),
    *map(_answered, ("SchoolScan", "MrConsent", "GmrConsent")),
)

_COMPLEMENT = ("no-school",)
"""Filters that choose what they do not match. That works on a typed axis only: it has no default."""

_COMPARED = ("of-school",)
"""Filters whose axis is compared between variables: the facts of one evaluation are then of the same school."""

_PREFIXES = ("generic", "variable", "va", "cf", "df", "pf", "acf", "msg", "xfi", PREFIX, "xsi")
_SCHEMAS = {
    "generic": "http://www.xbrl.org/2008/generic-link.xsd",
    "variable": "http://www.xbrl.org/2008/variable.xsd",
    "va": "http://www.xbrl.org/2008/value-assertion.xsd",
    "cf": "http://www.xbrl.org/2008/concept-filter.xsd",
    "df": "http://www.xbrl.org/2008/dimension-filter.xsd",
    "pf": "http://www.xbrl.org/2008/period-filter.xsd",
    "acf": "http://www.xbrl.org/2010/aspect-cover-filter.xsd",
    "msg": "http://www.xbrl.org/2010/generic-message.xsd",
}
_VARIABLE_SET = "http://xbrl.org/arcrole/2008/variable-set"
_VARIABLE_FILTER = "http://xbrl.org/arcrole/2008/variable-filter"
_UNSATISFIED = "http://xbrl.org/arcrole/2010/assertion-unsatisfied-message"
_MESSAGE = "http://www.xbrl.org/2010/role/message"
_ARCROLES = (
    (_VARIABLE_SET, "http://www.xbrl.org/2008/variable.xsd#variable-set"),
    (_VARIABLE_FILTER, "http://www.xbrl.org/2008/variable.xsd#variable-filter"),
    (_UNSATISFIED, "http://www.xbrl.org/2010/validation-message.xsd#assertion-unsatisfied-message"),
)


def formula() -> bytes:
    """Return the file `npo-for.xml`: the filters that are used, and the assertions."""
    variables = [variable for one in ASSERTIONS for variable in one.variables]
    filters = _filters()
    content = [
        *[_concept_filter(name) for name in dict.fromkeys(variable.concept for variable in variables)],
        *[filters[name] for name in dict.fromkeys(name for variable in variables for name in variable.where)],
        *[part for one in ASSERTIONS for part in _assertion(one)],
    ]
    written = linkbase(
        [extended_link("generic:link", STANDARD_LINK, content)],
        roles=[(_MESSAGE, "http://www.xbrl.org/2010/generic-message.xsd#standard-message")],
        arcroles=_ARCROLES,
        prefixes=_PREFIXES,
    )
    # lxml writes namespaces before attributes; the bytes of this version of the taxonomy have them the other way.
    places = " ".join(f"{NAMESPACES[prefix]} {address}" for prefix, address in _SCHEMAS.items())
    return written.replace(b'xmlns:xsi="', f'xsi:schemaLocation="{places}" xmlns:xsi="'.encode(), 1)


def _filters() -> dict[str, _Element]:
    """Return the filters by which variables choose their facts, by name."""
    top = [concepts.element_of(one) for one in concepts.TOP]
    single = [concepts.element_of(one) for one in (*intervention_keys(), concepts.NOT_ON_MENU)]
    axis, level = concepts.INTERVENTION_AXIS, concepts.LEVEL_AXIS
    of_start = {"variable": "received", "boundary": "start"}
    of_end = {"variable": "received", "boundary": "end"}
    return {
        "whole-intervention": _explicit("whole-intervention", axis, [concepts.ALL_INTERVENTIONS]),
        "each-category": _explicit("each-category", axis, top),
        "each-intervention": _explicit("each-intervention", axis, single),
        "whole-level": _explicit("whole-level", level, [concepts.ALL_LEVELS]),
        "each-level": _explicit("each-level", level, concepts.LEVEL_ELEMENTS.values()),
        **{name: _typed(name) for name in ("each-school", "of-school", "no-school")},
        "at-start": element("pf:instantDuration", {**_filter("at-start"), **of_start}),
        "at-end": element("pf:instantDuration", {**_filter("at-end"), **of_end}),
        "any-unit": element("acf:aspectCover", _filter("any-unit"), element("acf:aspect", {}, "unit")),
    }


def _filter(name: str) -> dict[str, str]:
    return resource(f"filter_{name}")


def _concept_filter(concept: str) -> _Element:
    return element("cf:conceptName", _filter(concept), _holding_name("cf:concept", concept))


def _explicit(name: str, axis: str, members: Iterable[str]) -> _Element:
    each = [_holding_name("df:member", one) for one in members]
    return element("df:explicitDimension", _filter(name), _holding_name("df:dimension", axis), *each)


def _typed(name: str) -> _Element:
    return element("df:typedDimension", _filter(name), _holding_name("df:dimension", concepts.SCHOOL_AXIS))


def _holding_name(tag: str, name: str) -> _Element:
    """Return an element that names one of ours, in a `qname` of its own namespace."""
    prefix = tag.partition(":")[0]
    return element(tag, {}, element(f"{prefix}:qname", {}, f"{PREFIX}:{name}"))


def _assertion(one: Assertion) -> list[_Element]:
    label = f"va_{one.name}"
    judged = {"id": label, "aspectModel": "dimensional", "implicitFiltering": "true", "test": one.test}
    parts = [element("va:valueAssertion", {**resource(label), **judged})]
    for order, variable in enumerate(one.variables, 1):
        parts += _variable(one.name, variable, order)
    for language, text in (("nl", one.nl), ("en", one.en)):
        message = f"msg_{one.name}_{language}"
        spoken = {**resource(message), "xlink:role": _MESSAGE, "xml:lang": language}
        parts += [element("msg:message", spoken, text), arc("generic:arc", _UNSATISFIED, label, message)]
    return parts


def _variable(assertion: str, variable: Variable, order: int) -> list[_Element]:
    label = f"{assertion}.{variable.name}"
    absent = {"fallbackValue": variable.absent} if variable.absent else {}
    bound = {**resource(label), "bindAsSequence": _boolean(variable.many), **absent}
    named = {"name": variable.name, "order": str(order)}
    return [
        element("variable:factVariable", bound),
        arc("variable:variableArc", _VARIABLE_SET, f"va_{assertion}", label, more=named),
        *[_chosen_by(label, name) for name in (variable.concept, *variable.where)],
    ]


def _chosen_by(variable: str, name: str) -> _Element:
    how = {"complement": _boolean(name in _COMPLEMENT), "cover": _boolean(name not in _COMPARED)}
    return arc("variable:variableFilterArc", _VARIABLE_FILTER, variable, f"filter_{name}", more=how)


def _boolean(value: bool) -> str:
    return "true" if value else "false"
