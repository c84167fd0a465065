"""The files themselves: the same each time, harmless, small, and refused in one line when they cannot be made."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import duckdb
import pytest

from tests.books.home.npo import here
from tests.books.tool.conftest import run, select
from tests.books.tool.delivery import FORMULA, IMAGE, SCRIPT, TEMPLATE


def test_the_same_books_give_the_same_bytes(made, tool, tmp_path):
    again = run(made, "tool", "--school-year", "2021-2022", "--out", tmp_path)
    for kind in ("html", "xlsx"):
        first, second = (Path(one[kind]).read_bytes() for one in (tool.said, again))
        assert first == second


def test_no_clock_is_read(made, tool):
    (decided,) = select(made, "select max(decided_at) from decisions where school_year = '2021-2022'")[0]
    with zipfile.ZipFile(tool.xlsx) as packed:
        core = packed.read("docProps/core.xml").decode()
        assert {entry.date_time[0] for entry in packed.infolist()} == {1980}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {f"{decided:%Y-%m-%dT%H:%M:%SZ}"}


def test_a_newer_decision_is_the_one_that_is_told(made, tmp_path):
    home = shutil.copytree(made, tmp_path / "home")
    words = ("--regulation", made.parent / "caribbean.yaml", "--reason", "newcomers at the rate of the regulation")
    assert run(home, "decide", "--school-year", "2021-2022", *words)["decision_id"] == "2021-2022-002"
    # The decision in dollars did not change, and stays the latest in dollars.
    assert run(home, "tool", "--school-year", "2021-2022")["decisions"] == ["2021-2022-002", "2021-2022-usd-001"]


def test_names_are_text_in_the_page(tool):
    names = tool.data["schools"]["name"]
    assert [names.count(one) for one in (IMAGE, SCRIPT, TEMPLATE)] == [1, 1, 1]
    assert "<img" not in tool.page
    assert tool.page.count("<script") == tool.page.count("</script>") == 2
    assert "alert(2)</script>" not in tool.page
    assert "{{script}}" in tool.page  # the name of a school, not filled in


def test_the_page_holds_no_address_that_it_loads_from(tool):
    head = tool.page[: tool.page.index('<script id="data"')]
    assert "default-src 'none'" in head
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:|//)|url\(|@import""", head)


def test_text_never_becomes_a_formula_or_a_link(tool):
    with zipfile.ZipFile(tool.xlsx) as packed:
        sheets = [packed.read(name).decode() for name in packed.namelist() if "worksheets/" in name]
    assert len(sheets) == 7
    assert not [sheet for sheet in sheets if "<f>" in sheet or "<hyperlink" in sheet]
    (name,) = (row["Naam"] for row in tool.sheet("Scholen").iter_rows(named=True) if row["Vestiging"] == "05EE00")
    assert name in (FORMULA, f"'{FORMULA}")


def test_headers_are_frozen_and_filtered(tool):
    with zipfile.ZipFile(tool.xlsx) as packed:
        first = packed.read("xl/worksheets/sheet1.xml").decode()
        styles = packed.read("xl/styles.xml").decode()
    assert 'ySplit="1"' in first
    assert "<autoFilter" in first
    assert "[$€-413] #,##0.00" in styles
    assert "[$US$-413] #,##0.00" in styles


def test_the_files_stand_in_the_home_unless_told_otherwise(made, tool, tmp_path):
    assert tool.html == made / "reports" / "tool" / "npo-tool-2021-2022.html"
    run(made, "tool", "--school-year", "2021-2022", "--out", tmp_path / "a" / "b")
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == [
        "npo-tool-2021-2022.html",
        "npo-tool-2021-2022.xlsx",
    ]


def test_a_reference_date_that_the_operator_chose_is_no_assumption(tool_2022):
    (row,) = [row for row in tool_2022.data["rests"] if "afronding" in row[0]][:1]
    assert "teldatum" not in row[0]


def test_the_books_are_not_touched(made, tmp_path):
    before = (made / "npo.duckdb").read_bytes()
    run(made, "tool", "--school-year", "2021-2022", "--out", tmp_path)
    assert (made / "npo.duckdb").read_bytes() == before


def test_what_a_person_is_shown(made, tmp_path):
    shown = here("tool", "--school-year", "2022-2023", "--out", tmp_path, "--home", made).stdout
    assert "npo-tool-2022-2023.html" in shown
    assert "Bij benadering bekend" in shown
    assert "! Niet meegerekend: Bedrag per leerling (speciaal basisonderwijs): het bedrag is niet bekend." in shown


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--school-year", "2023-2024"], 3, "nothing was decided for 2023-2024 (decided: 2021-2022, 2022-2023)"),
        (["--school-year", "2021"], 2, "no school year"),
        (["--school-year", "2021-2022", "--out", "FILE"], 3, "name a folder that can be written in with --out"),
        (["--school-year", "2021-2022", "--home", "NOWHERE"], 3, "holds no books yet"),
    ],
)
def test_what_cannot_be_done_is_one_line(made, tmp_path, words, status, said):
    (tmp_path / "file").write_text("")
    replaced = {"FILE": tmp_path / "file", "NOWHERE": tmp_path / "nowhere"}
    home = [] if "--home" in words else ["--home", made]
    ended = here("tool", *(replaced.get(word, word) for word in words), *home)
    assert ended.status == status
    assert said in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


@pytest.mark.parametrize(
    "change",
    [
        "update trace set amount = amount + 0.01 where vestiging = '01AA00'",
        "update instalments set amount = amount + 0.01 where vestiging = '01AA00' and month = '2021-10-01'",
        "delete from trace where vestiging = '01AA00'",
        "delete from regulations",
    ],
)
def test_books_that_do_not_tie_are_not_published(made, tmp_path, change):
    home = shutil.copytree(made, tmp_path / "home", ignore=shutil.ignore_patterns("reports"))
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute(change)
    ended = here("tool", "--school-year", "2021-2022", "--home", home)
    assert ended.status == 5, ended.stderr
    assert "npo verify" in ended.stderr
    assert not (home / "reports").exists()


def test_a_file_that_cannot_be_finished_leaves_the_one_before(made, tmp_path, monkeypatch):
    run(made, "tool", "--school-year", "2021-2022", "--out", tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("npo_pipeline.commands.informatietool.write_workbook", full)
    ended = here("tool", "--school-year", "2021-2022", "--out", tmp_path, "--home", made)
    assert ended.status == 3
    assert "No space left on device" in ended.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
