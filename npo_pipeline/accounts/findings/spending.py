"""Findings about spending: against the money available and the menukaart, by externals, and after the deadline."""

from __future__ import annotations

import re

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.board_reports import MAYBE, OFF
from npo_pipeline.accounts.findings.context import FindingContext, finding_rows, no_findings
from npo_pipeline.accounts.received import SCHOOL_KEY
from npo_pipeline.dutch import money_expr, percent_expr
from npo_pipeline.money import divide_half_away
from schemas.frames.accounts import FindingRows

FACILITIES = "F"
"""Facilities and conditions may only support interventions of the other categories (menukaart, category F)."""

GUIDANCE = "aanvullend, beperkt, tijdelijk en doelgericht"
"""The norm of the programme for hiring externals (AVS, questions and answers); no law and no source has a cap."""

_OVERSPENT = pl.col("carried_out") < 0
_SPENT = pl.col("spent") > 0
_GAVE = pl.col("transferred") < 0
_CORRECTED_DOWN = pl.col("corrections") < 0
_TO_SPEND = pl.sum_horizontal("carried_in", "received", "transferred", "corrections")
_WITHOUT_MONEY = (pl.col("received") == 0) & (pl.sum_horizontal("carried_in", "transferred", "corrections") <= 0)


def overspent(context: FindingContext) -> FindingRows:
    """Find schools that spent more than they had: carried in, received, moved with it, and corrected."""
    schools = context.schools.filter(_OVERSPENT & _SPENT & ~_WITHOUT_MONEY)
    return finding_rows(
        schools.with_columns(excess=-pl.col("carried_out"), available=_TO_SPEND),
        pl.format(
            "Er is {} besteed en er was {} beschikbaar: {} te veel.",
            money_expr("spent"),
            money_expr("available"),
            money_expr("excess"),
        ),
        "Verbeter de besteding, of boek het meerdere op andere middelen.",
        "excess",
    )


def taken_back(context: FindingContext) -> FindingRows:
    """Find schools of which more was clawed back than there was: a board before this one may have the rest."""
    schools = context.schools.filter(_OVERSPENT & ~_SPENT & ~_GAVE & ~_CORRECTED_DOWN & (pl.col("received") < 0))
    return finding_rows(
        schools.with_columns(excess=-pl.col("carried_out")),
        pl.format("Er is {} meer teruggevorderd dan er voor de school was.", money_expr("excess")),
        "Verreken dit met het vorige bestuur van de school, of boek het op andere middelen.",
        "excess",
    )


def transferred_too_much(context: FindingContext) -> FindingRows:
    """Find schools of which more moved to another board than there was."""
    schools = context.schools.filter(_OVERSPENT & ~_SPENT & _GAVE)
    return finding_rows(
        schools.with_columns(
            excess=-pl.col("carried_out"), given=-pl.col("transferred"), had=_TO_SPEND - pl.col("transferred")
        ),
        pl.format(
            "Er is {} overgedragen aan een ander bestuur en er was {}: {} te veel.",
            money_expr("given"),
            money_expr("had"),
            money_expr("excess"),
        ),
        "Spreek met het andere bestuur af hoeveel er overging, en geef beide hetzelfde bedrag op.",
        "excess",
    )


def short_after_corrections(context: FindingContext) -> FindingRows:
    """Find schools that corrections of closed years leave with less than nothing."""
    schools = context.schools.filter(_OVERSPENT & ~_SPENT & ~_GAVE & _CORRECTED_DOWN)
    return finding_rows(
        schools.with_columns(excess=-pl.col("carried_out")),
        pl.format("Na correcties van afgesloten jaren is er {} te weinig.", money_expr("excess")),
        "Verbeter wat over de afgesloten jaren is opgegeven, of boek het op andere middelen.",
        "excess",
    )


def opened_short(context: FindingContext) -> FindingRows:
    """Find schools that open with less than nothing, and of which nothing made that good or worse."""
    same = (pl.col("received") >= 0) & ~_GAVE & ~_CORRECTED_DOWN
    schools = context.schools.filter(_OVERSPENT & ~_SPENT & same)
    return finding_rows(
        schools.with_columns(short=-pl.col("carried_in"), excess=-pl.col("carried_out")),
        pl.format(
            "Het jaar opende met een tekort van {} uit {}, en daarvan is {} over.",
            money_expr("short"),
            pl.lit(context.year - 1),
            money_expr("excess"),
        ),
        "Boek het tekort op andere middelen, of verbeter wat over eerdere jaren is opgegeven.",
        "excess",
    )


