"""The facts of all boards as one xBRL-CSV report: four tables, and metadata with what each column may hold."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline.reports.xbrl import concepts
from npo_pipeline.reports.xbrl.concepts import BY_NAME, CONCEPTS, INTERVENTION, LEVEL, NAMESPACES, PREFIX, Concept
from npo_pipeline.reports.xbrl.instance import MEASURES
from npo_pipeline.reports.xbrl.taxonomy.elements import intervention_keys
from schemas.columns import CURRENCIES
from schemas.frames.accounts import Facts

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
REPORT = "report.json"
_TEXTS = [one.name for one in CONCEPTS if one.kind in ("text", "choice")]
_OPTIONAL = ("text", "share", "date")
"""Kinds of concepts that are not known of everybody."""


@dataclass(frozen=True)
class Table:
    """A table. `places`: its key. `figures`: its facts, `Spent_school` for a level. `refers`: its foreign key."""

    name: str
    places: tuple[str, ...]
    figures: tuple[str, ...]
    refers: tuple[str, tuple[str, ...]] | None = None

    @property
    def url(self) -> str:
        """Return the name of its file."""
        return f"{self.name}.csv"


def _figures(concept: Concept) -> tuple[str, ...]:
    if concept.period == "instant":
        return (f"{concept.name}_start", f"{concept.name}_end")
    levels = tuple(f"{concept.name}_{level}" for level in concepts.LEVEL_ELEMENTS)
    return (concept.name, *(levels if LEVEL in concept.by else ()))


_BOARD_FIGURES = tuple(figure for one in CONCEPTS if one.board for figure in _figures(one))
_SCHOOL_FIGURES = tuple(figure for one in CONCEPTS if one.school for figure in _figures(one))
_MEMBER_FIGURES = tuple(one.name for one in CONCEPTS if INTERVENTION in one.by)

_BOARD, _SCHOOL = ("board",), ("board", "brin")

TABLES = (
    Table("board", _BOARD, _BOARD_FIGURES),
    Table("school", _SCHOOL, _SCHOOL_FIGURES, ("board", _BOARD)),
    Table("board_intervention", (*_BOARD, "intervention"), _MEMBER_FIGURES, ("board", _BOARD)),
    Table("school_intervention", (*_SCHOOL, "intervention"), _MEMBER_FIGURES, ("school", _SCHOOL)),
)


def write_national(folder: Path, facts: Facts, year: int) -> list[Path]:
    """Write `report.json` and its tables, and return the paths in that order. The same facts give the same bytes.

    Raises:
        OSError: a file cannot be written.
    """
    report = folder / REPORT
    report.write_text(json.dumps(national_tables(year), indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    rows = facts.rename({"member": "intervention"}).with_columns(figure=_figure(), value=_cell())
    paths = [report]
    for table in TABLES:
        path = folder / table.url
        # All in quotes: a reader that guesses takes the apostrophes of 't Eenspan and 's-Gravenhage for quotes.
        _rows_of(table, rows).write_csv(path, line_terminator="\r\n", quote_style="always")
        paths.append(path)
    return paths


@cache
def _member_names() -> dict[str, str]:
    members = concepts.ordered_members(intervention_keys())
    return {member: f"{PREFIX}:{concepts.element_of(member)}" for member in members}


def _figure() -> pl.Expr:
    """Return the column of a fact: `Received`, `CarriedOver_start`, `Spent_bovenschools`."""
    period = pl.when(pl.col("period") != "duration").then("period")
    return pl.concat_str("concept", period, "level", separator="_", ignore_nulls=True)


def _cell() -> pl.Expr:
    # A cell that begins with `#` is a special value; text that does is written with another one before it.
    special = pl.col("concept").is_in(_TEXTS) & pl.col("value").str.starts_with("#")
    return pl.when(special).then(pl.concat_str(pl.lit("#"), "value")).otherwise("value")


def _rows_of(table: Table, facts: pl.DataFrame) -> pl.DataFrame:
    own = facts.filter(pl.col(axis).is_not_null() == (axis in table.places) for axis in ("brin", "intervention"))
    wide = own.group_by(table.places).agg(
        _unit(), *[pl.col("value").filter(pl.col("figure") == name).first().alias(name) for name in table.figures]
    )
    ranked = pl.col("intervention").cast(pl.Enum(list(_member_names())))
    ordered = wide.sort(*[ranked if name == "intervention" else pl.col(name) for name in table.places])
    return ordered.select(*[_place_cell(name) for name in table.places], "unit", *table.figures)


def _unit() -> pl.Expr:
    money = pl.col("unit").filter(pl.col("unit").is_in(CURRENCIES)).first()
    return money.replace_strict(MEASURES, return_dtype=pl.String).alias("unit")


def _place_cell(name: str) -> pl.Expr:
    if name == "board":
        return pl.concat_str(pl.lit(f"{ENTITY_PREFIX}:"), name).alias(name)
    if name == "intervention":
        return pl.col(name).replace_strict(_member_names(), return_dtype=pl.String)
    return pl.col(name)


def national_tables(year: int) -> dict[str, Any]:
    """Return the metadata of the report of a year."""
    spaces = {
        PREFIX: NAMESPACES[PREFIX],
        ENTITY_PREFIX: concepts.ENTITY_SCHEME,
        "iso4217": NAMESPACES["iso4217"],
        "tc": TABLE_CONSTRAINTS,
        "xs": NAMESPACES["xs"],
    }
    kind = "https://xbrl.org/2021/xbrl-csv"
    return {
        "documentInfo": {"documentType": kind, "namespaces": spaces, "taxonomy": [concepts.SCHEMA]},
        "tableTemplates": {table.name: _template(table, year) for table in TABLES},
        "tables": {table.name: {"url": table.url} for table in TABLES},
    }


def _template(table: Table, year: int) -> dict[str, Any]:
    axes = {"entity": "$board", "period": str(year)}
    if "brin" in table.places:
        axes[f"{PREFIX}:{concepts.SCHOOL_AXIS}"] = "$brin"
    if "intervention" in table.places:
        axes[f"{PREFIX}:{concepts.INTERVENTION_AXIS}"] = "$intervention"
    columns = {place: {"tc:constraints": _place_constraints(place)} for place in (*table.places, "unit")}
    figures = {name: _figure_column(name, table, year) for name in table.figures}
    return {"dimensions": axes, "columns": {**columns, **figures}, "tc:keys": _keys(table)}


def _place_constraints(name: str) -> dict[str, Any]:
    if name == "board":
        return {"type": "entity", "patterns": [f"{ENTITY_PREFIX}:[0-9]{{5}}(-[A-Z]{{3}})?"]}
    if name == "brin":
        return {"type": "xs:string", "patterns": ["[0-9]{2}[A-Z]{2}"]}
    if name == "unit":
        return {"type": "unit", "enumerationValues": [MEASURES[one] for one in CURRENCIES]}
    return {"type": "xs:QName", "enumerationValues": list(_member_names().values())}


def _figure_column(name: str, table: Table, year: int) -> dict[str, Any]:
    stem, _, part = name.partition("_")
    concept = BY_NAME[stem]
    axes = {"concept": f"{PREFIX}:{stem}"}
    if concept.kind == "money":
        axes["unit"] = "$unit"
    if concept.kind in ("text", "choice"):
        axes["language"] = "nl"
    if part in ("start", "end"):
        axes["period"] = f"{year - (part == 'start')}@end"
    if part in concepts.LEVEL_ELEMENTS:
        axes[f"{PREFIX}:{concepts.LEVEL_AXIS}"] = f"{PREFIX}:{concepts.LEVEL_ELEMENTS[part]}"
    cell = dict(_CELLS[concept.kind])
    if concept.choices:
        cell["enumerationValues"] = list(concept.choices)
    seldom = concept.optional or part in concepts.LEVEL_ELEMENTS
    if seldom or (concept.kind in _OPTIONAL and stem != "BoardNumber"):
        cell["optional"] = True
    return {"dimensions": axes, "tc:constraints": cell}


def _keys(table: Table) -> dict[str, Any]:
    constraints = {"unique": [{"name": f"{table.name}_key", "fields": list(table.places)}]}
    if table.refers:
        name, places = table.refers
        reference = {"name": f"{table.name}_of_{name}", "fields": list(places), "referencedKeyName": f"{name}_key"}
        constraints["reference"] = [reference]
    return constraints
