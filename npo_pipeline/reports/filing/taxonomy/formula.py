"""The assertions as a formula linkbase, each with a message in Dutch and in English."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from npo_pipeline.reports.filing.taxonomy.assertions import ASSERTIONS, Assertion, Variable
from npo_pipeline.reports.filing.taxonomy.filters import COMPARED, COMPLEMENT, concept_filter, filter_xml
from npo_pipeline.reports.filing.taxonomy.linkbase import STANDARD_LINK, arc, extended, linkbase
from npo_pipeline.reports.filing.uris import NAMESPACE, PREFIX

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
