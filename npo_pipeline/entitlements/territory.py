"""Which regulation a school is under: one for its place, where there is such a one, else the country's."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

CLAIMED = {"vestiging": pl.String, "regulation": pl.String, "place": pl.String}


def territory_of_schools(
    places: Mapping[str, pl.DataFrame], counts: pl.DataFrame, scores: pl.DataFrame, schools: pl.DataFrame
) -> pl.DataFrame:
    """The schools that are under a regulation for some places only.

    Args:
        places: regulation -> place, brin, municipality (in capitals); no rows for one of the whole country.
        counts: vestiging, ...
        scores: vestiging, ...
        schools: vestiging, municipality, ...

    Returns:
        vestiging, regulation, place; a vestiging stands once.
    """
    named = [frame.with_columns(regulation=pl.lit(name)) for name, frame in places.items() if frame.height]
    if not named:
        return pl.DataFrame(schema=CLAIMED)
    there = pl.concat([frame.select("vestiging") for frame in (counts, scores, schools)]).unique()
    rows = pl.concat(named)
    by_brin = there.with_columns(brin=pl.col("vestiging").str.head(4)).join(rows, on="brin", how="inner")
    towns = schools.select("vestiging", municipality=pl.col("municipality").str.to_uppercase()).unique()
    by_town = towns.join(rows, on="municipality", how="inner")
    both = pl.concat([frame.select(*CLAIMED) for frame in (by_brin, by_town)])
    return both.unique("vestiging", keep="first", maintain_order=True).sort("vestiging")


def rows_under_regulation(
    regulation: str, counts_as: str | None, claims: pl.DataFrame, rows: pl.DataFrame
) -> pl.DataFrame:
    """The rows of the schools that are under a regulation.

    Args:
        regulation: its name.
        counts_as: the school type all its pupils count as; null for a regulation of the whole country.
        claims: vestiging, regulation, place.
        rows: vestiging, school_type, ...
    """
    if counts_as is None:
        return rows.join(claims, on="vestiging", how="anti", maintain_order="left") if claims.height else rows
    mine = claims.filter(pl.col("regulation") == regulation)
    found = rows.join(mine.select("vestiging"), on="vestiging", how="semi", maintain_order="left")
    return found.with_columns(school_type=pl.lit(counts_as))
