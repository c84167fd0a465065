"""Schools that started on 1 August: counted on 1 October after it, paid from March 2022 or January 2023 on.

R1 (BWBR0045533) articles 4(3), 5(2) and 5(7); R2 (BWBR0046693) articles 4(3) and 4(6).
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from npo_pipeline.decisions.change_causes import CauseStep, attribute_changes
from npo_pipeline.decisions.omissions import omissions
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import DecisionInputs, choose_deliveries
from npo_pipeline.entitlements.rules import rule_frames
from tests.reading import rows, table
from tests.rulebook import shipped

PO = shipped("2021-2022-po")
RULES = [rule_frames(PO)]
SCHOOLS = table(
    """
    vestiging  brin  board  municipality  valid_from  valid_to
    01AA00     01AA  10001  Assen         2020-08-01  -
    01AA01     01AA  10001  Assen         2021-08-01  -
    90NN00     90NN  10001  Assen         2021-08-01  -
    91SO00     91SO  10002  Assen         2021-08-01  -
    """,
    valid_from="d",
    valid_to="d",
)
COUNTS = table("vestiging school_type pupils cumi_pupils\n 01AA00 bao 20 0", pupils="i", cumi_pupils="i")
SECOND = table(
    """
    vestiging  school_type  pupils  cumi_pupils
    01AA00     bao          25      0
    01AA01     bao          9       0
    90NN00     bao          12      0
    91SO00     so           10      7
    """,
    pupils="i",
    cumi_pupils="i",
)
NO_SCORES = table("vestiging school_type score\n 01AA00 bao 0.00", score="m").clear()
SECOND_SCORES = table("vestiging school_type score\n 01AA00 bao 3.00\n 90NN00 bao 10.00", score="m")
NO_AREAS = table("delivery_id vestiging samenwerkingsverband\n D2 01AA00 VO2801").clear()
OPENINGS = table(
    """
    delivery_id  vestiging  effective   kind     successor
    D1           01AA01     2021-08-01  opening  -
    D1           90NN00     2021-08-01  opening  -
    D1           91SO00     2021-08-01  opening  -
    """,
    effective="d",
)


def inputs(**changed) -> DecisionInputs:
    found = {
        "counts": COUNTS,
        "scores": NO_SCORES,
        "second_counts": SECOND,
        "second_scores": SECOND_SCORES,
        "schools": SCHOOLS,
        "unplaced_scores": NO_SCORES.drop("school_type"),
        "changes": OPENINGS,
        "areas": NO_AREAS,
    }
    return DecisionInputs(**{**found, **changed})


def decided(**changed):
    return calculate_decision("2021-2022", RULES, inputs(**changed))


def test_they_get_the_base_and_a_basisschool_its_score_and_no_cumi_pupils_count():
    assert rows(decided().entitlements, "vestiging", "school_type", "component", "quantity", "amount") == [
        ("01AA00", "bao", "per_pupil", Decimal(20), Decimal("14023.20")),  # 20 x 701.16, of 1 October 2020
        ("90NN00", "bao", "achterstandsscore", Decimal(10), Decimal("2511.60")),  # 10.00 x 251.16
        ("90NN00", "bao", "per_pupil", Decimal(12), Decimal("8413.92")),  # 12 x 701.16, of 1 October 2021
        (
            "91SO00",
            "so",
            "per_pupil",
            Decimal(10),
            Decimal("14023.10"),
        ),  # 10 x 1,402.31, and no cumi
    ]


def test_a_vestiging_that_opens_at_a_school_that_was_there_is_no_school_that_started():
    assert "01AA01" not in decided().entitlements["vestiging"]


def test_march_pays_eight_twelfths_and_each_month_to_july_one():
    mine = decided().instalments.filter(vestiging="90NN00", component="per_pupil")
    assert rows(mine, "month", "amount") == [
        (date(2022, 3, 1), Decimal("5609.28")),  # 8,413.92 x 8/12
        (date(2022, 4, 1), Decimal("701.16")),
        (date(2022, 5, 1), Decimal("701.16")),
        (date(2022, 6, 1), Decimal("701.16")),
        (date(2022, 7, 1), Decimal("701.16")),
    ]
    school_of_before = decided().instalments.filter(vestiging="01AA00")
    assert school_of_before["month"][0] == date(2021, 9, 1)


def test_the_trace_says_on_which_day_they_were_counted():
    assert dict(rows(decided().trace.unique("vestiging"), "vestiging", "counted_on")) == {
        "01AA00": None,
        "90NN00": date(2021, 10, 1),
        "91SO00": date(2021, 10, 1),
    }


def test_in_the_second_year_january_pays_six_twelfths_and_there_is_no_score():
    rules = [rule_frames(shipped("2022-2023-po"))]
    opened = OPENINGS.with_columns(effective=pl.lit(date(2022, 8, 1)))
    found = calculate_decision("2022-2023", rules, inputs(changes=opened))
    mine = found.entitlements.filter(vestiging="90NN00")
    assert rows(mine, "component", "amount") == [("per_pupil", Decimal("6000.00"))]  # 12 x 500.00
    assert rows(found.instalments.filter(vestiging="90NN00"), "month", "amount")[:2] == [
        (date(2023, 1, 1), Decimal("3000.00")),
        (date(2023, 2, 1), Decimal("500.00")),
    ]


def test_a_new_school_that_others_merge_into_on_the_day_has_their_pupils_and_is_no_school_that_started():
    merger = table(
        """
        delivery_id  vestiging  effective   kind   successor
        D1           01AA00     2021-08-01  fusie  90NN00
        """,
        effective="d",
    )
    found = decided(changes=pl.concat([OPENINGS, merger]))
    assert "90NN00" not in found.entitlements["vestiging"]
    # All of the year goes to it: 20 x 701.16, of the pupils of 1 October 2020.
    due = found.instalments.filter(vestiging="90NN00")
    assert due["amount"].sum() == Decimal("14023.20")


@pytest.mark.parametrize("change", [{"effective": date(2021, 8, 2)}, {"kind": "sluiting"}])
def test_only_an_opening_on_the_day_makes_a_school_one_that_started(change):
    other = OPENINGS.with_columns(**{name: pl.lit(value) for name, value in change.items()})
    assert decided(changes=other).entitlements["vestiging"].to_list() == ["01AA00"]


def test_an_opening_that_is_undone_by_another_change_of_that_day_counts_for_nothing():
    undone = pl.concat([OPENINGS, OPENINGS.with_columns(kind=pl.lit("sluiting"))])
    assert decided(changes=undone).entitlements["vestiging"].to_list() == ["01AA00"]


def test_a_vestiging_that_opens_at_a_school_that_was_there_is_named():
    given = inputs()
    tables = calculate_decision("2021-2022", RULES, given)
    found = omissions([PO], used={"pupils_po": ["A"]}, inputs=given, decided=tables, day=date(2020, 10, 1))
    assert [one.words for one in found if "01AA01" in one.words] == [
        "1 vestiging (first 01AA01) with an opening on 2021-08-01 at a school that was counted before: another "
        "reference date is for schools that are new, so nothing is counted for it this year"
    ]


def remarks(used: dict, **changed) -> list[str]:
    given = inputs(**changed)
    tables = calculate_decision("2021-2022", RULES, given)
    found = omissions([PO], used=used, inputs=given, decided=tables, day=date(2020, 10, 1))
    return [one.words for one in found if "started" in one.words]


def test_what_was_not_delivered_of_them_is_named_and_not_counted_as_0():
    used = {"pupils_po": ["A"], "scores": ["B"], "started_pupils_po": ["C"], "started_scores": ["D"]}
    assert remarks(used) == []
    assert remarks({"pupils_po": ["A"]}, second_counts=SECOND.clear(), second_scores=SECOND_SCORES.clear()) == [
        "2 vestigingen (first 90NN00) started on 2021-08-01, and of them no pupils of 2021-10-01 were delivered: "
        "nothing of 2021-2022-po.yaml is counted for them until they are"
    ]
    del used["started_scores"]
    assert remarks(used, second_scores=SECOND_SCORES.clear()) == [
        "no scores of 2021-10-01 were delivered for 1 vestiging (first 90NN00), which started later: "
        "achterstandsscore is left out, not counted as 0"
    ]


def test_an_opening_of_a_school_that_was_counted_before_it_is_named():
    used = {"pupils_po": ["A"], "scores": ["B"], "started_pupils_po": ["C"], "started_scores": ["D"]}
    again = OPENINGS.with_columns(vestiging=pl.lit("01AA00")).head(1)
    assert remarks(used, changes=pl.concat([OPENINGS, again])) == [
        "1 vestiging (first 01AA00) with an opening on 2021-08-01 and pupils on the reference date before it: "
        "no school that started, so those pupils count; correct the changes file or the counts"
    ]
    undone = again.with_columns(kind=pl.lit("sluiting"))
    assert remarks(used, changes=pl.concat([OPENINGS, again, undone])) == []


def test_the_second_date_is_used_where_a_change_opens_a_school_on_the_day():
    live = table(
        """
        delivery_id  kind         reference_date
        A            register_po  2020-10-01
        B            register_po  2021-10-01
        C            scores       2021-10-01
        D1           changes      -
        """,
        reference_date="d",
    )
    used = choose_deliveries(live, [PO], date(2020, 10, 1), OPENINGS, areas=NO_AREAS)
    assert used == {
        "pupils_po": ["A"],
        "cumi": ["A"],
        "started_pupils_po": ["B"],
        "started_scores": ["C"],
        "changes": ["D1"],
    }
    without = choose_deliveries(live, [PO], date(2020, 10, 1), OPENINGS.clear(), areas=NO_AREAS)
    assert [name for name in without if name.startswith("started")] == []


def test_a_school_that_merges_into_one_that_started_has_its_instalments_added_to_those_of_that():
    # 20 x 701.16 / 12 = 1168.60 of the school that merges; 12 x 701.16 x 8 / 12 = 5609.28 in March, 701.16 after
    merger = table(
        """
        delivery_id  vestiging  effective   kind   successor
        D2           01AA00     2022-02-01  fusie  90NN00
        """,
        effective="d",
    )
    due = decided(changes=pl.concat([OPENINGS, merger])).instalments
    paid = due.filter(pl.col("beneficiary") == "90NN00", pl.col("component") == "per_pupil").sort("month")
    assert rows(paid.head(3), "month", "amount") == [
        (date(2022, 2, 1), Decimal("1168.60")),
        (date(2022, 3, 1), Decimal("6777.88")),
        (date(2022, 4, 1), Decimal("1869.76")),
    ]
    assert due.select("beneficiary", "school_type", "component", "month").is_unique().all()


def test_what_an_opening_makes_due_has_the_opening_as_its_cause():
    before = decided(changes=OPENINGS.clear())
    found = attribute_changes(before, [CauseStep("change", decided())])
    assert {*found["cause"]} == {"opening"}
    undone = attribute_changes(decided(), [CauseStep("change", before)])
    assert {*undone["cause"]} == {"opening"}
    assert found["amount"].sum() == Decimal("2511.60") + Decimal("8413.92") + Decimal("14023.10")
