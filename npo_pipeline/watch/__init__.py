"""Watching a home and its runs: checks for a monitor, the examination of a machine, telemetry, lineage and logs."""
