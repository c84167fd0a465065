"""A whole decision, worked out: entitlements and instalments of every school under the rules of a year."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.entitlements.amounts import TRACE_COLUMNS, add_trace, entitlements, quantities
from npo_pipeline.entitlements.model import (
    ADJUSTMENT_COLUMNS,
    ENTITLEMENT_COLUMNS,
    INSTALMENT_COLUMNS,
    KEY,
    SETTLEMENT_COLUMNS,
    DecisionInputs,
    DecisionTables,
    Rules,
)
from npo_pipeline.entitlements.schedule import (
    MOVED,
    apply_adjustments,
    instalment_recipients,
    instalments,
    reassigned,
)
from npo_pipeline.entitlements.territory import rows_under_regulation, territory_of_schools
from npo_pipeline.errors import Refused
from npo_pipeline.intake.school_directory import board_on
from npo_pipeline.money import to_euro, to_quantity, to_rate
from npo_pipeline.months import first_day


def calculate_decision(school_year: str, rules: Sequence[Rules], basis: DecisionInputs) -> DecisionTables:
    """Work out entitlements and instalments of the whole country at once.

    The board of an entitlement is the one that holds the vestiging on the first day of the school year;
    a payment looks at the first day of its own month.

    Args:
        school_year: `2021-2022`.
        rules: the regulations of the year; those for some places only take their schools from the others.
        basis: counts, scores, schools and changes.

    Raises:
        Refused: a school merged into one without a known board, or mergers lead in a circle.
    """
    places = territory_of_schools(
        {one.name: one.places for one in rules}, basis.counts, basis.scores, basis.schools
    )
    entitled = [_entitled(one, basis, places) for one in rules]
    placed = board_on(basis.schools, pl.concat(entitled), first_day(school_year)).with_columns(
        school_year=pl.lit(school_year),
        brin=pl.col("vestiging").str.head(4),
        quantity=to_quantity(pl.col("quantity_e2")),
        rate=to_rate(pl.col("rate_e8")),
        amount=to_euro(pl.col("amount_cents")),
    )
    homeless = placed.filter(pl.col("board").is_null())
    housed = placed.filter(pl.col("board").is_not_null())
    parts = [_due(one, frame, basis, places) for one, frame in zip(rules, entitled, strict=True)]
    due, adjustments = (pl.concat(frames) for frames in zip(*parts, strict=True))
    _refuse_homeless_successor(adjustments, basis.schools)
    shown = {"school_year": pl.lit(school_year), "amount": to_euro(pl.col("amount_cents"))}
    return DecisionTables(
        housed.select(ENTITLEMENT_COLUMNS).sort(KEY),
        due.with_columns(**shown).select(INSTALMENT_COLUMNS),
        add_trace(housed).select(TRACE_COLUMNS).sort(KEY),
        homeless.select(*KEY, "amount", "currency").sort(KEY),
        adjustments.with_columns(**shown)
        .select(ADJUSTMENT_COLUMNS)
        .sort(*KEY, "month", "cause", "other_vestiging"),
        pl.concat(_settling(one) for one in rules).select(SETTLEMENT_COLUMNS),
    )


def _entitled(rules: Rules, basis: DecisionInputs, places: pl.DataFrame) -> pl.DataFrame:
    counts, scores = (
        rows_under_regulation(rules.name, rules.counts_as, places, frame) for frame in (basis.counts, basis.scores)
    )
    counted = quantities(rules.rates, rules.thresholds, counts, scores)
    found = entitlements(counted, rules.rates, places.select("vestiging", "place"))
    thresholds = rules.thresholds.select("component", "threshold", "level")
    return found.join(thresholds, on="component", how="left", maintain_order="left").with_columns(
        regulation=pl.lit(rules.name), currency=pl.lit(rules.currency)
    )


def _due(
    rules: Rules, entitled: pl.DataFrame, basis: DecisionInputs, places: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The instalments under one regulation, and what of them does not follow from the entitlements alone."""
    housed = basis.schools.select("vestiging").unique()
    plain = instalments(entitled, rules.shares).join(housed, on="vestiging", how="semi")
    amended = pl.DataFrame(schema={**plain.schema, "cause": pl.String, "other_vestiging": pl.String}).select(MOVED)
    if rules.earlier:
        amended = _amended(rules, plain, basis, places).join(housed, on="vestiging", how="semi")
    in_force = apply_adjustments(plain, amended)
    where = instalment_recipients(basis.changes, in_force["month"].unique().sort(), runs_out=rules.runs_out)
    lived = reassigned(in_force, where)
    money = pl.lit(rules.currency)
    adjustments = pl.concat([amended, lived]).with_columns(currency=money)
    return apply_adjustments(in_force, lived).select(*KEY, "month", "amount_cents", currency=money), adjustments


def _amended(rules: Rules, plain: pl.DataFrame, basis: DecisionInputs, places: pl.DataFrame) -> pl.DataFrame:
    """What the rules that were in force before an amendment give more, or less, in the months before it."""
    start, parts = None, [plain.with_columns(amount_cents=-pl.col("amount_cents")).head(0)]
    for until, earlier in rules.earlier:
        before = pl.col("month") < until if start is None else pl.col("month").is_between(start, until, "left")
        then = instalments(_entitled(earlier, basis, places), earlier.shares)
        now = plain.with_columns(amount_cents=-pl.col("amount_cents"))
        parts += [then.filter(before), now.filter(before)]
        start = until
    apart = pl.concat(parts).group_by(*KEY, "month").agg(pl.col("amount_cents").sum())
    cause, nobody = pl.lit("amendment"), pl.lit(None, pl.String)
    return (
        apart.filter(pl.col("amount_cents") != 0).with_columns(cause=cause, other_vestiging=nobody).select(MOVED)
    )


def _settling(rules: Rules) -> pl.DataFrame:
    kinds = rules.rates.select("school_type", "component").unique()
    months = rules.shares.select("component", "month").unique()
    return kinds.join(months, on="component").select(
        "school_type",
        "component",
        "month",
        corrections=pl.lit(rules.corrections),
        floor_zero=pl.lit(rules.floor_zero),
        currency=pl.lit(rules.currency),
    )


def _refuse_homeless_successor(adjustments: pl.DataFrame, schools: pl.DataFrame) -> None:
    coming = adjustments.filter(pl.col("amount_cents") > 0, pl.col("cause") == "merger")
    lost = coming.join(schools, on="vestiging", how="anti").sort("vestiging").head(1)
    for vestiging, other in lost.select("vestiging", "other_vestiging").iter_rows():
        raise Refused(
            f"{other} merged into {vestiging}, of which no board is known, so nobody could be paid; ingest the "
            "address list that names it, or a change that puts the successor right"
        )
