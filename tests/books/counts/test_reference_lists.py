"""Areas, municipal scores, listed vestigingen, leerplus list, boards: from their files to their tables."""

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.schools import board_names
from npo_pipeline.books.reader import read_books
from npo_pipeline.delivery.recognise import kind_of_header
from npo_pipeline.delivery.sniff import Header
from npo_pipeline.errors import Refused
from tests.books.checking import faults
from tests.books.files import layouts
from tests.books.files.layouts import Layout, write
from tests.books.home.npo import here
from tests.books.home.seeing import select

OF_VESTIGING = {"BRIN NUMMER": "02AA", "VESTIGINGSNUMMER": "00", "GEMEENTENUMMER": "114"}
AT = {"VESTIGING": "02AA00", "LIJST": "vo"}
AREA = "SAMENWERKINGSVERBAND PASSEND ONDERWIJS VO"


def deliver(folder: Path, **files: str) -> list[Path]:
    folder.mkdir(parents=True)
    return [write(folder, f"{name}.csv", text) for name, text in files.items()]


def ingest(home: Path, *paths: Path, expect: int = 0):
    options = ("--reference-date", "2020-10-01", "--max-rejected", "0.9")
    ended = here("ingest", *paths, *options, "--home", home, "--json")
    assert ended.status == expect, ended.stderr
    return ended


def vo_list(*vestigingen: str) -> str:
    rows = [{**OF_VESTIGING, "VESTIGINGSNUMMER": one[4:], "BRIN NUMMER": one[:4]} for one in vestigingen]
    return layouts.ADDRESSES_VO.lines(*rows)


def in_use(home: Path, table: str, *columns: str) -> list[tuple]:
    query = f"select {', '.join(columns)} from {table} join deliveries using (delivery_id)"
    return select(home, f"{query} where superseded_by is null order by all")


OTHER_BOARD = {"BEVOEGD GEZAG NUMMER": "10250", "BEVOEGD GEZAG NAAM": "Stichting De Boog"}


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """Two vestigingen are known, and every list was delivered."""
    folder = tmp_path_factory.mktemp("begun")
    paths = deliver(
        folder / "in",
        addresses=vo_list("02AA00", "02AA01"),
        areas=layouts.AREAS.lines({}, {"VESTIGING": "02AA01"}),
        scores=layouts.MUNICIPAL_SCORES.lines(),
        listed=layouts.LISTED_VESTIGINGEN.lines(AT),
        leerplus=layouts.LEERPLUS_SCHOOLS.lines(),
        boards=layouts.BOARDS.lines({}, OTHER_BOARD),
    )
    ingest(folder / "home", *paths)
    return folder / "home"


@pytest.fixture
def home(begun, tmp_path) -> Path:
    return Path(shutil.copytree(begun, tmp_path / "home"))


def test_each_list_is_a_table(begun):
    areas = in_use(begun, "areas", "vestiging", "samenwerkingsverband")
    assert areas == [("02AA00", "VO2302"), ("02AA01", "VO2302")]
    scores = select(begun, "select municipality_number, score_2019, score_2020 from municipal_scores")
    assert scores == [("0114", Decimal("1234.56"), Decimal("1200.50"))]
    assert in_use(begun, "listed_vestigingen", "vestiging", "list") == [("02AA00", "vo")]
    assert in_use(begun, "leerplus_schools", "brin", "leerplus") == [("02AA", True)]
    names = in_use(begun, "boards", "board", "name")
    assert names == [("10249", "Stichting De Linde"), ("10250", "Stichting De Boog")]


def test_a_school_has_the_number_of_its_municipality_in_four_digits(begun):
    assert select(begun, "select distinct municipality_number from schools") == [("0114",)]


def test_the_books_tie_with_lists_in_them(begun):
    assert here("verify", "--home", begun, "--json").document["findings"] == []


def test_the_same_lists_again_change_nothing(home, tmp_path):
    (path,) = deliver(tmp_path / "again", areas=layouts.AREAS.lines({}, {"VESTIGING": "02AA01"}))
    assert ingest(home, path).document["run_id"] is None


def test_a_later_list_that_shares_a_vestiging_takes_the_place_of_the_earlier(home, tmp_path):
    (path,) = deliver(tmp_path / "later", areas=layouts.AREAS.lines({"SAMENWERKINGSVERBAND": "VO2303"}))
    new_code, remark = ingest(home, path).document["remarks"]
    assert in_use(home, "areas", "vestiging", "samenwerkingsverband") == [("02AA00", "VO2303")]
    assert new_code == (
        "areas.csv: no other file names VO2303, and it would be paid for its vestigingen; check the code"
    )
    assert remark.endswith("1 schools of that are not in it (first 02AA01): they no longer count")
    assert faults(home, "deliveries") == []


