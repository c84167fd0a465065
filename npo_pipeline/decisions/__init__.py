"""Decisions compared: what changed, for whom and why."""
