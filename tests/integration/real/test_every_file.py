"""Every real file of DUO and CBS: one by one, and all together by their dates, with the totals that are known."""

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery
from tests.books.home.npo import here
from tests.books.home.seeing import select

DATA = Path(os.environ.get("NPO_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the real files of DUO and CBS are not beside this checkout"
)

PO_2015 = "leerlingen-po-soort-cluster-leeftijd-2015-2016.csv"
VO_2017 = "leerlingen-vo-per-vestiging-naar-onderwijstype-2017.csv"
VO_2019 = "leerlingen-vo-per-vestiging-naar-onderwijstype-2019.csv"
PO_2019 = "gemiddelde-afstand-tussen-woonadres-leerling-en-schoolvestiging-2019-2020.csv"
CBS_2019 = "achterstandsscores-scholen-2019.xlsx"
BO, VO, EXPORT = "alle-vestigingen-bo.csv", "alle-vestigingen-vo.csv", "adressen-bao-export-met-id.csv"
PAID = "03-personele-bekostiging-bo-2019-2020.xls"
MASKED = [f"po-2024-afgeschermd/{name}.csv" for name in ("Almelo", "Alphen-Chaam", "Ameland", "Assen", "Baarn")]


def taken(*names: str, day: date | None = date(2019, 10, 1)) -> list[FileResult]:
    files = recognise_delivery([DATA / name for name in names], day)
    return read_delivery(files, pl.Series("vestiging", [], dtype=pl.String), lambda *_: None)


@pytest.mark.parametrize(
    ("name", "kind", "rows", "pupils"),
    [
        (VO_2019, "pupils_vo", 24_243, 956_857),
        (VO_2017, "pupils_vo", 25_172, 992_195),
        (PO_2019, "pupils_po", 7_301, 1_396_457 + 35_733 + 32_069 + 37_753),
        (BO, "addresses_bo", 6_268, 0),
        (VO, "addresses_vo", 1_619, 0),
        (EXPORT, "addresses_bo", 6_271, 0),
    ],
)
def test_one_file_alone(name: str, kind: str, rows: int, pupils: int):
    (read,) = taken(name)
    assert (read.file.kind.name, read.rows, read.rejected) == (kind, rows, 0)
    assert read.counts["pupils"].sum() == pupils


def test_the_pupils_of_2015_by_cluster():
    (read,) = taken(PO_2015, day=None)
    assert (read.file.kind.name, read.file.reference_date) == ("pupils_po_cluster", date(2015, 10, 1))
    assert (read.rows, read.rejected) == (7_649, 0)
    assert read.counts.filter(pl.col("cluster") == "2")["pupils"].sum() > 0


def test_the_scores_of_cbs():
    (read,) = taken(CBS_2019, day=None)
    assert (read.file.kind.name, read.file.reference_date) == ("scores", date(2019, 10, 1))
    assert (read.scores.height, read.scores["pupils"].sum()) == (6_295, 1_396_457)
    assert str(read.scores["score"].sum()) == "561736.12"


def test_the_export_with_lost_zeros_gives_the_same_boards_as_the_list_and_says_what_it_read_otherwise():
    listed, exported = (taken(name)[0] for name in (BO, EXPORT))
    both = listed.facts.join(exported.facts, on="vestiging", suffix="_of_export")
    assert both.height > 6_000
    assert (both["municipality_number"] == both["municipality_number_of_export"]).mean() > 0.99
    assert exported.facts["board"].str.len_chars().unique().to_list() == [5]
    assert len(exported.remarks) == 1
    assert exported.remarks[0].startswith(f"{EXPORT}: a program took GEMEENTENUMMER of 4.699 rows for numbers")


@pytest.mark.parametrize(
    ("name", "schools", "lowest", "highest"),
    [
        *zip(
            MASKED,
            (32, 4, 4, 33, 9),
            (5_526, 736, 264, 5_394, 1_892),
            (10_140, 898, 330, 9_450, 2_267),
            strict=True,
        )
    ],
)
def test_masked_files_are_ranges(name: str, schools: int, lowest: int, highest: int):
    (read,) = taken(name, day=None)
    assert (read.file.kind.name, read.file.reference_date) == ("pupils_po_ages_masked", date(2024, 10, 1))
    assert read.ranges.select(pl.len(), pl.col("lowest", "highest").sum()).row(0) == (schools, lowest, highest)
    assert (read.counts.height, read.at_zero.height, read.rejected) == (0, 0, 0)
    assert read.facts.height > 0


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        (PAID, "looks like personele bekostiging (the amounts that DUO paid to schools)"),
        ("rgs/rgs_mkb_3.7_subsidy_codes.csv", "is of no known kind"),
        ("xaf/XmlAuditfileFinancieel3.2.xsd", "is of no known kind"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(name: str, looks: str):
    with pytest.raises(Refused) as refused:
        taken(name)
    assert str(refused.value).startswith(Path(name).name)
    assert looks in str(refused.value)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """All files in one home, in one go for each date."""
    home = tmp_path_factory.mktemp("every") / "home"
    of_2019 = [DATA / name for name in (CBS_2019, PO_2019, VO_2019, BO, VO)]
    days = {
        "2019-10-01": of_2019,
        "2017-10-01": [DATA / VO_2017],
        "2015-10-01": [DATA / PO_2015],
        "2024-10-01": [DATA / "po-2024-afgeschermd"],
    }
    for day, paths in days.items():
        # Schools of 2017 that no list of 2021 names are rejected.
        ended = here("ingest", *paths, "--reference-date", day, "--max-rejected", "0.1", "--home", home)
        assert ended.status == 0, ended.stderr
    return home


def test_each_date_has_its_own_totals(home: Path):
    query = "select year(reference_date)::varchar, school_type[:2], sum(pupils)::int from counts group by all"
    pupils = {(year, kind): total for year, kind, total in select(home, query)}
    assert pupils["2019", "ba"] == 1_396_457
    assert 956_857 - 4_000 < pupils["2019", "vo"] < 956_857
    assert 992_195 - 60_000 < pupils["2017", "vo"] < 992_195
    assert not [key for key in pupils if key[0] == "2024"]
    assert select(home, "select sum(lowest)::int, sum(highest)::int from count_ranges") == [(13_812, 23_085)]


def test_masked_counts_pay_nobody_and_the_books_tie(home: Path):
    refused = here("decide", "--school-year", "2021-2022", "--reference-date", "2024-10-01", "--home", home)
    assert refused.status == 3
    assert "Almelo.csv (31 schools, first 00KM21 vso: 61 to 244)" in refused.stderr
    decided = here("decide", "--school-year", "2021-2022", "--reference-date", "2019-10-01", "--home", home)
    assert decided.status == 0
    assert "masked" not in decided.stdout
    assert here("verify", "--home", home).status == 0
