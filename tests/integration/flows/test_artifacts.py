"""What a run leaves to look at: totals per component, refused rows by rule, differences; and never a pupil."""

from __future__ import annotations

import base64
import os
import time
from pathlib import Path

import polars as pl
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

from flows import artifacts
from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from npo_pipeline.commands import ingest
from tests.books.home.delivery import write_country
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


def test_a_payment_run_leaves_its_totals_per_component(decided):
    found = artifacts_of(payment_run(str(decided), month="2021-10", return_state=True))
    assert set(found) == {"npo-payment-run-2021-09", "npo-payment-run-2021-10"}
    # September pays two twelfths. 12 and 7 pupils at 701,16, 4 at 1.051,74, 6 and 3 at 1.402,31:
    # 1.402,32 + 818,02 + 701,16 + 1.402,31 + 701,16. A score of 100,50 at 251,16: 4.206,93.
    # 5 + 2 cumi pupils less 4, at 548,56: 274,28.
    shown = [tuple(row.values()) for row in found["npo-payment-run-2021-09"]]
    assert list(found["npo-payment-run-2021-09"][0]) == ["component", "reason", "payments", "boards", "euro"]
    assert shown == [
        ("achterstandsscore", "instalment", "1", "1", "4206.93"),
        ("cumi", "instalment", "1", "1", "274.28"),
        ("per_pupil", "instalment", "5", "3", "5024.97"),
    ]


def test_a_run_that_pays_nothing_does_not_hide_the_table_of_the_one_that_paid(decided):
    payment_run(str(decided), month="2021-09")
    assert artifacts_of(payment_run(str(decided), month="2021-09", return_state=True)) == {}


def test_a_delivery_leaves_its_files_refused_rows_and_differences(tmp_path):
    delivery = write_secrets(tmp_path / "delivery")
    state = ingest_delivery(str(tmp_path / "h"), [str(delivery)], "2020-10-01", "0.05", return_state=True)
    found = artifacts_of(state)
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


def test_a_long_table_is_cut_off_and_says_so(monkeypatch, tmp_path, country):
    monkeypatch.setattr(artifacts, "MOST_ROWS", 2)
    state = ingest_delivery(str(tmp_path), [str(country)], "2020-10-01", return_state=True)
    assert len(artifacts_of(state)["npo-delivery"]) == 2


def test_no_pupil_reaches_prefect(tmp_path, monkeypatch):
    delivery = write_secrets(tmp_path / "delivery")
    home = str(tmp_path / "home")

    def failing(*_arguments):
        raise pl.exceptions.ComputeError(f"what a library says of a row: {PSEUDONYM}0001")

    with monkeypatch.context() as patch:
        patch.setattr(ingest, "read_delivery", failing)
        fault = ingest_delivery(home, [str(delivery)], "2020-10-01", return_state=True)
    refused = ingest_delivery(home, [str(delivery)], "2020-10-01", return_state=True)
    taken = ingest_delivery(home, [str(delivery)], "2020-10-01", "0.05", return_state=True)
    assert "NpoError: read files: ComputeError in failing (test_artifacts.py, line " in fault.message
    assert "rows are refused" in refused.message
    assert taken.is_completed()
    wait_for_logs(taken)

    held = what_is_held(tmp_path / "home")
    for known in (b"register.csv", b"taken in: ", b"ComputeError in failing"):
        assert any(known in content for content in held.values()), "the search looks where Prefect writes"
    assert [path for path, content in held.items() if PSEUDONYM.encode() in content] == []


def what_is_held(home: Path) -> dict[Path, bytes]:
    """Every file of Prefect and of the home. Prefect keeps the error of a failed flow as a pickle in base64."""
    database = Path(PREFECT_SERVER_DATABASE_CONNECTION_URL.value().split("///")[1])
    folders = [Path(os.environ["PREFECT_HOME"]), database.parent, home]
    files = {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
    kept = {path: base64.decodebytes(content) for path, content in files.items() if path.parent.name == "storage"}
    assert any(b"rows are refused" in content for content in kept.values())
    return {**files, **kept}


def wait_for_logs(state) -> None:
    """Logs travel to the server in batches; wait for the last line of a run."""
    only = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run_id(state)]))
    until = time.monotonic() + 20
    with get_client(sync_client=True) as client:
        while not any(log.message.startswith("taken in") for log in client.read_logs(only)):
            assert time.monotonic() < until
            time.sleep(0.1)
