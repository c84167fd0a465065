"""A decision that would take money back unseen is refused, and what gives no money is named."""

import re
from decimal import Decimal
from pathlib import Path

from tests.books.home.npo import here
from tests.integration.end_to_end.programme import PO, SCORES, VO, amounts, decide, po, run, select, vo, write
from tests.rulebook import shipped

DAY = ("--reference-date", "2020-10-01")
APPLICATIONS = "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;DATUM_AANVRAAG;AANTAL_LEERLINGEN;BEDRAG"


def refused(home, *words) -> str:
    ended = here(*words, "--home", home)
    assert ended.status == 3, ended.stdout
    return " ".join(ended.stderr.split())


def a_year_earlier(folder: Path) -> Path:
    """The po regulation of 2021-2022 as if it were of 2020-2021, when there were subsidies."""
    text = shipped("2021-2022-po").texts[0].text.replace("2021-2022", "2020-2021")
    for year in (2021, 2022):
        text = re.sub(rf"^( +){year}-(\d\d: \d/12)", rf"\g<1>{year - 1}-\2", text, flags=re.MULTILINE)
    return write(folder / "2020-2021-po.yaml", text)


def test_a_day_on_which_a_sector_was_not_counted_does_not_take_its_money_back(home, decided, tmp_path):
    decided("2021-2022")
    write(tmp_path / "later" / "po.csv", PO, *po("01AA", 9))
    write(tmp_path / "later" / "scores.csv", SCORES, "01AA00;9;20,00")
    run(home, "ingest", tmp_path / "later", "--reference-date", "2021-10-01")
    said = refused(home, "decide", "--school-year", "2021-2022", "--reference-date", "2021-10-01")
    # 22 vo pupils x 701.16 and 8 of them x 350.58
    assert "no vo pupils of 2021-10-01 were delivered" in said
    assert "the decision before counts € 18.230,16 for it" in said
    assert select(home, "select decision_id from decisions order by 1") == [
        ("2021-2022-001",),
        ("2021-2022-usd-001",),
    ]


def test_rules_that_are_not_in_force_by_an_earlier_day_do_not_take_money_back(decided_once):
    home = decided_once["2022-2023"].home
    before = amounts(home, "2022-2023-usd-001")
    assert before
    said = refused(home, "decide", "--school-year", "2022-2023", *DAY, "--as-of", "2022-01-15")
    assert "US$ 4.001,53 under 2022-2023-cn.yaml, and now there are no rules of sector cn" in said


def test_a_file_of_rules_that_was_named_before_and_is_forgotten_does_not_take_money_back(home, tmp_path):
    rules = a_year_earlier(tmp_path)
    applied = write(tmp_path / "applied.csv", APPLICATIONS, "10001;01AA;EHK;2021-05-10;1;72")
    run(home, "ingest", applied)
    run(home, "ingest", write(tmp_path / "first.csv", PO, *po("01AA", 9)), "--reference-date", "2019-10-01")
    year = ("--school-year", "2020-2021")
    run(home, "decide", *year, "--regulation", rules, "--reference-date", "2019-10-01")
    said = refused(home, "decide", *year)
    assert "€ 6.310,44 under 2020-2021-po.yaml, and now there are no rules of sector po" in said  # 9 x 701.16


def test_a_score_without_pupils_gives_nothing_and_is_named(home, tmp_path):
    scores = write(tmp_path / "vo-scores.csv", SCORES, "05VV00;22;1000,00")
    run(home, "ingest", scores, *DAY)
    remarks = decide(home, "2021-2022")["remarks"]
    named = "1 vestigingen have a score and no pupils that are counted (first 05VV00)"
    assert [one for one in remarks if one.startswith(named)]
    found = amounts(home, "2021-2022-001")
    assert {key[0] for key in found if key[2] == "achterstandsscore"} == {"01AA00"}
    assert run(home, "verify")["ties"]


def test_the_last_scored_vo_school_may_leave_the_register(home, tmp_path):
    run(home, "ingest", write(tmp_path / "s.csv", SCORES, "02VO00;22;10,00"), *DAY)
    more = [*vo("02VO", {"Brugjaar 1-2 1": 8}), *vo("03VO", {"Brugjaar 1-2 1": 5})]
    run(
        home,
        "ingest",
        write(tmp_path / "vo-1.csv", VO, *more),
        "--reference-date",
        "2020-10-01",
        "--max-rejected",
        1,
    )
    decide(home, "2021-2022")
    assert amounts(home, "2021-2022-001")["02VO00", "vo", "achterstandsscore"] == Decimal("10386.30")
    less = vo("02VO", {"Praktijkonderwijs 1": 0}) + vo("03VO", {"Brugjaar 1-2 1": 6})
    run(
        home,
        "ingest",
        write(tmp_path / "vo-2.csv", VO, *less),
        "--reference-date",
        "2020-10-01",
        "--max-rejected",
        1,
    )
    assert ("02VO00", "vo", "achterstandsscore") not in amounts(home, decide(home, "2021-2022")["decision_id"])


def test_a_currency_without_amounts_any_more_is_told_of(home, decided, tmp_path):
    decided("2022-2023")
    run(home, "ingest", write(tmp_path / "po-2.csv", PO, *po("01AA", 10)), *DAY)
    (dollars,) = decide(home, "2022-2023")["others"]
    assert (dollars["decision_id"], dollars["total"]) == ("2022-2023-usd-002", "0.00")


def test_what_was_decided_beside_a_subsidy_is_still_explained(home, decided, tmp_path):
    decided("2021-2022")
    run(home, "ingest", write(tmp_path / "first.csv", PO, *po("01AA", 9)), "--reference-date", "2019-10-01")
    run(home, "ingest", write(tmp_path / "applied.csv", APPLICATIONS, "10001;01AA;EHK;2021-05-10;1;72"))
    run(home, "decide", "--school-year", "2020-2021")
    assert here("explain", "01AA", "--home", home).status == 0
    for words in (("explain", "01AA00", "--decision", "2020-2021-001"), ("tool", "--school-year", "2020-2021")):
        assert "only subsidies were decided; table `grants`" in refused(home, *words)


def test_applications_that_were_all_refused_do_not_trouble_verify(home, tmp_path):
    rules = a_year_earlier(tmp_path)
    run(home, "ingest", write(tmp_path / "first.csv", PO, *po("01AA", 9)), "--reference-date", "2019-10-01")
    wrong = write(tmp_path / "applied.csv", APPLICATIONS, "10001;01AA;EHK;2021-13-10;1;72")
    run(home, "ingest", wrong, "--max-rejected", "1")
    words = ("--school-year", "2020-2021", "--reference-date", "2019-10-01", "--regulation", rules)
    run(home, "decide", *words)
    assert run(home, "verify")["ties"]
