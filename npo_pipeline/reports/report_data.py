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
    BOARD_BASIS,
    RECEIVED_PARTS,
    REPORT_TRANSFERS,
    BoardBasis,
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

_CLAIMS: dict[str, Any] = {**schema_of(ACCOUNTABILITY_CLAIMS), "other_name": pl.String, "since": pl.Int64}


@dataclass(frozen=True, kw_only=True)
class BoardTables:
    """The tables of a report; each row is of the board in column `board`, and sorted after it by `order`.

    `basis`: what the money leaves out and rests on.
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
    basis: BoardBasis = field(
        default_factory=lambda: BoardBasis(pl.DataFrame(schema=dict.fromkeys(BOARD_BASIS, pl.String))),
        metadata={"order": ["kind", "school_year", "words"]},
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

    `style`: the house style of pages. `closed_on`: the day on which the year was closed, null while it is open;
    `closed_by`: who prepared and who approved that, where it was said.
    """

    year: int
    treatment: str
    accounted_on: date
    keys: InterventionKeys
    style: HouseStyle = field(default_factory=HouseStyle)
    closed_on: date | None = None
    closed_by: tuple[str, ...] = ()

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


NUMBER = 5
"""Digits of the number of a board, with which the name of its pack begins."""


def by_pack(report: ReportData) -> ReportData:
    """Return the report with the name of a pack for the number of a board: a filing is in one currency.

    A board with money in one currency has one pack, with its number for a name. One with two has a pack for each
    (`40045-EUR`, `40045-USD`). What is of no currency, such as a name, is in both.
    """
    known = report.accountability.select("board", "currency").unique()
    several = known.filter(pl.len().over("board") > 1)
    tables: dict[str, Any] = {}
    for name, table in report.tables().items():
        named = pl.format("{}-{}", "board", "pack_currency")
        both = table.join(several.rename({"currency": "pack_currency"}), on="board", how="inner")
        if "currency" in table.columns:
            both = both.filter((pl.col("currency") == pl.col("pack_currency")).fill_null(True))
        packs = both.with_columns(board=named).select(table.columns)
        tables[name] = pl.concat([table.join(several, on="board", how="anti"), packs])
    return replace(report, **tables)


def packs_of(report: ReportData, board: str) -> list[str]:
    """Return the packs of a board, in a report that is `by_pack`; none where it has no accounts."""
    names = report.accountability["board"].unique().sort()
    return [name for name in names if name[:NUMBER] == board]


def select_boards(report: ReportData, boards: Collection[str]) -> ReportData:
    """Return the report of some boards."""
    of_boards = pl.col("board").is_in(sorted(boards))
    tables: dict[str, Any] = {name: table.filter(of_boards) for name, table in report.tables().items()}
    return replace(report, **tables)


def split_by_board(report: ReportData, facts: Facts) -> Iterator[tuple[str, ReportData, Facts]]:
    """Yield each pack that has facts (`by_pack`), with its report and its facts; those have the board's number."""
    parts = {name: _by_board(table) for name, table in report.tables().items()}
    number = pl.col("board").str.head(NUMBER)
    for pack, own_facts in _by_board(facts).items():
        own: dict[str, Any] = {
            name: parts[name].get(pack, table.clear()).with_columns(number)
            for name, table in report.tables().items()
        }
        yield pack, replace(report, **own), Facts(own_facts.with_columns(number))


def _by_board(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {str(key[0]): part for key, part in table.partition_by("board", as_dict=True).items()}


def text_by_board(rows: pl.DataFrame, *, but: Collection[str] = ()) -> dict[str, str]:
    """Write the rows of each board as one text, for its fingerprint; a null is another thing than an empty text.

    `but`: columns that say nothing of their content.
    """
    values = [pl.col(name).cast(pl.String) for name in rows.columns if name not in (*but, "board")]
    cells = [pl.concat_str(pl.lit("="), value).fill_null("") for value in values]
    lines = rows.select("board", row=pl.concat_str(cells, separator="\t"))
    return dict(lines.group_by("board", maintain_order=True).agg(pl.col("row").str.join("\n")).iter_rows())
