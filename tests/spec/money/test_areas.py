"""Money for pupils of praktijkonderwijs goes to the samenwerkingsverband in whose area their vestiging lies."""

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.entitlements.amounts import SUPPLEMENT
from npo_pipeline.entitlements.calculate import calculate_decision
from npo_pipeline.entitlements.model import DecisionInputs, DecisionTables
from npo_pipeline.entitlements.rules import Rules
from npo_pipeline.payments.booking import LedgerState, payment_rows
from npo_pipeline.payments.settlement import SERIES, SETTLEMENT_KEY
from tests.reading import rows, table

SEP, OCT, NOV = (date(2021, month, 1) for month in (9, 10, 11))
RATES = table(
    """
    component            school_type  place  measure     unit           rate_e8
    per_pupil            vo           -      pupils      EUR_per_pupil  70116000000
    per_pupil            vo_pro_vbo   -      pupils      EUR_per_pupil  70116000000
    samenwerkingsverband vo_pro_vbo   -      pro_pupils  EUR_per_pupil  23702000000
    """,
    rate_e8="i",
).with_columns(
    *(pl.lit(None, pl.Int64).alias(name) for name in SUPPLEMENT),
    article=pl.lit("R1"),
    status=pl.lit("published"),
    source=pl.lit("a source"),
    url=pl.lit("a url"),
)
SHARES = table(
    """
    component            month      numerator denominator
    per_pupil            2021-11-01 1         1
    samenwerkingsverband 2021-09-01 1         6
    samenwerkingsverband 2021-10-01 1         4
    samenwerkingsverband 2021-11-01 1         1
    """,
    month="d",
    numerator="i",
    denominator="i",
)
RULES = Rules(
    name="vo",
    currency="EUR",
    rates=RATES,
    thresholds=pl.DataFrame(schema={"component": pl.String, "threshold": pl.Int64, "level": pl.String}),
    shares=SHARES,
    places=pl.DataFrame(schema=dict.fromkeys(["place", "brin", "municipality"], pl.String)),
    paid_to_areas=frozenset({"samenwerkingsverband"}),
)
SCHOOLS = table(
    """
    vestiging  board  municipality  valid_from
    01AA00     10001  ASSEN         2020-10-01
    01AA01     10001  ASSEN         2020-10-01
    02BB00     10002  EMMEN         2020-10-01
    03CC00     10003  BREDA         2020-10-01
    """,
    valid_from="d",
)
AREAS = "vestiging samenwerkingsverband\n 01AA00 VO2801\n 01AA01 VO2802\n 02BB00 VO2801"
COUNTS = """
    vestiging  school_type  pupils  pro_pupils
    01AA00     vo           100     0
    01AA00     vo_pro_vbo   30      10
    01AA01     vo_pro_vbo   7       7
    02BB00     vo_pro_vbo   5       5
    03CC00     vo_pro_vbo   9       9
    """


def decided(counts: pl.DataFrame, areas: pl.DataFrame) -> DecisionTables:
    scores = pl.DataFrame(schema={"vestiging": pl.String, "school_type": pl.String, "score": pl.Decimal(18, 2)})
    inputs = DecisionInputs(
        counts=counts,
        scores=scores,
        second_counts=counts.clear(),
        second_scores=scores,
        schools=SCHOOLS,
        unplaced_scores=pl.DataFrame(),
        changes=pl.DataFrame(
            schema={"effective": pl.Date, "kind": pl.String, "vestiging": pl.String, "successor": pl.String}
        ),
        areas=areas,
    )
    return calculate_decision("2021-2022", [RULES], inputs)


def of_areas(counts: str = COUNTS) -> pl.DataFrame:
    found = decided(table(counts, pupils="i", pro_pupils="i"), table(AREAS)).entitlements
    return found.filter(pl.col("component") == "samenwerkingsverband")


def test_pupils_of_all_vestigingen_in_the_area_add_up():
    # VO2801: 10 + 5 pupils x 237.02; VO2802: 7 x 237.02; 03CC00 lies in no known area
    assert rows(of_areas(), "recipient", "quantity", "amount") == [
        ("VO2801", Decimal("15.00"), Decimal("3555.30")),
        ("VO2802", Decimal("7.00"), Decimal("1659.14")),
    ]


def test_it_is_money_of_no_school_and_no_board():
    (row,) = of_areas().filter(recipient="VO2801").iter_rows(named=True)
    whose = ("beneficiary", "recipient_kind", "board", "brin", "vestiging", "school_type")
    assert [row[name] for name in whose] == ["VO2801", "samenwerkingsverband", None, None, None, "vo_pro_vbo"]


