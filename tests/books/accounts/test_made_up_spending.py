"""Made-up accounts: the same for the same seed, never more than there is, and as many mistakes as are asked."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.accounts.board_reports import latest_reports
from npo_pipeline.delivery.recognise import recognise_delivery
from npo_pipeline.generate.spending import MISTAKES, make_accounts, write_spending
from npo_pipeline.intake.file_result import FileResult
from npo_pipeline.intake.read_delivery import read_delivery

MENU = (
    ("A", "Meer onderwijs", ("Zomerscholen", "Uitbreiding onderwijs")),
    ("B", "Effectiever onderwijs", ("Een-op-een-begeleiding", "Feedback", "Instructie in kleine groepen")),
    ("F", "Randvoorwaarden", ("Ouderbetrokkenheid",)),
)
YEAR = 2021


def country(many: int) -> pl.DataFrame:
    """Schools, six to a board; one in ten has nothing to spend."""
    letters = [chr(65 + n % 26) for n in range(many)]
    return pl.DataFrame(
        {
            "board": [f"{10_000 + n // 6}" for n in range(many)],
            "brin": [f"{n // 676:02d}{letters[n // 26 % 26]}{letters[n % 26]}" for n in range(many)],
            "available": [
                Decimal(n * 7_919 % 20_000_000) / 100 if n % 10 else Decimal("-1.00") for n in range(many)
            ],
        },
        schema_overrides={"available": pl.Decimal(18, 2)},
    )


def read(folder: Path, schools: pl.DataFrame, **more: int) -> dict[str, FileResult]:
    """What the files hold when they are taken in; none of their rows is refused."""
    paths = write_spending(folder, schools, YEAR, seed=7, menu=MENU, **more)
    assert [path.name for path in paths] == ["besteding-2021.csv", "instemming-2021.csv"]
    held = schools.select("board", "brin")
    taken = read_delivery(recognise_delivery(paths, None), pl.Series([], dtype=pl.String), lambda *_: None, held)
    assert [one.rejected for one in taken] == [0, 0]
    return {one.file.kind.name: one for one in taken}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_ones(tmp_path):
    def written(name: str, seed: int) -> list[bytes]:
        return [
            path.read_bytes()
            for path in write_spending(tmp_path / name, country(60), YEAR, seed=seed, menu=MENU, faults=5)
        ]

    assert written("a", 1) == written("b", 1) != written("c", 2)


def test_a_school_never_spends_more_than_it_has_and_most_spend_most_of_it(tmp_path):
    schools = country(600)
    spent = read(tmp_path, schools)["spending"].spending.group_by("brin").agg(pl.col("amount").sum(), pl.len())
    told = schools.join(spent, on="brin", how="left").with_columns(pl.col("amount").fill_null(0))
    assert told.filter(pl.col("amount") > pl.max_horizontal("available", 0)).is_empty()
    assert told.filter((pl.col("available") < 0) & (pl.col("amount") != 0)).is_empty()
    most = told.filter((pl.col("available") > 0) & (pl.col("amount") * 10 >= pl.col("available") * 6))
    assert most.height > 450
    assert told["len"].max() <= 6


def test_what_is_spent_by_the_board_has_the_consent_that_it_asks(tmp_path):
    read_back = read(tmp_path, country(600))
    spending, consents = read_back["spending"].spending, read_back["consents"].consents
    assert spending.filter(pl.col("external") > pl.col("amount")).is_empty()
    of_boards = spending.filter(pl.col("level") == "bovenschools").group_by("brin").agg(pl.col("amount").sum())
    assert of_boards.height > 50
    both = of_boards.join(consents, on="brin")
    assert both.filter(~pl.col("gmr_consent") | (pl.col("board_level_agreed") < pl.col("amount"))).is_empty()
    assert consents.height == 600
    assert consents["mr_date"].dt.year().unique().to_list() == [YEAR]


def test_so_many_boards_make_a_mistake_each_in_turn(tmp_path):
    schools = country(120)
    made = make_accounts(schools, YEAR, seed=7, menu=MENU, faults=12)[1]
    assert [mistake for *_, mistake in made] == [*MISTAKES, *list(MISTAKES)[:2]]
    assert len({board for board, *_ in made}) == 12
    read(tmp_path, schools, faults=12)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_in_the_files(tmp_path, mistake):
    schools = country(120)
    ((_, brin, _),) = [
        one
        for one in make_accounts(schools, YEAR, seed=7, menu=MENU, faults=len(MISTAKES))[1]
        if one[2] == mistake
    ]
    read_back = read(tmp_path, schools, faults=len(MISTAKES))
    spent = latest_reports(read_back["spending"].spending.with_columns(delivery_id=pl.lit("d1")), "year")
    spent = spent.filter(pl.col("brin") == brin)
    (consent,) = read_back["consents"].consents.filter(pl.col("brin") == brin).to_dicts()
    of_board = spent.filter(pl.col("level") == "bovenschools")["amount"].sum()
    names = {name for _, _, names in MENU for name in names}
    found = {
        "overspent": spent["amount"].sum() > schools.filter(pl.col("brin") == brin)["available"].item(),
        "intervention_misspelt": not set(spent["intervention"]) <= names,
        "only_f": set(spent["category"]) == {"F"},
        "no_school_scan": not consent["school_scan"],
        "no_mr_consent": not consent["mr_consent"] and consent["mr_date"] is None,
        "mr_after_the_year": consent["mr_date"] is not None and consent["mr_date"].year > YEAR,
        "board_level_above_agreed": of_board > consent["board_level_agreed"],
        "no_gmr_consent": of_board > 0 and not consent["gmr_consent"],
        "external_above_amount": (spent["external"] > spent["amount"]).any(),
        "nothing_spent": spent.is_empty(),
    }
    assert [name for name, there in found.items() if there] == [mistake]
