"""`npo rules`: list, show and check the rulebook.

How the rulebook looks to a person: what holds, how sure it is, and where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from npo_pipeline.cli.options import DAY, PATH, SCHOOL_YEAR, common, reference_date
from npo_pipeline.cli.output import document, euro, line, number, table

if TYPE_CHECKING:
    from npo_pipeline.commands.decide.check_rules import CheckResult
    from npo_pipeline.decisions.impact import Effect
    from npo_pipeline.entitlements.worked_examples import Worked
    from npo_pipeline.rulebook.load import LoadedRegulation
    from npo_pipeline.rulebook.subsidies.load import LoadedSubsidy

    Loaded: TypeAlias = LoadedRegulation | LoadedSubsidy


@click.group()
def rules() -> None:
    """Read the rulebook, or try what another file of rules would do."""


@rules.command("list")
@common
def list_rules(home: Path, as_json: bool) -> None:
    """List the regulation files that come with npo."""
    from npo_pipeline.rulebook.load import all_shipped
    from npo_pipeline.rulebook.subsidies.load import shipped_subsidies

    of_list([*shipped_subsidies(), *all_shipped()], as_json)


@rules.command("show")
@click.argument("school_year", type=SCHOOL_YEAR)
@click.option("--as-of", type=DAY, default=None, help="The versions that were published by this day.")
@common
def show_rules(school_year: str, as_of: date | None, home: Path, as_json: bool) -> None:
    """Show the rules of a school year: every value, what it rests on and where it stands."""
    from npo_pipeline.commands.decide.rules import load_rulebook

    of_show(load_rulebook(school_year, (), as_of).files, as_json)


@rules.command("check")
@click.argument("path", metavar="FILE", type=PATH)
@reference_date("Reckon the effect with the pupils of this day, in place of the day in the file.")
@common
def check_file(path: Path, reference_date: date | None, home: Path, as_json: bool) -> None:
    """Check a regulation file or overlay, and show what it would change. The books are only read."""
    from npo_pipeline.books.paths import Home
    from npo_pipeline.cli.output import euro
    from npo_pipeline.commands.decide.check_rules import CheckRequest, check_rules
    from npo_pipeline.errors import Refused

    result = check_rules(CheckRequest(Home(home), path, reference_date))
    of_check(result, as_json)
    wrong = [one for one in result.examples if not one.fits]
    if wrong:
        first = wrong[0].example
        found = "nothing, a rate is not known" if wrong[0].found is None else euro(wrong[0].found)
        raise Refused(
            f"{path}: {len(wrong)} of its worked examples do not come out, first {first.name!r} "
            f"(published {euro(first.value)}, found {found}); mend the rate, or, of a what-if, the example too"
        )


MOST_ROWS = 20
"""Rows of a cut that a person is shown; `--json` has them all."""


def of_list(loaded: Sequence[Loaded], as_json: bool) -> None:
    """The files of rules: regulations, and subsidies."""
    rows = [_about(one) for one in sorted(loaded, key=lambda one: one.name)]
    if as_json:
        document(rows)
        return
    columns = ["file", "version", "published", "currency", "parts", "unknown"]
    shown = [tuple(", ".join(row[name]) if name == "parts" else row[name] for name in columns) for row in rows]
    table("Files of rules", [*columns[:-1], "not known"], shown, right=5)
    line("`npo rules show 2021-2022` shows every value of a school year with its source.")


def of_show(loaded: Sequence[Loaded], as_json: bool) -> None:
    """Every value of some files of rules."""
    if as_json:
        document([_whole(one) for one in loaded])
        return
    for one in loaded:
        about = _about(one)
        line(f"{one.name}: {about['title']}")
        line(f"  {about['version']}, {about['school_year']}, {about['of']}, amounts in {about['currency']}\n")
        for value in _values(one):
            line(f"  {value['what']}: {value['value']} ({value['unit']}; {value['status']})")
            line(f"      {value['where']} [{value['source']}], checked on {value['checked_on']}")
            if value["note"]:
                line(f"      {value['note']}")
        line("\n  Sources")
        for key, source in _rules(one).sources.items():
            dated = f", {source.published_on}" if source.published_on else ""
            line(f"  [{key}] {source.title}. {source.publisher}{dated}. {source.url}")
        line("")


def of_check(result: CheckResult, as_json: bool) -> None:
    """A checked file: its examples, and its effect on the books."""
    if as_json:
        document(_checked(result))
        return
    line(f"{result.loaded.name}: no fault found")
    for one in result.examples:
        found = "a rate is not known" if one.found is None else euro(one.found)
        mark = " " if one.fits else "!"
        line(f"{mark} {one.example.name}: published {euro(one.example.value)}, found {found}")
    if result.effect is None:
        line(f"Its effect was not reckoned: {result.why_not}")
        return
    _effect(result.effect, result.replaces or "")


def _effect(found: Effect, replaces: str) -> None:
    schools = found.schools
    line(f"\nAgainst {replaces}: {number(schools.height)} schools get another amount")
    for cut, rows in found.cuts.items():
        moved = rows.filter(rows["difference"] != 0)
        if moved.is_empty():
            continue
        ordered = moved.sort("difference", descending=True)
        title = f"By {cut.replace('_', ' ')}"
        more = f" (the {MOST_ROWS} largest of {moved.height})" if moved.height > MOST_ROWS else ""
        columns = [cut.replace("_", " "), "currency", "schools", "before", "after", "difference"]
        table(title + more, columns, ordered.head(MOST_ROWS).rows(), right=2)
    if schools.height:
        columns = ["vestiging", "name", "board", "currency", "difference"]
        table("The schools it touches most", columns, schools.select(columns).head(MOST_ROWS).rows(), right=4)
    line("The books were not touched.")


def _checked(result: CheckResult) -> dict[str, Any]:
    found = result.effect
    return {
        "file": result.loaded.name,
        "replaces": result.replaces,
        "examples": [_example(one) for one in result.examples],
        "effect_not_reckoned": result.why_not,
        "schools": found.schools.to_dicts() if found else [],
        **({f"by_{cut}": rows.to_dicts() for cut, rows in found.cuts.items()} if found else {}),
    }


def _example(one: Worked) -> dict[str, Any]:
    published, tolerance = one.example.value, one.example.tolerance
    told = {"name": one.example.name, "published": published, "tolerance": tolerance}
    return {**told, "found": one.found, "fits": one.fits}


def _rules(one: Loaded) -> Any:
    return one.subsidy if hasattr(one, "subsidy") else one.regulation


def _about(one: Loaded) -> dict[str, Any]:
    """What a file of rules is about; `of` is a sector or a scheme, `parts` its components or groups."""
    rules, values = _rules(one), list(_values(one))
    is_subsidy = hasattr(one, "subsidy")
    return {
        "file": one.name,
        "title": rules.title,
        "school_year": rules.school_year,
        "of": f"subsidy {rules.scheme}" if is_subsidy else f"sector {rules.sector}",
        "version": "subsidy" if is_subsidy else rules.version,
        "published": rules.published.value,
        "currency": rules.currency,
        "parts": list(rules.groups if is_subsidy else rules.components),
        "unknown": sum(value["status"] == "unknown" for value in values),
    }


def _whole(one: Loaded) -> dict[str, Any]:
    sources = {key: source.model_dump() for key, source in _rules(one).sources.items()}
    return {**_about(one), "sha256": one.sha256, "values": list(_values(one)), "sources": sources}


def _values(one: Loaded) -> Iterator[dict[str, Any]]:
    from npo_pipeline.rulebook.listing import readable_values

    return readable_values(_rules(one))
