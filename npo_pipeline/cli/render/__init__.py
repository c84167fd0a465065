"""The closing summary of each command: what was done, for how many, how much, and what to look at next."""

from npo_pipeline.cli.render.account import of_account, of_template
from npo_pipeline.cli.render.decide import of_decide
from npo_pipeline.cli.render.ingest import of_generate, render_ingest
from npo_pipeline.cli.render.pay import of_pay, of_status, of_verify
from npo_pipeline.cli.render.plan import of_diff

__all__ = [
    "of_account",
    "of_decide",
    "of_diff",
    "of_generate",
    "of_pay",
    "of_status",
    "of_template",
    "of_verify",
    "render_ingest",
]
