"""The steps of `npo account`: `command` makes the accounts of a year, `reports` writes their packs."""
