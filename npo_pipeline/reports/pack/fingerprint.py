"""What a pack is made from, in one hash: as long as it is the same, the pack need not be made again."""

from __future__ import annotations

import hashlib

import polars as pl

from npo_pipeline.regulations.accountability.load import year_end_rules
from npo_pipeline.reports.filing.page import style
from npo_pipeline.reports.filing.told import Told

_OF_THE_RUN = ("run_id",)
"""Columns that say when the tables were made and nothing of what is in them."""


def fingerprint(facts: pl.DataFrame, told: Told, *, filing: bool, version: str) -> str:
    """The fingerprint of a pack in hexadecimals.

    The day of the run is not in it: a pack that would say the same on another day is left as it is.

    Args:
        facts: of the board.
        told: of the board.
        filing: whether the pack holds a filing.
        version: of the program.
    """
    digest = hashlib.sha256()
    made_with = (version, year_end_rules().sha256, style())
    for part in (*made_with, str(told.year), told.treatment, str(filing)):
        digest.update(part.encode() + b"\0")
    for frame in (facts, told.accountability, told.interventions, told.findings, told.schools, told.consents):
        kept = frame.drop(_OF_THE_RUN, strict=False)
        digest.update(kept.write_csv(quote_style="non_numeric").encode() + b"\0")
    return digest.hexdigest()
