"""The accounts of a year as reports present them: of all boards, of some, or of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline.reports.house_style import HouseStyle
from schemas.accounted import (
    ACCOUNTABILITY,
    ACCOUNTABILITY_CLAIMS,
    ACCOUNTABILITY_CORRECTIONS,
    SEVERITIES,
    Accountability,
    AccountabilityCorrections,
    AccountabilityInterventions,
    AccountabilityReceipts,
    Findings,
)
from schemas.columns import schema_of
from schemas.frames.accounts import (
    RECEIVED_PARTS,
    REPORT_TRANSFERS,
    BoardNames,
    Facts,
    InterventionKeys,
    ReceivedParts,
    ReportClaims,
    ReportConsents,
    ReportTransfers,
    SchoolNames,
    no_board_names,
)

_CLAIMS: dict[str, Any] = {**schema_of(ACCOUNTABILITY_CLAIMS), "other_name": pl.String}


@dataclass(frozen=True, kw_only=True)
class BoardTables:
    """The tables of a report; each row is of the board in column `board`, and sorted after it by `order`.

    `previous`: the accounts of the year before. `received_parts`: what was received, split by reason.
    """

    accountability: Accountability = field(metadata={"order": ["brin", "currency"]})
    interventions: AccountabilityInterventions = field(
        metadata={"order": ["brin", "category", "intervention", "level"]}
    )
    receipts: AccountabilityReceipts = field(
        metadata={"order": ["brin", "school_year", "component", "school_type"]}
    )
    findings: Findings = field(metadata={"order": ["severity", "brin", "rule", "file", "line", "message"]})
    schools: SchoolNames = field(metadata={"order": ["brin"]})
    consents: ReportConsents = field(metadata={"order": ["brin"]})
    claims: ReportClaims = field(
        default_factory=lambda: ReportClaims(pl.DataFrame(schema=_CLAIMS)),
        metadata={"order": ["settled_by", "other_board", "brin", "currency", "month", "school_year", "cause"]},
    )
    board_names: BoardNames = field(default_factory=no_board_names, metadata={"order": []})
    previous: Accountability = field(
        default_factory=lambda: Accountability(pl.DataFrame(schema=schema_of(ACCOUNTABILITY))),
        metadata={"order": ["brin"]},
    )
    received_parts: ReceivedParts = field(
        default_factory=lambda: ReceivedParts(pl.DataFrame(schema=RECEIVED_PARTS)),
        metadata={"order": ["brin", "school_year", "component"]},
    )

    corrections: AccountabilityCorrections = field(
        default_factory=lambda: AccountabilityCorrections(
            pl.DataFrame(schema=schema_of(ACCOUNTABILITY_CORRECTIONS))
        ),
        metadata={"order": ["of_year", "brin", "currency"]},
    )
    transfers: ReportTransfers = field(
        default_factory=lambda: ReportTransfers(pl.DataFrame(schema=REPORT_TRANSFERS)),
        metadata={"order": ["brin", "from_board", "to_board"]},
    )

    def tables(self) -> dict[str, pl.DataFrame]:
        """Return the tables by name."""
        return {one.name: getattr(self, one.name) for one in fields(BoardTables)}


@dataclass(frozen=True, kw_only=True)
class ReportData(BoardTables):
    """The accounts of a year. `accounted_on`: the day of the run; `keys`: those of the whole menukaart.

    `style`: the house style of pages.
    """

    year: int
    treatment: str
    accounted_on: date
    keys: InterventionKeys
    style: HouseStyle = field(default_factory=HouseStyle)

    def board_name(self, board: str) -> str | None:
        """Return the name of a board; null where no list of boards has it."""
        found = self.board_names.filter(board=board)["name"]
        return str(found[0]) if found.len() else None


def in_fixed_order(report: ReportData) -> ReportData:
    """Sort all tables, whatever order they were read in; findings by severity."""
    severity = pl.col("severity").cast(pl.Enum(SEVERITIES))
    tables: dict[str, Any] = {}
    for one in fields(BoardTables):
        order = [severity if key == "severity" else pl.col(key) for key in one.metadata["order"]]
        tables[one.name] = getattr(report, one.name).sort("board", *order, maintain_order=True)
    return replace(report, **tables)


def select_boards(report: ReportData, boards: Collection[str]) -> ReportData:
    """Return the report of some boards."""
    of_boards = pl.col("board").is_in(sorted(boards))
    tables: dict[str, Any] = {name: table.filter(of_boards) for name, table in report.tables().items()}
    return replace(report, **tables)


def split_by_board(report: ReportData, facts: Facts) -> Iterator[tuple[str, ReportData, Facts]]:
    """Yield each board that has facts, with its report and its facts."""
    parts = {name: _by_board(table) for name, table in report.tables().items()}
    for board, own_facts in _by_board(facts).items():
        own: dict[str, Any] = {
            name: parts[name].get(board, table.clear()) for name, table in report.tables().items()
        }
        yield board, replace(report, **own), Facts(own_facts)


def _by_board(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): part for key, part in table.partition_by("board", as_dict=True).items()}
