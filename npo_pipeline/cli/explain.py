"""`npo explain`: the calculation of a school, a BRIN, a board or a samenwerkingsverband in words and numbers."""

from __future__ import annotations

from typing import Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import SERIES, common
from npo_pipeline.cli.output import document, line


@click.command("explain")
@click.argument("code")
@click.option("--school-year", type=SERIES, default=None, help="Of this school year only, as 2021-2022.")
@click.option("--decision", default=None, help="As of this decision, for example 2021-2022-001.")
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="The language.")
@common
def explain_command(home: Home, as_json: bool, lang: str, **options: Any) -> None:
    """Say how an amount comes about, with its sources.

    CODE is a vestiging (52MJ00), a BRIN (52MJ), a board (12045), a samenwerkingsverband (VO2001) or a municipality
    (0363).
    """
    from npo_pipeline.commands.explain import ExplainRequest, explain
    from npo_pipeline.reports.explain.catalogue import language
    from npo_pipeline.reports.explain.render import document_of, text_of

    explanation = explain(ExplainRequest(home, **options))
    if as_json:
        document(document_of(explanation, language(lang)))
    else:
        line(text_of(explanation, language(lang)), as_is=True)
