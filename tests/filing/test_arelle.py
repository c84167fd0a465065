"""The full check: Arelle finds nothing in a good filing, and each planted fault by its code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.arelle import Outcome, Validation, validate
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.reports.xbrl.national_csv import write_national
from npo_pipeline.reports.xbrl.taxonomy.package import FILE_NAME, taxonomy_files, write_taxonomy
from tests.filing.counted import expected
from tests.filing.edges import EDGES, edge
from tests.filing.oim import exported, framed
from tests.filing.planted import PLANTED
from tests.filing.world import YEAR

NATIONAL = tuple(board for board in EDGES if board != "40003")
"""The national report of these tests: assertions take long over many schools."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("filing")


@pytest.fixture(scope="module")
def outcomes(folder: Path) -> dict[str, Outcome]:
    """All files of these tests by name, judged at once: Arelle takes long to start."""
    taxonomy = folder / FILE_NAME
    write_taxonomy(taxonomy)
    for board in EDGES:
        told, facts = edge(board)
        (folder / f"{board}.xbrl").write_bytes(instance(facts, YEAR))
        (folder / f"{board}.xhtml").write_bytes(page(facts, told))
    for place, planted in enumerate(PLANTED):
        (folder / f"planted-{place}.xbrl").write_bytes(planted.xml())
    report = write_national(folder, _national(), YEAR)[0]
    good = [report, *sorted(folder.glob("4*.xhtml")), *sorted(folder.glob("4*.xbrl"))]
    jobs = [
        *[Validation(path, taxonomy, json_into=folder) for path in good],
        *[Validation(path, taxonomy) for path in (taxonomy, *sorted(folder.glob("planted-*.xbrl")))],
    ]
    return {one.file: one for one in validate(jobs)}


def test_the_taxonomy_is_clean(outcomes: dict[str, Outcome]) -> None:
    assert outcomes[FILE_NAME].messages == ()


@pytest.mark.parametrize("form", ["xbrl", "xhtml"])
@pytest.mark.parametrize("board", EDGES)
def test_a_good_filing_says_nothing_and_every_assertion_fires_as_often_as_it_must(
    board: str, form: str, outcomes: dict[str, Outcome]
) -> None:
    outcome = outcomes[f"{board}.{form}"]
    due = expected(edge(board)[1])
    assert outcome.messages == ()
    assert {name: well for name, (well, _) in outcome.assertions.items()} == due
    assert (outcome.satisfied, outcome.unsatisfied) == (sum(due.values()), 0)


def test_the_national_report_is_as_good(outcomes: dict[str, Outcome]) -> None:
    facts = _national()
    assert outcomes["report.json"].messages == ()
    assert {name: well for name, (well, _) in outcomes["report.json"].assertions.items()} == expected(facts)


@pytest.mark.parametrize("place", range(len(PLANTED)), ids=[one.name for one in PLANTED])
def test_each_planted_fault_has_its_code(place: int, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[f"planted-{place}.xbrl"]
    assert {one.code for one in outcome.messages} == PLANTED[place].arelle


@pytest.mark.parametrize("form", ["xbrl", "xhtml"])
@pytest.mark.parametrize("board", EDGES)
@pytest.mark.usefixtures("outcomes")
def test_each_form_holds_the_facts_of_the_frame(board: str, form: str, folder: Path) -> None:
    read, due = exported(folder / f"{board}.{form}.json"), framed(edge(board)[1])
    assert len(read) == len(due)
    assert set(read) == set(due)


@pytest.mark.usefixtures("outcomes")
def test_the_national_report_holds_the_facts_of_all_boards(folder: Path) -> None:
    due = framed(_national())
    read = exported(folder / "report.json.json")
    assert len(read) == len(due)
    assert set(read) == set(due)


def test_a_file_that_is_not_there_is_said_and_not_passed_over(folder: Path, outcomes: dict[str, Outcome]) -> None:
    [outcome] = validate([Validation(folder / "gone.xbrl", folder / FILE_NAME)])
    assert "npo:notValidated" in {one.code for one in outcome.messages}


def _national() -> pl.DataFrame:
    return pl.concat([edge(board)[1] for board in NATIONAL])


def _broken(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for name, content in files.items():
        arc = b'<link:definitionArc xlink:type="arc"'
        yield (
            name,
            content.replace(arc, arc.replace(b"arc", b"arch", 1), 1) if name.endswith("-def.xml") else content,
        )


def test_a_taxonomy_with_a_fault_is_not_clean(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = dict(_broken(taxonomy_files()))
    monkeypatch.setattr("npo_pipeline.reports.xbrl.taxonomy.package.taxonomy_files", lambda: broken)
    write_taxonomy(folder / "broken.zip")
    [outcome] = validate([Validation(folder / "broken.zip", folder / "broken.zip")])
    assert outcome.messages
