"""The house style of pages: design tokens, and the values that a home gives them.

A house style sets values and nothing else. It is read value by value and never put into a page as it is, so that
no style can add a rule, reach a network, or end the style sheet it is part of.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from npo_pipeline.errors import Refused, printable

if TYPE_CHECKING:
    from jinja2 import Environment

FILE = "house-style.css"
"""The file in a home that holds its house style."""

_LONGEST = 64_000
"""Bytes: a house style is a page of text."""

_LIGHT, _DARK, _COLOUR = "--npo-color-", "--npo-dark-color-", re.compile(r"#[0-9a-fA-F]{6}")
_TOKEN = re.compile(r"\s*(--[a-z0-9-]+)\s*:\s*(.*?)\s*;\s*")
_PASSED_OVER = re.compile(r"\s*(?:/\*[^*]*\*/)?\s*(?:(?::root|\.[a-z-]+)\s*\{|\})?\s*")
_FUNCTION = r"(?:calc|clamp|max|min)\([a-z0-9%., +-]*\)"
_VALUE = re.compile(rf"""(?:[A-Za-z0-9%., +-]|"[A-Za-z0-9 ._-]*"|'[A-Za-z0-9 ._-]*'|{_FUNCTION})+""")

_TEXT, _SHAPE = Fraction(9, 2), Fraction(3)
PAIRS: Mapping[tuple[str, str], Fraction] = {
    **dict.fromkeys(
        (
            *((name, "background") for name in ("text", "text-subtle", "heading", "link", "error", "warning")),
            *((name, "surface") for name in ("text", "text-subtle", "heading", "link")),
            *((name, "error-background") for name in ("text", "text-subtle", "error")),
            *((name, "warning-background") for name in ("text", "text-subtle", "warning")),
            *((f"on-{name}", name) for name in ("brand", "error", "warning")),
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            *(
                (name, "background")
                for name in ("accent", "focus", "bar", "bar-strong", "error", "warning-accent")
            ),
            *((name, "surface") for name in ("bar", "bar-strong", "error")),
            ("brand-accent", "brand"),
        ),
        _SHAPE,
    ),
}
"""Colours that stand on each other, with the contrast WCAG 2.2 asks for: text 4.5 (1.4.3), shapes 3 (1.4.11)."""


@dataclass(frozen=True)
class HouseStyle:
    """The values that a home gives to design tokens. `source`: its file, for messages."""

    values: Mapping[str, str] = field(default_factory=dict)
    source: str = FILE

    @cached_property
    def tokens(self) -> dict[str, str]:
        """All tokens with their values, in their order."""
        return {**default_tokens(), **self.values}

    @cached_property
    def css(self) -> str:
        """The style sheet of the tokens, for screens that prefer dark and for all else."""
        lines = "".join(f"{name}:{value};" for name, value in self.tokens.items())
        dark = "".join(
            f"{name}:var({name.replace(_LIGHT, _DARK)});" for name in self.tokens if name.startswith(_LIGHT)
        )
        screen = f"@media screen and (prefers-color-scheme: dark){{:root{{color-scheme:dark;{dark}}}}}"
        return f":root{{color-scheme:light;{lines}}}\n{screen}\n"

    @cached_property
    def sha256(self) -> str:
        """The hash of all values, in hexadecimals."""
        return hashlib.sha256(self.css.encode()).hexdigest()

    def too_little_contrast(self) -> Iterator[str]:
        """Yield what cannot be read, a sentence each, in light and in dark."""
        for begin in (_LIGHT, _DARK):
            for (front, back), least in PAIRS.items():
                found = contrast(self.tokens[begin + front], self.tokens[begin + back])
                if found < least:
                    yield (
                        f"{begin}{front} on {begin}{back} has a contrast of {_decimal(found):.1f} to 1, and "
                        f"WCAG 2.2 asks for {_decimal(least)}"
                    )


def _decimal(ratio: Fraction) -> Decimal:
    return Decimal(ratio.numerator) / ratio.denominator


_BREAK_IN_TEXT = re.compile(r"(?<=[^>}\s])\s*\n\s*(?=[^<{\s]|\{\{)|(?<=\}\})\s*\n\s*(?=[^<{\s])")
_BREAK = re.compile(r"\s*\n\s*")


def page_templates(*packages: str) -> Environment:
    """Return an environment with the folders `templates` of some packages, the first that has a name goes before.

    Line breaks of a template are no part of a page: one within a text is a space.
    """
    # Only a command that makes pages pays for the import and for compiling the templates.
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
    from jinja2.ext import Extension

    class Compact(Extension):
        """Take the line breaks out of a template: one within a text becomes a space."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            return _BREAK.sub("", _BREAK_IN_TEXT.sub(" ", source))

    return Environment(
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        loader=ChoiceLoader([PackageLoader(one) for one in packages]),
        extensions=[Compact],
    )


