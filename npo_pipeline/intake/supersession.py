"""Which file takes the place of which: a correction of the schools it tells of, or another part beside it.

Files in which boards account for a period: a later one tells a whole board and period anew, and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.errors import Refused
from npo_pipeline.intake.file_result import FileResult

PLACES = {"delivery_id": pl.String, "vestiging": pl.String}


def reject_duplicate_counts(taken: list[FileResult]) -> None:
    """Refuse a delivery in which two files of a kind say how many of the same school.

    Both would count, and the school would get its money twice. Of two registers the pupils tell: who stands
    in both is enrolled twice.

    Raises:
        Refused: names the files and a school.
    """
    telling = [one for one in taken if one.arrived.kind in kinds.COUNTED_KINDS]
    for one, other in combinations(telling, 2):
        same = (
            one.arrived.kind is other.arrived.kind and one.arrived.reference_date == other.arrived.reference_date
        )
        if same and (both := _told(one).filter(_told(one).is_in(_told(other).implode()))).len():
            raise Refused(
                f"{one.arrived.name} and {other.arrived.name}: both are of kind {one.arrived.kind.name} and tell "
                f"of {both.sort()[0]} on {one.arrived.reference_date}; keep the right one of the two"
            )


def superseded(
    taken: Mapping[str, FileResult], live: pl.DataFrame, places: pl.DataFrame, resolutions: pl.DataFrame
) -> dict[str, str]:
    """The live deliveries that new ones take the place of: of the same kind and reference date, and of a school.

    A file that shares no school with an older one is another part and no correction: CBS publishes the scores
    of bao and of vo apart, and a register may come in parts. Changes add up and never supersede each other
    (contract, section 2: they belong to no date). A file that was declared to stand for refused lines of another
    takes the place of nothing, and goes when that other goes: a corrected file has those rows itself.

    Args:
        taken: delivery_id -> what came in.
        live: delivery_id, kind, reference_date of the live deliveries.
        places: delivery_id, vestiging of all that the books hold.
        resolutions: delivery_id, resolved_by of live deliveries that stand for refused lines of another.

    Returns:
        Older delivery_id -> newer delivery_id.
    """
    key = ["kind", "reference_date"]
    coming = pl.DataFrame(
        [
            (name, one.arrived.kind.name, one.arrived.reference_date)
            for name, one in taken.items()
            if not one.arrived.declared.replaces
        ],
        schema={"newer": pl.String, "kind": pl.String, "reference_date": pl.Date},
        orient="row",
    )
    pairs = live.select("delivery_id", *key).join(coming, on=key, how="inner")
    new = pl.concat([pl.DataFrame(schema=PLACES), *(_places(name, one) for name, one in taken.items())])
    share = (
        places.join(new.rename({"delivery_id": "newer"}), on="vestiging").select("delivery_id", "newer").unique()
    )
    meets = pairs.join(share, on=["delivery_id", "newer"], how="semi")
    # One that told of no school at all has nothing to keep.
    empty = pairs.join(places, on="delivery_id", how="anti")
    found = pl.concat([meets, empty]).group_by("delivery_id").agg(pl.col("newer").min()).sort("delivery_id")
    gone = dict(found.select("delivery_id", "newer").iter_rows())
    return dict(sorted({**_dependent_resubmissions(gone, resolutions), **gone}.items()))


def _dependent_resubmissions(gone: Mapping[str, str], resolutions: pl.DataFrame) -> dict[str, str]:
    """The files that stood for refused lines of those that are gone, and what these give way to."""
    along: dict[str, str] = {}
    # Sorted, a file that itself stands for lines of another is seen before what stands for lines of it.
    for base, resolver in resolutions.select("delivery_id", "resolved_by").unique().sort(pl.all()).iter_rows():
        newer = [names[one] for names, one in ((gone, base), (along, base), (along, resolver)) if one in names]
        if newer:
            along[resolver] = min(newer)
    return along


def dropped_schools(
    gone: Mapping[str, str], taken: Mapping[str, FileResult], live: pl.DataFrame, told: pl.DataFrame
) -> Iterator[str]:
    """Say which corrections leave out schools that the file before them told of, a sentence each.

    Args:
        gone: older delivery_id -> newer delivery_id.
        taken: delivery_id -> what came in.
        live: delivery_id, file, kind, reference_date of the deliveries that were live.
        told: delivery_id, vestiging of the pupils and scores in the books.
    """
    key = ("kind", "reference_date")
    about = {row["delivery_id"]: row for row in live.iter_rows(named=True)}
    for older, newer in gone.items():
        file = about[older]
        now = [_told(one) for one in taken.values() if _of(one) == tuple(file[name] for name in key)]
        stays = [name for name, row in about.items() if name not in gone and all(row[k] == file[k] for k in key)]
        kept = told.filter(pl.col("delivery_id").is_in(stays))["vestiging"]
        before = told.filter(pl.col("delivery_id") == older)["vestiging"].unique()
        lost = before.filter(~before.is_in(pl.concat([kept, *now]).implode())).sort()
        if lost.len():
            yield (
                f"{taken[newer].arrived.name} takes the place of {file['file']}, and {lost.len()} schools of that "
                f"are not in it (first {lost[0]}): they no longer count"
            )


def _of(one: FileResult) -> tuple[object, object]:
    return one.arrived.kind.name, one.arrived.reference_date


def _told(one: FileResult) -> pl.Series:
    return pl.concat([one.counts["vestiging"], one.scores["vestiging"]]).unique()


def _places(name: str, one: FileResult) -> pl.DataFrame:
    told = pl.concat([frame["vestiging"] for frame in (one.counts, one.scores, one.facts)]).unique()
    return told.to_frame().select(delivery_id=pl.lit(name), vestiging="vestiging")


TOLD = {"board": pl.String, "period": pl.String}
"""What a file tells of: a board, and a calendar year (spending) or a school year (consents)."""

_KEY = ["kind", "board", "period"]


def reported_periods(one: FileResult) -> pl.DataFrame:
    """The boards and periods that a file tells of in its good rows: board, period, in order."""
    years = one.spending.select("board", period=pl.col("year").cast(pl.String))
    return pl.concat([years, one.consents.select("board", period="school_year")]).unique().sort("board", "period")


def reject_duplicate_reports(taken: Sequence[FileResult]) -> None:
    """Refuse a delivery in which two files of a kind tell of the same board and period: which of them holds?

    Raises:
        Refused: names the files, a board and a period.
    """
    telling = [one for one in taken if one.arrived.kind in kinds.ACCOUNTING]
    for one, other in combinations(telling, 2):
        if one.arrived.kind is not other.arrived.kind:
            continue
        both = reported_periods(one).join(
            reported_periods(other), on=list(TOLD), how="semi", maintain_order="left"
        )
        for board, period in both.head(1).iter_rows():
            raise Refused(
                f"{one.arrived.name} and {other.arrived.name}: both are of kind {one.arrived.kind.name} and tell "
                f"of board {board} in {period}; keep the right one of the two, or put their rows in one file"
            )


def still_current(one: FileResult, delivery_id: str, holding: pl.DataFrame) -> bool:
    """Whether all that a file tells still holds from when it was taken in under this name.

    Args:
        one: the file.
        delivery_id: as which it is in the books.
        holding: delivery_id, board, period of what no later delivery told anew.
    """
    mine = holding.filter(pl.col("delivery_id") == delivery_id)
    return reported_periods(one).join(mine, on=list(TOLD), how="anti").is_empty()


def restated(taken: Mapping[str, FileResult], holding: pl.DataFrame) -> pl.DataFrame:
    """What the books hold that new files tell anew.

    Args:
        taken: delivery_id -> what came in.
        holding: delivery_id, kind, board, period of what holds in the books; the period is null where a row that
            was refused says none, so that any telling of the board takes its place.

    Returns:
        The rows of `holding` with `newer`; one row each.
    """
    parts = [
        reported_periods(one).with_columns(newer=pl.lit(name), kind=pl.lit(one.arrived.kind.name))
        for name, one in taken.items()
        if one.arrived.kind in kinds.ACCOUNTING
    ]
    new = pl.concat([pl.DataFrame(schema={**TOLD, "newer": pl.String, "kind": pl.String}), *parts])
    any_period = new.group_by("kind", "board").agg(pl.col("newer").min())
    named = holding.filter(pl.col("period").is_not_null()).join(new, on=_KEY, how="inner")
    unnamed = holding.filter(pl.col("period").is_null()).join(any_period, on=_KEY[:2], how="inner")
    return pl.concat([named, unnamed], how="diagonal").sort("delivery_id", *_KEY)


def fully_restated(anew: pl.DataFrame, holding: pl.DataFrame) -> dict[str, str]:
    """The deliveries of which nothing holds any longer: older delivery_id -> newer delivery_id.

    Args:
        anew: as `told_anew` gives it.
        holding: delivery_id, kind, board, period of what held in the books.
    """
    left = holding.join(anew, on=["delivery_id", *_KEY], how="anti", nulls_equal=True)["delivery_id"]
    gone = anew.filter(~pl.col("delivery_id").is_in(left.implode()))
    return dict(gone.group_by("delivery_id").agg(pl.col("newer").min()).sort("delivery_id").iter_rows())


def restatement_remarks(taken: Mapping[str, FileResult], anew: pl.DataFrame, live: pl.DataFrame) -> Iterator[str]:
    """Say what is told anew, and of which texts only the beginning is kept, a sentence each.

    Args:
        taken: delivery_id -> what came in.
        anew: as `told_anew` gives it.
        live: delivery_id, file of the deliveries that were live.
    """
    files = dict(live.select("delivery_id", "file").iter_rows())
    for (older, newer), part in anew.sort("delivery_id", "newer").group_by(
        "delivery_id", "newer", maintain_order=True
    ):
        board, period = part.select("board", pl.col("period").fill_null("every year")).row(0)
        more = f" and {part.height - 1} more" if part.height > 1 else ""
        yield (
            f"{taken[str(newer)].arrived.name} tells anew of board {board} in {period}{more}: "
            f"the rows of {files[str(older)]} about that count no longer"
        )
    for one in taken.values():
        if one.cut:
            yield f"{one.arrived.name}: {one.cut} texts were too long, and only their beginning is kept"
