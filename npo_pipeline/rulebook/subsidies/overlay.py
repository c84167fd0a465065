"""An overlay on a subsidy file: the few values that its operator knows better, such as a ceiling."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from npo_pipeline.rulebook.error_messages import refusal_from_validation, suggest
from npo_pipeline.rulebook.fields import Amount, Cited, Day, Key, Part, Source, Text, some
from npo_pipeline.rulebook.subsidies.model import Subsidy
from npo_pipeline.rulebook.yaml_document import Document, refused


class WindowOverlay(Part):
    """Represent the ceilings that an overlay supplies for a window."""

    ceilings: Annotated[dict[Key, Cited[Amount]], AfterValidator(some)]


class GroupOverlay(Part):
    """Represent the amount per pupil that an overlay supplies for a group."""

    per_pupil: Cited[Amount]


class SubsidyOverlay(Part):
    """Represent an overlay as its file says it."""

    overlay_of: Text
    sources: Annotated[dict[Key, Source], AfterValidator(some)]
    reference_date: Cited[Day] | None = None
    groups: dict[Key, GroupOverlay] = Field(default_factory=dict)
    windows: dict[Key, WindowOverlay] = Field(default_factory=dict)


def laid_over(base: Subsidy, document: Document) -> Subsidy:
    """Return the subsidy with the values of the overlay in place of its own, checked as a whole again.

    Raises:
        Refused: something in the overlay is wrong, or it names a window or group that the subsidy does not
            have; names file and line of the overlay.
    """
    try:
        overlay = SubsidyOverlay.model_validate(document.data)
        _refuse_unknown_parts(base, overlay, document)
        parts: dict[str, Any] = {name: getattr(base, name) for name in type(base).model_fields}
        parts["sources"] = {**base.sources, **overlay.sources}
        parts["reference_date"] = overlay.reference_date or base.reference_date
        parts["groups"] = {
            **base.groups,
            **{name: _group(base, name, one) for name, one in overlay.groups.items()},
        }
        windows = {name: _window(base, name, one) for name, one in overlay.windows.items()}
        parts["windows"] = {**base.windows, **windows}
        return Subsidy.model_validate(parts)
    except ValidationError as error:
        raise refusal_from_validation(document, error) from error


def _group(base: Subsidy, name: str, supply: GroupOverlay) -> Any:
    return base.groups[name].model_copy(update={"per_pupil": supply.per_pupil})


def _window(base: Subsidy, name: str, supply: WindowOverlay) -> Any:
    window = base.windows[name]
    return window.model_copy(update={"ceilings": {**window.ceilings, **supply.ceilings}})


def _refuse_unknown_parts(base: Subsidy, overlay: SubsidyOverlay, document: Document) -> None:
    named = [(("groups", name), name, base.groups) for name in overlay.groups]
    named += [(("windows", name), name, base.windows) for name in overlay.windows]  # type: ignore[misc]
    for name, window in overlay.windows.items():
        named += [(("windows", name, "ceilings", one), one, base.groups) for one in window.ceilings]  # type: ignore[misc]
    for place, name, known in named:
        if name not in known:
            words = f"`{name}` is not in {overlay.overlay_of}; {suggest(name, known)}"
            raise refused(document.name, document.line(place), words)
