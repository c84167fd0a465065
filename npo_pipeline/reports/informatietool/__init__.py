"""The informatietool: the amounts of every school in a school year, as one HTML file and one workbook.

Both are written from one `ToolData`, a pure function of the rows of the books.
"""
