"""Money of municipalities: 118.11 x pupils plus 22.64 x half of each of two scores (BWBR0045681 4(1), 6(3))."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.decisions.omissions import omissions, refuse_silent_clawback
from npo_pipeline.decisions.rule_changes import rule_changes
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import DecisionInputs
from npo_pipeline.entitlements.rules import rule_frames
from npo_pipeline.errors import Refused
from npo_pipeline.rulebook.load import load_file
from schemas.decided import ENTITLEMENTS, INSTALMENTS, TRACE
from tests.reading import rows, table
from tests.rulebook import shipped

LOADED = shipped("2021-2023-gemeenten")
RULES = rule_frames(LOADED)
SCHOOLS = table(
    """
    vestiging  board  municipality  municipality_number  valid_from  valid_to
    01AA00     10001  Assen         0106                 2020-08-01  -
    01AA01     10001  Utrecht       0344                 2020-08-01  -
    02BB00     10002  Assen         0106                 2020-08-01  -
    03CC00     10003  -             -                    2020-08-01  -
    28PW00     10004  Bonaire       9001                 2020-08-01  -
    """,
    valid_from="d",
    valid_to="d",
)
COUNTS = table(
    """
    vestiging  school_type  pupils
    01AA00     bao          100
    01AA01     bao          40
    02BB00     vo           70
    02BB00     vo_pro_vbo   30
    03CC00     sbo          10
    28PW00     bao          300
    """,
    pupils="i",
)
SCORES = table(
    """
    municipality_number  score_2019  score_2020
    0106                 10.00       10.01
    0344                 0.00        0.00
    0518                 5.00        5.00
    """,
    score_2019="m",
    score_2020="m",
)
NO_CHANGES = table("effective kind vestiging successor\n 2021-08-01 fusie 01AA00 02BB00", effective="d").clear()
USED = {"pupils_po": ["d1"], "pupils_vo": ["d2"], "municipal_scores": ["d3"]}


def inputs(counts=COUNTS, scores=SCORES, schools=SCHOOLS):
    nothing = counts.clear()
    unscored = pl.DataFrame(schema={"vestiging": pl.String, "school_type": pl.String, "score": pl.Decimal(18, 2)})
    return DecisionInputs(
        counts=counts,
        scores=unscored,
        second_counts=nothing,
        second_scores=unscored,
        schools=schools,
        unplaced_scores=unscored.drop("school_type"),
        changes=table(
            "effective kind vestiging successor\n 2021-08-01 fusie 01AA00 02BB00", effective="d"
        ).clear(),
        municipal_scores=scores,
    )


def decided(**given_inputs):
    return calculate_decision("2021-2023", [RULES], inputs(**given_inputs))


def left_out(used=USED, **given_inputs):
    here = inputs(**given_inputs)
    return list(
        omissions([LOADED], used=used, inputs=here, decided=decided(**given_inputs), day=date(2020, 10, 1))
    )


def remarks(**given_inputs):
    return [one.words for one in left_out(**given_inputs)]


def test_the_pupils_of_a_municipality_are_those_on_vestigingen_in_it_of_whatever_school_type():
    # Assen: 100 + 70 + 30 = 200 x 118.11 = 23,622.00; 22.64 x (10.00 / 2 + 10.01 / 2) = 226.5132
    assert rows(decided().entitlements, "recipient", "school_type", "component", "amount") == [
        ("0106", "all", "gemeente", Decimal("23848.51")),
        ("0344", "all", "gemeente", Decimal("4724.40")),  # the other vestiging of the school: 40 x 118.11
    ]


def test_it_is_no_money_of_a_school_or_a_board():
    columns = ("recipient_kind", "beneficiary", "board", "brin", "vestiging")
    assert rows(decided().entitlements, *columns) == [
        ("gemeente", "0106", None, None, None),
        ("gemeente", "0344", None, None, None),
    ]


def test_the_trace_has_a_row_for_each_part_and_the_parts_add_up_to_the_amount():
    columns = ("beneficiary", "measure", "quantity", "rate", "unrounded", "amount")
    assert [tuple(map(str, row)) for row in rows(decided().trace, *columns)] == [
        ("0106", "pupils", "200.00", "118.11000000", "23622.0000000000", "23622.00"),
        # 10.00 + 10.01 = 20.01, at half of 22.64
        ("0106", "municipal_score", "20.01", "11.32000000", "226.5132000000", "226.51"),
        ("0344", "pupils", "40.00", "118.11000000", "4724.4000000000", "4724.40"),
    ]


def test_an_amount_of_two_parts_has_no_quantity_and_rate_of_its_own():
    columns = ("beneficiary", "measure", "quantity", "rate", "article")
    assert rows(decided().entitlements, *columns) == [
        (
            "0106",
            None,
            None,
            None,
            "BWBR0045681, artikel 4(1)(a) (Stcrt. 2021, 42927); BWBR0045681, artikel 4(1)(b) (Stcrt. 2021, 42927)",
        ),
        (
            "0344",
            "pupils",
            Decimal("40.00"),
            Decimal("118.11"),
            "BWBR0045681, artikel 4(1)(a) (Stcrt. 2021, 42927)",
        ),
    ]


def test_24_terms_of_which_december_2021_pays_five():
    # 4,724.40 / 24 = 196.85, five of it 984.25
    terms = decided().instalments.filter(pl.col("beneficiary") == "0344")
    assert rows(terms, "month", "amount")[:2] == [
        (date(2021, 12, 1), Decimal("984.25")),
        (date(2022, 1, 1), Decimal("196.85")),
    ]
    assert (terms["month"].max(), terms.height) == (date(2023, 7, 1), 20)


NO_NUMBER = (
    "1 vestigingen lie in no known municipality (03CC00): their pupils are left out until an address list gives "
    "its number"
)


def test_what_is_left_out_is_named_and_never_counted_as_0():
    assert remarks() == [
        NO_NUMBER,
        "1 municipalities have a score and no pupils that are counted (0518): nothing is counted for them; check "
        "their numbers",
    ]
    assert remarks(scores=SCORES[:1]) == [
        NO_NUMBER,
        "1 municipalities are not in the file of scores (0344): the part for their score is left out, not counted "
        "as 0",
    ]
    assert remarks(used={"pupils_po": ["d1"]}, scores=SCORES.clear()) == [
        "no vo pupils of 2020-10-01 were delivered: municipalities get nothing for them",
        NO_NUMBER,
        "no scores of municipalities were delivered: the part for their score is left out, not counted as 0",
    ]


def test_schools_of_caribisch_nederland_lie_in_no_municipality_that_is_paid():
    found = decided().entitlements["beneficiary"].to_list()
    assert "9001" not in found
    assert not any("28PW" in words for words in remarks())


def test_a_score_that_is_gone_is_not_taken_back_without_a_word():
    utrecht = SCORES.filter(pl.col("municipality_number") == "0344")
    before, after = decided().entitlements, decided(scores=utrecht).entitlements
    with pytest.raises(Refused, match=r"not in the file of scores \(0106\).*counts € 226,51 more for them"):
        refuse_silent_clawback(left_out(scores=utrecht), before, after)


def test_the_municipality_is_that_of_the_reference_date():
    moved = pl.concat(
        [
            SCHOOLS.filter(pl.col("vestiging") == "01AA01").with_columns(valid_to=date(2020, 12, 31)),
            SCHOOLS.filter(pl.col("vestiging") == "01AA01").with_columns(
                municipality_number=pl.lit("0632"), valid_from=date(2021, 1, 1)
            ),
        ]
    )
    assert decided(counts=COUNTS[1:2], schools=moved).entitlements["recipient"].to_list() == ["0344"]


def test_the_rates_of_both_parts_are_compared_each_with_itself():
    assert rule_changes([RULES], [RULES]).is_empty()
    dearer = RULES.rates.with_columns(
        rate_e8=pl.when(pl.col("measure") == "municipal_score").then(12_00000000).otherwise("rate_e8")
    )
    changed = rule_changes([RULES], [replace(RULES, rates=dearer)])
    assert rows(changed, "component", "what", "before", "after") == [
        ("gemeente", "rate per municipal_score", "11.32", "12.00")
    ]


def test_a_ceiling_that_is_exceeded_lowers_no_amount_and_is_named():
    # 2,606,600 x 118.11 is 307,865,526.00
    many = {"counts": COUNTS[:1].with_columns(pupils=pl.lit(2_606_600, pl.Int64)), "scores": SCORES[1:]}
    assert remarks(**many)[-1] == (
        "together € 307.865.526,00 is above the ceiling of € 307.864.000,00 (BWBR0045681, artikel 2 (Stcrt. 2021, "
        "42927)); no article says what then happens, so no amount is lowered"
    )
    assert decided(**many).entitlements["amount"].to_list() == [Decimal("307865526.00")]


OVERLAY = """
overlay_of: 2021-2023-gemeenten
sources:
  letter:
    title: A letter
    url: https://www.example.nl/letter
    publisher: Somebody
