"""The flow that compares what others say: the rows of the command, a table to look at, a workbook and a page."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.ingest import reconciliation
from tests.books.home.npo import here
from tests.integration.flows.prefect_side import artifacts_of, tables

HEADER = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;SCHOOLJAAR;ONDERDEEL;BEDRAG;DATUM;KENMERK"
NAME = "ofb [x](elsewhere).csv"


@pytest.fixture(scope="module")
def compared(decided_once, tmp_path_factory):
    """A folder of one file, in which 01AA gets 12 pupils at 701,16 and 02BB 6 and not 7."""
    folder = tmp_path_factory.mktemp("reconciled")
    home, others = Path(shutil.copytree(decided_once, folder / "home")), folder / "others"
    others.mkdir()
    rows = [
        "10001;01AA;NPO;2021-2022;per_pupil;8413.92;2021-08-01;x",
        "10002;02BB;NPO;2021-2022;per_pupil;4206.96;2021-08-01;x",
    ]
    (others / NAME).write_text("\n".join([HEADER, *rows]) + "\n")
    state = reconciliation(str(home), [str(others)], "2021-2022", return_state=True)
    return home, state


def test_it_says_what_matches_and_leaves_a_table_of_it(compared):
    _, state = compared
    assert state.is_completed(), state.message
    assert "matches: 1 of" in state.message
    found = artifacts_of(state)
    assert set(found) == {"npo-reconcile-2021-2022", "npo-reconcile-2021-2022-differences"}
    (per_pupil,) = found["npo-reconcile-2021-2022"]
    assert (per_pupil["component"], per_pupil["matching"]) == ("per_pupil", "1")
    differing = {row["code"]: row for row in found["npo-reconcile-2021-2022-differences"]}
    assert (differing["02BB"]["gap"], differing["02BB"]["why"]) == ("-701.16", "count")


def test_it_writes_the_workbook_and_the_page_in_the_home(compared):
    home, state = compared
    written = sorted(path.name for path in (home / "reports" / "reconciliation").iterdir())
    run_id = state.result()["run_id"]
    assert written == [f"{run_id}.html", f"{run_id}.xlsx"]


def test_the_command_leaves_the_same_rows(compared, decided):
    home, _ = compared
    ended = here("reconcile", home.parent / "others", "--school-year", "2021-2022", "--home", decided)
    assert ended.status == 0, ended.stderr
    assert tables(decided)["reconciliation"] == tables(home)["reconciliation"] != []


def test_a_file_that_cannot_be_compared_is_refused(decided, tmp_path):
    (tmp_path / "x.csv").write_text("A;B\n1;2\n")
    state = reconciliation(str(decided), [str(tmp_path)], "2021-2022", return_state=True)
    assert state.is_failed()
    assert "is of no known layout" in state.message
