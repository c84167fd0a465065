"""`npo explain`: the sum of a school, a BRIN or a board in words and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from npo_pipeline.cli.options import SCHOOL_YEAR, common


@click.command()
@click.argument("code")
@click.option("--school-year", type=SCHOOL_YEAR, default=None, help="Of this school year only, as 2021-2022.")
@click.option("--decision", default=None, help="As of this decision, for example 2021-2022-001.")
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="The language.")
@common
def explain(home: Path, as_json: bool, lang: str, **wishes: Any) -> None:
    """Say how an amount comes about, with its sources.

    CODE is a vestiging (16AH00), a BRIN (16AH) or a board (41234).
    """
    from npo_pipeline.books.paths import Home
    from npo_pipeline.cli import output
    from npo_pipeline.commands.explain import ExplainRequest
    from npo_pipeline.commands.explain import explain as explained
    from npo_pipeline.reports.explain.dutch import DUTCH
    from npo_pipeline.reports.explain.english import ENGLISH
    from npo_pipeline.reports.explain.render import document_of, text_of

    language = {one.code: one for one in (DUTCH, ENGLISH)}[lang]
    explanation = explained(ExplainRequest(Home(home), **wishes))
    if as_json:
        output.document(document_of(explanation, language))
    else:
        output.line(text_of(explanation, language))