def page_style(house: HouseStyle, *packages: str) -> str:
    """Return the style sheet of a page: the tokens of a house style, and the rules of packages that use them."""
    return house.css + "".join(map(_rules, packages))


@cache
def _rules(package: str) -> str:
    return (files(package) / "style.css").read_text(encoding="utf-8")


def running_header(left: str, right: str) -> str:
    """Return the style of the head of every sheet of paper, and the number of the page below it."""
    return (
        f'@page{{@top-left{{content:"{_css_text(left)}"}}@top-right{{content:"{_css_text(right)}"}}'
        '@bottom-right{content:"bladzijde " counter(page) " van " counter(pages)}}'
    )


def _css_text(text: str) -> str:
    """Write a text as the content of a CSS string: all but letters, digits and spaces by their code."""
    return "".join(one if one.isascii() and (one.isalnum() or one == " ") else f"\\{ord(one):06x}" for one in text)


@cache
def default_tokens() -> dict[str, str]:
    """Return the tokens as the program has them: name -> value."""
    text = (files(__package__) / "tokens.css").read_text(encoding="utf-8")
    return {found[1]: found[2] for line in text.splitlines() if (found := _TOKEN.fullmatch(line))}


def load_house_style(home: Path) -> HouseStyle:
    """Read the house style of a home; that of the program where it has none.

    Raises:
        Refused: the file cannot be read, a line of it sets no token, or colours cannot be told apart.
    """
    path = home / FILE
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return HouseStyle()
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror or error})") from error
    return parse_house_style(content, str(path))


def usable_house_style(home: Path) -> HouseStyle:
    """Read the house style of a home; that of the program where it is refused: a check of the books goes on."""
    try:
        return load_house_style(home)
    except Refused:
        return HouseStyle()


def parse_house_style(content: bytes, source: str) -> HouseStyle:
    """Parse a house style: a line `--npo-NAME: VALUE;` per token, within `:root {` and `}` or without.

    Tokens of other design systems (`--utrecht-...`) are passed over, as are empty lines and comments of one line.

    Raises:
        Refused: it is too long, a line is anything else, or colours cannot be told apart. Names the line.
    """
    if len(content) > _LONGEST:
        raise Refused(f"{source}: has {len(content)} bytes, and a house style at most {_LONGEST}")
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise Refused(f"{source}: is no UTF-8 text; save it as UTF-8") from error
    values: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not _PASSED_OVER.fullmatch(line):
            values |= _token_of(line, f"{source}, line {number}")
    style = HouseStyle(values, source)
    for fault in style.too_little_contrast():
        raise Refused(f"{source}: {fault}; change one of the two")
    return style


def _token_of(line: str, where: str) -> dict[str, str]:
    found = _TOKEN.fullmatch(line)
    if found is None:
        raise Refused(f"{where}: {printable(line.strip()[:60])!r} is no `--npo-NAME: VALUE;`; take it out")
    name, value = found.groups()
    if not name.startswith("--npo-"):
        return {}
    known = default_tokens()
    if name not in known:
        near = get_close_matches(name, known, 1)
        raise Refused(f"{where}: {name} is no token; {f'{near[0]} comes near' if near else 'see tokens.css'}")
    is_colour = name.startswith((_LIGHT, _DARK))
    if is_colour and not _COLOUR.fullmatch(value):
        raise Refused(f"{where}: {name} is a colour: write it as #rrggbb")
    if not is_colour and not _VALUE.fullmatch(value):
        raise Refused(f"{where}: the value of {name} has a character or function that a value may not have")
    return {name: value}


def contrast(one: str, other: str) -> Fraction:
    """Return the contrast of two colours (#rrggbb) by the formula of WCAG: 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + Fraction(1, 20)) / (darker + Fraction(1, 20))


def _luminance(colour: str) -> Fraction:
    red, green, blue = (_linear(int(colour[place : place + 2], 16)) for place in (1, 3, 5))
    return (2126 * red + 7152 * green + 722 * blue) / 10_000


@cache
def _linear(part: int) -> Fraction:
    share = part / 255
    return Fraction(share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4)
