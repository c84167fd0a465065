"""What holds for all applications under the regulations: ceilings, proportions, lots, the maximum of a school."""

from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import NamedTuple

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.grants.decide import decide_grants
from tests.effort import examples
from tests.spec.grants.applying import grant_inputs, scheme
from tests.spec.grants.test_grants_always import APPLICATIONS

BOARDS = {f"{number:02}AA": f"{10000 + number // 2}" for number in range(1, 7)}  # two schools a board, mostly
PUPILS = {"01AA": 100, "02AA": 55, "03AA": 9, "04AA": 200, "05AA": 87, "06AA": 40}
SCORED = ["02AA", "05AA"]
COUNTED = "brin school_type pupils\n" + "\n".join(f"{brin} bao {pupils}" for brin, pupils in PUPILS.items())
SCHOOLS = "vestiging board valid_from valid_to\n" + "\n".join(
    f"{brin}00 {board} 2010-01-01 -" for brin, board in BOARDS.items()
)
DAYS = {"a": date(2021, 4, 20), "b": date(2021, 6, 2), "second": date(2021, 5, 10)}

SEED = 20210502  # of the file

amounts = st.integers(0, 3_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
for_schools = st.lists(
    st.tuples(
        st.sampled_from(sorted(BOARDS)),
        st.sampled_from(["a", "a", "b"]),
        st.integers(0, 45),
        st.one_of(amounts, st.none()),  # null: 900 euro for each pupil
        st.sampled_from([None, False, True]),
    ),
    max_size=14,
)
for_regions = st.lists(
    st.tuples(st.sampled_from(sorted(BOARDS)), st.sampled_from(["R1", "R2", "R3", None]), amounts, st.booleans()),
    max_size=12,
)


def of_schools(rows) -> pl.DataFrame:
    told = []
    for line, (brin, window, pupils, amount, before) in enumerate(rows, 2):
        asked = Decimal(900 * pupils) if amount is None else amount
        row = ("d000001", line, "IOP", BOARDS[brin], brin, DAYS[window], pupils, asked, None, None, None, before)
        told.append(row)
    return pl.DataFrame(told, schema=APPLICATIONS, orient="row")


def of_regions(rows) -> pl.DataFrame:
    """Each region is that of the board that is named for it first."""
    penvoerder: dict[str | None, str] = {}
    told = []
    for line, (brin, region, amount, new) in enumerate(rows, 2):
        board = BOARDS[brin] if region is None else penvoerder.setdefault(region, BOARDS[brin])
        told.append(("d000001", line, "EHK", board, brin, DAYS["second"], 1, amount, None, region, new, None))
    return pl.DataFrame(told, schema=APPLICATIONS, orient="row")


def decide(frame: pl.DataFrame, code: str, **ceilings) -> pl.DataFrame:
    inputs = grant_inputs(frame, pupils=COUNTED, schools=SCHOOLS, scored=SCORED)
    return decide_grants([(scheme(code, **ceilings), inputs)])


def one_by_one(rows, ceilings: dict[str, int]) -> dict[int, Decimal]:
    """The model: line -> euro, in plain Python. All schools are po, and each board applies on one day a window."""
    given_to, granted, is_closed = {}, Counter(), False
    for window, ceiling in ceilings.items():
        taken, wanted = Counter(), []
        for line, (brin, here, asked, amount, before) in enumerate(rows, 2):
            if here != window:
                continue
            euro = Decimal(900 * asked) if amount is None else amount
            room = max(0, PUPILS[brin] // (5 if brin in SCORED else 10) - granted[brin]) - taken[brin]
            pupils = min(asked, room) if euro else 0
            taken[brin] += pupils
            given_to[line] = Decimal(0)
            if pupils and not is_closed:
                group = 0 if not before else 1 if brin in SCORED else 2
                wanted.append(Wish(line, brin, pupils, min(euro, Decimal(900 * pupils)), group))
        total = sum((one.euro for one in wanted), Decimal(0))
        given_here = {one.line: one.euro for one in wanted}
        if total > ceiling:
            given_here = in_order(wanted, ceiling) if window == "b" else ranked(wanted, ceiling)
        for one in wanted:
            euro = given_here[one.line]
            granted[one.brin] += one.pupils if euro == one.euro else -(-euro // 900)
        given_to |= given_here
        is_closed = is_closed or total >= ceiling
    return given_to


class Wish(NamedTuple):
    """What a row may have at most."""

    line: int
    brin: str
    pupils: int
    euro: Decimal
    group: int


def in_order(wishes: list[Wish], left: Decimal) -> dict[int, Decimal]:
    gets = {}
    for one in wishes:
        gets[one.line] = min(one.euro, left)
        left -= gets[one.line]
    return gets


def ranked(wishes: list[Wish], left: Decimal) -> dict[int, Decimal]:
    gets = {}
    for group in range(3):
        mine = [one for one in wishes if one.group == group]
        asked = sum((one.euro for one in mine), Decimal(0))
        if asked <= left:
            gets |= {one.line: one.euro for one in mine}
            left -= asked
            continue
        least = {one: -(-one.pupils * 9 // 10) for one in mine}
        over = left - sum(min(one.euro, Decimal(900 * pupils)) for one, pupils in least.items())
        if left and over >= 0:
            cut = {one: one.pupils - pupils for one, pupils in least.items()}
            more, done = min(int(over // 900), sum(cut.values())), 0
            for one, pupils in least.items():
                extra = (done + cut[one]) * more // max(sum(cut.values()), 1) - done * more // max(
                    sum(cut.values()), 1
                )
                done += cut[one]
                gets[one.line] = min(one.euro, Decimal(900 * (pupils + extra)))
        else:
            lot = {one: sha256(f"{SEED} a po {one.brin}".encode()).digest() for one in mine}
            gets |= in_order(sorted(mine, key=lambda one: (lot[one], one.line)), left)
        left = Decimal(0)
    return gets


@settings(deadline=None, max_examples=examples(40))
@given(for_schools, st.integers(0, 60_000), st.integers(0, 30_000))
def test_the_whole_country_at_once_gives_what_one_by_one_gives_under_the_law(rows, a, b):
    found = decide(of_schools(rows), "IOP", a=a, b=b)
    expected = one_by_one(rows, {"a": a, "b": b})
    assert dict(found.select("line", "amount").rows()) == expected


@settings(deadline=None, max_examples=examples(20))
@given(for_schools, st.integers(0, 60_000), st.integers(0, 30_000))
def test_no_window_grants_more_than_its_ceiling_and_no_school_more_than_its_share(rows, a, b):
    found = decide(of_schools(rows), "IOP", a=a, b=b)
    assert found.height == len(rows)
    for window, ceiling in (("a", a), ("b", b)):
        assert found.filter(pl.col("window_name") == window)["amount"].sum() <= ceiling
    assert (found["amount"] <= found["amount_applied"]).all()
    for brin, euro in found.group_by("brin").agg(pl.col("amount").sum()).iter_rows():
        assert euro <= 900 * (PUPILS[brin] // (5 if brin in SCORED else 10)), brin
    refused = found.filter(pl.col("outcome") == "refused")
    assert (refused["amount"] == 0).all()
    assert found["reason"].null_count() == found["article"].null_count() == found["status"].null_count() == 0


@settings(deadline=None, max_examples=examples(20))
@given(for_schools, st.integers(0, 60_000))
def test_who_is_preferred_is_granted_in_full_before_others_get_anything(rows, a):
    frame = of_schools([row for row in rows if row[1] == "a"])
    unlimited, found = (decide(frame, "IOP", a=ceiling).sort("line") for ceiling in (10**9, a))
    group = [
        0 if not before else 1 if brin in SCORED else 2
        for brin, before in frame["brin", "granted_before"].iter_rows()
    ]
    given_to, asked = defaultdict(Decimal), defaultdict(Decimal)
    for place, here, whole in zip(group, found["amount"], unlimited["amount"], strict=True):
        given_to[place] += here
        asked[place] += whole
    for place in (1, 2):
        if given_to[place]:
            assert all(given_to[before] == asked[before] for before in range(place))


@settings(deadline=None, max_examples=examples(12))
@given(for_schools, st.integers(0, 60_000), st.randoms())
def test_lots_are_the_same_in_every_run_and_any_order_of_the_rows(rows, a, random):
    frame = of_schools(rows)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=random.randint(0, 10**6))
    one, other = (decide(each, "IOP", a=a) for each in (frame, shuffled))
    assert one.sort("line").equals(other.sort("line"))


@settings(deadline=None, max_examples=examples(20))
@given(for_regions, st.integers(1, 30_000))
def test_a_ceiling_is_shared_in_proportion_to_the_cent_and_to_the_last_cent(rows, ceiling):
    frame = of_regions(rows)
    whole, found = (decide(frame, "EHK", second=euro).sort("line") for euro in (10**9, ceiling))
    total, available = whole["amount"].sum() or Decimal(0), Decimal(ceiling)
    assert found["amount"].sum() == min(total, available)
    part = min(Fraction(1), Fraction(available) / Fraction(total)) if total else Fraction(1)
    for may_have, gets in zip(whole["amount"], found["amount"], strict=True):
        assert abs(Fraction(gets) - Fraction(may_have) * part) <= Fraction(1, 100)
        assert gets <= may_have
    refused = [each.filter(pl.col("outcome") == "refused")["line"].to_list() for each in (whole, found)]
    assert refused[0] == refused[1]  # nobody for lack of money


@settings(deadline=None, max_examples=examples(20))
@given(for_regions)
def test_a_region_gets_what_it_asks_up_to_its_maximum(rows):
    frame = of_regions(rows)
    found = decide(frame, "EHK").sort("line")
    assert (found["amount"] <= found["amount_applied"]).all()
    joined = found.filter(pl.col("outcome") != "refused").join(frame.select("line", "new_region"), on="line")
    for _, region in joined.with_columns(name=pl.coalesce("region", "board")).group_by("name"):
        new = region["region"][0] is not None and region["new_region"].all()
        rate = Decimal("79.20") if new else Decimal(72)
        most = rate * sum(PUPILS[brin] for brin in region["brin"])
        assert region["amount"].sum() == min(most, region["amount_applied"].sum())
