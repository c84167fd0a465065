"""OpenLineage: what each run was made from and what it made, as events for a catalogue of data.

Only loaded where OPENLINEAGE_URL is set. Datasets in: delivered files (with their sha256) and the tables that were
read. Out: tables written, with their rows, and folders of reports. No row of any of them leaves, and of an error
its kind alone. A catalogue that does not answer costs two seconds, and never the command.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, RunEvent, RunState
from openlineage.client.event_v2 import Run as LineageRun
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    JobFacet,
    OutputDatasetFacet,
    RunFacet,
    dataset_version_dataset,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    output_statistics_output_dataset,
    processing_engine_run,
    set_producer,
)
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport, TokenProvider

import npo_pipeline
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import QUERIES_RUN
from npo_pipeline.books.views import VIEWS
from npo_pipeline.watch.watched import DONE, FLOW, OPENLINEAGE_VARIABLE, WAITING, StepDone, Watched, moment_of
from schemas.tables import TABLES

REQUEST_SECONDS = 1

_ENDS = {DONE: RunState.COMPLETE, WAITING: RunState.ABORT, "stopped": RunState.ABORT}
"""The last event of a run by the outcome of its command; with any other it failed."""


@attr.define
class NpoRun(RunFacet):
    """Represent what the books know of a run: its run_ids (several where it caught up), and its months."""

    runIds: list[str]  # noqa: N815
    months: list[str]
    outcome: str
    exitStatus: int  # noqa: N815

    @staticmethod
    def _get_schema() -> str:
        return "urn:npo-pipeline:facet:run:1"


class Lineage:
    """Send a START event as a command begins, and COMPLETE or FAIL as it ends."""

    def __init__(self, watched: Watched) -> None:
        """Send that a command began; it does not wait for that."""
        set_producer(f"urn:npo-pipeline:{npo_pipeline.__version__}")
        self._transport, self._run_id, self._faults = _transport(), str(uuid4()), list[str]()
        QUERIES_RUN.texts = set()
        self._sending = self._send(self._event(watched, RunState.START))

    def step_done(self, step: StepDone) -> None:
        """Take note of nothing: lineage is of whole runs."""

    def command_done(self, watched: Watched) -> str | None:
        """Send how the command ended, with its datasets."""
        read = tables_of(QUERIES_RUN.texts or ())
        QUERIES_RUN.texts = None
        self._sending.join(REQUEST_SECONDS)
        # Where nobody took its beginning, its end is not worth another second.
        if self._sending.is_alive():
            self._faults.append("START")
        if not self._faults:
            self._sending = self._send(
                self._event(
                    watched,
                    _ENDS.get(watched.outcome, RunState.FAIL),
                    list(_inputs(watched, read)),
                    list(_outputs(watched)),
                )
            )
            self._sending.join(REQUEST_SECONDS)
        if self._faults or self._sending.is_alive():
            return f"{OPENLINEAGE_VARIABLE}: the events were not taken; the command itself is as it says"
        return None

    def _event(
        self,
        watched: Watched,
        state: RunState,
        inputs: list[InputDataset] | None = None,
        outputs: list[OutputDataset] | None = None,
    ) -> RunEvent:
        is_start = state is RunState.START
        moment = moment_of(watched.began if is_start else watched.ended)
        namespace = os.environ.get("OPENLINEAGE_NAMESPACE", "npo")
        return RunEvent(
            eventType=state,
            eventTime=moment.isoformat(),
            run=LineageRun(self._run_id, _run_facets(watched)),
            job=Job(namespace, f"npo.{watched.command.removeprefix(FLOW)}", _job_facets()),
            inputs=inputs or [],
            outputs=outputs or [],
        )

    def _send(self, event: RunEvent) -> threading.Thread:
        def send() -> None:
            try:
                self._transport.emit(event)
            except Exception as error:
                self._faults.append(type(error).__name__)

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        return thread


def _transport() -> HttpTransport:
    key = os.environ.get("OPENLINEAGE_API_KEY")
    config = HttpConfig(
        url=os.environ[OPENLINEAGE_VARIABLE],
        endpoint=os.environ.get("OPENLINEAGE_ENDPOINT", "api/v1/lineage"),
        timeout=REQUEST_SECONDS,
        auth=ApiKeyTokenProvider({"apiKey": key}) if key else TokenProvider({}),
        retry={"total": 0},
    )
    return HttpTransport(config)


def _run_facets(watched: Watched) -> dict[str, RunFacet]:
    facets: dict[str, RunFacet] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(npo_pipeline.__version__, "npo"),
        "npo": NpoRun(
            [run.run_id for run in watched.published],
            [run.month[:7] for run in watched.published if run.month],
            watched.outcome,
            watched.exit_status,
        ),
    }
    if _ENDS.get(watched.outcome) is None:
        message = f"{watched.outcome} (exit status {watched.exit_status})"
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(message, "PYTHON")
    return facets


def _job_facets() -> dict[str, JobFacet]:
    return {"jobType": job_type_job.JobTypeJobFacet("BATCH", "NPO", "COMMAND")}


def _inputs(watched: Watched, read: Iterable[str]) -> Iterator[InputDataset]:
    """Yield the delivered files with their sha256, and the tables that were read."""
    for run in watched.published:
        for one in run.inputs:
            version: dict[str, DatasetFacet] = {
                "version": dataset_version_dataset.DatasetVersionDatasetFacet(str(one["sha256"]))
            }
            statistics: dict[str, InputDatasetFacet] = {
                "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
                    rowCount=one.get("rows")
                )
            }
            yield InputDataset("npo-deliveries", str(one["file"]), facets=version, inputFacets=statistics)
    if watched.home is not None:
        for table in sorted(read):
            yield InputDataset(*table_name(watched.home, table))


_FROM = re.compile(r"\b(?:from|join)\s+(?:books\.)?(\w+)", re.IGNORECASE)

_NAMED = re.compile(r"\b(\w+)\s+as\s*\(", re.IGNORECASE)
"""A part of a query that has a name in it, which may be that of a view."""


def tables_of(queries: Iterable[str]) -> set[str]:
    """Return the tables that queries read, also those behind a view."""
    names = {name for query in queries for name in {*_FROM.findall(query)} - {*_NAMED.findall(query)}}
    behind = tables_of([VIEWS[name].query for name in names & VIEWS.keys()]) if names & VIEWS.keys() else set()
    return (names & {model.name for model in TABLES}) | behind


def _outputs(watched: Watched) -> Iterator[OutputDataset]:
    """Yield the tables that were written, with their rows, and the folders in which files were."""
    if watched.home is None:
        return
    written: dict[str, int] = {}
    for run in watched.published:
        for table, rows in run.tables.items():
            written[table] = written.get(table, 0) + rows
    for table, rows in sorted(written.items()):
        yield OutputDataset(*table_name(watched.home, table), outputFacets=_statistics(rows=rows))
    for folder, files, size in written_folders(watched.home, watched.began):
        yield OutputDataset("file", str(folder), outputFacets=_statistics(files=files, size=size))


def table_name(home: Home, table: str) -> tuple[str, str]:
    """Return the namespace and the name of a table of the books."""
    return f"duckdb://{home.database.absolute()}", f"{home.database.stem}.main.{table}"


def _statistics(
    *, rows: int | None = None, files: int | None = None, size: int | None = None
) -> dict[str, OutputDatasetFacet]:
    facet = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=rows, fileCount=files, size=size
    )
    return {"outputStatistics": facet}


def written_folders(home: Home, since: int) -> Iterator[tuple[Path, int, int]]:
    """Yield the folders of reports in which files were written since a time, with their number and bytes."""
    parents = (home.path / "reports", home.specifications)
    folders = [one for parent in parents if parent.is_dir() for one in sorted(parent.iterdir()) if one.is_dir()]
    for folder in [*folders, *([home.bank] if home.bank.is_dir() else [])]:
        found = [one.stat() for one in folder.rglob("*") if one.is_file()]
        new = [one.st_size for one in found if one.st_mtime_ns >= since]
        if new:
            yield folder.absolute(), len(new), sum(new)
