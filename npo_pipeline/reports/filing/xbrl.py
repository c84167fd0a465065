"""The filing as XBRL 2.1, one file per board, as the Dutch filing rules want it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.filing.contexts import MEASURES, Context, context_id, context_xml, unit_xml
from npo_pipeline.reports.filing.uris import ISO4217, LINK, NAMESPACE, PREFIX, SCHEMA, XBRLDI, XBRLI, XLINK

_WRITTEN = ("concept", "unit", "value", "period", "brin", "member", "level")
_Row: TypeAlias = tuple[Any, ...]
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_END = "</xbrli:xbrl>\n"


def instance(facts: pl.DataFrame, year: int) -> bytes:
    """The facts of one board as an XBRL instance. The same facts give the same bytes.

    Args:
        facts: the rows of one board of a fact frame (FACTS).
        year: the calendar year they are of.

    Raises:
        NpoError: the facts are of no board, or of several. A fault of ours.
    """
    boards = facts["board"].unique().to_list()
    if len(boards) != 1:
        raise NpoError(f"one filing is of one board, not of {len(boards)}; this is a fault of the program")
    rows: list[_Row] = facts.select(_WRITTEN).rows()
    names = {place: context_id(place, year) for place in {Context._make(row[3:]) for row in rows}}
    contexts = sorted(names, key=names.__getitem__)
    units = sorted({row[1] for row in rows if row[1]})
    lines = [
        _start(contexts, units),
        *[context_xml(context, boards[0], year) for context in contexts],
        *map(unit_xml, units),
        *_fact_lines(rows, names),
        _END,
    ]
    return "\n".join(lines).encode("utf-8")


def escaped(text: str) -> str:
    """Text between two tags."""
    return text.translate(_ESCAPED)


def _fact_lines(rows: list[_Row], names: dict[Context, str]) -> Iterator[str]:
    for concept, unit, value, *place in rows:
        where = f'<{PREFIX}:{concept} contextRef="{names[Context._make(place)]}"'
        if unit:
            yield f'{where} unitRef="{unit}" decimals="INF">{value}</{PREFIX}:{concept}>'
        else:
            yield f"{where}>{escaped(value)}</{PREFIX}:{concept}>"


def _start(contexts: list[Context], units: list[str]) -> str:
    """The first tag; it declares what is used and nothing else."""
    used = {"xbrli": XBRLI, "link": LINK, "xlink": XLINK, PREFIX: NAMESPACE}
    if any(context[1:] != (None, None, None) for context in contexts):
        used["xbrldi"] = XBRLDI
    if any(MEASURES[unit].startswith("iso4217:") for unit in units):
        used["iso4217"] = ISO4217
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in used.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<xbrli:xbrl{spaces} xml:lang="nl">\n'
        f'<link:schemaRef xlink:type="simple" xlink:href="{SCHEMA}"/>'
    )
