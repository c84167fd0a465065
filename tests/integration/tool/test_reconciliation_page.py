"""The page of a reconciliation in a browser: searched, filtered, printed, by key and by ear, wide and narrow."""

from __future__ import annotations

from datetime import date

import pytest

from npo_pipeline.reports.house_style import HouseStyle
from npo_pipeline.reports.reconciliation.page import write_page
from tests.integration.tool.axe import WIDTHS, need_axe, prefer, violations
from tests.spec.reconciliation.beside import reconciled
from tests.spec.reconciliation.test_reports import HOSTILE, full

VIEWS = ("#/", "#/bedragen/uitkomst=verschil")
MANY = 140


def _rows():
    """Schools that match, a few that differ for each reason, and one with a name like none."""
    text = "brin board ours theirs outcome cause explanation our_count their_count\n"
    text += "".join(f"{10 + n % 80}A{chr(65 + n // 80)} 10001 5.00 5.00 match - - - -\n" for n in range(MANY))
    text += "02BB 10002 5.00 705.16 differs count 1_leerling_meer 7 8\n"
    text += "03CC 10002 12.00 5.00 differs part_of_year 5_twaalfden - -\n"
    text += "04DD 10003 - 9.00 missing_here - - - -\n"
    return reconciled(text)


@pytest.fixture
def opened(chromium, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "reconciliation.html"
    if not path.exists():
        write_page(full(rows=_rows()), path, HouseStyle(), made=date(2022, 1, 10))
    chromium.size(1280, 900)
    chromium.open(path)
    yield chromium
    assert chromium.complaints() == []
    assert chromium.asked_for() == []
    prefer(chromium, "light")


def shown(opened):
    return opened.run("document.querySelectorAll('.cards tbody tr').length")


def view(opened, fragment):
    opened.run(f"location.hash = {fragment!r}; new Promise(done => setTimeout(done, 30))")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_in_any_view_of_a_reconciliation(opened, width):
    need_axe()
    opened.size(width, 900, phone=WIDTHS[width])
    for mode in ("light", "dark"):
        prefer(opened, mode)
        for fragment in VIEWS:
            view(opened, fragment)
            assert violations(opened) == [], (fragment, mode)


def test_a_reconciliation_is_not_wider_than_a_narrow_window(opened):
    opened.size(390, 800, phone=True)
    for fragment in VIEWS:
        view(opened, fragment)
        assert opened.run("document.documentElement.scrollWidth") == 390, fragment


def test_the_summary_leads_to_the_amounts_of_a_cause(opened):
    opened.run("[...document.querySelectorAll('a')].find(one => one.textContent === 'ander aantal').click()")
    opened.run("new Promise(done => setTimeout(done, 30))")
    assert opened.text(".found") == (
        "1 bedrag (alle verschillen, ander aantal, Bedrag per leerling); verschil samen € +700,16."
    )
    cells = opened.rows(".cards tbody")[0]
    assert cells[1:5] == ["Bedrag per leerling", "€ 5,00", "€ 705,16", "€ +700,16"]
    assert cells[5] == "verschilt: ander aantal 1 leerling meer Aantal: 7 in het besluit, 8 in het bestand"
    assert opened.text("nav a[aria-current]") == "Verschillen"


def test_amounts_are_found_by_school_and_by_board_while_one_types(opened):
    view(opened, "#/bedragen")
    assert (shown(opened), opened.text(".found")[:12]) == (100, "143 bedragen")
    opened.run("document.getElementById('zoek').focus()")
    opened.type("10002")
    assert shown(opened) == 2
    assert opened.run("location.hash") == "#/bedragen/zoek=10002"
    assert opened.text(".found") == "2 bedragen (“10002”); verschil samen € +693,16."
    opened.run("document.getElementById('zoek').select()")
    opened.type("noord 11aa")
    assert opened.texts(".cards .name") == ["11AA"]


def test_a_kept_link_shows_the_same_filter_again(opened):
    view(opened, "#/bedragen/uitkomst=missing_here&onderdeel=per_pupil")
    assert opened.run("document.getElementById('uitkomst').selectedOptions[0].text") == "niet in het besluit"
    assert opened.texts(".cards .name") == ["04DD"]


def test_more_rows_are_shown_when_asked_and_all_when_printed(opened):
    view(opened, "#/bedragen")
    opened.run("[...document.querySelectorAll('button')].find(one => one.textContent === 'Toon meer').click()")
    assert shown(opened) == MANY + 3
    view(opened, "#/")
    view(opened, "#/bedragen")
    assert shown(opened) == 100
    opened.pages_printed()
    assert shown(opened) == MANY + 3


def test_a_name_with_markup_is_shown_as_it_is_spelled(opened):
    view(opened, "#/bedragen/zoek=02bb")
    assert opened.text(".cards .name") == HOSTILE
