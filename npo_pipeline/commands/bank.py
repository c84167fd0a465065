"""`npo bank`: read what the bank answered, and keep what it makes of the transfers that were sent."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandera.polars as pa
import polars as pl

from npo_pipeline import dutch
from npo_pipeline.bank.answers import STATEMENT, BankMessage, read_answers
from npo_pipeline.bank.resolve import resolve
from npo_pipeline.bank.safe_xml import MOST_BYTES
from npo_pipeline.bank.statuses import Outcome, TransferHistory, new_events, open_contradictions
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import bank as queries
from npo_pipeline.books.reader import Books, require_books
from npo_pipeline.books.run import Clock, Run, open_run
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.delivery.source_files import SourceFile, source_files
from npo_pipeline.errors import KeptRefusals, Refused
from npo_pipeline.workers import HERE, Workers
from schemas.columns import schema_of
from schemas.frames.bank import READ_MESSAGES, AnsweredTransfers, Contradictions, Facts, ReadMessages
from schemas.released import (
    BANK_FILES,
    REJECTED,
    TRANSFER_EVENTS,
    WITHHELD,
    BankFiles,
    TransferEvents,
    Withheld,
)

if TYPE_CHECKING:
    from npo_pipeline.commands.specification import MonthSpecified

_KINDS = ("pain.002", "camt.054", "camt.053")
"""The order in which messages of one moment are read: what is rejected is known before a batch is booked."""


Refusals = tuple[tuple[str, str], ...]
"""The name and the cause of each file that is refused."""


@dataclass(frozen=True, kw_only=True)
class BankRequest:
    """Represent what the bank sent: a file, a folder or a zip of files."""

    home: Home
    paths: tuple[Path, ...]
    wait_seconds: int = 0


@dataclass(frozen=True, kw_only=True)
class BankFile:
    """Hold a message and the SHA-256 of its file."""

    message: BankMessage
    sha256: str


@dataclass(frozen=True, kw_only=True)
class BankResult:
    """Hold what came of files of the bank.

    `run_id`: null when nothing was written. `files`: those that were taken in. `read_before`: names of files that
    were read earlier. `changed`: the transfers with another status, as it is now. `unknown`: references that are
    none of these books. `nameless`: booked entries without a reference. `contradictions`: transfers that may have
    been paid twice, all that are open. `refused`: file and cause. `specified`: specifications that were written
    again.
    """

    run_id: str | None
    files: ReadMessages
    read_before: tuple[str, ...]
    changed: AnsweredTransfers
    unknown: tuple[str, ...]
    nameless: int
    remarks: tuple[str, ...]
    contradictions: Contradictions
    refused: Refusals
    specified: tuple[MonthSpecified, ...] = ()


def bank(
    request: BankRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> BankResult:
    """Read files of the bank. A file that is refused changes nothing, and the others are taken in.

    Raises:
        Refused: there are no books, nothing was released yet, or there is no file at all; nothing was changed.
        HomeLocked: another run is busy.
    """
    require_books(request.home)
    progress("reading what the bank answered", 0)
    read = call(read_files, request.paths)
    with open_run(request.home, "bank", clock, wait_seconds=request.wait_seconds) as run:
        released = call(load_released, run.books)
        done = call(write_answers, run, released, read, clock=clock)
        months = queries.months_of_transfers(run.books, done.changed["end_to_end_id"].to_list())
        if not request.home.specifications.is_dir():
            return done
        # Specifications show the status of each transfer; they are written by libraries that load for a while.
        from npo_pipeline.commands.specification import mark_due, months_due, refresh_specifications

        mark_due(request.home, months)
    # Also those of a run before that was cut off.
    months += months_due(request.home)
    specified = refresh_specifications(
        request.home,
        months,
        wait_seconds=request.wait_seconds,
        call=call,
        progress=progress,
        clock=clock,
        workers=workers,
    )
    return replace(done, specified=tuple(specified))


@dataclass(frozen=True)
class ReadFiles:
    """Hold the messages that could be read, and the files that could not."""

    files: Sequence[BankFile]
    refused: Refusals = ()


@dataclass
class _Taken:
    """Collect what the files that are taken in say."""

    files: list[BankFile] = field(default_factory=list)
    facts: list[Facts] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)


def read_files(paths: Sequence[Path]) -> ReadFiles:
    """Step: read the files; one that cannot be read does not stop the others.

    Raises:
        Refused: there is no file to read.
    """
    found, refusals = list[BankFile](), KeptRefusals()
    sources = source_files(paths, refusals)
    if not sources and not refusals.found:
        raise Refused(f"{', '.join(map(str, paths))}: no file to read; name what the bank sent")
    for file in sources:
        with refusals(file.name):
            data = _bytes_of(file)
            found.append(BankFile(message=read_answers(file.name, data), sha256=hashlib.sha256(data).hexdigest()))
    return ReadFiles(found, _causes(refusals))


def _causes(refusals: KeptRefusals) -> Refusals:
    return tuple((file, str(refusal)) for file, refusal in refusals.found)


def _bytes_of(file: SourceFile) -> bytes:
    if file.size > MOST_BYTES:
        limit = dutch.number(MOST_BYTES // 2**20)
        raise Refused(f"{file.name}: is larger than {limit} MiB; have the bank send it in parts")
    with file.open() as stream:
        return stream.read()


def load_released(books: Books) -> TransferHistory:
    """Step: load what was sent to the bank, and what it said of it so far.

    Raises:
        Refused: nothing was released yet.
    """
    known = _released(books)
    if known.batches.is_empty():
        raise Refused("nothing was released yet, so there is nothing that a bank can answer; see `npo release`")
    return known


def _released(books: Books) -> TransferHistory:
    return TransferHistory(
        batches=queries.all_batches(books),
        orders=queries.all_orders(books),
        payments=queries.payments_sent_again(books),
        events=queries.all_events(books),
        statements=frozenset(queries.bank_files(books).filter(kind=STATEMENT)["sha256"]),
    )


def _known_and_fresh(files: Sequence[BankFile], known: BankFiles) -> tuple[tuple[str, ...], list[BankFile]]:
    """Return the names of files that were read before, in these calls or another, and the files that are new."""
    seen = set(known["sha256"])
    before, fresh = list[str](), list[BankFile]()
    for file in files:
        if file.sha256 in seen:
            before.append(file.message.name)
        else:
            fresh.append(file)
        seen.add(file.sha256)
    return tuple(before), fresh


def write_answers(run: Run, released: TransferHistory, read: ReadFiles, *, clock: Clock) -> BankResult:
    """Step: work out what the files add to what is known, and write it in the books."""
    refusals = KeptRefusals()
    read_before, fresh = _known_and_fresh(read.files, queries.bank_files(run.books))
    taken = _take(fresh, released, refusals)
    outcome = new_events(taken.facts, released)
    if taken.files:
        run.append(BANK_FILES, _file_rows(run, taken.files, clock))
        run.append(TRANSFER_EVENTS, _of_run(run, outcome.events, TRANSFER_EVENTS))
        run.append(WITHHELD, _of_run(run, outcome.withheld, WITHHELD))
        run.manifest_entries["bank"] = [
            {"name": one.message.name, "sha256": one.sha256, "message_id": one.message.message_id}
            for one in taken.files
        ]
    rows = [
        (one.message.name, one.message.kind, one.message.message_id, facts["end_to_end_id"].n_unique())
        for one, facts in zip(taken.files, taken.facts, strict=True)
    ]
    return BankResult(
        run_id=run.run_id if taken.files else None,
        files=ReadMessages(pl.DataFrame(rows, schema=READ_MESSAGES, orient="row")),
        read_before=read_before,
        changed=_changed(outcome, released),
        unknown=tuple(taken.unknown),
        nameless=sum(one.message.nameless for one in taken.files),
        remarks=(*(remark for one in taken.files for remark in one.message.remarks), *_late_rejections(outcome)),
        contradictions=outcome.contradictions,
        refused=(*read.refused, *_causes(refusals)),
    )


def _take(files: Sequence[BankFile], released: TransferHistory, refusals: KeptRefusals) -> _Taken:
    taken = _Taken()
    order = sorted(files, key=lambda one: (_KINDS.index(one.message.kind), one.message.made_on, one.message.name))
    for file in order:
        with refusals(file.message.name):
            found = resolve(file.message, file.sha256, released, taken.rejected)
            taken.rejected |= {*found.facts.filter(pl.col("status") == REJECTED)["end_to_end_id"]}
            taken.files.append(file)
            taken.facts.append(found.facts)
            taken.unknown += found.unknown
    return taken


def _file_rows(run: Run, files: Sequence[BankFile], clock: Clock) -> BankFiles:
    rows = [
        {
            "file": one.message.name,
            "sha256": one.sha256,
            "message_id": one.message.message_id,
            "kind": one.message.kind,
            "account_iban": one.message.account,
            "run_id": run.run_id,
            "read_at": clock(),
        }
        for one in files
    ]
    return BankFiles(pl.DataFrame(rows, schema=schema_of(BANK_FILES)))


def _late_rejections(outcome: Outcome) -> Iterator[str]:
    """Describe rejections of transfers that were booked or returned: they change nothing."""
    late = outcome.events.filter(~pl.col("applied") & (pl.col("status") == REJECTED))
    for name, day in late["end_to_end_id", "happened_on"].iter_rows():
        yield f"{name}: the bank rejects it on {day}, and it was booked; nothing changes by that, so ask the bank"


def _of_run(run: Run, rows: TransferEvents | Withheld, model: pa.DataFrameSchema) -> pl.DataFrame:
    return rows.with_columns(run_id=pl.lit(run.run_id)).select(list(model.columns))


def _changed(outcome: Outcome, released: TransferHistory) -> AnsweredTransfers:
    """Return the transfers whose status changed, with what the bank said of each last."""
    last = outcome.events.filter(pl.col("applied")).unique("end_to_end_id", keep="last", maintain_order=True)
    orders = released.orders.select("end_to_end_id", "recipient_kind", "recipient", "currency", ordered="amount")
    columns = ("status", "happened_on", "reason_code", "reason", "end_to_end_id")
    rows = last.join(orders, on="end_to_end_id", how="left").with_columns(amount="ordered")
    return AnsweredTransfers(rows.select("recipient_kind", "recipient", "currency", "amount", *columns))


def contradictions_in(books: Books, *, to: Collection[str] | None = None) -> list[str]:
    """Describe the transfers that may have been paid twice, a sentence each; `to`: to these recipients alone."""
    found = open_contradictions(_released(books))
    if to is not None:
        found = Contradictions(found.filter(pl.col("recipient").is_in(list(to))))
    return contradiction_words(found)


def contradiction_words(found: Contradictions) -> list[str]:
    """Describe transfers that may have been paid twice, a sentence each."""
    return [
        f"{row['end_to_end_id']} ({dutch.money(row['amount'], row['currency'])} to {row['recipient']}) was booked "
        f"on {row['booked_on']}, and {_other_way(row['again'])}: money may have gone out twice; ask the bank"
        for row in found.iter_rows(named=True)
    ]


def _other_way(again: str | None) -> str:
    return f"its payments were sent again in {again}" if again else "was booked once before"
