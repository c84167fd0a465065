"""The rows of one board: whose the rows of every table and view are, and which columns tell of others.

A table that is not in `WHOSE` cannot be exported, and a test names it. Money of a month is of the board that holds
the school on its first day; what was entitled or paid is of the board that the row names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from npo_pipeline.books.catalogue import described, quoted
from npo_pipeline.books.duckdb import Engine, engine, first_line, writing
from npo_pipeline.books.publish import insert
from npo_pipeline.books.reader import Books
from npo_pipeline.books.tables import sql_type
from schemas.frames.reports import ExportedRows


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Declare the rows of a table that are of a board."""

    why: str
    """The owner of its rows, or why it is left out; for the dictionary."""
    rows: str = ""
    """The condition, in SQL; empty where the table is left out."""
    without: tuple[str, ...] = ()
    """Columns that are left out."""
    others: tuple[str, ...] = ()
    """Columns with the code of a board or a school that may be another's; null where it is."""
    free_text: tuple[str, ...] = ()
    """Columns in which somebody may have named another."""
    own_text: tuple[str, ...] = ()
    """Columns that the board itself wrote."""


_BOARD = "board = $board"
_RECIPIENT = "recipient_kind = 'bestuur' and recipient = $board"
_IN_MONTH = "exists (from mine m where m.vestiging = t.vestiging and t.month >= m.since and t.month < m.until)"
_COUNTED = """exists (from mine m where m.vestiging = t.vestiging
    and t.reference_date >= m.since and t.reference_date < m.until)"""
_USED = "exists (from used u where u.delivery_id = t.delivery_id and u.vestiging = t.vestiging)"
_HELD = "vestiging in (select vestiging from mine)"
_PEOPLE = ("prepared_by", "approved_by")
_OF_DECISION = "decision_id in (from decided)"
_TRANSFER = f"end_to_end_id in (select end_to_end_id from transfer_orders where {_RECIPIENT})"

_OWN = "Rows of the board."
_MONTH = "Rows of months in which the board holds the school on the first day."
_REPORTED = "Rows that the board reported."
_PAID_TO = "Rows of which the board is the recipient."
_COUNTS = "Rows of schools that the board held on the reference date, or that an amount of it rests on."

