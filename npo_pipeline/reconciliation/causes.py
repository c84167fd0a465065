"""Why theirs differs from ours, as far as arithmetic can say: each cause by its name, and a sentence in Dutch.

The order is that of the contract, section 5: another count, rounding, another composition, another board, another
rate, a part of the year. What holds for a whole file goes before what could be by chance in a row: money that went
from one board or school to another to the cent, and one ratio for all schools.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.measures import BY_NAME
from npo_pipeline.money import divide_half_away
from npo_pipeline.reconciliation.compare import SCOPE, Scope, scopes_of
from schemas.reconciled import (
    BY_BOARD,
    MATCH,
    MISSING_HERE,
    MISSING_THERE,
    UNEXPLAINED,
    AmountPairs,
    BesideRates,
    OurAmounts,
)

CENT_E8 = 10**6
"""A cent, in the unit of rates."""

MOST_PARTS = 3
"""Parts that a composition may have: with more, some sum fits nearly any amount."""

NEARLY_ALL = (9, 10)
"""The share of schools for which a ratio, or a rate, must hold to be that of all: nine of ten."""

MANY = 30
"""Schools that match, from which on their rate is sure to be that of the file."""

NEAR_TWELFTHS = 50
"""A part of the year that is no whole twelfth is within a fiftieth of one: months had other rates."""

ENOUGH = 3
"""Schools with different amounts that have the same by no chance."""

SMALLEST_CHANGE = 10_000
"""Another rate differs by a ten-thousandth at least; what is less is rounding."""

_FILE = ("file", *SCOPE, "currency")
_KEY = (*_FILE, "code")


@dataclass(frozen=True)
class Evidence:
    """Hold what causes are looked for in: all amounts of ours, and the amounts that rules name beside a rate.

    `unreadable`: code and component of amounts of theirs that could not be read.
    """

    ours: OurAmounts
    beside: BesideRates
    unreadable: frozenset[tuple[str, str]] = frozenset()


def explain(pairs: AmountPairs, evidence: Evidence) -> AmountPairs:
    """Add the cause of each difference, and a sentence; both null for a match."""
    rows = pairs.with_row_index("row").with_columns(
        cause=pl.lit(None, pl.String),
        explanation=pl.lit(None, pl.String),
        error_cents=pl.col("vestigingen").fill_null(1).clip(1),
    )
    found = reduce(lambda now, step: step(now, evidence), _STEPS, rows)
    open_rows = pl.col("cause").is_null() & (pl.col("outcome") != MATCH)
    found = found.with_columns(
        cause=pl.when(open_rows).then(pl.lit(UNEXPLAINED)).otherwise("cause"),
        explanation=pl.when(open_rows)
        .then(_why_open(evidence))
        .when(_IS_ELSEWHERE)
        .then(_elsewhere())
        .otherwise("explanation"),
    )
    return AmountPairs(found.drop("row", "error_cents"))


_OPEN = pl.col("cause").is_null() & (pl.col("outcome") != MATCH)
_MAY_BE_CHANCE = (pl.col("cause") == "count") & pl.col("their_count_e2").is_null()
"""The rows with a cause that they may have by chance: no count in the file says the same."""

_BOTH = pl.col("ours_cents").is_not_null() & pl.col("theirs_cents").is_not_null()


def _set(rows: pl.DataFrame, found: pl.Expr, cause: str, words: pl.Expr) -> pl.DataFrame:
    """Give rows a cause and its sentence."""
    return rows.with_columns(
        cause=pl.when(found).then(pl.lit(cause)).otherwise("cause"),
        explanation=pl.when(found).then(words).otherwise("explanation"),
    )


def _set_from(rows: pl.DataFrame, found: pl.DataFrame, cause: str) -> pl.DataFrame:
    """Give the rows that are found (`row`, `words`) a cause and its sentence."""
    joined = rows.join(found.select("row", "words").unique("row"), on="row", how="left", maintain_order="left")
    return _set(joined, pl.col("words").is_not_null(), cause, pl.col("words")).drop("words")


# Another board.


def _boards(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find schools whose amount one board lacks and another has more, both to the cent."""
    found = [_moved(rows, evidence.ours, one) for one in scopes_of(AmountPairs(rows)) if one.level == BY_BOARD]
    return _set_from(rows, pl.concat(found), "board") if found else rows


