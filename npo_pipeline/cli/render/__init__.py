"""Closing summaries: each command, as a person reads it and as one JSON document."""