def corrected_closed_year(context: FindingContext) -> FindingRows:
    """Find schools of which something came in of a closed year: it is accounted for in this year."""
    left = pl.col("received") - pl.col("spent") + pl.col("transferred")
    corrected = context.corrections.with_columns(left=left)
    changes = [
        pl.when(pl.col(name) != 0).then(pl.format(f"{word} {{}}", money_expr(name)))
        for name, word in _CORRECTED.items()
    ]
    then = pl.when(pl.col("left") != 0)
    return finding_rows(
        corrected.sort("of_year", *SCHOOL_KEY),
        pl.format(
            "Over {}, dat is afgesloten, is er later veranderd: {}. {}",
            "of_year",
            pl.concat_str(changes, separator=", ", ignore_nulls=True),
            then.then(pl.format("Het staat in dit jaar als correctie van {}.", money_expr("left"))).otherwise(
                pl.lit("Aan het saldo verandert dat niets.")
            ),
        ),
        "Licht de correctie toe in het jaarverslag.",
        "left",
    )


_CORRECTED = {
    "received": "ontvangen",
    "spent": "besteed",
    "external": "waarvan personeel niet in loondienst",
    "board_level": "waarvan bovenschools",
    "transferred": "overgedragen",
    "accrued": "toe te rekenen",
}
"""The amounts that a correction may change, in Dutch."""


def transfer_differs(context: FindingContext) -> FindingRows:
    """Find reserves that moved of which both boards report another amount; the lowest counts, for both."""
    told = context.transfers.filter(pl.col("from_told") != pl.col("to_told"))
    return _about_transfers(
        told,
        ("from_board", "to_board"),
        "Bestuur {from_board} droeg volgens eigen opgave {from_told} over aan bestuur {to_board}, en dat kreeg "
        "volgens eigen opgave {to_told}. Voor beide telt het laagste bedrag: {amount}.",
        "Spreek met het andere bestuur af hoeveel er overging, en geef beide hetzelfde bedrag op.",
    )


def transfer_without_move(context: FindingContext) -> FindingRows:
    """Find reserves that moved where the school did not: the boards exchanged, or a day before it."""
    return _about_transfers(
        context.transfers.filter(~pl.col("fits") & (pl.col("amount") > 0)),
        ("from_board", "to_board"),
        "Er ging volgens opgave {amount} over van bestuur {from_board} naar bestuur {to_board}, en de school zelf "
        "ging op die dag of eerder niet over.",
        "Verwissel VAN en NAAR, verbeter DATUM, of lever de wijziging van de bestuursoverdracht aan.",
    )


def transfer_unconfirmed(context: FindingContext) -> FindingRows:
    """Find reserves that moved by the report of one board, about which the other reports nothing."""
    parts = [
        _about_transfers(
            context.transfers.filter(pl.col(own).is_null() & (pl.col("amount") > 0)),
            (board,),
            "Volgens bestuur {"
            + other
            + "} ging er {amount} over van bestuur {from_board} naar bestuur {to_board}; "
            "dat telt mee, en dit bestuur gaf er niets over op.",
            "Vul het blad Overdracht saldo in: hetzelfde bedrag, of 0 als er niets overging.",
        )
        for board, own, other in (
            ("from_board", "from_told", "to_board"),
            ("to_board", "to_told", "from_board"),
        )
    ]
    return FindingRows(pl.concat(parts))


def _about_transfers(told: pl.DataFrame, boards: tuple[str, ...], message: str, advice: str) -> FindingRows:
    """Return a finding of a reserve that moved for some of its two boards; `message`: with columns in braces."""
    cases = pl.concat(told.with_columns(board=pl.col(one)) for one in boards)
    names = re.findall(r"\{(\w+)\}", message)
    shown = [pl.col(name) if name.endswith("_board") else money_expr(name) for name in names]
    text = pl.format(re.sub(r"\{\w+\}", "{}", message), *shown)
    return finding_rows(cases.sort("brin", "board"), text, advice, "amount")


