"""Both languages have the same sentences with the same gaps, and words for all that the rules can name."""

import string

import pytest

from npo_pipeline.rulebook.frames import rates, soft_values, unknown_values
from npo_pipeline.rulebook.load import all_shipped
from schemas.columns import SCHOOL_TYPES, STATUSES
from tests.books.explain.languages import DUTCH, ENGLISH, LANGUAGES


def gaps(sentence):
    return sorted(name for _, name, _, _ in string.Formatter().parse(sentence) if name)


def test_the_same_sentences_with_the_same_gaps():
    dutch, english = ({name: gaps(text) for name, text in one.sentences.items()} for one in (DUTCH, ENGLISH))
    assert dutch == english


def test_only_what_is_a_word_in_both_is_the_same_in_both():
    same = {name for name, text in DUTCH.sentences.items() if ENGLISH.sentences[name] == text}
    assert {name for name in same if any(map(str.isalpha, gapless(DUTCH.sentences[name])))} == {
        "cluster",
        "place.brin",
        "school",
        "schools",
    }


def gapless(sentence):
    return "".join(text for text, *_ in string.Formatter().parse(sentence))


@LANGUAGES
def test_words_for_every_school_type_and_status(language):
    assert set(SCHOOL_TYPES) <= set(language.school_types)
    assert set(SCHOOL_TYPES) <= set(language.in_school_type)
    assert set(STATUSES) == set(language.statuses)
    assert len(language.months) == 12


@LANGUAGES
@pytest.mark.parametrize("loaded", all_shipped(), ids=lambda one: one.name)
def test_words_for_all_that_the_shipped_rules_name(language, loaded):
    rules = loaded.regulation
    assert set(rules.components) <= set(language.components)
    assert {component.measure for component in rules.components.values()} <= set(language.units)
    soft, unknown = soft_values(rules), unknown_values(rules)
    named = {*soft["what"], *unknown["what"]}
    assert {what for what in named if not what.startswith("rate of ")} <= set(language.values)
    assert not any("rate of" in language.value(what) for what in named)
    units = {unit.partition(" per ")[2] for unit in rates(rules)["unit"]}
    assert language.code == "en" or units <= set(language.rate_units)


@LANGUAGES
@pytest.mark.parametrize("cause", ["count", "score", "rate", "new school", "no longer counted"])
def test_a_sentence_for_every_cause(language, cause):
    assert gaps(language.sentences[f"cause.{cause}"])
