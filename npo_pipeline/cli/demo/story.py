"""The story of `npo demo`: two school years and a year end, run as an operator would run them."""

from __future__ import annotations

import csv
import io
import json
import shlex
import shutil
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from xml.sax.saxutils import escape

import click

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.accounts import first_board_with_error
from npo_pipeline.books.queries.bank import all_batches, failed_transfers, last_prepared_plan, orders_of_batch
from npo_pipeline.books.queries.decisions import first_school_with, first_two_bao_schools
from npo_pipeline.books.queries.deliveries import first_refused_line
from npo_pipeline.books.reader import read_books
from npo_pipeline.books.run import locked
from npo_pipeline.cli import output
from npo_pipeline.commands.account.template import write_made_up_reports
from npo_pipeline.commands.steps import now
from npo_pipeline.errors import Refused
from npo_pipeline.generate.lists import made_up_iban
from npo_pipeline.translation import said
from schemas.columns import BESTUUR

MARK = "made-by-npo-demo"
"""A file in each home that a demo made; only such a home is replaced."""

DELIVERY, DELIVERY_2022, LATER, REPORTED = "delivery", "delivery-2022", "later", "verantwoording-2021"
YEAR = 2021
FAULTS = 10
"""Boards with a mistake: one of each sort that can be planted."""

_REGISTER, _REGISTERED_ON = "leerlingen-po.csv", date(2021, 10, 1)

_WHAT_IF = """\
# A what-if of an analyst: the rate that a board reckoned with in its budget, before the definitive one was known.
overlay_of: 2022-2023-po-provisional
sources:
  guess:
    title: Made-up budget of a board
    url: https://www.example.nl/begroting
    publisher: A board
components:
  achterstandsscore:
    rates:
      - {school_types: [bao], value: 175.00, unit: EUR per unit of score, status: approximate, source: guess,
         where: "begroting 2022-2023", checked_on: 2022-02-25}
"""

_ISO = "urn:iso:std:iso:20022:tech:xsd:"
_REJECTED = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_ISO}pain.002.001.03"><CstmrPmtStsRpt>
<GrpHdr><MsgId>DEMO-1</MsgId><CreDtTm>{{day}}T10:15:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{{batch_id}}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>{{batch_id}}</OrgnlPmtInfId>
<TxInfAndSts><OrgnlEndToEndId>{{rejected}}</OrgnlEndToEndId><TxSts>RJCT</TxSts>
<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>
"""
_BOOKED = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="{_ISO}camt.053.001.02"><BkToCstmrStmt>
<GrpHdr><MsgId>DEMO-2</MsgId><CreDtTm>{{day}}T18:00:00</CreDtTm></GrpHdr>
<Stmt><Id>DEMO-2</Id><CreDtTm>{{day}}T18:00:00</CreDtTm><Acct><Id><IBAN>{{debtor_iban}}</IBAN></Id></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="{{currency}}">{{total}}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{{day}}</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="{{currency}}">{{left}}</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{{day}}</Dt></Dt></Bal>
<Ntry><Amt Ccy="{{currency}}">{{booked}}</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>{{day}}</Dt></BookgDt><BkTxCd><Prtry><Cd>658</Cd></Prtry></BkTxCd>
<NtryDtls><Btch><PmtInfId>{{batch_id}}</PmtInfId></Btch></NtryDtls></Ntry></Stmt>
</BkToCstmrStmt></Document>
"""
"""Answers of a made-up bank to a batch: one transfer is rejected, the rest is booked as one entry."""

_WHERE_TO_LOOK = """
Where to look:
  {database}   the published books; open them read-only with DuckDB at any moment, for example
      select board, component, currency, sum(amount) from board_payments group by all order by all
      select cause, paid_month, sum(amount) from ledger where school_year = '2022-2023' group by all order by all
  {page}
      the page of one board: its accounts of {year} and what it must mend; open it in a browser
  {home}/reports/{year}   the same for every board, and for the country
  {home}/specifications/2022-12   what December 2022 paid each board, and why something was corrected
  {home}/bank   the payment files; tables transfers and transfer_balance say what became of them
  {home}/reports/tool   a page with the amounts of every school, and the same as a workbook
  {home}/delivery   what was delivered; planted.csv lists the faults that were planted in it
  {home}/delivery-2022, {home}/later   the same a year later, and what came in after it
  {manifests}   one manifest per run, each with the hash of the one before
Run it again: the same delivery, the same books."""


