"""The record of the formats of the books: a hash of the tables and views of each (`formats.json`).

A format that has been released never changes: whoever changes a table or a view raises `FORMAT`, so that books of
an older program are migrated and not called damaged. The hash of the format in the making is written anew by
`make reference`.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from npo_pipeline.books.tables import FORMAT, sql_type
from npo_pipeline.books.views import VIEWS
from schemas.tables import TABLES

RECORD = Path(__file__).with_name("formats.json")

RELEASED, IN_THE_MAKING = "released", "in the making"


class FormatNotRaised(Exception):
    """Report that the tables or views of a released format were changed."""


def current_hash() -> str:
    """Hash the tables, their columns in order with their types, and the queries of the views."""
    tables = [
        (model.name, [(name, sql_type(column.dtype.type)) for name, column in model.columns.items()])
        for model in TABLES
    ]
    views = [(name, " ".join(view.query.split())) for name, view in VIEWS.items()]
    return hashlib.sha256(json.dumps([sorted(tables), sorted(views)]).encode()).hexdigest()


def recorded() -> dict[str, dict[str, str]]:
    """Return the record: `released` and `in the making` -> format -> hash."""
    found: dict[str, dict[str, str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def renewed(record: dict[str, dict[str, str]], number: int, found: str) -> dict[str, dict[str, str]]:
    """Return the record with the hash of the format in the making.

    `number`, `found`: the format of this program, and the hash of its tables and views.

    Raises:
        FormatNotRaised: the format has been released with another hash, or is older than one that has been.
    """
    released = record[RELEASED]
    if released.get(str(number)) == found:
        return {RELEASED: released, IN_THE_MAKING: {}}
    last = max(map(int, released))
    if number <= last:
        raise FormatNotRaised(
            f"tables or views were changed, and format {last} has been released: raise FORMAT in "
            f"npo_pipeline/books/tables.py to {last + 1}, and add a Step to npo_pipeline/books/formats.py with "
            "the new tables and what older rows have in new columns"
        )
    return {RELEASED: released, IN_THE_MAKING: {str(number): found}}


def write() -> None:
    """Write the record anew.

    Raises:
        FormatNotRaised: as `renewed`.
    """
    record = renewed(recorded(), FORMAT, current_hash())
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
