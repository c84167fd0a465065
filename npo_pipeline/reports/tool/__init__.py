"""The informatietool: what every school gets in a school year, as one HTML file and one workbook.

Both are written from one `Tool` (`gathered`), a pure function of what the books hold.
"""

from npo_pipeline.reports.tool.gathered import gathered
from npo_pipeline.reports.tool.page import page
from npo_pipeline.reports.tool.taken import Taken, taken_from
from npo_pipeline.reports.tool.told import Tool
from npo_pipeline.reports.tool.workbook import write_workbook

__all__ = ["Taken", "Tool", "gathered", "page", "taken_from", "write_workbook"]
