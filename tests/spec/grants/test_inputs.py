"""What a subsidy is decided on: the deliveries of its day, the lists, and the schools of Caribisch Nederland."""

from dataclasses import fields

import polars as pl

from npo_pipeline.grants.terms import choose_grant_deliveries, grant_inputs
from npo_pipeline.intake.source_precedence import DeliveredData
from schemas import received
from schemas.columns import schema_of
from tests.reading import table
from tests.spec.grants.applying import applied, older, scheme

LIVE = table(
    "delivery_id reference_date kind\n"
    "d1 2019-10-01 register_po\n d2 2020-10-01 register_po\n d3 2020-10-01 scores\n"
    "d4 - applications\n d5 - leerplus_schools\n d6 - completions",
    reference_date="d",
)


def none(model) -> pl.DataFrame:
    return pl.DataFrame(schema=schema_of(model))


def filled(model, text: str, **kinds: str) -> pl.DataFrame:
    return pl.concat([none(model), table(text, **kinds)], how="diagonal_relaxed").select(list(schema_of(model)))


def test_each_subsidy_counts_on_its_own_day_and_uses_the_lists_that_its_rules_name():
    assert choose_grant_deliveries(scheme("IOP"), LIVE) == {
        "iop_pupils_po": ["d2"],
        "iop_scores": ["d3"],
        "applications": ["d4"],
        "completions": ["d6"],
        "leerplus_schools": ["d5"],
    }
    assert choose_grant_deliveries(scheme("EHK"), LIVE) == {"ehk_pupils_po": ["d1"], "applications": ["d4"]}
    assert choose_grant_deliveries(older("IOP"), LIVE) == {"iop_pupils_po": ["d1"], "applications": ["d4"]}


def test_the_schools_of_caribisch_nederland_are_known_by_their_brin_and_by_their_municipality():
    rows = applied("brin applied_on pupils amount\n 01AA 2021-04-20 1 900\n 28PW 2021-04-20 1 900")
    schools = filled(
        received.SCHOOLS,
        "vestiging brin board municipality valid_from\n"
        "01AA00 01AA 10001 Assen 2010-01-01\n 30XY00 30XY 10002 Bonaire 2010-01-01",
        valid_from="d",
    )
    read = {
        "counts": none(received.COUNTS),
        "scores": none(received.SCORES),
        "applications": rows,
        "completions": none(received.COMPLETIONS),
        "leerplus": filled(received.LEERPLUS_SCHOOLS, "delivery_id brin\n d5 09VO").with_columns(leerplus=True),
        "schools": schools,
    }
    others = {one.name: pl.DataFrame() for one in fields(DeliveredData)}
    data = DeliveredData(**{**others, **read})
    found = grant_inputs(scheme("IOP"), {"applications": ["d000009"], "leerplus_schools": ["d5"]}, data)
    assert found.left_out["brin"].to_list() == ["28PW", "30XY"]
    assert found.leerplus["brin"].to_list() == ["09VO"]
    assert found.applications.height == 2
    assert grant_inputs(older("IOP"), {}, data).left_out.is_empty()
