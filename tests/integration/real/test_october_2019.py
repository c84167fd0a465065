"""The real files of DUO and CBS of 1 October 2019, through the command line, to the cent."""

import json
import os
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from npo_pipeline.cli.main import npo

DATA = Path(os.environ.get("NPO_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
FILES = [
    DATA / "achterstandsscores-scholen-2019.xlsx",
    DATA / "alle-vestigingen-bo.csv",
    DATA / "alle-vestigingen-vo.csv",
    DATA / "gemiddelde-afstand-tussen-woonadres-leerling-en-schoolvestiging-2019-2020.csv",
    DATA / "leerlingen-vo-per-vestiging-naar-onderwijstype-2019.csv",
]
pytestmark = pytest.mark.skipif(
    not all(file.exists() for file in FILES), reason="the real files of DUO and CBS are not beside this checkout"
)


def run(*arguments: object) -> dict:
    result = CliRunner().invoke(
        npo, [*map(str, arguments), "--json"], catch_exceptions=False, standalone_mode=False
    )
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("real") / "home"
    run("ingest", *FILES, "--reference-date", "2019-10-01", "--home", home)
    run("decide", "--school-year", "2021-2022", "--reference-date", "2019-10-01", "--home", home)
    run("decide", "--scheme", "gemeenten", "--reference-date", "2019-10-01", "--home", home)
    return home


def select(home: Path, query: str) -> list[tuple]:
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return connection.sql(query).fetchall()


def test_the_amounts_of_the_country(home):
    query = "select component, school_type, sum(amount) from entitlements group by all"
    amounts = {(component, kind): amount for component, kind, amount in select(home, query)}
    assert amounts["per_pupil", "bao"] == Decimal("979139790.12")
    assert amounts["achterstandsscore", "bao"] == Decimal("141085643.84")
    assert amounts["per_pupil", "sbo"] == Decimal("37581825.42")
    assert amounts["per_pupil", "so"] + amounts["per_pupil", "vso"] == Decimal("97912088.82")


def test_the_pupils_that_were_counted(home):
    query = "select school_type, sum(pupils), count(distinct vestiging) from counts group by all order by all"
    pupils = {kind: (total, schools) for kind, total, schools in select(home, query)}
    assert pupils["bao"] == (1_396_457, 6_295)
    assert pupils["sbo"] == (35_733, 276)
    assert pupils["so"] == (32_069, 360)
    assert pupils["vso"] == (37_753, 370)


def test_vo_is_counted_but_for_the_vestigingen_that_no_list_names(home):
    # 956,857 pupils; 11 vestigingen stand in no address list of January 2021
    (counted,) = select(home, "select sum(pupils) from counts where school_type in ('vo', 'vo_pro_vbo')")
    (refused,) = select(home, "select count(*), count(distinct message), count(distinct rule) from quarantine")
    assert refused == (105, 11, 1)
    lost = 956_857 - int(counted[0])
    assert 0 < lost < 4_000


def test_the_base_of_vo_is_that_of_its_pupils_and_the_surcharge_that_of_pro_and_vbo(home):
    # 956,857 x 701.16 + 120,551 x 350.58 = 713.2 million, less the 11 vestigingen that no list names
    counted = dict(
        select(home, "select school_type, sum(pupils) from counts where school_type like 'vo%' group by 1")
    )
    assert 0 <= 120_551 - int(counted["vo_pro_vbo"]) < 4_000
    query = "select component, sum(amount) from entitlements where school_type like 'vo%' group by 1"
    amounts = dict(select(home, query))
    assert amounts["per_pupil"] == sum(counted.values()) * Decimal("701.16")
    assert amounts["surcharge"] == counted["vo_pro_vbo"] * Decimal("350.58")


def test_one_school_by_hand(home):
    # Wereldwijs: 100 pupils x 701.16 + 33.02 x 251.16
    query = "select component, quantity, rate, amount from entitlements where vestiging = '00AP00' order by 1"
    assert select(home, query) == [
        ("achterstandsscore", Decimal("33.02"), Decimal("251.16"), Decimal("8293.30")),
        ("per_pupil", Decimal("100"), Decimal("701.16"), Decimal("70116.00")),
    ]


def test_cbs_and_duo_agree_and_the_scores_follow_their_formula(home):
    assert select(home, "select count(*) from differences") == [(0,)]


def test_a_score_that_was_changed_in_the_workbook_is_noticed(home, tmp_path):
    from npo_pipeline.delivery.source_files import source_files
    from npo_pipeline.delivery.workbook import open_workbook, read_workbook
    from npo_pipeline.intake.published_counts import off_formula

    book = read_workbook(open_workbook(source_files([FILES[0]])[0]))
    assert off_formula(book.rows, book.without_threshold).is_empty()
    changed = book.rows.with_columns(ACHTERSTANDSSCORE=book.rows["ACHTERSTANDSSCORE"].replace("33.02", "43.02"))
    assert off_formula(changed, book.without_threshold)["vestiging"].to_list() == ["00AP00"]


def test_the_books_tie(home):
    for month in ("2021-09", "2021-10"):
        run("pay", "--month", month, "--home", home)
    assert run("verify", "--home", home)["ties"]


def test_a_file_of_another_date_is_refused(home, tmp_path):
    older = DATA / "leerlingen-po-soort-cluster-leeftijd-2015-2016.csv"
    result = CliRunner().invoke(npo, ["ingest", str(older), "--reference-date", "2019-10-01", "--home", str(home)])
    assert "2015-10-01" in str(result.exception)


def test_pupils_of_praktijkonderwijs_are_those_that_duo_published(home):
    assert select(home, "select sum(pro_pupils)::bigint from counts") == [(29_315,)]


def test_every_school_has_the_number_of_its_municipality(home):
    numbers = "count(*) - count(municipality_number), count(distinct municipality_number)"
    assert select(home, f"select {numbers} from schools") == [(0, 355)]


def test_municipalities_get_118_11_for_every_pupil_that_was_counted(home):
    # About what the ceiling of 307,864,000 leaves for it: the rest is for scores.
    (found,) = select(home, "select count(*), sum(amount) from entitlements where recipient_kind = 'gemeente'")
    (pupils,) = select(home, "select sum(pupils) from counts")
    assert found == (355, Decimal("290034223.08"))
    assert found[1] == pupils[0] * Decimal("118.11")


@pytest.fixture(scope="module")
def paid_by_distances(tmp_path_factory) -> Path:
    """Pupils of 1 October 2019, and September 2021 paid."""
    home = tmp_path_factory.mktemp("distances") / "home"
    run("ingest", FILES[3], "--home", home)
    run("decide", "--school-year", "2021-2022", "--reference-date", "2019-10-01", "--home", home)
    run("pay", "--month", "2021-09", "--home", home)
    return home


@pytest.mark.parametrize("addresses", ["alle-vestigingen-bo.csv", "adressen-bao-export-met-id.csv"])
def test_a_list_of_a_later_date_claims_nothing_of_the_months_before_it(tmp_path, paid_by_distances, addresses):
    """Then comes an address list of 1 October 2021."""
    home = Path(shutil.copytree(paid_by_distances, tmp_path / "home"))
    remarks = run("ingest", DATA / addresses, "--reference-date", "2021-10-01", "--home", home)["remarks"]
    assert any("another board" in one and "deliver a changes file" in one for one in remarks)
    assert select(home, "from receivables") == []
    moved = "select count(*) from schools a join schools b using (vestiging) where a.valid_to < b.valid_from"
    assert select(home, f"{moved} and a.board <> b.board")[0][0] > 100


def test_the_vestigingen_of_vo_that_no_list_names_are_paid_nothing_in_whatever_order_the_files_come(
    home, tmp_path
):
    """As where all files came in one go."""
    amounts = """
        select component, count(distinct vestiging), sum(amount) from entitlements
        where school_type like 'vo%' and recipient_kind <> 'gemeente' group by all order by 1"""
    vo, addresses = FILES[4], FILES[2]
    for number, steps in enumerate(((vo, addresses), (addresses, vo))):
        other = tmp_path / str(number)
        for file in steps:
            run("ingest", file, "--reference-date", "2019-10-01", "--home", other)
        run("decide", "--school-year", "2021-2022", "--reference-date", "2019-10-01", "--home", other)
        assert select(other, amounts) == select(home, amounts)
        assert len(select(other, amounts)) == 2


RATIO = "unit: times, status: published, source: law, article: 4(4), checked_on: 2026-11-27"
SPEC = """\
title: Which budget gives the published amounts
school_year: {year}
sources:
  law: {{title: Regeling, url: https://wetten.overheid.nl/BWBR0046693, publisher: Staatscourant, bwb: BWBR0046693,
    stcrt: "2022, 13905", signed: 2022-05-16, published_on: 2022-05-23, in_force: 2022-08-01}}
sectors:
  po:
    overlay_of: {year}-po
    {asked}: {{value: {po}, unit: {unit}, status: published, source: law, article: 4(4), checked_on: 2026-11-27}}
    ratios:
      - {{school_types: [bao], value: 1, {ratio}}}
      - {{school_types: [sbo], value: 1.5, {ratio}}}
      - {{school_types: [so, vso], value: 2, {ratio}}}
{risk}  vo:
    overlay_of: {year}-vo
    {asked}: {{value: {vo}, unit: {unit}, status: published, source: law, article: 7(4), checked_on: 2026-11-27}}
    ratios:
      - {{school_types: [vo], value: 1, {ratio}}}
      - {{school_types: [vo_pro_vbo], value: 1.5, {ratio}}}
"""


def solve(home: Path, **asked: str) -> dict[str, dict]:
    spec = home.parent / "spec.yaml"
    spec.write_text(SPEC.format(**{"risk": "", **asked}, ratio=RATIO), encoding="utf-8")
    found = run("rules", "solve", spec, "--reference-date", "2019-10-01", "--home", home)
    return {one["sector"]: one for one in found["sectors"]}


def sector_rates(sector: dict) -> list[str]:
    return [one["rate"] for one in sector["rates"]]


def test_the_budget_that_gives_500_by_the_published_ratios(home):
    asked = solve(home, year="2022-2023", asked="amount", unit="EUR per pupil", po="500.00", vo="820.00")
    # po: 1,396,457 x 500 + 35,733 x 750 + 69,822 x 1,000
    assert (asked["po"]["pupils"], asked["po"]["budget"]) == (1_502_012, "794850250.00")
    assert sector_rates(asked["po"]) == ["500.00", "750.00", "1000.00"]
    # vo: 953,616 x 820 + 120,262 x 410
    assert (asked["vo"]["pupils"], asked["vo"]["budget"]) == (953_616, "831272540.00")
    assert sector_rates(asked["vo"]) == ["820.00", "410.00"]
    budgets = {name: one["budget"] for name, one in asked.items()}
    given = solve(home, year="2022-2023", asked="budget", unit="EUR", **budgets)
    assert [(sector_rates(one), one["rest"]) for one in given.values()] == [
        (["500.00", "750.00", "1000.00"], "0.00"),
        (["820.00", "410.00"], "0.00"),
    ]


def test_a_budget_with_a_share_for_risk_gives_all_published_rates_of_po_to_the_cent(home):
    # what the published rates spend on these pupils; 260,521,978.13 of it, 24.68532%, is for the score
    cited = "status: published, source: law, article: 5(3), checked_on: 2026-11-27"
    risk = f"""\
    floors:
      - {{value: 500.00, unit: EUR per pupil, {cited}}}
    risk:
      share: {{value: 0.2468532, unit: of the budget, {cited}}}
      weights: {{achterstandsscore: {{weight: {{value: 1, unit: per point, {cited}}}}}}}
"""
    asked = {"year": "2022-2023", "asked": "budget", "unit": "EUR", "po": "1055372228.13", "vo": "831272540.00"}
    found = solve(home, **asked, risk=risk)["po"]
    assert (sector_rates(found), found["rest"]) == (["500.00", "750.00", "1000.00", "463.78"], "0.00")


def test_what_the_recalibration_moved_from_po_to_vo_on_the_same_pupils(home):
    years = {
        year: solve(home, year=year, asked="amount", unit="EUR per pupil", po="701.16", vo="701.16")
        for year in ("2021-2022", "2022-2023")
    }
    published = {
        (sector, year): (
            sum(Decimal(one["spent_before"]) for one in found[sector]["rates"]),
            Decimal(found[sector]["outside"].get("achterstandsscore", "0.00")),
        )
        for year, found in years.items()
        for sector in ("po", "vo")
    }
    page = Path(__file__).parents[3] / "docs" / "explanation" / "recalibration.md"
    text = page.read_text(encoding="utf-8")
    for label, sector, part in (
        ("po: per pupil", "po", 0),
        ("po: score", "po", 1),
        ("vo: per pupil and surcharge", "vo", 0),
    ):
        before, after = (published[sector, year][part] for year in ("2021-2022", "2022-2023"))
        assert f"| {label} | {before:,} | {after:,} | {after - before:+,} |" in text, (before, after)
