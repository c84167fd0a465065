"""The sums within one context (Calculations 1.1). They stand in one role: in two, each fault is told twice."""

from __future__ import annotations

from npo_pipeline.reports.filing.concepts import CALCULATIONS
from npo_pipeline.reports.filing.taxonomy.linkbase import arc, extended, linkbase, locators
from npo_pipeline.reports.filing.uris import CALCULATION_ROLE

_ARCROLE = "https://xbrl.org/2023/arcrole/summation-item"
_DECLARED = "https://www.xbrl.org/2023/calculation-1.1.xsd#summation-item"


def calculation() -> bytes:
    """The file `npo-cal.xml`."""
    sums = [(total, part, weight) for total, parts in CALCULATIONS for part, weight in parts]
    names = [name for total, part, _ in sums for name in (total, part)]
    arcs = [
        arc("link:calculationArc", _ARCROLE, total, part, f'order="{order}" weight="{weight}"')
        for order, (total, part, weight) in enumerate(sums, 1)
    ]
    lines = extended("link:calculationLink", CALCULATION_ROLE, [*locators(names), *arcs])
    return linkbase(lines, roles=[CALCULATION_ROLE], arcroles=[(_ARCROLE, _DECLARED)])
