"""The fields of files of rules: values read exactly from text, each cited with its source and status.

Every reader takes what the file says, wants text, and raises ValueError in words when it is no such value.
Rates become Decimal and shares Fraction; a float has no way in. Nothing counts without a source and a status.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from npo_pipeline.errors import Refused
from npo_pipeline.months import day_from, month_from, school_year_from, series_from
from npo_pipeline.rulebook.yaml_document import Place

T = TypeVar("T")
R = TypeVar("R", bound="CitedRules")

RATE_DECIMALS = 8
"""The most a rate may have: the money is counted in units of 0.00000001 (`rate_e8`)."""

SHOWN = 40
"""Characters of a wrong value that a message repeats."""


def text_from(value: Any) -> str:
    """Read text that is not empty."""
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("is empty; fill it in" if value in (None, "") else "wants text here, no list or mapping")


def written(pattern: str, otherwise: str, read: Callable[[str], Any] = str) -> BeforeValidator:
    """Return the check of text that is written in one way.

    Args:
        pattern: a regular expression for the whole of it.
        otherwise: the message behind text that is written in another way.
        read: makes the value of it.
    """

    def reader(value: Any) -> Any:
        text = text_from(value)
        if re.fullmatch(pattern, text):
            return read(text)
        raise ValueError(f"{quoted(text)} {otherwise}")

    return BeforeValidator(reader)


def rate_from(value: Any) -> Decimal:
    """Read a rate from 0 with at most eight decimals; its printed decimals are kept (1402.30 stays 1402.30)."""
    text = text_from(value)
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,8})?", text):
        return Decimal(text)
    if re.fullmatch(r"-[0-9.,]+", text):
        raise ValueError(f"{quoted(text)} is below zero; a rate counts from 0")
    if re.fullmatch(r"[0-9.]*,[0-9]+", text):
        point = text.replace(".", "").replace(",", ".")
        raise ValueError(f"{quoted(text)} has a comma; write it with a point, as {point}")
    if re.fullmatch(rf"[0-9]+\.[0-9]{{{RATE_DECIMALS + 1},}}", text):
        raise ValueError(f"{quoted(text)} has more than {RATE_DECIMALS} decimals; the money is not counted finer")
    raise ValueError(f"{quoted(text)} is no rate; write it as 701.16")


def share_from(value: Any) -> Fraction:
    """Read a share above 0 and up to 1, as an exact fraction: 2/12 or 1."""
    text = text_from(value)
    found = re.fullmatch(r"([0-9]{1,6})(?:/([1-9][0-9]{0,5}))?", text)
    share = Fraction(int(found[1]), int(found[2] or 1)) if found else Fraction(0)
    if 0 < share <= 1:
        return share
    raise ValueError(f"{quoted(text)} is no share: write a fraction above 0 and up to 1, as 2/12")


def some(items: T) -> T:
    """Require a list or mapping that holds something."""
    if items:
        return items
    raise ValueError("is empty; fill it in")


def quoted(text: str) -> str:
    """Render a wrong value for a message."""
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "...")


def _file_reader(read: Callable[[str], T]) -> Callable[[Any], T]:
    """Return a reader of values in files that refuses with a ValueError."""

    def reader(value: Any) -> T:
        try:
            return read(text_from(value))
        except Refused as refusal:
            raise ValueError(str(refusal)) from refusal

    return reader


SchoolList: TypeAlias = Literal["po", "vo", "vo_pro"]
"""A list of vestigingen, as files of listed vestigingen name it."""

SchoolType: TypeAlias = Literal["bao", "sbo", "so", "vso", "vo", "vo_pro_vbo", "cn", "all"]
Text: TypeAlias = Annotated[str, BeforeValidator(text_from)]
Key: TypeAlias = Annotated[
    str, written(r"[a-z][a-z0-9_-]*", "is no name: write it in small letters, as per_pupil")
]
Article: TypeAlias = Annotated[
    str,
    written(
        r"[0-9]+[a-z]?(\([0-9a-z]+\))*((, | en )[0-9]+[a-z]?(\([0-9a-z]+\))*)*",
        "is no article: write number and paragraph as 4(4), several as 7(3) en 8(3)",
    ),
]
"""An article of a regulation with its paragraph and part, or several."""

BwbId: TypeAlias = Annotated[
    str, written(r"BWBR[0-9]{7}", "is no number of the Basis Wetten Bestand: write it as BWBR0045533")
]
Stcrt: TypeAlias = Annotated[
    str, written(r"[0-9]{4}, [0-9]+", "is no number of the Staatscourant: write year and number as 2021, 39244")
]
Url: TypeAlias = Annotated[
    str, written(r"https?://[^\s/]+\.[^\s]+", "is no web address: write it as https://www.example.nl/page")
]
RateValue: TypeAlias = Annotated[Decimal, BeforeValidator(rate_from)]
Amount: TypeAlias = Annotated[
    Decimal,
    written(
        r"[0-9]{1,12}(\.[0-9]{1,2})?",
        "is no amount; write it with a point and at most two decimals, as 78409.30",
        Decimal,
    ),
]
"""An amount or a number of units from 0."""

Brin: TypeAlias = Annotated[str, written(r"[0-9]{2}[A-Z]{2}", "is no BRIN: two digits and two capitals, as 28PW")]
Share: TypeAlias = Annotated[Fraction, BeforeValidator(share_from)]
Whole: TypeAlias = Annotated[int, written(r"[0-9]{1,9}", "is no whole number from 0; write it as 4", int)]
Day: TypeAlias = Annotated[date, BeforeValidator(_file_reader(day_from))]
MonthValue: TypeAlias = Annotated[date, BeforeValidator(_file_reader(month_from))]
SchoolYear: TypeAlias = Annotated[str, BeforeValidator(_file_reader(school_year_from))]
Series: TypeAlias = Annotated[str, BeforeValidator(_file_reader(series_from))]

Basis: TypeAlias = Literal["law", "programme", "choice"]
"""An article; the published terms of the programme, which are in no regulation; or a choice of this program."""

Status: TypeAlias = Literal["published", "approximate", "derived", "unknown"]
"""Certainty of a value: it is in its source; the source says `about`; it was reasoned; nobody found it."""


class Part(BaseModel):
    """Represent a part of a file of rules: it never changes, and a key it does not know is refused."""

    # What a model checks is made when it is used: most parts are checked only within the whole they belong to.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Source(Part):
    """Represent a publication that values come from.

    A regulation has its number in the Basis Wetten Bestand (`bwb`), and the Staatscourant with the text that is
    cited: the regulation itself, or an amendment of it. `number`: of the ministry, as it stands above the text.
    """

    title: Text
    url: Url
    publisher: Text
    published_on: Day | None = None
    note: Text | None = None
    bwb: BwbId | None = None
    stcrt: Stcrt | None = None
    number: Text | None = None
    signed: Day | None = None
    in_force: Day | None = None
    retroactive_to: Day | None = None

    @model_validator(mode="after")
    def _regulation_is_whole(self) -> Self:
        needed = ("stcrt", "signed", "published_on", "in_force")
        if self.bwb and (missing := [name for name in needed if getattr(self, name) is None]):
            raise fault(f"is a regulation, so it needs {' and '.join(missing)} as well", "bwb")
        if not self.bwb and (odd := [name for name in ("stcrt", "in_force") if getattr(self, name)]):
            raise fault("is of a regulation; add its `bwb`", odd[0])
        return self


class CitedRules(Protocol):
    """Represent rules that name their sources."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """Return their sources by key."""
        ...


class Cited(Part, Generic[T]):
    """Represent a value with its unit, its status, and the place in its source where it stands.

    The place is an `article` where the source is a regulation that states the value, else it is `where`.
    """

    value: T | None
    unit: Text
    status: Status
    source: Key  # one of the regulation's sources
    article: Article | None = None
    where: Text | None = None  # a page or paragraph in words; or what was found of it
    checked_on: Day  # when a person last compared the value with its source
    note: Text | None = None

    @model_validator(mode="after")
    def _value_fits_status(self) -> Self:
        if self.status == "unknown" and self.value is not None:
            raise fault("has status `unknown`, so leave it empty (value: null) or give the status it has", "value")
        if self.status != "unknown" and self.value is None:
            words = f"is empty under status `{self.status}`; fill it in, or make the status `unknown`"
            raise fault(words, "value")
        return self

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if not self.article and not self.where:
            raise fault("is missing; add it, or the `article` where the source is a regulation", "where")
        if self.article and self.where:
            raise fault("stands beside an `article`; keep one of the two (more words go into `note`)", "where")
        return self

    def known(self, what: str) -> T:
        """Return the value.

        Args:
            what: what it is, for the message.

        Raises:
            Refused: its status is `unknown`.
        """
        if self.value is None:
            raise Refused(
                f"{what} is not known ({self.where or self.article}); supply it in a regulation file of your own"
            )
        return self.value


def fault(words: str, *place: str | int) -> PydanticCustomError:
    """Return a fault at a place within the part that is being checked."""
    return PydanticCustomError("rule", "{words}", {"words": words, "place": place})


def with_known_sources(rules: R) -> R:
    """Return rules of which each value cites one of their own sources (called while they are validated).

    Raises:
        PydanticCustomError: names the value and its source.
    """
    for place, value in cited(rules):
        if value.source not in rules.sources:
            raise fault(f"`{value.source}` is not among the sources; add it there", *place, "source")
        if words := wrong_article(place, rules.sources[value.source], value):
            raise fault(words, *place, "article")
    return rules


WITH_THE_TEXT = (("published",), ("effective",))
"""The days of publication and of effect: they stand above the text or at its end, and not always in an article."""


def wrong_article(place: Place, source: Source, value: Cited[Any]) -> str | None:
    """Return what is wrong with the article of a value, or with its having none; null when nothing is."""
    if value.article and not source.bwb:
        return f"`{value.source}` is no regulation; say in `where` where it stands, or give the source its `bwb`"
    if source.bwb and not value.article and value.status == "published" and place not in WITH_THE_TEXT:
        return f"is missing: `{value.source}` is a regulation, so name the article that states it, as 4(4)"
    return None


class Placed(Protocol):
    """Represent what has a place in a source: an article, or words."""

    @property
    def source(self) -> str:
        """Return the key of the source."""
        ...

    @property
    def article(self) -> str | None:
        """Return the article, where the source is a regulation."""
        ...

    @property
    def where(self) -> str | None:
        """Return the place in words, where it is no article."""
        ...


def citation(rules: CitedRules, value: Placed) -> str:
    """Return the place of a value as it is always shown: regulation, article and Staatscourant, or words."""
    if not value.article:
        return value.where or ""
    source = rules.sources[value.source]
    articles = "artikelen" if re.search(r", | en ", value.article) else "artikel"
    return f"{source.bwb}, {articles} {value.article} (Stcrt. {source.stcrt})"


def cited(part: Any, place: Place = ()) -> Iterator[tuple[Place, Cited[Any]]]:
    """Yield all cited values of a regulation or a part of it, each with its place in the file."""
    if isinstance(part, Cited):
        yield place, part
    inside: Any = part if isinstance(part, Part) else ()
    if isinstance(part, Mapping):
        inside = part.items()
    elif isinstance(part, tuple):
        inside = enumerate(part)
    for key, value in inside:
        yield from cited(value, (*place, key))
