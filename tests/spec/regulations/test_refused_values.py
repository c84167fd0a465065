"""What an analyst can get wrong in a regulation file: a key, a citation, a rate, a month, a share.

A case: what is replaced (where it stands first), by what, and words of the message; >>> marks the line
that the message must name.
"""

import re

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import parse_rules
from tests.rulebook import shipped

DATE = "reference_date:\n  value: 2020-10-01\n  unit: date\n  status: published\n  source: bwbr0045533\n"
SCORE = "value: 251.16\n        unit: EUR per unit of score\n        status: "
OCTOBER = "2021-10: 1/12\n        2021-11: 1/12"

KEYS_AND_CITATIONS = {
    "no list": ("school_types: [bao]", ">>>school_types: bao", "school_types: is no list; write it as"),
    "misspelt key": (
        "source: bwbr0045533",
        ">>>sourse: bwbr0045533",
        r"is no key known here; is `source` meant\?",
    ),
    "unknown key": ("currency: EUR", "currency: EUR\n>>>zzz: red", "zzz: is no key known here; take it out"),
    "no source": (
        DATE,
        f">>>{DATE}".replace("  source: bwbr0045533\n", ""),
        "reference_date.source: is missing",
    ),
    "no unit": (DATE, f">>>{DATE}".replace("  unit: date\n", ""), "reference_date.unit: is missing; add it"),
    "empty unit": ("unit: EUR per unit of score", ">>>unit: ''", "unit: is empty; fill it in"),
    "keys for a text": ("unit: cumi pupils", ">>>unit: {of: pupils}", "wants text here, no list or mapping"),
    "unknown source": ("source: bwbr0045533", ">>>source: bwbr-gone", "`bwbr-gone` is not among the sources"),
    "unknown schedule": ("schedule: monthly", ">>>schedule: weekly", "`weekly` is not among the schedules"),
    "its own schedule": ("measure: score", "measure: score\n    >>>schedule: weekly", "`weekly` is not among"),
    "unknown, with a value": (f"{SCORE}published", f">>>{SCORE}unknown", "status `unknown`, so leave it empty"),
    "published, without": ("value: 251.16", ">>>value: null", "is empty under status `published`; fill it in"),
    "no such status": ("status: derived", ">>>status: certain", "'certain', which is none of 'published'"),
    "address that is none": ("url: https://www.vosabb", ">>>url: javascript:vosabb", "is no web address"),
    "name with a space": ("  cumi:\n", "  >>>Cumi pupils:\n", "'Cumi pupils' is no name"),
    "two subjects": (
        "sector: po",
        ">>>sector: po\nscheme: gemeenten",
        "sector: stands beside a `scheme`; keep one",
    ),
    "no such scheme": ("sector: po", ">>>scheme: steunpakket", "which is none of 'arbeidsmarkttoelage'"),
    "other currency": ("currency: EUR", ">>>currency: GBP", "is 'GBP', which is none of 'EUR' or 'USD'"),
}

RATES_AND_COMPONENTS = {
    "comma": ("value: 701.16", ">>>value: 701,16", "'701,16' has a comma; write it with a point, as 701.16"),
    "point and comma": ("value: 1402.31", ">>>value: '1.402,31'", "as 1402.31"),
    "below zero": ("value: 701.16", ">>>value: -701.16", "'-701.16' is below zero; a rate counts from 0"),
    "endless": ("value: 701.16", ">>>value: .inf", "'.inf' is no rate; write it as 701.16"),
    "exponent": ("value: 701.16", ">>>value: 7.0116e2", "'7.0116e2' is no rate"),
    "underscore": ("value: 1402.31", ">>>value: 1_402.31", "'1_402.31' is no rate"),
    "nine decimals": ("value: 701.16", ">>>value: 701.123456789", "has more than 8 decimals"),
    "dollars": ("unit: EUR per pupil", ">>>unit: USD per pupil", "`USD per pupil` is no unit of a rate here"),
    "no such school type": ("[bao]", ">>>[boa]", r"school_types\[1\]: is 'boa', which is none of 'bao', 'sbo'"),
    "school type twice": ("- school_types: [so, vso]", ">>>- school_types: [sbo, vso]", "names `sbo` twice"),
    "no school types": ("[bao]", ">>>[]", "school_types: is empty"),
    "no such measure": ("measure: score", ">>>measure: scores", "'scores', which is none of 'pupils', 'score'"),
    "score paid twice": (
        f"rates:\n      - school_types: [bao]\n        {SCORE}",
        f">>>rates:\n      - school_types: [bao, sbo]\n        {SCORE}",
        "a score belongs to one school type",
    ),
    "two rates above one threshold": (
        "rates:\n      - school_types: [sbo, so, vso]",
        ">>>rates:\n      - {school_types: [bao], value: 1, unit: EUR per pupil, status: derived,"
        " source: rijk-2021, where: x, checked_on: 2026-11-24}\n      - school_types: [sbo, so, vso]",
        "has a threshold, so all its school types share one rate",
    ),
    "threshold not whole": ("value: 4\n", ">>>value: 4.5\n", "'4.5' is no whole number from 0"),
    "no such level": ("value: brin", ">>>value: board", "is 'board', which is none of 'brin' or 'vestiging'"),
    "rounding nobody built": ("to: cent", ">>>to: euro", "is 'euro', which is none of 'cent'"),
}

