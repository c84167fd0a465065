"""A declared correction is read in place of what the source says, and stays in sight as long as it counts."""

import json
import shutil
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.ingest import IngestRequest
from npo_pipeline.commands.ingest import ingest as take_in
from npo_pipeline.commands.status import status
from npo_pipeline.errors import Refused
from tests.books.blank import blank
from tests.books.corrections.declaring import DAY, DROP, NAME, SET, but, declare, findings, ingest, ties
from tests.books.files import layouts
from tests.books.files.test_workbook import book
from tests.books.home.delivery import PUPILS, write_country, write_register, write_scores
from tests.books.home.npo import here
from tests.books.home.seeing import select

FOUND = (
    "scores.csv, line 2: ACHTERSTANDSSCORE was corrected, declared by CBS (typing error of the school, see letter)"
)


@pytest.fixture
def home(tmp_path) -> Path:
    return blank(tmp_path / "home")


@pytest.fixture(scope="module")
def corrected_once(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corrected")
    ingest(folder / "home", declare(write_country(folder / "country"), SET))
    return folder / "home"


@pytest.fixture
def corrected(tmp_path, corrected_once) -> Path:
    """A home in which a score is corrected."""
    return Path(shutil.copytree(corrected_once, tmp_path / "corrected"))


@pytest.fixture(scope="module")
def decided_once(tmp_path_factory, corrected_once) -> Path:
    """The same, decided."""
    home = Path(shutil.copytree(corrected_once, tmp_path_factory.mktemp("decided") / "home"))
    here("decide", "--school-year", "2021-2022", *DAY, "--home", home)
    return home


def scores(home: Path) -> dict[str, Decimal]:
    live = "join deliveries using (delivery_id) where superseded_by is null"
    return dict(select(home, f"select vestiging, score from scores {live}"))


def told(home: Path, code: str) -> str:
    return here("explain", code, "--lang", "en", "--home", home).stdout


def test_a_corrected_score_counts_and_is_kept_with_who_and_why(home, country):
    found = ingest(home, declare(country, SET))
    assert (found["corrections_applied"], found["rejected"]) == (1, 0)
    assert scores(home) == {"01AA00": Decimal("90.00"), "02BB00": Decimal("0.00")}
    assert select(home, "from source_corrections") == [
        (
            *("d000003", "scores.csv", 2, "01AA00", "ACHTERSTANDSSCORE", "set", "100,50", "90,00"),
            *("typing error of the school, see letter", "CBS", date(2021, 11, 3), date(2090, 8, 1)),
        )
    ]
    assert ties(home)


def test_the_summary_says_how_many_were_applied(home, country):
    said = here("ingest", declare(country, SET), *DAY, "--home", home).stdout
    assert "1 declared corrections applied: scores.csv 1" in said


def test_the_manifest_names_the_file_of_corrections_and_the_table_by_their_hashes(corrected_once):
    ((manifest,),) = select(corrected_once, "select manifest from runs")
    said = json.loads(manifest)
    assert [one["file"] for one in said["declared"]] == [NAME]
    assert said["tables"]["source_corrections"]["rows"] == 1


@pytest.mark.parametrize(
    "where",
    [
        {"School (BRIN vestiging)": "01AA00"},
        {"school  (brin vestiging)": "01AA00", "Aantal bekostigde leerlingen": "12"},
    ],
)
def test_a_row_may_be_named_by_what_stands_in_it(home, country, where):
    ingest(home, declare(country, but(SET, line=None, where=where)))
    assert scores(home)["01AA00"] == Decimal("90.00")


def test_a_dropped_row_is_not_read_and_not_refused(home, country):
    found = ingest(home, declare(country, DROP))
    assert scores(home) == {"02BB00": Decimal("0.00")}
    assert {one["file"]: (one["rows"], one["rejected"]) for one in found["files"]}["scores.csv"] == (1, 0)
    assert select(home, "select action, vestiging, expected, value from source_corrections") == [
        ("drop", "01AA00", "100,50", None)
    ]


def test_a_corrected_row_is_checked_as_any_other(home, country):
    declare(country, but(SET, value="x"))
    assert "not_a_number: ACHTERSTANDSSCORE 'x'" in here("ingest", country, *DAY, "--home", home).stderr


def test_a_fault_that_is_corrected_is_no_fault(home, tmp_path, country):
    write_scores(country, {"01AA00": "tien", "02BB00": "0,00"})
    assert ingest(home, declare(country, but(SET, expect="tien", value="10,00")))["rejected"] == 0
    assert scores(home)["01AA00"] == Decimal("10.00")


def test_a_row_that_moves_to_another_school_is_told_of_at_both(home, country):
    ingest(home, declare(country, but(SET, column="School (BRIN vestiging)", expect="01AA00", value="03CC00")))
    assert scores(home) == {"03CC00": Decimal("100.50"), "02BB00": Decimal("0.00")}
    assert select(home, "select vestiging from source_corrections order by 1") == [("01AA00",), ("03CC00",)]
    assert len([one for one in findings(home) if "was corrected" in one]) == 1


def test_the_day_of_a_file_can_be_corrected(home, tmp_path):
    folder = declare(
        tmp_path / "po", but(SET, file="po.csv", column="PEILDATUM", expect="20201011", value="2020-10-01")
    )
    (folder / "po.csv").write_text(layouts.PUPILS_PO.lines({"PEILDATUM": "20201011"}))
    ingest(home, folder)
    assert select(home, "select reference_date, pupils from counts") == [(date(2020, 10, 1), 9)]


def test_the_workbook_of_cbs_can_be_corrected_before_its_formula_is_checked(home, country):
    (country / "scores.csv").unlink()
    (country / "cbs.xlsx").write_bytes(book(("01AA00", 12, 100.5), ("02BB00", 7, 0)))
    ingest(home, declare(country, but(SET, file="cbs.xlsx", line=6, expect="100.5")))
    assert scores(home)["01AA00"] == Decimal("90.00")


@pytest.mark.parametrize("name", ["corrections.yaml", "Correcties 2021.YML"])
def test_the_name_of_the_file_says_nothing_but_its_ending(home, country, name):
    (declare(country, SET) / NAME).rename(country / name)
    assert ingest(home, country)["corrections_applied"] == 1


def test_it_may_stand_beside_the_files_or_in_their_zip(tmp_path, country):
    beside = declare(tmp_path / "beside", SET) / NAME
    assert ingest(tmp_path / "one", country, beside)["corrections_applied"] == 1
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in [*country.iterdir(), beside]:
            archive.write(path, path.name)
    assert ingest(tmp_path / "two", tmp_path / "all.zip")["corrections_applied"] == 1


def test_the_same_delivery_again_is_nothing_new_and_another_value_is(corrected, country):
    assert ingest(corrected, declare(country, SET))["run_id"] is None
    assert ingest(corrected, declare(country, but(SET, value="91,00")))["run_id"] == "000002-ingest"
    assert scores(corrected)["01AA00"] == Decimal("91.00")
    assert ties(corrected)


def test_a_corrected_file_that_comes_without_its_corrections_says_that_they_end(corrected, country):
    (said,) = ingest(corrected, country)["remarks"]
    assert said.startswith("scores.csv takes the place of scores.csv without the corrections that were declared")
    assert (scores(corrected)["01AA00"], findings(corrected)) == (Decimal("100.50"), [])


def test_it_is_an_open_finding_for_as_long_as_it_counts(corrected_once):
    assert findings(corrected_once) == [f"{FOUND}; until 2090-08-01"]
    later = status(Home(corrected_once), clock=lambda: datetime(2090, 8, 2)).findings
    assert later == (f"{FOUND}; expired on 2090-08-01: have a mended file sent",)


def test_it_may_be_applied_on_its_last_day_and_not_after_it(tmp_path, country):
    request = IngestRequest(
        home=Home(tmp_path / "home"), paths=(declare(country, SET),), reference_date=date(2020, 10, 1)
    )
    with pytest.raises(
        Refused, match=r"^corrections\.yaml, line 11: this correction expired on 2090-08-01; take it"
    ):
        take_in(request, clock=lambda: datetime(2090, 8, 1, 22, 0))
    assert not (tmp_path / "home" / "npo.duckdb").exists()
    assert take_in(request, clock=lambda: datetime(2090, 8, 1, 21, 59)).corrections.height == 1


def test_an_explanation_says_who_declared_it_and_why(decided_once):
    sentence = (
        "01AA00: scores.csv, line 2: ACHTERSTANDSSCORE says 100,50 and is read as 90,00. Declared by CBS on "
        "3 November 2021: typing error of the school, see letter. Until 1 August 2090."
    )
    assert [sentence in told(decided_once, code) for code in ("01AA00", "01AA", "10001")] == [True, True, True]
    assert "Declared" not in told(decided_once, "02BB00")
    (decision,) = here("explain", "01AA00", "--json", "--home", decided_once).document["decisions"]
    found = decision["schools"][0]["corrected"]
    assert [(one["reported_by"], one["expires"]) for one in found] == [("CBS", "2090-08-01")]


def test_a_decision_can_be_joined_to_the_corrections_that_it_rests_on(decided_once):
    query = """
        select t.component, t.counted, c.expected, c.reported_by
        from trace t join decision_inputs i using (decision_id)
        join source_corrections c using (delivery_id, vestiging)
        where i.used_for = 'scores' and t.measure = 'score'"""
    assert select(decided_once, query) == [("achterstandsscore", Decimal("90.00"), "100,50", "CBS")]


def test_what_an_operator_writes_is_harmless_in_tables(home, country):
    wild = but(SET, expect="=1+1", reason="=HYPERLINK(1)", reported_by="@SUM(1)")
    write_scores(country, {"01AA00": "=1+1", "02BB00": "0,00"})
    ingest(home, declare(country, wild))
    assert select(home, "select expected, reason, reported_by from source_corrections") == [
        ("'=1+1", "'=HYPERLINK(1)", "'@SUM(1)")
    ]


def test_a_delivery_without_corrections_reads_as_before(tmp_path, country):
    ingest(tmp_path / "one", country)
    ingest(tmp_path / "two", declare(shutil.copytree(country, tmp_path / "c"), but(SET, file="scores.csv")))
    counts = "select * from counts order by all"
    assert select(tmp_path / "one", counts) == select(tmp_path / "two", counts)
    assert select(tmp_path / "one", "from source_corrections") == []


def test_a_mended_delivery_supersedes_the_corrected_one(corrected, country):
    write_scores(country, {"01AA00": "90,00", "02BB00": "0,00"})
    ingest(corrected, country)
    assert findings(corrected) == []
    assert len(select(corrected, "from source_corrections")) == 1
    assert ties(corrected)


def test_flows_and_the_command_line_take_corrections_alike(home, country):
    write_register(country, {**PUPILS, "01AA00 Bo": 13})
    request = IngestRequest(home=Home(home), paths=(declare(country, SET),), reference_date=date(2020, 10, 1))
    steps = []

    def call(step, *args, **kwargs):
        steps.append(step.__name__)
        return step(*args, **kwargs)

    assert take_in(request, call=call).corrections.height == 1
    assert steps == ["recognise_files", "read_files", "refuse_when_too_many", "register_files"]
