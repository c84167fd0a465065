"""Changes of schools and their boards: which were told last, which contradict each other, and what they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.errors import Refused
from schemas.received import Changes, SchoolFacts, Schools

if TYPE_CHECKING:
    from npo_pipeline.intake.file_result import FileResult, NewFiles

_CLOSING = ["fusie", "sluiting"]
_OPENING = "opening"
_OF_A_DAY = ["vestiging", "effective"]


def refuse_contradictions(results: Sequence[FileResult]) -> None:
    """Refuse a delivery in which two rows differ on the board or municipality of a school, or what happens to it.

    Or on who finished, or on an account. The last of them would win, and one of two boards be paid for the other.
    """
    _refuse_two_boards(results)
    _refuse_two_municipalities(results)
    _refuse_two_completions(results)
    _refuse_two_accounts(results)
    _refuse_same_application(results)
    changes = [
        one.changes.with_columns(file=pl.lit(one.file.name), place=pl.int_range(pl.len()))
        for one in results
        if one.changes.height
    ]
    if changes:
        _refuse_two_changes(pl.concat(changes))


def _refuse_two_boards(results: Sequence[FileResult]) -> None:
    facts = [one.facts.with_columns(file=pl.lit(one.file.name)) for one in results if one.facts.height]
    for first, second in _differing(facts, key=["source", "vestiging", "as_of"], on=["board"]):
        raise Refused(
            f"{_place(first)} and {_place(second)}: {first['vestiging']} is given to boards {first['board']} and "
            f"{second['board']} on {first['as_of']}; keep one"
        )


def _refuse_two_municipalities(results: Sequence[FileResult]) -> None:
    facts = [
        one.facts.with_columns(file=pl.lit(one.file.name)).drop_nulls("municipality_number")
        for one in results
        if one.facts.height
    ]
    for first, second in _differing(facts, key=["source", "vestiging", "as_of"], on=["municipality_number"]):
        raise Refused(
            f"{_place(first)} and {_place(second)}: {first['vestiging']} is put in municipalities "
            f"{first['municipality_number']} and {second['municipality_number']}; keep one"
        )


def _refuse_two_completions(results: Sequence[FileResult]) -> None:
    reports = [
        one.completions.with_columns(file=pl.lit(one.file.name)) for one in results if one.completions.height
    ]
    for first, second in _differing(reports, key=["scheme", "board", "brin"], on=["finished"]):
        raise Refused(
            f"{_place(first)} and {_place(second)}: of {first['brin']} ({first['scheme']}) "
            f"{first['finished']} and {second['finished']} finished; keep one"
        )


def _refuse_two_accounts(results: Sequence[FileResult]) -> None:
    accounts = [
        one.payment_accounts.with_columns(file=pl.lit(one.file.name))
        for one in results
        if one.payment_accounts.height
    ]
    for first, second in _differing(accounts, key=["recipient", "valid_from"], on=["iban", "account_name"]):
        raise Refused(
            f"{_place(first)} and {_place(second)}: {first['recipient']} has two accounts or names from "
            f"{first['valid_from']}; keep one"
        )


def _differing(
    parts: Sequence[pl.DataFrame], *, key: Sequence[str], on: Sequence[str]
) -> Iterator[tuple[Mapping[str, object], Mapping[str, object]]]:
    """Yield the first two rows of one key that differ on some columns; nothing where no rows do."""
    if not parts:
        return
    distinct = pl.concat(parts).unique([*key, *on], keep="first", maintain_order=True)
    twice = distinct.filter(pl.struct(key).is_duplicated()).sort(key, maintain_order=True).head(2)
    if twice.height:
        first, second = twice.to_dicts()
        yield first, second


def _refuse_same_application(results: Sequence[FileResult]) -> None:
    """Refuse a delivery in which two files hold one application: it would be granted twice."""
    parts = [
        one.applications.with_columns(file=pl.lit(one.file.name)) for one in results if one.applications.height
    ]
    if len(parts) < 2:
        return
    every = pl.concat(parts)
    same = every.filter(pl.struct(pl.exclude("file", "line")).is_duplicated())
    # Within a file an exact copy is rejected as a duplicate row.
    for row in same.sort("scheme", "brin", maintain_order=True).head(1).to_dicts():
        others = same.filter(pl.col("file") != row["file"], pl.col("brin") == row["brin"])
        for other in others.head(1).to_dicts():
            raise Refused(
                f"{_place(row)} and {_place(other)}: the same application of {row['brin']} ({row['scheme']}); "
                "keep one"
            )


def _refuse_two_changes(changes: pl.DataFrame) -> None:
    moving = changes.filter(pl.col("kind").is_in([*_CLOSING, _OPENING]))
    for first, second in _differing([moving], key=_OF_A_DAY, on=["kind", "successor"]):
        raise Refused(
            f"{_place(first)} and {_place(second)}: {first['kind']} and {second['kind']} of {first['vestiging']} "
            f"on {first['effective']}; keep one"
        )
    told = moving.with_columns(delivery_id=pl.int_range(pl.len()).cast(pl.String).str.zfill(9))
    kept = without_moved(Changes(told))
    for moved in told.join(kept, on="delivery_id", how="anti").head(1).to_dicts():
        others = told.filter(pl.col("vestiging") == moved["vestiging"], pl.col("kind") == moved["kind"])
        other = others.filter(pl.col("effective") != moved["effective"]).to_dicts()[-1]
        place, other_place = _place(moved), _place(other)
        of, day, by = moved["vestiging"], moved["effective"], other["effective"]
        if moved["kind"] == _OPENING:
            raise Refused(
                f"{place} and {other_place}: {of} opens on {day} and on {by}, and closes nowhere between; keep one"
            )
        raise Refused(
            f"{place} and {other_place}: {of} ends on {day} and on {by}, and opens nowhere between; keep one"
        )


def _place(row: Mapping[str, object]) -> str:
    return f"{row['file']}, line {row['line']}"


def is_last_told(delivery_id: str, changes: Changes) -> bool:
    """Return whether no later delivery says otherwise than a delivery of changes.

    What was told last counts, also when it was told before: a merger that was undone may come again.

    Args:
        delivery_id: of the delivery.
        changes: of all deliveries.
    """
    mine = changes.filter(pl.col("delivery_id") == delivery_id)
    later = changes.filter(pl.col("delivery_id") > delivery_id)
    both = mine.join(later, on=_OF_A_DAY, suffix="_later")
    named = pl.col("kind", "kind_later").is_in([*_CLOSING, _OPENING])
    life = pl.struct("kind", "successor").ne_missing(
        pl.struct(pl.col("kind_later").alias("kind"), pl.col("successor_later").alias("successor"))
    )
    other_life = both.filter(pl.all_horizontal(named), life)
    with_boards = both.filter(~pl.col("kind").is_in(_CLOSING), ~pl.col("kind_later").is_in(_CLOSING))
    other_board = with_boards.filter(pl.col("board").ne_missing(pl.col("board_later")))
    kept = without_moved(changes).filter(pl.col("delivery_id") == delivery_id)
    return other_life.is_empty() and other_board.is_empty() and kept.height == mine.height


def without_moved(changes: Changes) -> Changes:
    """Drop the openings, mergers and closures of a school that a later delivery puts on another day.

    Args:
        changes: of any deliveries.
    """
    if changes.height < 2:
        return changes
    return _without_moved_closings(_without_moved_openings(changes), changes)


def without_undone(changes: Changes) -> Changes:
    """Return the mergers, closures and openings that are not moved, of each school and day the last.

    Args:
        changes: of any deliveries.
    """
    moving = changes.filter(pl.col("kind").is_in([*_CLOSING, _OPENING]))
    kept = without_moved(Changes(moving)).sort("delivery_id", maintain_order=True)
    return Changes(kept.unique(_OF_A_DAY, keep="last", maintain_order=True))


def _without_moved_closings(changes: Changes, told: Changes) -> Changes:
    """Drop the mergers and closures that a later delivery puts on another day, into the same school.

    A school ends once; again only after an opening between the two days. One that an opening on its day undoes
    stays, for it says that the school was there before.

    Args:
        changes: of any deliveries.
        told: the same, with all openings.
    """
    openings = told.filter(pl.col("kind") == _OPENING)
    same = ["vestiging", "kind", "successor"]
    closing = changes.filter(pl.col("kind").is_in(_CLOSING)).select("delivery_id", *same, "effective")
    undone = closing.join(openings, on=_OF_A_DAY, how="semi")
    again = closing.select(*same, by="effective", later="delivery_id")
    key = ["delivery_id", *same, "effective"]
    pairs = closing.join(undone, on=key, how="anti", nulls_equal=True).join(again, on=same, nulls_equal=True)
    pairs = pairs.filter(pl.col("later") > pl.col("delivery_id"), pl.col("by") != pl.col("effective"))
    first, last = (pick("effective", "by") for pick in (pl.min_horizontal, pl.max_horizontal))
    reopened = pairs.join(openings.select("vestiging", opened="effective"), on="vestiging").filter(
        pl.col("opened") > first, pl.col("opened") < last
    )
    moved = pairs.join(reopened, on=[*key, "by"], how="anti", nulls_equal=True).select(key).unique()
    return Changes(changes.join(moved, on=key, how="anti", nulls_equal=True, maintain_order="left"))


def _without_moved_openings(changes: Changes) -> Changes:
    """Drop the openings of a school that a later delivery puts on another day.

    A school opens once; again only after a merger or closure between the two days. An opening on the day of a
    merger or closure undoes that, and is no opening that moves.

    Args:
        changes: of any deliveries.
    """
    closing = changes.filter(pl.col("kind").is_in(_CLOSING))
    openings = changes.filter(pl.col("kind") == _OPENING).join(closing, on=_OF_A_DAY, how="anti")
    days = openings.group_by("vestiging").agg(pl.col("effective").n_unique())
    several = days.filter(pl.col("effective") > 1)["vestiging"]
    if several.is_empty():
        return changes
    of_them = openings.filter(pl.col("vestiging").is_in(several.implode()))
    pairs = of_them.join(of_them.select("vestiging", by="effective", later="delivery_id"), on="vestiging")
    pairs = pairs.filter(pl.col("later") > pl.col("delivery_id"), pl.col("by") != pl.col("effective"))
    first, last = (pick("effective", "by") for pick in (pl.min_horizontal, pl.max_horizontal))
    ends = pairs.with_columns(first=first, last=last).join(
        closing.select("vestiging", ended="effective"), on="vestiging", how="inner"
    )
    key = ["delivery_id", *_OF_A_DAY, "by"]
    between = ends.filter(pl.col("ended") > pl.col("first"), pl.col("ended") <= pl.col("last")).select(key)
    moved = (
        pairs.join(between, on=key, how="anti").select("delivery_id", *_OF_A_DAY, kind=pl.lit(_OPENING)).unique()
    )
    return Changes(changes.join(moved, on=["delivery_id", *_OF_A_DAY, "kind"], how="anti", maintain_order="left"))


def replaced_changes(new: NewFiles, before: Changes) -> Iterator[str]:
    """Report the changes of earlier deliveries that new files say otherwise of, a sentence per file."""
    if before.is_empty() or not any(one.changes.height for one in new.values()):
        return
    moving = before.filter(pl.col("kind").is_in([*_CLOSING, _OPENING]))
    last = moving.sort("delivery_id", maintain_order=True).unique(_OF_A_DAY, keep="last", maintain_order=True)
    moved = _moved(new, before)
    for name, one in new.items():
        mine = one.changes.filter(pl.col("kind").is_in([*_CLOSING, _OPENING]))
        both = mine.join(last, on=_OF_A_DAY, suffix="_before", maintain_order="left")
        other = both.filter(
            (pl.col("kind") != pl.col("kind_before")) | pl.col("successor").ne_missing(pl.col("successor_before"))
        )
        said = [
            *(
                f"{kind} of {vestiging} on {day} takes the place of {was}"
                for kind, vestiging, day, was in other.select("kind", *_OF_A_DAY, "kind_before").iter_rows()
            ),
            *(
                f"{kind} of {vestiging} moves from {was} to {day}"
                for kind, vestiging, day, was in moved.filter(pl.col("by") == name)
                .select("kind", "vestiging", "day", "effective")
                .rows()
            ),
        ]
        if said:
            yield f"{one.file.name}: {dutch.some_of(said)}"


def _moved(new: NewFiles, before: Changes) -> pl.DataFrame:
    """Return the changes that new files put on another `day`, with the delivery `by` which they move."""
    told = [
        one.changes.select("effective", "kind", "vestiging", "successor", by=pl.lit(name))
        for name, one in new.items()
    ]
    if not told:
        return before.clear().with_columns(by=pl.lit(""), day="effective")
    coming = pl.concat(told).rename({"effective": "day"})
    every = pl.concat([before, coming.rename({"by": "delivery_id", "day": "effective"})], how="diagonal")
    key = ["delivery_id", "kind", *_OF_A_DAY]
    gone = without_moved(before).join(without_moved(Changes(every)), on=key, how="anti", maintain_order="left")
    is_opening = pl.col("kind") == _OPENING
    same = is_opening | pl.col("successor").eq_missing(pl.col("successor_now"))
    pairs = gone.join(coming, on=["kind", "vestiging"], suffix="_now", maintain_order="left")
    return pairs.filter(same, pl.col("day") != pl.col("effective"))


def changed_boards(new: NewFiles, before: Schools, after: Schools) -> Iterator[str]:
    """Report the vestigingen whose boards are other ones by a delivery than before it, a sentence per file."""
    if before.is_empty() or not any(one.facts.height for one in new.values()):
        return
    was, now = (_boards(one) for one in (before, after))
    both = was.join(now, on="vestiging", suffix="_now").filter(pl.col("boards") != pl.col("boards_now"))
    for one in new.values():
        mine = both.filter(pl.col("vestiging").is_in(one.facts["vestiging"].implode())).sort("vestiging")
        if mine.height:
            first, boards, boards_now = mine.row(0)
            yield (
                f"{one.file.name}: the board of {mine.height} vestigingen changes (first {first}: {boards} "
                f"before, and now {boards_now})"
            )


def _boards(schools: Schools) -> pl.DataFrame:
    """Return the boards of each vestiging over time, in words."""
    ordered = schools.sort("vestiging", "valid_from")
    other = pl.col("board").ne_missing(pl.col("board").shift().over("vestiging"))
    changed = ordered.filter(other)
    is_first = pl.col("vestiging").is_first_distinct()
    words = pl.when(is_first).then("board").otherwise(pl.format("{} from {}", "board", "valid_from"))
    listed = changed.with_columns(words=words).group_by("vestiging", maintain_order=True)
    return listed.agg(boards=pl.col("words").str.join(", "))


def unknown_references(changes: Changes, facts: SchoolFacts, files: Mapping[str, str]) -> Iterator[str]:
    """Report changes of, into or to what no list or pupil file names, a sentence per file; they stay in force.

    Args:
        changes: of any deliveries.
        facts: of all deliveries.
        files: delivery_id -> name of the file.
    """
    if changes.is_empty():
        return
    listed = facts.filter(pl.col("source") != "changes")
    opened = changes.filter(pl.col("kind") == _OPENING)["vestiging"]
    known = pl.concat([listed["vestiging"], opened]).unique()
    boards = listed["board"].unique()
    day = pl.format("{} on {}", "kind", "effective")
    parts = [
        changes.filter(~pl.col("vestiging").is_in(known.implode())).select(
            "delivery_id", words=pl.format("{} of {}", day, "vestiging")
        ),
        changes.filter(pl.col("kind") == "fusie", ~pl.col("successor").is_in(known.implode())).select(
            "delivery_id", words=pl.format("{} of {} into {}", day, "vestiging", "successor")
        ),
        changes.filter(~pl.col("kind").is_in(_CLOSING), ~pl.col("board").is_in(boards.implode())).select(
            "delivery_id", words=pl.format("{} of {} to board {}", day, "vestiging", "board")
        ),
    ]
    found = pl.concat(parts).sort("delivery_id", "words").unique(maintain_order=True)
    for (name,), group in found.group_by("delivery_id", maintain_order=True):
        yield (
            f"{files[str(name)]}: {dutch.some_of(group['words'])}: no address list or pupil file names it; "
            "check the code, or ingest the list that does"
        )
