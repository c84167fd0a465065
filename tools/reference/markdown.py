"""Pieces of Markdown that the generated pages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Generated from the code by `make reference`; change the code, not this page. -->"


def document(title: str, intro: str, parts: Iterable[str]) -> str:
    """Return a page: title, notice, introduction, and its parts with an empty line between them."""
    return "\n\n".join([f"# {title}", NOTICE, intro, *parts]) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; None shows as an empty cell."""
    lines = [_row(columns), _row(["---"] * len(columns)), *(_row([_cell(value) for value in row]) for row in rows)]
    return "\n".join(lines)


def code(text: object) -> str:
    """Return text as code, or nothing where there is no text."""
    return f"`{text}`" if text not in (None, "") else ""


def codes(values: Iterable[object]) -> str:
    """Return several values as code, separated by commas."""
    return ", ".join(code(value) for value in values)


def first_sentence(docstring: str | None) -> str:
    """Return the first paragraph of a docstring on one line.

    Raises:
        ValueError: there is no docstring.
    """
    if not docstring:
        raise ValueError("a docstring is missing; the reference quotes it")
    return " ".join(docstring.strip().split("\n\n")[0].split())


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: object) -> str:
    return "" if value is None else " ".join(str(value).replace("|", "\\|").split())
