"""The two tables and their axes: which fact may be split how. Both are closed: nothing else may stand beside."""

from __future__ import annotations

from npo_pipeline.reports.filing import members
from npo_pipeline.reports.filing.taxonomy.elements import BOARD, SCHOOL, Part, elements
from npo_pipeline.reports.filing.taxonomy.linkbase import arc, extended, linkbase, locators
from npo_pipeline.reports.filing.uris import AXES_ROLE, BOARD_ROLE, SCHOOL_ROLE

_XBRLDT = "http://xbrl.org/2005/xbrldt"
_ARCROLE = "http://xbrl.org/int/dim/arcrole/"
_DECLARED = "http://www.xbrl.org/2005/xbrldt-2005.xsd#"
_USED = ("all", "hypercube-dimension", "dimension-domain", "domain-member", "dimension-default")
_DEFAULTS = {
    members.INTERVENTION_AXIS: members.ALL_INTERVENTIONS,
    members.LEVEL_AXIS: members.ALL_LEVELS,
}


def definition() -> bytes:
    """The file `npo-def.xml`."""
    lines = [*_table(BOARD_ROLE, BOARD), *_table(SCHOOL_ROLE, SCHOOL), *_axes()]
    return linkbase(
        lines,
        roles=[BOARD_ROLE, SCHOOL_ROLE, AXES_ROLE],
        arcroles=[(_ARCROLE + name, _DECLARED + name) for name in _USED],
        spaces=[("xbrldt", _XBRLDT)],
    )


def _table(role: str, part: Part) -> list[str]:
    concepts = [one.name for one in part.concepts]
    closed = 'order="1" xbrldt:closed="true" xbrldt:contextElement="scenario"'
    target = f'xbrldt:targetRole="{AXES_ROLE}"'
    arcs = [
        _arc("all", part.lines, part.table, closed),
        *[
            # A typed axis has its domain in the schema, so there is nothing to follow elsewhere.
            _arc("hypercube-dimension", part.table, axis, f'order="{order}" {target if axis in _DEFAULTS else ""}')
            for order, axis in enumerate(part.axes, 1)
        ],
        *[_arc("domain-member", part.lines, name, f'order="{order}"') for order, name in enumerate(concepts, 1)],
    ]
    return extended(
        "link:definitionLink", role, [*locators([part.lines, part.table, *part.axes, *concepts]), *arcs]
    )


def _axes() -> list[str]:
    hung = [(one.under, one.name) for one in elements() if one.under]
    arcs = [
        _arc("dimension-domain" if parent in _DEFAULTS else "domain-member", parent, child, f'order="{order}"')
        for order, (parent, child) in enumerate(hung, 1)
    ]
    defaults = [
        _arc("dimension-default", axis, f"{member}.default", 'order="1"') for axis, member in _DEFAULTS.items()
    ]
    names = [*[name for pair in hung for name in pair], *[f"{member}.default" for member in _DEFAULTS.values()]]
    return extended("link:definitionLink", AXES_ROLE, [*locators(names), *arcs, *defaults])


def _arc(name: str, start: str, end: str, more: str) -> str:
    return arc("link:definitionArc", _ARCROLE + name, start, end, more.strip())
