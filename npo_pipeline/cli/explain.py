"""The commands that explain amounts: `npo explain` of one recipient, `npo tool` of every school."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import PATH, SCHOOL_YEAR, SERIES, common
from npo_pipeline.cli.output import document, line, number, progress, table

if TYPE_CHECKING:
    from npo_pipeline.commands.informatietool import ToolResult


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


@click.command("tool")
@click.option("--school-year", type=SCHOOL_YEAR, required=True, help="For example 2021-2022.")
@click.option("--out", type=PATH, default=None, help="The folder to write in.  [default: HOME/reports/tool]")
@common
def tool_command(home: Home, as_json: bool, school_year: str, out: Path | None) -> None:
    """Write the informatietool: every school's amounts, as a page and a workbook."""
    from npo_pipeline.commands.informatietool import make_tool

    with progress() as report:
        report("writing the informatietool", 0)
        result = make_tool(home, school_year, out)
    if as_json:
        document(_document(result))
    else:
        _render(result)


def _document(result: ToolResult) -> dict[str, Any]:
    """Return the same for `--json`."""
    tool = result.tool
    return {
        "school_year": tool.school_year,
        "html": result.html,
        "xlsx": result.xlsx,
        "html_bytes": result.html.stat().st_size,
        "xlsx_bytes": result.xlsx.stat().st_size,
        "decisions": tool.decisions["decision_id"].to_list(),
        "schools": tool.schools.height,
        "boards": tool.schools["board"].n_unique(),
        "municipalities": tool.schools["municipality"].n_unique(),
        "totals": [{"currency": currency, "total": total} for currency, total in result.totals.items()],
        "rests_on": tool.rests_on(range(len(tool.rules))),
        "left_out": [gap.text for gap in tool.gaps],
        "outside": [one.component for one in tool.excluded],
    }


def _render(result: ToolResult) -> None:
    """Print the files, the totals, how many schools, and what is left out."""
    from npo_pipeline import dutch

    tool = result.tool
    files = [(path, path.stat().st_size) for path in (result.html, result.xlsx)]
    title = f"Informatietool {tool.school_year}, {', '.join(tool.decisions['decision_id'])}"
    table(title, ["file", "bytes"], files)
    who = f"{number(tool.schools.height)} schools of {number(tool.schools['board'].n_unique())} boards"
    for currency, total in result.totals.items():
        line(f"Total {dutch.money(total, currency)}")
    line(f"It tells of {who}")
    line(tool.rests_on(range(len(tool.rules))))
    for gap in tool.gaps:
        line(f"! Niet meegerekend: {gap.text}")
    if tool.excluded:
        line(f"Left out, as in the official one: {', '.join(one.component for one in tool.excluded)}")
