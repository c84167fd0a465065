"""Reconciliation: what others say beside what was decided, and why the two differ."""
