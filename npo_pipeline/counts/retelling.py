"""Files in which boards account for a period: a later one tells a whole board and period anew, and no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import polars as pl

from npo_pipeline.counts.taken import Taken
from npo_pipeline.errors import Refused
from npo_pipeline.files import kinds

TOLD = {"board": pl.String, "period": pl.String}
"""What a file tells of: a board, and a calendar year (spending) or a school year (consents)."""

_KEY = ["kind", "board", "period"]


def told_by(one: Taken) -> pl.DataFrame:
    """The boards and periods that a file tells of in its good rows: board, period, in order."""
    years = one.spending.select("board", period=pl.col("year").cast(pl.String))
    return pl.concat([years, one.consents.select("board", period="school_year")]).unique().sort("board", "period")


def refuse_two_accounts(taken: Sequence[Taken]) -> None:
    """Refuse a delivery in which two files of a kind tell of the same board and period: which of them holds?

    Raises:
        Refused: names the files, a board and a period.
    """
    telling = [one for one in taken if one.arrived.kind in kinds.ACCOUNTING]
    for one, other in combinations(telling, 2):
        if one.arrived.kind is not other.arrived.kind:
            continue
        both = told_by(one).join(told_by(other), on=list(TOLD), how="semi", maintain_order="left")
        for board, period in both.head(1).iter_rows():
            raise Refused(
                f"{one.arrived.name} and {other.arrived.name}: both are of kind {one.arrived.kind.name} and tell "
                f"of board {board} in {period}; keep the right one of the two, or put their rows in one file"
            )


def holds_whole(one: Taken, delivery_id: str, holding: pl.DataFrame) -> bool:
    """Whether all that a file tells still holds from when it was taken in under this name.

    Args:
        one: the file.
        delivery_id: as which it is in the books.
        holding: delivery_id, board, period of what no later delivery told anew.
    """
    mine = holding.filter(pl.col("delivery_id") == delivery_id)
    return told_by(one).join(mine, on=list(TOLD), how="anti").is_empty()


def told_anew(taken: Mapping[str, Taken], holding: pl.DataFrame) -> pl.DataFrame:
    """What the books hold that new files tell anew.

    Args:
        taken: delivery_id -> what came in.
        holding: delivery_id, kind, board, period of what holds in the books; the period is null where a row that
            was refused says none, so that any telling of the board takes its place.

    Returns:
        The rows of `holding` with `newer`; one row each.
    """
    parts = [
        told_by(one).with_columns(newer=pl.lit(name), kind=pl.lit(one.arrived.kind.name))
        for name, one in taken.items()
        if one.arrived.kind in kinds.ACCOUNTING
    ]
    new = pl.concat([pl.DataFrame(schema={**TOLD, "newer": pl.String, "kind": pl.String}), *parts])
    any_period = new.group_by("kind", "board").agg(pl.col("newer").min())
    named = holding.filter(pl.col("period").is_not_null()).join(new, on=_KEY, how="inner")
    unnamed = holding.filter(pl.col("period").is_null()).join(any_period, on=_KEY[:2], how="inner")
    return pl.concat([named, unnamed], how="diagonal").sort("delivery_id", *_KEY)


def given_way(anew: pl.DataFrame, holding: pl.DataFrame) -> dict[str, str]:
    """The deliveries of which nothing holds any longer: older delivery_id -> newer delivery_id.

    Args:
        anew: as `told_anew` gives it.
        holding: delivery_id, kind, board, period of what held in the books.
    """
    left = holding.join(anew, on=["delivery_id", *_KEY], how="anti", nulls_equal=True)["delivery_id"]
    gone = anew.filter(~pl.col("delivery_id").is_in(left.implode()))
    return dict(gone.group_by("delivery_id").agg(pl.col("newer").min()).sort("delivery_id").iter_rows())


def remarks(taken: Mapping[str, Taken], anew: pl.DataFrame, live: pl.DataFrame) -> Iterator[str]:
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
