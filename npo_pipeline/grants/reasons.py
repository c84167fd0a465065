"""Reasons of grants: a sentence on why each was granted, reduced or refused, the article, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from npo_pipeline.grants.eligibility import (
    CLOSED,
    FULL,
    NO_PENVOERDER,
    NOT_BOARD_OF_SCHOOL,
    NOTHING,
    OUTSIDE,
    REPEATED,
    SECOND_APPLICATION,
    TWO_REGIONS,
    UNCOUNTED,
)
from npo_pipeline.grants.terms import rank, status_of
from npo_pipeline.money import to_euro
from npo_pipeline.rulebook.fields import Cited, citation
from npo_pipeline.rulebook.subsidy import Subsidy, Window
from schemas.frames.money import GrantedApplications, ReasonedApplications


def _euro(cents: str) -> pl.Expr:
    return to_euro(pl.col(cents)).cast(pl.String)


_NOTHING_SAID = pl.lit("")
_OVER_ROOM = pl.col("pupils") > pl.col("room")
_IS_CUT = pl.col("amount_before") < pl.col("allowed_cents")
_IS_SHARED = pl.col("stop").is_null() & (_IS_CUT | pl.col("lot").is_not_null())
_IS_LOWERED = pl.col("full_cents").is_not_null()
_OF_CEILING = pl.format(
    "of the ceiling of {} for {} in window {}", _euro("ceiling_cents"), "sector", "window_name"
)


class _Refusal(NamedTuple):
    """Represent why a rule refuses: the sentence, its article, and the uncertainty of the rule."""

    reason: pl.Expr
    article: pl.Expr
    rank: pl.Expr


def add_reasons(subsidy: Subsidy, given: GrantedApplications) -> ReasonedApplications:
    """Add `reason`, `article` and `status`."""
    refusals = _refusals(subsidy)
    article = (
        pl.when(_IS_LOWERED)
        .then(pl.lit(citation(subsidy, subsidy.completion.share) if subsidy.completion else ""))
        .when(_IS_SHARED)
        .then(refusals[FULL].article)
        .when(_is_new(subsidy))
        .then(pl.lit(citation(subsidy, subsidy.new_region) if subsidy.new_region else ""))
        .when(_over_share(subsidy))
        .then(refusals[NOTHING].article)
        .otherwise("rate_article")
    )
    return ReasonedApplications(
        given.with_columns(
            reason=_by_stop(refusals, "reason", _calculation(subsidy)),
            article=_by_stop(refusals, "article", article),
            status=status_of(_by_stop(refusals, "rank", _calculation_rank(subsidy))),
        )
    )


def _by_stop(refusals: Mapping[str, _Refusal], part: str, otherwise: pl.Expr) -> pl.Expr:
    """Return a part of the refusal of an application, or what holds where nothing refuses it."""
    for stop, refusal in refusals.items():
        otherwise = pl.when(pl.col("stop") == stop).then(getattr(refusal, part)).otherwise(otherwise)
    return otherwise


def _refusals(subsidy: Subsidy) -> dict[str, _Refusal]:
    """Return the refusal of each value of `stop`."""
    counted, share = subsidy.reference_date, subsidy.share
    windows = [one.days for one in subsidy.windows.values()]
    spans = " and ".join(f"{one.value.first} to {one.value.last}" for one in windows if one.value)
    at_ceiling = {name: subsidy.rule_at_the_ceiling(name) for name in subsidy.windows}
    return {
        OUTSIDE: _Refusal(
            pl.format("applied on {}, outside {}", "applied_on", pl.lit(spans)),
            pl.lit("; ".join(citation(subsidy, one) for one in windows)),
            pl.lit(max(rank(one) for one in windows)),
        ),
        UNCOUNTED: _by_rule(
            subsidy,
            counted,
            pl.format(
                "no pupils of {} are counted on {}", pl.coalesce("part", "brin"), pl.lit(str(counted.value))
            ),
        ),
        **_refusals_of_applicant(subsidy),
        NOTHING: _Refusal(
            _nothing(subsidy),
            _by_share(citation(subsidy, share), citation(subsidy, subsidy.raised.share) if subsidy.raised else ""),
            pl.max_horizontal(_share_rank(subsidy), pl.lit(max(rank(subsidy.rounding), rank(counted)))),
        ),
        CLOSED: _Refusal(
            pl.format(
                "window {} is open to {} only while money of window {} is left, and none was",
                "window_name",
                "sector",
                "needs",
            ),
            pl.col("needs_article"),
            pl.col("needs_rank"),
        ),
        FULL: _Refusal(
            pl.format("{}nothing was left {}{}", _lot(subsidy, ": "), _OF_CEILING, _for_preference()),
            pl.format(
                "{}; {}", "ceiling_article", _by_window({n: citation(subsidy, o) for n, o in at_ceiling.items()})
            ),
            pl.max_horizontal("ceiling_rank", _order_rank(subsidy)),
        ),
    }


def _refusals_of_applicant(subsidy: Subsidy) -> dict[str, _Refusal]:
    """Return the refusals of who applied, for which school, and how often."""
    per, applicant = subsidy.one_application_per, subsidy.applicant
    whose = pl.col("brin") if per.value == "school" else pl.format("board {}", "board")
    again = pl.format(
        "{} applied in window {} already, on {}; one application counts", whose, "window_name", "first_on"
    )
    if subsidy.is_of_regions:
        again = pl.format(
            "{} for {} applied in window {} already, board {} on {}; one application counts",
            *(_region(), "sector", "window_name", "first_board", "first_on"),
        )
    holders = pl.col("boards").list.join(" and ")
    not_held = pl.format("{} was not of board {} on {}", "brin", "board", "applied_on")
    not_held = (
        pl.when(holders.is_null())
        .then(pl.format("{}: no board is known for it", not_held))
        .otherwise(pl.format("{} but of {}", not_held, holders))
    )
    found = {
        NOT_BOARD_OF_SCHOOL: _by_rule(subsidy, applicant, not_held),
        SECOND_APPLICATION: _by_rule(subsidy, per, again),
    }
    if subsidy.is_of_regions:
        place = pl.coalesce("part", "brin")
        found[NO_PENVOERDER] = _by_rule(
            subsidy,
            applicant,
            pl.format("region {} has no penvoerder: board {} has no school that takes part", "region", "board"),
        )
        found[TWO_REGIONS] = _by_rule(
            subsidy,
            per,
            pl.format("{} takes part in two regions, {}", place, pl.col("other_regions").list.join(" and ")),
        )
        found[REPEATED] = _by_rule(
            subsidy, per, pl.format("{} takes part in {} already; it counts once", place, _region())
        )
    return found


def _by_rule(subsidy: Subsidy, rule: Cited[Any], reason: pl.Expr) -> _Refusal:
    return _Refusal(reason, pl.lit(citation(subsidy, rule)), pl.lit(rank(rule)))


def _region() -> pl.Expr:
    own = pl.format("the region of board {}", "board")
    return pl.when("own_region").then(own).otherwise(pl.format("region {}", "region"))


def _nothing(subsidy: Subsidy) -> pl.Expr:
    share = pl.format("{} of {} pupils on {} is no whole pupil", *_share_of(subsidy))
    taken = pl.format(
        "{} of {} pupils on {} allows {}, which were granted before", *_share_of(subsidy), "most_pupils"
    )
    return (
        pl.when(pl.col("asked_cents") == 0)
        .then(pl.lit("asks for no money"))
        .when(pl.col("pupils") == 0)
        .then(pl.lit("asks for no pupils"))
        .when(pl.col("most_pupils") > 0)
        .then(taken)
        .otherwise(share)
    )


def _calculation(subsidy: Subsidy) -> pl.Expr:
    """Return the calculation of what was granted, in full or in part."""
    if subsidy.is_of_regions:
        parts = [_sum_of(), _more_for_new_region(subsidy), _maximum_of_region()]
    else:
        parts = [_too_many(subsidy), _sum_of(), _asked()]
    return pl.concat_str(*parts, _at_ceiling(subsidy), _lowered(subsidy))


def _sum_of() -> pl.Expr:
    return pl.format("{} pupils x {} = {}", "pupils_allowed", _euro("rate_cents"), _euro("most_cents"))


def _too_many(subsidy: Subsidy) -> pl.Expr:
    share = pl.format(
        "asks for {} pupils, and {} of {} pupils on {} allows {}", "pupils", *_share_of(subsidy), "most_pupils"
    )
    left = pl.format("{}, of which {} are left; ", share, "room")
    too_many = pl.when(pl.col("room") < pl.col("most_pupils")).then(left).otherwise(pl.format("{}; ", share))
    return pl.when(_OVER_ROOM).then(too_many).otherwise(_NOTHING_SAID)


def _asked() -> pl.Expr:
    differs = pl.col("asked_cents") != pl.col("most_cents")
    return pl.when(differs).then(pl.format(", and it asks {}", _euro("asked_cents"))).otherwise(_NOTHING_SAID)


def _more_for_new_region(subsidy: Subsidy) -> pl.Expr:
    more = _percentage(subsidy.new_region.value) if subsidy.new_region else ""
    return (
        pl.when(_is_new(subsidy))
        .then(pl.lit(f" ({more} more per pupil in a new region)"))
        .otherwise(_NOTHING_SAID)
    )


def _maximum_of_region() -> pl.Expr:
    words = "; {} may have {} and asks {}"
    maximum = pl.format(words, _region(), _euro("region_most"), _euro("region_asked"))
    is_plain = (pl.col("region_asked") == pl.col("region_most")) & (pl.col("asked_cents") == pl.col("most_cents"))
    return pl.when(is_plain).then(_NOTHING_SAID).otherwise(maximum)


def _at_ceiling(subsidy: Subsidy) -> pl.Expr:
    """Return how a ceiling was shared out that fell short."""
    left = pl.format("{} was left {}", _euro("amount_before"), _OF_CEILING)
    in_order = pl.format(
        "{}{}",
        _lot(subsidy, pl.when(_IS_CUT).then(pl.lit(": ")).otherwise(_NOTHING_SAID)),
        pl.when(_IS_CUT).then(left).otherwise(_NOTHING_SAID),
    )
    pro_rata = pl.format(
        "all for {} in window {} come to {} and {} is available, so each gets that part: {}",
        *("sector", "window_name", _euro("total_cents"), _euro("ceiling_cents"), _euro("amount_before")),
    )
    spared = pl.format(
        "no lots are drawn, for at least {} of the pupils of its group fit: {} pupils, {}",
        *(_spared_from(subsidy), "pupils_granted", _euro("amount_before")),
    )
    rules = {name: subsidy.rule_at_the_ceiling(name).value for name in subsidy.windows}
    how = (
        pl.when(_by_window(rules) == "pro_rata")
        .then(pro_rata)
        .when(pl.col("is_spared"))
        .then(spared)
        .otherwise(in_order)
    )
    said = _IS_SHARED & (how != "")
    return pl.when(said).then(pl.format("; {}", how)).otherwise(_NOTHING_SAID)


def _lot(subsidy: Subsidy, then: pl.Expr | str) -> pl.Expr:
    """Return the lot of a school, where lots were drawn; `then`: what stands between it and what follows."""
    seeds = {name: str(one.lottery.seed.value) for name, one in subsidy.windows.items() if one.lottery}
    after = pl.lit(then) if isinstance(then, str) else then
    lot = pl.format("lot {} of {} (seed {}){}", "lot", "lots", _by_window(seeds), after)
    return pl.when(pl.col("lot").is_not_null()).then(lot).otherwise(_NOTHING_SAID)


def _for_preference() -> pl.Expr:
    words = pl.format(" for schools of group {}", pl.col("preference").str.replace_all("_", " "))
    return pl.when(pl.col("preference").is_not_null()).then(words).otherwise(_NOTHING_SAID)


def _spared_from(subsidy: Subsidy) -> pl.Expr:
    shares = {n: _percentage(one.lottery.spared_from.value) for n, one in subsidy.windows.items() if one.lottery}
    return _by_window(shares)


def _lowered(subsidy: Subsidy) -> pl.Expr:
    share = _percentage(subsidy.completion.share.value) if subsidy.completion else ""
    words = "; {} of the {} pupils of board {} finished, less than " + share + ": {}"
    lowered = pl.format(words, "board_finished", "board_pupils", "board", _euro("amount_cents"))
    return pl.when(_IS_LOWERED).then(lowered).otherwise(_NOTHING_SAID)


def _calculation_rank(subsidy: Subsidy) -> pl.Expr:
    """Return the uncertainty of an amount: that of the least sure of the values it was calculated with."""
    ranks = ["days_rank", "rate_rank", "ceiling_rank", _share_rank(subsidy), pl.lit(rank(subsidy.reference_date))]
    ranks += [
        _rank_where(_over_share(subsidy), subsidy.rounding),
        _rank_where(pl.col("granted_pupils") > 0, subsidy.share_over),
        _rank_where(_is_new(subsidy), subsidy.new_region),
        _rank_where(_IS_LOWERED, subsidy.completion.share if subsidy.completion else None),
        _rank_where(_IS_LOWERED, subsidy.completion.over if subsidy.completion else None),
        _rank_where(_is_part_of_region(subsidy), subsidy.shared_cents),
        pl.when(_IS_SHARED).then(_order_rank(subsidy)).otherwise(0),
        _rank_where(_IS_SHARED, subsidy.shared_cents),
    ]
    return pl.max_horizontal(ranks)


def _rank_where(when: pl.Expr, value: Cited[Any] | None) -> pl.Expr:
    return pl.when(when).then(rank(value) if value else 0).otherwise(0)


def _order_rank(subsidy: Subsidy) -> pl.Expr:
    """Return the uncertainty of how a ceiling was shared out; that of the seed where lots were drawn."""
    rules = _by_window({name: rank(subsidy.rule_at_the_ceiling(name)) for name in subsidy.windows})
    seeds = _by_window({name: _seed_rank(one) for name, one in subsidy.windows.items()})
    return pl.max_horizontal(rules, pl.when(pl.col("lot").is_not_null()).then(seeds).otherwise(0))


def _seed_rank(window: Window) -> int:
    return rank(window.lottery.seed) if window.lottery else 0


def _by_window(values: Mapping[str, Any]) -> pl.Expr:
    """Return what each window has; null outside all of them."""
    found = pl.lit(None)
    for name, value in values.items():
        found = pl.when(pl.col("window_name") == name).then(pl.lit(value)).otherwise(found)
    return found


def _is_new(subsidy: Subsidy) -> pl.Expr:
    return pl.col("is_new") if subsidy.new_region else pl.lit(False)


def _is_part_of_region(subsidy: Subsidy) -> pl.Expr:
    """Return whether a row shares the maximum of its region with others."""
    if not subsidy.is_of_regions:
        return pl.lit(False)
    asked = pl.col("region_asked")
    return (asked > pl.col("region_most")) & (asked != pl.col("asked_cents"))


def _over_share(subsidy: Subsidy) -> pl.Expr:
    return pl.lit(False) if subsidy.is_of_regions else _OVER_ROOM


def _share_of(subsidy: Subsidy) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Return a share of so many pupils on a day, as three parts of a sentence."""
    raised = subsidy.raised.share.value if subsidy.raised else None
    share = _by_share(_percentage(subsidy.share.value), _percentage(raised))
    return share, pl.col("counted"), pl.lit(str(subsidy.reference_date.value))


def _share_rank(subsidy: Subsidy) -> pl.Expr:
    return _by_share(rank(subsidy.share), rank(subsidy.raised.share) if subsidy.raised else 0)


def _by_share(ordinary: str | int, raised: str | int) -> pl.Expr:
    return pl.when(pl.col("is_raised")).then(pl.lit(raised)).otherwise(pl.lit(ordinary))


def _percentage(share: Fraction | None) -> str:
    """Render a share as a percentage; as a fraction where it is no whole one."""
    hundredths = (share or Fraction(0)) * 100
    return f"{hundredths}%" if hundredths.denominator == 1 else str(share)