@dataclass(frozen=True)
class Step:
    """A command of the story, in words and as it is typed.

    `before` writes the files that the command needs, and gives the names that it and the words leave open.
    """

    words: str
    command: str
    before: Callable[[Home], dict[str, str]] = lambda home: {}


def run_demo(npo: click.Command, home: Home, as_json: bool) -> None:
    """Run the story in a home of its own.

    Raises:
        Refused: the home holds something that no demo made.
    """
    _clear(home)
    results, names = [], {"home": str(home.path)}
    for step in STORY:
        names |= step.before(home)
        arguments = [part.format(**names) for part in shlex.split(step.command)]
        if as_json:
            results.append({"command": " ".join(["npo", *arguments]), "result": _run_as_json(npo, arguments)})
        else:
            output.line(f"\n# {said(step.words.format(**names))}\n$ {shlex.join(['npo', *arguments])}\n")
            npo.main(arguments, standalone_mode=False)
    page, database = str(_page_of(home, names["board"])), str(home.database)
    if as_json:
        output.document({"home": names["home"], "database": database, "page": page, "steps": results})
    else:
        places = {"database": database, "page": page, "manifests": home.manifests, "year": YEAR}
        output.line(_WHERE_TO_LOOK.format(**names, **places))


def _run_as_json(npo: click.Command, arguments: list[str]) -> object:
    with redirect_stdout(io.StringIO()) as out:
        npo.main([*arguments, "--json"], standalone_mode=False)
    return json.loads(out.getvalue())


def _clear(home: Home) -> None:
    """Remove what an earlier demo made."""
    try:
        foreign = home.path.exists() and any(home.path.iterdir()) and not (home.path / MARK).exists()
    except OSError as error:
        raise Refused(f"{home.path}: cannot be a home ({error.strerror}); name another --home") from error
    if foreign:
        raise Refused(f"{home.path}: holds books that no demo made; give the demo a --home of its own")
    with locked(home, "demo", now=now()):
        folders = (DELIVERY, DELIVERY_2022, LATER, REPORTED, f"reports/{YEAR}", "bank", "specifications")
        for made in (home.work, home.manifests, *(home.path / one for one in folders)):
            shutil.rmtree(made, ignore_errors=True)
        home.database.unlink(missing_ok=True)
        (home.path / MARK).touch()


def _page_of(home: Home, board: str) -> Path:
    """Return the page of a board; with errors it is no filing, and ends in .html."""
    folder = home.path / "reports" / str(YEAR) / board
    pages = (folder / f"npo-{YEAR}-{board}.{kind}" for kind in ("xhtml", "html"))
    return next((page for page in pages if page.exists()), folder)


def _school_with_a_score(home: Home) -> dict[str, str]:
    with read_books(home) as books:
        return {"school": first_school_with(books, "achterstandsscore")}


def _board_reports(home: Home) -> dict[str, str]:
    """Make up the reports of boards on the year, from what they received."""
    write_made_up_reports(home, home.path / REPORTED, YEAR, seed=2021, mistakes=FAULTS)
    return {}


def _what_if(home: Home) -> dict[str, str]:
    (home.path / "what-if.yaml").write_text(_WHAT_IF, encoding="utf-8")
    return {}


def _merger(home: Home) -> dict[str, str]:
    """Write the change by which the first bao school merges into the second."""
    with read_books(home) as books:
        merged, successor = first_two_bao_schools(books, "2022-2023-001")
    header = "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER"
    _write(home.path / LATER / "changes" / "changes.csv", f"{header}\n20221101;fusie;{merged};;{successor}\n")
    return {"merged": merged, "successor": successor}


