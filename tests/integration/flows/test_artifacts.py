"""What a run leaves to look at: totals per component, refused rows by rule, differences; and never a pupil."""

from __future__ import annotations

import base64
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import polars as pl
import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import State

from flows import artifacts
from flows.ingest import ingest_delivery
from npo_pipeline.commands import ingest
from tests.books.home.delivery import write_changes, write_country
from tests.integration.flows.prefect_side import artifacts_of, flow_run_id

PSEUDONYM = "ZEERGEHEIM"


def write_secrets(folder: Path) -> Path:
    """The country with pseudonyms that nothing else could hold, a broken row and a pupil too many in a score."""
    write_country(folder, broken=True)
    register, scores = folder / "register.csv", folder / "scores.csv"
    register.write_text(register.read_text().replace("\nP", f"\n{PSEUDONYM}"))
    scores.write_text(scores.read_text().replace("01AA00;12;", "01AA00;13;"))
    assert register.read_text().count(PSEUDONYM) == 33
    return folder


def test_a_payment_run_leaves_its_totals_per_component_and_no_page_of_failure(by_flow):
    found = artifacts_of(by_flow.state)
    assert set(found) == {"npo-payment-run-2021-09", "npo-payment-run-2021-10"}
    # September pays two twelfths. 12 and 7 pupils at 701,16, 4 at 1.051,74, 6 and 3 at 1.402,31:
    # 1.402,32 + 818,02 + 701,16 + 1.402,31 + 701,16. A score of 100,50 at 251,16: 4.206,93.
    # 5 + 2 cumi pupils less 4, at 548,56: 274,28.
    shown = [tuple(row.values()) for row in found["npo-payment-run-2021-09"]]
    columns = ["currency", "recipient_kind", "component", "reason", "payments", "recipients", "amount"]
    assert list(found["npo-payment-run-2021-09"][0]) == columns
    assert shown == [
        ("EUR", "bestuur", "achterstandsscore", "instalment", "1", "1", "4206.93"),
        ("EUR", "bestuur", "cumi", "instalment", "1", "1", "274.28"),
        ("EUR", "bestuur", "per_pupil", "instalment", "5", "3", "5024.97"),
    ]


@dataclass(frozen=True)
class Deliveries:
    """What came of a delivery with secrets in it: a fault of a library, a refusal, and then it was taken in."""

    home: Path
    fault: State[Any]
    refused: State[Any]
    taken: State[Any]


@pytest.fixture(scope="module")
def secrets(tmp_path_factory) -> Deliveries:
    folder = tmp_path_factory.mktemp("secrets")
    delivery, home = write_secrets(folder / "delivery"), folder / "home"

    def failing(*_arguments, **_named):
        raise pl.exceptions.ComputeError(f"what a library says of a row: {PSEUDONYM}0001")

    given = (str(home), [str(delivery)], "2020-10-01")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest, "read_delivery", failing)
        fault = ingest_delivery(*given, return_state=True)
    refused = ingest_delivery(*given, return_state=True)
    return Deliveries(home, fault, refused, taken=ingest_delivery(*given, "0.05", return_state=True))


def test_a_delivery_leaves_its_files_refused_rows_and_differences(secrets):
    found = artifacts_of(secrets.taken)
    assert set(found) == {"npo-delivery", "npo-refused-rows", "npo-differences"}
    assert [(row["file"], row["rows"], row["rejected"]) for row in found["npo-delivery"]] == [
        ("addresses.csv", "4", "0"),
        ("register.csv", "33", "1"),
        ("scores.csv", "2", "0"),
    ]
    assert found["npo-refused-rows"] == [{"file": "register.csv", "rule": "not_a_date", "rows": "1"}]
    assert [(row["vestiging"], row["used"], row["other"]) for row in found["npo-differences"]] == [
        ("01AA00", "12.00", "13.00")
    ]


def test_what_is_remarked_of_a_delivery_is_a_warning_of_its_run(decided, tmp_path, caplog):
    changes = write_changes(tmp_path / "changes", "20211101;sluiting;99ZZ00;;")
    state = ingest_delivery(str(decided), [str(changes)], return_state=True)
    (remark,) = state.result()["remarks"]
    assert "99ZZ" in remark
    assert (logging.WARNING, remark) in [(one.levelno, one.getMessage()) for one in caplog.records]
    assert state.message == "taken in: 1 rows, 0 refused, 0 differences (000003-ingest)"


def test_a_long_table_is_cut_off_and_says_so(monkeypatch):
    left = Mock()
    monkeypatch.setattr(artifacts.artifacts, "create_table_artifact", left)
    monkeypatch.setattr(artifacts, "MOST_ROWS", 2)
    artifacts._publish_table("npo-delivery", pl.DataFrame({"file": ["a", "b", "c"]}), "3 files")
    left.assert_called_once_with(
        table=[{"file": "a"}, {"file": "b"}], key="npo-delivery", description="3 files; the first 2 of 3"
    )


def test_no_pupil_reaches_prefect(secrets):
    assert (
        "a fault of ours (exit 1): read files: ComputeError in failing (test_artifacts.py, line "
        in secrets.fault.message
    )
    assert "rows are refused" in secrets.refused.message
    assert secrets.taken.is_completed()
    wait_for_logs(secrets.taken)

    held = what_is_held(secrets.home)
    for known in (b"register.csv", b"taken in: ", b"ComputeError in failing"):
        assert any(known in content for content in held.values()), "the search looks where Prefect writes"
    assert [path for path, content in held.items() if PSEUDONYM.encode() in content] == []


def what_is_held(home: Path) -> dict[Path, bytes]:
    """Every file of Prefect and of the home. What Prefect keeps of results is pickled, in base64."""
    folders = [Path(os.environ["PREFECT_HOME"]), home]
    files = {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    kept = {path: base64.decodebytes(content) for path, content in files.items() if path.parent.name == "storage"}
    return {**files, **kept}


def wait_for_logs(state) -> None:
    """Logs travel to the server in batches; wait for the last line of a run."""
    only = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id(state)]))
    until = time.monotonic() + 20
    with get_client(sync_client=True) as client:
        while not any(log.message.startswith("taken in") for log in client.read_logs(only)):
            assert time.monotonic() < until
            time.sleep(0.1)
