"""Suggest known codes and names for one that is not known."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

import polars as pl

from npo_pipeline.reports.explain.model import Kind
from schemas.frames.reports import KnownSchools

_MOST_SHOWN, _MOST_COMPARED = 5, 200
_FORMS = (
    "write a vestiging as 52MJ00, a BRIN as 52MJ, a board as 12045, a samenwerkingsverband as VO2001 or a "
    "municipality as 0363"
)
_KIND_NAMES = {"brin": "BRIN", "gemeente": "municipality"}


def suggest_codes(kind: Kind, code: str, schools: KnownSchools) -> str:
    """Return that a code of the right form is not known, and the known ones near it."""
    known = schools[kind].drop_nulls().unique().sort().to_list()
    alike = get_close_matches(code, known, _MOST_COMPARED)
    # Of those that are equally alike, what begins alike is meant most often: another site of the same BRIN.
    near = sorted(alike, key=lambda one: (-SequenceMatcher(None, one, code).ratio(), -_shared_start(one, code)))
    shown = ", ".join(_named(one, kind, schools) for one in near[:_MOST_SHOWN])
    return f"no {_KIND_NAMES.get(kind, kind)} {code} is known; " + (
        f"near it: {shown}" if near else "nothing comes near it"
    )


def no_code(text: str, schools: KnownSchools) -> str:
    """Return that a text is no code, and the schools with a name like it."""
    begin = f"{text!r} is no code of a school, board, samenwerkingsverband or municipality: {_FORMS}"
    named = schools.drop_nulls(["vestiging", "name"]).unique("vestiging", keep="last", maintain_order=True)
    names = dict(named.select("vestiging", pl.col("name").str.to_lowercase()).iter_rows())
    wanted = text.strip().lower()
    found = [one for one, name in names.items() if len(wanted) > 2 and wanted in name]
    if not found:
        near = get_close_matches(wanted, set(names.values()), _MOST_SHOWN)
        found = [one for one, name in names.items() if name in near]
    shown = ", ".join(_named(one, "vestiging", schools) for one in found[:_MOST_SHOWN])
    more = f" and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    return f"{begin}; with a name like it: {shown}{more}" if found else begin


def _shared_start(one: str, code: str) -> int:
    return next((place for place, pair in enumerate(zip(one, code, strict=True)) if len(set(pair)) > 1), len(code))


def _named(code: str, kind: Kind, schools: KnownSchools) -> str:
    if kind in ("board", "samenwerkingsverband", "gemeente"):
        return code
    name, place = schools.filter(pl.col(kind) == code).select("name", "place").row(0)
    return f"{code} ({', '.join(one for one in (name, place) if one)})" if name or place else code
