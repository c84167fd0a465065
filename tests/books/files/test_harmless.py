"""Text from outside that a spreadsheet would run as a formula does not survive, and pupils stay unnamed."""

import csv
import io
import itertools
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.delivery.sanitize import harmless_name, sanitize
from npo_pipeline.delivery.sniff import normal_name
from npo_pipeline.delivery.validate import validate_rows, with_messages
from npo_pipeline.intake.read_delivery import read_delivery
from npo_pipeline.intake.table_rows import content_rows, delivery_rows
from tests.books.files import layouts
from tests.books.files.layouts import Layout, write
from tests.reading import rows

FORMULA = '=HYPERLINK("http://x.org";"klik")'
FORMULAS = ["=1+1", '"\t=1+1"', "@SUM(A1)", '" ""+1"', "-1-1"]
BEGINS = "=+-@＝＋－＠"
UNSEEN = "\t\r\n\x00\x1b\x7f\x85\u2028\u2029\u202e"
BEFORE = ["", " ", "\u00a0", '"', ' " ', "\t", "\r", "\n", "\u200b", "\ufeff", "\u202e"]


def of(text: str | None) -> str | None:
    return pl.select(sanitize(pl.lit(text, pl.String))).item()


@pytest.mark.parametrize("begin", BEGINS)
@pytest.mark.parametrize("before", BEFORE, ids=map(ascii, BEFORE))
def test_what_begins_as_a_formula_gets_an_apostrophe(begin: str, before: str):
    assert of(f"{before}{begin}1+1").startswith("'")


def test_other_text_stays_as_it_is():
    for text in ("'t Eenspan", "De Bron", "A=B", "1-2-3 School", 'BS "De Maasparel"', "Café’s", ""):
        assert of(text) == text
    assert of(None) is None
    assert of("  De\tBron ") == "De Bron"


@given(st.text(st.characters(codec="utf-8") | st.sampled_from(BEGINS + UNSEEN + ' "'), max_size=8))
def test_no_text_at_all_begins_as_a_formula_or_holds_what_is_not_seen(text: str):
    said = of(text)
    assert not set(said) & set(UNSEEN)
    assert said.strip(' "\u00a0\u200b\ufeff')[:1] not in set(BEGINS)
    assert harmless_name(text) == said


def cells(*frames: pl.DataFrame) -> list[str]:
    """All text of some tables, as a spreadsheet would find it in an export."""
    exported = (frame.select(pl.col(pl.String)).write_csv(separator=";") for frame in frames)
    return [cell for text in exported for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]


def kept(folder: Path, text: str, name: str = "x.csv") -> list[pl.DataFrame]:
    """Every table that a delivery of one file fills."""
    arrived = recognise_delivery([write(folder, name, text)], date(2020, 10, 1))
    one = {"d000001": read_delivery(arrived, pl.Series(["01AA00"]), lambda *_: None)[0]}
    deliveries = delivery_rows(one, "000001-ingest", datetime(2020, 11, 1))
    return [deliveries, *(frame for _, frame in content_rows(one).values())]


def runs(cell: str) -> bool:
    return cell.lstrip(' "').startswith(tuple(BEGINS + "\t\r"))


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.kind.name)
def test_no_cell_of_any_table_is_run(layout: Layout, tmp_path: Path):
    """A row for each column: those that are rejected stand in one file, the others each in a file of its own."""
    columns = [column for column in layout.row if not column.startswith(("LEER- OF", "LEEFTIJD"))]
    changes = [{column: formula} for column, formula in zip(columns, itertools.cycle(FORMULAS))]
    normal = [{normal_name(column): text for column, text in change.items()} for change in changes]
    wrong = set(validate_rows(layout.frame(*normal), layout.kind.model).rejections["line"])
    alone = [[change] for line, change in enumerate(changes, 2) if line not in wrong]
    together = [change for line, change in enumerate(changes, 2) if line in wrong]
    for rows_of_file in (together, *alone):
        tables = kept(tmp_path, layout.lines(*rows_of_file), "=x.csv")
        assert not [cell for cell in cells(*tables) if runs(cell)]


def test_a_name_a_place_and_a_municipality_are_kept_with_an_apostrophe(tmp_path: Path):
    text = layouts.ADDRESSES_BO.lines(
        {"VESTIGINGSNAAM": "=A1", "PLAATSNAAM": "\t@B", "GEMEENTENAAM": "'s-Hertogenbosch"}
    )
    facts = kept(tmp_path, text)[1]
    assert rows(facts, "name", "place", "municipality") == [("'=A1", "'@B", "'s-Hertogenbosch")]


def message(layout: Layout, **wrong: str) -> str:
    (said,) = with_messages(validate_rows(layout.frame(wrong), layout.kind.model).rejections)["message"]
    return said


def test_a_message_repeats_a_wrong_value_behind_a_word_of_ours():
    assert message(layouts.CUMI, TYPE_PO=FORMULA) == (
        f"TYPE_PO '{FORMULA}' is no code that may stand there; correct it at the source"
    )


def test_a_message_is_one_line_without_what_a_terminal_would_obey():
    said = message(layouts.CUMI, TYPE_PO="\x1b[31mS\to\r\n=1")
    assert said == "TYPE_PO ' [31mS o  =1' is no code that may stand there; correct it at the source"


def test_a_long_value_is_cut_off():
    assert message(layouts.CUMI, TYPE_PO="x" * 500).startswith(f"TYPE_PO '{'x' * 40}' is no code")


PUPIL = layouts.REGISTER_PO.row["PSEUDONIEM"]


@pytest.mark.parametrize("layout", [layouts.REGISTER_PO, layouts.REGISTER_VO], ids=lambda layout: layout.kind.name)
def test_a_pseudonym_in_a_wrong_column_is_not_repeated(layout: Layout):
    """As when a value was left out, and all others moved up."""
    for pseudonym in (PUPIL, "123456789", "x" * 64):
        moved = layout.frame(*({column: pseudonym} for column in layout.kind.columns[1:]))
        found = with_messages(validate_rows(moved, layout.kind.model).rejections)
        assert found["line"].n_unique() == len(layout.kind.columns) - 1
        assert pseudonym[:5] not in " ".join(found["message"])


def test_a_pseudonym_that_is_short_and_stands_twice_is_not_repeated():
    assert message(layouts.REGISTER_PO, PSEUDONIEM="P77", LEERJAAR="P77").startswith("LEERJAAR '...' is no number")


def test_a_code_or_a_date_in_a_register_is_repeated():
    assert message(layouts.REGISTER_PO, SOORT_PO="Basis").startswith("SOORT_PO 'Basis' is no code")
    assert message(layouts.REGISTER_PO, DATUM_IN="20201341").startswith("DATUM_IN '20201341' is no day")
    assert message(layouts.REGISTER_PO, DATUM_IN="2020-13-41").startswith("DATUM_IN '2020-13-41' is no day")


def test_no_pseudonym_is_in_any_table(tmp_path: Path):
    faults = [{}, {}, {"BRIN_NUMMER": "x"}, {"BRIN_NUMMER": "09ZZ"}, {"PSEUDONIEM": "", "CUMI": PUPIL}]
    for layout in (layouts.REGISTER_PO, layouts.REGISTER_VO):
        faulty = [fault for fault in faults if set(fault) <= set(layout.row)]
        found = cells(*kept(tmp_path, layout.lines(*faulty)))
        assert len(found) > 20
        assert not [cell for cell in found if "P0000" in cell]
