"""The facts of a filing: small tables in, facts out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from npo_pipeline.reports.report_data import by_pack, select_boards
from npo_pipeline.reports.xbrl.checks import fact_faults
from npo_pipeline.reports.xbrl.concepts import BY_NAME
from npo_pipeline.reports.xbrl.facts import facts_of
from schemas.frames.accounts import BOARD_BASIS, FACTS
from tests.books.filing.edges import SUMMER, TWO_SCHOOLS
from tests.books.filing.world import School, Went, country, told


def figures(facts: pl.DataFrame, concept: str, brin: str | None = None) -> dict[str, str]:
    """The values of a concept by what it is split by: `A`, `a1`, `school`, `start`; nothing is the whole."""
    rows = facts.filter(pl.col("concept") == concept, pl.col("brin").eq_missing(brin)).to_dicts()
    when = {"duration": "", "start": "start", "end": "end"}
    return {row["member"] or row["level"] or when[row["period"]]: row["value"] for row in rows}


def value(facts: pl.DataFrame, concept: str, brin: str | None = None) -> str | None:
    return figures(facts, concept, brin).get("")


def test_what_a_school_had_got_and_spent_stands_as_in_the_books() -> None:
    facts = facts_of(told(*TWO_SCHOOLS))
    assert figures(facts, "CarriedOver", "01AB") == {"start": "1000.00", "end": "4000.00"}
    assert value(facts, "Received", "01AB") == "5000.00"
    assert value(facts, "Accrued", "02CD") == "2500.50"
    assert value(facts, "SpentOther", "01AB") == "1700.00"
    assert value(facts, "NetChange", "01AB") == "3000.00"


def test_the_money_of_a_board_is_that_of_its_schools() -> None:
    facts = facts_of(told(*TWO_SCHOOLS))
    assert figures(facts, "CarriedOver") == {"start": "1000.00", "end": "6400.40"}
    assert figures(facts, "Spent") == {
        "": "2100.10", "school": "1300.10", "bovenschools": "800.00",
        "A": "1200.00", "B": "900.10", "a3": "1200.00", "b6": "900.10",
    }  # fmt: skip
    assert figures(facts, "SpentExternal") == {
        "": "300.00", "A": "300.00", "B": "0.00", "a3": "300.00", "b6": "0.00",
    }  # fmt: skip


def test_two_ways_of_spending_on_one_intervention_add_up() -> None:
    went = (Went("10.00", "1.00"), Went("5.00", "2.00", level="bovenschools"))
    facts = facts_of(told(School(received="20", spent=went)))
    assert figures(facts, "Spent", "01AA")["b6"] == "15.00"
    assert figures(facts, "SpentExternal", "01AA")["b6"] == "3.00"


@pytest.mark.parametrize(
    ("spent", "external", "share"),
    [
        ("3.00", "1.00", "0.3333"),
        ("3.00", "2.00", "0.6667"),
        ("80.00", "0.01", "0.0001"),  # 0.000125
        ("200.00", "0.01", "0.0001"),  # 0.00005, half away from zero
        ("200.02", "0.01", "0.0000"),
        ("50.00", "50.00", "1.0000"),
        ("50.00", "0.00", "0.0000"),
    ],
)
def test_a_share_has_four_decimals_and_a_half_goes_up(spent: str, external: str, share: str) -> None:
    facts = facts_of(told(School(received="500", spent=(Went(spent, external),))))
    assert value(facts, "ExternalShare") == value(facts, "ExternalShare", "01AA") == share


def test_nothing_spent_has_no_share_and_no_parts() -> None:
    facts = facts_of(told(School(received="500")))
    assert value(facts, "ExternalShare") is None
    assert figures(facts, "Spent") == {"": "0.00"}


def test_what_is_not_on_the_menukaart_is_x_and_no_intervention() -> None:
    facts = facts_of(told(School(received="9", spent=(Went("5.00", on="Kermis"), Went("2.00", "1.00")))))
    assert figures(facts, "Spent", "01AA") == {
        "": "7.00",
        "school": "7.00",
        "B": "2.00",
        "X": "5.00",
        "b6": "2.00",
    }


@pytest.mark.parametrize(("said", "answer"), [(True, "ja"), (False, "nee"), (None, "onbekend")])
def test_an_answer_that_was_not_given_is_unknown(said: bool | None, answer: str) -> None:
    facts = facts_of(told(School(mr=said, gmr=said, scan=said)))
    assert [value(facts, name, "01AA") for name in ("MrConsent", "GmrConsent", "SchoolScan")] == [answer] * 3


def test_dates_and_texts_are_there_where_they_are_known() -> None:
    consent = {"mr_date": date(2021, 6, 15), "result": " Leerlingen\tlopen in "}
    facts = facts_of(told(School(consent=consent), School(brin="02BB", name=None)))
    assert value(facts, "MrConsentDate", "01AA") == "2021-06-15"
    assert value(facts, "Results", "01AA") == "Leerlingen lopen in"
    assert value(facts, "GmrConsentDate", "01AA") is None
    assert value(facts, "ParentsInvolved", "01AA") is None
    assert value(facts, "SchoolName", "02BB") is None


@pytest.mark.parametrize(("errors", "status"), [(0, "zonder fouten"), (2, "met fouten")])
def test_a_board_with_errors_says_so_in_a_fact(errors: int, status: str) -> None:
    facts = facts_of(told(School(errors=errors), School(brin="02BB")))
    assert value(facts, "ReportStatus") == status
    assert value(facts, "Errors") == str(errors)


def test_the_treatment_is_said_in_words() -> None:
    assert value(facts_of(told(School(), treatment="overlopende_passiva")), "Treatment") == "overlopende passiva"


def test_dollars_stay_dollars() -> None:
    facts = facts_of(told(School(received="5", currency="USD")))
    money = facts.filter(pl.col("concept").is_in([one.name for one in BY_NAME.values() if one.kind == "money"]))
    assert money["unit"].unique().to_list() == ["USD"]


def test_a_board_with_two_currencies_has_facts_for_each_under_one_number() -> None:
    report = told(School(received="5"), School(brin="28PW", received="7", currency="USD"))
    facts = facts_of(by_pack(report))
    received = facts.filter(pl.col("brin").is_null(), concept="Received").select("board", "unit", "value").rows()
    assert received == [("40001-EUR", "EUR", "5.00"), ("40001-USD", "USD", "7.00")]
    assert facts.filter(concept="BoardNumber")["value"].to_list() == ["40001", "40001"]
    assert by_pack(select_boards(report, [])).accountability.is_empty()
    assert facts_of(by_pack(told(School(received="5"))))["board"].unique().to_list() == ["40001"]


def test_the_facts_stand_in_one_order_whatever_the_order_of_the_rows() -> None:
    said = told(*country(5))
    turned = replace(said, **{
        name: getattr(said, name).reverse()
        for name in ("accountability", "interventions", "findings", "schools", "consents", "keys")
    })  # fmt: skip
    facts = facts_of(said)
    assert facts.equals(facts_of(turned))
    assert tuple(facts.columns) == FACTS
    assert facts["board"].is_sorted()
    first = facts.group_by("board", maintain_order=True).first()
    assert set(first["concept"]) == {"BoardNumber"}


def test_interventions_stand_in_the_order_of_the_menukaart() -> None:
    went = tuple(
        Went("1.00", on=name)
        for name in ("Fonemisch bewustzijn", "Feedback", "Een-op-een-begeleiding", "Individuele instructie")
    )
    facts = facts_of(told(School(received="9", spent=(*went, Went("1.00", **SUMMER)))))
    members = facts.filter(pl.col("concept") == "Spent", pl.col("brin").is_null())["member"].drop_nulls()
    assert members.to_list() == ["A", "B", "a3", "b1", "b2", "b6", "b10"]


def test_a_reserve_that_moved_and_corrections_of_earlier_years_are_facts_of_boards_that_have_any() -> None:
    moved = School(*("40001", "01AB", "5.00", "9.00", (Went("3.00"),)), transferred="-10.00", corrections="4.50")
    facts = facts_of(told(moved, School("40001", "02CD"), School("40002", "03EF", received="5")))
    assert figures(facts, "CarriedOver", "01AB") == {"start": "5.00", "end": "5.50"}, "5 + 9 - 3 - 10 + 4,50"
    of_schools = [value(facts, name, "01AB") for name in ("Transferred", "Corrections", "AccruedCorrections")]
    assert of_schools == ["-10.00", "4.50", None]
    assert value(facts, "Transferred", "02CD") == "0.00", "so that the schools add up to the board"
    assert value(facts, "Transferred") == "-10.00"
    assert facts.filter(concept="Transferred", board="40002").is_empty()
    assert fact_faults(facts).is_empty()
    wrong = pl.when(pl.col("concept") == "Corrections").then(pl.lit("4.49")).otherwise("value")
    assert "roll_forward" in fact_faults(facts.with_columns(value=wrong))["fault"].to_list()


def test_consent_of_a_school_without_money_in_the_year_is_no_fact():
    report = told(*TWO_SCHOOLS)
    consents = report.consents.with_columns(brin=pl.lit("28PW")).unique(["board", "brin"])
    more = replace(report, consents=pl.concat([report.consents, consents]))
    assert facts_of(more).equals(facts_of(report))


def test_what_is_left_out_and_rested_on_are_facts_of_the_board() -> None:
    rows = [
        ("40001", "EUR", "left_out", "2021-2022", "Nieuwkomers: het bedrag is niet bekend."),
        ("40001", "EUR", "rests_on", "2021-2022", "Afgeleid: de afronding."),
        ("40001", "EUR", "rests_on", "2020-2021", "Afgeleid: het bedrag."),
    ]
    basis = pl.DataFrame(rows, schema=list(BOARD_BASIS), orient="row")
    facts = facts_of(replace(told(*TWO_SCHOOLS, School("40002", "03EF")), basis=basis))
    named = ("Incomplete", "LeftOut", "RestsOn")
    assert [value(facts.filter(board="40001"), one) for one in named] == [
        "ja",
        "2021-2022: Nieuwkomers: het bedrag is niet bekend.",
        "2020-2021: Afgeleid: het bedrag. 2021-2022: Afgeleid: de afronding.",
    ]
    assert [value(facts.filter(board="40002"), one) for one in named] == ["nee", None, None]
    assert fact_faults(facts).is_empty()
