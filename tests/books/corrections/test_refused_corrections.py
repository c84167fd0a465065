"""A declaration that does not fit refuses the whole delivery, in one line that says where and what to do."""

import shutil

import pytest

from tests.books.corrections.declaring import DROP, NAME, PUPIL, REPLACES, SET, but, declare, ingest, refused
from tests.books.home.delivery import write_country, write_scores
from tests.books.home.seeing import everything

WHERE = {"School (BRIN vestiging)": "01AA00"}
MENDED = "the source was mended or is another; take the entry out"

FAULTS = {
    "another value": (
        but(SET, expect="100,5"),
        6,
        f"ACHTERSTANDSSCORE on line 2 of scores.csv is '100,50', and `expect` says '100,5': {MENDED}",
    ),
    "another value in a dropped row": (but(DROP, expect="1"), 6, f"and `expect` says '1': {MENDED}"),
    "no such line": (but(SET, line=5), 3, "scores.csv has no row on line 5; mend it, or take the entry out"),
    "the header": (but(SET, line=1), 3, "scores.csv has no row on line 1"),
    "no such row": (but(SET, line=None, where={"Achterstandsscore": "7"}), 11, "no row of scores.csv meets this"),
    "two rows": (
        but(SET, line=None, where={"Achterstandsscore zonder drempel": "0,00"}),
        11,
        "meets more than one row of scores.csv (lines 3 and 4)",
    ),
    "no such file": (but(SET, file="score.csv"), 2, "no score.csv is in this delivery; is `scores.csv` meant?"),
    "no such column": (
        but(SET, column="Achterstandscore"),
        5,
        "scores.csv has no column ACHTERSTANDSCORE; is `ACHTERSTANDSSCORE` meant?",
    ),
    "no such column in where": (but(SET, line=None, where={"BRIN": "01AA"}), 11, "scores.csv has no column BRIN"),
    "expired": (
        but(SET, expires="2021-12-31"),
        11,
        "this correction expired on 2021-12-31; take it out, or declare it anew when the source is still wrong",
    ),
    "no reason": (but(SET, reason=None), 2, "reason: is missing; add it"),
    "empty reason": (but(SET, reason=""), 8, "reason: is empty; fill it in"),
    "no expect": (but(SET, expect=None), 2, "expect: is missing; add it"),
    "no value": (but(SET, value=None), 2, 'value: is missing; say what to read there ("" for nothing)'),
    "a value for a dropped row": (
        but(DROP, value="1"),
        11,
        "value: has no place where a row is dropped; take it out",
    ),
    "the value that stands there": (
        but(SET, value="100,50"),
        7,
        "value: is what `expect` says; take the entry out, or correct one of the two",
    ),
    "no reporter": (but(SET, reported_by=None), 2, "reported_by: is missing"),
    "no day": (but(SET, reported_on="2021-02-30"), 10, "reported_on: '2021-02-30' is no date"),
    "no expiry": (but(SET, expires=None), 2, "expires: is missing"),
    "expiry before the report": (but(SET, expires="2021-11-02"), 11, "expires: lies before `reported_on`"),
    "neither line nor where": (
        but(SET, line=None),
        2,
        "wants either `line` or `where`, to say which row is meant",
    ),
    "both line and where": (but(SET, where=WHERE), 2, "wants either `line` or `where`"),
    "no line": (but(SET, line="two"), 3, "line: is no line: write its number in the file"),
    "unknown action": (but(SET, action="alter"), 4, "action: is 'alter', which is none of 'set' or 'drop'"),
    "unknown key": (but(SET, colum="x"), 12, "colum: is no key known here; is `column` meant?"),
    "unseen character": (but(SET, value="90\t00"), 7, "value: holds a character that is not seen"),
    "a list": (but(SET, value=["90,00"]), 7, "value: wants text here, no list or mapping"),
    "PSEUDONIEM": (but(PUPIL, column="pseudoniem"), 5, "PSEUDONIEM is never written down; have the source mended"),
    "a pupil by what stands in the row": (
        but(PUPIL, line=None, where={"PSEUDONIEM": "P01AA00Bo0000"}),
        11,
        "would tell of a pupil; in a pupil register say the row by its `line`",
    ),
    "another value of a pupil": (
        but(PUPIL, expect="8"),
        6,
        f"LEERJAAR on line 2 of register.csv is not what `expect` says: {MENDED}",
    ),
    "a pupil in the reason": (
        but(PUPIL, reason="P01AA00Bo0000 moved"),
        8,
        "holds the PSEUDONIEM of this row; say it without",
    ),
}


