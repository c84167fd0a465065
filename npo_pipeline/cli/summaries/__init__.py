"""The closing summary of each command: what was done, for how many, how much, and what to look at next."""

from npo_pipeline.cli.summaries.accounted import of_account, of_template
from npo_pipeline.cli.summaries.decided import of_decide
from npo_pipeline.cli.summaries.delivered import of_generate, of_ingest
from npo_pipeline.cli.summaries.paid import of_pay, of_status, of_verify
from npo_pipeline.cli.summaries.planned import of_diff

__all__ = [
    "of_account",
    "of_decide",
    "of_diff",
    "of_generate",
    "of_ingest",
    "of_pay",
    "of_status",
    "of_template",
    "of_verify",
]
