"""A value of a regulation is cited by article, and shown in one way; any other source by words."""

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.fields import citation, cited
from npo_pipeline.rulebook.listing import described
from npo_pipeline.rulebook.load import load_file

LAW = """\
overlay_of: 2022-2023-po
sources:
  law:
    title: Regeling
    url: https://wetten.overheid.nl/BWBR0046693
    publisher: Staatscourant
    bwb: BWBR0046693
    stcrt: "2022, 13905"
    number: "32561416"
    signed: 2022-05-16
    published_on: 2022-05-23
    in_force: 2022-08-01
components:
  per_pupil:
    rates:
      - school_types: [sbo]
        value: 750.00
        unit: EUR per pupil
        status: published
        source: law
        article: 4(4)
        checked_on: 2026-11-27
"""


@pytest.fixture
def loaded(tmp_path):
    def load(text):
        (tmp_path / "overlay.yaml").write_text(text, encoding="utf-8")
        return load_file(tmp_path / "overlay.yaml").regulation

    return load


def shown(rules):
    return next(citation(rules, one) for _, one in cited(rules) if one.source == "law")


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ("4(4)", "BWBR0046693, artikel 4(4) (Stcrt. 2022, 13905)"),
        ("6(4)(a)", "BWBR0046693, artikel 6(4)(a) (Stcrt. 2022, 13905)"),
        ("7(3) en 8(3)", "BWBR0046693, artikelen 7(3) en 8(3) (Stcrt. 2022, 13905)"),
    ],
)
def test_an_article_is_shown_with_its_regulation_and_staatscourant(loaded, article, expected):
    assert shown(loaded(LAW.replace("4(4)", article))) == expected


def test_a_value_that_the_regulation_does_not_state_is_cited_in_words(loaded):
    reasoned = LAW.replace("status: published", "status: derived").replace("article: 4(4)", "where: Niet bepaald")
    assert shown(loaded(reasoned)) == "Niet bepaald"


def test_a_regulation_is_described_with_its_numbers_and_dates(loaded):
    assert described(loaded(LAW).sources["law"]) == (
        "Regeling. BWBR0046693, Stcrt. 2022, 13905, nr. 32561416, signed 2022-05-16, published 2022-05-23, "
        "in force 2022-08-01. https://wetten.overheid.nl/BWBR0046693"
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("article: 4(4)", "where: page 2", 16, "article: is missing: `law` is a regulation, so name the article"),
        ("article: 4(4)", "article: lid 4", 21, "'lid 4' is no article: write number and paragraph as 4"),
        ("article: 4(4)", "article: 4(4)\n        where: page 2", 22, "stands beside an `article`"),
        ("        article: 4(4)\n", "", 16, "where: is missing; add it, or the `article`"),
        ("    bwb: BWBR0046693\n", "", 7, "is of a regulation; add its `bwb`"),
        ("    signed: 2022-05-16\n", "", 7, "is a regulation, so it needs signed as well"),
        ("bwb: BWBR0046693", "bwb: R2", 7, "'R2' is no number of the Basis Wetten Bestand"),
        ('stcrt: "2022, 13905"', "stcrt: 2022-13905", 8, "write year and number as 2021, 39244"),
    ],
)
def test_a_citation_that_is_not_whole_is_refused(loaded, old, new, line, words):
    assert old in LAW
    with pytest.raises(Refused) as refusal:
        loaded(LAW.replace(old, new))
    assert str(refusal.value).startswith(f"overlay.yaml, line {line}: "), str(refusal.value)
    assert words in str(refusal.value)


def test_an_article_of_what_is_no_regulation_is_refused(loaded):
    plain = LAW[: LAW.index("    bwb:")] + LAW[LAW.index("components:") :]
    with pytest.raises(Refused, match=r"line 15: article: `law` is no regulation; say in `where`"):
        loaded(plain)