def test_a_board_that_is_off_a_later_list_keeps_its_name(home, tmp_path):
    later = layouts.BOARDS.lines({"BEVOEGD GEZAG NAAM": "Stichting De Beuk"})
    (path,) = deliver(tmp_path / "later", boards=later)
    assert ingest(home, path).document["remarks"] == []  # no board stops counting: a name pays nothing
    assert in_use(home, "boards", "board", "name") == [("10249", "Stichting De Beuk")]
    with read_books(Home(home)) as books:
        assert board_names(books).rows() == [("10249", "Stichting De Beuk"), ("10250", "Stichting De Boog")]
    assert faults(home, "deliveries") == []


def test_the_list_of_boards_is_read_as_the_open_data_of_duo_writes_it(tmp_path):
    text = '\ufeff"BEVOEGD GEZAG NUMMER","BEVOEGD GEZAG NAAM","PLAATSNAAM","KVK-NUMMER"\r\n'
    text += '"10249","Stichting ""De Linde""","EMMEN","01234567"\r\n"10250","=1+1",,\r\n'
    (path,) = deliver(tmp_path / "in", boards=text)
    ingest(tmp_path / "home", path)
    names = in_use(tmp_path / "home", "boards", "board", "name")
    assert names == [("10249", 'Stichting "De Linde"'), ("10250", "'=1+1")]


@pytest.mark.parametrize("column", ["JAAR", "PEILDATUM", "BRIN_NUMMER"])
def test_a_file_of_figures_that_names_boards_is_no_list_of_boards(column):
    columns = ("BEVOEGD_GEZAG_NUMMER", "GROEPERING", "BEVOEGD_GEZAG_NAAM", column, "2.1_-_EIGEN_VERMOGEN")
    with pytest.raises(Refused, match=r"balans\.csv, line 1: (is of no known kind|looks like a file of kind)"):
        kind_of_header("balans.csv", Header(columns, ";", 1))


def test_a_later_list_of_other_municipalities_stands_beside_the_earlier(home, tmp_path):
    (path,) = deliver(tmp_path / "later", scores=layouts.MUNICIPAL_SCORES.lines({"GEMEENTENUMMER": "0106"}))
    (remark,) = ingest(home, path).document["remarks"]
    assert in_use(home, "municipal_scores", "municipality_number") == [("0106",), ("0114",)]
    assert remark.startswith("scores.csv: no school is known in municipality 0106; its score is kept")
    assert faults(home, "deliveries") == []


@pytest.mark.parametrize(
    ("layout", "row", "other"),
    [
        (layouts.AREAS, {}, {"SAMENWERKINGSVERBAND": "VO2303"}),
        (layouts.MUNICIPAL_SCORES, {}, {"SCORE_2020": "0"}),
        (layouts.LISTED_VESTIGINGEN, AT, AT | {"LIJST": "vo_pro"}),
        (layouts.LEERPLUS_SCHOOLS, {}, {"LEERPLUS_2021": "N"}),
        (layouts.BOARDS, {}, {"BEVOEGD GEZAG NAAM": "Stichting De Beuk"}),
    ],
    ids=lambda one: one.kind.name if isinstance(one, Layout) else "",
)
def test_two_lists_of_a_delivery_that_share_a_subject_are_refused(begun, tmp_path, layout: Layout, row, other):
    paths = deliver(tmp_path / "two", one=layout.lines(row), other=layout.lines(other))
    said = ingest(begun, *paths, expect=3).stderr
    subject = next(iter({**layout.row, **row}.values()))
    assert f"one.csv and other.csv: both are of kind {layout.kind.name} and tell of {subject}; keep" in said


def test_a_school_that_no_list_of_addresses_names_is_refused(home, tmp_path):
    paths = deliver(
        tmp_path / "strangers",
        listed=layouts.LISTED_VESTIGINGEN.lines({"VESTIGING": "02AA01"}, {"VESTIGING": "09ZZ00"}),
        areas=layouts.AREAS.lines({"VESTIGING": "02AA01"}, {"VESTIGING": "09ZZ00"}),
        leerplus=layouts.LEERPLUS_SCHOOLS.lines({}, {"BRIN_NUMMER": "09ZZ"}),
    )
    assert ingest(home, *paths).document["refused_by_rule"] == {"unknown_school": 3}


def test_a_list_that_comes_before_its_address_list_waits(tmp_path):
    paths = deliver(tmp_path / "early", areas=layouts.AREAS.lines({}, {"VESTIGING": "09ZZ00"}))
    assert ingest(tmp_path / "home", *paths).document["waiting_for_board"] == ["areas.csv"]
    (addresses,) = deliver(tmp_path / "late", addresses=vo_list("02AA00"))
    ingest(tmp_path / "home", addresses, *paths)
    assert in_use(tmp_path / "home", "areas", "vestiging") == [("02AA00",)]


