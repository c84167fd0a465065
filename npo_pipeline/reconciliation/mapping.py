"""Mappings: how a table of others is read, by a file of the user or a known layout (contract, section 5)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.component import MeasureName
from npo_pipeline.rulebook.error_messages import checked, suggest
from npo_pipeline.rulebook.fields import Key, Part, SchoolType, Text, Whole, fault, some
from npo_pipeline.rulebook.yaml_document import Document, FileSort, read_rules, refused, rule_text

MAPPING = FileSort("mapping file", "mapping: ...")
_HINT = " (docs/reference/contract.md, section 5)"


class AmountColumn(Part):
    """Represent a column of amounts, and the component that it is compared with.

    `components`: in place of one, where it holds the sum of several. `school_types`: those of ours that it holds;
    all where none is named.
    """

    column: Text
    component: Key | None = None
    components: tuple[Key, ...] = ()
    school_types: tuple[SchoolType, ...] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Return the components that it holds."""
        return (self.component,) if self.component else self.components

    @model_validator(mode="after")
    def _says_which(self) -> Self:
        if bool(self.component) == bool(self.components):
            raise fault(
                "wants one component, or in `components` those of which the column is the sum", "component"
            )
        if len(set(self.components)) < len(self.components):
            raise fault("names a component twice; take one out", "components")
        return self

    @model_validator(mode="after")
    def _types_once(self) -> Self:
        if len(set(self.school_types)) < len(self.school_types):
            raise fault("names a school type twice; take one out", "school_types")
        return self


class CountColumn(Part):
    """Represent a column of counts that the amounts rest on."""

    column: Text
    measure: MeasureName


class RowColumns(Part):
    """Represent the columns of a table with a row per component.

    `school_year`, `regulation`: rows that are of others are left out; null: the table is of one.
    """

    component: Text
    amount: Text
    school_year: Text | None = None
    regulation: Text | None = None


class Mapping(Part):
    """Represent how a table is read.

    `school`: the column with a BRIN or a vestiging. `vestiging`: that with the number of the vestiging, or its
    whole code, where it is another. `board`: that with a board; amounts are of boards where there is no column of
    schools, or no school in a row. `amounts`: a column each; else `rows`.
    """

    sheet: Text | None = None
    header_row: Whole | None = None
    school: Text | None = None
    vestiging: Text | None = None
    board: Text | None = None
    amounts: tuple[AmountColumn, ...] = ()
    counts: tuple[CountColumn, ...] = ()
    rows: RowColumns | None = None

    @model_validator(mode="after")
    def _says_whose(self) -> Self:
        if not self.school and not self.board:
            raise fault(
                "is missing; name the column with the BRIN or the vestiging, or `board` for totals of boards",
                "school",
            )
        if self.vestiging and not self.school:
            raise fault("goes with `school`, the column with the BRIN; name that one too", "vestiging")
        if self.header_row == 0:
            raise fault("counts from 1, the first line of the file", "header_row")
        return self

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if bool(self.amounts) == bool(self.rows):
            raise fault("wants a column of amounts at least, as {column: BEDRAG, component: per_pupil}", "amounts")
        measures = [one.measure for one in self.counts]
        if twice := [at for at, one in enumerate(measures) if one in measures[:at]]:
            raise fault(
                f"`{measures[twice[0]]}` stands twice; keep one column of it", "counts", twice[0], "measure"
            )
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it names, each once."""
        rows = (
            (self.rows.component, self.rows.amount, self.rows.school_year, self.rows.regulation)
            if self.rows
            else ()
        )
        columns = (*(one.column for one in self.amounts), *(one.column for one in self.counts))
        named = (self.school, self.vestiging, self.board, *rows, *columns)
        return tuple(dict.fromkeys(one for one in named if one))


class _MappingFile(Part):
    """Represent a file with a mapping."""

    mapping: Mapping


class _LayoutFile(_MappingFile):
    """Represent a known layout: the columns by which it is recognised, and its mapping."""

    title: Text
    signature: Annotated[tuple[Text, ...], AfterValidator(some)]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Represent a mapping with its name: the title of a known layout, or the name of the file of the user.

    `document`: the file of the user, for messages; null for a known layout, of which columns that the rules do not
    know are left out. `signature`: the columns by which a known layout is recognised.
    """

    name: str
    mapping: Mapping
    document: Document | None = None
    signature: tuple[str, ...] = ()


