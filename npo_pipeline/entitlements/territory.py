"""The schools that rules are for.

A school is under the regulation of its place, where there is one, else the country's. Some components are not for
some schools.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

import polars as pl

from schemas.frames.money import (
    CountsByType,
    Exceptions,
    LocatedSchools,
    Places,
    Quantities,
    ScoresByType,
    Territory,
)
from schemas.received import Schools

RowsByType = TypeVar("RowsByType", bound=pl.DataFrame)
"""Rows with a vestiging and a school_type."""

_TERRITORY = {"vestiging": pl.String, "regulation": pl.String, "place": pl.String}


def territory_of_schools(
    places: Mapping[str, Places], counts: CountsByType, scores: ScoresByType, schools: Schools
) -> Territory:
    """Return the schools that are under a regulation for some places only.

    Args:
        places: by regulation.
        counts: schools that are counted are under a regulation too when no list names them.
        scores: the same.
        schools: the directory.
    """
    named = [frame.with_columns(regulation=pl.lit(name)) for name, frame in places.items() if frame.height]
    if not named:
        return Territory(pl.DataFrame(schema=_TERRITORY))
    there = pl.concat([frame["vestiging"] for frame in (counts, scores, schools)])
    found = located(there, schools, Places(pl.concat(named)))
    return Territory(found.select(list(_TERRITORY)).sort("vestiging"))


def located(vestigingen: pl.Series, schools: Schools, places: Places) -> LocatedSchools:
    """Return the vestigingen that lie in places, with the columns of the place: by their BRIN, else their town.

    Args:
        vestigingen: also of schools that no list names.
        schools: the directory.
        places: BRINs, and municipalities in capitals.
    """
    there = pl.DataFrame({"vestiging": vestigingen.unique()}).with_columns(brin=pl.col("vestiging").str.head(4))
    by_brin = there.join(places, on="brin", how="inner")
    towns = schools.select("vestiging", municipality=pl.col("municipality").str.to_uppercase()).unique()
    by_town = towns.join(places, on="municipality", how="inner")
    columns = ["vestiging", *(name for name in places.columns if name not in ("brin", "municipality"))]
    both = pl.concat([by_brin.select(columns), by_town.select(columns)])
    return LocatedSchools(both.unique("vestiging", keep="first", maintain_order=True))


def rows_under_regulation(
    regulation: str, counts_as: str | None, territory: Territory, rows: RowsByType
) -> RowsByType:
    """Select the rows of the schools that are under a regulation.

    Args:
        regulation: its name.
        counts_as: the school type all its pupils count as; null for a regulation of the whole country.
        territory: of all regulations for some places.
        rows: of counts or scores.
    """
    if counts_as is None:
        if territory.is_empty():
            return rows
        return cast(RowsByType, rows.join(territory, on="vestiging", how="anti", maintain_order="left"))
    mine = territory.filter(pl.col("regulation") == regulation)
    found = rows.join(mine.select("vestiging"), on="vestiging", how="semi", maintain_order="left")
    return cast(RowsByType, found.with_columns(school_type=pl.lit(counts_as)))


def without_exceptions(quantities: Quantities, exceptions: Exceptions) -> Quantities:
    """Drop the quantities of schools that the component is not for."""
    of_school = quantities.with_columns(brin=pl.col("vestiging").str.head(4))
    kept = of_school.join(exceptions, on=["component", "brin"], how="anti", maintain_order="left")
    return Quantities(kept.drop("brin"))
