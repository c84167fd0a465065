"""`npo inspect` on every real file of DUO and CBS, one by one and all in one go, as an operator would."""

import os
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.commands.inspect import Inspection, InspectRequest, inspect
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.errors import Refused

DATA = Path(os.environ.get("NPO_REAL_DATA", Path(__file__).parents[4] / "shared" / "data"))
OCTOBER_2019 = date(2019, 10, 1)
VO_2019 = "leerlingen-vo-per-vestiging-naar-onderwijstype-2019.csv"

READ = {
    "achterstandsscores-scholen-2019.xlsx": ("scores", 6_295, {"pupils": 1_396_457}),
    "adressen-bao-export-met-id.csv": ("addresses_bo", 6_271, {"named_vestigingen": 6_271, "boards": 847}),
    "alle-vestigingen-bo.csv": ("addresses_bo", 6_268, {"named_vestigingen": 6_268, "boards": 847}),
    "alle-vestigingen-vo.csv": ("addresses_vo", 1_619, {"named_vestigingen": 1_619, "boards": 323}),
    "gemiddelde-afstand-tussen-woonadres-leerling-en-schoolvestiging-2019-2020.csv": (
        *("pupils_po", 7_301),
        {"pupils": 1_502_012, "boards": 971},
    ),
    "leerlingen-po-soort-cluster-leeftijd-2015-2016.csv": ("pupils_po_cluster", 7_649, {"pupils": 1_546_014}),
    "leerlingen-vo-per-vestiging-naar-onderwijstype-2017.csv": ("pupils_vo", 25_172, {"pupils": 969_774}),
    VO_2019: ("pupils_vo", 24_243, {"pupils": 953_616}),
}
"""What each counts beside the others: of vo only the pupils of schools that a list names."""
ELSEWHERE = {"03-personele-bekostiging-bo-2019-2020.xls": "personele bekostiging"}
"""Files that are no part of a delivery, and what they are."""

pytestmark = pytest.mark.skipif(
    not all((DATA / name).exists() for name in (*READ, *ELSEWHERE)),
    reason="the real files of DUO and CBS are not beside this checkout",
)


def looked_at(*paths: Path, day: date | None = None) -> Inspection:
    return inspect(InspectRequest(paths=paths, reference_date=day))


def total(found: Inspection, measure: str, file: str) -> int:
    rows = found.totals.filter(pl.col("measure") == measure, pl.col("file") == file)
    return int(rows["quantity"].sum())


@pytest.fixture(scope="module")
def everything() -> Inspection:
    return looked_at(DATA)


@pytest.mark.parametrize("name", READ)
def test_a_file_is_what_it_is_and_counts_what_it_counts(name, everything):
    kind, rows, totals = READ[name]
    (one,) = (file for file in everything.files if file.file == name)
    assert (one.kind, one.rows) == (kind, rows)
    assert {measure: total(everything, measure, name) for measure in totals} == totals
    # The only reason for which any of them would be refused is its date.
    reasons = [reason for reason in everything.refusals if reason.startswith(name)]
    assert [reason.partition("; ")[0] for reason in reasons] == (
        [] if one.reference_date else [f"{name}: does not say its date"]
    )


def test_a_file_alone_counts_all_that_is_in_it():
    found = looked_at(DATA / VO_2019)
    (one,) = found.files
    assert (one.kind, one.rows, total(found, "pupils", VO_2019)) == ("pupils_vo", 24_243, 956_857)
    assert [reason.partition("; ")[0] for reason in found.refusals] == [f"{VO_2019}: does not say its date"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_file_that_is_no_part_of_a_delivery_says_what_it_is(name, everything):
    (one,) = (file for file in everything.files if file.file == name)
    assert ELSEWHERE[name] in str(one.label)
    assert "`npo reconcile`" in one.refusals[0]


def test_all_of_them_in_one_go(everything):
    found = everything
    seen = {one.file for one in found.files}
    assert {one.partition("/")[0] for one in seen} >= {"po-2024-afgeschermd", "rgs", "xaf", "ORIGIN.md"}
    with pytest.raises(Refused) as refused:
        recognise_delivery([DATA], None)
    assert found.refusals[0] == str(refused.value)
    # A school that is closed since is in no list of schools of another year.
    assert "00LY00" in found.boards.without


def test_a_delivery_of_october_2019_can_be_taken_in():
    names = [
        "achterstandsscores-scholen-2019.xlsx",
        "alle-vestigingen-bo.csv",
        "alle-vestigingen-vo.csv",
        "gemiddelde-afstand-tussen-woonadres-leerling-en-schoolvestiging-2019-2020.csv",
        "leerlingen-vo-per-vestiging-naar-onderwijstype-2019.csv",
    ]
    found = looked_at(*(DATA / name for name in names), day=OCTOBER_2019)
    assert found.refusals == ()
    assert found.boards.known_from == "delivery"
    assert {one.date_from for one in found.files} == {"file", "option"}
    # 11 vestigingen of 2019 have no board in the address list of 2021.
    assert len(found.boards.without) == 11
    assert found.listed.select("rule").unique().rows() == [("unknown_school",)]


def test_of_files_with_masked_counts_there_are_ranges_and_no_count():
    found = looked_at(DATA / "po-2024-afgeschermd")
    assert len(found.files) == 5
    assert {one.kind for one in found.files} == {"pupils_po_ages_masked"}
    assert found.refusals == ()
    sums = dict(found.totals.group_by("measure").agg(pl.col("quantity").sum()).iter_rows())
    assert "pupils" not in sums
    assert 0 < sums["pupils_at_least"] < sums["pupils_at_most"]