def two_currencies(context: FindingContext) -> FindingRows:
    """Find boards, and schools, with money in euro and in dollars, which are accounted for apart."""
    boards = context.schools.group_by("board").agg(pl.col("currency").n_unique())
    schools = context.schools.group_by(SCHOOL_KEY).agg(pl.col("currency").n_unique())
    of_boards = finding_rows(
        boards.filter(pl.col("currency") > 1).sort("board"),
        pl.lit("Het bestuur heeft geld in euro en in dollar: er is een verantwoording in elke valuta."),
        "Dien beide verantwoordingen in; Caribisch Nederland heeft een apart overzicht.",
    )
    of_schools = finding_rows(
        schools.filter(pl.col("currency") > 1).sort(SCHOOL_KEY),
        pl.lit("Voor de school is geld in euro en in dollar; zij staat in beide verantwoordingen."),
        "De besteding telt in de valuta waarin het laatst is betaald; controleer in welk land de school ligt.",
    )
    return FindingRows(pl.concat([of_boards, of_schools]))


def spent_without_money(context: FindingContext) -> FindingRows:
    """Find schools that spent NPO money, received none and had nothing left."""
    return finding_rows(
        context.schools.filter(_WITHOUT_MONEY & _SPENT),
        pl.format("Er is {} besteed en de school heeft geen NPO-geld ontvangen.", money_expr("spent")),
        "Controleer het BRIN-nummer, of boek de besteding op andere middelen.",
        "spent",
    )


def nothing_reported(context: FindingContext) -> FindingRows:
    """Find schools that received money that is asked about, with no report on it, not even that none was spent."""
    asked = context.asked.filter(pl.col("received") > 0).join(context.lines, on=SCHOOL_KEY, how="anti")
    currency = context.schools.select(*SCHOOL_KEY, "currency")
    return finding_rows(
        asked.join(currency, on=SCHOOL_KEY).sort(SCHOOL_KEY),
        pl.format("De school ontving {} en over de besteding is niets opgegeven.", money_expr("received")),
        "Vul de besteding in; is er niets besteed, geef dan een interventie op met bedrag 0,00.",
        "received",
    )


def carried_not_reported(context: FindingContext) -> FindingRows:
    """Find schools with money of earlier years, with no report on the year, not even that none was spent."""
    asked = context.asked.filter(pl.col("received") > 0)
    told = pl.concat([context.lines.select(SCHOOL_KEY), asked.select(SCHOOL_KEY)])
    kept = pl.col("carried_in") + pl.min_horizontal("transferred", 0)
    silent = context.schools.filter(kept > 0).join(told, on=SCHOOL_KEY, how="anti")
    return finding_rows(
        silent.sort(SCHOOL_KEY),
        pl.format(
            "Van eerdere jaren was er {} en over de besteding in {} is niets opgegeven.",
            money_expr("carried_in"),
            pl.lit(context.year),
        ),
        "Vul de besteding in; is er niets besteed, geef dan een interventie op met bedrag 0,00.",
        "carried_in",
    )


def left_after_deadline(context: FindingContext) -> FindingRows:
    """Find money that is left over after the last day that the programme names for spending."""
    if context.year < context.spend_until.year:
        return no_findings()
    return finding_rows(
        context.schools.filter(pl.col("carried_out") > 0),
        pl.format(
            "Aan het eind van {} is er nog {} over, na {}, de laatste dag die het programma voor besteding noemt.",
            pl.lit(context.year),
            money_expr("carried_out"),
            pl.lit(dutch.day(context.spend_until)),
        ),
        "Licht in het jaarverslag toe wat er met dit geld gebeurt.",
        "carried_out",
    )


def external_above_amount(context: FindingContext) -> FindingRows:
    """Find amounts of which more went to externals than the whole: of a row or, after credit notes, of all."""
    lines, key = context.lines, [*SCHOOL_KEY, "category", "intervention", "level"]
    is_above = pl.col("external") > pl.col("amount")
    rows = lines.filter(is_above & (pl.col("amount") >= 0))
    totals = lines.group_by(key, maintain_order=True).agg(pl.col("amount", "external").sum()).filter(is_above)
    above = pl.concat([rows, totals.join(rows, on=key, how="anti")], how="diagonal")
    return finding_rows(
        above.join(context.schools.select(*SCHOOL_KEY, "currency"), on=SCHOOL_KEY).with_columns(
            excess=pl.col("external") - pl.col("amount")
        ),
        pl.format(
            "'{}': {} ging naar personeel niet in loondienst, en dat is meer dan het bedrag van {}.",
            "intervention",
            money_expr("external"),
            money_expr("amount"),
        ),
        "WAARVAN_EXTERN is een deel van BEDRAG; verbeter een van de twee.",
        "excess",
    )


