"""Findings about money: what was spent against what there was, externals, and the end of the programme."""

from __future__ import annotations

from datetime import date

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.findings.context import FindingContext, finding_rows
from npo_pipeline.accounts.received import SCHOOL
from npo_pipeline.dutch import money_expr, percent_expr
from npo_pipeline.money import divide_half_away

GUIDANCE = "aanvullend, beperkt, tijdelijk en doelgericht"
"""What hiring externals must be (AVS, questions and answers); no cap was found in any source."""


def overspent(case: FindingContext) -> pl.DataFrame:
    """More was spent than the school had: carried in and received."""
    there = case.schools.filter((pl.col("carried_out") < 0) & ~_without_money() & (pl.col("spent") > 0))
    over = there.with_columns(over=-pl.col("carried_out"), had=pl.col("carried_in") + pl.col("received"))
    message = pl.format(
        "Er is {} besteed en er was {} beschikbaar: {} te veel.",
        money_expr("spent"),
        money_expr("had"),
        money_expr("over"),
    )
    return finding_rows(over, message, "Verbeter de besteding, of boek het meerdere op andere middelen.", "over")


def taken_back(case: FindingContext) -> pl.DataFrame:
    """More was taken back than there was for a school, and nothing was spent: the board before it may have it."""
    there = case.schools.filter((pl.col("carried_out") < 0) & (pl.col("spent") == 0))
    over = there.with_columns(over=-pl.col("carried_out"))
    message = pl.format("Er is {} meer teruggevorderd dan er voor de school was.", money_expr("over"))
    advice = "Verreken dit met het vorige bestuur van de school, of boek het op andere middelen."
    return finding_rows(over, message, advice, "over")


def two_currencies(case: FindingContext) -> pl.DataFrame:
    """A board has money in euro and in dollars; a report is in one currency."""
    mixed = case.schools.group_by("board").agg(pl.col("currency").n_unique()).filter(pl.col("currency") > 1)
    message = pl.lit("Het bestuur heeft geld in euro en in dollar, en een verslag is in een van de twee.")
    advice = "Verantwoord de scholen in Caribisch Nederland onder een eigen bestuursnummer."
    return finding_rows(mixed.sort("board"), message, advice)


def spent_without_money(case: FindingContext) -> pl.DataFrame:
    """A school that received nothing and had nothing left spent NPO money."""
    there = case.schools.filter(_without_money() & (pl.col("spent") > 0))
    message = pl.format("Er is {} besteed en de school heeft geen NPO-geld ontvangen.", money_expr("spent"))
    return finding_rows(
        there, message, "Controleer het BRIN-nummer, of boek de besteding op andere middelen.", "spent"
    )


def nothing_reported(case: FindingContext) -> pl.DataFrame:
    """A school received money and its board reports nothing of it, not even that nothing was spent."""
    silent = case.schools.filter(pl.col("received") > 0).join(case.rows, on=SCHOOL, how="anti")
    message = pl.format("De school ontving {} en over de besteding is niets opgegeven.", money_expr("received"))
    advice = "Vul de besteding in; is er niets besteed, geef dan een interventie op met bedrag 0,00."
    return finding_rows(silent, message, advice, "received")


def external_above_amount(case: FindingContext) -> pl.DataFrame:
    """Of an amount more went to hired externals than the whole of it."""
    wrong = case.rows.filter(pl.col("external") > pl.col("amount")).join(_currency(case), on=SCHOOL)
    wrong = wrong.with_columns(over=pl.col("external") - pl.col("amount"))
    message = pl.format(
        "'{}': {} ging naar personeel niet in loondienst, en dat is meer dan het bedrag van {}.",
        pl.col("intervention"),
        money_expr("external"),
        money_expr("amount"),
    )
    return finding_rows(wrong, message, "WAARVAN_EXTERN is een deel van BEDRAG; verbeter een van de twee.", "over")


