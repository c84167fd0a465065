"""`npo tool`: the informatietool of a school year, as an HTML file and a workbook."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from npo_pipeline.atomic_file import write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books, require_books
from npo_pipeline.commands.steps import Call, directly
from npo_pipeline.errors import Refused
from npo_pipeline.reports.informatietool import (
    ToolData,
    ToolSource,
    build_tool,
    load_source,
    page,
    write_workbook,
)


@dataclass(frozen=True)
class ToolRequest:
    """Of which school year, and the folder to write in (null: `reports/tool` in the home)."""

    home: Home
    school_year: str
    out: Path | None = None


@dataclass(frozen=True)
class ToolResult:
    """What was written. `totals`: currency -> amount."""

    html: Path
    xlsx: Path
    tool: ToolData
    totals: dict[str, Decimal]


def make_tool(request: ToolRequest, *, call: Call = directly) -> ToolResult:
    """Write the informatietool of the latest decisions of a school year. The books stay as they are.

    Raises:
        Refused: there are no books, nothing was decided for the school year, or the folder cannot be written in.
        BooksDoNotTie: the amounts do not follow from their trace; nothing was written.
    """
    require_books(request.home)
    folder = request.out or request.home.path / "reports" / "tool"
    taken = call(take, request.home, request.school_year)
    tool = call(build_tool, taken)
    html, xlsx = call(write_tool, tool, folder)
    return ToolResult(html, xlsx, tool, totals_of(tool))


def take(home: Home, school_year: str) -> ToolSource:
    """Step: read the latest decisions of a school year."""
    with read_books(home) as books:
        return load_source(books, school_year)


def write_tool(tool: ToolData, folder: Path) -> tuple[Path, Path]:
    """Step: write both files; each is there whole or not at all.

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


def totals_of(tool: ToolData) -> dict[str, Decimal]:
    """The amounts together, per currency."""
    summed = tool.with_schools().group_by("currency").agg(cents="cents").sort("currency")
    return {currency: Decimal(sum(cents)).scaleb(-2) for currency, cents in summed.iter_rows()}
