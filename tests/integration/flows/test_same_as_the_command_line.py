"""A flow leaves the same books as the command: every table, every column, to the last hash."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from tests.integration.flows.conftest import npo
from tests.integration.flows.prefect_side import tables


@pytest.fixture(scope="module")
def by_command(tmp_path_factory, decided_once) -> dict[str, list[tuple]]:
    home = Path(shutil.copytree(decided_once, tmp_path_factory.mktemp("command") / "home"))
    npo("pay", "--month", "2021-10", "--catch-up", "--home", home)
    return tables(home)


@pytest.fixture(scope="module")
def by_flow(tmp_path_factory, country) -> dict[str, list[tuple]]:
    home = tmp_path_factory.mktemp("flow") / "home"
    ingest_delivery(str(home), [str(country)], reference_date="2020-10-01")
    npo("decide", "--school-year", "2021-2022", "--home", home)
    payment_run(str(home), month="2021-10")
    return tables(home)


def test_every_table_is_the_same_to_the_row(by_command, by_flow):
    assert by_flow.keys() == by_command.keys()
    for name, rows in by_command.items():
        assert by_flow[name] == rows, name


def test_the_tables_that_are_compared_are_not_empty(by_command):
    filled = {name for name, rows in by_command.items() if rows}
    assert {"deliveries", "counts", "scores", "schools", "decisions", "entitlements", "instalments"} <= filled
    assert {"payments", "board_payments", "runs"} <= filled
