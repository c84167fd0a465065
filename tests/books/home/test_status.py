"""`npo status` says what there is, what is paid and to come, and what is open."""

from decimal import Decimal

import duckdb

from tests.books.home.delivery import (
    BOARDS,
    PUPILS,
    write_addresses,
    write_applications,
    write_changes,
    write_listed,
    write_register,
)
from tests.books.home.npo import checking, here
from tests.books.home.seeing import select


def status(home):
    ended = here("status", "--home", home, "--json")
    assert ended.status == 0
    return ended.document


def test_what_is_paid_and_what_is_to_come_is_the_whole_decision(paid):
    told = status(paid)
    (decision,) = told["decisions"]
    assert [month["paid_month"] for month in told["months_paid"]] == ["2021-09-01", "2021-10-01"]
    assert [month["month"] for month in told["to_come"]][:2] == ["2021-11-01", "2021-12-01"]
    assert len(told["to_come"]) == 9
    paid_so_far = sum(Decimal(month["total"]) for month in told["months_paid"])
    to_come = sum(Decimal(month["amount"]) for month in told["to_come"])
    assert paid_so_far + to_come == Decimal(decision["total"])


def test_books_that_do_not_tie_are_one_document_still(paid):
    (paid / "manifests" / "000001-ingest.json").write_text("{}")
    with checking("chain"):
        ended = here("verify", "--home", paid, "--json")
    assert (ended.status, ended.document["ties"]) == (5, False)


def test_a_decision_at_half_past_midnight_on_1_september_is_of_1_september(decided):
    with duckdb.connect(str(decided / "npo.duckdb")) as connection:
        connection.execute("update decisions set decided_at = timestamp '2021-08-31 22:30:00'")
    assert "2021-09-01 00:30:00" in here("status", "--home", decided).stdout
    assert "1 September 2021" in here("explain", "01AA00", "--lang", "en", "--home", decided).stdout
    here("tool", "--school-year", "2021-2022", "--home", decided)
    (page,) = decided.rglob("*.html")
    assert '"1 september 2021"' in page.read_text()


def test_nothing_is_open_in_a_home_without_faults(paid):
    assert status(paid)["findings"] == []


def test_a_decision_on_files_that_were_corrected_since_is_open_until_it_is_decided_again(paid, tmp_path):
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "03CC00 So": 8}, broken=True)
    here("ingest", corrected, "--reference-date", "2020-10-01", "--max-rejected", "0.1", "--home", paid)
    rests = "decision 2021-2022-001 rests on register.csv, superseded since; run `npo decide` again"
    refused = "register.csv: 1 rows in quarantine (1 not_a_date)"
    assert status(paid)["findings"] == [refused, rests]
    for command in (("pay", "--month", "2021-11", "--dry-run"), ("pay", "--month", "2021-11")):
        assert here(*command, "--home", paid, "--json").document["remarks"] == [rests]
        assert f"! {rests}" in here(*command, "--home", paid).stdout
    here("decide", "--school-year", "2021-2022", "--home", paid)
    assert status(paid)["findings"] == [refused]
    assert select(paid, "select count(*) from quarantine") == [(1,)]


def test_a_correction_that_is_put_back_leaves_nothing_open(paid, tmp_path):
    right, wrong = (write_register(tmp_path / str(cut), {**PUPILS, "03CC00 So": 6 - cut}) for cut in (0, 5))
    for register in (wrong, right):
        assert here("ingest", register, "--reference-date", "2020-10-01", "--home", paid).status == 0
    assert status(paid)["findings"] == []
    assert "says the same" in here("decide", "--school-year", "2021-2022", "--home", paid).stdout


