"""Reports on the disk against the books: what was changed, taken away or put there, and what is older by now."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import read_books
from npo_pipeline.commands.account.command import AccountRequest, account_and_report
from npo_pipeline.commands.account.pack_records import UNFINISHED
from npo_pipeline.commands.signing import public_key, signature_faults
from npo_pipeline.commands.verify.command import CHECKS, findings_of, report_remarks
from tests.books.accounts.year import IN_ORDER, account, booked, done, run, stale
from tests.books.home.delivery import write_spending
from tests.books.home.seeing import select
from tests.books.keys import write_keys

AGAIN = "`npo account --year 2021` writes it again"


def verified(home: Path, *checks: str) -> tuple[list[str], list[str]]:
    """What `npo verify` finds of the reports, and remarks where it finds nothing."""
    at = Home(home)
    with read_books(at) as books:
        kept = books.read_once()
        found = [f"{name}: {one}" for name in (*checks, "reports") for one in findings_of(CHECKS[name], kept, at)]
        return found, [] if found else list(report_remarks(kept, at))


def test_the_run_that_wrote_the_packs_is_in_the_books_with_a_hash_of_each_file(accounted):
    folder = accounted / "reports" / "2021"
    found = dict(select(accounted, "select pack || '/' || file, sha256 from packs where outcome = 'filed'"))
    on_disk = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert found == on_disk
    assert select(accounted, "select distinct run_id from packs") == [("000006-report-2021",)]
    ended = run(accounted, "verify", "--json")
    assert (ended.status, ended.document["findings"], ended.document["remarks"]) == (0, [], [])


def test_reports_that_were_cut_off_go_on_and_are_in_the_books_then(paid, told, with_arelle):
    def cut_off(what: str, packs: int) -> None:
        if (what, packs) == ("making packs", 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        account_and_report(AccountRequest(home=Home(paid), year=2021, spending=(told,)), progress=cut_off)
    assert select(paid, "select * from packs") == []
    goes_on = "and the books do not know that yet; `npo account --year 2021` goes on"
    cut = f"reports/2021: a run that is busy, or was cut off, wrote or removed 10001, 10002, {goes_on}"
    findings, remarks = verified(paid)
    assert (findings, cut in remarks) == ([], True)
    assert cut in run(paid, "status", "--json").document["findings"]
    (paid / "reports" / "²").mkdir()
    (paid / "reports" / "²" / UNFINISHED).touch()
    forged = paid / "reports" / "2021" / "10002" / "npo-2021-10002.csv"
    was = forged.read_bytes()
    forged.write_bytes(was + b" ")
    assert verified(paid)[0] == ["reports: reports/2021/10002: was written by no run; move it away"]
    forged.write_bytes(was)
    done(paid, "--board", "10001")
    assert cut.replace("10001, ", "") in verified(paid)[1], "who writes one report does not end the others"
    again = done(paid, "--validate", "full")
    assert (again["written"], again["up_to_date"]) == (["10003"], ["10001", "10002"])
    assert (again["checked_in_full"], again["unchecked"]) == (6, {})
    assert verified(paid) == ([], [])


def test_older_reports_that_a_cut_off_run_replaced_or_removed_are_no_fault_until_somebody_changes_one(
    accounted, tmp_path
):
    folder = accounted / "reports" / "2021"
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    spending = write_spending(tmp_path / "more", IN_ORDER[0].replace("4000,00", "4000,01"))
    done(accounted, "--spending", spending)
    assert not (folder / UNFINISHED).exists()
    kept = shutil.copytree(folder / "10002", tmp_path / "10002")
    for path, content in before.items():
        path.write_bytes(content)
    shutil.rmtree(folder / "10002")
    (folder / UNFINISHED).write_text("000009-report-2021\n")
    findings, remarks = verified(accounted)
    assert findings == []
    assert remarks[0].startswith(
        "reports/2021: a run that is busy, or was cut off, wrote or removed 10002, 10001, "
    )
    shutil.copytree(kept, folder / "10002")
    (folder / "10001" / "npo-2021-10001.xbrl").unlink()
    assert verified(accounted)[0]
    (folder / UNFINISHED).unlink()
    assert verified(accounted)[0]


def test_packs_up_to_date_are_signed_and_a_pack_that_goes_takes_its_signature_along(
    accounted, tmp_path, monkeypatch
):
    keys, folder = write_keys(tmp_path / "keys"), accounted / "reports" / "2021"
    monkeypatch.setenv("NPO_SIGNING_KEY", str(keys.private))
    packs = sorted(one.parent.name for one in folder.glob("*/SHA256SUMS"))
    again = done(accounted)
    assert (again["written"], again["signed"]) == ([], packs)
    assert done(accounted)["signed"] == []
    monkeypatch.setenv("NPO_PUBLIC_KEY", str(keys.public))
    assert list(signature_faults(Home(accounted), public_key(keys.public))) == []
    assert verified(accounted) == ([], []), "a signature is no file of somebody else"
    monkeypatch.delenv("NPO_SIGNING_KEY")
    (folder / "10002" / "npo-2021-10002.csv").unlink()
    assert done(accounted)["written"] == ["10002"]
    words = f"signatures: reports/2021: 1 of {len(packs)} are not signed by this key, first 10002; "
    assert run(accounted, "verify", "--json").document["findings"] == [
        f"{words}`npo account --year 2021` with NPO_SIGNING_KEY signs them"
    ]


def test_a_changed_pack_with_its_sums_made_again_is_found_and_written_again(accounted):
    place = accounted / "reports" / "2021" / "10002"
    before = {one.name: one.read_bytes() for one in place.iterdir()}
    forged = place / "npo-2021-10002.csv"
    forged.write_bytes(before[forged.name].replace(b"626,53", b"926,53"))
    sums = before["SHA256SUMS"].decode()
    old, new = (hashlib.sha256(one).hexdigest() for one in (before[forged.name], forged.read_bytes()))
    (place / "SHA256SUMS").write_text(sums.replace(old, new))
    words = f"reports: reports/2021/10002: changed: SHA256SUMS, npo-2021-10002.csv; {AGAIN}"
    ended = run(accounted, "verify", "--json")
    assert (ended.status, ended.document["findings"], ended.document["remarks"]) == (5, [words], [])
    assert done(accounted)["written"] == ["10002"]
    assert {one.name: one.read_bytes() for one in place.iterdir()} == before
    assert verified(accounted) == ([], [])


def test_what_is_changed_taken_away_or_put_among_the_reports_is_named_and_a_note_of_somebody_is_not(accounted):
    reports = accounted / "reports"
    (reports / "2021" / "10001" / "npo-2021-10001.xbrl").unlink()
    (reports / "2021" / "10001" / "npo-2021-10001.html").write_text("<p>Niets aan de hand.</p>")
    (reports / "2021" / "10001" / "notitie.txt").write_text("Mijn eigen notitie.")
    (reports / "2021" / "10008").mkdir()
    (reports / "2021" / "10008" / "notitie.txt").write_text("Van een bestuur zonder verslag.")
    shutil.copytree(reports / "2021" / "10003", reports / "2021" / "10009")
    shutil.rmtree(reports / "2021" / "10003")
    board = reports / "2021" / "landelijk" / "npo-2021-alle-besturen" / "board.csv"
    board.write_text(board.read_text().replace("4000.00", "4.00"))
    shutil.copytree(reports / "2021", reports / "2030")
    findings, _ = verified(accounted)
    assert findings == [
        f"reports: reports/2021: 1 packs are gone, first 10003; {AGAIN}",
        "reports: reports/2021/10001: gone: npo-2021-10001.xbrl, of no run: npo-2021-10001.html; " + AGAIN,
        f"reports: reports/2021/landelijk: changed: npo-2021-alle-besturen/board.csv; {AGAIN}",
        "reports: reports/2021/10009: was written by no run; move it away",
        "reports: reports/2030: is of a year that was never accounted for; move it away",
    ]
    shutil.rmtree(reports / "2030")
    assert done(accounted)["written"] == ["10001", "10003"]
    note = "reports/2021/10001: holds notitie.txt, which is not of the pack"
    assert verified(accounted) == ([], [note])
    assert (reports / "2021" / "10001" / "notitie.txt").exists()


def test_reports_that_were_taken_away_on_purpose_are_one_line(accounted):
    shutil.rmtree(accounted / "reports")
    words = f"reports: reports/2021: 4 packs are gone, first 10001; {AGAIN}"
    assert verified(accounted) == ([words], [])


def test_a_forged_hash_breaks_the_chain(accounted):
    import duckdb

    with duckdb.connect(str(accounted / "npo.duckdb")) as books:
        books.execute("update packs set sha256 = repeat('0', 64) where file like '%.csv' and pack = '10001'")
    findings, _ = verified(accounted, "chain")
    assert "chain: rows that 000006-report-2021 wrote in packs were changed" in findings


def test_what_became_older_by_an_account_of_one_board_is_named(accounted, tmp_path):
    more = write_spending(tmp_path / "more", IN_ORDER[1].replace("500,50", "400,50"), *IN_ORDER[2:3])
    older = "reports of 2021: landelijk made from older rows; run `npo account --year 2021`"
    assert f"! {older}" in account(accounted, "--board", "10002", "--spending", more).stdout
    assert verified(accounted) == ([], [older])
    assert stale(accounted) == [older]
    assert done(accounted)["stale"] == []
    assert verified(accounted) == ([], [])


def test_accounts_without_recorded_packs_as_of_an_older_npo_are_a_remark_and_no_fault(paid):
    booked(paid)
    unknown = (
        "reports/2021: the books know none, or an older npo wrote them, so they cannot be compared; "
        "run `npo account --year 2021`"
    )
    assert verified(paid) == ([], [unknown])
