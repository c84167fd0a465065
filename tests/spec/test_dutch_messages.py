"""Every message of the command line has a Dutch one: a message that is added without it fails here."""

import ast
import re
from pathlib import Path

import pytest

import npo_pipeline
from npo_pipeline import translation
from npo_pipeline.translation import CATALOGUE, catalogue, singular, translated

SOURCE = Path(npo_pipeline.__file__).parent
SAID = {"Refused", "NpoError", "HomeLocked", "BooksDoNotTie", "UsageError", "refused", "fault", "refusal_of"}
SHOWN = {"log", "fine", "look", "act", "Verdict", "verdict"} | {
    "line",
    "table",
    "frame_table",
    "_say",
    "report",
    "reference_date_option",
    "Omission",
    "Step",
}
NAMES = {"words", "title", "message", "remark", "name", "noun"}
"""Variables that hold a message, or a part of one, before it is said."""
LISTS = {"remarks", "words", "said", "found", "details"}
"""Variables that hold messages."""

ELSEWHERE = ("reports", "generate", "queries", "accounts", "frames", "views.py")
"""Rooms whose words go into reports and the books, or are of faults of ours."""

OPEN = re.compile(r"\{[0-9]+\}")


def template(node):
    """The text of a message, with what it leaves open as {0}, {1}, ...; None where it is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        numbers = iter(range(99))
        text = re.sub(r"\{\}", lambda _: f"{{{next(numbers)}}}", node.value)
        names = dict.fromkeys(re.findall(r"\{([a-z_]+)\}", text))
        for number, name in enumerate(names):
            text = text.replace(f"{{{name}}}", f"{{{number}}}")
        return text
    if isinstance(node, ast.JoinedStr):
        numbers = iter(range(99))
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{next(numbers)}}}" for part in node.values
        )
    return None


def said_by(node):
    """The nodes of the messages that a call, a generator or a command says."""
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func).split(".")[-1]
        if name in SAID | SHOWN:
            yield from node.args[: 1 if name == "Step" else 2]
        yield from (one.value for one in node.keywords if one.arg == "words")
        yield from (one.value for one in node.keywords if one.arg == "help")
        if name == "append" and ast.unparse(node.func).split(".")[-2] in LISTS:
            yield from node.args
        yield from (one.value for one in node.keywords if one.arg == "message" and name == "RejectionRule")
    if isinstance(node, ast.Yield | ast.Return) and node.value is not None:
        yield node.value
    if isinstance(node, ast.Return) and isinstance(node.value, ast.ListComp | ast.GeneratorExp):
        yield node.value.elt
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in NAMES:
        yield node.value
    if isinstance(node, ast.FunctionDef) and any("command" in ast.unparse(one) for one in node.decorator_list):
        yield ast.Constant(ast.get_docstring(node) or "")


def messages():
    """Every message of more than one word: its text -> the file that says it."""
    found = {}
    files = [*SOURCE.rglob("*.py"), *(SOURCE.parent / one for one in ("schemas/rules.py", "flows/serve.py"))]
    for path in (one for one in files if not set(ELSEWHERE) & set(one.relative_to(SOURCE.parent).parts)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for said in said_by(node):
                choices = [said.body, said.orelse] if isinstance(said, ast.IfExp) else [said]
                for text in filter(None, map(template, choices)):
                    plain = text.strip().removeprefix("! ").strip()
                    if " " in plain and len(re.findall(r"[A-Za-z]{2,}", OPEN.sub("", plain))) > 1:
                        found.setdefault(plain, path.relative_to(SOURCE.parent).as_posix())
    return found


IN_DUTCH = ("delivery/board_workbook.py", "reconciliation/causes.py")
"""What a board reads is Dutch as it is."""


def test_every_message_has_a_dutch_one():
    whole, others = catalogue()
    known = {*whole, *(one.english for one in others)}
    lacking = [f"{file}: {text}" for text, file in messages().items() if text not in known]
    assert [one for one in lacking if not one.removeprefix("npo_pipeline/").startswith(IN_DUTCH)] == []


def test_a_dutch_message_leaves_open_what_the_english_one_does():
    others = catalogue()[1]
    assert [one for one in others if set(OPEN.findall(one.english)) != set(OPEN.findall(one.dutch))] == []


def test_no_message_stands_twice_in_the_catalogue():
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    keys = [line.partition('": "')[0] for line in lines if line[:1] == '"']
    assert len(keys) == len(set(keys)) > 400


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        ("! 18 rows refused: 2 unknown_code", "! 18 rijen geweigerd: 2 unknown_code"),
        (
            "x.csv: is empty; have it sent again",
            "x.csv: is leeg; laat het opnieuw sturen",
        ),
        # What is left open is a message too, and holds others.
        (
            "2 of 4 rows are refused (50,00%; --max-rejected allows 1,00%), first a.csv, line 2, negative: PUPILS "
            "'-1' is below zero; it counts from 0; nothing was taken in",
            "2 van 4 rijen zijn geweigerd (50,00%; --max-rejected staat toe: 1,00%), als eerste a.csv, regel 2, "
            "negative: PUPILS '-1' ligt onder nul; het telt vanaf 0; er is niets ingelezen",
        ),
        (
            "  a.csv, negative, 9 rows: line 2: A '-1' is below zero; it counts from 0; line 3: A '-2' is below "
            "zero; it counts from 0; and 7 more",
            "  a.csv, negative, 9 rijen: regel 2: A '-1' ligt onder nul; het telt vanaf 0; regel 3: A '-2' ligt "
            "onder nul; het telt vanaf 0; en nog 7",
        ),
        (
            "  a.csv, negative, 1 row: line 2: A '-1' is below zero; it counts from 0",
            "  a.csv, negative, 1 rij: regel 2: A '-1' ligt onder nul; het telt vanaf 0",
        ),
        # The key of a value in a file of rules stays before what is said of it.
        (
            "x.yaml, line 2: reason: is no key known here; is `version` meant?; see also line 1",
            "x.yaml, regel 2: reason: is hier geen bekende sleutel; is `version` bedoeld?; zie ook regel 1",
        ),
        ("Niets daarvan is een bericht", "Niets daarvan is een bericht"),
        ("", ""),
    ],
)
def test_a_message_is_translated_with_the_messages_in_it(english, dutch):
    assert translated(english) == dutch


@pytest.mark.parametrize(("asked", "is_dutch"), [("nl", True), ("nl_NL.UTF-8", True), ("en", False), ("", False)])
def test_english_is_spoken_unless_dutch_is_asked(monkeypatch, asked, is_dutch):
    monkeypatch.setenv(translation.VARIABLE, asked)
    assert translation.said("No findings") == ("Geen bevindingen" if is_dutch else "No findings")


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("1 schools of 1 boards", "1 school of 1 board"),
        (
            "Against 2021-2022-001: 1 schools get another amount",
            "Against 2021-2022-001: 1 school gets another amount",
        ),
        (
            "Tegen 2021-2022-001: 1 scholen krijgen een ander bedrag",
            "Tegen 2021-2022-001: 1 school krijgt een ander bedrag",
        ),
        ("b.csv: 1 rijen gaan over iets anders", "b.csv: 1 rij gaat over iets anders"),
        ("1 municipalities up, 21 municipalities down", "1 municipality up, 21 municipalities down"),
        (
            "1.001 schools, 0,1 schools, -1 schools, 2021-1 schools",
            "1.001 schools, 0,1 schools, -1 schools, 2021-1 schools",
        ),
        ("1 schools and samenwerkingsverbanden up", "1 schools and samenwerkingsverbanden up"),
    ],
)
def test_one_thing_is_named_in_the_singular(said, written):
    assert singular(said) == written
