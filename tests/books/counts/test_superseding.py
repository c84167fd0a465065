"""A later file takes the place of an older one when both tell of a school; else it is another part."""

import json
import shutil
from pathlib import Path

import pytest

from tests.books.blank import blank
from tests.books.checking import faults
from tests.books.files import layouts
from tests.books.files.layouts import write
from tests.books.home.delivery import write_addresses, write_register, write_scores
from tests.books.home.npo import here
from tests.books.home.seeing import select

BOARDS = {"01AA00": "10001", "02BB00": "10002", "03CC00": "10003", "04DD00": "10003"}


def ingest(home: Path, *paths: Path) -> dict:
    ended = here("ingest", *paths, "--reference-date", "2020-10-01", "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return json.loads(ended.stdout)


def counted(home: Path) -> dict[str, int]:
    query = "select vestiging, sum(pupils)::int from current_counts group by all"
    return dict(select(home, query))


def ties(home: Path) -> bool:
    return faults(home, "deliveries") == []


def parts(folder: Path, **pupils: dict[str, int]) -> list[Path]:
    """Parts of a register, each in a folder of its own under a name of its own."""
    found = []
    for name, schools in pupils.items():
        write_register(folder / name, schools)
        (folder / name / "register.csv").rename(folder / name / f"{name}.csv")
        found.append(folder / name / f"{name}.csv")
    return found


def begin(tmp_path: Path, **pupils: dict[str, int]) -> Path:
    home = blank(tmp_path / "home")
    ingest(home, write_addresses(tmp_path / "lists", BOARDS), *parts(tmp_path / "first", **pupils))
    return home


@pytest.fixture(scope="module")
def all_once(tmp_path_factory) -> Path:
    """A home with one register of 01AA00 and 02BB00."""
    return begin(tmp_path_factory.mktemp("all"), all={"01AA00 Bo": 12, "02BB00 Bo": 7})


@pytest.fixture
def home(all_once, tmp_path) -> Path:
    return Path(shutil.copytree(all_once, tmp_path / "home"))


def test_a_corrected_part_of_a_register_leaves_the_other_parts_as_they_are(tmp_path):
    home = begin(tmp_path, a={"01AA00 Bo": 12}, b={"02BB00 Bo": 7})
    ingest(home, *parts(tmp_path / "second", a={"01AA00 Bo": 10}))
    assert counted(home) == {"01AA00": 10, "02BB00": 7}
    assert ties(home)


def test_a_correction_that_leaves_schools_out_says_so(home, tmp_path):
    found = ingest(home, *parts(tmp_path / "second", less={"01AA00 Bo": 10}))
    (said,) = found["remarks"]
    assert said.startswith(
        "less.csv takes the place of all.csv, and 1 schools of that are not in it (first 02BB00)"
    )
    assert counted(home) == {"01AA00": 10}


def test_a_correction_that_leaves_no_school_out_says_nothing(home, tmp_path):
    assert ingest(home, *parts(tmp_path / "second", all={"01AA00 Bo": 10, "02BB00 Bo": 8}))["remarks"] == []
    assert counted(home) == {"01AA00": 10, "02BB00": 8}


def test_two_files_that_score_the_same_school_are_refused_together(home, tmp_path):
    one, other = (
        write_scores(tmp_path / name, {"01AA00": score}) for name, score in (("a", "1,00"), ("b", "2,00"))
    )
    (other / "scores.csv").rename(other / "scores (1).csv")
    ended = here("ingest", one, other, "--reference-date", "2020-10-01", "--home", home)
    assert ended.status == 3
    assert "scores (1).csv and scores.csv: both are of kind scores and tell of 01AA00" in ended.stderr


def test_unchanged_parts_that_come_along_stay_also_where_they_share_schools_in_a_chain(tmp_path):
    """Part b shares a school with the corrected part, c shares one with b, and d shares none."""
    shared = {"b": {"01AA00 So": 5, "02BB00 Bo": 7}, "c": {"02BB00 So": 4, "03CC00 Bo": 9}, "d": {"04DD00 Bo": 3}}
    home = begin(tmp_path, a={"01AA00 Bo": 12}, **shared)
    ingest(home, *parts(tmp_path / "second", a={"01AA00 Bo": 10}, **shared))
    assert counted(home) == {"01AA00": 10 + 5, "02BB00": 7 + 4, "03CC00": 9, "04DD00": 3}
    assert ties(home)


def test_corrected_scores_that_leave_a_school_out_say_so(home, tmp_path):
    ingest(home, write_scores(tmp_path / "one", {"01AA00": "10,00", "02BB00": "20,00"}))
    (said,) = ingest(home, write_scores(tmp_path / "two", {"01AA00": "11,00"}))["remarks"]
    assert "1 schools of that are not in it (first 02BB00)" in said


ZERO = {"PEILDATUM": "20201001", "BRIN_NUMMER": "01AA", "VESTIGINGSNUMMER": "00"}
NEWER = {"INSTELLINGSCODE": "01AA", "VESTIGINGSCODE": "00"}
REGISTER_ROW = {"BRIN_NUMMER": "01AA", "VESTIGINGSNUMMER": "00", "DATUM_UIT": ""}
YEAR_1 = "LEER- OF VERBLIJFSJAAR 1 - MAN"
NO_YEARS = {column: "0" for column in layouts.PUPILS_VO.row if column.startswith("LEER- OF")}
OF_VO = {"BRIN NUMMER": "01AA", "VESTIGINGSNUMMER": "00"}
TO_ZERO = {
    "register, not funded": (layouts.REGISTER_PO, REGISTER_ROW, {**REGISTER_ROW, "BEKOSTIGD": "N"}),
    "register vo, left": (layouts.REGISTER_VO, REGISTER_ROW, {**REGISTER_ROW, "DATUM_UIT": "20200901"}),
    "DUO po": (layouts.PUPILS_PO, ZERO, {**ZERO, "LEERLINGEN": "0"}),
    "DUO po with clusters": (layouts.PUPILS_PO_CLUSTER, ZERO, {**ZERO, "TOTAAL": "0"}),
    "DUO vo": (layouts.PUPILS_VO, {**OF_VO, **NO_YEARS, YEAR_1: "7"}, {**OF_VO, **NO_YEARS}),
    "newcomers": (layouts.NEWCOMERS_VO, ZERO, {**ZERO, "NIEUWKOMERS": "0"}),
    "cumi, only others left": (layouts.CUMI, NEWER, {**NEWER, "CUMI": "0"}),
    "score": (layouts.SCORES, {}, {"Achterstandsscore": "0,00"}),
}


def test_a_corrected_file_in_which_a_school_comes_to_zero_takes_the_place_of_the_one_before(tmp_path):
    """What a file speaks of is what stands in it, also as 0; of every kind that counts."""
    home = blank(tmp_path / "home")
    ingest(home, write_addresses(tmp_path / "lists", {"01AA00": "10001"}))
    for number, folder in enumerate(("first", "second"), 1):
        (tmp_path / folder).mkdir()
        for name, (layout, *rows) in TO_ZERO.items():
            write(tmp_path / folder, f"{name}.csv", layout.lines(rows[number - 1]))
        ingest(home, tmp_path / folder)
    left = select(home, "select file from deliveries where superseded_by is not null order by 1")
    assert [name for (name,) in left] == sorted(f"{name}.csv" for name in TO_ZERO)
    assert select(home, "select * from current_counts") == []
    assert select(home, "select count(*) from zero_counts") == [(len(TO_ZERO) - 1,)]
    assert ties(home)


def test_a_school_that_comes_to_zero_is_named_and_is_not_called_left_out(home, tmp_path):
    (second,) = parts(tmp_path / "second", all={"01AA00 Bo": 12, "02BB00 Bo": 1})
    second.write_text(
        second.read_text().replace("P02BB00Bo0000;02BB;00;Bo;nvt;1;20190801;;J", "x;02BB;00;Bo;nvt;1;20190801;;N")
    )
    (said,) = ingest(home, second)["remarks"]
    assert said == "all.csv takes the place of all.csv, and 1 schools of that come to 0 in it (first 02BB00)"
    assert counted(home) == {"01AA00": 12}


def test_a_file_of_the_same_name_that_shares_no_school_is_another_part_and_says_so(home, tmp_path):
    (said,) = ingest(home, *parts(tmp_path / "second", all={"03CC00 Bo": 3}))["remarks"]
    assert said.startswith("all.csv has the name of d000002 and no school in common with it: both count")
    assert counted(home) == {"01AA00": 12, "02BB00": 7, "03CC00": 3}


def test_two_files_that_count_one_school_are_refused_together_also_when_one_counts_it_at_zero(home, tmp_path):
    for name, pupils in (("a", "9"), ("b", "0")):
        write(tmp_path, f"{name}.csv", layouts.PUPILS_PO.lines({**ZERO, "LEERLINGEN": pupils}))
    ended = here("ingest", tmp_path / "a.csv", tmp_path / "b.csv", "--home", home)
    assert ended.status == 3
    assert "a.csv and b.csv: both are of kind pupils_po and tell of 01AA00" in ended.stderr
