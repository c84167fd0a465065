"""The specifications of payments: files for the boards that a month paid, written after its payment run.

They follow from the books and hold no state: they can be written again at any time, and are then the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import require_writable
from npo_pipeline.books.manifest import code_version
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import payments as queries
from npo_pipeline.books.queries.bank import payments_on_their_way
from npo_pipeline.books.queries.decisions import all_decisions
from npo_pipeline.books.queries.ledger import ledger_to_come
from npo_pipeline.books.queries.runs import archived_texts
from npo_pipeline.books.queries.schools import board_names, directory_as_derived
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock, locked
from npo_pipeline.commands.signing import sign_written, signing_key
from npo_pipeline.commands.steps import Call, Progress, directly, now, silently
from npo_pipeline.errors import NpoError, Refused, fault_words
from npo_pipeline.months import Month, day_of, month_after, month_text
from npo_pipeline.payments.forecast import forecast
from npo_pipeline.reports.board_pack.isolation import KnownParties
from npo_pipeline.reports.house_style import load_house_style
from npo_pipeline.reports.specification import pack
from npo_pipeline.reports.specification.model import (
    SpecificationData,
    SpecificationHeader,
    SpecificationSources,
    select_boards,
    specifications,
)
from npo_pipeline.rulebook.archive import archived_rules
from npo_pipeline.workers import HERE, Workers
from schemas.frames.money import OpenWithheld
from schemas.frames.reports import ComponentRegulations

_WAIT = 60
"""Seconds to wait at least for the home, after a run that has published: what it paid is specified in any case."""


@dataclass(frozen=True, kw_only=True)
class SpecificationRequest:
    """The specifications of a month, of one board or of all (null)."""

    home: Home
    month: Month
    board: str | None = None
    wait_seconds: int = 0

    @property
    def folder(self) -> Path:
        """Return the folder of the month."""
        return self.home.specifications / month_text(self.month)


@dataclass(frozen=True, kw_only=True)
class MonthSpecified:
    """The specifications of a month that were written, or were the same. `faults`: board -> why there is none.

    `mended`: of those written, the boards whose files somebody had changed. `signed`: the boards whose files got a
    signature, where there is a key. `fault`: why none could be written at
    all, in words.
    """

    month: Month
    written: Sequence[str] = ()
    up_to_date: Sequence[str] = ()
    mended: Sequence[str] = ()
    signed: Sequence[str] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True, kw_only=True)
class SpecificationInputs:
    """Hold the data of specifications. `parties`: everyone whose name may not be in the files of another."""

    data: SpecificationData
    parties: KnownParties


def write_month(
    request: SpecificationRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> MonthSpecified:
    """Write the specifications of a month that was paid. Those that are up to date are left as they are.

    The home is locked meanwhile: two that write the same folder would remove each other's files. What goes wrong
    with one board is in the answer, and keeps no other from its specification.

    Raises:
        HomeLocked: another run is busy.
        Refused: nothing was paid in the month, or to the board; or the folder cannot be written in.
    """
    require_books(request.home)
    refuse_unwritable(request.home)
    about = f"specification {month_text(request.month)}"
    with locked(request.home, about, now=clock(), wait_seconds=request.wait_seconds):
        with read_books(request.home) as books:
            inputs = call(gather_specifications, books, request)
        written = call(write_files, request, inputs, progress, workers)
        signed = sign_written(request.folder, {*written.written, *written.up_to_date}, call)
        if request.board is None:
            (request.folder / DUE).unlink(missing_ok=True)
    done = MonthSpecified(month=request.month, **vars(written))
    return replace(done, signed=signed.signed, faults={**signed.faults, **done.faults})


def after_publishing(
    request: SpecificationRequest,
    *,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> MonthSpecified:
    """Write the specifications of a month after a run that has published: whatever goes wrong is in the answer."""
    waiting = replace(request, wait_seconds=max(request.wait_seconds, _WAIT))
    try:
        return write_month(waiting, call=call, progress=progress, clock=clock, workers=workers)
    except Exception as error:
        # Whatever it is, the run before has published: it is named in its answer, and undoes nothing.
        return MonthSpecified(month=request.month, fault=fault_words(error))


def refresh_specifications(
    home: Home,
    months: Sequence[Month],
    *,
    wait_seconds: int = 0,
    call: Call = directly,
    progress: Progress = silently,
    clock: Clock = now,
    workers: Workers = HERE,
) -> list[MonthSpecified]:
    """Write the specifications of some months again, where there are any: a run changed their transfers.

    It takes the lock of the home: call it when that run has ended.
    """
    there = [month for month in sorted(set(months)) if (home.specifications / month_text(month)).is_dir()]
    requests = [SpecificationRequest(home=home, month=month, wait_seconds=wait_seconds) for month in there]
    return [after_publishing(one, call=call, progress=progress, clock=clock, workers=workers) for one in requests]


def raise_faults(months: Sequence[MonthSpecified]) -> None:
    """End a command that did all else, and has answered.

    Raises:
        NpoError: names the boards without a specification, and the months without any.
    """
    details = [f"{month_text(one.month)}: {one.fault}" for one in months if one.fault]
    details += [f"{month_text(one.month)}, {board}: {why}" for one in months for board, why in one.faults.items()]
    if not details:
        return
    again = next(month_text(one.month) for one in months if one.fault or one.faults)
    raise NpoError(
        f"{len(details)} specifications could not be written; what was paid and released stands: mend it and run "
        f"`npo specification --month {again}`",
        details=details,
    )


def refuse_unwritable(home: Home) -> None:
    """Refuse a folder that no specification can be written in, or a key that cannot sign, before anything is paid.

    Raises:
        Refused: names what is in the way; nothing was changed.
    """
    signing_key()
    require_writable(home.specifications)


def gather_specifications(books: Books, request: SpecificationRequest) -> SpecificationInputs:
    """Step: load what the specifications of a month are made from.

    What is to come is as it was after the last payment run of the month, so that a later decision changes nothing.

    Raises:
        Refused: nothing was paid in the month, or to the board.
    """
    month = request.month
    last_run = queries.last_run_of_month(books, month)
    if last_run is None:
        raise Refused(f"nothing was paid in {month_text(month)}, so there is nothing to specify")
    then = f"{last_run[0]}~"
    schools, names = directory_as_derived(books, then), board_names(books, then)
    state, to_come = ledger_to_come(books, schools, then)
    regulations = queries.regulations_of_components(books, then)
    nothing = OpenWithheld(pl.DataFrame(schema=["recipient_kind", "recipient", "currency", "amount"]))
    data = specifications(
        SpecificationSources(
            header=SpecificationHeader(
                month=month,
                paid_on=day_of(last_run[1]),
                style=load_house_style(request.home.path),
                version=code_version().source,
            ),
            paid=queries.parts_paid(books, month),
            on_their_way=payments_on_their_way(books, month),
            forecast=forecast(to_come, state, nothing, run_id=then),
            schools=schools,
            board_names=names,
            regulations=regulations,
            titles=_titles(books, regulations),
            next_month=to_come[0] if to_come else month_after(month),
        )
    )
    parties = KnownParties(
        frozenset({*data.boards(), *schools["board"].drop_nulls(), *names["board"]}),
        frozenset({*schools["brin"], *data.paid["brin"]}),
        frozenset({*schools["name"].drop_nulls(), *names["name"].drop_nulls()}),
    )
    if request.board is not None:
        data = select_boards(data, [request.board])
        if not data.boards():
            raise Refused(f"board {request.board} was paid nothing in {month_text(month)}")
    return SpecificationInputs(data=data, parties=parties)


def _titles(books: Books, regulations: ComponentRegulations) -> dict[str, str]:
    """Return the title of each regulation, from the texts that the books keep."""
    archive, decisions = archived_texts(books), set(regulations["decision_id"])
    rows = all_decisions(books).filter(pl.col("decision_id").is_in(list(decisions)))
    return {
        loaded.name: loaded.regulation.title
        for row in rows.select("regulation", "regulation_sha256").iter_rows()
        for loaded in archived_rules(archive, *row).regulations
    }


def write_files(
    request: SpecificationRequest, inputs: SpecificationInputs, progress: Progress, workers: Workers
) -> pack.SpecificationsWritten:
    """Step: have the files of each board made, and write them: all of them or none."""
    return pack.write_specifications(
        request.folder, inputs.data, inputs.parties, progress=progress, workers=workers
    )


def specification_faults(books: Books, home: Home) -> Iterator[str]:
    """Compare the specifications on the disk with their sums and with the boards that were paid, a sentence each.

    Whether they are what the books say only writing them again shows: it says which were other files.
    """
    root = home.specifications
    paid = {month_text(month): boards for month, boards in _boards_by_month(books).items()}
    # Hidden files are of a file system or a desktop, and of no run.
    found = [one for one in root.iterdir() if not one.name.startswith(".")] if root.is_dir() else []
    for folder in sorted(found):
        boards = paid.get(folder.name)
        if not folder.is_dir():
            yield f"{root.name}/{folder.name}: is a file, and must be a folder; move it away"
            continue
        if boards is None:
            # A mark alone: a payment run is busy, or was cut off before it paid.
            if {one.name for one in folder.iterdir()} - {DUE}:
                yield f"{root.name}/{folder.name}: is of no month that was paid; move it away"
            continue
        for board, why in pack.faults_on_disk(folder, folder.name, boards):
            yield f"{root.name}/{folder.name}/{board}: {why}; `npo specification --month {folder.name}` mends it"


def lacking_specifications(books: Books, home: Home) -> Iterator[str]:
    """Describe the months whose specifications are due, a sentence each: a run that writes them was cut off.

    They follow from the books, so these tie without them. Who has none written has no folder of the month.
    """
    for month, without in _months_due(books, home).items():
        shown = f"{home.specifications.name}/{month_text(month)}"
        again = f"`npo specification --month {month_text(month)}` writes it"
        if without:
            yield f"{shown}: no specification of {dutch.some_of(without)}; {again}"
        else:
            yield f"{shown}: a run that is busy, or was cut off, has changed what they say; {again}"


def months_due(home: Home) -> list[Month]:
    """Return the months whose specifications a run should have written that was cut off."""
    if not home.specifications.is_dir():
        return []
    with read_books(home) as books:
        return list(_months_due(books, home))


def _months_due(books: Books, home: Home) -> dict[Month, list[str]]:
    """Return the months that are marked, or of which boards have none; and these boards."""
    found = dict[Month, list[str]]()
    for month, boards in _boards_by_month(books).items():
        folder = home.specifications / month_text(month)
        if folder.is_dir():
            without = pack.boards_without(folder, boards)
            if without or (folder / DUE).exists():
                found[month] = without
    return found


def _boards_by_month(books: Books) -> dict[Month, list[str]]:
    """Return the boards that were paid in each month, in order."""
    paid = queries.boards_paid(books).group_by("paid_month", maintain_order=True).agg("board")
    return dict(paid.iter_rows())


DUE = ".due"
"""The file in the folder of a month that says that its specifications are to be written again."""


def mark_due(home: Home, months: Sequence[Month], *, make: bool = False) -> None:
    """Mark the months of which a run will change what their specifications say, where there are any.

    It is done before the run publishes: where it is killed after that, the next one knows. Who writes all of a
    month takes the mark away. `make`: make the folder of a month that has none, which is to be paid.

    Raises:
        Refused: it cannot be written; nothing was published.
    """
    for folder in (home.specifications / month_text(month) for month in months):
        try:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
            if folder.is_dir():
                (folder / DUE).touch()
        except OSError as error:
            raise Refused(
                f"{folder}: cannot be written in ({error.strerror}); mend it first, nothing was changed"
            ) from error
