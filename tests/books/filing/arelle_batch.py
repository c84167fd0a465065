"""All files of these tests that Arelle judges, in one batch: it takes long to start."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from npo_pipeline.reports.board_page.page import page
from npo_pipeline.reports.xbrl.arelle import Outcome, Validation, validate
from npo_pipeline.reports.xbrl.facts import facts_of
from npo_pipeline.reports.xbrl.instance import instance
from npo_pipeline.reports.xbrl.national_csv import write_national
from npo_pipeline.reports.xbrl.taxonomy import package
from tests.books.filing.edges import EDGES, TWO_SCHOOLS, edge
from tests.books.filing.planted import FOR_ARELLE, together
from tests.books.filing.world import YEAR, School, Went, told

BROKEN_RULES = {
    "unused context": "NL.FR-NL-3.03",
    "told twice, differently": "NL.FR-NL-5.01",
    "letters outside Latin-1": "NL.FR-NL-1.02",
    "rounded amounts": "",
    "document type": "NL.FR-NL-1.03",
}
"""Faults and the filing rule that each breaks; amounts in whole euros are allowed there, but not here."""

OF_EACH_FORM = ("40001", "40007", "40008", "40009")
"""Boards whose filings differ in form, by which the filing rules go: dollars, odd letters, what was not told."""

PLANTED_NATIONAL = {  # a table, what stands there, what is put in its place, what Arelle says
    "BRIN of three signs": ("school.csv", "01AB", "1AB", "tcre:invalidValue"),
    "school of no board": ("school.csv", '"bg:40001","02CD"', '"bg:49999","02CD"', "tcre:referenceKeyViolation"),
    "intervention of no school": ("school_intervention.csv", "02CD", "03CD", "tcre:referenceKeyViolation"),
    "school told twice": ("school.csv", "02CD", "01AB", "tcre:uniqueKeyViolation"),
    "unknown member": ("board_intervention.csv", "npo:CategoryA", "npo:CategoryG", "tcre:invalidValue"),
    "amount in Dutch notation": ("board.csv", "7500.50", "7500,50", "tcre:invalidValue"),
    "share above one": ("board.csv", "0.1429", "1.1429", "tcre:invalidValue"),
    "answer that is none": ("school.csv", '"ja"', '"Ja"', "tcre:invalidValue"),
    "no consent told": ("school.csv", '"ja","ja"', '"ja",""', "tcre:missingValue"),
    "unknown currency": ("board.csv", "iso4217:USD", "iso4217:GBP", "tcre:invalidValue"),
    "status that is none": ("board.csv", "zonder fouten", "goed", "tcre:invalidValue"),
}

IN_NATIONAL = tuple(board for board in EDGES if board != "40003")
"""The boards of the national report: assertions take long over many schools."""


def national_facts() -> pl.DataFrame:
    return pl.concat([edge(board)[1] for board in IN_NATIONAL])


@dataclass(frozen=True)
class Batch:
    """The folder of the files, and the outcomes by path in it and by what it was checked."""

    folder: Path
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)

    def outcome(self, path: str, by: str = "all") -> Outcome:
        return self.outcomes[path, by]

    def codes(self, path: str, by: str = "all") -> set[str]:
        return {message.code for message in self.outcomes[path, by].messages}


def judged(folder: Path) -> Batch:
    """Write all files into a folder and have Arelle judge them."""
    taxonomy = folder / package.FILE_NAME
    package.write_taxonomy(taxonomy)
    jobs = [*_good(folder, taxonomy), *_planted(folder, taxonomy), *_national(folder, taxonomy)]
    jobs += [Validation(one, one) for one in (taxonomy, _broken_taxonomy(folder))]
    jobs.append(Validation(folder / "gone.xbrl", taxonomy))
    jobs += _packages(folder)
    keys = [(one.path.relative_to(folder).as_posix(), one.by) for one in jobs]
    return Batch(folder, dict(zip(keys, validate(jobs), strict=True)))


def _packages(folder: Path) -> Iterator[Validation]:
    """Write a report package, and one of a filing that does not add up: no other file goes with them."""
    whole = page(edge("40001")[1], edge("40001")[0])
    for name, content in (("package", whole), ("planted", whole.replace(b">2.500,50<", b">2.500,51<"))):
        path = folder / f"{name}.xbri"
        path.write_bytes(package.report_package("npo-2021-40001.xhtml", content))
        yield Validation(path, None)


def _good(folder: Path, taxonomy: Path) -> Iterator[Validation]:
    # The largest go first, so that no core waits for the other at the end.
    yield Validation(write_national(folder, national_facts(), YEAR)[0], taxonomy, json_into=folder)
    for board in sorted(EDGES, key=lambda one: one != "40003"):
        report, facts = edge(board)
        (folder / f"{board}.xbrl").write_bytes(instance(facts, YEAR))
        (folder / f"{board}.xhtml").write_bytes(page(facts, report))
        yield Validation(folder / f"{board}.xbrl", taxonomy, json_into=folder)
        yield Validation(folder / f"{board}.xhtml", taxonomy, json_into=folder)
        if board in OF_EACH_FORM:
            yield Validation(folder / f"{board}.xbrl", taxonomy, by="filing_rules")


def _planted(folder: Path, taxonomy: Path) -> Iterator[Validation]:
    for place, planted in enumerate(FOR_ARELLE):
        path = folder / f"planted-{place}.xbrl"
        path.write_bytes(planted.xml())
        yield Validation(path, taxonomy)
    broken = folder / "broken-rules.xbrl"
    broken.write_bytes(together(*BROKEN_RULES).xml())
    yield Validation(broken, taxonomy, by="filing_rules")


def _national(folder: Path, taxonomy: Path) -> Iterator[Validation]:
    """A good national report in folder `good`, and one in a folder of its own for each fault planted in it."""
    abroad = School("40007", "28PW", "0", "7.00", (Went("2.00"),), currency="USD")
    # Apostrophes at the start of cells beside each other: a reader that guesses takes them for quotes.
    dutch = [
        School("40008", brin, "0", "7.00", (Went("2.00"),), name="'t Eenspan", municipality="'s-Hertogenbosch")
        for brin in ("31AA", "31AB", "31AC")
    ]
    facts = facts_of(told(*TWO_SCHOOLS, abroad, *dutch))
    for name in ("good", *PLANTED_NATIONAL):
        (folder / name).mkdir()
        report = write_national(folder / name, facts, YEAR)[0]
        if name in PLANTED_NATIONAL:
            file, old, new, _ = PLANTED_NATIONAL[name]
            table = report.parent / file
            assert old in table.read_text()
            table.write_text(table.read_text().replace(old, new, 1))
        yield Validation(report, taxonomy, by="table_constraints")


def _broken_taxonomy(folder: Path) -> Path:
    """A taxonomy package with an arc that is none."""
    arc = b'<link:definitionArc xlink:type="arc"'
    files = {
        name: content.replace(arc, arc.replace(b"arc", b"arch", 1), 1) if name.endswith("-def.xml") else content
        for name, content in package.taxonomy_files().items()
    }
    path = folder / "broken.zip"
    package.write_files(path, files)
    return path
