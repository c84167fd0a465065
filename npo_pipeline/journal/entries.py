"""Journal entries: what was paid to one board, booked by a mapping; debit is credit in each of them.

An entry is made per payment run, so a run that comes later adds an entry and leaves those before it as they were,
number and all; a release changes the references of what it sends, and no amount on an account. It is booked on the
first day of the month that is paid: debit what OCW is to pay, credit the income. What comes back is booked the
other way round, so no amount is below zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.delivery.sanitize import sanitize
from npo_pipeline.errors import NpoError, Refused
from npo_pipeline.journal.mapping import JournalMapping, NamedMapping
from npo_pipeline.money import to_cents
from npo_pipeline.months import day_of, month_text
from schemas.frames.reports import JOURNAL_LINES, BoardLedger, JournalLines

_CAUSES = {**dutch.CAUSES, "instalment": None}

_ENTRY = ["currency", "paid_month", "run_id"]
_KIND = ["component", "school_type", "school_year", "reason"]


def journal_entries(ledger: BoardLedger, named: NamedMapping) -> JournalLines:
    """Book the payments to a board.

    What is nothing together, as a correction that moved within a school, is no line.

    Raises:
        Refused: no line of the mapping fits some payment, or a school has no cost centre there.
    """
    paid = ledger.with_columns(cents=to_cents(pl.col("amount")))
    _require_mapped(BoardLedger(paid), named)
    sums = list(_income(BoardLedger(paid), named)) + list(_receivable(BoardLedger(paid), named))
    numbers = _numbers(ledger, named)
    lines = []
    for entry, rows in _by_entry(sums).items():
        for at, row in enumerate(rows, 1):
            lines.append({**row, "entry": numbers[entry], "line": at, **_sides(row.pop("cents"))})
    found = JournalLines(pl.DataFrame(lines, schema=JOURNAL_LINES, orient="row"))
    _require_balance(found)
    return found


def _sides(cents: int) -> dict[str, int]:
    """Put an amount on its side: above zero is debit."""
    return {"debit_cents": max(cents, 0), "credit_cents": max(-cents, 0)}


def _require_mapped(paid: BoardLedger, named: NamedMapping) -> None:
    payments = pl.col("payment_id").n_unique().alias("payments")
    kinds = paid.group_by(*_KIND, "currency").agg(pl.col("amount").sum(), payments).sort(_KIND)
    lacking = [row for row in kinds.iter_rows(named=True) if named.mapping.line_of(row) is None]
    if not lacking:
        return
    words = f"no line books {_unmapped(lacking[0])}; add a line for it"
    raise Refused(str(named.refusal(words, "lines")), details=[_unmapped(row) for row in lacking[1:]])


def _unmapped(row: Mapping[str, Any]) -> str:
    amount = dutch.money(row["amount"], row["currency"])
    kind = f"{row['component']}, {row['school_type']}, {row['school_year']}, {row['reason']}"
    return f"{kind}: {amount} in {row['payments']} payments"


def _income(paid: BoardLedger, named: NamedMapping) -> Iterator[dict[str, Any]]:
    """Yield the lines of income: per school, school type, component, school year and reason, maybe per cause."""
    place = "vestiging" if named.mapping.cost_centre == "vestiging" else "brin"
    own = ["brin", *_KIND, *(["cause"] if named.mapping.per_cause else [])]
    keys = list(dict.fromkeys([*_ENTRY, place, *own]))
    sums = paid.group_by(keys).agg(pl.col("cents").sum(), pl.col("paid_at").max())
    order = ["brin", place, "school_year", "school_type", "component", *own[-1:], "reason"]
    for row in sums.filter(pl.col("cents") != 0).sort([*_ENTRY, *order]).iter_rows(named=True):
        line = named.mapping.line_of(row)
        assert line is not None  # `_require_mapped` came before
        yield {
            **_common(row),
            **{column: row[column] for column in own},
            "account": line.account,
            "cost_centre": _cost_centre(row[place], named),
            "reference": row["run_id"],
            "text": line.text.format_map(_words(row, row["run_id"])),
            "cents": -row["cents"],
        }


def _cost_centre(code: str, named: NamedMapping) -> str | None:
    mapping = named.mapping
    if mapping.cost_centre == "none":
        return None
    if mapping.cost_centres and code not in mapping.cost_centres:
        raise named.refusal(f"cost_centres: has no cost centre of {code}; add it", "cost_centres")
    return mapping.cost_centres.get(code, code)


def _receivable(paid: BoardLedger, named: NamedMapping) -> Iterator[dict[str, Any]]:
    """Yield the lines on what OCW is to pay: per transfer, so that the bank statement finds it by its reference.

    What is in no transfer, or only in one that failed, has the reference of the payment run.
    """
    keys = [*_ENTRY, "end_to_end_id"]
    sums = paid.group_by(keys).agg(pl.col("cents").sum(), pl.col("paid_at").max())
    for row in sums.filter(pl.col("cents") != 0).sort(keys, nulls_last=True).iter_rows(named=True):
        reference = row["end_to_end_id"] or row["run_id"]
        yield {
            **_common(row),
            "account": named.mapping.receivable,
            "reference": reference,
            "text": named.mapping.receivable_text.format_map(_words(row, reference)),
            "cents": row["cents"],
        }


def _common(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what every line has of its entry; columns that only a line of income has are null."""
    none = dict.fromkeys(("brin", *_KIND, "cause", "cost_centre"))
    return {**none, **{name: row[name] for name in _ENTRY}, "document_date": day_of(row["paid_at"])}


