"""`npo generate`: a made-up delivery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import DAY, PATH, SHARE, YEAR, common
from npo_pipeline.cli.output import document, line, number, progress, table

if TYPE_CHECKING:
    from npo_pipeline.generate.delivery import Report


@click.command("generate")
@click.argument("out", type=PATH)
@click.option("--boards", type=click.IntRange(1), default=100, show_default=True, help="Number of boards.")
@click.option(
    "--pupils",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="Number of pupils in primary education; secondary education is added.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--reference-date", type=DAY, default="2020-10-01", show_default=True, help="Date of the counts.")
@click.option("--faults", type=SHARE, default="0", show_default=True, help="Share of broken rows to plant.")
@click.option("--applications", is_flag=True, help="Add applications for the subsidies of 2020-2021.")
@click.option(
    "--programme",
    is_flag=True,
    help="Add what else the programme takes in: schools in Caribisch Nederland, applications, participants who "
    "finished, and changes of schools.",
)
@click.option("--newcomers", is_flag=True, help="In place of a delivery: the newcomers of the same country.")
@click.option(
    "--spending",
    type=YEAR,
    default=None,
    help="In place of a delivery: what boards spent in a year of what --home paid them, and who consented.",
)
@click.option("--mistakes", type=click.IntRange(0), default=0, help="With --spending: boards with a mistake.")
@common
def generate_command(
    home: Home, as_json: bool, out: Path, spending: int | None, mistakes: int, newcomers: bool, **options: Any
) -> None:
    """Write a made-up delivery to OUT."""
    if spending is not None:
        _generate_spending(home, out, as_json, year=spending, seed=options["seed"], mistakes=mistakes)
    elif newcomers:
        _generate_newcomers(out, as_json, **options)
    else:
        _generate_delivery(out, as_json, **options)


def _generate_delivery(out: Path, as_json: bool, **options: Any) -> None:
    from npo_pipeline.generate.delivery import write_delivery

    with progress() as report:
        made = write_delivery(out, **options, progress=lambda done, _all: report("writing pupils", done))
    if as_json:
        document({"out": out, "files": dict(made.files), "pupils": made.pupils, "planted": made.planted})
    else:
        _render(out, made)


def _generate_newcomers(out: Path, as_json: bool, **options: Any) -> None:
    from npo_pipeline.generate.delivery import write_newcomers

    sizes = ("boards", "pupils", "seed", "reference_date")
    files = write_newcomers(out, **{name: options[name] for name in sizes})
    if as_json:
        document({"out": out, "files": dict(files)})
    else:
        table(f"Made-up newcomers in {out}", ["file", "rows"], files)


def _generate_spending(home: Home, out: Path, as_json: bool, *, year: int, seed: int, mistakes: int) -> None:
    from npo_pipeline.commands.account.template import write_made_up_reports

    files = write_made_up_reports(home, out, year, seed=seed, mistakes=mistakes)
    if as_json:
        document({"out": out, "files": [path.name for path in files]})
    else:
        names = " and ".join(path.name for path in files)
        line(f"What boards spent in {year}, and who consented, is in {out}: {names}")


def _render(out: Path, made: Report) -> None:
    """Print the files with their rows, and how many faults of each rule were planted."""
    table(f"Made-up delivery in {out}", ["file", "rows"], made.files)
    line(f"{number(made.pupils)} pupils count on the reference date")
    if made.planted:
        faults = ", ".join(f"{number(times)} {rule}" for rule, times in made.planted.items())
        line(f"Planted faults, listed in planted.csv: {faults}")
