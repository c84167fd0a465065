"""The informatietool: the amounts of every school in a school year, as one HTML file and one workbook.

Both are written from one `ToolData`, a pure function of the rows of the books.
"""

from npo_pipeline.reports.informatietool.build import build_tool
from npo_pipeline.reports.informatietool.html import page
from npo_pipeline.reports.informatietool.model import AppliedRegulation, ToolData, ToolSource
from npo_pipeline.reports.informatietool.xlsx import write_workbook

__all__ = ["AppliedRegulation", "ToolData", "ToolSource", "build_tool", "page", "write_workbook"]
