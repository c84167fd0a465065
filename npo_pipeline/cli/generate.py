"""`npo generate`: a made-up delivery."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import DAY, PATH, SHARE, common
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
@common
def generate_command(home: Home, as_json: bool, out: Path, **options: Any) -> None:
    """Write a made-up delivery to OUT."""
    from npo_pipeline.generate.delivery import write_delivery

    with progress() as report:
        made = write_delivery(out, **options, progress=lambda done, _all: report("writing pupils", done))
    if as_json:
        document({"out": out, "files": dict(made.files), "pupils": made.pupils, "planted": made.planted})
    else:
        _render(out, made)


def _render(out: Path, made: Report) -> None:
    """Print the files with their rows, and how many faults of each rule were planted."""
    table(f"Made-up delivery in {out}", ["file", "rows"], made.files)
    line(f"{number(made.pupils)} pupils count on the reference date")
    if made.planted:
        faults = ", ".join(f"{number(times)} {rule}" for rule, times in made.planted.items())
        line(f"Planted faults, listed in planted.csv: {faults}")
