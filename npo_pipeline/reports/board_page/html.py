"""Markup, made in this one place: what is not made here is text, and text is always escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import NewType

Html = NewType("Html", str)
"""Markup that is well-formed by itself."""

EMPTY = Html("")

_NO_CHARACTER = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML has no way to write; a space stands for it."""


def text(value: str) -> Html:
    """Text as markup shows it; nothing in it becomes an element."""
    known = value if value.isprintable() else _NO_CHARACTER.sub(" ", value)
    return Html(escape(known, quote=False))


def element(name: str, *content: Html, **attributes: str) -> Html:
    """An element. `css` is its class."""
    return Html(f"<{name}{_written(tuple(attributes.items()))}>{''.join(content)}</{name}>")


def image(address: str, alt: str, width: int, height: int) -> Html:
    """A picture with a text that says the same."""
    return Html(f'<img src="{address}" alt="{escape(text(alt))}" width="{width}" height="{height}" />')


def together(*parts: Html) -> Html:
    """Parts behind each other."""
    return Html("".join(parts))


def words(css: str, value: str) -> Html:
    """A few words with a class."""
    return Html(f'<span class="{css}">{text(value)}</span>')


def table(title: str, head: Iterable[Html], bodies: Iterable[Html], css: str) -> Html:
    """A table that may be wider than the window: it scrolls by itself."""
    top = element("thead", element("tr", *head))
    return element("div", element("table", element("caption", text(title)), top, *bodies, css=css), css="scroll")


def heading(value: Html, css: str = "") -> Html:
    """The head of a column."""
    return Html(f'<th scope="col"{_written((("css", css),) if css else ())}>{value}</th>')


def row(first: Html, cells: Iterable[Html], css: str = "") -> Html:
    """A row: what it is about, and cells."""
    start = _written((("css", css),) if css else ())
    return Html(f'<tr{start}><th scope="row">{first}</th>{"".join(cells)}</tr>')


def number(value: Html) -> Html:
    """A cell with a number."""
    return Html(f'<td class="number">{value}</td>')


def part(anchor: str, title: str, *content: Html) -> Html:
    """A part of the page, with a heading to point to."""
    return element("div", element("h2", text(title), id=anchor), *content, css="part")


@lru_cache(maxsize=512)
def _written(attributes: tuple[tuple[str, str], ...]) -> str:
    named = [("class" if key == "css" else key, value) for key, value in attributes]
    return "".join([f' {key}="{escape(value)}"' for key, value in named])
