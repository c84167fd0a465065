"""What someone may have meant who asked for a school that is not there."""

from __future__ import annotations

import difflib

import polars as pl

from npo_pipeline.reports.explain.model import Kind

_MOST, _ALIKE = 5, 200

_FORMS = "write a vestiging as 16AH00, a BRIN as 16AH or a board as 41234"

_SHOWN = {"vestiging": "vestiging", "brin": "BRIN", "board": "board"}


def suggest_codes(kind: Kind, code: str, schools: pl.DataFrame) -> str:
    """Say that a code of the right form is not known, and which known ones come near.

    Args:
        kind: what it is a code of.
        code: the code.
        schools: vestiging, brin, board, name, place.
    """
    known = schools[kind].drop_nulls().unique().sort().to_list()
    alike = difflib.get_close_matches(code, known, _ALIKE)
    # Of those that are equally alike, what begins alike is meant most often: another site of the same BRIN.
    near = sorted(alike, key=lambda one: (-_ratio(one, code), -_begin(one, code)))[:_MOST]
    shown = ", ".join(_named(one, kind, schools) for one in near)
    return f"no {_SHOWN[kind]} {code} is known; " + (f"near it: {shown}" if near else "nothing comes near it")


def no_code(text: str, schools: pl.DataFrame) -> str:
    """Say that a text is no code, and which schools bear a name like it.

    Args:
        text: what was asked for.
        schools: vestiging, name, place.
    """
    begin = f"{text!r} is no code of a school or board: {_FORMS}"
    named = schools.drop_nulls("name").unique("vestiging", keep="last", maintain_order=True)
    names = dict(named.select("vestiging", pl.col("name").str.to_lowercase()).iter_rows())
    wanted = text.strip().lower()
    found = [one for one, name in names.items() if len(wanted) > 2 and wanted in name]
    if not found:
        near = difflib.get_close_matches(wanted, set(names.values()), _MOST)
        found = [one for one, name in names.items() if name in near]
    shown = ", ".join(_named(one, "vestiging", schools) for one in found[:_MOST])
    more = f" and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"{begin}; with a name like it: {shown}{more}" if found else begin


def _ratio(one: str, code: str) -> float:
    return difflib.SequenceMatcher(None, one, code).ratio()


def _begin(one: str, code: str) -> int:
    """How many characters two codes have in common at their beginning."""
    return next((place for place, pair in enumerate(zip(one, code, strict=True)) if len(set(pair)) > 1), len(code))


def _named(code: str, kind: Kind, schools: pl.DataFrame) -> str:
    if kind == "board":
        return code
    name, place = schools.filter(pl.col(kind) == code).select("name", "place").row(0)
    return f"{code} ({', '.join(one for one in (name, place) if one)})" if name or place else code