def _moved(rows: pl.DataFrame, ours: OurAmounts, scope: Scope) -> pl.DataFrame:
    """Return the rows of boards between which a school, or all schools of one, moved."""
    open_rows = rows.filter(scope.of_theirs(), _OPEN)
    own = ours.filter(scope.of_ours())
    schools = own.group_by("board", "currency", what="brin").agg(cents=pl.col("amount_cents").sum())
    whole = own.group_by("board", "currency").agg(
        cents=pl.col("amount_cents").sum(), what=pl.lit("alle scholen")
    )  # fmt: skip
    parts = pl.concat([schools, whole.select(schools.columns)]).filter(pl.col("cents") > 0)
    gains = open_rows.filter(pl.col("gap_cents") > 0).select("row", "code", "currency", cents="gap_cents")
    losses = open_rows.filter(pl.col("gap_cents") < 0).select(
        pl.col("row").alias("loser"), "currency", board="code", lost=-pl.col("gap_cents")
    )
    moves = gains.join(parts, on=["currency", "cents"]).filter(pl.col("code") != pl.col("board"))
    moves = moves.join(losses, on=["currency", "board"]).sort("row", "what").unique("row", maintain_order=True)
    moves = moves.filter(pl.col("cents").sum().over("loser") == pl.col("lost"))
    named = pl.when(pl.col("what") == "alle scholen").then(pl.lit("Het geld van alle scholen van "))
    words = pl.format(
        "{}bestuur {} ({}) staat in het bestand bij bestuur {}.",
        named.otherwise(pl.format("Het geld van school {} van ", "what")),
        "board",
        dutch.money_expr("cents"),
        "code",
    )
    told = moves.with_columns(words=words)
    lost = told.group_by(pl.col("loser").alias("row"), maintain_order=True).agg(pl.col("words").str.join(" "))
    return pl.concat([told.select("row", "words"), lost])


