"""The workbook that a board fills in."""
