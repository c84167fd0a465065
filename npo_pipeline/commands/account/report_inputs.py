"""The data that the reports of a year are made from: loaded from its published accounts, and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from npo_pipeline.accounts.board_reports import (
    counted_transfers,
    intervention_keys,
    latest_reports,
    report_consents,
    report_transfers,
)
from npo_pipeline.accounts.received import SpendingCurrencies
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import accounts as queries
from npo_pipeline.books.queries.deliveries import rows_until
from npo_pipeline.books.queries.payments import school_types_paid
from npo_pipeline.books.queries.schools import board_names, directory_as_derived, school_directory
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.account.filing_checks import (
    checked_facts,
)
from npo_pipeline.commands.account.inputs import AccountRow, rules_of_account
from npo_pipeline.commands.account.pack_records import (
    NATIONAL,
    packs_of_year,
)
from npo_pipeline.commands.explain import board_basis
from npo_pipeline.errors import Refused
from npo_pipeline.reports.board_pack.pack import (
    Recorded,
)
from npo_pipeline.reports.house_style import HouseStyle, load_house_style
from npo_pipeline.reports.national import national_summary
from npo_pipeline.reports.report_data import ReportData, by_pack, packs_of, select_boards
from schemas.accounted import Accountability, AccountabilityInterventions, Consents, ReserveTransfers
from schemas.frames.accounts import (
    BoardCurrencies,
    BoardNames,
    Currencies,
    Facts,
    NationalSummary,
    NationalYears,
    ReportTransfers,
)


@dataclass(frozen=True, kw_only=True)
class ReportRequest:
    """The reports of a year, of one board or of all (null).

    `force`: make the filing of a board with errors too. `full_check`: have Arelle check every filing. `viewer`:
    write a page per board on which each figure can be clicked.
    """

    home: Home
    year: int
    board: str | None = None
    force: bool = False
    full_check: bool = False
    viewer: bool = False
    wait_seconds: int = 0

    @property
    def folder(self) -> Path:
        """Return the folder of the reports of the year."""
        return self.home.path / "reports" / str(self.year)

    @property
    def national(self) -> Path:
        """Return the folder of the national reports."""
        return self.folder / NATIONAL

    @property
    def viewers(self) -> Path:
        """Return the folder of the viewers."""
        return self.folder / "viewer"


@dataclass(frozen=True, kw_only=True)
class ReportInputs:
    """The data that reports are made from.

    `report`: of all boards, so that a pack that names another is recognised. `facts`: of the boards that are asked
    for. A board with two currencies has two packs, and the name of each stands for its number in both (`by_pack`).
    `unfilable`: boards of which no filing can be made, because of their data. `faults`: board -> why it has no
    facts, a fault of ours. `summary`: of all boards.
    `recorded`: the packs of the year as the books know them.
    """

    report: ReportData
    facts: Facts
    unfilable: tuple[str, ...]
    faults: Mapping[str, str]
    summary: NationalSummary
    years: NationalYears
    recorded: Recorded


def gather(request: ReportRequest, books: Books, style: HouseStyle | None = None) -> ReportInputs:
    """Step: load the data of the reports and derive its facts, which are checked before anything is written.

    A board whose facts do not add up, by a fault of ours, gets no report, and is named.

    Raises:
        Refused: the year was not accounted for, or the board has no accounts in it.
    """
    year, board = request.year, request.board
    report = replace(load_report_data(books, year), style=style or load_house_style(request.home.path))
    types = school_types_paid(books, queries.latest_accounts(books).filter(year=year)["run_id"].item())
    packs = by_pack(report)
    asked = set(packs.accountability["board"]) if board is None else set(packs_of(packs, board))
    if board is not None and not asked:
        raise Refused(f"board {board} received, spent and carried nothing in {year}")
    checked = checked_facts(select_boards(packs, asked))
    return ReportInputs(
        report=packs,
        facts=checked.facts,
        unfilable=tuple(sorted(checked.unfilable)),
        faults=checked.faults,
        summary=national_summary(report, types),
        years=queries.national_years(books, year),
        recorded=packs_of_year(books, year),
    )


def load_report_data(books: Books, year: int) -> ReportData:
    """Load the accounts of a year, of all boards; refuse a year that was not accounted for."""
    rows = queries.latest_accounts(books).filter(year=year)
    if rows.is_empty():
        raise Refused(f"{year} was not accounted for yet; begin with `npo account --year {year}`")
    row = rows.row(0, named=True)
    # A closed year keeps the names that it was closed with.
    closing = queries.closing_of(books, year)
    sealed = str(closing["run_id"]) if closing else None
    schools = directory_as_derived(books, sealed) if sealed else school_directory(books)
    names = board_names(books, sealed)
    consents = latest_reports(rows_until(books, "consents", row["run_id"]), "school_year")
    accountability, receipts = queries.accountability_of(books, year), queries.receipts_of(books, year)
    school_years = {*receipts["school_year"], f"{year - 1}-{year}", f"{year}-{year + 1}"}
    return ReportData(
        year=year,
        treatment=row["treatment"],
        accounted_on=row["accounted_on"],
        accountability=Accountability(accountability.sort("board", "brin")),
        interventions=AccountabilityInterventions(
            queries.interventions_of(books, year).sort("board", "brin", "category", "intervention", "level")
        ),
        receipts=receipts,
        corrections=queries.corrections_of(books, year),
        transfers=_transfers(books, row, names),
        findings=queries.findings_of(books, year),
        schools=queries.school_names_of(books, year, schools),
        consents=report_consents(Consents(consents), year),
        claims=queries.report_claims(books, year),
        basis=board_basis(books, row["run_id"], school_years, accountability),
        board_names=names,
        previous=Accountability(queries.accountability_of(books, year - 1)),
        received_parts=queries.received_parts_of(books, year, row["run_id"]),
        keys=intervention_keys(rules_of_account(books, row).menukaart),
        closed_on=closing["closed_on"] if closing else None,
        closed_by=tuple(filter(None, (closing["prepared_by"], closing["approved_by"]))) if closing else (),
    )


def _transfers(books: Books, row: AccountRow, names: BoardNames) -> ReportTransfers:
    """Return the reserves that moved with a school in a year, as they counted in an account of it."""
    reports = ReserveTransfers(latest_reports(rows_until(books, "reserve_transfers", row["run_id"]), "year"))
    moved = queries.accountability_of(books, row["year"]).sort(pl.col("transferred") != 0, descending=True)
    schools = Currencies(moved.select("brin", "currency").unique("brin", keep="first", maintain_order=True))
    nothing = BoardCurrencies(pl.DataFrame(schema={"board": pl.String, "currency": pl.String}))
    return report_transfers(counted_transfers(reports, row["year"], SpendingCurrencies(schools, nothing)), names)
