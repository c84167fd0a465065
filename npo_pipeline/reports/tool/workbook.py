"""The workbook of the informatietool."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from npo_pipeline.reports.tool import words
from npo_pipeline.reports.tool.sheets import sheets
from npo_pipeline.reports.tool.told import Tool
from npo_pipeline.reports.workbook import write_sheets


def write_workbook(tool: Tool, path: Path) -> None:
    """Write the workbook. The same data gives the same bytes: it says it was made when it was decided.

    Raises:
        OSError: the file cannot be written.
    """
    write_sheets(f"{words.TITLE} {tool.school_year}", sheets(tool), path, _decided(tool))


def _decided(tool: Tool) -> datetime:
    moments: list[datetime] = tool.decisions["decided_at"].to_list()
    return max(moments).replace(tzinfo=UTC)
