"""How the rulebook looks to a person: what holds, how sure it is, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from npo_pipeline.cli.show import document, euro, line, number, table

if TYPE_CHECKING:
    from npo_pipeline.commands.rules import CheckResult
    from npo_pipeline.entitlements.examples import Worked
    from npo_pipeline.instalments.effect import Effect
    from npo_pipeline.regulations.load import LoadedRegulation
    from npo_pipeline.regulations.subsidies.load import LoadedSubsidy

    Loaded: TypeAlias = LoadedRegulation | LoadedSubsidy

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
    from npo_pipeline.regulations.readable import readable_values

    return readable_values(_rules(one))