DATES_AND_SHARES = {
    "no such day": ("value: 2020-10-01", ">>>value: 2021-02-30", "'2021-02-30' is no date"),
    "day first": ("checked_on: 2026-11-27", ">>>checked_on: 24-11-2026", "'24-11-2026' is no date"),
    "deadline too early": ("value: 2025-07-31", ">>>value: 2015-07-31", "lies before the school year"),
    "one year": ("school_year: 2021-2022", ">>>school_year: 2021", "'2021' is no school year"),
    "years apart": ("school_year: 2021-2022", ">>>school_year: 2021-2023", "'2021-2023' is no school year"),
    "no such month": ("2021-10: 1/12", ">>>2021-13: 1/12", "'2021-13' is no month"),
    "out of order": (OCTOBER, "2021-11: 1/12\n        >>>2021-10: 1/12", "comes after 2021-11; put the months in"),
    "month twice": ("2021-11: 1/12", ">>>2021-10: 1/12", "`2021-10` stands here again, first in line "),
    "too early": ("2021-09: 2/12", ">>>2021-07: 2/12", "lies outside 2021-08 to 2022-12"),
    "too late": ("2022-07: 1/12", ">>>2023-01: 1/12", "lies outside 2021-08 to 2022-12"),
    "below one": (
        "instalments:\n        2021-09: 2",
        ">>>instalments:\n        2021-09: 1",
        "up to 11/12 and not to 1",
    ),
    "above one": (
        "instalments:\n        2021-09: 2",
        ">>>instalments:\n        2021-09: 3",
        "up to 13/12 and not to 1",
    ),
    "nothing": ("2021-09: 2/12", ">>>2021-09: 0/12", "'0/12' is no share"),
    "by nothing": ("2021-09: 2/12", ">>>2021-09: 2/0", "'2/0' is no share"),
    "share below zero": ("2021-09: 2/12", ">>>2021-09: -2/12", "'-2/12' is no share"),
    "decimal share": ("2021-09: 2/12", ">>>2021-09: 0.1667", "write a fraction above 0 and up to 1, as 2/12"),
}

CASES = KEYS_AND_CITATIONS | RATES_AND_COMPONENTS | DATES_AND_SHARES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_is_wrong_is_said_with_file_and_line(refused, case):
    refused(*case)


def test_a_cited_value_without_its_keys(text):
    bare = text.replace(DATE, "reference_date: 2020-10-01\nold:\n", 1)
    line = bare[: bare.index("reference_date:")].count("\n") + 1
    with pytest.raises(Refused, match=f"line {line + 1}: old: is no key known here.*see also line {line}$"):
        parse_rules(bare, "trial.yaml")


def test_all_faults_are_found_at_once(text):
    faulty = text.replace("701.16", "701,16").replace("2021-10: 1/12", "2021-10: 0").replace("251.16", "x")
    lines = [faulty[: faulty.index(wrong)].count("\n") + 1 for wrong in ("2021-10: 0", "701,16", "value: x")]
    words = rf"^trial.yaml, line {lines[0]}: .*'0' is no share.*; see also line {lines[1]}, {lines[2]}$"
    with pytest.raises(Refused, match=words):
        parse_rules(faulty, "trial.yaml")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("components:", "components: holds no keys; write them below it, indented"),
        ("components: {}", "components: is empty; fill it in"),
        ("components: [cumi]", "components: holds no keys"),
        ("components: {cumi: 548.56}", r"components.cumi: holds no keys; .* \(a value has value, unit, status"),
        ("components: {cumi: {measure: pupils, rates: []}}", "components.cumi.rates: is empty"),
    ],
)
def test_components_that_are_none(text, wrong, words):
    kept = text[: text.index("\ncomponents:") + 1]
    line = kept.count("\n") + 1
    with pytest.raises(Refused, match=f"^trial.yaml, line {line}: {words}"):
        parse_rules(kept + wrong, "trial.yaml")


