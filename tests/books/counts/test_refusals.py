"""A refusal says causes first, how often each, and all in a file; what follows from a cause is counted there."""

import csv
import io
from contextlib import redirect_stderr

import openpyxl
import pytest

from npo_pipeline.cli.output import complaint
from tests.books.home.delivery import BOARDS, PUPILS, write_addresses, write_register
from tests.books.home.npo import here

CAUSE = "BEVOEGD_GEZAG_NUMMER '1000X' is no code that may stand there; correct it at the source"


@pytest.fixture
def delivery(tmp_path):
    """Two of the four schools have a wrong board: 01AA00 with 12 pupils, 04DD00 with 4 pupils."""
    write_register(tmp_path / "in", PUPILS)
    return write_addresses(tmp_path / "in", {**BOARDS, "01AA00": "1000X", "04DD00": "1000X"})


@pytest.fixture
def refused(delivery, tmp_path):
    def ingest(*options):
        return here("ingest", delivery, "--reference-date", "2020-10-01", "--home", tmp_path / "home", *options)

    return ingest


def test_wrong_board_numbers_are_the_cause_and_schools_without_a_board_follow(refused):
    ended = refused()
    first, *lines = ended.stderr.splitlines()
    assert ended.status == 3
    # 2 of 4 addresses, and 12 + 4 of 32 pupils.
    assert first == (
        "npo: 18 of 36 rows are refused (50,00%; --max-rejected allows 1,00%), first addresses.csv, line 2, "
        f"unknown_code: {CAUSE}; nothing was taken in"
    )
    assert lines == [
        f"  addresses.csv, unknown_code, 2 rows: line 2: {CAUSE}",
        "  from the rows of addresses.csv follow 16 of register.csv: no board is known for their schools",
        "  --rejects FILE writes all of them to a .csv or .xlsx",
    ]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("width", [80, 120])
def test_a_refusal_on_a_terminal_breaks_no_word_and_in_a_pipe_no_line(refused, monkeypatch, width):
    in_a_pipe = refused().stderr
    monkeypatch.setenv("COLUMNS", str(width))
    shown = Terminal()
    with redirect_stderr(shown):
        for one in in_a_pipe.splitlines():
            complaint(one)
    on_terminal = shown.getvalue()
    assert on_terminal.split() == in_a_pipe.split()
    assert max(map(len, on_terminal.splitlines())) <= width
    assert all(one.startswith(("npo: ", "  ")) for one in on_terminal.splitlines())


def test_a_school_that_no_list_names_is_a_cause_itself(tmp_path):
    write_register(tmp_path / "in", {**PUPILS, "09ZZ00 Bo": 3})
    folder = write_addresses(tmp_path / "in", BOARDS)
    ended = here("ingest", folder, "--reference-date", "2020-10-01", "--home", tmp_path / "home")
    assert "  register.csv, unknown_school, 3 rows: line 34: no board is known for 09ZZ00; deliver" in ended.stderr


def test_the_document_of_a_refusal_has_every_fault_with_its_cause(refused):
    ended = refused("--json")
    error = ended.document["error"]
    assert (ended.status, error["kind"], error["exit_status"]) == (3, "refused", 3)
    assert f"npo: {error['message']}\n" in ended.stderr
    assert error["faults"][0] == {
        "file": "addresses.csv",
        "line": 2,
        "cell": None,
        "column_name": "BEVOEGD_GEZAG_NUMMER",
        "rule": "unknown_code",
        "message": CAUSE,
        "follows_from": None,
    }
    assert len(error["faults"]) == 18
    assert {one["follows_from"] for one in error["faults"][2:]} == {
        "addresses.csv, line 2",
        "addresses.csv, line 5",
    }


def test_all_refused_rows_stand_in_the_file_that_is_asked(refused, tmp_path):
    ended = refused("--rejects", tmp_path / "all.csv")
    assert (ended.status, ended.stderr.splitlines()[-1]) == (3, f"  all of them are in {tmp_path / 'all.csv'}")
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert len(rows) == 18
    assert [rows[0][name] for name in ("FILE", "LINE", "COLUMN", "MESSAGE", "FOLLOWS FROM")] == [
        *("addresses.csv", "2", "BEVOEGD_GEZAG_NUMMER", CAUSE, "")
    ]
    assert refused("--rejects", tmp_path / "all.xlsx").status == 3
    assert openpyxl.load_workbook(tmp_path / "all.xlsx")["Rejected rows"].max_row == 22


def test_a_delivery_that_is_taken_in_has_its_refused_rows_in_that_file_too(refused, tmp_path):
    assert refused("--rejects", tmp_path / "all.csv", "--max-rejected", "0.6").status == 0
    assert len((tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()) == 19


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("there.csv", "there.csv: is there already, and no file is overwritten; name another"),
        ("rows.txt", "rows.txt: give it a name that ends in .csv or .xlsx"),
        ("no/rows.csv", "make it first, or name another file"),
        ("in/rows.csv", "lies in the delivery, which would hold it from then on; name a file elsewhere"),
    ],
)
def test_no_file_is_overwritten_and_a_place_that_will_not_do_is_refused_first(refused, tmp_path, name, words):
    (tmp_path / "there.csv").write_text("mine")
    ended = refused("--rejects", tmp_path / name, "--max-rejected", "0.6")
    assert (ended.status, words in ended.stderr) == (3, True)
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert not (tmp_path / "home" / "npo.duckdb").exists()


@pytest.mark.parametrize(
    ("command", "status", "kind"),
    [
        (("pay",), 2, "usage"),
        (("pey",), 2, "usage"),
        (("pay", "--month", "2021-13"), 2, "usage"),
        (("decide", "--school-year", "2021-2022"), 3, "refused"),
        (("explain", "01AA00"), 3, "refused"),
        (("diff", "a", "b"), 3, "refused"),
        (("rules", "show", "nothing"), 2, "usage"),
        (("rules", "check", "nothing.yaml"), 3, "refused"),
        (("account", "--year", "2021"), 3, "refused"),
        (("tool", "--school-year", "2021-2022"), 3, "refused"),
        (("verify",), 3, "refused"),
        (("ingest", "nothing"), 3, "refused"),
    ],
)
def test_every_command_refuses_with_a_document_when_json_is_asked(tmp_path, command, status, kind):
    home = () if command[0] in ("rules", "pey") else ("--home", tmp_path / "home")
    ended = here(*command, *home, "--json")
    assert (ended.status, ended.document["error"]["kind"]) == (status, kind)
    assert ended.stderr == f"npo: {ended.document['error']['message']}\n"
