"""Changes of size: what a file counts falls or rises by more than a share against what it takes the place of.

A register that was cut off at a line end looks like a register. Rows, schools and quantities are compared per kind
of file and reference date, over all its parts, so that a correction of one small part is no change of size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery import kinds
from npo_pipeline.intake.source_precedence import DeliveredData
from npo_pipeline.measures import BY_NAME, COUNT_COLUMNS, MEASURES, MUNICIPAL_SCORE, SCORE, SOURCES
from schemas.columns import QUANTITY
from schemas.frames.books import DeliverySubjects, PastInputs
from schemas.frames.intake import SIZE_CHANGES, SIZED_SUBJECTS, SizeChanges, SizedSubjects, empty
from schemas.received import CountRanges, Counts, Deliveries, MunicipalScores, Scores

DEFAULT_MAX_CHANGE = Decimal("0.10")
"""The largest share by which a file may be larger or smaller than what it takes the place of without a word."""

FEW = 5
"""A change of fewer rows, schools, pupils and points than this corrects a small file, whatever its share."""

ROWS, SCHOOLS = "rows", "schools"
LISTED = "listed"
"""The measure of lists: each subject once."""

_OF_MUNICIPALITIES = {source.name for source in MUNICIPAL_SCORE.sources} | {kinds.MUNICIPAL_SCORES.name}
_STARTED = "started_"


@dataclass(frozen=True, kw_only=True)
class DeliverySizes:
    """Hold what deliveries count, and of whom.

    `amounts`: per subject and measure. `spoken`: the subjects that a delivery reports on, also those at 0.
    """

    deliveries: Deliveries
    amounts: SizedSubjects
    spoken: DeliverySubjects

    def of(self, names: Collection[str], measures: Collection[str], *, with_rows: bool) -> dict[str, Decimal]:
        """Return the rows, the schools and the sum of each measure of some deliveries together."""
        of_them = pl.col("delivery_id").is_in(list(names))
        mine = self.amounts.filter(of_them, pl.col("measure").is_in(list(measures)))
        sums = mine.filter(pl.col("measure") != LISTED).group_by("measure").agg(pl.col("counted").sum())
        found = {SCHOOLS: Decimal(mine["subject"].n_unique()), **dict(sums.iter_rows())}
        if with_rows:
            found[ROWS] = Decimal(self.deliveries.filter(of_them)["rows"].sum())
        return found

    def sharing(self, names: Collection[str], others: Collection[str]) -> list[str]:
        """Return those of some deliveries that report on a subject of others."""
        theirs = self.spoken.filter(pl.col("delivery_id").is_in(list(others)))["subject"].unique()
        mine = self.spoken.filter(pl.col("delivery_id").is_in(list(names)))
        return mine.filter(pl.col("subject").is_in(theirs.implode()))["delivery_id"].unique().sort().to_list()


def sized_subjects(
    counts: Counts,
    scores: Scores,
    listed: DeliverySubjects,
    municipal: MunicipalScores | None = None,
    *,
    ranges: CountRanges | None = None,
) -> SizedSubjects:
    """Return what deliveries count per subject and measure; a school with a score of 0 is scored.

    A masked count is the lowest that it can be: the lowest of two files of the same schools rise and fall alike.
    """
    parts = [
        counts.filter(pl.col(name) > 0).select(
            "delivery_id", subject="vestiging", measure=pl.lit(name), counted=pl.col(name).cast(QUANTITY)
        )
        for name in COUNT_COLUMNS
    ]
    scored = scores.select("delivery_id", subject="vestiging", measure=pl.lit(SCORE.name), counted="score")
    one = pl.lit(1).cast(QUANTITY)
    lists = listed.select("delivery_id", "subject", measure=pl.lit(LISTED), counted=one)
    parts += [scored, lists]
    if ranges is not None:
        lowest = pl.col("lowest").cast(QUANTITY)
        parts.append(ranges.select("delivery_id", subject="vestiging", measure=pl.col("measure"), counted=lowest))
    if municipal is not None:
        both, name = pl.col("score_2019") + pl.col("score_2020"), pl.lit(MUNICIPAL_SCORE.name)
        parts.append(
            municipal.select(
                "delivery_id", subject="municipality_number", measure=name, counted=both.cast(QUANTITY)
            )
        )
    return SizedSubjects(pl.concat([empty(SIZED_SUBJECTS), *parts]))


def delivered_sizes(data: DeliveredData) -> DeliverySizes:
    """Return what all deliveries count that can be decided upon."""
    lists: tuple[tuple[pl.DataFrame, str], ...] = (
        (data.areas, "vestiging"),
        (data.listed, "vestiging"),
        (data.leerplus, "brin"),
        (data.municipal_scores, "municipality_number"),
    )
    listed = pl.concat([rows.select("delivery_id", subject=column) for rows, column in lists])
    named = (data.counts, data.zero_counts, data.count_ranges, data.scores)
    spoken = pl.concat([*(rows.select("delivery_id", subject="vestiging") for rows in named), listed]).unique()
    return DeliverySizes(
        deliveries=data.deliveries,
        amounts=sized_subjects(
            data.counts,
            data.scores,
            DeliverySubjects(listed),
            data.municipal_scores,
            ranges=data.count_ranges,
        ),
        spoken=DeliverySubjects(spoken),
    )


def superseding_changes(sizes: DeliverySizes, successors: Mapping[str, str], share: Decimal) -> SizeChanges:
    """Return the changes of size that an intake brings, per kind and reference date.

    Args:
        sizes: of the current deliveries and the new ones.
        successors: older delivery_id -> newer delivery_id.
        share: the largest that is no change of size.
    """
    newer = set(successors.values())
    rows: list[tuple[object, ...]] = []
    for (kind, day), group in _groups(sizes.deliveries):
        if kind not in kinds.SUPERSEDING:
            continue  # A board report restates a board and a period, whatever its size.
        names = set(group["delivery_id"])
        gone = names & set(successors)
        came = names - gone - _older(names, newer)
        if gone:
            kept = names - gone - came
            rows += _rows(sizes, (kind, day), (kept, gone, came), share=share)
    return _frame(rows)


def _older(names: set[str], newer: set[str]) -> set[str]:
    """Return the deliveries before the first that an intake brings; they are numbered in order of arrival."""
    first = min(newer, default="")
    return {name for name in names if name < first}


def _groups(deliveries: Deliveries) -> Iterator[tuple[tuple[str, date | None], pl.DataFrame]]:
    for (kind, day), group in deliveries.group_by("kind", "reference_date", maintain_order=True):
        yield (str(kind), day if isinstance(day, date) else None), group


def decision_changes(
    sizes: DeliverySizes, used: Mapping[str, Sequence[str]], past: PastInputs, share: Decimal
) -> SizeChanges:
    """Return the changes of size between what a decision counts and what was counted before, per source and date.

    What was counted before is what the last decision counted that used the source on that date, whose changes of
    size were accepted. Where none did, it is the first file that came of each part.

    Args:
        sizes: of all deliveries.
        used: what is counted -> delivery_ids.
        past: what earlier decisions counted.
        share: the largest that is no change of size.
    """
    dates = dict(sizes.deliveries.select("delivery_id", "reference_date").iter_rows())
    rows: list[tuple[object, ...]] = []
    compared: list[tuple[set[str], set[str], set[str]]] = []
    for source, names in used.items():
        for day in sorted({dates[name] for name in names}, key=str):
            now = {name for name in names if dates[name] == day}
            before = _counted_before(past, source, day) or _first_files(sizes, source, day, now)
            parts = now & before, before - now, now - before
            # A register counts pupils and cumi pupils: its rows are compared once.
            found = list(_rows(sizes, (source, day), parts, share=share))
            rows += [one for one in found if one[2] != ROWS or parts not in compared]
            compared.append(parts)
    return _frame(rows)


def _counted_before(past: PastInputs, source: str, day: date | None) -> set[str]:
    mine = past.filter(pl.col("used_for") == source, pl.col("reference_date").eq_missing(pl.lit(day, pl.Date)))
    return set(mine.filter(pl.col("run_id") == pl.col("run_id").max())["delivery_id"])


def _first_files(sizes: DeliverySizes, source: str, day: date | None, now: set[str]) -> set[str]:
    """Return the first file of each part, of the kind that came first of those a source may be counted from."""
    base = source.removeprefix(_STARTED)
    mine = sizes.deliveries.filter(pl.col("delivery_id").is_in(list(now)))
    of_source = {kind for one in SOURCES if one.name == base for kind in one.kinds} or set(mine["kind"])
    there = sizes.deliveries.filter(
        pl.col("kind").is_in(list(of_source)), pl.col("reference_date").eq_missing(pl.lit(day, pl.Date))
    )
    # Of kinds that came with one run the one that is used is its own measure.
    is_used = pl.col("kind").is_in(mine["kind"].implode())
    first = there.sort("run_id", ~is_used, "delivery_id")["kind"][0]
    same_kind = there.filter(is_used if first in set(mine["kind"]) else pl.col("kind") == first)
    found, seen = set[str](), set[str]()
    for _, group in same_kind.sort("run_id").group_by("run_id", maintain_order=True):
        names = set(group["delivery_id"])
        found |= names - set(sizes.sharing(names, seen))
        seen |= names
    return found


def _rows(
    sizes: DeliverySizes,
    of: tuple[str, date | None],
    parts: tuple[set[str], set[str], set[str]],
    *,
    share: Decimal,
) -> Iterator[tuple[object, ...]]:
    """Yield the changes of a source or kind; `parts`: the deliveries that are kept, that went and that came."""
    kept, gone, came = parts
    # A part that nothing before it reported on is a new one, and no rise of what was there.
    came = set(sizes.sharing(came, gone))
    if not gone:
        return
    kinds_of = dict(sizes.deliveries.select("delivery_id", "kind").iter_rows())
    same = {kinds_of[name] for name in kept | gone} == {kinds_of[name] for name in kept | came}
    measures = _measures_of(of[0])
    before = sizes.of(kept | gone, measures, with_rows=same)
    after = sizes.of(kept | came, measures, with_rows=same)
    files = dict(sizes.deliveries.select("delivery_id", "file").iter_rows())
    shown = [", ".join(dict.fromkeys(files[name] for name in sorted(names))) for names in (came, gone)]
    changes = {what: (was, after.get(what, Decimal(0))) for what, was in before.items() if was}
    changes = {what: (was, now) for what, (was, now) in changes.items() if abs(now - was) > share * was}
    if any(abs(now - was) >= FEW for was, now in changes.values()):
        yield from ((*of, what, was, now, *shown) for what, (was, now) in changes.items())


def _measures_of(source: str) -> set[str]:
    """Return the measures of a source, or of a kind of file; a list has one of its own."""
    base = source.removeprefix(_STARTED).removesuffix("_masked")
    of_source = {one.name for one in MEASURES for origin in one.sources if base in (origin.name, *origin.kinds)}
    return of_source | {LISTED}


def _frame(rows: Iterable[tuple[object, ...]]) -> SizeChanges:
    return SizeChanges(pl.DataFrame(list(rows), schema=SIZE_CHANGES, orient="row"))


def in_words(changes: SizeChanges) -> Iterator[str]:
    """Yield a sentence per source, or kind of file, and date: what it counts now and counted before."""
    for (source, day), group in changes.group_by("source", "reference_date", maintain_order=True):
        files, earlier = group.select("files", "earlier_files").row(0)
        of_day = f"{source} of {day}" if day else str(source)
        parts = [
            f"{dutch.number(after)} {_noun(str(source), what)} for {dutch.number(before)} "
            f"({'+' if after > before else '-'}{dutch.percent(round(abs(after - before) / before, 3), 1)})"
            for what, before, after in group.select("measure", "before", "after").iter_rows()
        ]
        yield f"{files or 'nothing'} ({of_day}) takes the place of {earlier} and has {', '.join(parts)}"


def _noun(source: str, what: str) -> str:
    if what == SCHOOLS:
        return "municipalities" if source in _OF_MUNICIPALITIES else SCHOOLS
    return BY_NAME[what].plural if what in BY_NAME else what
