"""`npo tool`: the informatietool of a school year, as an HTML file and a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline.atomic_file import write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decision_state import delivered_data, used_deliveries
from npo_pipeline.books.queries.decisions import (
    all_decisions,
    annual_instalments,
    latest_decisions,
    municipal_support,
    traced_amounts,
)
from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.queries.schools import board_names, school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.commands.steps import Call, directly
from npo_pipeline.entitlements.model import COMPONENT_KEY, decision_inputs
from npo_pipeline.errors import BooksDoNotTie, Refused
from npo_pipeline.reports.house_style import load_house_style
from npo_pipeline.reports.informatietool.build import build_tool
from npo_pipeline.reports.informatietool.html import page
from npo_pipeline.reports.informatietool.model import AppliedRegulation, ToolData, ToolSource
from npo_pipeline.reports.informatietool.xlsx import write_workbook
from npo_pipeline.rulebook.archive import archived_rules
from schemas.decided import Decisions
from schemas.frames.reports import AnnualInstalments, TracedAmounts


@dataclass(frozen=True)
class ToolResult:
    """Represent the written files. `totals`: currency -> amount."""

    html: Path
    xlsx: Path
    tool: ToolData
    totals: dict[str, Decimal]


def make_tool(home: Home, school_year: str, out: Path | None = None, *, call: Call = directly) -> ToolResult:
    """Write the informatietool of the latest decisions of a school year, in `reports/tool` or in another folder.

    Raises:
        Refused: there are no books, nothing was decided for the school year, or the folder cannot be written in.
        BooksDoNotTie: the amounts do not follow from their trace; nothing was written.
    """
    require_books(home)
    folder = out or home.path / "reports" / "tool"
    source = call(load_source, home, school_year)
    tool = call(build_tool, source)
    html, xlsx = call(write_tool, tool, folder)
    summed = tool.with_schools().group_by("currency").agg(cents="cents").sort("currency")
    totals = {currency: Decimal(sum(cents)).scaleb(-2) for currency, cents in summed.iter_rows()}
    return ToolResult(html, xlsx, tool, totals)


def load_source(home: Home, school_year: str) -> ToolSource:
    """Step: load the latest decisions of a school year.

    Raises:
        Refused: nothing was decided for it but subsidies.
        BooksDoNotTie: its amounts are not those of its trace, or its instalments do not add up to them.
    """
    with read_books(home) as books:
        decisions = latest_decisions(books, school_year)
        if decisions.is_empty():
            decided = ", ".join(all_decisions(books)["school_year"].unique().sort())
            there = f"{school_year} (decided: {decided})" if decided else school_year
            raise Refused(f"nothing was decided for {there}; begin with `npo decide --school-year {school_year}`")
        amounts, instalments = traced_amounts(books, school_year), annual_instalments(books, school_year)
        if amounts.is_empty():
            raise Refused(f"{school_year}: only subsidies were decided; table `grants` holds them")
        _check_amounts(amounts, instalments)
        return ToolSource(
            school_year=school_year,
            decisions=decisions,
            amounts=amounts,
            instalments=instalments,
            directory=school_directory(books),
            support=municipal_support(books),
            applied=_applied_regulations(books, decisions),
            board_names=board_names(books),
            style=load_house_style(home.path),
        )


def _check_amounts(amounts: TracedAmounts, instalments: AnnualInstalments) -> None:
    """Refuse amounts that differ from their trace or from the sum of their instalments."""
    key = ["decision_id", *COMPONENT_KEY]
    untraced = amounts.filter(pl.col("amount").ne_missing(pl.col("traced"))).select(key)
    due = instalments.group_by(key).agg(due=pl.col("amount").sum())
    both = amounts.join(due, on=key, how="full", coalesce=True)
    undue = both.filter(pl.col("amount").fill_null(0) != pl.col("due").fill_null(0)).select(key)
    if untraced.height or undue.height:
        first = " ".join(pl.concat([untraced, undue]).sort(key).row(0))
        raise BooksDoNotTie(f"{first}: amount, trace and instalments do not agree; see `npo verify`")


def _applied_regulations(books: Books, decisions: Decisions) -> tuple[AppliedRegulation, ...]:
    """Return the regulations in force: of each decision those in its currency.

    A currency without any amount has no decision; its regulations come with the decision in the other one.
    """
    archive, data = archived_texts(books), delivered_data(books)
    own: dict[str, AppliedRegulation] = {}
    undecided: dict[str, AppliedRegulation] = {}
    for row in decisions.iter_rows(named=True):
        inputs = decision_inputs(used_deliveries(books, row["decision_id"]), data)
        for loaded in archived_rules(archive, row["regulation"], row["regulation_sha256"]).regulations:
            currency = loaded.regulation.currency
            if currency == row["currency"]:
                own[loaded.name] = AppliedRegulation(loaded, inputs)
            elif currency not in set(decisions["currency"]):
                undecided[loaded.name] = AppliedRegulation(loaded, inputs)
    return tuple((own | undecided).values())


def write_tool(tool: ToolData, folder: Path) -> tuple[Path, Path]:
    """Step: write both files, each whole or not at all.

    Raises:
        Refused: the folder cannot be made or written in.
    """
    html, xlsx = (folder / f"npo-tool-{tool.school_year}.{kind}" for kind in ("html", "xlsx"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(html, lambda path: path.write_bytes(page(tool).encode()))
        write_whole(xlsx, lambda path: write_workbook(tool, path))
    except OSError as error:
        where = f"{folder}: {error.strerror or error}"
        raise Refused(f"{where}; name a folder that can be written in with --out") from error
    return html, xlsx
