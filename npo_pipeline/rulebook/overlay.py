"""An overlay: a few values in place of those of a regulation file, for what its operator knows better.

It holds `overlay_of` (the name of a regulation file without `.yaml`) and then, in the form of that file, only
what it supplies: rates, thresholds, schedules, the settlement, the reference date, and the sources it takes them
from. With `effective` it is an amendment: what it says holds from that month on, and before it what was in force.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from npo_pipeline.errors import Refused
from npo_pipeline.months import Month, first_day, month_text
from npo_pipeline.rulebook.error_messages import refusal_from_validation, suggest
from npo_pipeline.rulebook.fields import Cited, Day, Key, MonthValue, Part, Source, Text, cited, some
from npo_pipeline.rulebook.regulation import Component, Rate, Regulation, Schedule, Settlement, Threshold
from npo_pipeline.rulebook.yaml_document import Document, refused

OVERLAY_KEY = "overlay_of"
"""The key that an overlay has and no other file of rules."""


class ComponentOverlay(Part):
    """Represent an overlay on a component: rates for some of its school types, a threshold, a schedule."""

    rates: tuple[Rate, ...] = ()
    threshold: Threshold | None = None
    schedule: Key | None = None


class Overlay(Part):
    """Represent an overlay as its file says it."""

    overlay_of: Text
    effective: MonthValue | None = None
    published: Cited[Day] | None = None
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day] | None = None
    schedules: dict[Key, Cited[Schedule]] = Field(default_factory=dict)
    settlement: Cited[Settlement] | None = None
    components: dict[Key, ComponentOverlay] = Field(default_factory=dict)


def is_overlay(document: Document) -> bool:
    """Return whether a file is an overlay on another."""
    return OVERLAY_KEY in document.data


def overlay_from(document: Document) -> Overlay:
    """Read an overlay.

    Raises:
        Refused: something in it is wrong; names file and line.
    """
    try:
        return Overlay.model_validate(document.data)
    except ValidationError as error:
        raise refusal_from_validation(document, error) from error


def laid_over(base: Regulation, overlay: Overlay, document: Document) -> Regulation:
    """Return the regulation with the values of the overlay in place of its own, checked as a whole again.

    Raises:
        Refused: the overlay names a component or school type that the regulation does not have, or the two
            do not fit together; names file and line of the overlay.
    """
    for name, supply in overlay.components.items():
        _refuse_unknown_rates(base.components, name, supply, document)
    _refuse_unknown_sources(base, overlay, document)
    parts: dict[str, Any] = {name: getattr(base, name) for name in type(base).model_fields}
    parts["sources"] = {**base.sources, **overlay.sources}
    parts["schedules"] = {**base.schedules, **overlay.schedules}
    for name in ("published", "reference_date", "settlement"):
        parts[name] = getattr(overlay, name) or getattr(base, name)
    try:
        parts["components"] = {
            name: _with(component, overlay.components.get(name, ComponentOverlay()))
            for name, component in base.components.items()
        }
        return Regulation.model_validate(parts)
    except ValidationError as error:
        raise refusal_from_validation(document, error) from error


def refuse_effect_elsewhere(base: Regulation, overlay: Overlay, before: Month | None, document: Document) -> None:
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
    if not opening < overlay.effective < opening.replace(year=opening.year + 1):
        words = (
            f"effective: {month_text(overlay.effective)} lies outside {base.school_year}, or is its first month"
        )
        raise refused(document.name, line, f"{words}; leave `effective` out for what holds all year")
    if before is not None and overlay.effective <= before:
        words = f"effective: {month_text(overlay.effective)} does not come after {month_text(before)} of another"
        raise refused(document.name, line, f"{words} amendment; keep one of the two")


def _with(component: Component, supply: ComponentOverlay) -> Component:
    supplied = {(kind, rate.place) for rate in supply.rates for kind in rate.school_types}
    kept = [
        rate.model_copy(update={"school_types": left})
        for rate in component.rates
        if (left := tuple(kind for kind in rate.school_types if (kind, rate.place) not in supplied))
    ]
    order = list(dict.fromkeys(kind for rate in component.rates for kind in rate.school_types))
    rates = sorted([*kept, *supply.rates], key=lambda rate: order.index(rate.school_types[0]))
    parts: dict[str, Any] = {name: getattr(component, name) for name in type(component).model_fields}
    parts |= {"rates": tuple(rates), "threshold": supply.threshold or component.threshold}
    return Component.model_validate({**parts, "schedule": supply.schedule or component.schedule})


def _refuse_unknown_rates(
    components: Mapping[str, Component], name: str, supply: ComponentOverlay, document: Document
) -> None:
    if name not in components:
        words = f"`{name}` is no component of {document.data[OVERLAY_KEY]}; {suggest(name, components)}"
        raise refused(document.name, document.line(("components", name)), words)
    known = {(kind, rate.place) for rate in components[name].rates for kind in rate.school_types}
    for number, rate in enumerate(supply.rates):
        for kind in rate.school_types:
            if (kind, rate.place) not in known:
                there = ", ".join(sorted({f"{one} in {place}" if place else one for one, place in known}))
                raise refused(
                    document.name,
                    document.line(("components", name, "rates", number)),
                    f"{name} has no rate for {kind}{f' in {rate.place}' if rate.place else ''}; it has {there}",
                )


def _refuse_unknown_sources(base: Regulation, overlay: Overlay, document: Document) -> None:
    """Refuse what the check of the whole would refuse without naming the line."""
    sources = {**base.sources, **overlay.sources}
    for place, value in cited(overlay):
        if value.source not in sources:
            words = f"`{value.source}` is not among the sources; {suggest(value.source, sources)}"
            raise refused(document.name, document.line((*place, "source")), words)
        if isinstance(value, Rate) and not value.unit.startswith(f"{base.currency} per "):
            words = f"`{value.unit}` is no unit of a rate here; write it as {base.currency} per pupil"
            raise refused(document.name, document.line((*place, "unit")), words)


def refuse_wrong_base(overlay: Overlay, document: Document, names: list[str]) -> Refused:
    """Return the refusal of an overlay on a regulation that is not among those in force."""
    words = f"{OVERLAY_KEY}: `{overlay.overlay_of}` is not in force here; {suggest(overlay.overlay_of, names)}"
    return refused(document.name, document.line((OVERLAY_KEY,)), words)
