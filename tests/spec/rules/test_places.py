"""Schools of a place with rates of their own: under that regulation and under no other."""

from dataclasses import replace

import polars as pl
import pytest

from npo_pipeline.entitlements.rules import (
    UNDER_NO_RULES,
    places_of,
    refuse_euros_overseas,
    rows_under_regulation,
    rule_frames,
    territory_of_schools,
    without_exceptions,
)
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.frames import exceptions
from schemas.frames.money import Places
from tests.reading import rows, table
from tests.rulebook import shipped

SCHOOLS = table("vestiging municipality\n 28PW00 - \n 28ZZ00 Bonaire\n 01AA00 Assen")
COUNTS = table("vestiging school_type pupils\n 28PW00 bao 10\n 28ZZ00 vo 7\n 01AA00 bao 20", pupils="i")
SCORES = table("vestiging score\n 01AA00 1.00", score="m")
CN = table("place brin municipality\n bonaire 28PW -\n bonaire - BONAIRE\n saba 30HN -")
EVERYWHERE = CN.clear()


def claims():
    return territory_of_schools({"cn": CN, "po": EVERYWHERE}, COUNTS, SCORES, SCHOOLS)


def test_a_school_belongs_to_a_place_by_its_brin_or_by_its_municipality():
    assert rows(claims(), "vestiging", "regulation", "place") == [
        ("28PW00", "cn", "bonaire"),
        ("28ZZ00", "cn", "bonaire"),
    ]


def test_a_file_that_does_not_exclude_the_islands_is_refused_where_it_would_count_them():
    """Whatever version the file is of: the places are those of all shipped rules."""
    rules = rule_frames(shipped("2022-2023-po-provisional"))
    forgotten = replace(rules, not_for=Places(EVERYWHERE), name="mine.yaml")
    here = {"counts": COUNTS, "scores": SCORES, "schools": SCHOOLS}
    with pytest.raises(Refused, match=r"mine\.yaml: would count 28PW00, which is in Caribisch Nederland"):
        refuse_euros_overseas([forgotten], **here)
    refuse_euros_overseas([rules], **here)
    refuse_euros_overseas([forgotten, rule_frames(shipped("2022-2023-cn"))], **here)
    refuse_euros_overseas([forgotten], **{**here, "counts": COUNTS[2:]})


def test_all_pupils_of_a_place_count_as_its_school_type():
    found = rows_under_regulation("cn", "cn", claims(), COUNTS)
    assert rows(found, "vestiging", "school_type", "pupils") == [("28PW00", "cn", 10), ("28ZZ00", "cn", 7)]


def test_a_regulation_of_the_whole_country_has_the_others_and_not_these():
    assert rows(rows_under_regulation("po", None, claims(), COUNTS), "vestiging") == [("01AA00",)]


def test_a_place_without_rules_in_force_is_under_no_rules_of_europe():
    rules = rule_frames(shipped("2022-2023-po"))
    places = places_of([rules])
    assert "28PW" in places[UNDER_NO_RULES]["brin"]
    under_none = territory_of_schools(places, COUNTS, SCORES, SCHOOLS)
    assert rows(under_none, "vestiging", "regulation") == [
        ("28PW00", UNDER_NO_RULES),
        ("28ZZ00", UNDER_NO_RULES),
    ]
    assert rows(rows_under_regulation(rules.name, None, under_none, COUNTS), "vestiging") == [("01AA00",)]


def test_where_a_regulation_of_the_place_is_in_force_it_claims_its_schools():
    both = places_of([rule_frames(shipped("2022-2023-po")), rule_frames(shipped("2022-2023-cn"))])
    assert {*territory_of_schools(both, COUNTS, SCORES, SCHOOLS)["regulation"]} == {"2022-2023-cn.yaml"}


@pytest.mark.parametrize("name", ["po", "po-provisional", "vo", "vo-provisional"])
def test_no_regulation_of_europe_is_for_caribisch_nederland_whatever_its_version(name):
    assert shipped(f"2022-2023-{name}").regulation.not_for.value == "caribisch_nederland"


def test_without_places_everybody_is_under_the_country():
    nobody = territory_of_schools({"po": EVERYWHERE}, COUNTS, SCORES, SCHOOLS)
    assert nobody.schema == pl.Schema(dict.fromkeys(["vestiging", "regulation", "place"], pl.String))
    assert nobody.is_empty()
    assert rows_under_regulation("po", None, nobody, COUNTS).equals(COUNTS)


def test_the_school_for_varende_kinderen_has_the_base_and_no_score():
    counted = table(
        """
        vestiging  school_type  component          quantity_e2
        27MK00     bao          per_pupil          1000
        27MK00     bao          achterstandsscore  250
        27ML00     bao          achterstandsscore  250
        """,
        quantity_e2="i",
    )
    kept = without_exceptions(counted, exceptions(shipped("2021-2022-po").regulation))
    assert rows(kept, "vestiging", "component") == [("27MK00", "per_pupil"), ("27ML00", "achterstandsscore")]
