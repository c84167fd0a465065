"""What each board gets: its page, its filing, a workbook and a table, in a folder of its own."""