def _resubmission(home: Home) -> dict[str, str]:
    """Write the row of a rejected line as it is right, and the file that names the line it replaces."""
    with read_books(home) as books:
        delivery, line = first_refused_line(books, _REGISTER, _REGISTERED_ON, "not_a_date")
    with (home.path / DELIVERY_2022 / _REGISTER).open(encoding="utf-8", newline="") as file:
        row = next(islice(csv.DictReader(file, delimiter=";"), line - 2, None))
    right = {**row, "PSEUDONIEM": "demo-right", "DATUM_IN": "20190801", "DATUM_UIT": "", "BEKOSTIGD": "J"}
    folder = home.path / LATER / "replay"
    _write(folder / "right.csv", f"{';'.join(right)}\n{';'.join(right.values())}\n")
    _write(
        folder / "corrections.yaml",
        f"replaces:\n  - delivery: {delivery}\n    lines: [{line}]\n    file: right.csv\n"
        "    reason: the date was typed wrongly\n    reported_by: the school\n",
    )
    return {}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _board(home: Home) -> dict[str, str]:
    with read_books(home) as books:
        return {"board": first_board_with_error(books, YEAR)}


def _debtor_and_plan(home: Home) -> dict[str, str]:
    """Write the account that pays, and return the plan of the release that was prepared last."""
    iban = made_up_iban(2021, "debtor")
    _write(home.path / "debtor.yaml", f"debtor: {{name: Ministerie van OCW, iban: {iban}}}\n")
    with read_books(home) as books:
        return {"plan": last_prepared_plan(books)}


def _answers(home: Home) -> dict[str, str]:
    """Write what the bank says of the last batch: the transfer to the first board is rejected, the rest booked."""
    with read_books(home) as books:
        batch = all_batches(books).tail(1).to_dicts()[0]
        orders = orders_of_batch(books, batch["batch_id"]).filter(recipient_kind=BESTUUR).sort("recipient")
    first = orders.head(1).to_dicts()[0]
    answer = {
        **{name: escape(str(value)) for name, value in batch.items()},
        "rejected": first["end_to_end_id"],
        "booked": batch["total"] - first["amount"],
        "left": first["amount"],
        "day": f"{batch['execution_date']}",
    }
    folder = home.path / LATER / "from-the-bank"
    _write(folder / "pain-002.xml", _REJECTED.format(**answer))
    _write(folder / "camt-053.xml", _BOOKED.format(**answer))
    return {"rejected": first["recipient"]}


def _new_account(home: Home) -> dict[str, str]:
    """Write the file by which the board whose transfer came back has another account from today on."""
    with read_books(home) as books:
        last = failed_transfers(books).row(0, named=True)
        batch = all_batches(books).tail(1).to_dicts()[0]
        orders = orders_of_batch(books, batch["batch_id"]).filter(end_to_end_id=last["end_to_end_id"])
        name = orders["account_name"][0]
    iban = made_up_iban(2021, f"{last['recipient']} anew")
    header, row = "ONTVANGER;IBAN;TENAAMSTELLING;INGANGSDATUM", (last["recipient"], iban, name)
    _write(
        home.path / LATER / "accounts" / "rekeningen.csv",
        f"{header}\n{';'.join(row)};{batch['execution_date']}\n",
    )
    return {"rejected": last["recipient"], "new_iban": iban}


_COUNTRY = "--boards 40 --pupils 60000 --seed 2021"
_DECIDE_2022 = "decide --home {home} --school-year 2022-2023"

