"""Corrections of the source that a delivery declares, and rejected rows that it resolves."""
