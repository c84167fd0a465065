"""`npo journal`: what was paid to one board as journal entries, for its ledger: CSV and an audit file.

It reads the books and writes files; the books stay as they are. Same books and same mapping, same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import require_new, write_new, write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.payments import board_ledger, components_paid
from npo_pipeline.books.queries.schools import board_names, knows_board
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.errors import Refused
from npo_pipeline.journal.audit_file import Ledger, Period, audit_file, require_schema
from npo_pipeline.journal.entries import journal_entries, ledger_csv
from npo_pipeline.journal.mapping import (
    EXAMPLE,
    JOURNAL_MAPPING,
    NamedMapping,
    example,
    examples,
    mapping_from,
    repeated_rgs,
    require_components,
    require_rgs,
    rgs_codes,
)
from npo_pipeline.money import to_cents, to_euro
from npo_pipeline.months import day_of, month_text
from npo_pipeline.rulebook.yaml_document import read_rules
from schemas.frames.reports import BoardLedger, JournalLines

_EURO = "EUR"
_LARGEST = 2**23
"""Bytes of a list of RGS codes, or of a schema."""


@dataclass(frozen=True, kw_only=True)
class JournalRequest:
    """Represent a request for the journal of a board.

    `mapping`: a file, or the name of an example; null: the first example. `rgs`: a list of RGS codes to check
    those of the mapping by. `xsd`: a schema to check the audit file by.
    """

    home: Home
    board: str
    period: Period
    out: Path
    mapping: Path | None = None
    rgs: Path | None = None
    xsd: Path | None = None


@dataclass(frozen=True, kw_only=True)
class CurrencyJournal:
    """Represent what was booked in one currency. `debit` is `credit`; `paid`: the payments, added up."""

    currency: str
    entries: int
    lines: int
    payments: int
    paid: Decimal
    debit: Decimal
    accounts: tuple[tuple[str, str, Decimal], ...]


@dataclass(frozen=True, kw_only=True)
class JournalWritten:
    """Represent the files of a journal. `written`: false for one that was there already with the same content."""

    board: str
    name: str
    period: Period
    mapping: str
    is_example: bool
    journals: tuple[CurrencyJournal, ...] = ()
    files: tuple[tuple[Path, bool], ...] = ()
    remarks: tuple[str, ...] = ()


def write_journal(request: JournalRequest) -> JournalWritten:
    """Write what was paid to a board in whole months as journal entries, a CSV and an audit file per currency.

    Raises:
        Refused: there are no books, they do not know the board, the mapping is wrong or leaves a payment out, or a
            file cannot be written; no file was written.
    """
    require_books(request.home)
    named = load_mapping(request.mapping)
    if request.rgs is not None:
        require_rgs(named, rgs_codes(_read(request.rgs), request.rgs.name), request.rgs.name)
    with read_books(request.home) as books:
        ledger, name = _load(books, request, named)
    lines = journal_entries(ledger, named)
    files = dict(_files(lines, ledger, request, _ledger(name, ledger, request, named)))
    _require_writable(files, request.out)
    return JournalWritten(
        board=request.board,
        name=name,
        period=request.period,
        mapping=named.mapping.title,
        is_example=named.mapping.example is not None,
        journals=tuple(_summaries(lines, ledger, named)),
        files=tuple((path, _write(path, content)) for path, content in files.items()),
        remarks=tuple(_remarks(named, files)),
    )


def load_mapping(asked: Path | None) -> NamedMapping:
    """Load a mapping: a file, or an example by its name.

    Raises:
        Refused: it cannot be read, or something in it is wrong; the message names file and line.
    """
    if asked is None:
        return example(EXAMPLE)
    if str(asked) in examples() and not asked.exists():
        return example(str(asked))
    return mapping_from(read_rules(asked, JOURNAL_MAPPING)[1])


def write_template(path: Path, name: str = EXAMPLE) -> Path:
    """Write an example as a new file, for a board to make its own mapping of.

    Raises:
        Refused: it is there already, or cannot be written.
    """
    require_new(path, ".yaml", ".yml")
    write_new(path, examples()[name])
    return path


def _load(books: Books, request: JournalRequest, named: NamedMapping) -> tuple[BoardLedger, str]:
    """Load the payments to the board, and its name."""
    board = request.board
    if not knows_board(books, board):
        raise Refused(
            f"{board}: the books know no board of this number; check it, table `schools` has those there are"
        )
    require_components(named, {*dutch.DUTCH.components, *components_paid(books)})
    ledger = board_ledger(books, board, request.period.first, request.period.last)
    names = dict(board_names(books).iter_rows())
    return ledger, dutch.readable_name(names.get(board) or f"Bevoegd gezag {board}")


def _ledger(name: str, ledger: BoardLedger, request: JournalRequest, named: NamedMapping) -> Ledger:
    """Return whose journal it is; it is of the day of the last payment run in it, and not of today."""
    made_on = day_of(ledger["paid_at"].max()) if ledger.height else request.period.last  # type: ignore[arg-type]
    return Ledger(name=name, mapping=named.mapping, period=request.period, made_on=made_on)


def _files(
    lines: JournalLines, ledger: BoardLedger, request: JournalRequest, whose: Ledger
) -> Iterator[tuple[Path, bytes]]:
    """Yield the files, per currency: one in which nothing was paid has none."""
    schema = None if request.xsd is None else _read(request.xsd)
    for (currency,), rows in lines.partition_by("currency", as_dict=True, maintain_order=True).items():
        own = JournalLines(rows)
        xaf = audit_file(own, whose)
        if schema is not None and request.xsd is not None:
            require_schema(xaf, schema, request.xsd.name)
        ending = "" if currency == _EURO else f"-{currency}"
        stem = f"npo-journaal-{request.board}-{period_text(request.period)}{ending}"
        yield request.out / f"{stem}.csv", ledger_csv(own, whose.mapping, request.board)
        yield request.out / f"{stem}.xaf", xaf


def period_text(period: Period) -> str:
    """Write a period as `2021-09`, or as `2021` where it is a whole year."""
    if (period.first, period.last) == (period.first.replace(month=1), period.first.replace(month=12)):
        return str(period.first.year)
    first, last = month_text(period.first), month_text(period.last)
    return first if first == last else f"{first}-{last}"


def _summaries(lines: JournalLines, ledger: BoardLedger, named: NamedMapping) -> Iterator[CurrencyJournal]:
    """Yield what was booked per currency; by account above zero is credit, as income is."""
    for (currency,), rows in ledger.partition_by("currency", as_dict=True).items():
        own = lines.filter(pl.col("currency") == currency)
        credit = pl.col("credit_cents") - pl.col("debit_cents")
        accounts = own.filter(pl.col("account") != named.mapping.receivable).group_by("account").agg(credit.sum())
        shown = accounts.select("account", amount=to_euro(pl.col("credit_cents"))).sort("account")
        names = {number: one.name for number, one in named.mapping.by_number.items()}
        debit = own.select(to_euro(pl.col("debit_cents").sum())).item()
        yield CurrencyJournal(
            currency=str(currency),
            entries=own["entry"].n_unique(),
            lines=own.height,
            payments=rows["payment_id"].n_unique(),
            paid=rows.select(to_euro(to_cents(pl.col("amount")).sum())).item(),
            debit=debit,
            accounts=tuple((number, names[number], amount) for number, amount in shown.iter_rows()),
        )


def _remarks(named: NamedMapping, files: Mapping[Path, bytes]) -> Iterator[str]:
    """Yield what the board should know before it imports the files."""
    mapping = named.mapping
    if not files:
        return
    if mapping.example:
        yield (
            f"the accounts are those of an example ({mapping.title}) and not of this board; make a mapping of its "
            "own with `npo journal --template mapping.yaml`"
        )
    if not mapping.administration.tax_number:
        yield "the audit file says `onbekend` for the tax number: the mapping has no administration.tax_number"
    for code, numbers in repeated_rgs(mapping):
        yield f"accounts {', '.join(numbers)} all have RGS code {code}, and an audit file wants each once"


def _read(path: Path) -> bytes:
    """Read a file whole.

    Raises:
        Refused: it cannot be read, or is too large.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(raw) > _LARGEST:
        raise Refused(f"{path}: is larger than {_LARGEST // 2**20} MiB; name another file")
    return raw


def _require_writable(files: Mapping[Path, bytes], out: Path) -> None:
    """Make the folder of the files, if there are any, and refuse to write over one with other content.

    Raises:
        Refused: the folder cannot be made or written in, or a file in it would be overwritten.
    """
    if not files:
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            if path.exists() and path.read_bytes() != content:
                raise Refused(
                    f"{path}: is there already with other content, and no file is overwritten; name another folder"
                )
    except OSError as error:
        raise Refused(f"{out}: {error.strerror or error}; name a folder that can be written in") from error


def _write(path: Path, content: bytes) -> bool:
    """Write a file whole, unless it is there already; return whether it was written.

    Raises:
        Refused: it cannot be written.
    """
    if path.exists():
        return False
    try:
        write_whole(path, lambda beside: beside.write_bytes(content))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror or error}; name a folder that can be written in") from error
    return True
