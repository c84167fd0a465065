"""The last step of an application: too few participants who finished lower the grant in proportion (IOP 13(7)).

A board reports per school how many finished. Its grants of all windows are taken together: the report names no
window.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.grants.terms import GrantInputs, running_share
from npo_pipeline.rulebook.subsidy import Subsidy
from schemas.frames.money import FinishedPupils, GrantedApplications

_SCHOOL = ["board", "brin"]


def lower_unfinished(subsidy: Subsidy, inputs: GrantInputs, granted: GrantedApplications) -> GrantedApplications:
    """Lower the grants of boards that reported on all their schools, and on too few who finished.

    Returns:
        The rows, with full_cents (the amount before) and, per board, board_pupils (granted) and board_finished:
        null where nothing is lowered. Of a school at most the pupils count for whom subsidy was granted.
    """
    share = subsidy.completion.share.value if subsidy.completion else None
    given = granted.filter(pl.col("amount_cents") > 0)
    schools = given.group_by(_SCHOOL).agg(pupils=pl.col("pupils_granted").sum())
    reported = schools.join(finished_pupils(subsidy, inputs), on=_SCHOOL, how="left")
    boards = reported.group_by("board").agg(
        board_pupils=pl.col("pupils").sum(),
        board_finished=pl.min_horizontal("finished", "pupils").sum(),
        is_whole=pl.col("finished").is_not_null().all(),
    )
    if share is None:
        boards = boards.clear()
    else:
        too_few = pl.col("board_finished") * share.denominator < pl.col("board_pupils") * share.numerator
        boards = boards.filter(too_few & pl.col("is_whole"))
    rows = granted.join(boards.drop("is_whole"), on="board", how="left").sort("receipt")
    amount = pl.col("amount_cents")
    lowered = running_share(amount, pl.col("board_finished"), pl.col("board_pupils"), ["board"])
    is_lowered = pl.col("board_pupils").is_not_null() & (amount > 0)
    return GrantedApplications(
        rows.with_columns(
            full_cents=pl.when(is_lowered).then(amount),
            amount_cents=pl.when(is_lowered).then(lowered).otherwise(amount),
        )
    )


def finished_pupils(subsidy: Subsidy, inputs: GrantInputs) -> FinishedPupils:
    """Select the latest report of each board on each school."""
    mine = inputs.completions.filter(pl.col("scheme") == subsidy.scheme).sort("delivery_id", "line")
    latest = mine.unique(_SCHOOL, keep="last", maintain_order=True)
    return FinishedPupils(latest.select(*_SCHOOL, "finished"))


def unused_reports(subsidy: Subsidy, inputs: GrantInputs, granted: GrantedApplications) -> Iterator[str]:
    """Yield what is odd about reports of participants who finished, a sentence each."""
    reports = finished_pupils(subsidy, inputs)
    if reports.is_empty():
        return
    name = subsidy.scheme
    if subsidy.completion is None:
        yield f"{name}: its rules lower no grant, so {reports.height} reports of participants change nothing"
        return
    given = granted.filter(pl.col("full_cents").fill_null(pl.col("amount_cents")) > 0)
    schools = given.group_by(_SCHOOL).agg(pupils=pl.col("pupils_granted").sum())
    both = schools.join(reports, on=_SCHOOL, how="full", coalesce=True).sort(_SCHOOL)
    for board, brin, pupils, finished in both.select(*_SCHOOL, "pupils", "finished").iter_rows():
        if pupils is None:
            yield f"{name}: board {board} reports on {brin}, for which it was granted nothing; that is passed over"
        elif finished is not None and finished > pupils:
            words = f"reports that {finished} finished at {brin}, where {pupils} were granted; {pupils} count"
            yield f"{name}: board {board} {words}"
    partly = both.filter(pl.col("pupils").is_not_null()).group_by("board", maintain_order=True)
    for board, missing, told in partly.agg(
        missing=pl.col("brin").filter(pl.col("finished").is_null()), told=pl.col("finished").count()
    ).iter_rows():
        if missing and told:
            words = f"does not report on {', '.join(missing)}, so its grants are not lowered yet"
            yield f"{name}: board {board} {words}"
