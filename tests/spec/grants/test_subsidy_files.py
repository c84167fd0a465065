"""A subsidy file with one fault in it: file and line are named, and nothing of it is used."""

import re
from datetime import date
from decimal import Decimal

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.fields import citation, cited
from npo_pipeline.rulebook.load import load_rulebook, parse_rules, schemes, shipped_subsidies

HERE = ">>>"
IOP = next(one for one in shipped_subsidies() if one.subsidy.scheme == "IOP")
TEXT = IOP.texts[0].text

FAULTS = {
    "an unknown key": ("scheme: IOP", ">>>scheem: IOP", "scheem: is no key known here"),
    "no scheme code": ("scheme: IOP", ">>>scheme: iop", "'iop' is no code of a scheme"),
    "dollars": ("currency: EUR", ">>>currency: USD", "is 'USD', which is none of 'EUR'"),
    "a unit in dollars": (
        "unit: EUR per participating pupil",
        ">>>unit: USD per pupil",
        "is no unit of an amount",
    ),
    "a ceiling per pupil": (
        "value: 66849200\n        unit: EUR",
        "value: 66849200\n        >>>unit: EUR per pupil",
        "is no unit of a ceiling",
    ),
    "an amount with a comma": ("value: 900", ">>>value: 900,00", "'900,00' is no amount"),
    "a percentage": ("value: 1/10", ">>>value: 10%", "'10%' is no share"),
    "raised to less": ("value: 1/5", ">>>value: 1/20", "is not more than the ordinary share"),
    "a condition nobody built": (
        "- value: score",
        "- >>>value: cumi",
        "is 'cumi', which is none of 'score', 'leerplus' or 'apcg'",
    ),
    "a rounding nobody built": ("value: down", ">>>value: nearest", "is 'nearest', which is none of"),
    "an order nobody built": ("value: order_of_receipt", ">>>value: lots", "is 'lots', which is none of"),
    "a ranking without the others": (
        "      - value: others",
        "      - value: raised",
        "needs a `ranking` that ends with `others`",
    ),
    "a lottery in order of receipt": ("value: ranked_groups", "value: order_of_receipt", "is for `ranked_groups`"),
    "no rule at a ceiling": (
        "    at_the_ceiling:\n      value: order_of_receipt\n      unit: rule\n      status: published\n"
        "      source: stcrt-2021-19015\n      article: 8a(6)\n      checked_on: 2026-11-27\n"
        "      note: By day, and within a day in the order of the file; "
        "the last one gets what is left (Awb 4:25(2)).\n",
        "",
        "is missing; say it of this window or of the subsidy",
    ),
    "no seed": (
        "value: 20210502\n        unit: seed of the lots\n        status: derived",
        ">>>value: null\n        unit: seed of the lots\n        status: unknown",
        "without it no lots are drawn",
    ),
    "a region that boards apply for": (
        "value: board_with_its_schools",
        ">>>value: region",
        "`region` and the applicant `penvoerder_of_the_region` belong together",
    ),
    "a condition of no group": ("groups: [vo]", ">>>groups: [mbo]", "`mbo` is no group; there is po, vo"),
    "no article": ("article: 8a(6)", "where: Artikel 8a", "name the article that states it"),
    "no such day": ("first: 2021-04-15", ">>>first: 2021-04-31", "'2021-04-31' is no date"),
    "backwards": (
        "{first: 2021-04-15, last: 2021-05-02}",
        ">>>{first: 2021-04-15, last: 2021-04-14}",
        "before the first",
    ),
    "overlapping windows": (
        "{first: 2021-06-01, last: 2021-06-13}",
        ">>>{first: 2021-05-02, last: 2021-06-13}",
        "begins before window a ends",
    ),
    "a window that is not there": (
        "only_while_left:\n      value: a",
        "only_while_left:\n      >>>value: c",
        "`c` is no window before",
    ),
    "a window after it": (
        "only_while_left:\n      value: a",
        "only_while_left:\n      >>>value: b",
        "`b` is no window before",
    ),
    "no ceiling for a group": (
        "      vo:\n        value: 38720200",
        "      mbo:\n        value: 38720200",
        "wants one ceiling for each group, no more and no less: mbo, vo",
    ),
    "a school type twice": ("school_types: [vo, vo_pro_vbo]", "school_types: [vo, bao]", "names `bao` again"),
    "a source that is not there": (
        "source: stcrt-2021-35418",
        ">>>source: stcrt-2021-35419",
        "`stcrt-2021-35419` is not among the sources",
    ),
    "a share left unknown": (
        "value: 1/10\n  unit: share of the pupils of the school\n  status: published",
        ">>>value: null\n  unit: share of the pupils of the school\n  status: unknown",
        "without it no application can be decided on",
    ),
    "a value without status": (
        "value: 1/10\n  unit: share of the pupils of the school\n  status: published",
        "value: 1/10\n  unit: x",
        "status: is missing",
    ),
}


@pytest.mark.parametrize(("old", "new", "words"), FAULTS.values(), ids=FAULTS.keys())
def test_what_is_wrong_is_said_with_file_and_line(old, new, words):
    assert TEXT.count(old) >= 1
    faulty = TEXT.replace(old, new, 1)
    with pytest.raises(Refused) as refusal:
        parse_rules(faulty.replace(HERE, ""), "trial.yaml")
    message = str(refusal.value)
    assert re.match(r"trial\.yaml, line \d+: ", message), message
    assert words in message
    if HERE in faulty:
        assert message.startswith(f"trial.yaml, line {faulty[: faulty.index(HERE)].count(chr(10)) + 1}: "), message


