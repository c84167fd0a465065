"""The workbook and the page of a reconciliation, both from the same rows."""
