"""Commands that are watched: traces, metrics, lineage and logs, as receivers on this machine take them."""

import hashlib
import json
import os
import shutil
import socket
import time

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from npo_pipeline.books.paths import Home
from npo_pipeline.watch.lineage import written_folders
from tests.books.home.npo import here
from tests.books.home.receiver import receiver


def value(one):
    """The value of an attribute as Python has it."""
    kind = one.WhichOneof("value")
    return [value(part) for part in one.array_value.values] if kind == "array_value" else getattr(one, kind)


def spans(received):
    """The spans by name, each with its attributes and status, and whose child it is."""
    found = {}
    for body in received.bodies("/v1/traces"):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for span in resource.scope_spans[0].spans:
                found[span.name] = (span, {one.key: value(one.value) for one in span.attributes})
    return found


def points(received):
    """The counters, as (name, attributes) -> number; and the number of measurements of each duration."""
    found = {}
    for body in received.bodies("/v1/metrics"):
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for metric in resource.scope_metrics[0].metrics:
                for point in (metric.sum if metric.HasField("sum") else metric.histogram).data_points:
                    labels = tuple(sorted(str(value(one.value)) for one in point.attributes))
                    found[metric.name, *labels] = getattr(point, "as_int", None) or getattr(point, "count", None)
    return found


def events(received):
    return [json.loads(body) for body in received.bodies("/api/v1/lineage")]


@pytest.fixture(scope="module")
def november(story, tmp_path_factory):
    """November is paid with all watching on: the home, what was received, and how the command ended."""
    home = shutil.copytree(story.at("paid"), tmp_path_factory.mktemp("watched") / "home")
    with pytest.MonkeyPatch.context() as patch, receiver() as received:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        patch.setenv("OPENLINEAGE_URL", received.url)
        patch.setenv("NPO_LOG", "json")
        patch.setenv("TRACEPARENT", f"00-{'ab' * 16}-{'cd' * 8}-01")
        ended = here("pay", "--month", "2021-11", "--specifications", "--home", home)
    return home, received, ended


def test_a_command_is_a_span_and_each_of_its_steps_a_span_below_it(november):
    _, received, _ = november
    found = spans(received)
    root, attributes = found.pop("npo pay")
    assert {span.parent_span_id for span, _ in found.values()} == {root.span_id}
    assert {"plan months", "settle month", "write payments", "gather specifications"} <= set(found)
    assert all(root.start_time_unix_nano <= span.start_time_unix_nano for span, _ in found.values())
    assert all(span.end_time_unix_nano <= root.end_time_unix_nano for span, _ in found.values())
    assert attributes == {
        "npo.command": "pay",
        "npo.outcome": "done",
        "npo.exit_status": 0,
        "npo.run_ids": ["000005-pay-2021-11"],
        "npo.months": ["2021-11"],
        "npo.payments": 7,
        "npo.rows.payments": 7,
        "npo.amount.EUR": "4753.08",
    }
    assert found["settle month"][1]["npo.amount.EUR"] == "4753.08"


def test_a_trace_goes_on_from_the_one_that_started_the_command(november):
    _, received, _ = november
    root, _ = spans(received)["npo pay"]
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == ("ab" * 16, "cd" * 8)


def test_rows_payments_and_cents_are_counted_in_whole_numbers(november):
    _, received, _ = november
    found = points(received)
    assert found["npo.payments", "pay"] == 7
    assert found["npo.rows", "pay", "payments"] == 7
    assert found["npo.paid.cents", "EUR", "pay", "plus"] == 475308
    assert found["npo.commands", "done", "pay"] == 1
    assert found["npo.command.duration", "done", "pay"] == 1
    assert found["npo.step.duration", "done", "pay", "settle_month"] == 1


def test_a_run_is_a_start_and_a_complete_with_its_datasets(november):
    home, received, _ = november
    start, complete = events(received)
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert complete["job"]["name"] == "npo.pay"
    assert complete["run"]["facets"]["npo"]["runIds"] == ["000005-pay-2021-11"]
    read = {one["name"] for one in complete["inputs"]}
    assert {"npo.main.decisions", "npo.main.instalments", "npo.main.payments", "npo.main.schools"} <= read
    written = {one["name"]: one["outputFacets"]["outputStatistics"] for one in complete["outputs"]}
    assert written["npo.main.payments"]["rowCount"] == 7
    files = [one for one in (home / "specifications" / "2021-11").rglob("*") if one.is_file()]
    assert written[str(home / "specifications" / "2021-11")]["fileCount"] == len(files)


def test_what_a_command_says_while_it_works_is_a_json_object_per_line(november):
    _, _, ended = november
    lines = [json.loads(one) for one in ended.stderr.splitlines()]
    assert {"time", "level", "command", "run_id", "message"} <= set(lines[0])
    assert (lines[0]["level"], lines[0]["message"]) == ("info", "paying 2021-11")
    end = lines[-1]
    assert (end["message"], end["run_id"], end["outcome"]) == ("pay ended", "000005-pay-2021-11", "done")
    assert ended.stdout.startswith("2021-11")