def _mergers(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find schools that the file has nothing for, and whose amount another has more, to the cent."""
    key = ["component", "school_types", "level", "currency", "cents"]
    open_rows = rows.filter(_OPEN, pl.col("level") != BY_BOARD)
    gone = open_rows.filter(pl.col("theirs_cents").fill_null(0) == 0, pl.col("ours_cents") > 0)
    gone = gone.select("row", *key[:-1], other="code", cents="ours_cents")
    more = open_rows.filter(pl.col("gap_cents") > 0, _BOTH).select("row", "code", *key[:-1], cents="gap_cents")
    # Where the amount is that of several schools it says nothing.
    more, gone = (one.filter(pl.len().over(key) == 1) for one in (more, gone))
    pairs = more.join(gone, on=key, suffix="_gone")
    holds = pl.format("Het bestand telt hierbij het geld van {} ({}).", "other", dutch.money_expr("cents"))
    with_it = pairs.select("row", words=holds)
    held = pairs.select(pl.col("row_gone").alias("row"), words=pl.format("Het bestand telt dit bij {}.", "code"))
    return _set_from(rows, pl.concat([with_it, held]), "composition")


# Another count.


def _counts_given(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find differences that are those of the counts in the file, at the rate of ours."""
    counted = pl.col("our_count_e2").fill_null(0)
    more = pl.col("their_count_e2") - counted
    above = (pl.col("their_count_e2") - pl.col("threshold_e2")).clip(0) - pl.col("quantity_e2").fill_null(0)
    fits = pl.any_horizontal(
        _is_gap(units, pl.col(rate)) for units in (more, above) for rate in ("rate_low_e8", "rate_high_e8")
    )
    return _set(rows, _OPEN & fits.fill_null(False) & (more != 0), "count", _count_words(more, has_both=True))


def _counts(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find differences of whole pupils, at the rate of ours, where the file has no count."""
    is_whole = pl.col("measure").is_in([one.name for one in BY_NAME.values() if not one.decimals])
    open_rows = _OPEN & is_whole & pl.col("their_count_e2").is_null() & pl.col("theirs_cents").is_not_null()
    for rate in ("rate_low_e8", "rate_high_e8"):
        units = divide_half_away(pl.col("gap_cents") * CENT_E8, pl.col(rate).clip(1))
        possible = (units != 0) & (pl.col("quantity_e2").fill_null(0) + units * 100 >= 0)
        fits = _is_gap(units * 100, pl.col(rate), exactly=True)
        found = open_rows & possible & fits.fill_null(False) & (pl.col(rate) > 0)
        rows = _set(rows, found & _OPEN, "count", _count_words(units * 100, has_both=False, rate=rate))
    return rows


def _is_gap(units_e2: pl.Expr, rate_e8: pl.Expr, *, exactly: bool = False) -> pl.Expr:
    """Return whether the difference is units times a rate, within a cent per vestiging.

    `exactly`: where the rate has whole cents, so that nothing is rounded, to the cent.
    """
    explained = divide_half_away(units_e2.cast(pl.Int128) * rate_e8, 100 * CENT_E8)
    off = (pl.col("gap_cents") - explained).abs()
    error = pl.when(rate_e8 % CENT_E8 == 0).then(0).otherwise("error_cents") if exactly else pl.col("error_cents")
    return off <= error


def _count_words(units_e2: pl.Expr, *, has_both: bool, rate: str = "rate_low_e8") -> pl.Expr:
    more = pl.when(units_e2 > 0).then(pl.lit("meer")).otherwise(pl.lit("minder"))
    size = pl.format("{} {}", _number(units_e2.abs()), _unit(units_e2.abs()))
    start = pl.format("Andere telling: {} {} dan hier", size, more)
    if has_both:
        theirs, ours = _number(pl.col("their_count_e2")), _number(pl.col("our_count_e2").fill_null(0))
        return pl.format("{} ({} tegen {}).", start, theirs, ours)
    also = pl.when(_is_twelfths()).then(pl.format(" Of {} van de 12 maanden.", _nearest_twelfths()))
    return pl.format("{}, keer {}.{}", start, _rate(pl.col(rate)), also.otherwise(pl.lit("")))


def _unit(quantity_e2: pl.Expr) -> pl.Expr:
    one = pl.col("measure").replace_strict({name: m.dutch[0] for name, m in BY_NAME.items()}, default="eenheid")
    many = pl.col("measure").replace_strict({name: m.dutch[1] for name, m in BY_NAME.items()}, default="eenheden")
    return pl.when(quantity_e2 == 100).then(one).otherwise(many)


def _number(value_e2: pl.Expr) -> pl.Expr:
    """Write hundredths: 1.222 or 33,02."""
    decimals = pl.format(",{}", (value_e2 % 100).cast(pl.String).str.zfill(2))
    return pl.concat_str(
        dutch.whole_expr(value_e2 // 100), pl.when(value_e2 % 100 != 0).then(decimals).otherwise(pl.lit(""))
    )


def _rate(rate_e8: pl.Expr) -> pl.Expr:
    """Write a rate with all its decimals, two at least."""
    decimals = (rate_e8 % 10**8).cast(pl.String).str.zfill(8).str.replace(r"0{1,6}$", "")
    sign = pl.col("currency").replace_strict(dutch.SIGNS, return_dtype=pl.String)
    return pl.format("{} {},{}", sign, dutch.whole_expr(rate_e8 // 10**8), decimals)


# Rounding.


def _rounding(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find differences of at most a cent per vestiging."""
    found = _OPEN & _BOTH & (pl.col("gap_cents").abs() <= pl.col("error_cents"))
    size = dutch.money_expr("gap_cents")
    return _set(rows, found, "rounding", pl.format("Afronding: {} verschil.", size))


# Another composition.


def _compositions(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find differences that are other amounts of the same school, put together or left out.

    What nearly all schools of a file have put together is so too for one that might have another count.
    """
    for scope in scopes_of(AmountPairs(rows)):
        maybe = rows.filter(scope.of_theirs(), _OPEN | _MAY_BE_CHANCE)
        if maybe.filter(_OPEN).is_empty() and maybe.height < ENOUGH:
            continue
        parts = _parts(scope, evidence)
        more = _sums(maybe, parts.filter(~pl.col("own")), 1)
        partly = maybe.join(more, on="row", how="anti").filter(pl.col("theirs_cents") > 0)
        less = _sums(partly, parts.filter("own"), -1)
        found = pl.concat([more, less]).join(maybe.select("row", "cause"), on="row")
        alike = pl.len().over("names")
        is_of_all = (alike >= ENOUGH) & (alike * NEARLY_ALL[1] >= maybe.height * NEARLY_ALL[0])
        rows = _set_from(rows, found.filter(pl.col("cause").is_null() | is_of_all), "composition")
    return _put_elsewhere(rows)


def _parts(scope: Scope, evidence: Evidence) -> pl.DataFrame:
    """Return amounts of each code that theirs may have in a scope, or left out: name, cents, own, is_beside."""
    ours = evidence.ours.filter(pl.col(scope.code).is_not_null(), pl.col("amount_cents") != 0)
    own, other = ours.filter(scope.of_ours()), ours.filter(~scope.of_ours())
    is_same = pl.col("component").is_in(scope.components)
    component = pl.col("component").replace_strict(
        {one: dutch.component(one) for one in ours["component"].unique()}, return_dtype=pl.String
    )
    kind = pl.col("school_type").replace_strict(dutch.DUTCH.school_types, default=pl.col("school_type"))
    whose = pl.when(is_same).then(pl.format("{} van {}", component, kind)).otherwise(component)
    beside = own.join(evidence.beside, on=["component", "school_type"]).with_columns(
        amount_cents=divide_half_away(pl.col("quantity_e2") * pl.col("rate_e8_right"), 100 * CENT_E8)
    )
    several = own.filter(pl.col("school_type").n_unique().over(scope.code, "currency") > 1)
    kinds = [
        (other.with_columns(name=whose), False),
        (beside, False),
        (several.with_columns(name=kind), True),
        (own.head(own.height if len(scope.components) > 1 else 0).with_columns(name=component), True),
        (own.with_columns(name=pl.format("vestiging {}", "vestiging")), True),
    ]
    grouped = [
        rows.group_by(pl.col(scope.code).alias("code"), "currency", "name")
        .agg(cents=pl.col("amount_cents").sum())
        .with_columns(own=pl.lit(mine), is_beside=pl.lit(rows is beside))
        for rows, mine in kinds
    ]
    return pl.concat(grouped).filter(pl.col("cents") > 0)


def _sums(rows: pl.DataFrame, parts: pl.DataFrame, sign: int) -> pl.DataFrame:
    """Return the rows whose difference is the sum of one to three parts: row, names, words; the fewest count."""
    wanted = rows.select("row", "code", "currency", cents=pl.col("gap_cents") * sign).filter(pl.col("cents") > 0)
    single = wanted.join(_with_roundings(parts), on=["code", "currency", "cents"])
    single = single.sort("row", "off", "name").unique("row", keep="first")
    found = [single.with_columns(names="name").select("row", "currency", "cents", "names")]
    wide, names = _wide(parts)
    left = wanted.join(single, on="row", how="anti").join(wide, on=["code", "currency"])
    for size in range(2, MOST_PARTS + 1):
        for some in combinations(names, size):
            fits = left.filter(pl.sum_horizontal(some, ignore_nulls=False) == pl.col("cents"))
            if fits.height:
                told = dutch.listed(some)
                found.append(fits.select("row", "currency", "cents", names=pl.lit(told)))
                left = left.join(fits, on="row", how="anti")
    put = "Het bestand telt hierbij op: {} ({})." if sign > 0 else "Het bestand laat hier weg: {} ({})."
    every = pl.concat(found)
    return every.select("row", "names", words=pl.format(put, "names", dutch.money_expr("cents")))


def _with_roundings(parts: pl.DataFrame) -> pl.DataFrame:
    """Add the parts that rules name beside a rate a cent higher and lower: rounded with ours they may be that."""
    beside = parts.filter("is_beside")
    others = [beside.with_columns(pl.col("cents") + cent, off=pl.lit(1)) for cent in (-1, 1)]
    return pl.concat([parts.with_columns(off=pl.lit(0)), *others])


_MOST_NAMES = 16
"""Names of parts that are put together in twos and threes; a school has no more components than that."""


def _wide(parts: pl.DataFrame) -> tuple[pl.DataFrame, Sequence[str]]:
    """Return the parts with a column per name, of names that several schools share, and these names."""
    shared = parts.filter(~pl.col("name").str.starts_with("vestiging "))
    names = shared["name"].value_counts(sort=True).sort("count", "name", descending=[True, False])["name"]
    chosen = names.head(_MOST_NAMES).sort().to_list()
    wide = shared.filter(pl.col("name").is_in(chosen)).pivot(
        "name", index=["code", "currency"], values="cents", aggregate_function="sum"
    )
    return wide, [one for one in chosen if one in wide.columns]


def _put_elsewhere(rows: pl.DataFrame) -> pl.DataFrame:
    """Find amounts that the file lacks because it put them in with another amount of the same school."""
    put = rows.filter(pl.col("cause") == "composition", pl.col("gap_cents") > 0).select(
        "level", "code", "currency", "explanation", other="component"
    )
    gone = rows.filter(_OPEN, pl.col("theirs_cents").fill_null(0) == 0)
    named = gone.select("row", "level", "code", "currency", "component").with_columns(
        shown=pl.col("component").replace_strict(
            {one: dutch.component(one) for one in rows["component"].unique()}, return_dtype=pl.String
        )
    )
    both = named.join(put, on=["level", "code", "currency"]).filter(
        pl.col("explanation").str.contains(pl.col("shown"), literal=True), pl.col("other") != pl.col("component")
    )
    other = pl.col("other").replace_strict(
        {one: dutch.component(one) for one in rows["component"].unique()}, return_dtype=pl.String
    )
    return _set_from(
        rows, both.with_columns(words=pl.format("Het bestand telt dit bij {}.", other)), "composition"
    )


# Another rate.


def _rates(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find one ratio between theirs and ours for nearly all schools of a component, not seen from earlier causes.

    Found once over a file: then it is the cause also where a row alone might be another count.
    """
    both = rows.filter(_BOTH, pl.col("ours_cents") > 0, pl.col("theirs_cents") > 0)
    found = [_one_ratio(part) for _, part in both.group_by(*_FILE, maintain_order=True)]
    told = pl.concat([one for one in found if one is not None] or [_NO_WORDS])
    return _set_from(rows, told, "rate")


_NO_WORDS = pl.DataFrame(schema={"row": pl.UInt32, "words": pl.String})


def _one_ratio(part: pl.DataFrame) -> pl.DataFrame | None:
    """Return the rows that share one ratio, with the words for it; null where nearly all do not.

    Two schools may share one by chance; where both have another cause, it is that.
    """
    least = 2 if part.filter(_OPEN).height else ENOUGH
    if part.filter(_OPEN | _MAY_BE_CHANCE).is_empty():
        return None
    best = max((_fitting(part, one) for one in _references(part)), key=lambda one: one.height)
    if best.height * NEARLY_ALL[1] < part.height * NEARLY_ALL[0] or best["ours_cents"].n_unique() < least:
        return None
    total_ours, total_theirs = int(best["ours_cents"].sum()), int(best["theirs_cents"].sum())
    if abs(total_theirs - total_ours) * SMALLEST_CHANGE < total_ours:
        return None
    share = pl.lit((total_theirs * 10**4 * 2 + total_ours) // (2 * total_ours), pl.Int64)
    found = best.select(pl.when(_is_twelfths()).then(_nearest_twelfths()).unique()).to_series()
    months = found.item() if found.len() == 1 else None
    like = f", zoals bij {months} van de 12 maanden" if months else ""
    words = pl.format(
        "Ander bedrag per eenheid: voor alle scholen in het bestand {} van dat van hier{}.",
        dutch.percent_expr(share),
        pl.lit(like),
    )
    return best.filter(_OPEN | _MAY_BE_CHANCE).select("row", words=words)


def _references(part: pl.DataFrame) -> list[tuple[int, int]]:
    """Return pairs of ours and theirs that may have the ratio of all: the largest, and the largest of the most."""
    bucket = part.with_columns(bucket=(pl.col("theirs_cents") * 1000) // pl.col("ours_cents"))
    most = bucket.filter(pl.len().over("bucket") == pl.len().over("bucket").max())
    chosen = [one.sort("ours_cents", "row").tail(1) for one in (part, most)]
    return [one.select("ours_cents", "theirs_cents").row(0) for one in chosen]


def _fitting(part: pl.DataFrame, reference: tuple[int, int]) -> pl.DataFrame:
    """Return the rows whose ratio is that of a reference, within the rounding of both."""
    ours, theirs = (pl.lit(one, pl.Int128) for one in reference)
    mine, given = pl.col("ours_cents").cast(pl.Int128), pl.col("theirs_cents").cast(pl.Int128)
    off = (given * ours - theirs * mine).abs()
    error = pl.col("error_cents").cast(pl.Int128) * (ours + theirs + mine + given)
    return part.filter(off * 2 <= error, pl.col("outcome") != MATCH)


# A part of the year.


def _twelfths(rows: pl.DataFrame, evidence: Evidence) -> pl.DataFrame:
    """Find amounts that are some twelfths of ours."""
    words = pl.format("Een deel van het jaar: {} van de 12 maanden.", _nearest_twelfths())
    return _near_twelfths(_set(rows, _OPEN & _is_twelfths(), "part_of_year", words))


def _near_twelfths(rows: pl.DataFrame) -> pl.DataFrame:
    """Find amounts near some twelfths of ours, of the same count, where the rate is that of nearly all schools.

    Then no other cause is left; months of the year may have had other rates than the year as a whole.
    """
    near = _off_twelfths() * NEAR_TWELFTHS <= pl.col("ours_cents") * _nearest_twelfths()
    same_count = pl.col("their_count_e2") == pl.col("our_count_e2")
    equal = (pl.col("outcome") == MATCH).sum().over(_FILE)
    matches = (equal >= MANY) & (equal * NEARLY_ALL[1] >= pl.len().over(_FILE) * NEARLY_ALL[0])
    found = _OPEN & _is_part() & near & same_count & matches
    parts_e2 = divide_half_away(pl.col("theirs_cents") * 1200, pl.col("ours_cents").clip(1))
    words = pl.format(
        "Een deel van het jaar: dezelfde telling, en {} van de 12 maanden; in sommige gold een ander bedrag.",
        _number(parts_e2),
    )
    return _set(rows, found.fill_null(False), "part_of_year", words)


def _is_twelfths() -> pl.Expr:
    """Return whether theirs is some twelfths of ours, within half a cent per vestiging."""
    return (_is_part() & (_off_twelfths() <= 6 * pl.col("error_cents"))).fill_null(False)


def _is_part() -> pl.Expr:
    is_less = (pl.col("theirs_cents") > 0) & (pl.col("theirs_cents") < pl.col("ours_cents"))
    return is_less & _nearest_twelfths().is_between(1, 11)


def _off_twelfths() -> pl.Expr:
    return (pl.col("theirs_cents") * 12 - pl.col("ours_cents") * _nearest_twelfths()).abs()


def _nearest_twelfths() -> pl.Expr:
    return divide_half_away(pl.col("theirs_cents") * 12, pl.col("ours_cents").clip(1))


_IS_ELSEWHERE = (pl.col("outcome") == MATCH) & (pl.col("their_board") != pl.col("board"))


def _elsewhere() -> pl.Expr:
    """Return the words for a school whose amount is right, and which the file has with another board."""
    return pl.format("Hetzelfde bedrag, in het bestand bij bestuur {} en hier bij {}.", "their_board", "board")


def _why_open(evidence: Evidence) -> pl.Expr:
    """Return what is known of a difference without a cause: what one side lacks, and whether the counts agree."""
    is_new = pl.col("board").is_null()
    here = pl.when(is_new).then(pl.lit("Het besluit kent deze code niet")).otherwise(
        pl.lit("Het besluit heeft hier geen bedrag van dit onderdeel")
    )  # fmt: skip
    words = (
        pl.when(pl.col("outcome") == MISSING_HERE)
        .then(here)
        .when(pl.col("outcome") == MISSING_THERE)
        .then(pl.lit("Het bestand heeft hiervan geen bedrag"))
        .otherwise(pl.lit("Geen telling, afronding, samenstelling, tarief of deel van het jaar verklaart dit"))
    )
    bad = [f"{code} {component}" for code, component in evidence.unreadable]
    is_bad = pl.concat_str("code", "component", separator=" ").is_in(bad)
    part = pl.when(pl.col("outcome") == MISSING_THERE).then(pl.lit("")).otherwise(pl.lit("een deel van "))
    unread = pl.when(is_bad).then(pl.format("; {}wat er staat is niet te lezen", part)).otherwise(pl.lit(""))
    theirs, ours = pl.col("their_count_e2"), pl.col("our_count_e2").fill_null(0)
    same = pl.format("; de telling is dezelfde ({})", _number(theirs))
    other = pl.format("; ook de telling verschilt ({} in het bestand, hier {})", _number(theirs), _number(ours))
    counts = pl.when(theirs.is_null()).then(pl.lit("")).when(theirs == ours).then(same).otherwise(other)
    return pl.format("{}{}{}.", words, counts, unread)


_STEPS: Sequence[Callable[[pl.DataFrame, Evidence], pl.DataFrame]] = (
    _boards,
    _mergers,
    _counts_given,
    _counts,
    _rounding,
    _compositions,
    _rates,
    _twelfths,
)
"""The causes in the order in which they are looked for."""
