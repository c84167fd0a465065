"""The draft of the next books: a private copy of the books with what a run adds, and the proof of it."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import polars as pl

from npo_pipeline.home.addition import Addition
from npo_pipeline.home.connection import reading, writing
from npo_pipeline.home.engine import Engine
from npo_pipeline.home.tables import create


class NotAsWritten(Exception):
    """A draft does not hold what was written in it."""


def write(engine: Engine, draft: Path, addition: Addition, sealing: Future[pl.DataFrame]) -> None:
    """Write what a run adds, and its row of `runs`, in one transaction.

    Args:
        engine: DuckDB.
        draft: a copy of the books; it is made when there are no books yet.
        addition: what the run adds.
        sealing: its row of `runs`, which is being made.
    """
    fresh = not draft.exists()
    with writing(engine, draft):
        if fresh:
            create(engine)
        for name in addition.derived:
            engine.execute(f"delete from {name}")
        for name, frame in {**addition.added, **addition.derived}.items():
            _insert(engine, name, frame)
        _insert(engine, "runs", sealing.result())
        for older, newer in addition.superseded.items():
            engine.execute("update deliveries set superseded_by = ? where delivery_id = ?", [newer, older])


def prove(engine: Engine, draft: Path, addition: Addition, run: pl.DataFrame) -> None:
    """Count and add up again what was written, in the closed file: a control total per table.

    Raises:
        NotAsWritten: names the table.
    """
    if Path(f"{draft}.wal").exists():
        raise NotAsWritten("it was not closed cleanly")
    with reading(engine, draft):
        for name, frame in {**addition.added, "runs": run}.items():
            key = next(
                c for c in ("run_id", "decision_id", "resolved_by", "delivery_id", "sha256") if c in frame.columns
            )
            names = frame[key].unique().to_list()
            _compare(engine, name, frame, f"from {name} where {key} in (select unnest(?))", [names])
        for name, frame in addition.derived.items():
            _compare(engine, name, frame, f"from {name}", [])


class _Stream:
    """A frame that DuckDB can read only as a stream: where it knows a frame of polars, it loads pyarrow for it."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._frame.__arrow_c_stream__(requested_schema)


def _insert(engine: Engine, table: str, frame: pl.DataFrame) -> None:
    engine.register("arriving", _Stream(frame))
    engine.execute(f"insert into {table} by name select * from arriving")
    engine.unregister("arriving")


def _compare(engine: Engine, table: str, frame: pl.DataFrame, rows: str, parameters: list[list[str]]) -> None:
    money = "amount" in frame.columns
    total = "coalesce(sum(amount), 0)" if money else "0"
    found = engine.execute(f"select count(*), {total} {rows}", parameters).fetchall()[0]
    expected = (frame.height, frame["amount"].sum() if money else 0)
    if found != expected:
        raise NotAsWritten(f"control total of {table}: wrote {expected}, found {found}")
