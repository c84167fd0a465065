"""The pack of a board: its page, its filing, a workbook and a table, in a folder of its own."""
