"""An overlay supplies what its operator knows: only that changes, and what does not fit is refused by line."""

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.fields import Source
from npo_pipeline.rulebook.frames import rates, unknown_values
from npo_pipeline.rulebook.load import load_file, load_rulebook, parse_texts
from npo_pipeline.rulebook.overlay import SuppliedRate, overlay_text
from npo_pipeline.rulebook.yaml_document import document_from

OVERLAY = """\
overlay_of: 2022-2023-po
sources:
  own-letter:
    title: Letter to the board
    url: https://example.nl/letter
    publisher: DUO
components:
  per_pupil:
    rates:
      - school_types: [sbo]
        value: 750.00
        unit: EUR per pupil
        status: published
        source: own-letter
        where: page 2
        checked_on: 2026-11-24
"""


PROVISIONAL = OVERLAY.replace("2022-2023-po", "2022-2023-po-provisional")


@pytest.fixture
def written(tmp_path):
    def write(text, name="overlay.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


def of(found, component):
    mine = rates(found.regulation)
    return {
        kind: rate
        for name, kind, rate in mine.select("component", "school_type", "rate_e8").rows()
        if name == component
    }


def test_a_rate_that_was_unknown_is_supplied_and_the_others_stay(written):
    found = load_file(written(PROVISIONAL))
    assert of(found, "per_pupil") == {"bao": 500_00_000_000, "sbo": 750_00_000_000}
    unknown = unknown_values(found.regulation)
    assert [kind for name, kind in unknown.select("component", "school_type").rows()][:2] == [
        "so",
        "vso",
    ]
    assert found.regulation.sources["own-letter"].publisher == "DUO"


def test_one_school_type_of_several_that_share_a_rate(written):
    only_vso = PROVISIONAL.replace("[sbo]", "[vso]").replace("750.00", "1000.00")
    assert of(load_file(written(only_vso)), "per_pupil") == {"bao": 500_00_000_000, "vso": 1000_00_000_000}


def test_an_overlay_is_named_and_hashed_beside_its_file_and_read_again_from_both(written):
    found = load_file(written(OVERLAY))
    assert found.name == "2022-2023-po.yaml+overlay.yaml"
    assert re.fullmatch(r"[0-9a-f]{64}\+[0-9a-f]{64}", found.sha256)
    assert parse_texts([(text.name, text.text) for text in found.texts]) == found


def test_among_the_rules_of_a_year_it_lies_over_its_own_file_alone(written):
    names = [one.name for one in load_rulebook("2022-2023", [written(OVERLAY)]).regulations]
    assert names == [
        "2022-2023-cn.yaml",
        "2022-2023-po.yaml+overlay.yaml",
        "2022-2023-vo.yaml",
        "2022-2023-arbeidsmarkttoelage.yaml",
    ]


def test_two_overlays_one_over_the_other(written):
    second = OVERLAY.replace("[sbo]", "[so, vso]").replace("750.00", "1000.00")
    paths = [written(OVERLAY, "one.yaml"), written(second, "two.yaml")]
    (po,) = [one for one in load_rulebook("2022-2023", paths).regulations if one.regulation.sector == "po"]
    assert po.name == "2022-2023-po.yaml+one.yaml+two.yaml"
    assert of(po, "per_pupil")["sbo"] == 750_00_000_000
    assert of(po, "per_pupil")["vso"] == 1000_00_000_000


def test_cumi_of_all_three_school_types(written):
    cumi = (
        OVERLAY.replace("per_pupil:", "cumi:")
        .replace("[sbo]", "[sbo, so, vso]")
        .replace("pupil\n", "cumi pupil\n")
    )
    found = load_file(written(cumi.replace("750.00", "700.10")))
    assert found.regulation.components["cumi"].rates[0].value == Decimal("700.10")
    assert found.regulation.components["cumi"].threshold.units.value == 4


def test_what_does_not_fit_the_component_it_lies_over_is_refused_at_its_own_line(written):
    # the rate of sbo alone leaves so and vso the old one, and what is above the threshold has one rate
    cumi = OVERLAY.replace("per_pupil:", "cumi:").replace("pupil\n", "cumi pupil\n")
    with pytest.raises(Refused) as refusal:
        load_file(written(cumi))
    assert str(refusal.value).startswith(
        "overlay.yaml, line 9: components.cumi.rates: has a threshold, so all its school types share one rate"
    )


REFUSED = {
    "unknown regulation": ("overlay_of: 2022-2023-po", "overlay_of: 2022-2023-poo", 1, "is `2022-2023-po` meant"),
    "unknown component": ("  per_pupil:", "  per_pupli:", 8, "is `per_pupil` meant"),
    "unknown school type": ("[sbo]", "[vo]", 10, "per_pupil has no rate for vo; it has bao, sbo, so, vso"),
    "no such school type": ("[sbo]", "[sob]", 10, "none of 'bao'"),
    "comma": ("750.00", "750,00", 11, "'750,00' has a comma; write it with a point, as 750.00"),
    "unknown source": (
        "source: own-letter",
        "source: own-leter",
        14,
        "`own-leter` is not among the sources; is `own-letter` meant",
    ),
    "unknown key": ("        where:", "        were:", 15, "is `where` meant"),
    "no citation": ("        where: page 2\n", "", 10, "where: is missing"),
    "wrong currency": ("EUR per pupil", "USD per pupil", 12, "`USD per pupil` is no unit of a rate here"),
    "no such day": ("2026-11-24", "2026-11-31", 16, "'2026-11-31' is no date"),
    "tag": ("750.00", "!!float 750.00", 11, "holds a tag"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused_with_file_and_line(written, old, new, line, words):
    assert old in OVERLAY
    with pytest.raises(Refused) as refusal:
        load_file(written(OVERLAY.replace(old, new, 1)))
    assert re.search(rf"^overlay.yaml, line {line}: .*{re.escape(words)}", str(refusal.value)), refusal.value


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)


@given(texts, texts, texts)
def test_an_overlay_is_read_as_it_was_written(title, where, note):
    source = Source(title=title, url="https://www.example.nl/a?b=c:%20#d", publisher="null")
    rate = SuppliedRate(
        component="per_pupil",
        school_types=("so", "vso"),
        value=Decimal("1000.00"),
        unit="EUR per pupil",
        source="letter",
        where=where,
        checked_on=date(2022, 2, 25),
        note=note,
    )
    text = overlay_text("2022-2023-po", [rate], {"letter": source}, ["A comment"])
    read = document_from(text, "overlay.yaml").data
    assert read["sources"]["letter"] == {"title": title, "url": str(source.url), "publisher": "null"}
    (found,) = read["components"]["per_pupil"]["rates"]
    assert [found[name] for name in ("where", "note", "value")] == [where, note, "1000.00"]
    assert [found[name] for name in ("school_types", "status")] == [["so", "vso"], "derived"]