def test_a_corrected_row_may_not_stand_beside_one_of_the_same_vestiging(home, tmp_path):
    first = layouts.LISTED_VESTIGINGEN.lines(AT, {"LIJST": "so"})
    (path,) = deliver(tmp_path / "first", wrong=first)
    ingest(home, path)
    ((delivery,),) = select(home, "select delivery_id from deliveries where file = 'wrong.csv'")
    replay = layouts.LISTED_VESTIGINGEN.lines({"VESTIGING": "02AA00", "LIJST": "vo_pro"})
    declared = (
        f"replaces:\n  - {{file: right.csv, delivery: {delivery}, lines: [3], reason: mended, reported_by: DUO}}\n"
    )
    folder = tmp_path / "second"
    (right,) = deliver(folder, right=replay)
    (folder / "corrections.yaml").write_text(declared)
    said = ingest(home, right, folder / "corrections.yaml", expect=3).stderr
    assert "right.csv tells of 02AA00" in said


PRO, YEAR_1 = "Praktijkonderwijs alle vj", "LEER- OF VERBLIJFSJAAR 1 - MAN"
TYPE = "ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR"


def test_pupils_of_praktijkonderwijs_are_counted_in_the_file_of_duo(home, tmp_path):
    (path,) = deliver(
        tmp_path / "vo",
        vo=layouts.PUPILS_VO.lines(
            {TYPE: PRO, YEAR_1: "30"}, {TYPE: "VMBO BL lj 3-4", YEAR_1: "12"}, {TYPE: "Brugjaar 1-2", YEAR_1: "50"}
        ),
    )
    ingest(home, path)
    # Each row has 8 pupils in years 1 and 2 beside the first number: 1 + 3 + 4.
    assert select(home, "select school_type, pupils, pro_pupils, cumi_pupils from counts order by 1") == [
        ("vo", 58, 0, None),
        ("vo_pro_vbo", 38 + 20, 38, None),
    ]


def test_pupils_of_praktijkonderwijs_are_counted_in_a_register(home, tmp_path):
    (path,) = deliver(
        tmp_path / "vo",
        register=layouts.REGISTER_VO.lines(
            *({"PSEUDONIEM": f"P{n}", "ONDERWIJSTYPE": "Praktijkonderwijs"} for n in range(3)),
            *({"PSEUDONIEM": f"Q{n}", "ONDERWIJSTYPE": "VMBO BL"} for n in range(2)),
            {"PSEUDONIEM": "R1", "ONDERWIJSTYPE": "HAVO"},
            {"PSEUDONIEM": "R2", "ONDERWIJSTYPE": "Praktijkonderwijs"},
            {"PSEUDONIEM": "R2", "ONDERWIJSTYPE": "Praktijkonderwijs", "VESTIGINGSNUMMER": "01"},
        ),
    )
    # R2 counts at two places, so in none.
    assert ingest(home, path).document["refused_by_rule"] == {"double_enrolment": 2}
    assert select(home, "select vestiging, school_type, pupils, pro_pupils from counts order by 2") == [
        ("02AA00", "vo", 1, 0),
        ("02AA00", "vo_pro_vbo", 5, 3),
    ]


def test_a_pupil_file_gives_areas_and_the_list_of_areas_is_used_before_it(home, tmp_path):
    (path,) = deliver(tmp_path / "vo", vo=layouts.PUPILS_VO.lines({AREA: "VO2303"}))
    _, remark = ingest(home, path).document["remarks"]
    assert in_use(home, "areas", "kind", "vestiging", "samenwerkingsverband") == [
        ("areas", "02AA00", "VO2302"),
        ("areas", "02AA01", "VO2302"),
        ("pupils_vo", "02AA00", "VO2303"),
    ]
    assert "1 vestigingen lie in another area in vo.csv than in areas.csv, which is used" in remark
    assert faults(home, "deliveries") == []


def test_a_pupil_file_of_before_2023_has_no_areas(home, tmp_path):
    older = Layout(
        layouts.PUPILS_VO.kind, {name: row for name, row in layouts.PUPILS_VO.row.items() if name != AREA}
    )
    (path,) = deliver(tmp_path / "vo", vo=older.lines())
    assert ingest(home, path).document["remarks"] == []
    assert select(home, "select count(*) from counts") == [(1,)]


def test_a_file_of_which_an_older_version_read_less_is_read_again(home, tmp_path):
    (path,) = deliver(tmp_path / "vo", vo=layouts.PUPILS_VO.lines({TYPE: PRO, YEAR_1: "30"}))
    ingest(home, path)
    assert ingest(home, path).document["run_id"] is None
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("update counts set pro_pupils = null")
    assert ingest(home, path).document["run_id"] is not None
    assert in_use(home, "counts", "pupils", "pro_pupils") == [(38, 38)]