STORY = (
    Step(
        "DUO and CBS deliver: a pupil register, address lists and scores, with some rows that are wrong",
        f"generate {{home}}/delivery {_COUNTRY} --reference-date 2020-10-01 --faults 0.001",
    ),
    Step(
        "The delivery is checked, counted and registered",
        "ingest {home}/delivery --home {home} --reference-date 2020-10-01",
    ),
    Step("Every school gets its entitlement for 2021-2022", "decide --home {home} --school-year 2021-2022"),
    Step(
        "September pays August too; first a look at what it would pay",
        "pay --home {home} --month 2021-09 --dry-run",
    ),
    Step("Then the payment run itself", "pay --home {home} --month 2021-09"),
    Step("A month that is paid again pays nothing", "pay --home {home} --month 2021-09"),
    Step(
        "The money goes to the bank by two people: one prepares the payment file of September",
        "release --home {home} --month 2021-09 --prepared-by 'A. de Vries'",
    ),
    Step(
        "Another approves just that, and the file is written",
        "release --home {home} --month 2021-09 --approved-by 'M. Jansen' --approved-plan {plan} "
        "--debtor {home}/debtor.yaml",
        _debtor_and_plan,
    ),
    Step(
        "The bank answers: all is booked but the transfer to board {rejected}, whose account is closed",
        "bank {home}/later/from-the-bank --home {home}",
        _answers,
    ),
    Step(
        "That board has another account; as a swapped one is the commonest fraud, a change is named until it is "
        "confirmed",
        "ingest {home}/later/accounts --home {home}",
        _new_account,
    ),
    Step(
        "Somebody calls the board, and confirms it by name",
        "confirm-account {rejected} {new_iban} --by 'M. Jansen' --home {home}",
    ),
    Step(
        "October and November were missed; December catches up, in order",
        "pay --home {home} --month 2021-12 --catch-up --no-specifications",
    ),
    Step(
        "December goes out, and what came back in September goes out with it",
        "release --home {home} --month 2021-12 --prepared-by 'A. de Vries'",
    ),
    Step(
        "It is approved by another, as before",
        "release --home {home} --month 2021-12 --approved-by 'M. Jansen' --approved-plan {plan} "
        "--debtor {home}/debtor.yaml",
        _debtor_and_plan,
    ),
    Step(
        "The board of {school} asks why it gets what it gets",
        "explain {school} --home {home} --lang en",
        _school_with_a_score,
    ),
    Step("One page for all schools, to open in a browser", "tool --home {home} --school-year 2021-2022"),
    Step(
        "In March every board says what it spent on which intervention of the menukaart, and who consented",
        "account --year 2021 --home {home} --spending {home}/verantwoording-2021",
        _board_reports,
    ),
    Step(
        "A year later: the counts of 1 October 2021",
        f"generate {{home}}/delivery-2022 {_COUNTRY} --reference-date 2021-10-01 --faults 0.001",
    ),
    Step("They are taken in", "ingest {home}/delivery-2022 --home {home} --reference-date 2021-10-01"),
    Step(
        "2022-2023 by what was known at the end of 2021: an amount per pupil, and no rate for the score yet",
        f"{_DECIDE_2022} --as-of 2021-12-31 --reason 'provisional: at least 500 per pupil'",
    ),
    Step(
        "Early 2022 an analyst looks what a rate of 175 for the score would do; nothing is written",
        f"{_DECIDE_2022} --as-of 2022-03-01 --regulation {{home}}/what-if.yaml --dry-run",
        _what_if,
    ),
    Step(
        "In summer the definitive amounts are there: the plan says whom they touch, and is written",
        f"{_DECIDE_2022} --as-of 2022-08-31 --reason 'definitive amounts of 23 May 2022'",
    ),
    Step(
        "The months of the first year that were left are paid",
        "pay --home {home} --month 2022-07 --catch-up --no-specifications",
    ),
    Step("August to November 2022", "pay --home {home} --month 2022-11 --catch-up --no-specifications"),
    Step(
        "In December it is told that {merged} merged into {successor} on 1 November",
        "ingest {home}/later/changes --home {home}",
        _merger,
    ),
    Step(
        "A refused row of the register comes right; the small delivery says which line it stands for",
        "ingest {home}/later/replay --home {home} --reference-date 2021-10-01",
        _resubmission,
    ),
    Step(
        "The analyst decides again: every cent that moves has its cause",
        f"{_DECIDE_2022} --reason 'merger of November, a row of the register that came right'",
    ),
    Step(
        "December settles it: paid months stay, the difference is paid or taken back, and each board reads why",
        "pay --home {home} --month 2022-12",
    ),
    Step(
        "Why {merged} pays back what it got for November",
        "explain {merged} --home {home} --school-year 2022-2023 --lang en",
    ),
    Step("The rest of the year", "pay --home {home} --month 2023-07 --catch-up --no-specifications"),
    Step(
        "What the last decision has more or less than the first of the year, and why",
        "diff 2022-2023-001 2022-2023-003 --home {home}",
    ),
    Step("Everything published is derived again from what was received and decided", "verify --home {home}"),
    Step("The state of the home", "status --home {home}"),
    Step(
        "The finance team of one board looks at its own accounts: what must it mend?",
        "account --year 2021 --home {home} --board {board}",
        _board,
    ),
)
