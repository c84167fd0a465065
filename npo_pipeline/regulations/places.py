"""Whom a regulation is for, when it is not for the whole country: schools by the place they are in."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from npo_pipeline.regulations.cited import Cited, Part
from npo_pipeline.regulations.values import Brin, Key, SchoolType, Text, some


class Place(Part):
    """The schools of a place: those named by BRIN, and all that an address list puts in a municipality."""

    brins: Cited[Annotated[tuple[Brin, ...], AfterValidator(some)]]
    municipalities: tuple[Text, ...] = ()


class Places(Part):
    """Places with rates of their own. Their schools are under no other regulation of the school year.

    `counts_as`: the school type that all pupils of these schools count as.
    """

    counts_as: SchoolType
    of: Annotated[dict[Key, Place], AfterValidator(some)]