def test_a_delivery_is_an_input_with_its_sha256_and_no_pupil_leaves(country, tmp_path, monkeypatch):
    home = tmp_path / "home"
    with receiver() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OPENLINEAGE_URL", received.url)
        assert here("ingest", country, "--reference-date", "2020-10-01", "--home", home).status == 0
    _, complete = events(received)
    delivered = {one["name"]: one for one in complete["inputs"] if one["namespace"] == "npo-deliveries"}
    sums = {name: one["facets"]["version"]["datasetVersion"] for name, one in delivered.items()}
    assert sums == {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in country.iterdir()}
    assert delivered["register.csv"]["inputFacets"]["inputStatistics"]["rowCount"] == 32
    posted = b"".join(body for _, body in received.posted)
    rows = (country / "register.csv").read_text().splitlines()[1:]
    assert rows
    assert not [one for one in rows if one.split(";")[0].encode() in posted]


def test_a_refusal_is_its_kind_alone_for_names_and_reasons_stay_here(paid, monkeypatch):
    monkeypatch.setenv("NPO_LOG", "json")
    with receiver() as received:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", received.url)
        monkeypatch.setenv("OPENLINEAGE_URL", received.url)
        given = ("--by", "Jannie Jansen", "--reason", "the account NL91ABNA0417164300 is wrong")
        assert here("hold", *given, "--home", paid).status == 0
        ended = here("pay", "--month", "2021-11", "--home", paid)
    assert ended.status == 3
    span, attributes = spans(received)["npo pay"]
    assert (attributes["npo.outcome"], attributes["npo.exit_status"]) == ("refused", 3)
    assert (span.status.code, span.status.message) == (2, "refused")
    assert events(received)[-1]["eventType"] == "FAIL"
    assert events(received)[-1]["run"]["facets"]["errorMessage"]["message"] == "refused (exit status 3)"
    posted = b"".join(body for _, body in received.posted)
    assert not [one for one in (b"Jannie", b"NL91ABNA", b"the account") if one in posted]
    error = json.loads(ended.stderr.splitlines()[-1])
    assert (error["level"], error["kind"], error["exit_status"]) == ("error", "refused", 3)
    assert "payments are on hold since" in error["message"]


def test_a_collector_that_does_not_answer_costs_a_line_and_not_the_command(paid, monkeypatch):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setenv("OPENLINEAGE_URL", f"http://127.0.0.1:{deaf.getsockname()[1]}")
        began = time.monotonic()
        ended = here("hold", "--reason", "a test", "--home", paid)
        took = time.monotonic() - began
    assert ended.status == 0
    first, second = ended.stderr.splitlines()
    told = "the collector did not take what was sent; the command itself is as it says"
    assert first == f"npo: OTEL_EXPORTER_OTLP_ENDPOINT: {told}"
    assert second.startswith("npo: OPENLINEAGE_URL: the events were not taken")
    assert took < 15


def test_a_library_that_is_not_installed_is_named_in_one_line(paid, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "npo_pipeline.watch.telemetry", None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    ended = here("status", "--home", paid)
    assert ended.status == 0
    assert ended.stderr.splitlines() == [
        "npo: OTEL_EXPORTER_OTLP_ENDPOINT is set, and nothing is sent: install its libraries by "
        "`pip install 'npo-pipeline[telemetry]'`"
    ]


def test_a_wrong_setting_is_a_line_and_not_the_end_of_a_command(paid, monkeypatch):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OPENLINEAGE_URL", "https://catalogue:secret@")
    ended = here("hold", "--reason", "a test", "--home", paid)
    assert ended.status == 0
    assert ended.stderr.splitlines() == [
        "npo: OTEL_EXPORTER_OTLP_ENDPOINT is set, and nothing is sent: OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'; "
        "only http/protobuf is spoken",
        "npo: OPENLINEAGE_URL is no web address as http://127.0.0.1:4318, and nothing is sent",
    ]


def test_an_observer_that_breaks_is_a_line_and_not_the_end_of_a_command(paid, monkeypatch):
    def broken(self, step):
        raise ZeroDivisionError("J. Jansen")

    monkeypatch.setattr("npo_pipeline.watch.lineage.Lineage.step_done", broken)
    with receiver() as received:
        monkeypatch.setenv("OPENLINEAGE_URL", received.url)
        ended = here("pay", "--month", "2021-11", "--home", paid)
    assert ended.status == 0
    (said,) = ended.stderr.splitlines()
    assert said.startswith(
        "npo: what the command does could not be sent (ZeroDivisionError in broken (test_watched"
    )
    assert said.endswith("; the command itself is as it says")
    assert [one["eventType"] for one in events(received)] == ["START", "COMPLETE"]


def test_of_a_folder_of_reports_the_files_are_counted_that_were_written_meanwhile(tmp_path):
    folder = tmp_path / "specifications" / "2021-09"
    folder.mkdir(parents=True)
    for name, written in (("before", 1_000), ("meanwhile", 3_000)):
        (folder / name).write_text(name)
        os.utime(folder / name, ns=(written, written))
    assert list(written_folders(Home(tmp_path), since=2_000)) == [(folder, 1, len("meanwhile"))]
    assert list(written_folders(Home(tmp_path), since=4_000)) == []
