"""The arbeidsmarkttoelage: listed vestigingen only, a rate per list, and a supplement below 145 pupils."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npo_pipeline.decisions.change_causes import changed_rates
from npo_pipeline.decisions.rule_changes import rule_changes
from npo_pipeline.entitlements.amounts import add_trace, entitlements
from npo_pipeline.entitlements.rules import rule_frames
from npo_pipeline.entitlements.schedule import instalments
from npo_pipeline.rulebook.frames import rates, shares
from npo_pipeline.rulebook.load import load_rulebook
from tests.reading import rows, table
from tests.rulebook import shipped

NAMES = [
    "2021-2022-arbeidsmarkttoelage-initial",
    "2021-2022-arbeidsmarkttoelage",
    "2022-2023-arbeidsmarkttoelage-initial",
    "2022-2023-arbeidsmarkttoelage",
    "2023-2024-arbeidsmarkttoelage",
]
FINAL = shipped("2021-2022-arbeidsmarkttoelage")


def amounts(counted: str, lists: str, regulation=FINAL.regulation) -> pl.DataFrame:
    """The entitlements of counted pupils by vestiging and school type."""
    pupils = table(counted, pupils="i").with_columns(
        beneficiary=pl.col("vestiging"),
        component=pl.lit("arbeidsmarkttoelage"),
        measure=pl.lit("pupils"),
        quantity_e2=pl.col("pupils") * 100,
        counted_e2=pl.lit(0),
    )
    return entitlements(pupils, rates(regulation), table(lists), "vestiging")


def test_the_rate_is_that_of_the_list_and_who_is_on_none_gets_nothing():
    found = amounts(
        """
        vestiging  school_type  pupils
        01AA00     bao          200
        02BB00     sbo          60
        03CC00     so           50
        03CC00     vso          30
        04DD00     vo           300
        05EE00     vo_pro_vbo   120
        05EE00     vo           1
        06FF00     bao          200
        """,
        "vestiging place\n 01AA00 po\n 02BB00 po\n 03CC00 po\n 04DD00 vo\n 05EE00 vo_pro",
    )
    assert rows(found, "vestiging", "school_type", "amount_cents") == [
        ("01AA00", "bao", 106_570_00),  # 200 x 532.85
        ("02BB00", "sbo", 64_344_00),  # 60 x 1,072.40
        ("03CC00", "so", 112_670_00),  # 50 x 2,253.40
        ("03CC00", "vso", 67_602_00),  # 30 x 2,253.40
        ("04DD00", "vo", 185_298_00),  # 300 x 617.66
        ("05EE00", "vo", 761_61),  # every pupil of a pro-vestiging
        ("05EE00", "vo_pro_vbo", 91_393_20),  # 120 x 761.61
    ]


def test_pupils_of_another_kind_than_the_list_give_nothing():
    assert amounts("vestiging school_type pupils\n 01AA00 bao 200", "vestiging place\n 01AA00 vo").is_empty()


def test_a_vestiging_of_fewer_than_145_pupils_gets_a_fixed_amount_less_an_amount_per_pupil():
    found = add_trace(
        amounts(
            """
            vestiging  school_type  pupils
            01AA00     bao          100
            01AA01     bao          144
            01AA02     bao          145
            """,
            "vestiging place\n 01AA00 po\n 01AA01 po\n 01AA02 po",
        )
    )
    assert rows(found, "vestiging", "amount_cents") == [
        ("01AA00", 58_714_96),  # 53,285.00 + 17,632.96 - 12,203.00
        ("01AA01", 76_791_04),  # 76,730.40 + 17,632.96 - 17,572.32: 60.64 on top
        ("01AA02", 77_263_25),  # 145 x 532.85; nothing on top
    ]
    assert [tuple(map(str, row)) for row in rows(found, "small_below", "small_fixed", "small_decrease")] == [
        ("145", "17632.96", "122.03000000"),
        ("145", "17632.96", "122.03000000"),
        ("None", "None", "None"),
    ]


@pytest.mark.parametrize("name", NAMES)
@given(pupils=st.integers(1, 400))
def test_a_supplement_is_never_below_zero_and_falls_to_less_than_one_pupil(name, pupils):
    regulation = shipped(name).regulation
    rate, fixed, decrease = rates(regulation).filter(pl.col("school_type") == "bao").select(
        pl.col("rate_e8", "small_fixed_e8", "small_decrease_e8") // 10**6
    ).row(0)  # fmt: skip
    counted = f"vestiging school_type pupils\n 01AA00 bao {pupils}\n 01AB00 bao {pupils + 1}"
    lists = "vestiging place\n 01AA00 po\n 01AB00 po"
    here, next_one = amounts(counted, lists, regulation)["amount_cents"]
    assert here == rate * pupils + (fixed - decrease * pupils if pupils < 145 else 0)
    assert here >= rate * pupils
    # One pupil more is worth more: the supplement falls by less than the rate, also where it ends.
    assert here < next_one <= here + rate


@pytest.mark.parametrize(
    ("name", "months"),
    [
        (NAMES[1], {date(2021, 11, 1): 24_464_57, date(2022, 1, 1): 34_250_39}),  # 5/12 and 7/12 of 58,714.96
        (NAMES[4], {date(2023, month, 1): 3_581_61 for month in range(8, 13)}),
    ],
)
def test_the_terms_of_the_regulation(name, months):
    regulation = shipped(name).regulation
    found = amounts("vestiging school_type pupils\n 01AA00 bao 100", "vestiging place\n 01AA00 po", regulation)
    due = instalments(found, shares(regulation))
    assert dict(due.select("month", "amount_cents").iter_rows()) == months


def test_of_two_versions_the_one_that_was_published_by_then_counts():
    def versions(as_of):
        found = load_rulebook("2021-2022", as_of=as_of).regulations
        return [one.regulation.version for one in found if one.regulation.scheme]

    assert versions(date(2021, 10, 24)) == []
    assert versions(date(2022, 7, 13)) == ["initial"]
    assert versions(date(2022, 7, 14)) == versions(None) == ["final"]


def test_the_later_version_is_another_rate_for_all_from_the_first_day():
    initial, final = (rule_frames(shipped(name)) for name in NAMES[:2])
    assert changed_rates([initial], [final])["school_type"].n_unique() == 6
    changes = rule_changes([initial], [final]).filter(pl.col("school_type").is_in(["bao", "vo"]))
    assert rows(changes, "school_type", "what", "before", "after") == [
        ("bao", "rate on list po", "523.80", "532.85"),
        ("bao", "supplement below 145 pupils", "17333.45 less 119.96 per pupil", "17632.96 less 122.03 per pupil"),
        ("vo", "rate on list vo", "607.17", "617.66"),
        ("vo", "rate on list vo_pro", "748.67", "761.61"),
    ]
    assert shipped(NAMES[1]).regulation.effective.value == date(2021, 8, 1)
