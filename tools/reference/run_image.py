"""The picture of a run in the terminal, from the tutorial; a test compares that with the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "first-run.md"

_SHOWN = {
    "npo ingest": ("file ", "achterstandsscores.csv", "leerlingen-po.csv", "vestigingen-bo.csv", "! "),
    "npo decide": ("component ", "samenwerkingsverband", "per_pupil", "achterstandsscore", "Total "),
    "npo pay": ("component ", "samenwerkingsverband", "per_pupil", "cumi", "achterstandsscore", "€ "),
    "npo verify": ("check ", "chain", "decisions", "payments", "totals"),
}
"""Command -> the beginnings of the lines that are shown of what it writes."""

_COLOURS = {"$ ": "#7fd1ff", "! ": "#ffd27f", "file ": "#9fb2c5", "component ": "#9fb2c5", "check ": "#9fb2c5"}
_LINE, _TOP, _WIDTH, _MARGIN = 19, 32, 820, 22
_FITS = 94
"""Characters of 8.4 pixels that fit in the picture."""


_PICTURE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"
 role="img" aria-labelledby="t">
<title id="t">A run in the terminal: a delivery is ingested, a school year decided, a month paid, and the books
verified</title>
<rect width="{width}" height="{height}" rx="8" fill="#12202f"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#d7e0ea">
{texts}
</g>
</svg>
"""


def page() -> str:
    """Return the picture, as SVG.

    Raises:
        ValueError: the tutorial does not show a line that the picture shows.
    """
    lines = list(_lines())
    texts = [_text(line, _TOP + _LINE * number) for number, line in enumerate(lines) if line]
    height = _TOP + _LINE * len(lines)
    return _PICTURE.format(width=_WIDTH, height=height, texts="\n".join(texts))


def _lines() -> Iterator[str]:
    """Yield the lines of the picture, an empty one between two commands."""
    blocks = re.findall(r"```\n(\$ npo .*?)```", TUTORIAL.read_text(encoding="utf-8"), flags=re.DOTALL)
    for number, (command, beginnings) in enumerate(_SHOWN.items()):
        block = next(one for one in blocks if one.startswith(f"$ {command}")).splitlines()
        if number:
            yield ""
        yield [line for line in block if line.startswith("$ ")][-1]
        for beginning in beginnings:
            found = [line for line in block if line.startswith(beginning)]
            if not found:
                raise ValueError(f"{TUTORIAL}: shows no line of `{command}` that begins with {beginning!r}")
            yield found[0] if len(found[0]) <= _FITS else f"{found[0][: _FITS - 4]} ..."


def _text(line: str, top: int) -> str:
    colour = next((colour for start, colour in _COLOURS.items() if line.startswith(start)), None)
    look = "" if colour is None else f' fill="{colour}"'
    if line.startswith("$ "):
        look += ' font-weight="bold"'
    return f'<text x="{_MARGIN}" y="{top}" xml:space="preserve"{look}>{escape(line, quote=False)}</text>'