WHOSE: Mapping[str, Whose] = {
    "home": Whose(why="Left out: it says which program can open these books as its own."),
    "deliveries": Whose(
        why="Files that hold rows of the board. How many rows a file has is left out: most are of others.",
        rows="delivery_id in (from delivered)",
        without=("rows", "rejected"),
        free_text=("file",),
    ),
    "quarantine": Whose(
        why="Refused rows of files that the board delivered. Of the others it is not known whose they are.",
        rows=_BOARD,
        free_text=("file", "column_name", "message"),
    ),
    "source_corrections": Whose(
        why="Corrections of rows of schools of the board. Who reported them is left out.",
        rows=f"{_HELD} and delivery_id in (from delivered)",
        without=("reported_by",),
        free_text=("file", "column_name", "expected", "value", "reason"),
    ),
    "resolutions": Whose(
        why="Refused rows of the board that a later delivery resolves. Who reported it is left out.",
        rows="(delivery_id, line) in (select (delivery_id, line) from quarantine where board = $board)",
        without=("reported_by",),
        free_text=("reason",),
    ),
    "school_facts": Whose(why="What files state of schools of the board.", rows=_BOARD),
    "schools": Whose(why="The periods in which the board holds a school.", rows=_BOARD),
    "counts": Whose(why=_COUNTS, rows=f"{_COUNTED} or {_USED}"),
    "zero_counts": Whose(why=_COUNTS, rows=f"{_HELD} and delivery_id in (from delivered)"),
    "count_ranges": Whose(why=_COUNTS, rows=f"{_COUNTED} or {_USED}"),
    "scores": Whose(why=_COUNTS, rows=f"{_COUNTED} or {_USED}"),
    "areas": Whose(why="The area of each school that the board holds or held.", rows=_HELD),
    "municipal_scores": Whose(why="Left out: scores of municipalities decide on money of municipalities."),
    "listed_vestigingen": Whose(why="Schools on the list that the board holds or held.", rows=_HELD),
    "leerplus_schools": Whose(
        why="Schools on the list that the board holds or held.",
        rows="brin in (select vestiging[:4] from mine)",
    ),
    "boards": Whose(why="The names of the board.", rows=_BOARD),
    "payment_accounts": Whose(why=_PAID_TO, rows=_RECIPIENT, own_text=("account_name",)),
    "changes": Whose(
        why="Changes of schools that the board held, or got or went on with by them. Another board or school is "
        "left blank.",
        rows=f"""{_BOARD} or exists (from mine m where t.effective between m.since and m.until
            and (m.vestiging = t.vestiging or m.vestiging = t.successor))""",
        others=("vestiging", "board", "successor"),
    ),
    "applications": Whose(why="Applications of the board.", rows=_BOARD, own_text=("region",)),
    "completions": Whose(why=_REPORTED, rows=_BOARD),
    "spending": Whose(why=_REPORTED, rows=_BOARD, own_text=("intervention", "reason")),
    "consents": Whose(why=_REPORTED, rows=_BOARD, own_text=("parents_involved", "result")),
    "reserve_transfers": Whose(
        why="What the board reported. The other board is left blank.",
        rows=_BOARD,
        others=("from_board", "to_board"),
    ),
    "differences": Whose(why=_COUNTS, rows=_COUNTED, free_text=("message",)),
    "regulations": Whose(
        why="The rules of the decisions. Their texts are public and come with the program.",
        rows="""exists (from decisions d where d.decision_id in (from decided)
            and contains(d.regulation_sha256, t.sha256))""",
        without=("text",),
        free_text=("name",),
    ),
    "decisions": Whose(
        why="Decisions that amounts of the board rest on. Totals of the country and names of people are left out.",
        rows=_OF_DECISION,
        without=("total", *_PEOPLE),
        free_text=("reason", "regulation"),
    ),
    "decision_inputs": Whose(
        why="The files with rows of the board that those decisions rest on.",
        rows=f"{_OF_DECISION} and delivery_id in (from delivered)",
    ),
    "accepted_changes": Whose(why="Left out: what changed in the whole country, and who accepted it."),
    "entitlements": Whose(why=_OWN, rows=_BOARD),
    "trace": Whose(
        why="The calculation of amounts of which the board is due any instalment.",
        rows="exists (from rests r where r.decision_id = t.decision_id and r.vestiging = t.vestiging)",
    ),
    "instalments": Whose(why=_MONTH, rows=_IN_MONTH),
    "adjustments": Whose(
        why=f"{_MONTH} A school of another board is left blank.", rows=_IN_MONTH, others=("other_vestiging",)
    ),
    "due_changes": Whose(why=_MONTH, rows=_IN_MONTH),
    "settling": Whose(why="The terms of decisions that amounts of the board rest on.", rows=_OF_DECISION),
    "grants": Whose(
        why="Decisions on applications of the board.", rows=_BOARD, free_text=("reason",), own_text=("region",)
    ),
    "payments": Whose(why=_OWN, rows=_BOARD),
    "correction_causes": Whose(
        why="The parts of corrections that were paid to the board.",
        rows="payment_id in (select payment_id from payments where board = $board)",
    ),
    "accounts": Whose(
        why="The times that the board was accounted for. Totals of the country and texts of rules are left out.",
        rows="run_id in (select run_id from accountability where board = $board)",
        without=(
            *("menukaart", "boards", "schools", "received", "received_usd", "spent", "spent_usd", "carried_out"),
            *("carried_out_usd", "errors", "warnings", "notes", "corrections", "corrections_usd"),
        ),
    ),
    "findings": Whose(why=_OWN, rows=_BOARD, free_text=("message", "advice", "file")),
    "accountability": Whose(why=_OWN, rows=_BOARD),
    "accountability_interventions": Whose(why=_OWN, rows=_BOARD, own_text=("intervention",)),
    "accountability_receipts": Whose(why=_OWN, rows=_BOARD),
    "accountability_corrections": Whose(why=_OWN, rows=_BOARD),
    "accountability_claims": Whose(
        why="Rows of the board. The other board is left blank; the accountability of the board names it.",
        rows=_BOARD,
        others=("other_board",),
    ),
    "closed_years": Whose(
        why="The closed years in which the board has an account. Names of people are left out.",
        rows="year in (select year from accountability where board = $board)",
        without=_PEOPLE,
    ),
    "packs": Whose(
        why="Files of the reports of the board.", rows="pack = $board or starts_with(pack, $board || '-')"
    ),
    "reconciliation": Whose(
        why="Amounts of the board, or of its schools, beside those of others.",
        rows="""board = $board or (board is null and coalesce(vestiging[:4], brin) in (
            select vestiging[:4] from mine except select vestiging[:4] from held where board <> $board))""",
        free_text=("file", "explanation", "column_name"),
    ),
    "account_confirmations": Whose(
        why=f"{_PAID_TO} Who confirmed an account is left out.", rows=_RECIPIENT, without=("confirmed_by",)
    ),
    "release_plans": Whose(why="Left out: a plan is of all recipients, and says who prepared it."),
    "batches": Whose(
        why="Payment files with a transfer to the board. What they hold of others, and people, is left out.",
        rows=f"batch_id in (select batch_id from transfer_orders where {_RECIPIENT})",
        without=("transfers", "total", "fingerprint", *_PEOPLE),
        free_text=("debtor_name",),
    ),
    "transfer_orders": Whose(why=_PAID_TO, rows=_RECIPIENT, free_text=("remittance",), own_text=("account_name",)),
    "transfer_payments": Whose(why="The payments in transfers to the board.", rows=_TRANSFER),
    "withheld": Whose(why=_PAID_TO, rows=_RECIPIENT),
    "bank_files": Whose(why="Left out: a file of the bank is of all recipients."),
    "transfer_events": Whose(
        why="What the bank said of transfers to the board.", rows=_TRANSFER, free_text=("reason_code", "reason")
    ),
    "holds": Whose(why="Left out: a hold is on payments to all, and says who asked for it."),
    "runs": Whose(
        why="Runs that wrote rows of the board. Totals and manifests are of all, and left out.",
        rows="run_id in (from ran)",
        without=("payments", "total", "total_usd", "manifest"),
    ),
    "board_payments": Whose(why=_OWN, rows=_BOARD),
    "recipient_payments": Whose(why=_PAID_TO, rows=_RECIPIENT),
    "current_counts": Whose(why=_COUNTS, rows=f"{_COUNTED} or {_USED}"),
    "latest_decisions": Whose(
        why="As `decisions`, those in force.",
        rows=_OF_DECISION,
        without=("total", *_PEOPLE),
        free_text=("reason", "regulation"),
    ),
    "due": Whose(why=_MONTH, rows=_BOARD),
    "ledger": Whose(why=_OWN, rows=_BOARD),
    "municipal_support": Whose(why="Left out: it adds up the money of all schools in a municipality."),
    "receivables": Whose(why=_OWN, rows=_BOARD),
    "transfers": Whose(
        why=_PAID_TO,
        rows=_RECIPIENT,
        free_text=("remittance", "reason_code", "reason"),
        own_text=("account_name",),
    ),
    "transfer_balance": Whose(why=_PAID_TO, rows=_RECIPIENT),
}
"""Every table and view -> the rows that are of a board."""