def test_a_file_with_nothing_but_a_title_says_what_else_it_needs():
    with pytest.raises(Refused, match=r"^x.yaml, line 1: school_year: is missing; add it"):
        parse_rules("title: x\n", "x.yaml")


def test_a_regulation_is_for_a_sector_or_a_scheme(text):
    with pytest.raises(Refused, match=r"sector: is missing; add it \(po, vo or cn\), or the `scheme`"):
        parse_rules(text.replace("sector: po\n", "", 1), "trial.yaml")
    loaded = parse_rules(text.replace("sector: po", "scheme: arbeidsmarkttoelage", 1), "trial.yaml")
    assert (loaded.regulation.subject, loaded.regulation.sector) == ("scheme arbeidsmarkttoelage", None)


def test_an_unknown_rate_is_allowed_when_it_says_so(text):
    parse_rules(text.replace(f"{SCORE}published", SCORE.replace("251.16", "null") + "unknown"), "x.yaml")


def test_a_wrong_value_is_not_repeated_without_end(text):
    with pytest.raises(Refused) as refusal:
        parse_rules(text.replace("701.16", "7" * 100_000), "x.yaml")
    assert len(str(refusal.value)) < 300


TOELAGE = {
    "a list forgotten": (
        "- school_types: [sbo]\n        list: po",
        "- school_types: [sbo]",
        "list: is missing: others",
    ),
    "no such list": ("list: vo_pro", "list: pro", "is 'pro', which is none of 'po', 'vo' or 'vo_pro'"),
    "a list of scores": ("measure: pupils", "measure: score", "a score belongs to one school type"),
    "one school type twice on a list": (
        "list: vo_pro",
        "list: vo",
        "names `vo` twice; a school type has one rate",
    ),
    "a supplement that takes away": (
        "value: 122.03",
        "value: 122.46",
        "takes more than the fixed amount from 144",
    ),
    "a supplement for two types": ("[bao]", "[bao, sbo]", "small_vestiging: counts the pupils of one school type"),
    "an example on no list": ("school_type: bao\n    list: po", "school_type: bao", "list: is missing; name it"),
}


@pytest.mark.parametrize(("old", "new", "words"), TOELAGE.values(), ids=TOELAGE.keys())
def test_what_is_wrong_with_lists_and_supplements_is_named(old, new, words):
    text = shipped("2021-2022-arbeidsmarkttoelage").texts[0].text
    assert old in text
    with pytest.raises(Refused, match=rf"^trial.yaml, line \d+: .*{re.escape(words)}"):
        parse_rules(text.replace(old, new, 1), "trial.yaml")


def test_a_list_is_of_no_use_where_the_rates_have_none(text):
    wrong = text.replace("- school_types: [bao]", "- school_types: [bao]\n        list: po", 1)
    with pytest.raises(Refused, match=r"rates\[2\].list: is missing: others have one"):
        parse_rules(wrong, "trial.yaml")


MUNICIPAL = {
    "a school year": ("period: 2021-2023", "period: 2021-2022", "scheme: is money of a period of several"),
    "a period and a school year": ("period:", "school_year: 2021-2022\nperiod:", "period: is no key known here"),
    "a board": ("recipient: gemeente", "recipient: bestuur", "recipient: municipalities are paid under `scheme:"),
    "a school type": (
        "school_types: [all]",
        "school_types: [bao]",
        "school_types: of a municipality the pupils of",
    ),
    "another measure": ("measure: municipal_score", "measure: score", "`score` is not counted for those that are"),
    "more than the whole": ("share: 1/2", "share: 3/2", "share: '3/2' is no share"),
}


@pytest.mark.parametrize(("old", "new", "words"), MUNICIPAL.values(), ids=MUNICIPAL.keys())
def test_what_is_wrong_with_the_money_of_municipalities_is_named(old, new, words):
    text = shipped("2021-2023-gemeenten").texts[0].text
    assert old in text
    with pytest.raises(Refused, match=rf"^trial.yaml, line \d+: .*{re.escape(words)}"):
        parse_rules(text.replace(old, new, 1), "trial.yaml")


def test_schools_are_not_paid_by_what_is_counted_of_municipalities(text):
    for old, new, words in (
        ("[bao]", "[all]", "`all` is no school type of a school"),
        ("measure: pupils", "measure: municipal_score", "`municipal_score` is not counted for those"),
    ):
        with pytest.raises(Refused, match=words):
            parse_rules(text.replace(old, new, 1), "trial.yaml")
