"""A house style gives design tokens other values, and nothing but values."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.reports import house_style
from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.house_style import HouseStyle, contrast, default_tokens, parse_house_style
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.conftest import ordinary
from tests.books.packs.country import told

REPORTS = Path(house_style.__file__).parent
STYLES = tuple(REPORTS / room / "style.css" for room in ("board_page", "browser", "reconciliation/browser"))


def parse(*lines: str) -> HouseStyle:
    return parse_house_style("\n".join(lines).encode(), "house-style.css")


def test_a_token_gets_another_value_and_the_rest_keeps_its_own():
    style = parse(
        "/* of the ministry */", ":root {", "  --npo-color-brand: #5b2c83;", "", "}", "--utrecht-x: 1px;"
    )
    assert style.values == {"--npo-color-brand": "#5b2c83"}
    assert style.tokens == {**default_tokens(), "--npo-color-brand": "#5b2c83"}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("body { display: none; }", "is no `--npo-NAME: VALUE;`"),
        ("@import url(https://evil.example/x.css);", "is no `--npo-NAME: VALUE;`"),
        ("} * { color: red;", "is no `--npo-NAME: VALUE;`"),
        ("--npo-color-brand: #5b2c83; color: red;", "write it as #rrggbb"),
        ("--npo-color-brand: red;", "write it as #rrggbb"),
        ("--npo-color-brand: url(https://evil.example/x);", "write it as #rrggbb"),
        ("--npo-font-family: url(https://evil.example/x);", "a value may not have"),
        ("--npo-font-family: x } body { display: none;", "a value may not have"),
        ("--npo-font-family: </style><script>alert(1)</script>;", "a value may not have"),
        ('--npo-font-family: "x;', "a value may not have"),
        ("--npo-font-family: x /* ;", "a value may not have"),
        ("--npo-font-family: \\75rl(x);", "a value may not have"),
        ("--npo-font-family: env(x);", "a value may not have"),
        ("--npo-line-height: calc(1 + (2;", "a value may not have"),
        ("--npo-color-brnd: #5b2c83;", "is no token; --npo-color-brand comes near"),
    ],
)
def test_anything_else_is_refused_with_its_line(line, told):
    with pytest.raises(Refused, match=r"^house-style\.css, line 2: ") as refused:
        parse(":root {", line)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_colours_that_cannot_be_told_apart_are_refused():
    with pytest.raises(Refused, match=r"--npo-color-text on --npo-color-background has a contrast of 1\.6 to 1"):
        parse("--npo-color-text: #cccccc;")
    with pytest.raises(
        Refused, match=r"--npo-dark-color-bar on --npo-dark-color-background has a contrast of 1\."
    ):
        parse("--npo-dark-color-bar: #222222;")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#ffffff", "#767676", 4.54),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert round(float(contrast(one, other)), 2) == ratio


def test_the_tokens_of_the_program_have_the_contrast_that_wcag_asks_for():
    assert list(HouseStyle().too_little_contrast()) == []


def test_each_colour_has_a_value_for_dark():
    names = {name.removeprefix("--npo-color-") for name in default_tokens() if name.startswith("--npo-color-")}
    dark = {name.removeprefix("--npo-dark-color-") for name in default_tokens() if name.startswith("--npo-dark-")}
    assert names == dark


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.parent.relative_to(REPORTS).as_posix())
def test_all_colours_and_type_are_tokens_and_each_token_is_there(path):
    text = path.read_text()
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsl|: *(?:white|black|red)\b", text)
    used = set(re.findall(r"var\((--[a-z-]+)\)", text))
    assert used <= default_tokens().keys()


def test_no_token_is_without_a_use():
    used = {name for path in STYLES for name in re.findall(r"var\((--[a-z-]+)\)", path.read_text())}
    assert {name for name in default_tokens() if not name.startswith("--npo-dark-")} == used


def test_the_page_has_the_values_of_the_house_style():
    story = told(ordinary())
    styled = replace(story, style=parse("--npo-color-brand: #5b2c83;"))
    plain, purple = (page(facts_of(one), one).decode() for one in (story, styled))
    assert plain.replace("--npo-color-brand:#154273;", "--npo-color-brand:#5b2c83;") == purple
