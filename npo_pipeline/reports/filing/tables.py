"""The tables of the national xBRL-CSV report: which fact stands in which column, and what a cell may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from npo_pipeline.reports.filing import members
from npo_pipeline.reports.filing.concepts import BY_NAME, CONCEPTS, INTERVENTION, LEVEL, Concept
from npo_pipeline.reports.filing.contexts import MEASURES
from npo_pipeline.reports.filing.taxonomy.elements import keys
from npo_pipeline.reports.filing.uris import ENTITY_SCHEME, ISO4217, NAMESPACE, PREFIX, SCHEMA
from schemas.columns import CURRENCIES

TABLE_CONSTRAINTS = "https://xbrl.org/PR/2026-05-05/tc"
"""Table Constraints are a Proposed Recommendation; this name changes when they become a Recommendation."""

ENTITY_PREFIX = "bg"
_CELLS: dict[str, dict[str, Any]] = {
    "money": {"type": "xs:decimal", "patterns": [r"-?[0-9]{1,16}\.[0-9]{2}"]},
    "share": {"type": "xs:decimal", "minInclusive": "0", "maxInclusive": "1", "fractionDigits": 4},
    "count": {"type": "xs:nonNegativeInteger"},
    "date": {"type": "xs:date", "timeZone": False},
    "text": {"type": "xs:string", "minLength": 1},
    "choice": {"type": "xs:string"},
}
_OPTIONAL = ("text", "share", "date")
"""Kinds of concepts that are not known of everybody."""


@dataclass(frozen=True)
class Table:
    """A table. `places`: the columns that say whose a row is. `figures`: its facts, `Spent_school` for a level."""

    name: str
    places: tuple[str, ...]
    figures: tuple[str, ...]
    refers: tuple[str, tuple[str, ...]] | None = None

    @property
    def url(self) -> str:
        """The file."""
        return f"{self.name}.csv"

    @property
    def of_school(self) -> bool:
        """Whether its rows are of schools."""
        return "brin" in self.places

    @property
    def of_member(self) -> bool:
        """Whether its rows are of interventions."""
        return "member" in self.places


def _figures(concept: Concept) -> tuple[str, ...]:
    if concept.period == "instant":
        return (f"{concept.name}_start", f"{concept.name}_end")
    levels = tuple(f"{concept.name}_{level}" for level in members.LEVEL_ELEMENTS)
    return (concept.name, *(levels if LEVEL in concept.by else ()))


_BOARD_FIGURES = tuple(figure for one in CONCEPTS if one.board for figure in _figures(one))
_SCHOOL_FIGURES = tuple(figure for one in CONCEPTS if one.school for figure in _figures(one))
_MEMBER_FIGURES = tuple(one.name for one in CONCEPTS if INTERVENTION in one.by)

TABLES = (
    Table("board", ("board",), _BOARD_FIGURES),
    Table("school", ("board", "brin"), _SCHOOL_FIGURES, ("board", ("board",))),
    Table("board_intervention", ("board", "member"), _MEMBER_FIGURES, ("board", ("board",))),
    Table("school_intervention", ("board", "brin", "member"), _MEMBER_FIGURES, ("school", ("board", "brin"))),
)


def report(year: int) -> dict[str, Any]:
    """The metadata of the report of a year."""
    spaces = {
        PREFIX: NAMESPACE,
        ENTITY_PREFIX: ENTITY_SCHEME,
        "iso4217": ISO4217,
        "tc": TABLE_CONSTRAINTS,
        "xs": "http://www.w3.org/2001/XMLSchema",
    }
    return {
        "documentInfo": {
            "documentType": "https://xbrl.org/2021/xbrl-csv",
            "namespaces": spaces,
            "taxonomy": [SCHEMA],
        },
        "tableTemplates": {table.name: _template(table, year) for table in TABLES},
        "tables": {table.name: {"url": table.url} for table in TABLES},
    }


def _template(table: Table, year: int) -> dict[str, Any]:
    axes = {"entity": "$board", "period": str(year)}
    if table.of_school:
        axes[f"{PREFIX}:{members.SCHOOL_AXIS}"] = "$brin"
    if table.of_member:
        axes[f"{PREFIX}:{members.INTERVENTION_AXIS}"] = "$intervention"
    columns = {_column_of(place): {"tc:constraints": _place(place)} for place in (*table.places, "unit")}
    figures = {name: _figure(name, table, year) for name in table.figures}
    return {"dimensions": axes, "columns": {**columns, **figures}, "tc:keys": _keys(table)}


def _column_of(place: str) -> str:
    return "intervention" if place == "member" else place


def _place(name: str) -> dict[str, Any]:
    if name == "board":
        return {"type": "entity", "patterns": [f"{ENTITY_PREFIX}:[0-9]{{5}}"]}
    if name == "brin":
        return {"type": "xs:string", "patterns": ["[0-9]{2}[A-Z]{2}"]}
    if name == "unit":
        return {"type": "unit", "enumerationValues": [MEASURES[one] for one in CURRENCIES]}
    elements = [f"{PREFIX}:{members.element_of(one)}" for one in members.in_order(keys())]
    return {"type": "xs:QName", "enumerationValues": elements}


def _figure(name: str, table: Table, year: int) -> dict[str, Any]:
    stem, _, part = name.partition("_")
    concept = BY_NAME[stem]
    axes = {"concept": f"{PREFIX}:{stem}"}
    if concept.kind == "money":
        axes["unit"] = "$unit"
    if concept.kind in ("text", "choice"):
        axes["language"] = "nl"
    if part in ("start", "end"):
        axes["period"] = f"{year - (part == 'start')}@end"
    if part in members.LEVEL_ELEMENTS:
        axes[f"{PREFIX}:{members.LEVEL_AXIS}"] = f"{PREFIX}:{members.LEVEL_ELEMENTS[part]}"
    cell = dict(_CELLS[concept.kind])
    if concept.choices:
        cell["enumerationValues"] = list(concept.choices)
    may_lack = concept.kind in _OPTIONAL and stem != "BoardNumber"
    if may_lack or part in members.LEVEL_ELEMENTS:
        cell["optional"] = True
    return {"dimensions": axes, "tc:constraints": cell}


def _keys(table: Table) -> dict[str, Any]:
    fields = [_column_of(place) for place in table.places]
    keys_of: dict[str, Any] = {"unique": [{"name": f"{table.name}_key", "fields": fields}]}
    if table.refers:
        name, places = table.refers
        reference = {"name": f"{table.name}_of_{name}", "fields": list(places), "referencedKeyName": f"{name}_key"}
        keys_of["reference"] = [reference]
    return keys_of