def test_a_merger_that_was_undone_or_moved_is_open_only_for_a_decision_that_would_be_another(paid, tmp_path):
    def told(day: int, change: str) -> list[str]:
        """Take in a change of 2022 under a name of its own."""
        folder = write_changes(tmp_path / str(day) / change[:5], f"2022{day:04d};{change}")
        name = f"{day}-{change[:5]}.csv"
        (folder / "changes.csv").rename(folder / name)
        assert here("ingest", folder / name, "--home", paid).status == 0
        return [one.split(" that came")[0] for one in status(paid)["findings"]]

    def decided() -> None:
        assert here("decide", "--school-year", "2021-2022", "--reason", "merger", "--home", paid).status == 0
        assert status(paid)["findings"] == []

    merger, undone = "fusie;02BB00;;01AA00", "opening;02BB00;10002;"
    lacks = "decision 2021-2022-{} does not know of {}"
    assert told(101, merger) == [lacks.format("001", "101-fusie.csv")]
    assert told(101, undone) == []
    assert told(201, merger) == [lacks.format("001", "201-fusie.csv")]
    decided()
    assert told(301, merger) == [lacks.format("002", "301-fusie.csv")]
    decided()
    assert told(301, undone) == [lacks.format("003", "301-openi.csv")]


def test_a_list_that_came_after_a_decision_is_open_until_it_is_decided_again(paid, tmp_path):
    lists = [write_listed(tmp_path / f"of-{one}", f"{one};po") for one in ("01AA00", "99ZZ00")]
    assert here("ingest", lists[0], "--home", paid).status == 0
    (finding,) = status(paid)["findings"]
    assert finding.startswith("decision 2021-2022-001 does not know of listed.csv that came later")
    here("decide", "--school-year", "2021-2022", "--reason", "list", "--home", paid)
    assert status(paid)["findings"] == []
    assert here("ingest", lists[1], "--home", paid).status == 0
    assert not any("decide" in one for one in status(paid)["findings"])


def test_an_application_that_came_after_a_decision_is_open_until_it_is_decided_again(paid, tmp_path):
    for number, board in enumerate(("10001;01AA", "10002;02BB")):
        application = write_applications(tmp_path / board[:5], f"{board};IOP;20210613;1;900")
        assert here("ingest", application, "--home", paid).status == 0
        lacks = "decision 2020-2021-001 does not know of applications.csv that came later; run `npo decide` again"
        assert status(paid)["findings"] == [lacks][:number]
        here("decide", "--school-year", "2020-2021", "--reason", "application", "--home", paid)
        assert status(paid)["findings"] == []


def test_differences_between_files_are_open(stages):
    findings = status(stages["decide"].before)["findings"]
    assert any("1 differences between files, first: 02BB00" in finding for finding in findings)


def test_a_home_in_which_nothing_was_delivered_says_how_to_begin(tmp_path):
    ended = here("status", "--home", tmp_path / "none")
    assert "nothing was delivered yet; begin with `npo ingest`" in ended.stdout
    assert not (tmp_path / "none").exists()


def test_a_further_part_of_the_counts_is_open_until_it_is_decided_again(paid, tmp_path):
    more = write_register(tmp_path / "more", {"05EE00 Bo": 3})
    write_addresses(more, {**BOARDS, "05EE00": "10005"})
    here("ingest", more, "--reference-date", "2020-10-01", "--home", paid)
    later = "decision 2021-2022-001 does not count register.csv that came later; run `npo decide` again"
    assert later in status(paid)["findings"]
    here("decide", "--school-year", "2021-2022", "--home", paid)
    assert later not in status(paid)["findings"]


def test_a_correction_of_months_that_were_paid_stands_in_the_month_after_the_last(paid, tmp_path):
    before = {month["month"]: Decimal(month["amount"]) for month in status(paid)["to_come"]}
    corrected = write_register(tmp_path / "corrected", {**PUPILS, "01AA00 Bo": 24})
    here("ingest", corrected, "--reference-date", "2020-10-01", "--home", paid)
    here("decide", "--school-year", "2021-2022", "--home", paid)
    to_come = {month["month"]: Decimal(month["amount"]) for month in status(paid)["to_come"]}
    assert sum(to_come.values()) - sum(before.values()) == 12 * Decimal("701.16")
    # Three twelfths were paid; the next month pays its own twelfth and the three that are lacking.
    assert to_come["2021-11-01"] - before["2021-11-01"] == 4 * Decimal("701.16")
    due = here("pay", "--month", "2021-11", "--dry-run", "--json", "--home", paid).document["months"][0]["total"]
    assert Decimal(due) == to_come["2021-11-01"]
