"""The first two steps of an application: may it be made, and how much can it come to.

1. `check_eligibility`: within a window, by the board of the school or the penvoerder of the region, for a school
   with pupils, once.
2. `cap_amounts`: a share of the pupils of the school times the amount per pupil, and never more than asked; of a
   region as a whole.

`ceilings` and `completion` are the steps after them. Rows are judged in the order in which they were received: by
day, and within a day in the order of the delivery. `stop` names the first rule that refuses a row; null while none
does.
"""

from __future__ import annotations

from functools import reduce

import polars as pl

from npo_pipeline.grants.terms import GrantInputs, part_of, running_share, terms, window_on
from npo_pipeline.money import to_cents
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.frames.money import CappedApplications, EligibleApplications, PupilsGranted, SchoolPupils
from schemas.received import Schools

OUTSIDE, UNCOUNTED, NOTHING, CLOSED, FULL = "outside", "uncounted", "nothing", "closed", "full"
NOT_BOARD_OF_SCHOOL, SECOND_APPLICATION = "not_board_of_school", "second_application"
NO_PENVOERDER, TWO_REGIONS, REPEATED = "no_penvoerder", "two_regions", "repeated"
LEFT_OUT = "left_out"
"""Values of `stop`."""

_PLACE = ["brin", "part"]
"""`part`: the vestiging that takes part in a region; null for a whole school."""

REGION = ["window_name", "sector", "region_name"]


def check_eligibility(subsidy: Subsidy, inputs: GrantInputs) -> EligibleApplications:
    """Judge the applications for a subsidy by everything but the amount."""
    applied = inputs.applications.filter(pl.col("scheme") == subsidy.scheme)
    part = pl.col("vestiging") if subsidy.is_of_regions else pl.lit(None, pl.String)
    own = pl.format("of board {}", "board")
    placed = (
        applied.sort("applied_on", "delivery_id", "line")
        .with_row_index("receipt")
        .with_columns(
            window_name=window_on(subsidy, pl.col("applied_on")),
            part=part,
            own_region=pl.col("region").is_null(),
            region_name=pl.coalesce("region", own),
        )
    )
    judged = (
        placed.join(_counted(subsidy, placed, inputs.pupils), on=_PLACE, how="left", nulls_equal=True)
        .with_columns(is_raised=_is_raised(subsidy, inputs))
        .join(terms(subsidy), on=["window_name", "sector"], how="left")
        .join(_boards_of_schools(placed, inputs.schools), on=["brin", "applied_on"], how="left")
        .sort("receipt")
    )
    is_board = pl.col("boards").list.contains(pl.col("board")).fill_null(False)
    stop = (
        pl.when(pl.col("brin").is_in(inputs.left_out["brin"].implode()))
        .then(pl.lit(LEFT_OUT))
        .when(pl.col("window_name").is_null())
        .then(pl.lit(OUTSIDE))
        .when(~is_board & (pl.col("own_region") if subsidy.is_of_regions else True))
        .then(pl.lit(NOT_BOARD_OF_SCHOOL))
        .when(pl.col("counted").is_null())
        .then(pl.lit(UNCOUNTED))
    )
    eligible = judged.with_columns(stop=stop)
    if subsidy.is_of_regions:
        takes_part = (pl.col("stop").is_null() & is_board).any().over("window_name", "region_name", "board")
        eligible = _stopped(eligible, ~takes_part, NO_PENVOERDER)
        eligible = _refuse_overlaps(eligible, inputs.pupils)
    return _refuse_second(subsidy, eligible)


def _stopped(rows: pl.DataFrame, when: pl.Expr, stop: str) -> pl.DataFrame:
    """Refuse rows that nothing refused yet."""
    free = pl.col("stop").is_null()
    return rows.with_columns(stop=pl.when(free & when).then(pl.lit(stop)).otherwise("stop"))


