"""`npo verify`: does everything published follow from what was received and decided?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.atomic_file import write_whole
from npo_pipeline.books.manifest import code_version
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.accounts import latest_accounts, recorded_packs
from npo_pipeline.books.queries.bank import all_batches, all_events
from npo_pipeline.books.queries.deliveries import (
    corrections_of_other_files,
    deliveries_with_unresolved_rows,
    rejection_mismatches,
    resolution_faults,
    row_count_mismatches,
)
from npo_pipeline.books.queries.ledger import AFTER_ALL_RUNS
from npo_pipeline.books.queries.payments import run_totals
from npo_pipeline.books.queries.runs import all_runs
from npo_pipeline.books.queries.schools import directory_as_derived, school_directory
from npo_pipeline.books.reader import Books, read_books, require_books
from npo_pipeline.books.run import Clock
from npo_pipeline.commands.signing import public_key, signature_faults
from npo_pipeline.commands.steps import now
from npo_pipeline.commands.verify.accounts import account_faults
from npo_pipeline.commands.verify.decisions_payments import decision_faults, payment_faults, reconciled_faults
from npo_pipeline.commands.verify.manifest_chain import chain_faults
from npo_pipeline.commands.verify.releases import release_faults
from npo_pipeline.commands.verify.tables import row_differences, table_faults, view_faults
from npo_pipeline.errors import Refused
from schemas.received import SCHOOLS

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Finding = str
Check = Callable[[Books, Home], Iterator[Finding]]


@dataclass(frozen=True)
class VerifyResult:
    """Hold the number of findings per check, and the findings: a sentence each, with the name of its check.

    That a check could not be done with what the tables hold is a finding of that check. `remarks`: what does not
    tell against the books, as reports that are older than they are.
    """

    checked: dict[str, int]
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()


def verify(home: Home, *, signed_by: Path | None = None, clock: Clock = now) -> VerifyResult:
    """Derive everything again from counts, scores and regulation texts, and compare it with the books.

    What was found is left in the home as `verified.json`, for whoever watches it.

    `signed_by`: the file of a public key, by whose private one all packs and specifications must be signed.

    Raises:
        Refused: there are no books, or they cannot be read; or the key cannot.
    """
    key = public_key(signed_by) if signed_by else None
    require_books(home)
    with read_books(home) as books:
        result = verify_books(books, home)
        if key is not None:
            result = _with_signatures(result, home, key)
        try:
            write_verified(home, books, len(result.findings), clock())
        except OSError as error:
            # Who may read a home and not write in it may verify it all the same.
            unknown = f"{home.verified}: cannot be written ({error.strerror}); a monitor does not know of this"
            result = replace(result, remarks=(*result.remarks, unknown))
        return result


def verify_unmarked(home: Home) -> VerifyResult:
    """Derive everything again and leave nothing in the home, because it is a copy whose files are counted.

    Raises:
        Refused: there are no books, or they cannot be read.
    """
    require_books(home)
    with read_books(home) as books:
        return verify_books(books, home)


def _with_signatures(result: VerifyResult, home: Home, key: Ed25519PublicKey) -> VerifyResult:
    found = [f"{SIGNATURES}: {finding}" for finding in signature_faults(home, key)]
    return replace(result, checked={**result.checked, SIGNATURES: len(found)}, findings=(*result.findings, *found))


def write_verified(home: Home, books: Books, findings: int, at: datetime) -> None:
    """Write in the home which run was the last one that was verified, when, and with how many findings.

    Raises:
        OSError: it cannot be written.
    """
    runs = all_runs(books)["run_id"].tail(1).to_list()
    mark = {
        "run_id": runs[0] if runs else "",
        "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "findings": findings,
        "version": code_version().source,
    }
    write_whole(home.verified, lambda beside: beside.write_text(json.dumps(mark) + "\n", encoding="utf-8"))


def verify_books(books: Books, home: Home) -> VerifyResult:
    """Do all checks on open books, also where tables are not sound: a forged payment must not hide behind one."""
    findings: list[Finding] = []
    checked, books = dict[str, int](), books.read_once()
    for name, check in CHECKS.items():
        found = findings_of(check, books, home, is_sound=not checked.get(TABLES))
        findings += [f"{name}: {finding}" for finding in found]
        checked[name] = len(found)
    return VerifyResult(checked, tuple(findings), () if findings else tuple(report_remarks(books, home)))


def findings_of(check: Check, books: Books, home: Home, *, is_sound: bool = True) -> list[Finding]:
    """Return the findings of one check; that it cannot be done with what the tables hold is a finding too.

    `is_sound`: the tables have the form and the values that the program gives them; where they have not, no error
    that a check runs into is a fault of ours.
    """
    found = []
    expected = (Refused, pl.exceptions.PolarsError) if is_sound else (Exception,)
    try:
        for finding in check(books, home):
            found.append(finding)
    except expected as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        found.append(f"cannot be worked out from what the tables hold ({reason})")
    return found


def delivery_faults(books: Books) -> Iterator[Finding]:
    """Compare the number of rejected rows per delivery with quarantine, and the directory with the facts."""
    for name, rejected, found in rejection_mismatches(books).iter_rows():
        yield f"delivery {name} says {rejected} rows were refused, quarantine holds {found}"
    directory = directory_as_derived(books, AFTER_ALL_RUNS)
    yield from row_differences("schools", directory, school_directory(books), list(SCHOOLS.columns))


def report_faults(books: Books) -> Iterator[Finding]:
    """Compare the number of valid rows per report of a board with the rows in the books."""
    for name, valid, found in row_count_mismatches(books):
        yield f"delivery {name} has {valid} good rows, the books hold {found}"


def correction_faults(books: Books) -> Iterator[Finding]:
    """Describe resolutions and corrections that do not fit the deliveries they are of, a sentence each."""
    for fault, resolver, delivery, line in resolution_faults(books).iter_rows():
        yield f"resolutions: {resolver} stands for line {line} of {delivery}, which {fault}"
    for resolver, rows, lines in deliveries_with_unresolved_rows(books):
        yield f"resolutions: {resolver} has {rows} rows for {lines} refused lines"
    for delivery, file in corrections_of_other_files(books):
        yield f"source_corrections: {delivery} is no delivery of {file}"


def total_faults(books: Books) -> Iterator[Finding]:
    """Compare what each run stated that it paid with the ledger."""
    for run_id, rows, euros, dollars, *ledger in run_totals(books).iter_rows():
        if [rows, euros, dollars] != ledger:
            said, found = _payments(rows, euros, dollars), _payments(*ledger)
            yield f"{run_id}: says {said}, the ledger holds {found}"


def _payments(rows: int, euros: Decimal, dollars: Decimal) -> str:
    return f"{dutch.number(rows)} payments of {dutch.money(euros, 'EUR')} and {dutch.money(dollars, 'USD')}"


def pack_faults(books: Books, home: Home) -> Iterator[Finding]:
    """Compare the reports on the disk with what the books hold of them."""
    if recorded_packs(books).is_empty() and not (home.path / "reports").is_dir():
        return
    # Reports are read by libraries that take a while to load.
    from npo_pipeline.commands.account.pack_records import disk_faults

    yield from disk_faults(books, home)


def specified_faults(books: Books, home: Home) -> Iterator[Finding]:
    """Compare the specifications of payments on the disk with their sums, where there are any."""
    if home.specifications.is_dir():
        from npo_pipeline.commands.specification import specification_faults

        yield from specification_faults(books, home)


def report_remarks(books: Books, home: Home) -> Iterator[str]:
    """Describe files that a run has still to write, what may have been paid twice, and reports that are older."""
    if not (batches := all_batches(books)).is_empty():
        from npo_pipeline.commands.payment_files import due_files

        yield from due_files(batches, home)
    if not all_events(books).is_empty():
        # Answers of banks are read by a library that loads for a while.
        from npo_pipeline.commands.bank import contradictions_in

        yield from contradictions_in(books)
    if home.specifications.is_dir():
        from npo_pipeline.commands.specification import lacking_specifications

        yield from lacking_specifications(books, home)
    if latest_accounts(books).is_empty() and recorded_packs(books).is_empty():
        return
    from npo_pipeline.commands.account.pack_records import cut_off_reports, foreign_files, unrecorded_years
    from npo_pipeline.commands.account.reports import stale_reports

    for year in unrecorded_years(books):
        yield (
            f"reports/{year}: the books know none, or an older npo wrote them, so they cannot be compared; "
            f"run `npo account --year {year}`"
        )
    yield from cut_off_reports(books, home)
    yield from foreign_files(books, home)
    for year in recorded_packs(books)["year"].unique().sort():
        yield from stale_reports(books, home, year).words()


TABLES, SIGNATURES = "tables", "signatures"
CHECKS: dict[str, Check] = {
    TABLES: lambda books, _: table_faults(books),
    "chain": lambda books, home: chain(chain_faults(books, home), view_faults(books)),
    "deliveries": lambda books, _: chain(delivery_faults(books), report_faults(books), correction_faults(books)),
    "decisions": lambda books, _: chain(decision_faults(books), reconciled_faults(books)),
    "payments": lambda books, _: payment_faults(books),
    "totals": lambda books, _: total_faults(books),
    "releases": release_faults,
    "accounts": lambda books, _: account_faults(books),
    "reports": lambda books, home: chain(pack_faults(books, home), specified_faults(books, home)),
}
