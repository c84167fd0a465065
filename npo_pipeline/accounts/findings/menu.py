"""Findings about the menukaart: what the money may be spent on."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.findings.context import FindingContext, finding_rows
from npo_pipeline.accounts.menukaart_lookup import MAYBE, OFF
from npo_pipeline.accounts.received import SCHOOL

FACILITIES = "F"
"""Facilities and conditions may only support interventions of the other categories (menukaart, category F)."""


def not_on_menu(case: FindingContext) -> pl.DataFrame:
    """An intervention is not on the menukaart of that year, so no NPO money may go to it."""
    wrong = case.rows.filter(pl.col("menu_status") == OFF)
    return finding_rows(
        wrong,
        _message(case, "staat niet op de menukaart van"),
        "Neem de naam over van de menukaart, of boek de besteding op andere middelen.",
        "amount",
    )


def maybe_on_menu(case: FindingContext) -> pl.DataFrame:
    """An intervention is not among those known of a category of which not all are known."""
    unsure = case.rows.filter(pl.col("menu_status") == MAYBE)
    return finding_rows(
        unsure,
        _message(case, "staat niet bij de bekende interventies van"),
        "Controleer de naam op de menukaart; van deze categorie is niet de hele lijst bekend.",
        "amount",
    )


def only_facilities(case: FindingContext) -> pl.DataFrame:
    """Facilities (F) without any intervention of A to E, in this year or before, for them to support."""
    spent = case.rows.filter(pl.col("amount") > 0)
    ever = case.ever.filter(pl.col("amount") > 0)
    others = ever.filter(pl.col("category") != FACILITIES)
    alone = spent.filter(pl.col("category") == FACILITIES).join(others, on=SCHOOL, how="anti")
    schools = alone.group_by(SCHOOL).agg(pl.col("amount").sum())
    message = pl.lit(
        "Er is alleen besteed aan categorie F (faciliteiten en randvoorwaarden), zonder interventie uit A t/m E."
    )
    advice = "Geef op welke interventies uit A tot en met E ermee zijn ondersteund."
    return finding_rows(schools, message, advice, "amount")


def _message(case: FindingContext, words: str) -> pl.Expr:
    hint = pl.when(pl.col("hint").is_null()).then(pl.lit("")).otherwise(pl.format(" ({})", pl.col("hint")))
    return pl.format(
        "'{}' {} {}, categorie {}{}.",
        pl.col("written"),
        pl.lit(words),
        pl.lit(case.year),
        pl.col("category"),
        hint,
    )
