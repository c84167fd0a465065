"""A policy writer changes a sentence in a file, and is told at once what is wrong with it."""

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.reports.explain import phrasing, render
from npo_pipeline.reports.explain.catalogue import language, sentences_in
from npo_pipeline.reports.explain.model import Kind, Reason
from npo_pipeline.rulebook.yaml_document import document_from
from schemas.columns import CAUSES, STATUSES
from tests.books.explain.languages import DUTCH

PLACEHOLDERS = document_from("paid: [months, total]\npaid.none: []", "placeholders.yaml")


def check(text):
    return sentences_in(document_from(text, "nl.yaml"), PLACEHOLDERS)


def test_a_sentence_may_turn_its_placeholders_round():
    sentences = check('paid: "{total} voor {months}."\npaid.none: "Niets."')
    assert sentences["paid"].format(months="mei", total="€ 1,00") == "€ 1,00 voor mei."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("paid: '{months} {total}'", "nl.yaml: sentence `paid.none` is missing; write it"),
        (
            "paid.none: Niets\npaid: '{months} {total} {sum}'",
            "nl.yaml, line 2: sentence `paid` has the unknown placeholder {sum}; its placeholders are {months}, ",
        ),
        (
            "paid: '{months}'\npaid.none: Niets",
            "line 1: sentence `paid` lacks the placeholder {total}; its placeholders",
        ),
        ("paid: '{months} {total:.0f}'\npaid.none: Niets", "the unknown placeholder {total:.0f}"),
        ("paid: '{months} {total'\npaid.none: Niets", "has a brace without its other half"),
        ("paid: '{months} {total}'\npaid.none: '{x}'", "the unknown placeholder {x}; its placeholders are none"),
        (
            "paid: '{months} {total}'\npaid.none:",
            "line 2: sentence `paid.none` is no text; write it between double",
        ),
        (
            "paid: '{months} {total}'\npaid.none: Niets\npayed: Niets",
            "line 3: sentence `payed` is not used by any explanation; placeholders.yaml lists the names",
        ),
        ("paid: '{months} {total}'\npaid: Niets", "nl.yaml, line 2: `paid` stands here again"),
    ],
)
def test_what_is_wrong_is_refused_by_file_line_and_sentence(text, words):
    with pytest.raises(Refused) as refusal:
        check(text)
    assert words in str(refusal.value)


def test_both_catalogues_are_complete():
    assert set(language("nl").sentences) == set(language("en").sentences)


CODE = [ast.parse(Path(module.__file__).read_text(encoding="utf-8")) for module in (render, phrasing)]
SAYING = {"say", "_say", "_section", "_school", "_payments"}


def patterns_of(expression):
    """The names of sentences that an expression may be, as patterns: what an f-string fills in is anything."""
    match expression:
        case ast.Constant(str(name)):
            yield re.escape(name)
        case ast.JoinedStr(parts):
            yield "".join(re.escape(one.value) if isinstance(one, ast.Constant) else ".*" for one in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*patterns_of(one), *patterns_of(other))
        case ast.Tuple([first, *_]):
            yield from patterns_of(first)


def said():
    """The names of sentences in the code, as patterns: what is said, and what a variable of that name may be."""
    for node in (node for tree in CODE for node in ast.walk(tree)):
        match node:
            case ast.Call(ast.Attribute(attr=attribute), [first, *_]) if attribute in SAYING:
                yield from patterns_of(first)
            case ast.Assign([ast.Name("name") | ast.Tuple([ast.Name("name"), *_])], value):
                yield from patterns_of(value)
            case ast.AugAssign(ast.Name("name"), value=value):
                yield from (f".*{one}" for one in patterns_of(value))


def test_every_sentence_of_the_catalogue_is_used():
    used = re.compile("|".join(f"(?:{one})" for one in said()))
    assert [name for name in DUTCH.sentences if not used.fullmatch(name)] == []


def test_every_sentence_that_is_used_is_in_the_catalogue():
    assert [one for one in said() if not any(re.fullmatch(one, name) for name in DUTCH.sentences)] == []


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("title", get_args(Kind)),
        ("total", get_args(Kind)),
        ("omitted", get_args(Reason)),
        ("why", CAUSES),
        ("rests_on", set(STATUSES) - {"published", "unknown"}),
    ],
)
def test_a_sentence_for_every_member_of_a_family(family, members):
    assert {f"{family}.{one}" for one in members} <= set(DUTCH.sentences)
