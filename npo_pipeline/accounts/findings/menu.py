"""Findings about the menukaart: the interventions that the money may be spent on."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.findings.context import FindingContext, finding_rows
from npo_pipeline.accounts.menukaart_lookup import MAYBE, OFF
from npo_pipeline.accounts.received import SCHOOL_KEY
from schemas.frames.accounts import FindingRows

FACILITIES = "F"
"""Facilities and conditions may only support interventions of the other categories (menukaart, category F)."""


def not_on_menu(context: FindingContext) -> FindingRows:
    """Find interventions that are not on the menukaart of that year, so that no NPO money may go to them."""
    return finding_rows(
        context.lines.filter(pl.col("menu_status") == OFF),
        _message(context, "staat niet op de menukaart van"),
        "Neem de naam over van de menukaart, of boek de besteding op andere middelen.",
        "amount",
    )


def maybe_on_menu(context: FindingContext) -> FindingRows:
    """Find interventions that are not among those known of a category with an incomplete list."""
    return finding_rows(
        context.lines.filter(pl.col("menu_status") == MAYBE),
        _message(context, "staat niet bij de bekende interventies van"),
        "Controleer de naam op de menukaart; van deze categorie is niet de hele lijst bekend.",
        "amount",
    )


def only_facilities(context: FindingContext) -> FindingRows:
    """Find facilities (F) without any intervention of A to E, in this year or before, for them to support."""
    spent, to_date = (rows.filter(pl.col("amount") > 0) for rows in (context.lines, context.spending_to_date))
    others = to_date.filter(pl.col("category") != FACILITIES)
    alone = spent.filter(pl.col("category") == FACILITIES).join(others, on=SCHOOL_KEY, how="anti")
    return finding_rows(
        alone.group_by(SCHOOL_KEY).agg(pl.col("amount").sum()),
        pl.lit(
            "Er is alleen besteed aan categorie F (faciliteiten en randvoorwaarden), zonder interventie uit "
            "A t/m E."
        ),
        "Geef op welke interventies uit A tot en met E ermee zijn ondersteund.",
        "amount",
    )


def _message(context: FindingContext, words: str) -> pl.Expr:
    hint = pl.when(pl.col("hint").is_null()).then(pl.lit("")).otherwise(pl.format(" ({})", "hint"))
    return pl.format(
        "'{}' {} {}, categorie {}{}.", "written", pl.lit(words), pl.lit(context.year), "category", hint
    )
