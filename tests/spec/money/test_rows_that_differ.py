"""Rows that do not follow are described in the notation of all other sentences."""

from decimal import Decimal

import polars as pl

from npo_pipeline.commands.verify.tables import row_differences


def test_the_first_row_that_differs_is_shown_with_its_amounts_in_dutch_notation():
    right = pl.DataFrame({"board": ["10001"], "received": [Decimal("81509.85")]})
    wrong = pl.DataFrame({"board": ["10001"], "received": [Decimal("81510.85")]})
    assert list(row_differences("accounts", right, wrong, ["board", "received"])) == [
        "accounts: 1 rows do not follow, 1 are missing; first: board 10001, received 81.510,85"
    ]
    assert list(row_differences("accounts", right, right, ["board", "received"])) == []
