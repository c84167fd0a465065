"""The rows of the trace, each with what was counted for it and the files that say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.reports.explain.evidence import File, Line, Part
from npo_pipeline.reports.explain.held import Held
from schemas.tables import TRACE

_TRACED = [name for name in TRACE.columns if name not in ("decision_id", "school_year")]

_Key = tuple[str, str, str]
"""A regulation, a measure, and a vestiging or a BRIN."""


def lines_of(held: Held) -> dict[str, list[Line]]:
    """The lines of every vestiging: nothing in them is reckoned again.

    Returns:
        vestiging -> its lines, as the trace has them, in the order of the regulation files.
    """
    by_place, types, beside = _parts(held), _types(held), _beside(held)
    files = {measure: _files(held.files_of(measure)) for measure in held.trace["measure"].unique()}
    lines = defaultdict(list)
    for row in sorted(held.trace.select(_TRACED).iter_rows(named=True), key=_in_order(held)):
        found = by_place.get((row["regulation"], row["measure"], _scope(row)), [])
        wanted = _pooled(row, types) or {row["school_type"]}
        parts = tuple(part for school_type, part in found if school_type in wanted)
        others = beside.get((row["regulation"], _scope(row)), set()) - {row["vestiging"]}
        lines[row["vestiging"]].append(_line(held, row, parts, files[row["measure"]], others))
    return lines


def _in_order(held: Held) -> Callable[[Mapping[str, Any]], tuple[int, str]]:
    """By component, in the order of the regulation files, which begins with what every school gets."""
    components = [name for one in held.rules for name in one.regulation.components]
    places = {name: place for place, name in reversed(list(enumerate(components)))}
    return lambda row: (places.get(row["component"], len(places)), row["school_type"])


def _line(
    held: Held, row: Mapping[str, Any], parts: tuple[Part, ...], files: Mapping[str, File], others: set[str]
) -> Line:
    used = sorted({part.delivery_id for part in parts}) or list(files)
    return Line(
        **row,
        days=_days(files, held.decision.reference_date),
        parts=parts,
        files=tuple(files[name] for name in used),
        others=tuple(sorted(others)),
    )


def _days(files: Mapping[str, File], otherwise: date) -> tuple[date, ...]:
    # A component with reference dates of its own counts files of several days; they add up.
    return tuple(sorted({one.reference_date for one in files.values() if one.reference_date})) or (otherwise,)


def _scope(row: Mapping[str, Any]) -> str:
    vestiging = str(row["vestiging"])
    return vestiging[:4] if row["level"] == "brin" else vestiging


def _pooled(row: Mapping[str, Any], types: Mapping[tuple[str, str], set[str]]) -> set[str]:
    """The school types that a row counts together: where there is a threshold, all of its component."""
    return types[row["regulation"], row["component"]] if row["threshold"] is not None else set()


def _types(held: Held) -> dict[tuple[str, str], set[str]]:
    types: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, rules in held.framed.items():
        for component, school_type in rules.rates.select("component", "school_type").iter_rows():
            types[name, component].add(school_type)
    return types


def _parts(held: Held) -> dict[_Key, list[tuple[str, Part]]]:
    """What was counted above nothing, by vestiging and by BRIN, with the school type it counts as."""
    parts = defaultdict(list)
    order = ["vestiging", "counted_as", "cluster", "delivery_id"]
    rows = held.units.filter(pl.col("number") > 0).sort(order, nulls_last=True)
    for regulation, vestiging, school_type, counted_as, cluster, delivery, measure, number in rows.iter_rows():
        part = (school_type, Part(vestiging, counted_as, cluster, number, delivery))
        for place in (vestiging, vestiging[:4]):
            parts[regulation, measure, place].append(part)
    return parts


def _beside(held: Held) -> dict[tuple[str, str], set[str]]:
    """(regulation, BRIN) -> its vestigingen of which anything was counted."""
    beside: dict[tuple[str, str], set[str]] = defaultdict(set)
    some = held.units.filter(pl.col("number") > 0).select("regulation", "vestiging").unique()
    for regulation, vestiging in some.iter_rows():
        beside[regulation, vestiging[:4]].add(vestiging)
    return beside


def _files(rows: pl.DataFrame) -> dict[str, File]:
    return {one.delivery_id: one for one in _read_files(rows)}


def _read_files(rows: pl.DataFrame) -> Iterator[File]:
    for row in rows.sort("delivery_id").iter_rows(named=True):
        refused = row.pop("rejected")
        yield File(**row, refused=refused)