def test_two_areas_are_rounded_once_each_and_share_nothing():
    # 0.01 x 237.02 would be 2.3702: a cent of rounding of one area is not of the next
    trace = decided(table(COUNTS, pupils="i", pro_pupils="i"), table(AREAS)).trace
    before = trace.filter(pl.col("vestiging").is_null())["unrounded_before"]
    assert before.to_list() == [Decimal(0), Decimal(0)]


def test_the_schools_of_the_area_keep_what_is_theirs():
    all_of_it = decided(table(COUNTS, pupils="i", pro_pupils="i"), table(AREAS)).entitlements
    schools = all_of_it.filter(pl.col("recipient_kind") == "bestuur")
    assert schools["component"].unique().to_list() == ["per_pupil"]
    assert schools["amount"].sum() == (100 + 30 + 7 + 5 + 9) * Decimal("701.16")


def test_it_falls_due_by_its_own_months():
    # 3,555.30: a sixth, 592.55; a quarter, 888.825 and so 888.83; all
    instalments = decided(table(COUNTS, pupils="i", pro_pupils="i"), table(AREAS)).instalments
    mine = instalments.filter(beneficiary="VO2801").sort("month")
    assert rows(mine, "month", "amount") == [
        (SEP, Decimal("592.55")),
        (OCT, Decimal("296.28")),
        (NOV, Decimal("2666.47")),
    ]


def paid_by(decision: DecisionTables) -> pl.DataFrame:
    """All payments of a decision, month by month."""
    due = decision.instalments.with_columns(school_year=pl.lit("2021-2022")).select(*SERIES, "month", "amount")
    paid = pl.DataFrame(schema={**dict.fromkeys(SERIES, pl.String), "paid_month": pl.Date, "reason": pl.String})
    paid = paid.with_columns(amount=pl.lit(None, pl.Decimal(18, 2)))
    calendar = {"decision_id": pl.String, **dict.fromkeys(SETTLEMENT_KEY, pl.String), "sequence": pl.Int64}
    calendar |= {"after_run": pl.String, "month": pl.Date, "corrections": pl.String, "floor_zero": pl.String}
    done = []
    for month in (SEP, OCT, NOV):
        state = LedgerState(
            instalments=due.filter(pl.col("month") <= month),
            ledger=pl.concat([paid, *(one.select(paid.columns) for one in done)]),
            in_force=table("school_year currency decision_id sequence\n 2021-2022 EUR one 1", sequence="i"),
            corrections=paid.select(
                *SERIES, "amount", decision_id="reason", after_run="reason", paid_until="paid_month"
            ),
            calendar=pl.DataFrame(schema=calendar),
            runs=pl.DataFrame(schema={"run_id": pl.String, "month": pl.Date}),
            schools=SCHOOLS,
        )
        done.append(payment_rows(month, "run", state))
    return pl.concat(done)


VESTIGINGEN = SCHOOLS["vestiging"].to_list()
A_NUMBER = st.integers(0, 400)
COUNTED = st.fixed_dictionaries({name: st.tuples(A_NUMBER, A_NUMBER) for name in VESTIGINGEN})
PLACED = st.dictionaries(st.sampled_from(VESTIGINGEN), st.sampled_from(["VO2801", "VO2802", "VO0001"]))


@settings(max_examples=25)
@given(counted=COUNTED, placed=PLACED)
def test_what_recipients_are_paid_adds_up_and_no_board_is_paid_what_is_not_of_schools(counted, placed):
    counts = pl.DataFrame(
        [(name, "vo_pro_vbo", pupils + pro, pro) for name, (pupils, pro) in counted.items()],
        schema={"vestiging": pl.String, "school_type": pl.String, "pupils": pl.Int64, "pro_pupils": pl.Int64},
        orient="row",
    )
    areas = pl.DataFrame(
        {"vestiging": list(placed), "samenwerkingsverband": list(placed.values())},
        schema={"vestiging": pl.String, "samenwerkingsverband": pl.String},
    )
    decision = decided(counts, areas)
    payments, key = paid_by(decision), ["recipient_kind", "recipient", "component"]
    sums = [one.group_by(key).agg(pl.col("amount").sum()).sort(key) for one in (payments, decision.entitlements)]
    assert sums[0].rows() == sums[1].filter(pl.col("amount") != 0).rows()
    kinds = {(kind, component) for kind, component in payments.select("recipient_kind", "component").iter_rows()}
    assert kinds <= {("bestuur", "per_pupil"), ("samenwerkingsverband", "samenwerkingsverband")}
    others = payments.filter(pl.col("recipient_kind") != "bestuur")
    assert others["board"].null_count() == others.height
    assert payments.filter(pl.col("recipient_kind") == "bestuur")["board"].null_count() == 0
    pro = sum(number for name, (_, number) in counted.items() if name in placed)
    assert others["amount"].sum() == pro * Decimal("237.02")