def _words(row: Mapping[str, Any], reference: str) -> dict[str, str]:
    """Return the words that fill in the gaps of a text."""
    words = {name: str(row.get(name) or "") for name in ("school_year", "brin", "vestiging")}
    return {
        **words,
        "month": dutch.month(row["paid_month"]),
        "component": dutch.within_sentence(dutch.component(row["component"])) if "component" in row else "",
        "school_type": dutch.school_type(row["school_type"]) if "school_type" in row else "",
        "reason": dutch.PAYMENT_REASONS[row["reason"]] if "reason" in row else "",
        "cause": _cause(row["cause"]) if "cause" in row else "",
        "reference": reference,
    }


def _cause(cause: str) -> str:
    """Return the cause of a line in Dutch: `termijn`, or `correctie: fusie`."""
    reasons = dutch.PAYMENT_REASONS
    return reasons.get(cause) or f"{reasons['correction']}: {dutch.CAUSES.get(cause, cause)}"


Entry = tuple[str, date, str]
"""Currency, month and payment run."""


def _by_entry(rows: list[dict[str, Any]]) -> dict[Entry, list[dict[str, Any]]]:
    """Group lines by their entry, in order; the receivable comes first."""
    found: dict[Entry, list[dict[str, Any]]] = {}
    for row in sorted(
        rows, key=lambda row: (row["currency"], row["paid_month"], row["run_id"], bool(row["brin"]))
    ):
        found.setdefault((row["currency"], row["paid_month"], row["run_id"]), []).append(row)
    return found


def _numbers(ledger: BoardLedger, named: NamedMapping) -> dict[Entry, str]:
    """Return the number of each entry: the runs that paid the board in a month, in their order."""
    runs: dict[tuple[str, date], int] = {}
    numbers: dict[Entry, str] = {}
    for currency, month, run_id in ledger.select(_ENTRY).unique().sort(_ENTRY).iter_rows():
        runs[currency, month] = runs.get((currency, month), 0) + 1
        stem = f"{named.mapping.code}-{month_text(month).replace('-', '')}"
        numbers[currency, month, run_id] = f"{stem}-{runs[currency, month]:02}"
    return numbers


def _require_balance(lines: JournalLines) -> None:
    """Stop where debit and credit of an entry differ: a fault of ours."""
    sums = lines.group_by("currency", "entry").agg(pl.col("debit_cents", "credit_cents").sum())
    off = sums.filter(pl.col("debit_cents") != pl.col("credit_cents"))
    if off.height:
        raise NpoError(f"{off['entry'].sort()[0]}: debit and credit differ, so nothing was written")


def ledger_csv(lines: JournalLines, mapping: JournalMapping, board: str) -> bytes:
    """Return the lines of a journal as CSV; column MAPPING says of an example that it is one."""
    names = {one.account: one.name for one in mapping.accounts}
    codes = {one.account: one.rgs for one in mapping.accounts}
    month, day = pl.col("paid_month").dt, "%d-%m-%Y"
    table = lines.select(
        DAGBOEK=pl.lit(mapping.code),
        BOEKSTUKNUMMER="entry",
        BOEKDATUM=month.strftime(day),
        BOEKJAAR=month.year().cast(pl.String),
        PERIODE=month.month().cast(pl.String),
        REGEL="line",
        REKENING="account",
        REKENINGNAAM=sanitize(pl.col("account").replace_strict(names, return_dtype=pl.String)),
        RGS_CODE=pl.col("account").replace_strict(codes, return_dtype=pl.String),
        KOSTENPLAATS="cost_centre",
        OMSCHRIJVING=sanitize(pl.col("text")),
        DEBET=_amount("debit_cents"),
        CREDIT=_amount("credit_cents"),
        VALUTA="currency",
        REFERENTIE="reference",
        DOCUMENTDATUM=pl.col("document_date").dt.strftime(day),
        BEVOEGD_GEZAG_NUMMER=pl.lit(board),
        BRIN_NUMMER="brin",
        SCHOOLJAAR="school_year",
        ONDERDEEL="component",
        SCHOOLSOORT="school_type",
        SOORT=pl.col("reason").replace_strict(dutch.PAYMENT_REASONS, return_dtype=pl.String),
        OORZAAK=pl.col("cause").replace_strict(_CAUSES, return_dtype=pl.String),
        MAPPING=sanitize(pl.lit(f"VOORBEELD ({mapping.title})" if mapping.example else mapping.title)),
    )
    return dutch.csv(table)


def _amount(cents: str) -> pl.Expr:
    """Write cents as `1234,56`, without dots between thousands; 0 as `0,00`."""
    rest = (pl.col(cents) % 100).cast(pl.String).str.zfill(2)
    return pl.format("{},{}", pl.col(cents) // 100, rest)
