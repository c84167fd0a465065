"""A flow leaves the same books as the command: every table, every column, to the last hash."""

from __future__ import annotations

from tests.integration.flows.prefect_side import tables


def test_every_table_is_the_same_to_the_row(paid_once, by_flow):
    by_command = tables(paid_once)
    assert tables(by_flow.home) == by_command
    # And what is compared is not empty.
    filled = {name for name, rows in by_command.items() if rows}
    assert {"deliveries", "counts", "scores", "schools", "decisions", "entitlements", "instalments"} <= filled
    assert {"payments", "board_payments", "runs"} <= filled
