"""Findings about consent: the school scan, the MR and the GMR."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.board_reports import BOVENSCHOOLS
from npo_pipeline.accounts.findings.context import FindingContext, finding_rows
from npo_pipeline.accounts.received import SCHOOL_KEY, last_day
from npo_pipeline.dutch import day_expr, money_expr
from npo_pipeline.money import to_cents
from schemas.frames.accounts import FindingRows


def no_consent_told(context: FindingContext) -> FindingRows:
    """Find funded school years without any report on consent, and schools that spent money without one."""
    key = [*SCHOOL_KEY, "school_year"]
    unreported = context.funded_years.join(context.consents, on=key, how="anti").sort(key)
    funded = unreported.group_by(SCHOOL_KEY, maintain_order=True).agg(years=pl.col("school_year").str.join(" en "))
    spending = context.schools.filter((pl.col("spent") > 0) & pl.col("mr_consent").is_null())
    others = spending.select(SCHOOL_KEY).join(funded, on=SCHOOL_KEY, how="anti").with_columns(years=pl.lit(""))
    message = pl.format(
        "Over de schoolscan en de instemming van de MR is {}niets opgegeven.",
        pl.when(pl.col("years") != "").then(pl.format("voor {} ", "years")).otherwise(pl.lit("")),
    )
    return finding_rows(pl.concat([funded, others]), message, "Vul het blad Instemming in voor deze school.")


def no_school_scan(context: FindingContext) -> FindingRows:
    """Find schools without a school scan."""
    return finding_rows(
        context.schools.filter(~pl.col("school_scan")),
        pl.lit("De school heeft geen schoolscan gemaakt."),
        "Maak de schoolscan alsnog, of licht toe in het jaarverslag.",
    )


def no_mr_consent(context: FindingContext) -> FindingRows:
    """Find school programmes that the MR did not consent to, per school year."""
    return finding_rows(
        context.consents.filter(~pl.col("mr_consent")),
        pl.format("De MR heeft niet ingestemd met het schoolprogramma {}.", "school_year"),
        "Vraag de MR alsnog om instemming, of licht toe in het jaarverslag.",
    )


def late_mr_consent(context: FindingContext) -> FindingRows:
    """Find consents of the MR after the year in which the money was spent. Consent comes before spending."""
    first = context.consents.filter("mr_consent").group_by(SCHOOL_KEY).agg(pl.col("mr_date").min())
    # A day that has not come yet is the finding `future_consent`.
    late = pl.col("mr_date").is_between(last_day(context.year), context.accounted_on, closed="right")
    return finding_rows(
        context.schools.filter(pl.col("spent") > 0).join(first, on=SCHOOL_KEY).filter(late),
        pl.format(
            "De MR stemde op {} in, nadat in {} {} was besteed.",
            day_expr("mr_date"),
            pl.lit(context.year),
            money_expr("spent"),
        ),
        "Controleer de datum; instemming hoort vooraf te gaan aan de besteding.",
        "spent",
    )


def future_consent(context: FindingContext) -> FindingRows:
    """Find consents with a day that had not come when the year was accounted for."""
    parts = [
        context.consents.filter(pl.col(consent) & (pl.col(day) > context.accounted_on)).select(
            *SCHOOL_KEY, day=day, council=pl.lit(council)
        )
        for consent, day, council in (("mr_consent", "mr_date", "MR"), ("gmr_consent", "gmr_date", "GMR"))
    ]
    return finding_rows(
        pl.concat(parts),
        pl.format(
            "De instemming van de {} is van {}, en die dag is er nog niet geweest.", "council", day_expr("day")
        ),
        "Verbeter de datum, of geef N op zolang er niet is ingestemd.",
    )


def undated_consent(context: FindingContext) -> FindingRows:
    """Find consents of the MR without a day."""
    return finding_rows(
        context.consents.filter(pl.col("mr_consent") & pl.col("mr_date").is_null()),
        pl.format(
            "Van de instemming van de MR met het schoolprogramma {} is geen datum opgegeven.", "school_year"
        ),
        "Vul DATUM_MR in.",
    )


def board_level_above_agreed(context: FindingContext) -> FindingRows:
    """Find schools with more board-level spending, this year and before together, than their MR agreed to."""
    at_board_level = context.spending_to_date.filter(pl.col("level") == BOVENSCHOOLS)
    to_date = at_board_level.group_by(SCHOOL_KEY).agg(spent_to_date=to_cents(pl.col("amount")).sum())
    schools = (
        context.schools.filter(pl.col("board_level") > 0)
        .join(to_date, on=SCHOOL_KEY)
        .join(context.agreed, on=SCHOOL_KEY, how="left")
        .with_columns(pl.col("agreed").fill_null(0))
        .with_columns(excess=pl.col("spent_to_date") - pl.col("agreed"))
    )
    return finding_rows(
        schools.filter(pl.col("excess") > 0),
        pl.format(
            "Bovenschools is tot en met {} voor deze school {} besteed, en de MR stemde in met {}.",
            pl.lit(context.year),
            money_expr("spent_to_date"),
            money_expr("agreed"),
        ),
        "Vraag de MR om instemming met het meerdere, of breng het terug naar de school.",
        "excess",
    )


def no_gmr_consent(context: FindingContext) -> FindingRows:
    """Find board-level spending in a manner that the GMR did not consent to."""
    return finding_rows(
        context.schools.filter((pl.col("board_level") > 0) & ~pl.col("gmr_consent").fill_null(False)),
        pl.format("Er is {} bovenschools besteed zonder instemming van de GMR.", money_expr("board_level")),
        "Vraag de GMR om instemming, of breng het bedrag terug naar de school.",
        "board_level",
    )
