"""The templates of the page: what they leave out, what they refuse, and that they escape."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from npo_pipeline.reports.board_page.page import _environment, page
from npo_pipeline.reports.xbrl.facts import facts_of
from tests.books.packs.conftest import odd
from tests.books.packs.country import told


def rendered(source: str, **names: object) -> str:
    return _environment().from_string(source).render(**names)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<p>\n  een\n  twee\n</p>", "<p>een twee</p>"),
        ("<p>\n  van\n  {{ 1 }}\n  tot\n</p>", "<p>van 1 tot</p>"),
        ("<p>\n  {{ 1 }}\n  {{ 2 }}\n</p>", "<p>12</p>"),
        ("<p>\n  {% if true %}\n  ja\n  {% endif %}\n</p>", "<p>ja</p>"),
        ("<b>a</b> <i>b</i>\n<u>c</u>", "<b>a</b> <i>b</i><u>c</u>"),
    ],
)
def test_a_line_break_is_a_space_within_a_text_and_nothing_between_tags(source, written):
    assert rendered(source) == written


def test_text_is_escaped_between_tags_and_in_attributes():
    written = rendered('<a href="{{ text }}">{{ text }}</a>', text="\"<&'")
    assert written == '<a href="&#34;&lt;&amp;&#39;">&#34;&lt;&amp;&#39;</a>'


def test_a_name_that_nobody_gave_is_a_fault():
    with pytest.raises(UndefinedError, match="beoogd"):
        rendered("<p>{{ beoogd }}</p>")


def test_a_page_has_only_the_line_breaks_of_its_frame_and_its_style():
    story = told(odd())
    content = page(facts_of(story), story).decode()
    body = content[content.index("<body>") :]
    assert body.count("\n") == 2
    assert "  <" not in body