def external_share(case: FindingContext) -> pl.DataFrame:
    """Which part of a board's spending went to hired externals. There is no cap; the guidance has criteria."""
    boards = case.schools.group_by("board", "currency").agg(pl.col("external", "spent").sum())
    told = boards.filter((pl.col("external") > 0) & (pl.col("spent") > 0)).sort("board", "currency")
    share = divide_half_away(pl.col("external") * 10_000, pl.max_horizontal("spent", 1))
    message = pl.format(
        "{} van de besteding ({}) ging naar personeel niet in loondienst. Een maximum is er niet; inhuur is {}.",
        percent_expr(share),
        money_expr("external"),
        pl.lit(GUIDANCE),
    )
    return finding_rows(
        told, message, "Licht dit percentage toe in het jaarverslag; de MR heeft adviesrecht.", "external"
    )


def after_deadline(case: FindingContext) -> pl.DataFrame:
    """Money was spent after the last year in which it may be spent."""
    if case.year <= _until(case).year:
        return finding_rows(case.schools.clear(), pl.lit(""), "")
    message = pl.format(
        "Er is {} besteed na {}, toen het geld niet meer besteed mocht worden.",
        money_expr("spent"),
        pl.lit(dutch.day(_until(case))),
    )
    late = case.schools.filter(pl.col("spent") > 0)
    return finding_rows(late, message, "Boek de besteding op andere middelen.", "spent")


def deadline_year(case: FindingContext) -> pl.DataFrame:
    """The last year in which money may be spent ends before the calendar year does."""
    if case.year != _until(case).year:
        return finding_rows(case.schools.clear(), pl.lit(""), "")
    boards = case.schools.group_by("board", "currency").agg(pl.col("spent").sum()).sort("board", "currency")
    message = pl.format(
        "Van de besteding van {} telt alleen wat uiterlijk op {} is besteed.",
        money_expr("spent"),
        pl.lit(dutch.day(_until(case))),
    )
    return finding_rows(
        boards.filter(pl.col("spent") > 0), message, "Controleer de datum van de laatste uitgaven.", "spent"
    )


def told_twice(case: FindingContext) -> pl.DataFrame:
    """The same stands there more than once: an intervention of a school (added up), or the consents of one."""
    return pl.concat([_spent_twice(case), _consents_twice(case)])


def _consents_twice(case: FindingContext) -> pl.DataFrame:
    same = [*SCHOOL, "school_year"]
    twice = case.consents.group_by(same).agg(times=pl.len()).filter(pl.col("times") > 1).sort(same)
    message = pl.format(
        "De instemming voor {} staat {} keer opgegeven; een N en het laagste bedrag tellen voor alle.",
        "school_year",
        "times",
    )
    return finding_rows(twice, message, "Laat een regel per school en schooljaar staan.")


def _spent_twice(case: FindingContext) -> pl.DataFrame:
    same = [*SCHOOL, "category", "intervention", "level"]
    twice = case.rows.filter(pl.len().over(same) > 1).sort("file", "line")
    groups = twice.group_by(same, maintain_order=True).agg(
        pl.col("amount").sum(), pl.col("file").last(), pl.col("line").last(), times=pl.len()
    )
    message = pl.format(
        "'{}' ({}) staat {} keer opgegeven; de bedragen zijn opgeteld.", "intervention", "level", "times"
    )
    return finding_rows(groups, message, "Voeg de regels samen, of schrap een regel die dubbel is.", "amount")


def refused_row(case: FindingContext) -> pl.DataFrame:
    """A row of the board could not be read, and is in none of the amounts."""
    message = pl.format("Een regel is geweigerd en telt niet mee: {}", pl.col("message"))
    return finding_rows(case.refused, message, "Verbeter de regel en lever het bestand opnieuw aan.")


def _without_money() -> pl.Expr:
    return (pl.col("received") == 0) & (pl.col("carried_in") <= 0)


def _currency(case: FindingContext) -> pl.DataFrame:
    return case.schools.select(*SCHOOL, "currency")


def _until(case: FindingContext) -> date:
    return case.rules.spend_until.known("the last day on which money may be spent")
