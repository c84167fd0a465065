"""`npo tool`: the informatietool, every school's amounts as a page and a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import PATH, SCHOOL_YEAR, common
from npo_pipeline.cli.output import document, line, number, progress, table

if TYPE_CHECKING:
    from npo_pipeline.commands.informatietool import ToolResult


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
