"""`npo tool`: options in, where the informatietool stands out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.cli.options import PATH, SCHOOL_YEAR, common

if TYPE_CHECKING:
    from npo_pipeline.commands.informatietool import ToolResult


@click.command()
@click.option("--school-year", type=SCHOOL_YEAR, required=True, help="For example 2021-2022.")
@click.option("--out", type=PATH, default=None, help="The folder to write in.  [default: HOME/reports/tool]")
@common
def tool(home: Path, as_json: bool, school_year: str, out: Path | None) -> None:
    """Write the informatietool: every school's amounts, as a page and a workbook."""
    from npo_pipeline.books.paths import Home
    from npo_pipeline.cli.output import document
    from npo_pipeline.cli.preload import progress
    from npo_pipeline.commands.informatietool import ToolRequest, make_tool

    with progress() as tell:
        tell("writing the informatietool", 0)
        result = make_tool(ToolRequest(Home(home), school_year, out))
    if as_json:
        document(_document(result))
    else:
        _say(result)


def _document(result: ToolResult) -> dict[str, Any]:
    told = result.tool
    return {
        "school_year": told.school_year,
        "html": str(result.html),
        "xlsx": str(result.xlsx),
        "html_bytes": result.html.stat().st_size,
        "xlsx_bytes": result.xlsx.stat().st_size,
        "decisions": told.decisions["decision_id"].to_list(),
        "schools": told.schools.height,
        "boards": told.schools["board"].n_unique(),
        "municipalities": told.schools["municipality"].n_unique(),
        "totals": [{"currency": currency, "total": total} for currency, total in result.totals.items()],
        "rests_on": told.rests_on(range(len(told.rules))),
        "left_out": [one.text for one in told.gaps],
        "outside": [one.component for one in told.outside],
    }


def _say(result: ToolResult) -> None:
    from npo_pipeline.cli.output import euro, line, number, table

    told = result.tool
    files = [(str(path), path.stat().st_size) for path in (result.html, result.xlsx)]
    table(
        f"Informatietool {told.school_year}, {', '.join(told.decisions['decision_id'])}", ["file", "bytes"], files
    )
    who = f"{number(told.schools.height)} schools of {number(told.schools['board'].n_unique())} boards"
    for currency, total in result.totals.items():
        line(f"Total {euro(total)} {_MONEY.get(currency, currency)}")
    line(f"It tells of {who}")
    line(told.rests_on(range(len(told.rules))))
    for one in told.gaps:
        line(f"! Niet meegerekend: {one.text}")
    if told.outside:
        line(f"Left out, as in the official one: {', '.join(one.component for one in told.outside)}")


_MONEY = {"EUR": "euro", "USD": "dollar"}