def read_mapping(path: Path) -> Layout:
    """Read the mapping file of a user.

    Raises:
        Refused: it cannot be read, or something in it is wrong; the message names file and line.
    """
    return _layout(read_rules(path, MAPPING)[1])


def parse_mapping(text: str, name: str) -> Layout:
    """Check the text of a mapping file; `name`: what to call it in messages.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    return _layout(rule_text(text.encode("utf-8", "surrogatepass"), name, MAPPING)[1])


def _layout(document: Document) -> Layout:
    found = checked(_MappingFile, document, keys=_KEYS, hint=_HINT)
    _refuse_columns_twice(found.mapping, document)
    return Layout(name=harmless_name(document.name), mapping=found.mapping, document=document)


@cache
def known_layouts() -> tuple[Layout, ...]:
    """Load the layouts that come with the package, those with the most columns in their signature first."""
    there = sorted(files(__package__).joinpath("layouts").iterdir(), key=lambda file: file.name)
    documents = [
        rule_text(file.read_bytes(), file.name, MAPPING)[1] for file in there if file.name.endswith(".yaml")
    ]
    found = [checked(_LayoutFile, one, keys=_KEYS, hint=_HINT) for one in documents]
    layouts = [Layout(name=one.title, mapping=one.mapping, signature=one.signature) for one in found]
    return tuple(sorted(layouts, key=lambda one: -len(one.signature)))


def layout_of(header: Sequence[str]) -> Layout | None:
    """Return the known layout of a header; null where it is of none."""
    there = {normal_name(name) for name in header}
    return next((one for one in known_layouts() if {normal_name(name) for name in one.signature} <= there), None)


def with_known_components(layout: Layout, decided: Collection[str], known: Collection[str]) -> Layout:
    """Return a layout with the columns that can be compared; refuse a component that no regulation knows.

    `decided`: the components of the rules of the decision; `known`: those of any regulation. A known layout keeps
    each column under the first component that was decided.

    Raises:
        Refused: names file, line and what may have been meant; or nothing of a known layout was decided.
    """
    mapping = layout.mapping
    for at, one in enumerate(mapping.amounts if layout.document else ()):
        for component in one.named:
            if component not in known:
                line = layout.document.line(("mapping", "amounts", at, "component")) if layout.document else 1
                words = f"no regulation knows `{component}`; {suggest(component, known)}"
                raise refused(layout.name, line, f"amounts[{at + 1}].component: {words}")
    if layout.document or mapping.rows:
        return layout
    kept: dict[str, AmountColumn] = {}
    for one in mapping.amounts:
        if {*one.named} <= {*decided}:
            kept.setdefault(one.column, one)
    if not kept:
        raise Refused(
            f"the decision has {', '.join(sorted(decided))}, and layout {layout.name!r} none of these; say with "
            "--mapping which column is which"
        )
    return Layout(name=layout.name, mapping=mapping.model_copy(update={"amounts": tuple(kept.values())}))


def _refuse_columns_twice(mapping: Mapping, document: Document) -> None:
    """Refuse a column that is compared twice, and a component of which a school type has two columns."""
    seen: dict[str, int] = {}
    for at, one in enumerate(mapping.amounts):
        line = document.line(("mapping", "amounts", at))
        what = f"amounts[{at + 1}].column: {one.column}"
        if (first := seen.setdefault(normal_name(one.column), line)) != line or _is_again(mapping, at):
            raise refused(document.name, line, f"{what} stands twice, first in line {first}; keep one of the two")
        others = [number for number, other in enumerate(mapping.amounts[:at]) if _overlap(one, other)]
        if others:
            first = document.line(("mapping", "amounts", others[0]))
            both = next(component for component in one.named if component in mapping.amounts[others[0]].named)
            words = f"`{both}` stands twice, first in line {first}; name other school_types for each"
            raise refused(document.name, line, f"amounts[{at + 1}].component: {words}")


def _is_again(mapping: Mapping, at: int) -> bool:
    """Return whether a column of amounts stands before it, maybe in the same line."""
    names = [normal_name(one.column) for one in mapping.amounts]
    return names[at] in names[:at]


def _overlap(one: AmountColumn, other: AmountColumn) -> bool:
    """Return whether two columns hold the same component of the same school type."""
    either = not one.school_types or not other.school_types
    types = either or bool({*one.school_types} & {*other.school_types})
    return bool({*one.named} & {*other.named}) and types


_PARTS = (AmountColumn, CountColumn, RowColumns, Mapping, _LayoutFile)
_KEYS = sorted({key for part in _PARTS for key in part.model_fields})
