"""What cannot be explained is refused in one line that says what can."""

import pytest

from npo_pipeline.commands.explain import suggest_codes
from tests.books.explain.homes import run
from tests.books.home.delivery import write_country
from tests.books.home.npo import here
from tests.reading import table


def refusal(home, *arguments):
    ended = here("explain", *arguments, "--home", home)
    assert (ended.status, ended.stdout) == (3, "")
    (line,) = ended.stderr.splitlines()
    return line


def test_a_home_without_books(tmp_path):
    assert "holds no books yet; begin with `npo ingest`" in refusal(tmp_path / "none", "01AA00")
    assert not (tmp_path / "none").exists()


def test_a_home_in_which_nothing_was_decided(tmp_path):
    run(tmp_path / "home", "ingest", write_country(tmp_path / "country"), "--reference-date", "2020-10-01")
    assert "nothing was decided yet; begin with `npo decide`" in refusal(tmp_path / "home", "01AA00")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("03CC09", "no vestiging 03CC09 is known; near it: 03CC"),
        ("03CD00", "near it: 03CC00 (School 03CC00, Assen)"),
        ("03CX", "no BRIN 03CX is known; near it: 03CC"),
        ("10004", "no board 10004 is known; near it: 1000"),
        ("99ZZ99", "no vestiging 99ZZ99 is known; nothing comes near it"),
        (
            "1AA00",
            "'1AA00' is no code of a school, board, samenwerkingsverband or municipality: write a vestiging as "
            "52MJ00, a BRIN",
        ),
        ("", "'' is no code of a school, board, samenwerkingsverband or municipality"),
        ("school 03cc01", "with a name like it: 03CC01 (School 03CC01, Assen)"),
    ],
)
def test_a_code_that_is_not_there(decided, code, words):
    assert words in refusal(decided, code)


def test_of_equally_near_codes_those_that_begin_alike_are_named_first():
    schools = table("vestiging brin name place\n16QH01 16QH - -\n16AH00 16AH - -\n16QH00 16QH - -")
    assert suggest_codes("vestiging", "16AH01", schools).endswith("near it: 16AH00, 16QH01, 16QH00")


def test_a_school_year_that_was_not_decided(decided):
    assert refusal(decided, "01AA00", "--school-year", "2022-2023") == (
        "npo: 2022-2023 was not decided; decided: 2021-2022"
    )


def test_a_decision_that_is_not_there(decided):
    assert "there is no decision '2021-2022-009'; there is 2021-2022-001" in refusal(
        decided, "01AA00", "--decision", "2021-2022-009"
    )


def test_a_decision_of_another_school_year(decided):
    assert "decision 2021-2022-001 is of 2021-2022, not of 2022-2023" in refusal(
        decided, "01AA00", "--decision", "2021-2022-001", "--school-year", "2022-2023"
    )


@pytest.mark.parametrize("wrong", [("--lang", "fr"), ("--school-year", "2021"), ("--month", "2021-09")])
def test_wrong_usage(decided, wrong):
    assert here("explain", "01AA00", *wrong, "--home", decided).status == 2