_SCOPE = f"""
    with held as (
        select vestiging, board,
               if(row_number() over period = 1, date '0001-01-01', valid_from) as since,
               coalesce(lead(valid_from) over period, date '9999-12-31') as until
        from schools window period as (partition by vestiging order by valid_from)),
    mine as (from held where board = $board),
    rests as (
        select decision_id, vestiging from entitlements where board = $board
        union select decision_id, vestiging from instalments t where {_IN_MONTH}),
    used as (select delivery_id, vestiging from decision_inputs join rests using (decision_id)),
    decided as (
        select decision_id from rests
        union select decision_id from payments where board = $board
        union select c.decision_id from correction_causes c join payments using (payment_id) where board = $board
        union select decision_id from due_changes t where {_IN_MONTH}
        union select decision_id from grants where board = $board),
    delivered as (
        select delivery_id from counts t where {_COUNTED} or {_USED}
        union select delivery_id from count_ranges t where {_COUNTED} or {_USED}
        union select delivery_id from scores t where {_COUNTED} or {_USED}
        union select delivery_id from zero_counts where {_HELD}
        union select delivery_id from areas where {_HELD}
        union select delivery_id from listed_vestigingen where {_HELD}
        union select delivery_id from leerplus_schools where brin in (select vestiging[:4] from mine)
        union select delivery_id from changes t where {WHOSE["changes"].rows}
        union select delivery_id from payment_accounts where {_RECIPIENT}
        union select delivery_id from school_facts where board = $board
        union select delivery_id from boards where board = $board
        union select delivery_id from quarantine where board = $board
        union select delivery_id from applications where board = $board
        union select delivery_id from completions where board = $board
        union select delivery_id from spending where board = $board
        union select delivery_id from consents where board = $board
        union select delivery_id from reserve_transfers where board = $board),
    ran as (
        select run_id from payments where board = $board
        union select run_id from decisions where decision_id in (from decided)
        union select run_id from deliveries where delivery_id in (from delivered)
        union select run_id from accountability where board = $board
        union select run_id from packs where {WHOSE["packs"].rows}
        union select run_id from reconciliation where board = $board
        union select run_id from transfer_orders where {_RECIPIENT}
        union select run_id from withheld where {_RECIPIENT}
        union select run_id from account_confirmations where {_RECIPIENT})"""
