"""Tables of what was received: deliveries, what was refused or corrected, schools, counts, applications."""

from __future__ import annotations

from typing import NewType

import pandera.polars as pa
import polars as pl

from schemas.columns import MOMENT, MONEY, QUANTITY, SCHEME, SCHOOL_TYPES, code, column, one_of, table, text, whole
from schemas.rules import BOARD, BRIN, RULES, VESTIGING

Deliveries = NewType("Deliveries", pl.DataFrame)
DELIVERIES = table(
    "deliveries",
    {
        "delivery_id": text(),
        "reference_date": column(pl.Date, nullable=True),
        "kind": text(),
        "file": text(),
        "sha256": code(r"^[0-9a-f]{64}$"),
        "rows": whole(),
        "rejected": whole(),
        "ingested_at": column(MOMENT),
        "superseded_by": text(nullable=True),
        "run_id": text(),
        "encoding": text(),
    },
    ("delivery_id",),
)

Quarantine = NewType("Quarantine", pl.DataFrame)
QUARANTINE = table(
    "quarantine",
    {
        "delivery_id": text(),
        "file": text(),
        "line": whole(),
        "rule": one_of(RULES),
        "column_name": text(nullable=True),
        "message": text(),
        "board": code(BOARD, nullable=True),
        "period": text(nullable=True),
    },
    ("delivery_id", "line", "rule", "column_name"),
)
"""Refused rows; `board` and `period` are whose row it is and of when, in files that boards deliver themselves."""

SourceCorrections = NewType("SourceCorrections", pl.DataFrame)
SOURCE_CORRECTIONS = table(
    "source_corrections",
    {
        "delivery_id": text(),
        "file": text(),
        "line": whole(),
        "vestiging": code(VESTIGING, nullable=True),
        "column_name": text(),
        "action": one_of(("set", "drop")),
        "expected": text(nullable=True),
        "value": text(nullable=True),
        "reason": text(),
        "reported_by": text(),
        "reported_on": column(pl.Date),
        "expires": column(pl.Date),
    },
    ("delivery_id", "line", "column_name", "vestiging"),
)

Resolutions = NewType("Resolutions", pl.DataFrame)
RESOLUTIONS = table(
    "resolutions",
    {
        "delivery_id": text(),
        "line": whole(),
        "resolved_by": text(),
        "reason": text(),
        "reported_by": text(),
    },
    ("delivery_id", "line", "resolved_by"),
)

SchoolFacts = NewType("SchoolFacts", pl.DataFrame)
SCHOOL_FACTS = table(
    "school_facts",
    {
        "delivery_id": text(),
        "vestiging": code(VESTIGING),
        "board": code(BOARD),
        "name": text(nullable=True),
        "place": text(nullable=True),
        "municipality": text(nullable=True),
        "as_of": column(pl.Date),
        "source": one_of(("pupils", "addresses", "changes")),
    },
)

Schools = NewType("Schools", pl.DataFrame)
SCHOOLS = table(
    "schools",
    {
        "vestiging": code(VESTIGING),
        "brin": code(BRIN),
        "board": code(BOARD),
        "name": text(nullable=True),
        "place": text(nullable=True),
        "municipality": text(nullable=True),
        "valid_from": column(pl.Date),
        "valid_to": column(pl.Date, nullable=True),
    },
    ("vestiging", "valid_from"),
)

Counts = NewType("Counts", pl.DataFrame)
COUNTS = table(
    "counts",
    {
        "delivery_id": text(),
        "reference_date": column(pl.Date),
        "vestiging": code(VESTIGING),
        "school_type": one_of(SCHOOL_TYPES),
        "cluster": text(nullable=True),
        "pupils": whole(nullable=True),
        "cumi_pupils": whole(nullable=True),
        "newcomers": whole(nullable=True),
    },
    ("delivery_id", "vestiging", "school_type", "cluster"),
)

Scores = NewType("Scores", pl.DataFrame)
SCORES = table(
    "scores",
    {
        "delivery_id": text(),
        "reference_date": column(pl.Date),
        "vestiging": code(VESTIGING),
        "score": column(QUANTITY, pa.Check.ge(0)),
        "pupils": whole(),
    },
    ("delivery_id", "vestiging"),
)

Changes = NewType("Changes", pl.DataFrame)
CHANGES = table(
    "changes",
    {
        "delivery_id": text(),
        "effective": column(pl.Date),
        "kind": text(),
        "vestiging": code(VESTIGING),
        "board": code(BOARD, nullable=True),
        "successor": code(VESTIGING, nullable=True),
    },
)

Applications = NewType("Applications", pl.DataFrame)
APPLICATIONS = table(
    "applications",
    {
        "delivery_id": text(),
        "line": whole(),
        "scheme": code(SCHEME),
        "board": code(BOARD),
        "brin": code(BRIN),
        "applied_on": column(pl.Date),
        "pupils": whole(),
        "amount": column(MONEY, pa.Check.ge(0)),
    },
    ("delivery_id", "line"),
)

Differences = NewType("Differences", pl.DataFrame)
DIFFERENCES = table(
    "differences",
    {
        "run_id": text(),
        "reference_date": column(pl.Date),
        "vestiging": code(VESTIGING),
        "school_type": one_of(SCHOOL_TYPES),
        "measure": text(),
        "used": column(QUANTITY, nullable=True),
        "used_delivery": text(),
        "other": column(QUANTITY, nullable=True),
        "other_delivery": text(),
        "message": text(),
    },
)
