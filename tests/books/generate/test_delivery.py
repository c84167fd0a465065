"""The made-up country: believable, the same for the same seed, and wrong exactly where it says so."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.delivery.kinds import REGISTER_PO
from npo_pipeline.errors import Refused
from npo_pipeline.generate.delivery import write_delivery, write_newcomers
from schemas.files import APPLICATIONS, columns_of
from schemas.iban import iban_fault
from tests.books.home.npo import here

DAY = date(2020, 10, 1)
SAMPLE = Path(__file__).parents[3] / "data" / "sample"


def make(out: Path, **wishes) -> Path:
    sizes = {"boards": 12, "pupils": 6_000, "seed": 5, "reference_date": DAY, **wishes}
    write_delivery(out, **sizes)
    return out


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def register(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "leerlingen-po.csv", separator=";", infer_schema=False, empty_string_is_null=False)


def table(path: Path, encoding: str = "cp1252") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def counting(rows: pl.DataFrame) -> pl.DataFrame:
    leaves = pl.col("DATUM_UIT")
    return rows.filter(
        (pl.col("BEKOSTIGD") == "J")
        & (pl.col("DATUM_IN") <= "20201001")
        & ((leaves == "") | (leaves > "20201001"))
    )


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    one, again = make(tmp_path / "one", faults=Decimal("0.01")), make(tmp_path / "again", faults=Decimal("0.01"))
    other = make(tmp_path / "other", seed=6, faults=Decimal("0.01"))
    assert bytes_of(one) == bytes_of(again)
    assert bytes_of(one) != bytes_of(other)


def test_the_sample_that_ships_is_what_the_generator_makes(tmp_path):
    made = make(tmp_path / "sample", boards=8, pupils=4_000, seed=3, faults=Decimal("0.003"))
    assert bytes_of(made) == bytes_of(SAMPLE)


def test_the_size_of_the_batches_does_not_show(tmp_path):
    whole, cut = make(tmp_path / "whole"), make(tmp_path / "cut", batch=777)
    assert bytes_of(whole) == bytes_of(cut)


def test_the_register_has_the_header_of_the_contract(tmp_path):
    assert tuple(register(make(tmp_path / "x")).columns) == REGISTER_PO.columns


def test_a_pupil_counts_at_most_once(tmp_path):
    counted = counting(register(make(tmp_path / "x")))
    assert counted["PSEUDONIEM"].is_duplicated().sum() == 0
    assert 5_500 < counted.height < 6_000


def test_some_pupils_move_in_the_year(tmp_path):
    rows = register(make(tmp_path / "x"))
    moved = rows.filter(pl.col("PSEUDONIEM").is_duplicated())
    assert 100 < moved.height / 2 < 300


def test_the_report_says_how_many_count(tmp_path):
    report = write_delivery(tmp_path / "x", boards=12, pupils=6_000, seed=5, reference_date=DAY)
    rows = table(tmp_path / "x" / "leerlingen-vo.csv")
    vo = sum(int(value) for row in rows for name, value in row.items() if name.startswith("LEER- OF"))
    assert vo > 1_000
    assert report.pupils == counting(register(tmp_path / "x")).height + vo
    assert report.planted == {}


def test_scores_count_the_bao_pupils_and_fit_the_formula(tmp_path):
    folder = make(tmp_path / "x", pupils=30_000)
    bao = counting(register(folder)).filter(pl.col("SOORT_PO") == "Bo")
    counts = dict(bao.group_by(pl.concat_str("BRIN_NUMMER", "VESTIGINGSNUMMER")).len().iter_rows())
    with (folder / "achterstandsscores.csv").open() as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    assert {code: int(pupils) for code, pupils, *_ in rows} == counts
    for _, pupils, score, before in rows:
        exact = max(Decimal(0), Decimal(before.replace(",", ".")) - Decimal("0.696") * int(pupils))
        assert abs(Decimal(score.replace(",", ".")) - exact) <= Decimal("0.005")
    assert 0.4 < sum(score == "0,00" for *_, score, _ in rows) / len(rows) < 0.8


def test_every_vo_vestiging_lies_in_the_area_of_its_town(tmp_path):
    folder = make(tmp_path / "x", pupils=30_000)
    towns = {row["VESTIGINGSNUMMER"]: row["GEMEENTENAAM"] for row in table(folder / "vestigingen-vo.csv")}
    areas = {row["VESTIGING"]: row["SAMENWERKINGSVERBAND"] for row in table(folder / "samenwerkingsverbanden.csv")}
    assert areas.keys() == towns.keys()
    assert len(areas) >= 30_000 // 1_150
    of_town = {(towns[vestiging], area) for vestiging, area in areas.items()}
    assert len(of_town) == len({town for town, _ in of_town}) == len({area for _, area in of_town})


def test_the_schools_of_vo_are_the_same_in_every_year_and_their_pupils_are_not(tmp_path):
    one, next_year = make(tmp_path / "one"), make(tmp_path / "next", reference_date=date(2021, 10, 1))
    same = {"vestigingen-vo.csv", "samenwerkingsverbanden.csv", "gemeentescores.csv", "leerplus.csv"}
    assert all((one / name).read_bytes() == (next_year / name).read_bytes() for name in same)
    assert (one / "leerlingen-vo.csv").read_bytes() != (next_year / "leerlingen-vo.csv").read_bytes()


def test_some_vestigingen_are_listed_each_on_the_list_of_its_sector(tmp_path):
    folder = make(tmp_path / "x", pupils=60_000)
    bo = {row["VESTIGINGSNUMMER"] for row in table(folder / "vestigingen-bo.csv")}
    structures = {
        row["VESTIGINGSNUMMER"]: row["ONDERWIJSSTRUCTUUR"] for row in table(folder / "vestigingen-vo.csv")
    }
    listed = {row["VESTIGING"]: row["LIJST"] for row in table(folder / "arbeidsmarkttoelage.csv")}
    of_bo = {vestiging for vestiging, name in listed.items() if name == "po"}
    assert of_bo <= bo
    assert 0.1 < len(of_bo) / len(bo) < 0.2
    others = {vestiging: name for vestiging, name in listed.items() if name != "po"}
    assert others == {vestiging: "vo_pro" if structures[vestiging] == "PRO" else "vo" for vestiging in others}
    assert {row["LEERPLUS_2021"] for row in table(folder / "leerplus.csv")} == {"J"}


def test_every_municipality_with_a_school_has_a_score(tmp_path):
    folder = make(tmp_path / "x", pupils=30_000)
    lists = [table(folder / name) for name in ("vestigingen-bo.csv", "vestigingen-vo.csv")]
    numbers = {row["GEMEENTENUMMER"].strip().zfill(4) for rows in lists for row in rows}
    assert numbers <= {row["GEMEENTENUMMER"] for row in table(folder / "gemeentescores.csv")}


def test_sizes_are_skewed_boards_have_schools_and_so_shares_a_vestiging_with_vso(tmp_path):
    folder = make(tmp_path / "x", boards=100, pupils=300_000)
    sizes = counting(register(folder)).group_by("BRIN_NUMMER", "VESTIGINGSNUMMER").len()["len"]
    assert sizes.max() > 2 * sizes.median()
    bo = pl.read_csv(folder / "vestigingen-bo.csv", separator=";", encoding="cp1252", infer_schema=False)
    so = pl.read_csv(folder / "vestigingen-sbo-so-vso.csv", infer_schema=False)
    boards = {*bo["BEVOEGD GEZAG NUMMER"], *so["BEVOEGD GEZAG NUMMER"]}
    assert len(boards) == 100
    assert {row["BEVOEGD GEZAG NUMMER"] for row in table(folder / "vestigingen-vo.csv")} <= boards
    assert bo["VESTIGINGSNUMMER"].is_unique().all()
    kinds = register(folder).group_by("BRIN_NUMMER", "VESTIGINGSNUMMER").agg(pl.col("SOORT_PO").unique().sort())
    assert ["So", "Vso"] in kinds["SOORT_PO"].to_list()
    assert {"1", "2", "3/4", "nvt"} == set(register(folder)["CLUSTER"])
    assert any(code.endswith("01") for code in bo["VESTIGINGSNUMMER"])


def test_names_have_accents_and_apostrophes_in_windows_1252(tmp_path):
    raw = (make(tmp_path / "x", pupils=60_000) / "vestigingen-bo.csv").read_bytes()
    assert b"\x92" in raw
    assert "Coöperatie" in raw.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")


def test_everyone_who_can_be_paid_has_an_account_that_nobody_has(tmp_path):
    folder = make(tmp_path / "x", pupils=30_000)
    accounts = {row["ONTVANGER"]: row["IBAN"] for row in table(folder / "rekeningen.csv", "utf-8")}
    boards = {row["BEVOEGD GEZAG NUMMER"] for row in table(folder / "besturen.csv")}
    areas = {row["SAMENWERKINGSVERBAND"] for row in table(folder / "samenwerkingsverbanden.csv")}
    municipalities = {row["GEMEENTENUMMER"] for row in table(folder / "gemeentescores.csv")}
    assert set(accounts) == boards | areas | municipalities
    assert len(set(accounts.values())) == len(accounts)
    assert {iban_fault(iban) for iban in accounts.values()} == {None}
    weighed = [
        sum(place * int(digit) for place, digit in enumerate(reversed(one[8:]), 1)) for one in accounts.values()
    ]
    assert all(weight % 11 for weight in weighed)  # A number that a Dutch bank gives out is divisible.


def test_a_recipient_keeps_its_account_from_year_to_year(tmp_path):
    one, other = make(tmp_path / "one"), make(tmp_path / "other", boards=14, reference_date=date(2021, 10, 1))
    first, second = (
        {row["ONTVANGER"]: row for row in table(path / "rekeningen.csv", "utf-8")} for path in (one, other)
    )
    both = first.keys() & second.keys()
    assert both
    assert all(first[who]["IBAN"] == second[who]["IBAN"] for who in both)
    assert {row["INGANGSDATUM"] for row in first.values()} == {"20200801"}
    assert {row["INGANGSDATUM"] for row in second.values()} == {"20210801"}


@pytest.mark.parametrize("faults", ["0.001", "0.02", "0.5"])
def test_every_rule_is_planted(tmp_path, faults):
    report = write_delivery(
        tmp_path / "x", boards=12, pupils=6_000, seed=5, reference_date=DAY, faults=Decimal(faults)
    )
    assert set(report.planted) == {
        *("unknown_code", "not_a_number", "not_a_date", "negative", "missing_value", "duplicate_row"),
        *("double_enrolment", "leaves_before_entry", "unknown_school", "contradiction"),
        "invalid_iban",
    }


@pytest.mark.parametrize(("boards", "pupils"), [(1, 1), (1, 10), (3, 3), (10, 10)])
def test_the_smallest_countries(tmp_path, boards, pupils):
    report = write_delivery(tmp_path / "x", boards=boards, pupils=pupils, seed=1, reference_date=DAY)
    assert dict(report.files)["leerlingen-po.csv"] >= pupils


@pytest.mark.parametrize(
    ("wishes", "word"),
    [({"boards": 9, "pupils": 5}, "at least one pupil"), ({"faults": Decimal("0.6")}, "at most 0.5")],
)
def test_nonsense_is_refused(tmp_path, wishes, word):
    with pytest.raises(Refused, match=word):
        make(tmp_path / "x", **wishes)
    assert not (tmp_path / "x").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_applications_of_boards_and_regions_are_made_where_they_are_asked_for(tmp_path):
    made, without = make(tmp_path / "made", applications=True), make(tmp_path / "without")
    written = bytes_of(made)
    rows = [row.split(";") for row in written.pop("aanvragen.csv").decode().splitlines()]
    assert written == bytes_of(without)
    assert {row[2] for row in rows[1:]} == {"IOP", "EHK"}
    assert rows[0] == list(columns_of(APPLICATIONS))


def test_the_whole_programme_is_made_where_it_is_asked_for(tmp_path):
    made = bytes_of(make(tmp_path / "made", programme=True))
    assert set(made) - set(bytes_of(make(tmp_path / "without"))) == {
        "aanvragen.csv",
        "afgerond.csv",
        "wijzigingen.csv",
    }
    addresses = table(tmp_path / "made" / "vestigingen-bo.csv")
    there = {row["BEVOEGD GEZAG NUMMER"] for row in addresses if row["PROVINCIE"] == "Caribisch Nederland"}
    elsewhere = {row["BEVOEGD GEZAG NUMMER"] for row in addresses if row["PROVINCIE"] != "Caribisch Nederland"}
    assert {row["GEMEENTENAAM"] for row in addresses} >= {"Bonaire", "Sint Eustatius", "Saba"}
    assert len(there) == 3
    assert there & elsewhere == set()


def test_newcomers_are_a_delivery_of_their_own_with_a_file_per_day(tmp_path):
    files = write_newcomers(tmp_path / "newcomers", boards=12, pupils=9_000, seed=5, reference_date=DAY)
    days = ("20200401", "20200701", "20201001", "20210101", "20210401")
    assert [name for name, _ in files] == [f"nieuwkomers-vo-{day}.csv" for day in days]
    assert bytes_of(tmp_path / "newcomers")["nieuwkomers-vo-20210401.csv"].startswith(b"PEILDATUM;BRIN_NUMMER;")


def test_nobody_spends_what_was_not_paid(tmp_path):
    home = tmp_path / "home"
    ended = here("generate", tmp_path / "reports", "--spending", "2021", "--home", home)
    assert ended.status == 3
    assert "holds no books yet" in ended.stderr


def test_made_up_applications_are_granted_reduced_and_refused(tmp_path):
    home = tmp_path / "home"
    for year in (2019, 2020):
        day, folder = date(year, 10, 1), tmp_path / str(year)
        make(folder, pupils=2_500, reference_date=day, applications=year == 2020)
        assert here("ingest", folder, "--reference-date", day, "--home", home).status == 0
    ended = here("decide", "--school-year", "2020-2021", "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    for scheme in ended.document["grants"]["by_scheme"]:
        assert scheme["granted"] > 0, scheme
        assert scheme["reduced"] > 0, scheme
    refused = {one["scheme"]: one["refused"] for one in ended.document["grants"]["by_scheme"]}
    assert refused["IOP"] > 0