"""The scope of a board: the periods in which it holds schools, and what its rows rest on."""


@dataclass(frozen=True, kw_only=True)
class BoardTable:
    """Hold the rows of a table or view that are of a board, and what it is."""

    name: str
    rows: ExportedRows
    description: str
    columns: Mapping[str, str]
    """Column -> description."""
    whose: Whose


def exported() -> list[str]:
    """Return the tables and views of which a board has rows."""
    return [name for name, whose in WHOSE.items() if whose.rows]


def board_tables(books: Books, board: str) -> list[BoardTable]:
    """Return the rows of a board of every table and view, in a fixed order, without what would tell of others."""
    return [_board_table(books, board, name) for name in exported()]


def _board_table(books: Books, board: str, name: str) -> BoardTable:
    whose = WHOSE[name]
    columns = f"* exclude ({', '.join(whose.without)})" if whose.without else "*"
    query = f"{_SCOPE} select {columns} from {name} t where {whose.rows} order by all"
    rows = books.frame(query, {"board": board})
    description, of_column = described(name)
    return BoardTable(
        name=name,
        rows=ExportedRows(rows),
        description=description,
        columns={column: of_column(column) for column in rows.columns},
        whose=whose,
    )


_NAMED_BY_BOARD = (
    *("applications", "completions", "spending", "consents", "reserve_transfers"),
    *("grants", "findings", "accountability", "accountability_claims"),
)
"""Tables whose rows of a board may be on a school of another, because the board itself named it."""


def own_codes(books: Books, board: str) -> set[str]:
    """Return the codes of a board: its own, of schools that it held or was paid for, and that it named itself."""
    named = " ".join(f"union select brin from {name} where board = $1" for name in _NAMED_BY_BOARD)
    query = f"""
        with places as (
            select vestiging from schools where board = $1 union select vestiging from payments where board = $1
            union select vestiging from entitlements where board = $1)
        select $1 as code union select vestiging from places union select vestiging[:4] from places {named}"""
    return {*books.frame(query, [board])["code"].drop_nulls()}


def parties(books: Books) -> tuple[set[str], set[str], set[str]]:
    """Return everyone in the books: the codes of boards, those of schools (BRIN), and the names of both."""
    queries = (
        """select board from schools union select board from school_facts union select board from boards
           union select board from payments union select board from spending union select board from consents
           union select board from applications union select board from entitlements""",
        """select brin from schools union select vestiging[:4] from school_facts
           union select vestiging[:4] from counts""",
        "select name from schools union select name from school_facts union select name from boards",
    )
    boards, brins, names = (set(books.frame(one).to_series().drop_nulls()) for one in queries)
    return boards, brins, names


def write_board_database(path: Path, tables: list[BoardTable]) -> None:
    """Write the tables to a new DuckDB file, with their comments; DuckDB 1.5 can open it.

    Raises:
        OSError: it cannot be written.
    """
    try:
        with engine() as duck, writing(duck, path):
            for one in tables:
                _write_table(duck, one)
    except duckdb.Error as error:
        raise OSError(None, first_line(error)) from error


def _write_table(duck: Engine, one: BoardTable) -> None:
    columns = ", ".join(f'"{name}" {sql_type(dtype)}' for name, dtype in one.rows.schema.items())
    duck.execute(f"create table {one.name} ({columns})")
    insert(duck, one.name, one.rows)
    comments = {f"table {one.name}": f"{one.description} {one.whose.why}"}
    comments |= {f'column {one.name}."{name}"': text for name, text in one.columns.items()}
    duck.execute(";".join(f"comment on {target} is {quoted(text)}" for target, text in comments.items()))
