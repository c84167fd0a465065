"""The filing of a board: its facts, as XBRL, as a page that files as well, and as a national xBRL-CSV report."""
