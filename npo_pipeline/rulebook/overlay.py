"""Overlays: a few values in place of those of a file of rules, for what its operator knows better.

An overlay holds `overlay_of` (the name of a file of rules without `.yaml`) and then, in the form of that file,
only what it supplies: for a regulation rates, thresholds, schedules, the settlement and the reference date, for a
subsidy amounts, ceilings and the reference date; and the sources it takes them from. With `effective` an overlay
on a regulation is an amendment: what it says holds from that month on, and before it what was in force.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Annotated, Any, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from npo_pipeline.months import Month, first_day, month_text
from npo_pipeline.rulebook.component import Component, Rate, Threshold
from npo_pipeline.rulebook.error_messages import checked, suggest
from npo_pipeline.rulebook.fields import (
    Amount,
    Cited,
    Day,
    Key,
    MonthValue,
    Part,
    SchoolType,
    Source,
    Text,
    Whole,
    cited,
    fault,
    some,
    wrong_article,
)
from npo_pipeline.rulebook.regulation import Regulation, Schedule, Settlement
from npo_pipeline.rulebook.subsidy import Subsidy, Window
from npo_pipeline.rulebook.yaml_document import Document, Place, refused

OVERLAY_KEY = "overlay_of"
"""The key that an overlay has and no other file of rules."""

R = TypeVar("R", Regulation, Subsidy)


class ComponentOverlay(Part):
    """Represent an overlay on a component: rates for some of its school types, a threshold, a schedule."""

    rates: tuple[Rate, ...] = ()
    threshold: Threshold | None = None
    schedule: Key | None = None


class RegulationOverlay(Part):
    """Represent an overlay on a regulation as its file says it."""

    overlay_of: Text
    effective: MonthValue | None = None
    published: Cited[Day] | None = None
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day] | None = None
    schedules: dict[Key, Cited[Schedule]] = Field(default_factory=dict)
    settlement: Cited[Settlement] | None = None
    components: dict[Key, ComponentOverlay] = Field(default_factory=dict)


class WindowOverlay(Part):
    """Represent the ceilings that an overlay supplies for a window, and the seed of its lottery."""

    ceilings: dict[Key, Cited[Amount]] = Field(default_factory=dict)
    seed: Cited[Whole] | None = None

    @model_validator(mode="after")
    def _supplies_something(self) -> Self:
        if not self.ceilings and self.seed is None:
            raise fault("supplies nothing; give `ceilings` or a `seed`")
        return self


class GroupOverlay(Part):
    """Represent the amount per pupil that an overlay supplies for a group."""

    per_pupil: Cited[Amount]


class SubsidyOverlay(Part):
    """Represent an overlay on a subsidy as its file says it."""

    overlay_of: Text
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day] | None = None
    groups: dict[Key, GroupOverlay] = Field(default_factory=dict)
    windows: dict[Key, WindowOverlay] = Field(default_factory=dict)


def is_overlay(document: Document) -> bool:
    """Return whether a file is an overlay on another."""
    return OVERLAY_KEY in document.data


def with_overlay(base: Regulation, overlay: RegulationOverlay, document: Document) -> Regulation:
    """Return the regulation with the values of the overlay in place of its own, checked as a whole again.

    Raises:
        Refused: the overlay names a component or school type that the regulation does not have, or the two
            do not fit together; names file and line of the overlay.
    """
    for name, supply in overlay.components.items():
        _refuse_unknown_rates(base.components, name, supply, document)
    _refuse_unknown_sources(base, overlay, document)
    components = {
        name: _component(component, overlay.components[name], document, name)
        if name in overlay.components
        else component
        for name, component in base.components.items()
    }
    return _replaced(
        base,
        document,
        sources={**base.sources, **overlay.sources},
        schedules={**base.schedules, **overlay.schedules},
        components=components,
        **{name: getattr(overlay, name) for name in ("published", "reference_date", "settlement")},
    )


def subsidy_with_overlay(base: Subsidy, overlay: SubsidyOverlay, document: Document) -> Subsidy:
    """Return the subsidy with the values of the overlay in place of its own, checked as a whole again.

    Raises:
        Refused: something in the overlay is wrong, or it names a window or group that the subsidy does not
            have; names file and line of the overlay.
    """
    _refuse_unknown_parts(base, overlay, document)
    groups = {name: base.groups[name].model_copy(update=dict(one)) for name, one in overlay.groups.items()}
    windows = {name: _window(base.windows[name], one) for name, one in overlay.windows.items()}
    return _replaced(
        base,
        document,
        sources={**base.sources, **overlay.sources},
        reference_date=overlay.reference_date,
        groups={**base.groups, **groups},
        windows={**base.windows, **windows},
    )


@dataclass(frozen=True, kw_only=True)
class SuppliedRate:
    """Represent a rate that was reasoned, to write in an overlay: its component, and the values of a `Rate`."""

    component: str
    school_types: tuple[SchoolType, ...]
    value: Decimal
    unit: str
    source: str
    where: str
    checked_on: date
    note: str


def overlay_text(
    base: str, rates: Sequence[SuppliedRate], sources: Mapping[str, Source], above: Sequence[str]
) -> str:
    """Return an overlay with rates as the text of its file: the same rates give the same bytes.

    Args:
        base: the name of the file that it is on.
        rates: in order; those of a component one after the other.
        sources: that the rates may cite.
        above: lines of comment that it begins with.
    """
    lines = [*(f"# {one}" for one in above), f"{OVERLAY_KEY}: {base}", "sources:"]
    for key, source in sources.items():
        lines += [f"  {key}:", *_yaml_lines(source.model_dump(mode="json", exclude_none=True), "    ")]
    lines.append("components:")
    for component, group in groupby(rates, key=lambda one: one.component):
        lines += [f"  {component}:", "    rates:"]
        for one in group:
            first, *others = _yaml_lines(_written(one), "        ")
            lines += [f"      - {first.strip()}", *others]
    return "\n".join(lines) + "\n"


def _written(rate: SuppliedRate) -> dict[str, object]:
    """Return the values of a rate in the order of a file of rules."""
    first = {"school_types": rate.school_types, "value": rate.value, "unit": rate.unit, "status": "derived"}
    return {**first, **{name: value for name, value in vars(rate).items() if name not in (*first, "component")}}


def _yaml_lines(values: Mapping[str, Any], indent: str) -> list[str]:
    """Return keys with values as lines; text is quoted where YAML could read it otherwise."""
    return [f"{indent}{key}: {_yaml(value)}" for key, value in values.items()]


def _yaml(value: Any) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_yaml, value))}]"
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    plain = re.fullmatch(r"\w[\w.-]*( [\w.-]+)*", text, re.ASCII) and text.lower() != "null"
    return text if plain else f'"{"".join(map(_quoted, text))}"'


def _quoted(one: str) -> str:
    """Return a character as it is written between double quotes."""
    if one in '"\\':
        return f"\\{one}"
    return one if one.isprintable() else f"\\U{ord(one):08X}"


def _window(base: Window, overlay: WindowOverlay) -> Window:
    supplied: dict[str, object] = {"ceilings": {**base.ceilings, **overlay.ceilings}}
    if overlay.seed and base.lottery:
        supplied["lottery"] = base.lottery.model_copy(update={"seed": overlay.seed})
    return base.model_copy(update=supplied)


def refuse_effect_elsewhere(
    base: Regulation, overlay: RegulationOverlay, before: Month | None, document: Document
) -> None:
    """Refuse an amendment that takes effect outside the school year, or not after the one before it.

    Args:
        base: the regulation.
        overlay: what is laid over it.
        before: the month in which the amendment before it takes effect; null when it is the first.
        document: the file of the overlay.

    Raises:
        Refused: names file and line.
    """
    opening = first_day(base.school_year)
    if overlay.effective is None:
        return
    line = document.line(("effective",))
    end = opening.replace(year=int(base.school_year[-4:]))
    if not opening < overlay.effective < end:
        words = (
            f"effective: {month_text(overlay.effective)} lies outside {base.school_year}, or is its first month"
        )
        raise refused(document.name, line, f"{words}; leave `effective` out for what holds all year")
    if before is not None and overlay.effective <= before:
        words = f"effective: {month_text(overlay.effective)} does not come after {month_text(before)} of another"
        raise refused(document.name, line, f"{words} amendment; keep one of the two")


def _replaced(base: R, document: Document, **supplied: Any) -> R:
    """Return rules with the values that are supplied; the others are their own."""
    return checked(type(base), document, {**dict(base), **{name: one for name, one in supplied.items() if one}})


def _component(component: Component, supply: ComponentOverlay, document: Document, name: str) -> Component:
    supplied = {key for rate in supply.rates for key in _keys(component, rate)}
    kept = [
        rate.model_copy(update={"school_types": left})
        for rate in component.rates
        if (left := tuple(kind for kind, *of in _keys(component, rate) if (kind, *of) not in supplied))
    ]
    order = list(dict.fromkeys(key for rate in component.rates for key in _keys(component, rate)))
    shares = {key: rate.share for rate in component.rates for key in _keys(component, rate)}
    given = [
        rate if "share" in rate.model_fields_set else rate.model_copy(update={"share": shares[key]})
        for rate in supply.rates
        for key in _keys(component, rate)[:1]
    ]
    rates = sorted([*kept, *given], key=lambda rate: order.index(_keys(component, rate)[0]))
    others = {
        "threshold": supply.threshold or component.threshold,
        "schedule": supply.schedule or component.schedule,
    }
    whole = {**dict(component), **others, "rates": tuple(rates)}
    return checked(Component, document, whole, within=("components", name))


def _keys(component: Component, rate: Rate) -> list[tuple[str, str, str | None]]:
    """Return the school types of a rate, each with its measure and its place: a component has one rate of each."""
    return [(kind, component.measure_of(rate), rate.place_or_list) for kind in rate.school_types]


def _refuse_unknown_rates(
    components: Mapping[str, Component], name: str, supply: ComponentOverlay, document: Document
) -> None:
    if name not in components:
        words = f"`{name}` is no component of {document.data[OVERLAY_KEY]}; {suggest(name, components)}"
        raise refused(document.name, document.line(("components", name)), words)
    component = components[name]
    known = {key for rate in component.rates for key in _keys(component, rate)}
    several = len({measure for _, measure, _ in known}) > 1
    for number, rate in enumerate(supply.rates):
        for key in _keys(component, rate):
            if key not in known:
                there = ", ".join(sorted(_shown(one, several) for one in known))
                words = (
                    f"{name} has no rate for {_shown(key, several or rate.measure is not None)}; it has {there}"
                )
                raise refused(document.name, document.line(("components", name, "rates", number)), words)


def _shown(key: tuple[str, str, str | None], of_measure: bool) -> str:
    """Return a school type with its place, and with its measure where that is not the only one."""
    kind, measure, place = key
    return f"{kind}{f' in {place}' if place else ''}{f' per {measure}' if of_measure else ''}"


def _refuse_unknown_sources(base: Regulation, overlay: RegulationOverlay, document: Document) -> None:
    """Refuse what the check of the whole would refuse without naming the line."""
    sources = {**base.sources, **overlay.sources}
    for place, value in cited(overlay):
        if value.source not in sources:
            words = f"`{value.source}` is not among the sources; {suggest(value.source, sources)}"
            raise refused(document.name, document.line((*place, "source")), words)
        if wrong := wrong_article(place, sources[value.source], value):
            raise refused(document.name, document.line((*place, "article")), f"article: {wrong}")
        if isinstance(value, Rate) and not value.unit.startswith(f"{base.currency} per "):
            words = f"`{value.unit}` is no unit of a rate here; write it as {base.currency} per pupil"
            raise refused(document.name, document.line((*place, "unit")), words)


def _refuse_unknown_parts(base: Subsidy, overlay: SubsidyOverlay, document: Document) -> None:
    named: list[tuple[Place, Collection[str]]] = [
        *((("groups", name), base.groups) for name in overlay.groups),
        *((("windows", name), base.windows) for name in overlay.windows),
    ]
    for name, window in overlay.windows.items():
        named += [(("windows", name, "ceilings", one), base.groups) for one in window.ceilings]
        if window.seed and name in base.windows and not base.windows[name].lottery:
            words = f"seed: no lots are drawn in window {name} of {overlay.overlay_of}"
            raise refused(document.name, document.line(("windows", name, "seed")), words)
    for place, known in named:
        name = str(place[-1])
        if name not in known:
            words = f"`{name}` is not in {overlay.overlay_of}; {suggest(name, known)}"
            raise refused(document.name, document.line(place), words)