@pytest.fixture(scope="module")
def ingested_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ingested")
    ingest(folder / "home", write_country(folder / "country"))
    return folder / "home"


@pytest.fixture
def home(tmp_path, ingested_once, country):
    """A home with a delivery in it; the next one has two rows alike, for `where`."""
    shutil.copytree(ingested_once, tmp_path / "home")
    write_scores(country, {"01AA00": "100,50", "02BB00": "0,00"})
    with (country / "scores.csv").open("a") as file:
        file.write("04DD00;4;1,00;0,00\n")
    return tmp_path / "home"


@pytest.mark.parametrize(("entry", "line", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_a_faulty_entry_is_named_by_its_line_and_changes_nothing(home, country, entry, line, words):
    before = everything(home)
    said = refused(home, declare(country, entry))
    assert said.startswith(f"{NAME}, line {line}: ")
    assert words in said
    assert everything(home) == before
    assert "P01AA00Bo0000" not in said


def test_a_row_that_is_corrected_twice_is_refused(home, country):
    more = but(SET, column="Achterstandsscore zonder drempel", value="1,00")
    assert "line 2 of scores.csv is corrected twice" in refused(home, declare(country, SET, but(SET, value="1")))
    assert "line 2 of scores.csv is corrected twice" in refused(home, declare(country, DROP, more))
    assert "line 2 of scores.csv is corrected twice" in refused(home, declare(country, more, DROP))
    assert ingest(home, declare(country, SET, more))["corrections_applied"] == 2


REPLACING = {
    "no delivery": (but(REPLACES, delivery="register.csv"), 2, "delivery: 'register.csv' is no delivery"),
    "no lines": (but(REPLACES, lines=[]), 3, "lines: is empty; fill it in"),
    "no line": (but(REPLACES, lines=["x"]), 3, "is no line: write its number"),
    "no reason": (but(REPLACES, reason=None), 2, "reason: is missing"),
    "no reporter": (but(REPLACES, reported_by=None), 2, "reported_by: is missing"),
    "unknown key": (but(REPLACES, line=3), 7, "line: is no key known here; is `lines` meant?"),
    "no such file": (but(REPLACES, file="other.csv"), 4, "no other.csv is in this delivery"),
}


@pytest.mark.parametrize(("entry", "line", "words"), REPLACING.values(), ids=REPLACING.keys())
def test_a_faulty_replacement_is_named_by_its_line(home, country, entry, line, words):
    said = refused(home, declare(country, replaces=(entry,)))
    assert said.startswith(f"{NAME}, line {line}: ")
    assert words in said


TEXTS = {
    "nothing in it": ("corrections:\n", "line 1: corrections: is no list"),
    "an empty list": ("corrections: []\n", "line 1: corrections: is empty; fill it in"),
    "no entry": ("corrections: [1]\n", "line 1: corrections[1]: holds no keys; write them below it, indented"),
    "another key beside it": (
        "corrections: []\ncorrection: []\n",
        "is no key known here; is `corrections` meant?",
    ),
    "a tag": ("corrections: !!python/object/apply:os.system [ls]\n", "holds a tag"),
    "no YAML": ("corrections:\n\t- file: x\n", "is no YAML"),
    "a second document": ("replaces: []\n---\nx: 1\n", "a second document starts here"),
    "not UTF-8": (b"corrections:\n  - file: caf\xe9\n", "line 2: byte 0xE9 is not UTF-8"),
    "a list before it": (
        "- x\ncorrections: y\n",
        "line 1: is no mapping; a file of corrections starts with `corrections:`",
    ),
}


@pytest.mark.parametrize(("text", "words"), TEXTS.values(), ids=TEXTS.keys())
def test_a_file_that_cannot_be_read_is_named(home, country, text, words):
    (country / NAME).write_bytes(text if isinstance(text, bytes) else text.encode())
    said = refused(home, country)
    assert said.startswith(NAME)
    assert words in said


def test_a_file_without_either_key_is_a_file_of_no_known_kind(home, country):
    (country / "notes.yaml").write_text("title: x\n")
    assert refused(home, country).startswith("notes.yaml, line 1: is of no known kind")


def test_a_file_of_corrections_alone_is_no_delivery(home, tmp_path):
    assert refused(home, declare(tmp_path / "alone", SET)) == "the delivery holds no file of a known kind"
