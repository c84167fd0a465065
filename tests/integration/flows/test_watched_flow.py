"""A flow is watched as a command is: one trace with a span per step, its lineage, and its log as JSON."""

import json
import logging

from flows.json_logs import JsonLines
from tests.books.home.receiver import receiver
from tests.books.home.test_watched import events, spans
from tests.integration.flows.conftest import paying


def test_a_flow_run_is_one_trace_and_one_run_of_lineage(decided, monkeypatch):
    with receiver() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OPENLINEAGE_URL", received.url)
        assert paying(decided, "2021-09").state.is_completed()
        found = spans(received)
        root, attributes = found.pop("npo-payment-run")
        assert {span.parent_span_id for span, _ in found.values()} == {root.span_id}
        assert {"plan months", "settle month", "write payments"} <= set(found)
        assert attributes["npo.run_ids"] == ["000003-pay-2021-09"]
        assert [one["eventType"] for one in events(received)] == ["START", "COMPLETE"]
        assert events(received)[1]["job"]["name"] == "npo.payment-run"
        received.posted.clear()
        assert paying(decided, "2021-12").state.is_completed()
        assert spans(received)["npo-payment-run"][1]["npo.months"] == ["2021-10", "2021-11", "2021-12"]


def test_a_record_of_a_log_of_prefect_is_a_json_object_with_its_flow_run():
    record = logging.LogRecord("prefect.flow_runs", logging.WARNING, "", 0, "%d rows", (3,), None)
    record.flow_run_name = "pay-2021-09"
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["message"]) == ("warning", "3 rows")
    assert (line["logger"], line["flow_run_name"]) == ("prefect.flow_runs", "pay-2021-09")
    assert "task_run_name" not in line
    try:
        raise ZeroDivisionError("1/0")
    except ZeroDivisionError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    assert json.loads(JsonLines().format(record))["traceback"].endswith("ZeroDivisionError: 1/0")
