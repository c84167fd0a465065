"""A value and where it comes from. Nothing in a regulation file counts without a source and a status."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Generic, Literal, Self, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from npo_pipeline.errors import Refused
from npo_pipeline.regulations.document import Place
from npo_pipeline.regulations.values import Day, Key, Text, Url

T = TypeVar("T")

Status: TypeAlias = Literal["published", "approximate", "derived", "unknown"]
"""How sure a value is: it stands in its source; the source says `about`; it was reasoned; nobody found it."""


class Part(BaseModel):
    """A part of a regulation file: it never changes, and a key it does not know is refused."""

    # What a model checks is made when it is used: most parts are checked only within the whole they belong to.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Source(Part):
    """A publication that values are taken from."""

    title: Text
    url: Url
    publisher: Text
    published_on: Day | None = None
    note: Text | None = None


class Cited(Part, Generic[T]):
    """A value with its unit, its status, and the place in its source where it stands."""

    value: T | None
    unit: Text
    status: Status
    source: Key  # one of the regulation's sources
    where: Text  # article or page, as shown to people in the column `article`
    checked_on: Day  # when a person last compared the value with its source
    note: Text | None = None

    @model_validator(mode="after")
    def _value_fits_status(self) -> Self:
        if self.status == "unknown" and self.value is not None:
            raise fault("has status `unknown`, so leave it empty (value: null) or give the status it has", "value")
        if self.status != "unknown" and self.value is None:
            raise fault(
                f"is empty under status `{self.status}`; fill it in, or make the status `unknown`", "value"
            )
        return self

    def known(self, what: str) -> T:
        """The value.

        Args:
            what: what it is, for the message.

        Raises:
            Refused: its status is `unknown`.
        """
        if self.value is None:
            raise Refused(f"{what} is not known ({self.where}); supply it in a regulation file of your own")
        return self.value


def fault(words: str, *place: str | int) -> PydanticCustomError:
    """A fault at a place within the part that is being checked."""
    return PydanticCustomError("rule", "{words}", {"words": words, "place": place})


def refuse_unknown_sources(rules: BaseModel, sources: Collection[str]) -> None:
    """Refuse rules with a value whose source is not among theirs (called while they are validated).

    Raises:
        PydanticCustomError: names the value and its source.
    """
    for place, value in cited(rules):
        if value.source not in sources:
            raise fault(f"`{value.source}` is not among the sources; add it there", *place, "source")


def cited(part: Any, place: Place = ()) -> Iterator[tuple[Place, Cited[Any]]]:
    """All cited values of a regulation or a part of it, each with its place in the file."""
    if isinstance(part, Cited):
        yield place, part
        return
    inside: Any = ()
    if isinstance(part, Part):
        inside = part
    elif isinstance(part, Mapping):
        inside = part.items()
    elif isinstance(part, tuple):
        inside = enumerate(part)
    for key, value in inside:
        yield from cited(value, (*place, key))
