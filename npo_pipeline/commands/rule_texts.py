"""The texts of rules in the books, so that what was worked out by them can be worked out again."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from npo_pipeline.home.run import Run
from npo_pipeline.regulations.texts import RuleText
from schemas import tables
from schemas.columns import schema_of


def keep_texts(run: Run, texts: Sequence[RuleText]) -> None:
    """Keep the texts of rules that are not in the books yet, and name all of them in the manifest of the run."""
    kept = set(run.books.frame("select sha256 from regulations")["sha256"])
    rows = {text.sha256: (text.sha256, text.name, text.text) for text in texts}
    news = [row for sha256, row in rows.items() if sha256 not in kept]
    if news:
        run.add(tables.REGULATIONS, pl.DataFrame(news, schema=schema_of(tables.REGULATIONS), orient="row"))
    run.facts["regulations"] = [{"name": text.name, "sha256": text.sha256} for text in texts]
