"""The archive of rule texts: rules of past decisions and accounts are read from it, or refused in one way."""

import pytest

from npo_pipeline.errors import BooksDoNotTie
from npo_pipeline.rulebook.archive import archived_rules, archived_year_end_rules
from npo_pipeline.rulebook.load import load_rulebook, shipped_subsidies
from npo_pipeline.rulebook.year_end import year_end_rules

SUBSIDY = shipped_subsidies()[0]
FILES = (*load_rulebook("2021-2022").regulations, SUBSIDY)
ARCHIVE = {text.sha256: (text.name, text.text) for one in FILES for text in one.texts}
HASHES = " ".join(one.sha256 for one in FILES)


def test_regulations_and_subsidies_of_a_decision_are_read_again():
    found = archived_rules(ARCHIVE, "all", HASHES)
    assert (found.regulations, found.subsidies) == (load_rulebook("2021-2022").regulations, (SUBSIDY,))


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
