"""`npo rules`: list, show and check the rulebook, and solve the rates that spend a budget."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import DAY, PATH, SERIES, common, reference_date_option, rulebook_options
from npo_pipeline.cli.output import document, euro, frame_table, line, number, table
from npo_pipeline.errors import Refused

if TYPE_CHECKING:
    from fractions import Fraction

    from npo_pipeline.commands.rules import CheckResult
    from npo_pipeline.commands.solve_rates import RateFound, SectorRates, SolvedRates
    from npo_pipeline.decisions.comparison import Effect
    from npo_pipeline.entitlements.calculate import Worked
    from npo_pipeline.rulebook.load import LoadedRules
    from npo_pipeline.rulebook.regulation import Regulation
    from npo_pipeline.rulebook.subsidy import Subsidy

MOST_ROWS = 20
"""Rows of a cut that a person is shown; `--json` has them all."""


@click.group("rules")
def rules_group() -> None:
    """Read the rulebook, or try what another file of rules would do."""


@rules_group.command("list")
@common
def list_command(home: Home, as_json: bool) -> None:
    """List the regulation files that come with npo."""
    from npo_pipeline.rulebook.load import all_shipped, shipped_subsidies

    loaded: list[LoadedRules] = [*shipped_subsidies(), *all_shipped()]
    _render_list([_properties(one) for one in sorted(loaded, key=lambda one: one.name)], as_json)


@rules_group.command("show")
@click.argument("school_year", type=SERIES)
@click.option("--as-of", type=DAY, default=None, help="The versions that were published by this day.")
@common
def show_command(home: Home, as_json: bool, school_year: str, as_of: date | None) -> None:
    """Show the rules of a school year or period (2021-2023): every value, its status and where it stands."""
    from npo_pipeline.rulebook.load import load_rulebook

    loaded = load_rulebook(school_year, (), as_of).files
    if as_json:
        document([_rules_document(one) for one in loaded])
        return
    for one in loaded:
        _render_rules(one)


@rules_group.command("check")
@click.argument("path", metavar="FILE", type=PATH)
@reference_date_option("Reckon the effect with the pupils of this day, in place of the day in the file.")
@common
def check_command(home: Home, as_json: bool, path: Path, reference_date: date | None) -> None:
    """Check a regulation file or overlay, and show what it would change. The books are only read."""
    from npo_pipeline.commands.rules import check_rules

    result = check_rules(home, path, reference_date)
    if as_json:
        document(_check_document(result))
    else:
        _render_check(result)
    _refuse_wrong_examples(path, result.examples)


@rules_group.command("solve")
@click.argument("path", metavar="SPEC", type=PATH)
@click.option(
    "--out",
    "folder",
    type=PATH,
    default=None,
    help="Write an overlay per sector to this folder: the name of SPEC, and the sector. No file is overwritten.",
)
@rulebook_options
@reference_date_option("In place of the date in the regulation.")
@common
def solve_command(home: Home, as_json: bool, path: Path, **options: Any) -> None:
    """Find the rates that spend a budget, from a file of demands. The books are only read."""
    from npo_pipeline.commands.solve_rates import SolveRequest, solve_rates

    result = solve_rates(SolveRequest(home=home, spec=path, **options))
    if as_json:
        document(_solved_document(result))
    else:
        _render_solved(result, **options)


def _refuse_wrong_examples(path: Path, examples: Sequence[Worked]) -> None:
    wrong = [one for one in examples if not one.fits]
    if not wrong:
        return
    first = wrong[0].example
    found = "nothing, a rate is not known" if wrong[0].found is None else euro(wrong[0].found)
    raise Refused(
        f"{path}: {len(wrong)} of its worked examples do not come out, first {first.name!r} "
        f"(published {euro(first.value)}, found {found}); mend the rate, or, of a what-if, the example too"
    )


def _render_list(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    """Print the properties of files of rules, one row a file."""
    if as_json:
        document(rows)
        return
    columns = ["file", "version", "published", "currency", "parts", "unknown"]
    shown = [tuple(", ".join(row[name]) if name == "parts" else row[name] for name in columns) for row in rows]
    table("Files of rules", [*columns[:-1], "not known"], shown, right=5)
    line("`npo rules show 2021-2022` shows every value of a school year with its source.")


def _render_rules(loaded: LoadedRules) -> None:
    """Print every value of a file of rules with its source, and the list of sources."""
    from npo_pipeline.rulebook.listing import described

    properties = _properties(loaded)
    line(f"{loaded.name}: {properties['title']}")
    line(
        f"  {properties['version']}, {properties['school_year']}, {properties['of']}, "
        f"amounts in {properties['currency']}\n"
    )
    for value in _values(loaded):
        line(f"  {value['what']}: {value['value']} ({value['unit']}; {value['status']})")
        line(f"      {value['where']} [{value['source']}], checked on {value['checked_on']}")
        if value["note"]:
            line(f"      {value['note']}")
    line("\n  Sources")
    for key, source in _rules(loaded).sources.items():
        line(f"  [{key}] {described(source)}")
    line("")


def _render_check(result: CheckResult) -> None:
    """Print the worked examples of a checked file, and its effect on the books."""
    line(f"{result.loaded.name}: no fault found")
    for one in result.examples:
        found = "a rate is not known" if one.found is None else euro(one.found)
        mark = " " if one.fits else "!"
        line(f"{mark} {one.example.name}: published {euro(one.example.value)}, found {found}")
    if result.effect is None:
        line(f"Its effect was not reckoned: {result.why_not}")
        return
    _render_effect(result.effect, result.replaces or "")


def _render_effect(effect: Effect, replaces: str) -> None:
    """Print the difference per cut, and the schools it touches most."""
    schools = effect.schools
    line(f"\nAgainst {replaces}: {number(schools.height)} schools get another amount")
    for cut, rows in effect.cuts.items():
        moved = rows.filter(rows["difference"] != 0)
        if moved.is_empty():
            continue
        ordered = moved.sort("difference", descending=True)
        more = f" (the {MOST_ROWS} largest of {number(moved.height)})" if moved.height > MOST_ROWS else ""
        columns = [cut, "currency", "schools", "before", "after", "difference"]
        frame_table(f"By {cut.replace('_', ' ')}{more}", ordered.head(MOST_ROWS), columns)
    if schools.height:
        columns = ["vestiging", "name", "board", "currency", "difference"]
        frame_table("The schools it touches most", schools.head(MOST_ROWS), columns)
    line("The books were not touched.")


def _check_document(result: CheckResult) -> dict[str, Any]:
    """Return the examples and all of the effect, for `--json`."""
    effect = result.effect
    return {
        "file": result.loaded.name,
        "replaces": result.replaces,
        "examples": [_example(one) for one in result.examples],
        "effect_not_reckoned": result.why_not,
        "schools": effect.schools if effect else [],
        **({f"by_{cut}": rows for cut, rows in effect.cuts.items()} if effect else {}),
    }


def _example(worked: Worked) -> dict[str, Any]:
    return {
        "name": worked.example.name,
        "published": worked.example.value,
        "tolerance": worked.example.tolerance,
        "found": worked.found,
        "fits": worked.fits,
    }


def _properties(loaded: LoadedRules) -> dict[str, Any]:
    """Return the properties of a file of rules; `of` is a sector or a scheme, `parts` its components or groups."""
    rules = _rules(loaded)
    if hasattr(loaded, "subsidy"):
        of, version, parts = f"subsidy {loaded.subsidy.scheme}", "subsidy", list(loaded.subsidy.groups)
    else:
        regulation = loaded.regulation
        of, version, parts = regulation.subject, regulation.version, list(regulation.components)
    return {
        "file": loaded.name,
        "title": rules.title,
        "school_year": rules.school_year,
        "of": of,
        "version": version,
        "published": rules.published.value,
        "currency": rules.currency,
        "parts": parts,
        "unknown": sum(value["status"] == "unknown" for value in _values(loaded)),
    }


def _rules_document(loaded: LoadedRules) -> dict[str, Any]:
    """Return all of a file of rules, for `--json`."""
    sources = {key: source.model_dump() for key, source in _rules(loaded).sources.items()}
    return {**_properties(loaded), "sha256": loaded.sha256, "values": list(_values(loaded)), "sources": sources}


def _rules(loaded: LoadedRules) -> Regulation | Subsidy:
    return loaded.subsidy if hasattr(loaded, "subsidy") else loaded.regulation


def _values(loaded: LoadedRules) -> Iterator[dict[str, Any]]:
    from npo_pipeline.rulebook.listing import readable_values

    return readable_values(_rules(loaded))


def _render_solved(
    result: SolvedRates,
    *,
    regulations: Sequence[Path],
    as_of: date | None,
    reference_date: date | None,
    folder: Path | None,
) -> None:
    """Print the rates of each sector with what they spend, and how to go on with them."""
    for one in result.sectors:
        _render_sector(one, result)
    for remark in result.remarks:
        line(f"! {remark}")
    if folder is None:
        line("Nothing was written; --out FOLDER writes an overlay per sector, for `npo decide --regulation`.")
        return
    given = [word for path in (*regulations, *result.written) for word in ("--regulation", str(path))]
    given += ["--as-of", str(as_of)] if as_of else []
    given += ["--reference-date", str(reference_date)] if reference_date else []
    line(f"Next: npo decide --school-year {result.school_year} {shlex.join(given)} --dry-run")


def _render_sector(sector: SectorRates, result: SolvedRates) -> None:
    """Print the rates of a sector, what is left of its budget, and what the rates before spend."""
    title = (
        f"{sector.sector}: {euro(sector.budget)} for {number(sector.pupils)} pupils of {result.reference_date}, "
        f"on {sector.base}"
    )
    columns = ["component", "school types", "weight", "units", "rate", "spends", "rate before", "spent before"]
    table(title, columns, [_rate_row(one) for one in sector.rates], right=2)
    if sector.asked == "budget":
        line(f"The amount that is asked takes a budget of {euro(sector.budget)}.")
    else:
        line(f"{euro(sector.spends)} is spent and {euro(sector.rest)} is left.")
    if (before := sector.spent_before) is not None:
        more = sector.spends - before
        line(
            f"The rates before spend {euro(before)}; that is {euro(abs(more))} {'less' if more >= 0 else 'more'}."
        )
    line(f"Of weight 1 a pupil gets {_exact(sector.amount)}; a rate is its weight times that, to the cent below.")
    if sector.risk_amount is not None:
        line(f"Of weight 1 a unit of risk gets {_exact(sector.risk_amount)}.")
    if sector.outside:
        parts = ", ".join(f"{name} {euro(amount)}" for name, amount in sector.outside.items())
        line(f"The budget is not for what keeps its rate: {parts}.")
    line("")


def _rate_row(one: RateFound) -> tuple[object, ...]:
    return (
        one.component,
        ", ".join(one.school_types),
        _weight(one.weight),
        number(int(one.units)) if one.units == int(one.units) else euro(one.units),
        one.rate,
        one.spends,
        one.rate_before,
        one.spent_before,
    )


def _weight(weight: Fraction) -> str:
    """Write a weight as a decimal number, or as a fraction where it has no end."""
    from npo_pipeline import dutch

    exact = Decimal(weight.numerator) / Decimal(weight.denominator)
    return dutch.number(exact) if exact.as_integer_ratio() == weight.as_integer_ratio() else str(weight)


def _exact(amount: Fraction) -> str:
    """Write an amount with six decimals, cut off."""
    from npo_pipeline import dutch

    return dutch.number(Decimal(int(amount * 10**6)).scaleb(-6), 2)


def _solved_document(result: SolvedRates) -> dict[str, Any]:
    """Return all that was solved, with the text of the overlays, for `--json`."""
    return {
        "spec": result.spec.name,
        "sha256": result.spec.sha256,
        "title": result.title,
        "school_year": result.school_year,
        "reference_date": result.reference_date,
        "sectors": [_sector_document(one) for one in result.sectors],
        "overlays": [{"file": name, "text": text} for name, text in result.overlays.items()],
        "remarks": result.remarks,
        "written": [str(path) for path in result.written],
    }


def _sector_document(sector: SectorRates) -> dict[str, Any]:
    from dataclasses import asdict

    rates = [{**asdict(one), "weight": str(one.weight)} for one in sector.rates]
    amounts = {"amount": _plain_amount(sector.amount), "risk_amount": _plain_amount(sector.risk_amount)}
    return {**asdict(sector), **amounts, "spent_before": sector.spent_before, "rates": rates}


def _plain_amount(amount: Fraction | None) -> str | None:
    """Write an unrounded amount with eight decimals, cut off."""
    return None if amount is None else f"{Decimal(int(amount * 10**8)).scaleb(-8):f}"
