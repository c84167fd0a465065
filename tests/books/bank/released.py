"""A home with a release in it, without the payments before it: three transfers of one batch, of three boards."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import open_run
from schemas.columns import schema_of
from schemas.released import BATCHES, TRANSFER_ORDERS, TRANSFER_PAYMENTS
from tests.books.blank import blank
from tests.spec.bank.released import batch_row, released

A, B, C = "NPO-202109-40045-00000000000a", "NPO-202109-40046-00000000000b", "NPO-202109-40047-00000000000c"
TRANSFERS = ((A, "40045", "10.00"), (B, "40046", "20.00"), (C, "40047", "30.00"))


def home_with_a_release(folder: Path) -> Path:
    home = blank(folder)
    release(home, "NPO-2021-09-001", *TRANSFERS)
    return home


def release(home: Path, batch_id: str, *transfers: tuple[str, str, str]) -> None:
    """Send transfers (id, board, amount) in a batch; the payment in each is of its board."""
    known = released(*((batch_id, name, amount, board) for name, board, amount in transfers))
    boards = pl.Series("recipient", [board for _, board, _ in transfers])
    sums = {"transfers": len(transfers), "total": sum(Decimal(amount) for *_, amount in transfers)}
    with open_run(Home(home), "release", lambda: datetime(2021, 9, 20, 9), subject="2021-09") as run:
        batch = {**batch_row(batch_id), **sums, "run_id": run.run_id}
        run.append(BATCHES, pl.DataFrame([batch], schema=schema_of(BATCHES)))
        mine = pl.lit(run.run_id).alias("run_id")
        run.append(TRANSFER_ORDERS, known.orders.with_columns(boards, mine))
        run.append(TRANSFER_PAYMENTS, known.payments.with_columns(mine))
