"""Payments: what is due up to and including the month of a run, less what was paid."""
