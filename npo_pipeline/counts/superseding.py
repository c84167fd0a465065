"""Which file takes the place of which: a correction of the schools it tells of, or another part beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import polars as pl

from npo_pipeline.counts.taken import Taken
from npo_pipeline.errors import Refused
from npo_pipeline.files import kinds

PLACES = {"delivery_id": pl.String, "vestiging": pl.String}


def refuse_two_tellings(taken: list[Taken]) -> None:
    """Refuse a delivery in which two files of a kind say how many of the same school.

    Both would count, and the school would get its money twice. Of two registers the pupils tell: who stands
    in both is enrolled twice.

    Raises:
        Refused: names the files and a school.
    """
    telling = [one for one in taken if one.arrived.kind in kinds.PUBLISHED]
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
    taken: Mapping[str, Taken], live: pl.DataFrame, places: pl.DataFrame, resolutions: pl.DataFrame
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
    return dict(sorted({**_gone_along(gone, resolutions), **gone}.items()))


def _gone_along(gone: Mapping[str, str], resolutions: pl.DataFrame) -> dict[str, str]:
    """The files that stood for refused lines of those that are gone, and what these give way to."""
    along: dict[str, str] = {}
    # Sorted, a file that itself stands for lines of another is seen before what stands for lines of it.
    for base, resolver in resolutions.select("delivery_id", "resolved_by").unique().sort(pl.all()).iter_rows():
        newer = [names[one] for names, one in ((gone, base), (along, base), (along, resolver)) if one in names]
        if newer:
            along[resolver] = min(newer)
    return along


def no_longer_told(
    gone: Mapping[str, str], taken: Mapping[str, Taken], live: pl.DataFrame, told: pl.DataFrame
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


def _of(one: Taken) -> tuple[object, object]:
    return one.arrived.kind.name, one.arrived.reference_date


def _told(one: Taken) -> pl.Series:
    return pl.concat([one.counts["vestiging"], one.scores["vestiging"]]).unique()


def _places(name: str, one: Taken) -> pl.DataFrame:
    told = pl.concat([frame["vestiging"] for frame in (one.counts, one.scores, one.facts)]).unique()
    return told.to_frame().select(delivery_id=pl.lit(name), vestiging="vestiging")
