"""Findings about consent: the school scan, the MR and the GMR."""

from __future__ import annotations

import polars as pl

from npo_pipeline.accounts.board_reports import BOVENSCHOOLS
from npo_pipeline.accounts.findings.context import FindingContext, finding_rows
from npo_pipeline.accounts.received import SCHOOL, last_day
from npo_pipeline.dutch import day_expr, money_expr
from npo_pipeline.money import to_cents


def no_consent_told(case: FindingContext) -> pl.DataFrame:
    """Nothing was told of the consent for a school year of which money came, or of a school that spent any."""
    unsaid = case.paid_for.join(case.consents, on=[*SCHOOL, "school_year"], how="anti").sort(
        *SCHOOL, "school_year"
    )
    asked = unsaid.group_by(SCHOOL, maintain_order=True).agg(years=pl.col("school_year").str.join(" en "))
    silent = case.schools.filter((pl.col("spent") > 0) & pl.col("mr_consent").is_null())
    others = silent.select(SCHOOL).join(asked, on=SCHOOL, how="anti")
    message = pl.format(
        "Over de schoolscan en de instemming van de MR is {}niets opgegeven.",
        pl.when(pl.col("years") != "").then(pl.format("voor {} ", "years")).otherwise(pl.lit("")),
    )
    told = pl.concat([asked, others.with_columns(years=pl.lit(""))])
    return finding_rows(told, message, "Vul het blad Instemming in voor deze school.")


def no_school_scan(case: FindingContext) -> pl.DataFrame:
    """A school made no school scan."""
    without = case.schools.filter(~pl.col("school_scan"))
    message = pl.lit("De school heeft geen schoolscan gemaakt.")
    return finding_rows(without, message, "Maak de schoolscan alsnog, of licht toe in het jaarverslag.")


def no_mr_consent(case: FindingContext) -> pl.DataFrame:
    """The MR did not consent to the school programme of a school year."""
    without = case.consents.filter(~pl.col("mr_consent"))
    message = pl.format("De MR heeft niet ingestemd met het schoolprogramma {}.", pl.col("school_year"))
    return finding_rows(without, message, "Vraag de MR alsnog om instemming, of licht toe in het jaarverslag.")


def late_mr_consent(case: FindingContext) -> pl.DataFrame:
    """The MR consented after the year in which the money was spent. Consent comes before spending."""
    first = case.consents.filter("mr_consent").group_by(SCHOOL).agg(pl.col("mr_date").min())
    spent = case.schools.filter(pl.col("spent") > 0)
    late = (
        spent.join(first, on=SCHOOL)
        .filter(pl.col("mr_date") > last_day(case.year))
        .filter(_known(case, "mr_date"))
    )
    message = pl.format(
        "De MR stemde op {} in, nadat in {} {} was besteed.", day_expr("mr_date"), _year(case), money_expr("spent")
    )
    return finding_rows(
        late, message, "Controleer de datum; instemming hoort vooraf te gaan aan de besteding.", "spent"
    )


def future_consent(case: FindingContext) -> pl.DataFrame:
    """A consent carries a day that had not come when the year was accounted for."""
    parts = [
        case.consents.filter(pl.col(consent))
        .filter(pl.col(when) > case.accounted_on)
        .select(*SCHOOL, day=when, who=pl.lit(who))
        for consent, when, who in (("mr_consent", "mr_date", "MR"), ("gmr_consent", "gmr_date", "GMR"))
    ]
    message = pl.format(
        "De instemming van de {} is van {}, en die dag is er nog niet geweest.", pl.col("who"), day_expr("day")
    )
    return finding_rows(pl.concat(parts), message, "Verbeter de datum, of geef N op zolang er niet is ingestemd.")


def undated_consent(case: FindingContext) -> pl.DataFrame:
    """The MR consented, and nobody says when."""
    undated = case.consents.filter(pl.col("mr_consent") & pl.col("mr_date").is_null())
    message = pl.format(
        "Van de instemming van de MR met het schoolprogramma {} is geen datum opgegeven.", "school_year"
    )
    return finding_rows(undated, message, "Vul DATUM_MR in.")


def board_level_above_agreed(case: FindingContext) -> pl.DataFrame:
    """More was spent at board level for a school than its MR agreed to, this year and before together."""
    shared = (
        case.ever.filter(pl.col("level") == BOVENSCHOOLS)
        .group_by(SCHOOL)
        .agg(shared=to_cents(pl.col("amount")).sum())
    )
    here = (
        case.schools.filter(pl.col("board_level") > 0)
        .join(shared, on=SCHOOL)
        .join(case.agreed, on=SCHOOL, how="left")
    )
    above = here.with_columns(pl.col("agreed").fill_null(0)).with_columns(over=pl.col("shared") - pl.col("agreed"))
    message = pl.format(
        "Bovenschools is tot en met {} voor deze school {} besteed, en de MR stemde in met {}.",
        _year(case),
        money_expr("shared"),
        money_expr("agreed"),
    )
    advice = "Vraag de MR om instemming met het meerdere, of breng het terug naar de school."
    return finding_rows(above.filter(pl.col("over") > 0), message, advice, "over")


def no_gmr_consent(case: FindingContext) -> pl.DataFrame:
    """Money was spent at board level, and the GMR did not consent to the manner."""
    without = case.schools.filter((pl.col("board_level") > 0) & ~pl.col("gmr_consent").fill_null(False))
    message = pl.format("Er is {} bovenschools besteed zonder instemming van de GMR.", money_expr("board_level"))
    return finding_rows(
        without, message, "Vraag de GMR om instemming, of breng het bedrag terug naar de school.", "board_level"
    )


def _year(case: FindingContext) -> pl.Expr:
    return pl.lit(case.year)


def _known(case: FindingContext, when: str) -> pl.Expr:
    """A day that has come; one that has not is told by `future_consent`."""
    return pl.col(when) <= case.accounted_on
