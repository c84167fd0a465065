"""Delivered data, and precedence of sources: which files count where several do, and how others differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TypeAlias

import polars as pl

from npo_pipeline.measures import MEASURES, PUPILS, PUPILS_PO, PUPILS_VO, SCORE, SOURCES, CountSource, Measure
from schemas.columns import schema_of
from schemas.frames.intake import SOURCE_DIFFERENCES, SchoolSums, SourceDifferences, empty
from schemas.received import (
    COUNT_RANGES,
    Applications,
    Areas,
    Changes,
    Completions,
    CountRanges,
    Counts,
    Deliveries,
    LeerplusSchools,
    ListedVestigingen,
    MunicipalScores,
    Schools,
    Scores,
    ZeroCounts,
)

_SCHOOL = ["vestiging", "school_type"]

NO_RANGES = CountRanges(pl.DataFrame(schema=schema_of(COUNT_RANGES)))


UsedDeliveries: TypeAlias = Mapping[str, Sequence[str]]
"""Name of a source (`used_for` in `decision_inputs`) -> the delivery_ids used for it."""


@dataclass(frozen=True, kw_only=True)
class DeliveredData:
    """Represent what can be decided upon: the rows of all deliveries, also of superseded ones, and the schools."""

    deliveries: Deliveries
    counts: Counts
    zero_counts: ZeroCounts
    count_ranges: CountRanges
    scores: Scores
    changes: Changes
    listed: ListedVestigingen
    applications: Applications
    completions: Completions
    leerplus: LeerplusSchools
    municipal_scores: MunicipalScores
    areas: Areas
    schools: Schools

    @cached_property
    def live(self) -> Deliveries:
        """The deliveries that nothing superseded."""
        return Deliveries(self.deliveries.filter(pl.col("superseded_by").is_null()))

    @property
    def reference_dates(self) -> list[date]:
        """The days of which pupils were counted."""
        return self.counts["reference_date"].unique().sort().to_list()


@dataclass(frozen=True)
class _Counted:
    """Hold the deliveries on one side of a comparison, and the rows among which theirs are."""

    deliveries: list[str]
    rows: pl.DataFrame

    def sums(self, measure: Measure, name: str) -> SchoolSums:
        """Add up a measure per vestiging and school type, where it is above 0."""
        counted = rows_of_deliveries(self.rows, self.deliveries).filter(pl.col(measure.name).is_not_null())
        summed = counted.group_by(_SCHOOL).agg(pl.col(measure.name).sum().alias(name))
        return SchoolSums(summed.filter(pl.col(name) > 0))


def select_sources(deliveries: Deliveries) -> dict[str, list[str]]:
    """Select the deliveries of a reference date that count, of the most trusted kind that there is.

    Returns:
        Name of a source -> the delivery_ids used for it (several when a register came in parts).
    """
    of_kind = dict(deliveries.group_by("kind").agg(pl.col("delivery_id").sort()).iter_rows())
    present = {source.name: [kind for kind in source.kinds if kind in of_kind] for source in SOURCES}
    return {name: of_kind[found[0]] for name, found in present.items() if found}


def rows_of_deliveries(rows: pl.DataFrame, deliveries: Sequence[str]) -> pl.DataFrame:
    """Select the rows (delivery_id, ...) that came with some deliveries."""
    return rows.filter(pl.col("delivery_id").is_in(list(deliveries)))


def differences(
    deliveries: Deliveries, counts: Counts, scores: Scores, ranges: CountRanges = NO_RANGES
) -> SourceDifferences:
    """Compare the files of one reference date that are not used with the one that is, school by school.

    A count that lies in the range of a file with masked counts agrees with it.
    """
    used = select_sources(deliveries)
    files = dict(deliveries.select("delivery_id", "file").iter_rows())
    kinds = dict(deliveries.select("delivery_id", "kind").iter_rows())
    parts = [*_between_counts(used, kinds, counts, files), *_with_scored_pupils(used, counts, scores, files)]
    for name, of_file in ranges.group_by("delivery_id", maintain_order=True):
        kind = kinds[str(name[0])].removesuffix("_masked")
        pairs = [(measure, one) for measure in MEASURES for one in measure.sources if kind in one.kinds]
        for measure, source in pairs:
            if ours := used.get(source.name, []):
                mine = CountRanges(of_file.filter(pl.col("measure") == measure.name))
                parts.append(_outside_ranges(measure, _Counted(ours, counts), mine, files))
    found = pl.concat([empty(SOURCE_DIFFERENCES), *parts])
    return SourceDifferences(found.sort(*_SCHOOL, "measure", "other_delivery"))


def _between_counts(
    used: Mapping[str, list[str]], kinds: Mapping[str, str], counts: Counts, files: Mapping[str, str]
) -> Iterator[SourceDifferences]:
    """Compare, per measure, the files of each kind that could have been used with those that are."""
    pairs = [(measure, one) for measure in MEASURES if measure.table == "counts" for one in measure.sources]
    for measure, source in pairs:
        ours = used.get(source.name, [])
        for kind in source.kinds:
            theirs = [name for name, other in kinds.items() if other == kind and name not in ours]
            if ours and theirs:
                yield _compare(measure, _Counted(ours, counts), _Counted(theirs, counts), files)


def _with_scored_pupils(
    used: Mapping[str, list[str]], counts: Counts, scores: Scores, files: Mapping[str, str]
) -> Iterator[SourceDifferences]:
    """Compare the pupils that CBS counted for its score with the pupils of bao and vo that are used.

    The formula of the score rests on them (domain notes, section 2; they agreed for all 6,295 vestigingen of
    1-10-2019).
    """
    theirs = [name for one in SCORE.sources for name in used.get(one.name, [])]
    scored = scores_by_type(rows_of_deliveries(scores, theirs), counts)
    of_types: tuple[tuple[CountSource, str], ...] = ((PUPILS_PO, "bao"), (PUPILS_VO, "vo"))
    for source, school_type in of_types:
        ours, of_type = used.get(source.name, []), scored.filter(pl.col("school_type") == school_type)
        if ours and of_type.height:
            # A score for which CBS counted pupils, and the register none at all, is reported too.
            without_type = scored.filter(pl.col("school_type").is_null() & pl.lit(school_type == "bao"))
            of_type = pl.concat([of_type, without_type.with_columns(school_type=pl.lit(school_type))])
            mine = counts.filter(pl.col("school_type").str.starts_with(school_type))
            mine = mine.with_columns(school_type=pl.lit(school_type))
            yield _compare(PUPILS, _Counted(ours, mine), _Counted(theirs, of_type), files)


def _compare(measure: Measure, ours: _Counted, theirs: _Counted, files: Mapping[str, str]) -> SourceDifferences:
    both = ours.sums(measure, "used").join(theirs.sums(measure, "other"), on=_SCHOOL, how="full", coalesce=True)
    differing = both.filter(pl.col("used").fill_null(0) != pl.col("other").fill_null(0))
    our_files, their_files = (" and ".join(files[name] for name in one.deliveries) for one in (ours, theirs))
    message = pl.concat_str(
        "vestiging",
        pl.lit(": "),
        pl.col("used").cast(pl.String).fill_null("no"),
        pl.lit(f" {measure.plural} from {our_files}, which is used, "),
        pl.col("other").cast(pl.String).fill_null("none"),
        pl.lit(f" from {their_files}"),
    )
    compared = differing.select(
        *_SCHOOL,
        measure=pl.lit(measure.name),
        used=pl.col("used").cast(pl.Decimal(18, 2)),
        used_delivery=pl.lit(ours.deliveries[0]),
        other=pl.col("other").cast(pl.Decimal(18, 2)),
        other_delivery=pl.lit(theirs.deliveries[0]),
        message=message,
    )
    return SourceDifferences(compared)


def _outside_ranges(
    measure: Measure, ours: _Counted, ranges: CountRanges, files: Mapping[str, str]
) -> SourceDifferences:
    """Compare counts with the ranges of a file: a difference is with the nearest that a range allows."""
    bounds = ranges.group_by("delivery_id", *_SCHOOL).agg(pl.col("lowest", "highest").sum())
    both = bounds.join(ours.sums(measure, "used"), on=_SCHOOL, how="left")
    used = pl.col("used").fill_null(0)
    outside = both.filter(~used.is_between("lowest", "highest"))
    our_files = " and ".join(files[name] for name in ours.deliveries)
    message = pl.concat_str(
        "vestiging",
        pl.lit(": "),
        pl.col("used").cast(pl.String).fill_null("no"),
        pl.lit(f" {measure.plural} from {our_files}, which is used, "),
        pl.when(pl.col("lowest") == pl.col("highest"))
        .then(pl.format("{} from ", "lowest"))
        .otherwise(pl.format("{} to {} from ", "lowest", "highest")),
        pl.col("delivery_id").replace_strict(files, return_dtype=pl.String),
    )
    nearest = pl.when(used < pl.col("lowest")).then("lowest").otherwise("highest")
    compared = outside.select(
        *_SCHOOL,
        measure=pl.lit(measure.name),
        used=pl.col("used").cast(pl.Decimal(18, 2)),
        used_delivery=pl.lit(ours.deliveries[0]),
        other=nearest.cast(pl.Decimal(18, 2)),
        other_delivery="delivery_id",
        message=message,
    )
    return SourceDifferences(compared)


def scores_by_type(scores: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Add the school type of each score: CBS publishes bao and vo in the same form.

    A score is vo when vo pupils are counted at its vestiging on its reference date and bao when bao pupils are,
    whatever file came first. Where neither are counted nothing says which of the two it is (null).
    """

    def counted(*types: str) -> pl.Expr:
        there = counts.filter(pl.col("school_type").is_in(types) & (pl.col("pupils") > 0))["vestiging"].unique()
        return pl.col("vestiging").is_in(there.implode())

    is_vo, is_bao = counted("vo", "vo_pro_vbo"), counted("bao")
    return scores.with_columns(
        school_type=pl.when(is_vo).then(pl.lit("vo")).when(is_bao).then(pl.lit("bao")).otherwise(None)
    )
