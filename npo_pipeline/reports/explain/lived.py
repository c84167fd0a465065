"""What a merger, a closure, an opening or an amendment does to a school, and why corrections were paid."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from npo_pipeline.reports.explain.flow import Life, Settled
from npo_pipeline.reports.explain.language import Language

_MONTHS = (pl.col("month").min().alias("first"), pl.col("month").max().alias("last"))


def lives_of(adjustments: pl.DataFrame) -> dict[str, list[Life]]:
    """The instalments that change hands or fall away: vestiging -> what, per cause and other school.

    Args:
        adjustments: rows of a decision.
    """
    summed = adjustments.group_by("vestiging", "cause", "other_vestiging").agg(*_MONTHS, pl.col("amount").sum())
    found: dict[str, list[Life]] = {}
    for vestiging, *life in summed.sort("vestiging", "first", "cause", "other_vestiging").iter_rows():
        found.setdefault(vestiging, []).append(Life(*life))
    return found


def settled_of(ledger: pl.DataFrame) -> dict[str, list[Settled]]:
    """Why corrections were paid: vestiging -> what, per paid month and cause.

    Args:
        ledger: rows of the view `ledger` that are no instalments.
    """
    summed = ledger.group_by("vestiging", "paid_month", "cause").agg(*_MONTHS, pl.col("amount").sum())
    found: dict[str, list[Settled]] = {}
    for vestiging, *one in (
        summed.filter(pl.col("amount") != 0).sort("vestiging", "paid_month", "cause").iter_rows()
    ):
        found.setdefault(vestiging, []).append(Settled(*one))
    return found


def told_lives(lives: tuple[Life, ...], currency: str, language: Language) -> Iterator[str]:
    """What changes hands or falls away, a sentence each."""
    for one in lives:
        way = "" if one.cause != "merger" else ".to" if one.amount < 0 else ".from"
        sign = "" if one.cause != "amendment" else ".more" if one.amount > 0 else ".less"
        yield language.say(
            f"life.{one.cause}{way}{sign}",
            other=one.other or "",
            first=language.month(one.first),
            last=language.month(one.last),
            amount=language.money(abs(one.amount), currency),
        )


def told_settled(settled: tuple[Settled, ...], currency: str, language: Language) -> Iterator[str]:
    """Why corrections were paid, a sentence each."""
    for one in settled:
        yield language.say(
            "settled.more" if one.amount > 0 else "settled.less",
            month=language.month(one.paid_month),
            amount=language.money(abs(one.amount), currency),
            why=language.say(f"why.{one.cause}"),
            months=_months(one, language),
        )


def _months(one: Settled, language: Language) -> str:
    if one.first == one.last:
        return language.month(one.first)
    return language.say("months.between", first=language.month(one.first), last=language.month(one.last))
