"""OpenTelemetry: a trace per command with a span per step, and metrics; sent over http/protobuf.

Only loaded where OTEL_EXPORTER_OTLP_ENDPOINT is set. No attribute holds a path, a name, an account or a message:
of an error there is its kind alone. A collector that does not answer costs two seconds, and never the command.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExportResult, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import npo_pipeline
from npo_pipeline.errors import Refused
from npo_pipeline.watch.watched import DONE, FLOW, OTLP_VARIABLE, WAITING, Figures, StepDone, Watched, euros_of

REQUEST_SECONDS, IN_ALL_SECONDS = 1, 2

Attributes = dict[str, str | int | Sequence[str]]


class Telemetry:
    """Send a command and its steps as spans, and what it did as metrics."""

    def __init__(self, watched: Watched) -> None:
        """Begin the span of a command; where TRACEPARENT is set it is part of that trace.

        Raises:
            Refused: another protocol is asked for.
        """
        # Its own complaints, with a traceback for each try, would go to stderr; one line says it at the end.
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL + 1)
        protocol = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        if protocol != "http/protobuf":
            raise Refused(f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}; only http/protobuf is spoken")
        os.environ.setdefault("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
        self._faults: list[str] = []
        self._command = watched.command
        resource = Resource.create(
            {
                "service.name": os.environ.get("OTEL_SERVICE_NAME", "npo"),
                "service.version": npo_pipeline.__version__,
            }
        )
        self._traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._traces.add_span_processor(BatchSpanProcessor(_Spans(self._faults)))
        reader = PeriodicExportingMetricReader(
            _Metrics(self._faults), export_timeout_millis=1000 * REQUEST_SECONDS
        )
        self._metrics = MeterProvider([reader], resource=resource, shutdown_on_exit=False)
        self._tracer = self._traces.get_tracer("npo", npo_pipeline.__version__)
        self._meter = self._metrics.get_meter("npo", npo_pipeline.__version__)
        parent = TraceContextTextMapPropagator().extract({"traceparent": os.environ.get("TRACEPARENT", "")})
        name = watched.command if watched.command.startswith(FLOW) else f"npo {watched.command}"
        self._root = self._tracer.start_span(name, context=parent, start_time=watched.began)
        self._within = trace.set_span_in_context(self._root)
        self._step_seconds = self._meter.create_histogram("npo.step.duration", "s", "How long a step took")

    def step_done(self, step: StepDone) -> None:
        """Send a span of a step."""
        span = self._tracer.start_span(step.name.replace("_", " "), context=self._within, start_time=step.began)
        span.set_attributes({"npo.outcome": step.outcome, **attributes_of(step.figures)})
        _end(span, step.outcome, step.ended)
        labels = {"npo.command": self._command, "npo.step": step.name, "npo.outcome": step.outcome}
        self._step_seconds.record((step.ended - step.began) / 1e9, labels)

    def command_done(self, watched: Watched) -> str | None:
        """End the span of the command, count what it published, and send what was not sent yet."""
        self._root.set_attributes(command_attributes(watched))
        _end(self._root, watched.outcome, watched.ended)
        self._count(watched)
        flushing = [
            threading.Thread(target=shutdown, daemon=True)
            for shutdown in (self._traces.shutdown, _quietly(self._metrics.shutdown))
        ]
        for one in flushing:
            one.start()
        for one in flushing:
            one.join(IN_ALL_SECONDS / len(flushing))
        late = any(one.is_alive() for one in flushing)
        if not self._faults and not late:
            return None
        return f"{OTLP_VARIABLE}: the collector did not take what was sent; the command itself is as it says"

    def _count(self, watched: Watched) -> None:
        labels = {"npo.command": watched.command, "npo.outcome": watched.outcome}
        self._meter.create_counter("npo.commands", "1", "Commands that ended").add(1, labels)
        seconds = self._meter.create_histogram("npo.command.duration", "s", "How long a command took")
        seconds.record((watched.ended - watched.began) / 1e9, labels)
        rows = self._meter.create_counter("npo.rows", "1", "Rows written in the books")
        payments = self._meter.create_counter("npo.payments", "1", "Payments written in the ledger")
        cents = self._meter.create_counter("npo.paid.cents", "cents", "Net amount of payment runs, in cents")
        for run in watched.published:
            mine = {"npo.command": watched.command}
            for table, number in run.tables.items():
                rows.add(number, {**mine, "npo.table": table})
            if run.payments:
                payments.add(run.payments, mine)
            for currency, amount in run.cents.items():
                if amount:
                    sign = "plus" if amount > 0 else "minus"
                    cents.add(abs(amount), {**mine, "npo.currency": currency, "npo.sign": sign})


def attributes_of(figures: Figures) -> Attributes:
    """Return figures as attributes of a span; amounts as decimals in text, so that nobody makes floats of them."""
    counted = {"npo.rows": figures.rows, "npo.rejected": figures.rejected, "npo.payments": figures.payments}
    amounts = {f"npo.amount.{currency}": str(amount) for currency, amount in figures.amounts.items()}
    return {**{name: number for name, number in counted.items() if number is not None}, **amounts}


def command_attributes(watched: Watched) -> Attributes:
    """Return how a command ended and what it published as attributes of its span."""
    found: Attributes = {
        "npo.command": watched.command,
        "npo.outcome": watched.outcome,
        "npo.exit_status": watched.exit_status,
    }
    if not watched.published:
        return found
    found["npo.run_ids"] = [run.run_id for run in watched.published]
    found["npo.payments"] = sum(run.payments for run in watched.published)
    if months := [run.month[:7] for run in watched.published if run.month]:
        found["npo.months"] = months
    for name, total in _sums([run.tables for run in watched.published]).items():
        found[f"npo.rows.{name}"] = total
    for currency, cents in _sums([run.cents for run in watched.published]).items():
        if cents:
            found[f"npo.amount.{currency}"] = euros_of(cents)
    return found


def _sums(parts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(one.get(name, 0) for one in parts) for name in sorted({key for one in parts for key in one})}


def _end(span: trace.Span, outcome: str, at: int) -> None:
    if outcome not in (DONE, WAITING):
        span.set_status(trace.StatusCode.ERROR, outcome)
    span.end(at)


def _quietly(action: Callable[..., object]) -> Callable[[], None]:
    """Return an action without its errors: what could not be sent was noted by the exporter."""

    def act() -> None:
        try:
            action(timeout_millis=1000 * IN_ALL_SECONDS)
        except Exception as error:
            logging.getLogger("opentelemetry").debug("%s", error)

    return act


class _Spans(OTLPSpanExporter):
    """Send spans, and note what was not taken."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(timeout=REQUEST_SECONDS)
        self._noted = faults

    def export(self, spans: Any) -> SpanExportResult:
        result = super().export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._noted.append("traces")
        return result


class _Metrics(OTLPMetricExporter):
    """Send metrics, and note what was not taken."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(timeout=REQUEST_SECONDS)
        self._noted = faults

    def export(self, metrics_data: Any, timeout_millis: float | None = 10_000, **more: Any) -> MetricExportResult:
        result = super().export(metrics_data, timeout_millis, **more)
        if result is not MetricExportResult.SUCCESS:
            self._noted.append("metrics")
        return result
