"""A reconciliation made of small tables: what others say beside what was decided."""

from decimal import Decimal

import polars as pl

from npo_pipeline.reconciliation.model import ReconciledFile, Reconciliation
from schemas.columns import schema_of
from schemas.reconciled import (
    BY_SCHOOL,
    LEFT_OUT,
    OTHER_ROWS,
    RECONCILED_NAMES,
    RECONCILIATION,
    UNREAD_ROWS,
    LeftOutComponents,
    OtherRows,
    Reconciled,
    ReconciledNames,
    UnreadRows,
)
from tests.reading import table

SHA = "ab" * 32
ALWAYS = {
    "run_id": "000003-reconcile-2021-2022",
    "school_year": "2021-2022",
    "decision_id": "2021-2022-001",
    "file": "ofb.csv",
    "sha256": SHA,
    "level": BY_SCHOOL,
    "board": "10001",
    "component": "per_pupil",
    "currency": "EUR",
    "column_name": "BEDRAG",
    "line": 2,
    "tolerance": Decimal("0.00"),
}
AMOUNTS = ("ours", "theirs", "difference", "our_count", "their_count", "tolerance")


def reconciled(text: str) -> Reconciled:
    """Rows of table `reconciliation`; what is left out is as in `ALWAYS`, and the difference is worked out."""
    told = table(text, **dict.fromkeys(AMOUNTS, "m"), line="i")
    given = {name: pl.lit(value) for name, value in ALWAYS.items() if name not in told.columns}
    told = told.with_columns(**given)
    schema = schema_of(RECONCILIATION)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in told.columns]
    told = told.with_columns(absent).with_columns(difference=pl.col("theirs") - pl.col("ours"))
    words = pl.col("explanation").str.replace_all("_", " ")
    return Reconciled(told.with_columns(explanation=words).select(list(schema)).cast(schema))


def reconciliation(rows: Reconciled, **parts) -> Reconciliation:
    """One file that was compared, with nothing left out or unread unless said."""
    file = ReconciledFile(
        name="ofb.csv",
        sha256=SHA,
        layout="ofb.yaml",
        levels=(BY_SCHOOL,),
        rows=rows.height,
        components=("per_pupil",),
    )
    given = {
        "run_id": ALWAYS["run_id"],
        "school_year": "2021-2022",
        "decisions": ("2021-2022-001",),
        "files": (file,),
        "tolerance": Decimal("0.00"),
        "rows": rows,
        "left_out": LeftOutComponents(pl.DataFrame(schema=LEFT_OUT)),
        "unread": UnreadRows(pl.DataFrame(schema=UNREAD_ROWS)),
        "others": OtherRows(pl.DataFrame(schema=OTHER_ROWS)),
        "names": ReconciledNames(pl.DataFrame(schema=RECONCILED_NAMES)),
    }
    return Reconciliation(**{**given, **parts})


FOUR = """
brin component          ours    theirs  outcome      cause       explanation
01AA per_pupil          701.16  701.16  match        -           -
02BB per_pupil          1402.32 1203.66 differs      count       2_leerlingen_minder
03CC per_pupil          701.16  584.30  differs      unexplained geen_oorzaak_gevonden
04DD per_pupil          -       350.58  missing_here -           -
05EE achterstandsscore  96.28   -       missing_there -          -
"""
