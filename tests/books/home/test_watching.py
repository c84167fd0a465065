"""A home as a monitor asks after it: `npo status --check`, and the mark that `npo verify` leaves."""

import fcntl
import json
import os

from tests.books.home.npo import checking, here


def levels(ended):
    return {one["name"]: one["level"] for one in ended.document["checks"]}


def test_a_monitor_reads_a_line_per_check_the_worst_first_and_the_exit_status(paid):
    ended = here("status", "--check", "--home", paid)
    lines = ended.stdout.splitlines()
    assert (ended.status, ended.stderr) == (7, "")
    assert lines[0].startswith("FAIL  owed        2021-11, 2021-12, 2022-01 and 6 more: due and not paid, ")
    assert [one[:4] for one in lines] == sorted((one[:4] for one in lines), key=["FAIL", "WARN", "OK  "].index)
    assert here("status", "--check", "--owed", "off", "--home", paid).status == 6
    calm = ("--verified", "off", "--backed-up", "off", "--free-gb", "off")
    assert here("status", "--check", "--owed", "off", *calm, "--home", paid).status == 0


def test_verify_leaves_for_a_monitor_when_it_was_and_what_it_found(paid):
    assert levels(here("status", "--check", "--json", "--home", paid))["verified"] == "WARN"
    with checking("chain"):
        assert here("verify", "--home", paid).status == 0
    mark = json.loads((paid / "verified.json").read_text())
    assert (mark["run_id"], mark["findings"]) == ("000004-pay-2021-10", 0)
    assert levels(here("status", "--check", "--json", "--home", paid))["verified"] == "OK"
    (paid / "manifests" / "000001-ingest.json").write_text("{}")
    with checking("chain"):
        assert here("verify", "--home", paid).status == 5
    assert levels(here("status", "--check", "--json", "--home", paid))["verified"] == "FAIL"


def test_a_mark_that_cannot_be_written_is_a_remark_of_verify(paid):
    (paid / "verified.json").mkdir()
    with checking():
        ended = here("verify", "--json", "--home", paid)
    assert ended.status == 0
    assert "verified.json: cannot be written" in ended.document["remarks"][0]


def test_a_home_that_another_run_holds_is_not_waited_for(paid, monkeypatch):
    monkeypatch.setenv("NPO_LOG", "json")
    folder = os.open(paid, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        holder = {"command": "ingest", "pid": os.getpid(), "host": os.uname().nodename}
        (paid / "npo.lock").write_text(json.dumps({**holder, "since": "2021-10-01 06:00:00 UTC"}))
        ended = here("status", "--check", "--json", "--home", paid)
    finally:
        os.close(folder)
    assert json.loads(ended.stderr.splitlines()[-1])["exit_status"] == ended.status == 7
    (busy,) = [one for one in ended.document["checks"] if one["name"] == "busy"]
    assert (busy["level"], busy["message"]) == ("FAIL", "ingest is busy since 2021-10-01 08:00")


def test_no_home_and_a_damaged_one_are_failed_checks_and_no_refusals(paid, tmp_path):
    for home in (tmp_path / "none", paid):
        (paid / "npo.duckdb").write_bytes(b"no database")
        ended = here("status", "--check", "--home", home)
        assert (ended.status, ended.stderr) == (7, "")
        assert ended.stdout.startswith(f"FAIL  books       {home}")


def test_thresholds_are_for_a_check(paid):
    assert here("status", "--owed", "1/2", "--home", paid).status == 2
    assert here("status", "--check", "--owed", "1-2", "--home", paid).status == 2
