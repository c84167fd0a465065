"""The informatietool: what every school gets in a school year, as one HTML file and one workbook.

Both are written from one `Tool` (`gathered`), a pure function of what the books hold.
"""

from npo_pipeline.reports.informatietool.build import build_tool
from npo_pipeline.reports.informatietool.html import page
from npo_pipeline.reports.informatietool.load import ToolSource, load_source
from npo_pipeline.reports.informatietool.model import ToolData
from npo_pipeline.reports.informatietool.xlsx import write_workbook

__all__ = ["ToolData", "ToolSource", "build_tool", "load_source", "page", "write_workbook"]
