"""The fast checks: a good filing passes, and every planted fault is told by its own rule and no other."""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl
import pytest

from npo_pipeline.reports.xbrl.checks import fact_faults, file_faults
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.instance import instance
from tests.books.filing.edges import EDGES, edge
from tests.books.filing.planted import PLANTED
from tests.books.filing.planting import BOARD, Planted, good
from tests.books.filing.world import YEAR, School, Went, country, told

Change = Callable[[pl.DataFrame], pl.DataFrame]


def test_good_facts_and_good_files_pass() -> None:
    facts = pl.concat([edge(board)[1] for board in EDGES])
    assert fact_faults(facts).is_empty()
    assert file_faults([(board, instance(edge(board)[1], YEAR)) for board in EDGES], YEAR).is_empty()


def test_a_country_passes() -> None:
    assert fact_faults(facts_of(told(*country(200)))).is_empty()


@pytest.mark.parametrize("planted", PLANTED, ids=[one.name for one in PLANTED])
def test_each_fault_in_a_file_is_told_by_its_rule_alone(planted: Planted) -> None:
    faults = file_faults([(BOARD, planted.xml()), ("40002", instance(edge("40002")[1], YEAR))], YEAR)
    assert set(faults["fault"]) == planted.fast
    assert set(faults["board"]) == {BOARD}


def _with_unit(measure: str) -> Callable[[str], str]:
    unit = f'<xbrli:unit id="x"><xbrli:measure>{measure}</xbrli:measure></xbrli:unit>\n<npo:BoardNumber'
    return lambda text: text.replace("<npo:BoardNumber", unit, 1)


_FOOTNOTE = (
    '<link:footnoteLink xlink:type="extended" xlink:role="http://www.xbrl.org/2003/role/link"/></xbrli:xbrl>'
)

FILES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("not_xml", lambda text: text.replace("</xbrli:xbrl>", "")),
    ("schema_reference", lambda text: text.replace("/npo.xsd", "/other.xsd")),
    ("byte_order_mark", lambda text: "\ufeff" + text),
    ("not_utf_8", lambda text: text.replace("De Eik", "De \udcff")),
    ("unused_unit", _with_unit("iso4217:USD")),
    ("duplicate_unit", _with_unit("iso4217:EUR")),
    (
        "duplicate_context",
        lambda text: re.sub(r'(<xbrli:context id=")(D2021)(".*)', r"\1\2\3\n\1again\3", text, count=1),
    ),
    ("foreign_element", lambda text: text.replace("</xbrli:xbrl>", _FOOTNOTE)),
    ("schema", lambda text: text.replace("xbrli:xbrl", "xbrli:report")),
)


@pytest.mark.parametrize(("fault", "change"), FILES, ids=[name for name, _ in FILES])
def test_a_file_that_is_no_filing_is_told_so(fault: str, change: Callable[[str], str]) -> None:
    changed = change(good()).encode(errors="surrogateescape")
    assert changed != good().encode()
    assert fault in set(file_faults([(BOARD, changed)], YEAR)["fault"])


def test_an_entity_from_outside_is_never_read(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("Geheim")
    outside = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>\n<xbrli:xbrl '
    text = good().replace("<xbrli:xbrl ", outside, 1).replace("De Eik", "&e;", 1)
    faults = file_faults([(BOARD, text.encode())], YEAR)
    assert faults["fault"].to_list() == ["document_type"]
    assert "Geheim" not in str(faults.to_dicts())


def of(concept: str, brin: str | None = "01AB") -> pl.Expr:
    whole = pl.col("member").is_null() & pl.col("level").is_null() & (pl.col("period") != "start")
    return (pl.col("concept") == concept) & pl.col("brin").eq_missing(brin) & whole


def put(which: pl.Expr, column: str, value: str | None) -> Change:
    def change(facts: pl.DataFrame) -> pl.DataFrame:
        assert facts.filter(which).height == 1
        return facts.with_columns(pl.when(which).then(pl.lit(value, pl.String)).otherwise(column).alias(column))

    return change


def again(which: pl.Expr) -> Change:
    return lambda facts: pl.concat([facts, facts.filter(which)])


ROWS: tuple[tuple[str, Change], ...] = (
    ("unknown_board missing_fact", put(of("Errors", None), "board", "4000")),
    ("unknown_school missing_fact", put(of("Received"), "brin", "1AB")),
    ("unknown_concept missing_fact", put(of("Received"), "concept", "Got")),
    ("unknown_member missing_fact", put(of("Spent"), "member", "G")),
    ("unknown_level missing_fact", put(of("Spent"), "level", "klas")),
    ("wrong_place", put(of("SchoolName"), "brin", None)),
    ("wrong_split missing_fact", put(of("Received"), "member", "A")),
    ("wrong_period missing_fact", put(of("Received"), "period", "end")),
    ("wrong_unit", put(of("Received"), "unit", None)),
    ("wrong_unit", put(of("MrConsent"), "unit", "EUR")),
    ("two_currencies", put(of("Received"), "unit", "USD")),
    ("wrong_value", put(of("Received"), "value", "5000")),
    ("wrong_value", put(of("Received"), "value", "5e3")),
    ("wrong_value", put(of("ExternalShare"), "value", "15 %")),
    ("wrong_value", put(of("Errors", None), "value", "-1")),
    ("wrong_value", put(of("MrConsent"), "value", "Ja")),
    ("wrong_value", put(of("SchoolName"), "value", "d’Eik")),
    ("wrong_value", put(of("SchoolName"), "value", " ")),
    ("share_above_one", put(of("ExternalShare"), "value", "1.0001")),
    ("duplicate", again(of("Received"))),
    ("missing_fact", lambda facts: facts.filter(~of("CarriedOver"))),
    ("missing_fact", lambda facts: facts.filter(~of("Treatment", None))),
    ("external_share", lambda facts: facts.filter(~of("ExternalShare"))),
    ("roll_forward sum_of_schools", put(of("CarriedOver"), "value", "4000.01")),
    ("sum_of_schools", put(of("Accrued", None), "value", "0.01")),
    ("calculation sum_of_schools", put(of("SpentOther"), "value", "1700.01")),
)


@pytest.mark.parametrize(("rules", "change"), ROWS, ids=[f"{at} {rules}" for at, (rules, _) in enumerate(ROWS)])
def test_each_fault_in_the_facts_is_told_by_its_rule_alone(rules: str, change: Change) -> None:
    facts = pl.concat([change(edge("40001")[1]), edge("40002")[1]])
    assert set(fact_faults(facts)["fault"]) == set(rules.split())


def test_a_date_that_does_not_exist_is_told() -> None:
    facts = edge("40008")[1]
    wrong = put(of("MrConsentDate", "08OP"), "value", "2021-02-30")
    assert fact_faults(wrong(facts))["fault"].to_list() == ["wrong_value"]


def test_spending_without_parts_is_told() -> None:
    facts = edge("40001")[1].filter(pl.col("member").is_null(), pl.col("level").is_null())
    assert set(fact_faults(facts)["fault"]) == {"sum_of_categories", "sum_of_interventions", "sum_of_levels"}


def test_a_filing_that_is_forced_with_more_external_than_spent_is_told() -> None:
    facts = facts_of(told(School(received="9", spent=(Went("1.00", "2.00"),), errors=1)))
    assert set(fact_faults(facts)["fault"]) == {"share_above_one"}


def test_where_a_fault_is_says_school_concept_and_part() -> None:
    facts = put(of("Received"), "value", "x")(edge("40001")[1])
    assert fact_faults(facts)["where"].to_list() == ["01AB, Received, duration, EUR"]
