"""How the rulebook looks to a person: what holds, how sure it is, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from npo_pipeline.cli.show import document, euro, line, number, table

if TYPE_CHECKING:
    from npo_pipeline.commands.rules import CheckResult
    from npo_pipeline.entitlements.examples import Worked
    from npo_pipeline.instalments.effect import Effect
    from npo_pipeline.regulations.load import LoadedRegulation

MOST_ROWS = 20
"""Rows of a cut that a person is shown; `--json` has them all."""


def of_list(loaded: Sequence[LoadedRegulation], as_json: bool) -> None:
    """The regulation files."""
    rows = [
        {
            "file": one.name,
            "school_year": one.regulation.school_year,
            "sector": one.regulation.sector,
            "version": one.regulation.version,
            "published": one.regulation.published.value,
            "currency": one.regulation.currency,
            "components": list(one.regulation.components),
            "unknown": sum(value["status"] == "unknown" for value in _values(one)),
        }
        for one in loaded
    ]
    if as_json:
        document(rows)
        return
    shown = [
        (
            row["file"],
            row["version"],
            row["published"],
            row["currency"],
            ", ".join(row["components"]),
            row["unknown"],
        )
        for row in rows
    ]
    columns = ["file", "version", "published", "currency", "components", "not known"]
    table("Regulation files", columns, shown, right=5)
    line("`npo rules show 2021-2022` shows every value of a school year with its source.")


def of_show(loaded: Sequence[LoadedRegulation], as_json: bool) -> None:
    """Every value of some regulations."""
    if as_json:
        document([_regulation(one) for one in loaded])
        return
    for one in loaded:
        rules = one.regulation
        line(f"{one.name}: {rules.title}")
        line(f"  {rules.version}, {rules.school_year}, sector {rules.sector}, amounts in {rules.currency}\n")
        for value in _values(one):
            line(f"  {value['what']}: {value['value']} ({value['unit']}; {value['status']})")
            line(f"      {value['where']} [{value['source']}], checked on {value['checked_on']}")
            if value["note"]:
                line(f"      {value['note']}")
        line("\n  Sources")
        for key, source in rules.sources.items():
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


def _regulation(one: LoadedRegulation) -> dict[str, Any]:
    rules = one.regulation
    return {
        "file": one.name,
        "sha256": one.sha256,
        "title": rules.title,
        "school_year": rules.school_year,
        "sector": rules.sector,
        "version": rules.version,
        "currency": rules.currency,
        "values": list(_values(one)),
        "sources": {key: source.model_dump() for key, source in rules.sources.items()},
    }


def _values(one: LoadedRegulation) -> Iterator[dict[str, Any]]:
    from npo_pipeline.regulations.readable import readable_values

    return readable_values(one.regulation)
