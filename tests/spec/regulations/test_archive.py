"""The archive of rule texts: rules of past decisions and accounts are read from it, or refused in one way."""

import hashlib

import pytest

from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.rulebook.archive import archived_rules, archived_year_end_rules
from npo_pipeline.rulebook.load import load_rulebook, shipped_subsidies
from npo_pipeline.rulebook.year_end import year_end_rules

SUBSIDY = shipped_subsidies()[0]
FILES = (*load_rulebook("2021-2022").regulations, SUBSIDY)
ARCHIVE = {text.sha256: (text.name, text.text) for one in FILES for text in one.texts}
OVERLAY = """\
overlay_of: {name}
sources:
  guess: {{title: A budget, url: "https://www.example.nl/begroting", publisher: A board}}
"""
HASHES = " ".join(one.sha256 for one in FILES)


def test_regulations_and_subsidies_of_a_decision_are_read_again():
    found = archived_rules(ARCHIVE, "all", HASHES)
    assert (found.regulations, found.subsidies) == (load_rulebook("2021-2022").regulations, (SUBSIDY,))


@pytest.mark.parametrize("given", ["later.yaml", "my what-if + 2%.yaml", "a b"])
def test_a_text_that_came_before_under_another_name_has_the_name_it_had_then(given):
    """The archive keeps a text once, by the name it first had; a decision goes by the name it was given."""
    first, *others = FILES
    overlay = OVERLAY.format(name=first.name.removesuffix(".yaml"))
    sha256 = hashlib.sha256(overlay.encode()).hexdigest()
    archive = {**ARCHIVE, sha256: ("first.yaml", overlay)}
    names = " ".join([f"{first.name}+{given}", *(one.name for one in others)])
    found = archived_rules(archive, names, HASHES.replace(first.sha256, f"{first.sha256}+{sha256}"))
    assert [text.name for text in found.regulations[0].texts] == [first.name, given]
    assert found.regulations[1:] == load_rulebook("2021-2022").regulations[1:]


def test_a_text_that_is_gone_does_not_tie():
    gone = {sha256: named for sha256, named in ARCHIVE.items() if sha256 != SUBSIDY.sha256}
    with pytest.raises(BooksDoNotTie, match=r"the text of po\.yaml is gone from table regulations, or changed"):
        archived_rules(gone, "po.yaml", HASHES)


def test_a_text_that_was_changed_does_not_tie():
    name, text = ARCHIVE[SUBSIDY.sha256]
    with pytest.raises(BooksDoNotTie, match="or changed; see `npo verify`"):
        archived_rules({**ARCHIVE, SUBSIDY.sha256: (name, text + "# later\n")}, "po.yaml", HASHES)


def test_rules_of_an_account_are_two_texts():
    rules = year_end_rules()
    archive = {text.sha256: (text.name, text.text) for text in rules.texts}
    assert archived_year_end_rules(archive, rules.name, rules.sha256) == rules
    with pytest.raises(BooksDoNotTie, match="is gone"):
        archived_year_end_rules(archive, rules.name, rules.texts[0].sha256)
