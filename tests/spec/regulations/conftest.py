"""A shipped regulation file with one fault in it, and the line the message must name."""

import re

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import parse_rules
from tests.rulebook import shipped

HERE = ">>>"
"""Stands on the line that the message must name."""


@pytest.fixture(scope="session")
def text():
    """The rules of po, without the worked examples."""
    whole = shipped("2021-2022-po").texts[0].text
    return whole[: whole.index("\nexamples:")]


@pytest.fixture
def refused(text):
    """Replace the first `old` by `new`; check that the message names file, line and `words`."""

    def check(old, new, words):
        assert old in text
        faulty = text.replace(old, new, 1)
        assert faulty.count(HERE) == 1
        line = faulty[: faulty.index(HERE)].count("\n") + 1
        with pytest.raises(Refused) as refusal:
            parse_rules(faulty.replace(HERE, ""), "trial.yaml")
        message = str(refusal.value)
        assert message.startswith(f"trial.yaml, line {line}: "), message
        assert re.search(words, message), message

    return check
