"""`npo rules`: list, show and check the rulebook."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from npo_pipeline.cli.options import DAY, PATH, SCHOOL_YEAR, common, reference_date


@click.group()
def rules() -> None:
    """Read the rulebook, or try what another file of rules would do."""


@rules.command("list")
@common
def list_rules(home: Path, as_json: bool) -> None:
    """List the regulation files that come with npo."""
    from npo_pipeline.cli import rulebook
    from npo_pipeline.regulations.load import all_shipped
    from npo_pipeline.regulations.subsidies.load import shipped_subsidies

    rulebook.of_list([*shipped_subsidies(), *all_shipped()], as_json)


@rules.command("show")
@click.argument("school_year", type=SCHOOL_YEAR)
@click.option("--as-of", type=DAY, default=None, help="The versions that were published by this day.")
@common
def show_rules(school_year: str, as_of: date | None, home: Path, as_json: bool) -> None:
    """Show the rules of a school year: every value, what it rests on and where it stands."""
    from npo_pipeline.cli import rulebook
    from npo_pipeline.commands.rulebook import load_rulebook

    rulebook.of_show(load_rulebook(school_year, (), as_of).files, as_json)


@rules.command("check")
@click.argument("path", metavar="FILE", type=PATH)
@reference_date("Reckon the effect with the pupils of this day, in place of the day in the file.")
@common
def check_file(path: Path, reference_date: date | None, home: Path, as_json: bool) -> None:
    """Check a regulation file or overlay, and show what it would change. The books are only read."""
    from npo_pipeline.cli import rulebook
    from npo_pipeline.cli.show import euro
    from npo_pipeline.commands.rules import CheckRequest, check_rules
    from npo_pipeline.errors import Refused
    from npo_pipeline.home.folder import Home

    result = check_rules(CheckRequest(Home(home), path, reference_date))
    rulebook.of_check(result, as_json)
    wrong = [one for one in result.examples if not one.fits]
    if wrong:
        first = wrong[0].example
        found = "nothing, a rate is not known" if wrong[0].found is None else euro(wrong[0].found)
        raise Refused(
            f"{path}: {len(wrong)} of its worked examples do not come out, first {first.name!r} "
            f"(published {euro(first.value)}, found {found}); mend the rate, or, of a what-if, the example too"
        )
