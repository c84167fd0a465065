"""The page of a reconciliation: one file to search and filter in, of the same family as the informatietool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.errors import Refused
from npo_pipeline.reconciliation.model import CAUSE_WORDS, OUTCOME_WORDS, Figures, Reconciliation
from npo_pipeline.reports.house_style import HouseStyle
from npo_pipeline.reports.informatietool.html import json_without_markup, notation, standalone_page
from npo_pipeline.reports.reconciliation.workbook import (
    LEFT_OUT,
    OTHERS,
    UNREAD,
    NamedAmounts,
    background,
    conclusion,
    named_amounts,
    title_of,
    title_of_component,
    title_of_left_out,
)
from npo_pipeline.translation import singular, translated
from schemas.reconciled import MATCH

SCRIPTS = ("data.js", "summary.js", "amounts.js", "main.js")
"""In the order in which each needs the ones before it."""

MOST_UNREAD = 100
"""Rows that could not be read that the summary shows."""

_OUTCOMES = (MATCH, *(name for name in OUTCOME_WORDS if name != MATCH))
"""A match first: the script takes every other for a difference."""

_CAUSES = tuple(CAUSE_WORDS)

_LEFT_OUT = ("component", "currency", "amount")

_Component = tuple[str, str | None]
"""A component, and the school types that it is compared for (null: all)."""


def write_page(result: Reconciliation, path: Path, style: HouseStyle, *, made: date) -> None:
    """Write the page.

    Raises:
        Refused: it cannot be written; what was compared is in the books all the same.
    """
    try:
        write_whole(path, lambda beside: beside.write_bytes(page(result, style, made=made).encode()))
    except OSError as error:
        raise Refused(f"{path}: cannot be written ({error.strerror or error}); name another file") from error


def page(result: Reconciliation, style: HouseStyle, *, made: date) -> str:
    """Return the whole page. The same reconciliation gives the same text."""
    basis = [f"{subject}: {text}" for subject, text in background(result, made)]
    parts = {
        "title": escape(title_of(result)),
        "conclusion": escape(" ".join(conclusion(result))),
        "basis": "<br>".join(map(escape, basis)),
        "data": json_without_markup(_document(result)),
    }
    return standalone_page(files(__package__) / "browser", SCRIPTS, style, parts)


def _document(result: Reconciliation) -> dict[str, Any]:
    figures, amounts = Figures(result.rows, result.tolerance), _in_order(named_amounts(result))
    components = list(dict.fromkeys(figures.by_component.select("component", "school_types").rows()))
    return {
        "components": {
            "name": [":".join(filter(None, one)) for one in components],
            "title": [title_of_component(*one) for one in components],
        },
        "outcomes": {"name": _OUTCOMES, "title": [translated(OUTCOME_WORDS[one]) for one in _OUTCOMES]},
        "causes": _cause_columns(),
        **_amount_columns(amounts, components),
        "byComponent": _by_component(figures, components),
        "byCause": _by_cause(figures, components),
        "leftOut": [
            [title_of_left_out(result, component), _cents(amount), currency]
            for component, currency, amount in result.left_out.select(_LEFT_OUT).iter_rows()
        ],
        "others": [
            [*row, None if amount is None else _cents(amount)] for *row, amount in result.others.iter_rows()
        ],
        "unread": [
            [file, line, column, singular(translated(message))]
            for file, line, column, message in result.unread.head(MOST_UNREAD).iter_rows()
        ],
        "moreUnread": max(result.unread.height - MOST_UNREAD, 0),
        "words": {
            "title": title_of(result),
            "conclusion": conclusion(result),
            "leftOut": LEFT_OUT,
            "others": OTHERS,
            "unread": UNREAD,
            **notation(),
        },
    }


def _in_order(amounts: NamedAmounts) -> NamedAmounts:
    """Put what does not match first, the largest difference first of all; the rest is in order of its code."""
    return NamedAmounts(amounts.sort(pl.col("gap").abs(), descending=True, nulls_last=True, maintain_order=True))


def _amount_columns(amounts: NamedAmounts, components: Sequence[_Component]) -> dict[str, Any]:
    """Return the rows in columns: amounts in whole cents, each school and each explanation once, by position."""
    about = ["code", "name", "place", "board", "board_name"]
    schools = amounts.select(about).unique(maintain_order=True).with_row_index("school")
    placed = amounts.join(schools, on=about, how="left", nulls_equal=True, maintain_order="left")
    counts = {
        column: {row: dutch.number(count) for row, count in enumerate(amounts[name]) if count is not None}
        for column, name in (("ourCount", "our_count"), ("theirCount", "their_count"))
    }
    texts = amounts["explanation"].fill_null("").unique(maintain_order=True).to_list()
    rows = {
        "school": placed["school"].to_list(),
        "component": [components.index(one) for one in amounts.select("component", "school_types").iter_rows()],
        "currency": amounts["currency"].to_list(),
        "ours": list(map(_cents_or_none, amounts["ours"])),
        "theirs": list(map(_cents_or_none, amounts["theirs"])),
        "difference": list(map(_cents_or_none, amounts["gap"])),
        "outcome": _positions(amounts["outcome"], _OUTCOMES),
        "cause": _positions(amounts["cause"], _CAUSES),
        "explanation": _positions(amounts["explanation"].fill_null(""), texts),
        **counts,
    }
    named = {"code": "code", "name": "name", "place": "place", "board": "board", "boardName": "board_name"}
    columns = {name: schools[column].fill_null("").to_list() for name, column in named.items()}
    return {"schools": columns, "rows": rows, "texts": texts}


def _cause_columns() -> dict[str, list[str]]:
    words = [[translated(one) for one in CAUSE_WORDS[name]] for name in _CAUSES]
    title, meaning, todo = (list(column) for column in zip(*words, strict=True))
    return {"name": list(_CAUSES), "title": title, "meaning": meaning, "todo": todo}


def _by_component(figures: Figures, components: Sequence[_Component]) -> list[list[Any]]:
    rows = figures.by_component
    places = map(components.index, rows.select("component", "school_types").iter_rows())
    numbers = rows.select("compared", "matching").iter_rows()
    shares = rows.select("share", "share_of_money").iter_rows()
    amounts = rows.select("ours", "theirs", "difference").iter_rows()
    return [
        [place, *counted, *map(_percent, share), *map(_cents, amount), currency]
        for place, counted, share, amount, currency in zip(
            places, numbers, shares, amounts, rows["currency"], strict=True
        )
    ]


def _by_cause(figures: Figures, components: Sequence[_Component]) -> list[list[Any]]:
    return [
        [components.index((component, types)), _CAUSES.index(cause), amounts, _cents(difference), currency]
        for component, types, currency, cause, amounts, difference in figures.by_cause.iter_rows()
    ]


def _percent(share_e4: int | None) -> str:
    return "" if share_e4 is None else dutch.percent(Decimal(share_e4).scaleb(-4))


def _cents(amount: Decimal) -> int:
    return int(amount.scaleb(2))


def _cents_or_none(amount: Decimal | None) -> int | None:
    return None if amount is None else _cents(amount)


def _positions(values: pl.Series, names: Sequence[str]) -> list[int]:
    """Return the position of each value in a list of names; -1 where there is none."""
    places: Mapping[str, int] = {name: place for place, name in enumerate(names)}
    return [-1 if value is None else places[value] for value in values]
