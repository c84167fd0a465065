"""Mutants of every layout, as text and in workbooks: a refusal or rejected rows, and never another error."""

import random
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.intake.read_delivery import read_delivery
from tests.books.files.layouts import LAYOUTS, Layout, write
from tests.books.files.test_layouts_in_workbooks import DAY, READ, sheet
from tests.books.files.workbooks import MAKERS

KNOWN = pl.Series(["01AA00", "02AA00"])


def outcome(folder: Path, data: bytes | str) -> str | int:
    """What the file, by its name, is refused with, or how many of its rows are rejected."""
    said = ""
    try:
        (read,) = read_delivery(recognise_delivery([write(folder, "t.x", data)], DAY), KNOWN, lambda *_: None)
    except Refused as refused:
        said = str(refused)
    if said:
        assert "t.x" in said
        return said
    assert read.messages.height >= read.rejected
    return read.rejected


every_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.kind.name)


@every_layout
def test_a_flipped_byte_is_a_refusal_a_rejected_row_or_another_value(layout: Layout, tmp_path: Path):
    text, chance = layout.lines({}, {}).encode(), random.Random(layout.kind.name)
    for _ in range(8):
        at, byte = chance.randrange(len(text)), chance.randrange(256)
        outcome(tmp_path, text[:at] + bytes([byte]) + text[at + 1 :])


@every_layout
def test_the_order_of_columns_is_free_and_that_of_values_is_not(layout: Layout, tmp_path: Path):
    names = list(layout.row)
    turned = Layout(layout.kind, {name: layout.row[name] for name in reversed(names)})
    assert outcome(tmp_path, turned.lines()) == outcome(tmp_path, layout.lines())
    swapped = dict(zip(names, [*list(layout.row.values())[1:], layout.row[names[0]]], strict=True))
    assert outcome(tmp_path, layout.lines(swapped)) != 0


@every_layout
def test_a_header_alone_and_nothing_at_all_are_refused(layout: Layout, tmp_path: Path):
    assert "t.x" in str(outcome(tmp_path, layout.lines().partition("\n")[0] + "\n"))
    assert outcome(tmp_path, "") == "t.x: is empty; have it sent again"


@pytest.mark.parametrize("form", MAKERS)
def test_a_workbook_with_a_header_alone_is_refused(form: str, tmp_path: Path):
    for layout in READ if form == "xlsx" else READ[:1]:
        assert "holds a header and no rows" in str(outcome(tmp_path, MAKERS[form]({"Blad1": sheet(layout)[:1]})))


@pytest.mark.parametrize(("form", "times"), [("xlsx", 40), ("xls", 6), ("ods", 6)])
def test_a_workbook_with_bytes_flipped_or_cut_off_is_never_another_error(form: str, times: int, tmp_path: Path):
    data, chance = MAKERS[form]({"Blad1": sheet(READ[0], {}, {})}), random.Random(form)
    for _ in range(times):
        changed = bytearray(data)
        for _ in range(chance.choice((1, 5, 40))):
            changed[chance.randrange(len(changed))] = chance.randrange(256)
        outcome(tmp_path, bytes(changed[: chance.choice((len(data), len(data), len(data) // 2))]))