components:
  gemeente:
    rates:
      - school_types: [all]
        MEASURE
        value: 24.00
        unit: EUR per point of municipal score
        status: derived
        source: letter
        where: page 1
        checked_on: 2026-11-27
"""


def test_an_overlay_supplies_the_rate_of_one_part(tmp_path):
    path = tmp_path / "overlay.yaml"
    path.write_text(OVERLAY.replace("MEASURE", "measure: municipal_score"), encoding="utf-8")
    raised = rule_frames(load_file(path)).rates
    assert rows(raised, "measure", "rate_e8") == [("pupils", 118_11000000), ("municipal_score", 12_00000000)]
    path.write_text(OVERLAY.replace("MEASURE", "measure: score"), encoding="utf-8")
    with pytest.raises(Refused, match="no rate for all per score; it has all per municipal_score, all per pupils"):
        load_file(path)


def test_the_tables_hold_it():
    found = decided()
    name = pl.lit("2021-2023-001").alias("decision_id")
    for model, rows_of in (
        (ENTITLEMENTS, found.entitlements),
        (TRACE, found.trace),
        (INSTALMENTS, found.instalments),
    ):
        model.validate(rows_of.with_columns(name).select(list(model.columns)))


MUNICIPALITIES = st.dictionaries(
    st.integers(1, 9999),
    st.tuples(st.integers(1, 10**6), st.integers(0, 10**9), st.integers(0, 10**9)),
    min_size=1,
    max_size=5,
)


@given(MUNICIPALITIES)
def test_each_is_rounded_once_and_its_terms_add_up_to_it(municipalities):
    codes = [f"{place + 1:02d}AA00" for place in range(len(municipalities))]
    numbers = [f"{number:04d}" for number in municipalities]
    pupils, *scores = zip(*municipalities.values(), strict=True)
    hundredths = [pl.Series([Decimal(one).scaleb(-2) for one in year], dtype=pl.Decimal(18, 2)) for year in scores]
    found = decided(
        counts=pl.DataFrame({"vestiging": codes, "school_type": "bao", "pupils": pupils}),
        scores=pl.DataFrame(
            {"municipality_number": numbers, "score_2019": hundredths[0], "score_2020": hundredths[1]}
        ),
        schools=pl.DataFrame(
            {"vestiging": codes, "board": "10001", "municipality": None, "municipality_number": numbers}
        ).with_columns(pl.col("municipality").cast(pl.String), valid_from=date(2020, 10, 1)),
    )
    expected = {}
    for number, count, one, other in zip(numbers, pupils, *scores, strict=True):
        halves = (Decimal(one) + Decimal(other)).scaleb(-2) / 2
        exact = Decimal("118.11") * count + Decimal("22.64") * halves
        expected[number] = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert dict(rows(found.entitlements, "recipient", "amount")) == expected
    for frame in (found.instalments, found.trace):
        assert dict(frame.group_by("beneficiary").agg(pl.col("amount").sum()).iter_rows()) == expected
    # After k terms round(amount x k / 24) is due.
    for number, amount in expected.items():
        terms = found.instalments.filter(pl.col("beneficiary") == number).sort("month")
        until_2021 = terms.filter(pl.col("month") == date(2021, 12, 1))["amount"].sum()
        assert until_2021 == (amount * 5 / 24).quantize(Decimal("0.01"), ROUND_HALF_UP)