def _refuse_second(subsidy: Subsidy, placed: pl.DataFrame) -> EligibleApplications:
    """Refuse all but the first application per window, among those that nothing else refuses."""
    free = pl.col("stop").is_null()
    match subsidy.one_application_per.value:
        case "board_with_its_schools":
            per, same = ["window_name", "board"], ["applied_on"]
        case "region":
            per, same = REGION, ["board", "applied_on"]
        case "school":
            per, same = ["window_name", "brin"], ["receipt"]
        case _:
            per, same = ["window_name", "board"], ["receipt"]
    others = [pl.col(name) != pl.col(name).filter(free).first().over(per) for name in same]
    again = free & pl.any_horizontal(others).fill_null(False)
    first = {f"first_{name}": pl.col(column).filter(free).first().over(per) for name, column in _FIRST.items()}
    stop = pl.when(again).then(pl.lit(SECOND_APPLICATION)).otherwise("stop")
    return EligibleApplications(placed.with_columns(stop=stop, **first))


_FIRST = {"on": "applied_on", "board": "board"}


def _refuse_overlaps(placed: pl.DataFrame, pupils: SchoolPupils) -> pl.DataFrame:
    """Refuse vestigingen in two regions, in each of them, and what an application names again."""
    codes = pupils.select("vestiging", brin=pl.col("vestiging").str.head(4)).unique()
    free = placed.filter(pl.col("stop").is_null()).select("receipt", "window_name", "region_name", *_PLACE)
    there = free.join(codes, on="brin").filter(pl.col("part").is_null() | (pl.col("part") == pl.col("vestiging")))
    per = ["window_name", "vestiging"]
    regions = pl.col("region_name").unique().sort().over(per, mapping_strategy="join")
    first = pl.col("receipt").min().over([*per, "region_name"])
    each = there.with_columns(regions=regions, again=pl.col("receipt") > first).group_by("receipt")
    found = each.agg(
        other_regions=pl.col("regions").explode().unique().sort(),
        again=pl.col("again").any(),
    )
    marked = placed.join(found, on="receipt", how="left").sort("receipt")
    marked = _stopped(marked, pl.col("other_regions").list.len() > 1, TWO_REGIONS)
    return _stopped(marked, pl.col("again"), REPEATED)


def _counted(subsidy: Subsidy, placed: pl.DataFrame, pupils: SchoolPupils) -> pl.DataFrame:
    """Count the pupils of each place that is applied for, and find its group: brin, part, sector, counted.

    A place with pupils of two groups is of the one it has most of.
    """
    groups = {kind: name for name, group in subsidy.groups.items() for kind in group.school_types}
    sector = pl.col("school_type").replace_strict(groups, default=None, return_dtype=pl.String)
    known = pupils.with_columns(brin=pl.col("vestiging").str.head(4), sector=sector)
    there = placed.select(_PLACE).unique().join(known.filter(pl.col("sector").is_not_null()), on="brin")
    taking_part = there.filter(pl.col("part").is_null() | (pl.col("part") == pl.col("vestiging")))
    sums = taking_part.group_by(*_PLACE, "sector").agg(counted=pl.col("pupils").sum())
    most = sums.sort("counted", "sector", descending=[True, False])
    return most.unique(_PLACE, keep="first", maintain_order=True)


def _is_raised(subsidy: Subsidy, inputs: GrantInputs) -> pl.Expr:
    """Return whether a condition of the larger share holds for the school of a row."""
    schools = {"score": inputs.scored, "leerplus": inputs.leerplus}
    holds = [
        (pl.col("sector") == group) & pl.col("brin").is_in(schools[condition]["brin"].implode())
        for group in subsidy.groups
        for condition in sorted(subsidy.conditions(group) & set(schools))
    ]
    return reduce(lambda one, other: one | other, holds, pl.lit(False)).fill_null(False)


def _boards_of_schools(applied: pl.DataFrame, schools: Schools) -> pl.DataFrame:
    """Find the boards that hold a vestiging of a school on the day of an application: brin, applied_on, boards.

    Before the first day known of a vestiging, its first board counts, as everywhere.
    """
    known = schools.select(
        "brin", "board", "valid_to", first=pl.col("valid_from").min().over("vestiging"), since="valid_from"
    )
    asked = applied.select("brin", "applied_on").unique()
    begun = (pl.col("since") <= pl.col("applied_on")) | (pl.col("since") == pl.col("first"))
    lasts = pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("applied_on"))
    of_school = asked.join(known, on="brin").filter(begun & lasts)
    return of_school.group_by("brin", "applied_on").agg(boards=pl.col("board").unique().sort())


