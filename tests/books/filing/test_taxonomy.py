"""The taxonomy: everything in it comes from the concept table and the menukaart, in two languages."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from npo_pipeline.reports.xbrl.concepts import CONCEPTS, VERSION
from npo_pipeline.reports.xbrl.taxonomy.elements import elements
from npo_pipeline.reports.xbrl.taxonomy.formula import ASSERTIONS
from npo_pipeline.reports.xbrl.taxonomy.linkbases import reference_parts
from npo_pipeline.reports.xbrl.taxonomy.package import taxonomy_files, write_taxonomy
from npo_pipeline.rulebook.year_end import year_end_rules

XS = "{http://www.w3.org/2001/XMLSchema}"
LINK = "{http://www.xbrl.org/2003/linkbase}"
XLINK = "{http://www.w3.org/1999/xlink}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def tree(end: str) -> etree._Element:
    return etree.fromstring(taxonomy_files()[f"xbrl/npo{end}"])


def labels(language: str) -> dict[str, str]:
    """The standard label of each element."""
    root = tree(f"-lab-{language}.xml")
    texts = {
        one.get(f"{XLINK}label"): one.text
        for one in root.iter(f"{LINK}label")
        if one.get(LANG) == language and one.get(f"{XLINK}role", "").endswith("/label")
    }
    arcs = root.iter(f"{LINK}labelArc")
    pairs = [(one.get(f"{XLINK}from"), one.get(f"{XLINK}to")) for one in arcs]
    return {start: texts[end] for start, end in pairs if end in texts}


def test_every_element_is_declared_once_and_nothing_else() -> None:
    declared = [one.get("name") for one in tree(".xsd").findall(f"{XS}element")]
    due = [*[one.name for one in CONCEPTS], *[one.name for one in elements()], "Brin"]
    assert declared == due
    assert len(set(declared)) == len(declared)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_element_has_a_label_in_both_languages(language: str) -> None:
    due = {one.name: getattr(one, language) for one in CONCEPTS}
    due |= {one.name: getattr(one, language) for one in elements()}
    assert labels(language) == due


def test_every_intervention_of_the_menukaart_is_a_member_by_its_own_name() -> None:
    shown = labels("nl")
    for letter, category in year_end_rules().menukaart.all_categories().items():
        assert shown[f"Category{letter}"] == f"{letter}. {category.name}"
        for key, name in category.interventions.items():
            assert shown[f"Intervention{key.upper()}"] == name


def test_every_concept_is_shown_and_has_a_table() -> None:
    for end, tag in (("-pre.xml", "presentationArc"), ("-def.xml", "definitionArc")):
        reached = {one.get(f"{XLINK}to").split(".")[0] for one in tree(end).iter(f"{LINK}{tag}")}
        assert reached.issuperset(one.name for one in CONCEPTS), end


def test_every_assertion_speaks_dutch_and_english() -> None:
    root = tree("-for.xml")
    spoken = [one.get(LANG) for one in root.iter("{http://xbrl.org/2010/message}message")]
    judged = [one.get("id") for one in root.iter("{http://xbrl.org/2008/assertion/value}valueAssertion")]
    assert judged == [f"va_{one.name}" for one in ASSERTIONS]
    assert spoken == ["nl", "en"] * len(ASSERTIONS)


def test_the_package_is_one_folder_of_files_without_a_date(tmp_path: Path) -> None:
    write_taxonomy(tmp_path / "one.zip")
    write_taxonomy(tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as package:
        names = package.namelist()
        assert {name.split("/")[0] for name in names} == {"npo-taxonomy-2026-11-28"}
        assert {one.date_time for one in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "npo-taxonomy-2026-11-28/META-INF/taxonomyPackage.xml" in names


def test_a_published_version_keeps_its_bytes() -> None:
    """Filings refer to a version for years: another byte in it asks for another version."""
    digest = hashlib.sha256(b"".join(content for _, content in sorted(taxonomy_files().items())))
    assert (VERSION, digest.hexdigest()) == (
        "2026-11-28",
        "8ead55a02a1a439ae6d13052ee801ca5f89d2a0dad801ae9de9c42b55f17a8ba",
    )


def test_nothing_but_the_schemas_of_xbrl_lies_outside() -> None:
    for name, content in taxonomy_files().items():
        for one in etree.fromstring(content).iter():
            for value in (one.get(f"{XLINK}href"), one.get("schemaLocation")):
                inside = value is None or value.startswith(("npo", "#"))
                assert inside or value.startswith(("http://www.xbrl.org/", "https://www.xbrl.org/")), (name, value)


def test_every_concept_has_labels_a_reference_and_every_amount_a_side() -> None:
    balance = "{http://www.xbrl.org/2003/instance}balance"
    sides = {one.get("name"): one.get(balance) for one in tree(".xsd").iter(f"{XS}element")}
    assert {one.name: sides[one.name] for one in CONCEPTS} == {one.name: one.balance for one in CONCEPTS}
    assert all((one.balance is not None) == (one.kind == "money") for one in CONCEPTS)
    for end, arc in (("lab-nl", "labelArc"), ("lab-en", "labelArc"), ("ref", "referenceArc")):
        arcs = tree(f"-{end}.xml").iter(f"{LINK}{arc}")
        assert {one.name for one in CONCEPTS} <= {one.get(f"{XLINK}from") for one in arcs}


def test_a_reference_is_the_article_that_asks_for_it_or_the_question_of_the_programme() -> None:
    by_article = {one["Article"] for one in reference_parts("money")}
    assert {"12(2)", "11(2)"} <= by_article
    assert reference_parts("external")[0]["Note"] == "nponderwijs.nl, Verantwoording (5)"
    assert reference_parts("gmr")[0]["Note"] == "nponderwijs.nl, Verantwoording (7)"
    assert reference_parts("own") == [{"Note": "Keuze van dit programma; geen artikel vraagt het."}]
    assert all(reference_parts(one.source) for one in CONCEPTS)
