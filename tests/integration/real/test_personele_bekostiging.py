"""What DUO paid 6,173 basisscholen in 2019-2020, beside what a rule file makes of the pupils in the same file."""

import json
import os
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner

from npo_pipeline.cli.main import npo
from npo_pipeline.delivery.source_files import source_files
from npo_pipeline.delivery.table_file import read_table

DATA = Path(os.environ.get("NPO_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
PAID = DATA / "03-personele-bekostiging-bo-2019-2020.xls"
RULES = Path(__file__).with_name("personele-bekostiging-2019-2020.yaml")
YEAR = ("--school-year", "2019-2020")
pytestmark = pytest.mark.skipif(not PAID.exists(), reason="the real file of DUO is not beside this checkout")

PUPILS = (
    "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM_VESTIGING;PLAATSNAAM;GEMEENTENAAM;SOORT_PO;"
    "BEVOEGD_GEZAG_NUMMER;AFSTAND;LEERLINGEN"
)
SCORES = "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore;Achterstandsscore zonder drempel"


def run(*arguments: object) -> dict:
    result = CliRunner().invoke(
        npo, [*map(str, arguments), "--json"], catch_exceptions=False, standalone_mode=False
    )
    return json.loads(result.stdout)


def write_delivery(folder: Path) -> Path:
    """Write the pupils and scores of the file as the counts of a delivery: all of a BRIN at its main vestiging."""
    rows = read_table(source_files([PAID])[0]).rows
    brin, pupils, score = (pl.col(one) for one in ("BRIN", "TOTAAL_AANTAL_LEERLINGEN", "ACHTERSTANDSSCORE"))
    board = pl.col("OWBGNUMMER").str.zfill(5)
    counts = rows.select(
        pl.format("20181001;{};00;School;Assen;Assen;Bo;{};1000;{}", brin, board, pupils)
    ).to_series()
    scores = rows.select(pl.format("{}00;{};{};{}", brin, pupils, score, score)).to_series()
    folder.mkdir()
    (folder / "pupils.csv").write_text("\n".join([PUPILS, *counts]))
    (folder / "scores.csv").write_text("\n".join([SCORES, *scores]))
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("paid") / "home"
    delivery = write_delivery(home.parent / "delivery")
    run("ingest", delivery, "--reference-date", "2018-10-01", "--home", home)
    run("decide", *YEAR, "--regulation", RULES, "--home", home)
    run("reconcile", PAID, *YEAR, "--home", home)
    return home


def select(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def outcomes(home: Path, component: str) -> dict[tuple, int]:
    query = f"select outcome, cause, count(*) from reconciliation where component = '{component}' group by all"
    return {(outcome, cause): count for outcome, cause, count in select(home, query)}


def test_the_prestatiebox_is_pupils_times_199_94_but_for_three_that_had_part_of_the_year(home):
    assert outcomes(home, "per_pupil") == {("match", None): 6_170, ("differs", "part_of_year"): 3}
    query = "select brin, ours, theirs from reconciliation where cause = 'part_of_year' order by 1"
    assert select(home, query) == [
        ("20VE", Decimal("23193.04"), Decimal("9663.77")),  # 116 x 199.94, and five twelfths of it
        ("31AE", Decimal("19394.18"), Decimal("4764.40")),  # 97 x 199.94, and 2.95 twelfths
        ("31DN", Decimal("20993.70"), Decimal("17611.38")),  # 105 x 199.94, and 10.07 twelfths
    ]


def test_the_differences_add_up_to_what_duo_paid_more_or_less(home):
    query = "select sum(theirs), sum(ours), sum(difference) from reconciliation where component = 'per_pupil'"
    ((theirs, ours, difference),) = select(home, query)
    assert theirs - ours == difference == Decimal("-31541.37")


def test_the_score_money_fits_where_a_school_had_nothing_by_the_rules_before(home):
    """Of 2,464 schools with a score a quarter fits score x 552.17 x 0.51: 548 to the cent, 73 within one.

    The others, and 537 without a score, also have 49% of what the weights of their pupils gave, which the file
    does not hold. Ten have the new amount whole: the rule file names the rest of it beside the rate.
    """
    assert outcomes(home, "achterstandsscore") == {
        ("match", None): 548,
        ("differs", "rounding"): 73,
        ("differs", "composition"): 10,
        ("differs", "unexplained"): 1_833,
        ("missing_here", "unexplained"): 537,
    }


def test_the_books_tie(home):
    assert run("verify", "--home", home)["ties"]
