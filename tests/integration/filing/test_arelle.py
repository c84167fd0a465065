"""The full check: Arelle finds nothing in a good filing, and each planted fault by its code."""

from __future__ import annotations

import pytest

from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME
from tests.books.filing.arelle_batch import Batch, national_facts
from tests.books.filing.counted import expected
from tests.books.filing.edges import EDGES, edge
from tests.books.filing.oim import exported, framed
from tests.books.filing.planted import FOR_ARELLE


def test_the_taxonomy_is_clean(arelle: Batch) -> None:
    assert arelle.outcome(FILE_NAME).messages == ()


@pytest.mark.parametrize("form", ["xbrl", "xhtml"])
@pytest.mark.parametrize("board", EDGES)
def test_a_good_filing_says_nothing_and_every_assertion_fires_as_often_as_it_must(
    board: str, form: str, arelle: Batch
) -> None:
    outcome = arelle.outcome(f"{board}.{form}")
    due = expected(edge(board)[1])
    assert outcome.messages == ()
    assert {name: well for name, (well, _) in outcome.assertions.items()} == due
    assert (outcome.satisfied, outcome.unsatisfied) == (sum(due.values()), 0)


def test_a_report_package_validates_alone_and_one_that_does_not_add_up_is_found(arelle: Batch) -> None:
    outcome = arelle.outcome("package.xbri")
    assert outcome.messages == ()
    assert {name: well for name, (well, _) in outcome.assertions.items()} == expected(edge("40001")[1])
    assert "message:va_received_of_schools" in arelle.codes("planted.xbri")


def test_the_national_report_is_as_good(arelle: Batch) -> None:
    outcome = arelle.outcome("report.json")
    assert outcome.messages == ()
    assert {name: well for name, (well, _) in outcome.assertions.items()} == expected(national_facts())


@pytest.mark.parametrize("place", range(len(FOR_ARELLE)), ids=[one.name for one in FOR_ARELLE])
def test_each_planted_fault_has_its_code(place: int, arelle: Batch) -> None:
    assert arelle.codes(f"planted-{place}.xbrl") == FOR_ARELLE[place].arelle


@pytest.mark.parametrize("form", ["xbrl", "xhtml"])
@pytest.mark.parametrize("board", EDGES)
def test_each_form_holds_the_facts_of_the_frame(board: str, form: str, arelle: Batch) -> None:
    read, due = exported(arelle.folder / f"{board}.{form}.json"), framed(edge(board)[1])
    assert len(read) == len(due)
    assert set(read) == set(due)


def test_the_national_report_holds_the_facts_of_all_boards(arelle: Batch) -> None:
    due = framed(national_facts())
    read = exported(arelle.folder / "report.json.json")
    assert len(read) == len(due)
    assert set(read) == set(due)


def test_a_file_that_is_not_there_is_said_and_not_passed_over(arelle: Batch) -> None:
    assert "npo:notValidated" in arelle.codes("gone.xbrl")


def test_a_taxonomy_with_a_fault_is_not_clean(arelle: Batch) -> None:
    assert arelle.outcome("broken.zip").messages
