"""Reports of boards: the latest of each period, then spending per school and intervention, then consents.

Interventions are looked up as boards wrote them, on the menukaart of their date.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.accounts.received import MONEY_KEY, SCHOOL_KEY, SpendingCurrencies, last_day
from npo_pipeline.delivery.sanitize import letters_of
from npo_pipeline.money import divide_half_away, to_cents, to_euro
from npo_pipeline.rulebook.year_end import Menukaart, Snapshot
from schemas.accounted import Consents, ReserveTransfers, Spending
from schemas.frames.accounts import (
    REPORT_TRANSFERS,
    AmountsBySchool,
    BoardNames,
    CountedTransfers,
    DeliveryFiles,
    InterventionKeys,
    InterventionSums,
    MenuMatches,
    ReportConsents,
    ReportTransfers,
    SchoolConsents,
    SpendingLines,
    WrittenInterventions,
)
from schemas.received import Schools

ON, MAYBE, OFF = "on", "maybe", "off"
"""On the menukaart; in a category that is not wholly known, so it may be; not on it."""

_MATCHES = dict.fromkeys(("category", "written", "intervention", "menu_status", "hint"), pl.String)


def match_interventions(written: WrittenInterventions, menukaart: Menukaart, year: int) -> MenuMatches:
    """Match interventions as written with the menukaart at the end of a year, a row per category and name.

    Capitals, accents, spaces and marks make no difference. What is not there keeps the name it was given.
    """
    pairs = written.unique().sort("category", "written")
    now = menukaart.at(last_day(year))
    rows = [(letter, name, *_match(letter, name, menukaart, now)) for letter, name in pairs.iter_rows()]
    return MenuMatches(pl.DataFrame(rows, schema=_MATCHES, orient="row"))


def intervention_keys(menukaart: Menukaart) -> InterventionKeys:
    """Return the key of each intervention that was ever on the menukaart."""
    rows = [
        (letter, name, key)
        for letter, category in menukaart.all_categories().items()
        for key, name in category.interventions.items()
    ]
    return InterventionKeys(pl.DataFrame(rows, schema=["category", "intervention", "key"], orient="row"))


def _match(category: str, written: str, menukaart: Menukaart, now: Snapshot) -> tuple[str, str, str | None]:
    plain = letters_of(written)
    here = now.categories.get(category)  # type: ignore[call-overload]
    names = {letters_of(name): name for name in here.interventions.values()} if here else {}
    if plain in names:
        return names[plain], ON, None
    status = OFF if here is None or here.complete else MAYBE
    return written, status, _hint(plain, category, menukaart, now)


def _hint(plain: str, category: str, menukaart: Menukaart, now: Snapshot) -> str | None:
    there = {letters_of(name): (letter, name) for letter, name in _names(now)}
    if plain in there:
        letter, name = there[plain]
        return f"'{name}' staat in categorie {letter}"
    for snapshot in menukaart.snapshots:
        if plain in {letters_of(name) for letter, name in _names(snapshot) if letter == category}:
            since = snapshot.since.known("the day of a snapshot")
            return f"dit staat pas op de menukaart vanaf {dutch.day(since)}"
    near = get_close_matches(plain, there, n=1, cutoff=0.7)
    return f"bedoeld is misschien '{there[near[0]][1]}' (categorie {there[near[0]][0]})" if near else None


def _names(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    for letter, category in snapshot.categories.items():
        for name in category.interventions.values():
            yield letter, name


BOVENSCHOOLS = "bovenschools"
_INTERVENTION = ["category", "intervention", "level"]
SHARE_UNITS = 10_000
"""A share is a whole number of units of 0.0001."""


def latest_reports(rows: pl.DataFrame, period: str) -> pl.DataFrame:
    """Select the latest report of each board and period. A later delivery replaces the whole period of the board.

    Two files of one delivery never report on the same period (`intake.board_reports`); delivery ids sort in the
    order of arrival. `period`: the column `year` or `school_year`.
    """
    return rows.filter(pl.col("delivery_id") == pl.col("delivery_id").max().over("board", period))


def spending_lines(spending: Spending, files: DeliveryFiles, menukaart: Menukaart, year: int) -> SpendingLines:
    """Return the spending of a calendar year with its interventions looked up on the menukaart."""
    reported = spending.filter(pl.col("year") == year).rename({"intervention": "written"})
    matches = match_interventions(WrittenInterventions(reported.select("category", "written")), menukaart, year)
    matched = reported.join(matches, on=["category", "written"], how="left")
    lines = SpendingLines(
        matched.join(files, on="delivery_id", how="left").select(
            *SCHOOL_KEY,
            *("category", "written", "intervention", "menu_status", "hint", "level"),
            to_cents(pl.col("amount")),
            to_cents(pl.col("external")),
            *("file", "line", "reason"),
        )
    )
    is_credit = (pl.col("amount") < 0) | (pl.col("external") < 0)
    return _with_credits(lines, is_credit) if lines.select(is_credit.any()).item() else lines


def _with_credits(lines: SpendingLines, is_credit: pl.Expr) -> SpendingLines:
    """Return the lines with credit notes under the name of what they come off, as intake matched them.

    Only where there is one: older accounts keep names that differ in their spelling apart.
    """
    group = [*SCHOOL_KEY, "category", "level", "letters"]
    letters = pl.col("written").map_elements(letters_of, return_dtype=pl.String)
    named = (
        lines.sort("file", "line")
        .with_columns(letters=letters)
        .with_columns(
            intervention=pl.when(is_credit.any().over(group))
            .then(pl.col("intervention").first().over(group))
            .otherwise("intervention")
        )
    )
    return SpendingLines(named.drop("letters"))


def spent_by_school(spending: Spending, year: int) -> AmountsBySchool:
    """Sum the spending of schools in a calendar year: columns spent, external, board_level."""
    amount, external = to_cents(pl.col("amount")), to_cents(pl.col("external"))
    board_level = amount.filter(pl.col("level") == BOVENSCHOOLS).sum()
    reported = spending.filter(pl.col("year") == year)
    sums = reported.group_by(SCHOOL_KEY).agg(spent=amount.sum(), external=external.sum(), board_level=board_level)
    return AmountsBySchool(sums)


def by_intervention(lines: SpendingLines) -> InterventionSums:
    """Sum the spending of schools per intervention."""
    sums = lines.group_by(*SCHOOL_KEY, *_INTERVENTION).agg(
        pl.col("amount").sum(), pl.col("external").sum(), on_menu=(pl.col("menu_status") == ON).all()
    )
    whole = pl.col("amount").sum().over(SCHOOL_KEY)
    share = divide_half_away(pl.col("amount") * SHARE_UNITS, pl.max_horizontal(whole, 1))
    return InterventionSums(
        sums.with_columns(share=pl.when(whole > 0).then(share)).sort(*SCHOOL_KEY, *_INTERVENTION)
    )


def consents_for(consents: Consents, year: int) -> Consents:
    """Return the consents of the two school years in a calendar year, the earlier first."""
    begins = pl.col("school_year").str.head(4).cast(pl.Int64)
    return Consents(consents.filter(begins.is_between(year - 1, year)).sort(*SCHOOL_KEY, "school_year"))


def consent_by_school(consents: Consents) -> SchoolConsents:
    """Combine the consents of a calendar year per school.

    The school programme of each school year needs the consent of the MR; a scan, and the consent of the GMR to
    board-level spending, need to be there once.
    """
    combined = pl.col("school_scan").any(), pl.col("mr_consent").all(), pl.col("gmr_consent").any()
    return SchoolConsents(consents.group_by(SCHOOL_KEY).agg(combined))


def agreed_until(consents: Consents, year: int) -> AmountsBySchool:
    """Sum the board-level spending that the MR agreed to, over school years begun by the end of a year: agreed.

    Of several reports on a school year the lowest amount counts.
    """
    begun = consents.filter(pl.col("school_year").str.head(4).cast(pl.Int64) <= year)
    least = begun.group_by(*SCHOOL_KEY, "school_year").agg(to_cents(pl.col("board_level_agreed")).min())
    return AmountsBySchool(least.group_by(SCHOOL_KEY).agg(agreed=pl.col("board_level_agreed").sum()))


def report_consents(consents: Consents, year: int) -> ReportConsents:
    """Return what boards report on consent in a calendar year, each from the latest school year that has it.

    The amount agreed to be spent by the board is that of all school years until then.
    """
    columns = "mr_date", "gmr_date", "parents_involved", "municipality_informed", "result"
    of_schools = consents_for(consents, year).group_by(SCHOOL_KEY, maintain_order=True)
    latest = of_schools.agg(pl.col(columns).drop_nulls().last())
    agreed = agreed_until(consents, year).select(*SCHOOL_KEY, board_level_agreed=to_euro(pl.col("agreed")))
    return ReportConsents(latest.join(agreed, on=SCHOOL_KEY, how="left").sort(SCHOOL_KEY))


_MOVE = ["from_board", "to_board", "brin"]


def counted_transfers(reports: ReserveTransfers, year: int, currencies: SpendingCurrencies) -> CountedTransfers:
    """Return what counts of the reserves that moved with a school in a year (overdracht saldo), for both boards.

    The lowest of what both boards report, or what one reports where the other reports nothing: no money comes out
    of nothing. A board that reports 0 denies that anything moved.

    `reports`: the latest report of each board and year. Several rows of a board on one school add up.
    """
    of_year = reports.filter(pl.col("year") == year)
    told = of_year.group_by(*_MOVE, "board").agg(to_cents(pl.col("amount")).sum(), pl.col("moved_on").max())
    by_giver = told.filter(pl.col("board") == pl.col("from_board"))
    by_taker = told.filter(pl.col("board") == pl.col("to_board"))
    both = by_giver.select(*_MOVE, from_told="amount", given_on="moved_on").join(
        by_taker.select(*_MOVE, to_told="amount", taken_on="moved_on"), on=_MOVE, how="full", coalesce=True
    )
    counted = both.with_columns(
        amount=pl.min_horizontal("from_told", "to_told"), moved_on=pl.coalesce("given_on", "taken_on")
    )
    # One currency for both boards: that of the school with the one that gave.
    known = currencies.added_to(counted.drop("given_on", "taken_on").with_columns(board="from_board"))
    return CountedTransfers(known.drop("board").sort(_MOVE))


def with_moves(counted: CountedTransfers, schools: Schools) -> CountedTransfers:
    """Add column `fits`: the school went from the one board to the other by the day that the reserve moved."""
    came = (
        counted.join(schools.select("brin", to_board="board", came="valid_from"), on=["brin", "to_board"])
        .filter(pl.col("came") <= pl.col("moved_on"))
        .group_by(_MOVE)
        .agg(pl.col("came").max())
    )
    first = schools.group_by("brin", from_board="board").agg(first=pl.col("valid_from").min())
    both = counted.join(came, on=_MOVE, how="left").join(first, on=["brin", "from_board"], how="left")
    fits = (pl.col("came") > pl.col("first")).fill_null(False)
    return CountedTransfers(both.with_columns(fits=fits).drop("came", "first").sort(_MOVE))


def report_transfers(counted: CountedTransfers, names: BoardNames) -> ReportTransfers:
    """Return reserves that moved as each of both boards sees them, with the names of both."""
    for end in ("from", "to"):
        named = names.select(pl.col("board").alias(f"{end}_board"), pl.col("name").alias(f"{end}_name"))
        counted = CountedTransfers(counted.join(named, on=f"{end}_board", how="left", maintain_order="left"))
    amounts = [to_euro(pl.col(name)) for name in ("from_told", "to_told", "amount")]
    parts = [counted.with_columns(*amounts, board=pl.col(end)) for end in ("from_board", "to_board")]
    return ReportTransfers(pl.concat(parts).select(list(REPORT_TRANSFERS)).sort("board", *_MOVE))


def transferred_in(counted: CountedTransfers) -> AmountsBySchool:
    """Return what moved per school: column transferred, above zero to a board and below zero from one."""
    parts = [
        counted.select("brin", "currency", board=end, transferred=sign * pl.col("amount"))
        for end, sign in (("to_board", 1), ("from_board", -1))
    ]
    return AmountsBySchool(pl.concat(parts).group_by(MONEY_KEY).agg(pl.col("transferred").sum()))