def test_the_shipped_files_say_what_was_published():
    assert schemes() == ("EHK", "IOP")
    days = {name: (one.days.value.first, one.days.value.last) for name, one in IOP.subsidy.windows.items()}
    assert days == {
        "a": (date(2021, 4, 15), date(2021, 5, 2)),
        "b": (date(2021, 6, 1), date(2021, 6, 13)),
    }
    assert {one.per_pupil.value for one in IOP.subsidy.groups.values()} == {Decimal(900)}
    assert (IOP.subsidy.share.value, IOP.subsidy.raised.share.value) == (Decimal("0.1"), Decimal("0.2"))
    for loaded in shipped_subsidies():
        shown = [citation(loaded.subsidy, value) for _, value in cited(loaded.subsidy)]
        assert all(one.startswith("BWBR") for one in shown[1:]), shown  # all but the day of publication
    assert {value.status for _, value in cited(IOP.subsidy.windows["a"].ceilings)} == {"published"}


def test_an_unknown_ceiling_is_allowed():
    text = TEXT.replace("value: 116000000", "value: null", 1)
    head, tail = text.split("value: null", 1)
    assert parse_rules(f"{head}value: null{tail.replace('status: published', 'status: unknown', 1)}", "x.yaml")


OVERLAY = """overlay_of: 2020-2021-iop
sources:
  letter: {title: Brief, url: https://www.example.nl/brief, publisher: OCW}
windows:
  a:
    ceilings:
      po: {value: 1000, unit: EUR, status: published, source: letter, where: Brief, checked_on: 2026-11-24}
"""


def test_an_overlay_supplies_a_ceiling(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(OVERLAY)
    ehk, iop = load_rulebook("2020-2021", [path]).subsidies
    assert iop.subsidy.windows["a"].ceilings["po"].value == 1000
    assert iop.subsidy.windows["a"].ceilings["vo"].value == 94_000_000
    assert iop.subsidy.windows["b"] == IOP.subsidy.windows["b"]
    assert (ehk.name, iop.name) == ("2020-2021-ehk.yaml", "2020-2021-iop.yaml+mine.yaml")


SEED = OVERLAY.replace("    ceilings:\n      po: {value: 1000, unit: EUR", "    seed: {value: 7, unit: seed")


def test_an_overlay_supplies_another_seed(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(SEED)
    window = load_rulebook("2020-2021", [path]).subsidies[1].subsidy.windows["a"]
    assert (window.lottery.seed.value, window.lottery.spared_from.value) == (7, Decimal("0.9"))
    assert window.ceilings == IOP.subsidy.windows["a"].ceilings
    path.write_text(SEED.replace("  a:", "  b:"))
    with pytest.raises(Refused, match="line 6: seed: no lots are drawn in window b of 2020-2021-iop"):
        load_rulebook("2020-2021", [path])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  a:\n", "  c:\n", "`c` is not in 2020-2021-iop"),
        ("      po:", "      so:", "`so` is not in 2020-2021-iop"),
        ("ceilings:", "ceiling:", "windows.a.ceiling: is no key known here"),
        ("source: letter", "source: brief", "`brief` is not among the sources"),
        ("2020-2021-iop", "2020-2021-ehk", "`a` is not in 2020-2021-ehk"),
    ],
)
def test_an_overlay_that_does_not_fit(tmp_path, old, new, words):
    path = tmp_path / "mine.yaml"
    path.write_text(OVERLAY.replace(old, new, 1))
    with pytest.raises(Refused, match=r"^mine\.yaml, line ") as refusal:
        load_rulebook("2020-2021", [path])
    assert words in str(refusal.value)


def test_files_of_subsidies_are_told_from_other_rules(tmp_path):
    one, over, other = tmp_path / "own.yaml", tmp_path / "over.yaml", tmp_path / "other.yaml"
    one.write_text(TEXT)
    over.write_text(OVERLAY.replace("2020-2021-iop", "own"))
    other.write_text(
        "overlay_of: 2021-2022-po\nsources: {letter: {title: T, url: 'https://a.nl', publisher: P}}\n"
    )
    paths = [other, over, one]
    for path in paths:
        path.write_text(path.read_text().replace("2020-2021", "2021-2022"))
    rules = load_rulebook("2021-2022", paths)
    assert [one.name for one in rules.subsidies] == ["own.yaml+over.yaml"]
    assert "2021-2022-po.yaml+other.yaml" in [one.name for one in rules.regulations]


def test_a_file_takes_the_place_of_the_shipped_one_of_its_scheme(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(TEXT.replace("value: 66849200", "value: 5"))
    names = [one.name for one in load_rulebook("2020-2021", [path]).subsidies]
    assert names == ["2020-2021-ehk.yaml", "own.yaml"]
    path.write_text(TEXT.replace("school_year: 2020-2021", "school_year: 2021-2022"))
    with pytest.raises(Refused, match=r"^own.yaml: is of school year 2021-2022, not of 2020-2021"):
        load_rulebook("2020-2021", [path])


def test_rules_that_were_not_published_yet_do_not_hold():
    by = {
        day: [one.subsidy.scheme for one in load_rulebook("2020-2021", as_of=day).subsidies]
        for day in (date(2021, 4, 14), date(2021, 4, 25), date(2021, 4, 26))
    }
    assert list(by.values()) == [["IOP"], ["IOP"], ["EHK", "IOP"]]
    with pytest.raises(Refused, match="no regulation is known for 2020-2021 that was published by 2021-04-13"):
        load_rulebook("2020-2021", as_of=date(2021, 4, 13))
    assert load_rulebook("2021-2022").subsidies == ()