def external_share(context: FindingContext) -> FindingRows:
    """Return the part of a board's spending that went to hired externals. There is no cap; there are criteria."""
    boards = context.schools.group_by("board", "currency").agg(pl.col("external", "spent").sum())
    share = divide_half_away(pl.col("external") * 10_000, pl.max_horizontal("spent", 1))
    return finding_rows(
        boards.filter((pl.col("external") > 0) & _SPENT).sort("board", "currency"),
        pl.format(
            "{} van de besteding ({}) ging naar personeel niet in loondienst. Een maximum is er niet; "
            "volgens het programma is inhuur {}.",
            percent_expr(share),
            money_expr("external"),
            pl.lit(GUIDANCE),
        ),
        "Licht dit percentage toe in het jaarverslag.",
        "external",
    )


def after_deadline(context: FindingContext) -> FindingRows:
    """Find money spent after the year of the last day that the programme names for spending."""
    if context.year <= context.spend_until.year:
        return no_findings()
    return finding_rows(
        context.schools.filter(_SPENT),
        pl.format(
            "Er is {} besteed na {}, de laatste dag die het programma voor besteding noemt.",
            money_expr("spent"),
            pl.lit(dutch.day(context.spend_until)),
        ),
        "Boek de besteding op andere middelen.",
        "spent",
    )


def deadline_year(context: FindingContext) -> FindingRows:
    """Find boards that spent in the last year of the programme, which ends before the calendar year does."""
    if context.year != context.spend_until.year:
        return no_findings()
    boards = context.schools.group_by("board", "currency").agg(pl.col("spent").sum()).sort("board", "currency")
    return finding_rows(
        boards.filter(_SPENT),
        pl.format(
            "Van de besteding van {} telt volgens het programma alleen wat uiterlijk op {} is besteed.",
            money_expr("spent"),
            pl.lit(dutch.day(context.spend_until)),
        ),
        "Controleer de datum van de laatste uitgaven.",
        "spent",
    )


def told_twice(context: FindingContext) -> FindingRows:
    """Find interventions of a school, and consents, that were reported more than once; amounts are added up."""
    return FindingRows(pl.concat([_spent_twice(context), _consents_twice(context)]))


def _consents_twice(context: FindingContext) -> FindingRows:
    key = [*SCHOOL_KEY, "school_year"]
    reports = context.consents.group_by(key).agg(times=pl.len())
    return finding_rows(
        reports.filter(pl.col("times") > 1).sort(key),
        pl.format(
            "De instemming voor {} staat {} keer opgegeven; een N en het laagste bedrag tellen voor alle.",
            "school_year",
            "times",
        ),
        "Laat een regel per school en schooljaar staan.",
    )


def _spent_twice(context: FindingContext) -> FindingRows:
    key = [*SCHOOL_KEY, "category", "intervention", "level"]
    repeated = context.lines.filter(pl.len().over(key) > 1).sort("file", "line")
    return finding_rows(
        repeated.group_by(key, maintain_order=True).agg(
            pl.col("amount").sum(), pl.col("file", "line").last(), times=pl.len(), credits=_credits()
        ),
        pl.format(
            "'{}' ({}) staat {} keer opgegeven; de bedragen zijn opgeteld.{}",
            "intervention",
            "level",
            "times",
            pl.when(pl.col("credits") == "")
            .then(pl.lit(""))
            .otherwise(pl.format(" Daarvan is een creditnota: {}.", "credits")),
        ),
        "Schrap een regel die dubbel is; aparte boekingen, zoals een creditnota, mogen blijven staan.",
        "amount",
    )


def _credits() -> pl.Expr:
    """Return the reasons of the amounts below zero, as one text."""
    return pl.col("reason").filter((pl.col("amount") < 0) | (pl.col("external") < 0)).drop_nulls().str.join("; ")


def refused_row(context: FindingContext) -> FindingRows:
    """Find rows of the board that could not be read, and are in none of the amounts."""
    return finding_rows(
        context.rejections,
        pl.format("Een regel is geweigerd en telt niet mee: {}", "message"),
        "Verbeter de regel en lever het bestand opnieuw aan.",
    )


def not_on_menu(context: FindingContext) -> FindingRows:
    """Find interventions that are not on the menukaart of that year, which the programme asks to choose from."""
    return finding_rows(
        context.lines.filter(pl.col("menu_status") == OFF),
        _message(context, "staat niet op de menukaart van"),
        "Neem de naam over van de menukaart, of verantwoord de besteding buiten het programma.",
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
    key = [*SCHOOL_KEY, "category"]
    spent, to_date = (
        rows.group_by(key).agg(pl.col("amount").sum()).filter(pl.col("amount") > 0)
        for rows in (context.lines, context.spending_to_date)
    )
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
