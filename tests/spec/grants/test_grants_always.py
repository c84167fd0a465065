"""Under older files: what holds for every set of applications, against a model that takes them one by one."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from npo_pipeline.grants.decide import decide_grants
from tests.effort import examples
from tests.spec.grants.applying import BOARDS, grant_inputs, older, with_ceilings

APPLICATIONS = {
    "delivery_id": pl.String,
    "line": pl.Int64,
    "scheme": pl.String,
    "board": pl.String,
    "brin": pl.String,
    "applied_on": pl.Date,
    "pupils": pl.Int64,
    "amount": pl.Decimal(18, 2),
    "vestiging": pl.String,
    "region": pl.String,
    "new_region": pl.Boolean,
    "granted_before": pl.Boolean,
}
COUNTED = {"01AA": 100, "02BB": 55, "03CC": 9, "09VO": 200}
SCORED = ["02BB", "09VO"]
OPENING = date(2021, 4, 13)

# most applications are of the right board, or hardly any would come as far as a ceiling
school = st.one_of(
    st.sampled_from([(brin, board) for brin, board in BOARDS.items()]),
    st.sampled_from([("01AA", "10002"), ("05XX", "10001"), ("09VO", "10001")]),
)
application = st.tuples(
    school,
    st.one_of(st.integers(0, 21), st.integers(47, 63)).map(lambda days: OPENING + timedelta(days)),
    st.integers(0, 30),
    st.integers(0, 3_000_000).map(lambda cents: Decimal(cents).scaleb(-2)),
).map(lambda drawn: (*drawn[0], *drawn[1:]))
some_applications = st.lists(application, max_size=25)
a_ceiling = st.one_of(st.none(), st.integers(0, 40_000))


def frame(rows) -> pl.DataFrame:
    told = [
        ("d000001", line, "IOP", board, brin, day, pupils, amount, None, None, None, None)
        for line, (brin, board, day, pupils, amount) in enumerate(rows, 2)
    ]
    return pl.DataFrame(told, schema=APPLICATIONS, orient="row")


def decide(rows, a=None, b=20_000) -> pl.DataFrame:
    return decide_grants([(with_ceilings(older("IOP"), a=a, b=b), grant_inputs(frame(rows), scored=SCORED))])


def one_by_one(rows, a, b) -> dict[int, Decimal]:
    """The model: line -> euro, looking at one application after the other."""
    given_to, left, done = {}, defaultdict(lambda: None), set()
    for window, ceiling in (("a", a), ("b", b)):
        left[window, "po"] = None if ceiling is None else Decimal(ceiling)
    left["b", "vo"] = Decimal(38_720_200)
    numbered = sorted(enumerate(rows, 2), key=lambda one: (one[1][2], one[0]))
    for line, (brin, board, day, pupils, asked) in numbered:
        given_to[line] = Decimal(0)
        window = (
            "a"
            if date(2021, 4, 15) <= day <= date(2021, 5, 2)
            else "b"
            if date(2021, 6, 1) <= day <= date(2021, 6, 13)
            else None
        )
        if window is None or BOARDS.get(brin) != board or (window, brin) in done:
            continue
        done.add((window, brin))
        sector = "vo" if brin == "09VO" else "po"
        most = COUNTED[brin] // (5 if brin in SCORED else 10)
        amount = min(asked, 900 * min(pupils, most))
        if window == "b" and left["a", sector] == 0:
            continue
        if left[window, sector] is not None:
            amount = min(amount, left[window, sector])
            left[window, sector] -= amount
        given_to[line] = Decimal(amount)
    return given_to


@settings(deadline=None, max_examples=examples(60))
@given(some_applications, a_ceiling, st.integers(0, 40_000))
def test_the_whole_country_at_once_gives_what_one_by_one_gives(rows, a, b):
    found = decide(rows, a, b)
    assert dict(found.select("line", "amount").rows()) == one_by_one(rows, a, b)


@settings(deadline=None, max_examples=examples(40))
@given(some_applications, a_ceiling, st.integers(0, 40_000))
def test_what_always_holds(rows, a, b):
    found = decide(rows, a, b)
    assert found.height == len(rows)  # every application has one decision
    assert (found["amount"] <= found["amount_applied"]).all()
    most = found["brin"].replace_strict(
        {brin: 900 * (pupils // (5 if brin in SCORED else 10)) for brin, pupils in COUNTED.items()}, default=0
    )
    assert (found["amount"] <= most).all()
    refused = found.filter(pl.col("outcome") == "refused")
    assert (refused["amount"] == 0).all()
    assert (refused["pupils_allowed"] == 0).all()
    granted, reduced = (found.filter(pl.col("outcome") == one) for one in ("granted", "reduced"))
    assert (granted["amount"] == granted["amount_applied"]).all()
    assert ((reduced["amount"] < reduced["amount_applied"]) & (reduced["amount"] > 0)).all()
    not_given = (found["amount_applied"] - found["amount"]).sum()
    assert found["amount"].sum() + not_given == sum((row[4] for row in rows), Decimal(0))
    po = found.filter(pl.col("brin") != "09VO")
    for window, ceiling in (("a", a), ("b", b)):
        if ceiling is not None:
            assert po.filter(pl.col("window_name") == window)["amount"].sum() <= ceiling
    assert found["reason"].str.len_chars().min() is None or found["reason"].str.len_chars().min() > 0
    assert found["article"].null_count() == found["status"].null_count() == 0


@settings(deadline=None, max_examples=examples(40))
@given(some_applications, some_applications, st.integers(1, 40_000))
def test_who_comes_later_takes_nothing_from_who_came_before(rows, later, a):
    last = max((row[2] for row in rows), default=OPENING)
    after = [row for row in later if row[2] > last]
    before = dict(decide(rows, a).select("line", "amount").rows())
    both = dict(decide([*rows, *after], a).select("line", "amount").rows())
    assert {line: both[line] for line in before} == before


@settings(deadline=None, max_examples=examples(25))
@given(some_applications, a_ceiling, st.randoms())
def test_the_order_of_the_rows_in_the_books_does_not_matter(rows, a, random):
    shuffled = frame(rows).sample(fraction=1, shuffle=True, seed=random.randint(0, 10**6))
    iop = with_ceilings(older("IOP"), a=a)
    one, other = (decide_grants([(iop, grant_inputs(each, scored=SCORED))]) for each in (frame(rows), shuffled))
    assert one.sort("line").equals(other.sort("line"))
