"""Watching a home and its runs: checks for a monitor, examination of a machine, telemetry, lineage and logs."""
