"""The rows of the books behind an explanation, and the counts of its schools under each regulation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from npo_pipeline.entitlements.model import LISTED, STARTED
from npo_pipeline.entitlements.rules import (
    Rules,
    places_of,
    rows_under_regulation,
    rule_frames,
    territory_of_schools,
)
from npo_pipeline.intake.board_transfers import directory_on
from npo_pipeline.intake.source_precedence import scores_by_type
from npo_pipeline.measures import BY_NAME, COUNT_COLUMNS
from npo_pipeline.reports.explain.model import Decision
from npo_pipeline.rulebook.load import LoadedRegulation
from schemas.decided import Adjustments, Entitlements, Instalments, Payments, Trace
from schemas.frames.accounts import BoardNames, no_board_names
from schemas.frames.money import CountsByType, ScoresByType, VestigingAreas
from schemas.frames.reports import CountedUnits, DecisionFiles, DeclaredCorrections, LedgerRows
from schemas.received import Counts, ListedVestigingen, MunicipalScores, Schools, Scores
from schemas.reconciled import ComparedAmounts, none_compared

_TEXTS = ("regulation", "vestiging", "school_type", "counted_as", "cluster", "delivery_id", "measure")
_COUNTED_UNITS = {**dict.fromkeys(_TEXTS, pl.String()), "number": pl.Decimal(18, 2)}


@dataclass(frozen=True, kw_only=True)
class DecisionData:
    """Hold the rows of the books of a decision for some BRINs, a samenwerkingsverband or a municipality.

    They are of whole BRINs, because a threshold counts over a BRIN. `previous`: the entitlements of the decision
    before. `payments`, `paid_corrections`, `last_paid` (the last month that was paid to anyone): up to the
    decision that superseded this one. `source_corrections`: those of the files that the decision uses. `areas`: by
    which the decision pays samenwerkingsverbanden, whose code is in column `vestiging` here, as is that of a
    municipality. `municipal_scores`: by which it pays the municipality that is asked for. `listed`: places on
    lists, of all deliveries. `compared`: what others say of these BRINs and their boards, each as compared last.
    """

    decision: Decision
    directory: Schools
    entitlements: Entitlements
    previous: Entitlements
    trace: Trace
    instalments: Instalments
    adjustments: Adjustments
    paid_corrections: LedgerRows
    payments: Payments
    counts: Counts
    scores: Scores
    areas: VestigingAreas
    municipal_scores: MunicipalScores
    listed: ListedVestigingen
    files: DecisionFiles
    rules: tuple[LoadedRegulation, ...]
    last_paid: date | None
    source_corrections: DeclaredCorrections
    board_names: BoardNames = field(default_factory=no_board_names)
    compared: ComparedAmounts = field(default_factory=none_compared)

    @cached_property
    def area_of(self) -> dict[str, str]:
        """Return the samenwerkingsverband in whose area each vestiging lies."""
        return dict(self.areas.select("vestiging", "samenwerkingsverband").iter_rows())

    @cached_property
    def counted_for(self) -> dict[str, str]:
        """Return the beneficiary, other than itself, that each vestiging counts for."""
        municipal = next((one for one in self.rule_frames.values() if one.is_municipal), None)
        if municipal is None:
            return self.area_of
        there = directory_on(self.directory, municipal.reference_date or self.decision.reference_date)
        return dict(there.select("vestiging", "municipality_number").drop_nulls().iter_rows())

    @cached_property
    def rule_frames(self) -> dict[str, Rules]:
        """Return the regulations as frames, by name."""
        return {loaded.name: rule_frames(loaded) for loaded in self.rules}

    @cached_property
    def counted_units(self) -> CountedUnits:
        """Return all counts and scores, as each regulation counts them."""
        counted = [self._counted(measure) for measure in COUNT_COLUMNS]
        scores = self._used_rows(self.scores, "score")
        scored = scores_by_type(scores, counted[0].with_columns(pupils="number")).drop_nulls("school_type")
        with_measure = scored.with_columns(
            measure=pl.lit("score"), number="score", cluster=pl.lit(None, pl.String)
        )
        rows = pl.concat([*counted, with_measure.select(counted[0].columns)])
        places = places_of(self.rule_frames.values())
        territory = territory_of_schools(places, CountsByType(rows), ScoresByType(rows), self.directory)
        rows = rows.with_columns(counted_as="school_type")
        parts = [
            rows_under_regulation(name, rules.counts_as, territory, rows)
            .with_columns(regulation=pl.lit(name))
            .select(list(_COUNTED_UNITS))
            for name, rules in self.rule_frames.items()
        ]
        return CountedUnits(pl.concat([pl.DataFrame(schema=_COUNTED_UNITS), *parts]))

    @cached_property
    def listed_vestigingen(self) -> frozenset[str] | None:
        """Return those on a list that this decision uses; null where it uses none."""
        used = self.files.filter(pl.col("used_for") == LISTED)["delivery_id"]
        on_list = self.listed.filter(pl.col("delivery_id").is_in(used.implode()))["vestiging"]
        return frozenset(on_list) if used.len() else None

    def files_of(self, measure: str) -> DecisionFiles:
        """Return the files that this decision takes a measure from."""
        names = [prefix + source.name for source in BY_NAME[measure].sources for prefix in ("", STARTED)]
        return DecisionFiles(self.files.filter(pl.col("used_for").is_in(names)))

    def _counted(self, measure: str) -> pl.DataFrame:
        rows = self._used_rows(self.counts, measure).filter(pl.col(measure).is_not_null())
        counted = {"measure": pl.lit(measure), "number": pl.col(measure).cast(pl.Decimal(18, 2))}
        return rows.select("vestiging", "school_type", "cluster", "delivery_id", **counted)

    def _used_rows(self, rows: pl.DataFrame, measure: str) -> pl.DataFrame:
        """Return the rows that count: of a school that started later those of its own reference date."""
        files = self.files_of(measure).with_columns(later=pl.col("used_for").str.starts_with(STARTED))
        used = rows.join(files.select("delivery_id", "later"), on="delivery_id")
        started = self.trace.filter(pl.col("counted_on").is_not_null())["vestiging"]
        return used.filter(pl.col("later") == pl.col("vestiging").is_in(started.implode())).drop("later")