def cap_amounts(subsidy: Subsidy, applied: EligibleApplications, granted: PupilsGranted) -> CappedApplications:
    """Work out what each row of a window can come to, before any ceiling.

    `most_pupils` is the share of the school's pupils, `most_cents` the pupils allowed times the amount per pupil,
    and `allowed_cents` that or what was asked, whichever is lower; 0 where `stop` is set. An application that
    comes to nothing is stopped.

    Args:
        subsidy: the rules.
        applied: rows in order of receipt.
        granted: what earlier windows took of the share, where it is one for all windows.
    """
    rows = applied.join(granted, on="brin", how="left").sort("receipt")
    rows = rows.with_columns(pl.col("granted_pupils").fill_null(0), asked_cents=to_cents(pl.col("amount")))
    worked = (_cap_regions if subsidy.is_of_regions else _cap_schools)(subsidy, rows)
    free, known = pl.col("stop").is_null(), pl.col("rate_cents").is_not_null()
    comes_to = pl.when(free & known).then("allowed_cents").when(~free).then(pl.lit(0))
    found = worked.with_columns(allowed_cents=comes_to)
    # A school whose penvoerder asks the money for another one still takes part.
    whole = pl.col("allowed_cents").sum().over(REGION) if subsidy.is_of_regions else pl.col("allowed_cents")
    return CappedApplications(_stopped(found, known & (whole == 0), NOTHING))


def _cap_schools(subsidy: Subsidy, rows: pl.DataFrame) -> pl.DataFrame:
    """Cap each row by the share of its school; rows for one school, as of two programmes, share it in order."""
    share, rounding = subsidy.share.known("the share of pupils"), subsidy.rounding.known("the rounding")
    raised = subsidy.raised.share.value if subsidy.raised else None
    most = part_of(pl.col("counted"), share, rounding)
    if raised:
        most = pl.when("is_raised").then(part_of(pl.col("counted"), raised, rounding)).otherwise(most)
    asked = pl.when(pl.col("stop").is_null() & (pl.col("asked_cents") > 0)).then("pupils").otherwise(0)
    until = asked.cum_sum().over("brin")
    left = (pl.col("most_pupils") - pl.col("granted_pupils")).clip(0)
    before = pl.min_horizontal(until - asked, left)
    return (
        rows.with_columns(most_pupils=most)
        .with_columns(room=left - before)
        .with_columns(pupils_allowed=pl.min_horizontal("pupils", "room"))
        .with_columns(most_cents=pl.col("pupils_allowed") * pl.col("rate_cents"))
        .with_columns(
            allowed_cents=pl.min_horizontal("most_cents", "asked_cents"),
            region_most=pl.lit(None, pl.Int64),
            region_asked=pl.lit(None, pl.Int64),
        )
    )


def _cap_regions(subsidy: Subsidy, rows: pl.DataFrame) -> pl.DataFrame:
    """Cap each region by all pupils of the vestigingen that take part; its rows share that by what they ask."""
    free = pl.col("stop").is_null()
    is_new = (pl.col("new_region").fill_null(False) | ~free).all().over("window_name", "region_name")
    more = subsidy.new_region.value if subsidy.new_region else None
    rate = pl.col("rate_cents")
    if more:
        raised = rate * (more.denominator + more.numerator) // more.denominator
        rate = pl.when(is_new).then(raised).otherwise(rate)
    total = {
        "region_most": pl.when(free).then(pl.col("most_cents")).otherwise(0).sum().over(REGION),
        "region_asked": pl.when(free).then(pl.col("asked_cents")).otherwise(0).sum().over(REGION),
    }
    asked = pl.when(free).then("asked_cents").otherwise(0)
    lower = pl.min_horizontal("region_most", "region_asked")
    shared = running_share(asked, lower, pl.max_horizontal("region_asked", pl.lit(1)), REGION)
    return (
        rows.with_columns(most_pupils="counted", room="counted", pupils_allowed="counted", is_new=is_new)
        .with_columns(rate_cents=rate)
        .with_columns(most_cents=pl.col("pupils_allowed") * pl.col("rate_cents"))
        .with_columns(**total)
        .with_columns(allowed_cents=shared)
    )
