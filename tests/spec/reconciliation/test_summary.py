"""The summary of a reconciliation on a terminal, in a pipe and as a document, with all that there can be."""

from __future__ import annotations

import io
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.cli.render.reconcile import MOST_UNREAD, render_reconcile
from npo_pipeline.translation import VARIABLE
from schemas.reconciled import LEFT_OUT, MATCH, RECONCILED_CAUSES, UNREAD_ROWS, LeftOutComponents
from tests.spec.reconciliation.beside import FOUR, reconciled, reconciliation
from tests.spec.reconciliation.test_reports import HOSTILE, full

EVERY_CAUSE = "brin component currency ours theirs outcome cause explanation\n" + "".join(
    f"{place:02d}AA per_pupil {currency} 100.00 {101 + place}.00 differs {cause} daarom_{cause}\n"
    for place, cause in enumerate(RECONCILED_CAUSES)
    for currency in ("EUR", "USD")
)


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def shown(result, monkeypatch, *, columns=None, language="en", **given) -> str:
    """What is printed: in a pipe, or on a terminal of so many columns."""
    stream = Terminal() if columns else io.StringIO()
    monkeypatch.setenv(VARIABLE, language)
    monkeypatch.setattr(sys, "stdout", stream)
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    render_reconcile(result, given.pop("as_json", False), **given)
    monkeypatch.undo()
    return re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()) if columns else stream.getvalue()


def test_a_pipe_holds_a_line_per_row_and_ends_with_the_conclusion(monkeypatch):
    lines = shown(full(), monkeypatch).splitlines()
    assert lines[:5] == [
        "ofb.csv: read as ofb.yaml, 5 rows, per school (BRIN)",
        "2021-2022: the file beside decision 2021-2022-001",
        "component          amounts  match   share  of money  decision      file  difference",
        "per_pupil                4      1  25,00%    22,22%  2.804,64  2.839,70       35,06",
        "achterstandsscore        1      0   0,00%     0,00%     96,28      0,00      -96,28",
    ]
    assert lines[-3].startswith("per_pupil: 25,00% matches; 1 difference is unexplained, € 116,86 less")
    assert lines[-1].startswith("Kept in table reconciliation (000003-reconcile-2021-2022)")


def test_every_cause_is_shown_with_what_to_do(monkeypatch):
    text = shown(reconciliation(reconciled(EVERY_CAUSE)), monkeypatch)
    assert "component  cause                   currency  amounts  difference" in text
    for cause in RECONCILED_CAUSES:
        words = f"daarom {cause.replace('_', ' ')}"
        assert (words in text) == (cause not in ("rounding", "unexplained")), cause
    assert "  another count: The difference is the rate times a whole number. Compare the counts" in text


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_terminal_is_not_overrun(monkeypatch, columns):
    for result in (full(), reconciliation(reconciled(EVERY_CAUSE))):
        lines = shown(result, monkeypatch, columns=columns).splitlines()
        words = [line for line in lines if "xxx" not in line]
        assert max(map(len, words)) <= columns
        assert any("06AA" in line or "03CC" in line for line in lines)


def test_dutch_is_dutch_throughout(monkeypatch):
    text = shown(full(), monkeypatch, language="nl")
    assert "onderdeel          bedragen  gelijk    deel  van geld   besluit   bestand  verschil" in text
    assert "Waarom bedragen verschillen" in text
    assert not {"the", "amounts", "less", "and", "decision"} & set(text.replace(HOSTILE, "").split())


def test_what_was_not_compared_is_named(monkeypatch):
    text = shown(full(), monkeypatch)
    assert "! cumi is in no file: € 500,00 for 2 schools is not compared\n" in text
    assert "! ofb.csv: 3 rows are of something else: SCHOOLJAAR 2020-2021 (7,50)\n" in text
    assert "! ofb.csv, line 7, BEDRAG: 'x' is no amount\n" in text


def test_what_is_of_no_school_is_named_without_schools(monkeypatch):
    left = LeftOutComponents(
        pl.DataFrame([("samenwerkingsverband", "EUR", 0, Decimal("9.00"))], schema=LEFT_OUT, orient="row")
    )
    text = shown(full(left_out=left), monkeypatch)
    assert "! samenwerkingsverband is in no file: € 9,00 is not compared\n" in text


def test_a_file_of_one_board_asks_for_the_option_that_compares_no_others(monkeypatch):
    text = "brin board ours theirs outcome\n01AA 10001 1.00 1.00 match\n02BB 10002 9.00 - missing_there"
    words = "! all schools of the file are of board 10001; add --board 10001 to compare no others\n"
    assert words in shown(reconciliation(reconciled(text)), monkeypatch)


def test_of_many_rows_that_cannot_be_read_the_first_are_named_and_the_rest_counted(monkeypatch):
    many = [("ofb.csv", line, "BEDRAG", "x") for line in range(2, 2 + MOST_UNREAD + 4)]
    text = shown(full(unread=pl.DataFrame(many, schema=UNREAD_ROWS, orient="row")), monkeypatch)
    assert text.count("! ofb.csv, line ") == MOST_UNREAD
    assert "! and 4 more rows that could not be read\n" in text


def test_what_all_matches_has_no_empty_part(monkeypatch):
    text = shown(reconciliation(reconciled(FOUR).filter(outcome=MATCH)), monkeypatch)
    assert "Why amounts differ" not in text
    assert "!" not in text
    assert text.splitlines()[-2] == "It is right: all 1 amount matches to the cent".replace(
        "1 amount matches", "1 amount matches"
    )


def test_a_name_cannot_steer_a_terminal(monkeypatch):
    result = full(names=pl.DataFrame({"code": ["02BB"], "name": ["\x1b[31mrood"], "place": [None]}))
    assert "\x1b[31m" not in shown(result, monkeypatch)


def test_the_document_has_exact_amounts_and_shares(monkeypatch):
    written = (Path("a.xlsx"),)
    found = json.loads(shown(full(), monkeypatch, as_json=True, written=written))
    assert (found["compared"], found["matching"], found["share"]) == (5, 1, "0.2000")
    assert found["by_component"][0]["difference"] == "35.06"
    assert [one["code"] for one in found["largest"]] == ["04DD", "02BB", "03CC", "05EE"]
    assert found["left_out"] == [{"component": "cumi", "currency": "EUR", "schools": 2, "amount": "500.00"}]
    assert found["written"] == ["a.xlsx"]
    assert Decimal(found["by_component"][0]["share_of_money"]) == Decimal("0.2222")
