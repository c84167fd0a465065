"""What should be in the informatietool and is not: an unknown is told, never counted as 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from npo_pipeline.instalments.decided import Basis, Rules
from npo_pipeline.instalments.ruled import rules_of
from npo_pipeline.regulations.frames import left_out
from npo_pipeline.regulations.model import Regulation
from npo_pipeline.reports.tool import words
from npo_pipeline.reports.tool.taken import Ruled
from npo_pipeline.reports.tool.told import Gap
from npo_pipeline.rules.places import claimed, under

SCHOOL_GAPS = {"vestiging": pl.String, "gap": pl.Int64}
_MEASURED: Mapping[str, pl.DataType | type[pl.DataType]] = {
    "vestiging": pl.String,
    "school_type": pl.String,
    "measure": pl.String,
    "counted": pl.Decimal(18, 2),
}


def gaps(ruled: Sequence[Ruled], amounts: pl.DataFrame) -> tuple[list[Gap], pl.DataFrame]:
    """What is left out because a value is not known, or because nothing counts what it needs.

    Args:
        ruled: the regulations and what was counted for them.
        amounts: vestiging, school_type, component of what is in the tool.

    Returns:
        The gaps, and vestiging, gap (its place) of the schools they touch.
    """
    found: list[Gap] = []
    touched = [pl.DataFrame(schema=SCHOOL_GAPS)]
    rules = [rules_of(one.loaded) for one in ruled]
    places = {one.name: one.places for one in rules}
    for one, mine in zip(ruled, rules, strict=True):
        measured = _measured(mine, one.basis, claims=_claims(places, one.basis))
        counted = measured.filter(pl.col("measure") == "pupils", pl.col("counted") > 0)
        for gap, measure in (*_unknown(one.loaded.regulation), *_absent(one.loaded.regulation, mine, measured)):
            about = pl.col("school_type").is_in(gap.school_types)
            there = measured.filter(about, pl.col("measure") == measure)
            # What is not counted at all may be at any school; else it touches those that have some.
            schools = counted.filter(about) if there.is_empty() else there.filter(pl.col("counted") > 0)
            had = amounts.filter(pl.col("component") == gap.component)
            schools = schools.join(had, on=["vestiging", "school_type"], how="anti")
            if schools.height:
                touched.append(schools.select("vestiging", gap=pl.lit(len(found), pl.Int64)).unique())
                found.append(gap)
    return found, pl.concat(touched).sort("vestiging", "gap")


def _claims(places: dict[str, pl.DataFrame], basis: Basis) -> pl.DataFrame:
    return claimed(places, basis.counts, basis.scores, basis.schools)


def _measured(rules: Rules, basis: Basis, claims: pl.DataFrame) -> pl.DataFrame:
    """What was counted of the schools under a regulation: vestiging, school_type, measure, counted."""
    counts, scores = (under(rules.name, rules.counts_as, claims, rows) for rows in (basis.counts, basis.scores))
    named = [column for column in ("pupils", "cumi_pupils", "newcomers") if column in counts.columns]
    parts = [
        frame.select(
            "vestiging", "school_type", measure=pl.lit(name), counted=pl.col(column).cast(pl.Decimal(18, 2))
        )
        for frame, pairs in ((counts, [(name, name) for name in named]), (scores, [("score", "score")]))
        for name, column in pairs
    ]
    whole = pl.concat([pl.DataFrame(schema=_MEASURED), *parts]).drop_nulls("counted")
    return whole.group_by("vestiging", "school_type", "measure").agg(pl.col("counted").sum())


def _unknown(regulation: Regulation) -> Iterator[tuple[Gap, str]]:
    """What a value is not known for, with what it counts."""
    key = ["component", "what", "article"]
    together = left_out(regulation).group_by(key, maintain_order=True)
    for component, what, article, kinds in together.agg(
        pl.col("school_type").unique(maintain_order=True)
    ).iter_rows():
        if not regulation.components[component].outside_informatietool:
            text = words.gap_unknown(component, kinds, what)
            yield Gap(component, tuple(kinds), text, article), regulation.components[component].measure


def _absent(regulation: Regulation, rules: Rules, measured: pl.DataFrame) -> Iterator[tuple[Gap, str]]:
    """What there is a rate for and no count."""
    together = rules.rates.group_by("component", "measure", maintain_order=True)
    for component, measure, kinds, articles in together.agg(
        pl.col("school_type").unique(maintain_order=True), "article"
    ).iter_rows():
        about = measured.filter(pl.col("measure") == measure, pl.col("school_type").is_in(kinds))
        if about.is_empty() and not regulation.components[component].outside_informatietool:
            yield Gap(component, tuple(kinds), words.gap_absent(component, kinds, measure), articles[0]), measure
