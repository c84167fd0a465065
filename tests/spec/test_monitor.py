"""`npo status --check`: when somebody should look at a home (6), and when somebody must act (7)."""

import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.run import Holder
from npo_pipeline.cli import checks
from npo_pipeline.commands.status import Subject
from npo_pipeline.errors import Refused
from npo_pipeline.watch import monitor
from npo_pipeline.watch.levels import (
    GIGABYTE,
    NEVER,
    Check,
    Level,
    Limits,
    Thresholds,
    fine,
    limits_from,
    look,
    worst,
    worst_first,
)
from npo_pipeline.watch.monitor import CHECKS, Facts, Mark

NOON = datetime(2021, 11, 3, 11, 0)
NOVEMBER, OCTOBER, SEPTEMBER = (datetime(2021, month, 1).date() for month in (11, 10, 9))
OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
AFTER = Mark("000004-pay-2021-10", datetime(2021, 11, 1, 6))


def home(**facts):
    """A home with which all is well, but for some facts."""
    well = {
        "at": NOON,
        "last_run": ("000004-pay-2021-10", datetime(2021, 11, 1, 5)),
        "verified": AFTER,
        "backed_up": AFTER,
        "free_bytes": 100 * GIGABYTE,
        "database_bytes": GIGABYTE,
    }
    return Facts(**{**well, **facts})


def held_by(command, since, *, is_alive=True):
    return Holder(command=command, pid=4711, host="here", since=since, is_alive=is_alive)


def levels(facts, limits=None):
    """The checks that are not well, with their level."""
    done = {name: check(facts, limits or Thresholds()) for name, check in CHECKS.items()}
    return {name: verdict.level for name, verdict in done.items() if verdict.level}


def test_there_is_nothing_to_do_in_a_home_with_which_all_is_well():
    assert levels(home()) == {}


@pytest.mark.parametrize(
    ("at", "level"),
    [
        # 31 October 23:30 in the Netherlands is 22:30 UTC: November did not begin.
        (datetime(2021, 10, 31, 22, 30), OK),
        (datetime(2021, 11, 1, 12), OK),
        (datetime(2021, 11, 2, 12), WARN),
        (datetime(2021, 11, 4, 12), WARN),
        (datetime(2021, 11, 5, 12), FAIL),
    ],
)
def test_a_month_that_is_not_paid_is_looked_at_from_the_2nd_and_acted_on_from_the_5th(at, level):
    fresh = {"verified": Mark("", at), "backed_up": Mark("", at), "last_run": ("000004-pay-2021-10", at)}
    assert levels(home(at=at, unpaid=(NOVEMBER,), **fresh)) == ({"owed": level} if level else {})


def test_a_month_to_come_is_not_owed():
    assert levels(home(at=NOON, unpaid=(datetime(2021, 12, 1).date(),))) == {}


def test_the_oldest_month_that_is_owed_says_how_late_it_is_and_the_newest_what_to_pay():
    verdict = monitor.check_owed(home(unpaid=(SEPTEMBER, OCTOBER)), Thresholds())
    assert (verdict.level, verdict.message) == (FAIL, "2021-09, 2021-10: due and not paid, 63 days late")
    assert "npo pay --month 2021-10 --catch-up" in verdict.advice


@pytest.mark.parametrize(("days", "level"), [(0, WARN), (13, WARN), (14, FAIL)])
def test_payments_on_hold_are_looked_at_at_once(days, level):
    assert levels(home(held_since=NOON - timedelta(days=days))) == {"held": level}


OPEN = {
    Subject.STALE: {"stale": WARN},
    Subject.OTHER: {"findings": WARN},
    Subject.ACCOUNTS: {"findings": WARN},
    Subject.WITNESS: {"witness": FAIL},
    Subject.BANK: {"bank": FAIL},
    Subject.RELEASE: {"released": WARN},
    Subject.RUN: {"busy": WARN},
    # These are looked at by themselves: since when the hold is, and the number of the format.
    Subject.HOLD: {},
    Subject.FORMAT: {},
}


@pytest.mark.parametrize("subject", Subject)
def test_what_is_open_is_looked_at_and_what_may_be_paid_twice_is_acted_on(subject):
    assert levels(home(found={subject: 1})) == OPEN[subject]


def test_books_of_an_older_format_are_looked_at():
    assert levels(home(format=7)) == {"format": WARN}


@pytest.mark.parametrize(
    ("mark", "level"),
    [
        (None, WARN),
        (Mark("000004", NOON - timedelta(days=34)), OK),
        (Mark("000004", NOON - timedelta(days=35)), WARN),
        (Mark("000004", NOON - timedelta(days=70)), FAIL),
        (Mark("000004", NOON, findings=1), FAIL),
    ],
)
def test_books_are_verified_every_month_and_tie(mark, level):
    assert levels(home(verified=mark)) == ({"verified": level} if level else {})


def test_a_last_run_of_long_ago_or_of_the_future_is_looked_at():
    old = home(last_run=("000004-pay-2021-10", NOON - timedelta(days=36)))
    assert levels(old) == {"last run": WARN}
    assert levels(home(last_run=("000004-pay-2021-10", NOON + timedelta(hours=2)))) == {"last run": WARN}
    assert levels(home(last_run=None))["last run"] == WARN


@pytest.mark.parametrize(("days", "level"), [(1, OK), (2, WARN), (8, FAIL)])
def test_a_run_that_is_in_no_backup_for_days_is_backed_up(days, level):
    older = Mark("000003-decide", NOON - timedelta(days=days))
    assert levels(home(backed_up=older)) == ({"back-up": level} if level else {})


def test_a_backup_of_the_last_run_does_not_grow_old():
    assert levels(home(backed_up=Mark("000004-pay-2021-10", NOON - timedelta(days=300)))) == {}
    assert levels(home(backed_up=None)) == {"back-up": WARN}


@pytest.mark.parametrize(("hours", "level"), [(5, OK), (6, WARN), (24, FAIL)])
def test_a_run_that_holds_the_home_for_hours_is_looked_at(hours, level):
    holder = held_by("ingest", NOON - timedelta(hours=hours))
    # What it drafts is no leftover of a run that died.
    assert levels(home(holder=holder, found={Subject.RUN: 1})) == ({"busy": level} if level else {})


def test_a_run_that_died_is_looked_at():
    assert levels(home(holder=held_by("pay", NOON, is_alive=False))) == {"busy": WARN}


@pytest.mark.parametrize(("days", "level"), [(None, OK), (4, OK), (5, WARN), (10, FAIL)])
def test_a_transfer_that_the_bank_does_not_book_is_asked_after(days, level):
    assert levels(home(days_out=days)) == ({"bank": level} if level else {})


@pytest.mark.parametrize(
    ("free", "books", "level"),
    [(5, 1, OK), (4, 1, WARN), (1, 0, WARN), (0, 0, FAIL), (7, 4, FAIL), (8, 4, OK)],
)
def test_a_disk_has_room_for_the_books_twice_and_a_gigabyte(free, books, level):
    facts = home(free_bytes=free * GIGABYTE, database_bytes=books * GIGABYTE)
    assert levels(facts) == ({"disk": level} if level else {})


def test_a_check_can_be_switched_off_but_not_what_may_be_paid_twice():
    off = Thresholds(owed=NEVER, held=NEVER, verified=NEVER, last_run=NEVER, backed_up=NEVER, free_gb=NEVER)
    facts = home(unpaid=(SEPTEMBER,), held_since=NOON, verified=None, backed_up=None, found={Subject.BANK: 1})
    assert levels(facts, off) == {"bank": FAIL}


def test_the_worst_check_is_on_top_and_is_the_exit_status():
    checks = [Check("a", fine("is well")), Check("b", look("is old", "make it again"))]
    assert [one.name for one in worst_first(checks)] == ["b", "a"]
    assert (worst(checks), worst([])) == (6, 0)


@pytest.mark.parametrize(
    ("text", "limits"), [("1/4", Limits(1, 4)), (" 5/5 ", Limits(5, 5)), ("off", NEVER), ("OFF", NEVER)]
)
def test_thresholds_are_two_whole_numbers_or_off(text, limits):
    assert limits_from(text) == limits


def test_room_on_a_disk_gets_worse_as_it_falls():
    assert limits_from(" 5/1 ", falls=True) == Limits(5, 1)


@pytest.mark.parametrize(("text", "falls"), [("5/1", False), ("1/5", True)])
def test_thresholds_that_ask_to_act_before_to_look_are_refused(text, falls):
    with pytest.raises(Refused, match="act before to look"):
        limits_from(text, falls=falls)


def test_thresholds_are_asked_by_a_variable_each(monkeypatch):
    monkeypatch.setenv("NPO_CHECK_LAST_RUN", "2/9")
    monkeypatch.setenv("NPO_CHECK_FREE_GB", "9/2")
    assert Thresholds.asked() == Thresholds(last_run=Limits(2, 9), free_gb=Limits(9, 2))
    monkeypatch.setenv("NPO_CHECK_OWED", "soon")
    assert Thresholds.asked("free_gb") == Thresholds(free_gb=Limits(9, 2))
    with pytest.raises(Refused, match=r"^NPO_CHECK_OWED: 'soon' are no thresholds"):
        Thresholds.asked()
    assert [str(one) for one in (Thresholds().owed, NEVER)] == ["1/4", "off"]


@pytest.mark.parametrize("text", ["", "1", "1/", "a/b", "-1/4", "1/4/5", "1.5/2"])
def test_other_thresholds_are_refused(text):
    with pytest.raises(Refused, match="as 1/4"):
        limits_from(text)


def test_books_that_break_what_reads_them_are_a_failed_check(monkeypatch):
    def broken(home, at):
        raise ValueError("row of J. Jansen")

    monkeypatch.setattr(monitor, "gather", broken)
    (check,) = monitor.examine(Home(Path("home")))
    assert check.verdict.level == FAIL
    assert check.verdict.message.startswith("could not be examined (ValueError in broken (test_monitor.py")


def test_a_check_that_takes_too_long_ends_the_process_with_7(monkeypatch, capsys):
    ended = threading.Event()
    statuses = []
    monkeypatch.setattr(os, "_exit", lambda status: (statuses.append(status), ended.set()))
    with checks._ended_after(0, Home(Path("home"))):
        assert ended.wait(10)
    assert statuses == [7]
    assert capsys.readouterr().err == "npo: home: did not answer in 0 seconds; look at its disk or share\n"


def test_a_mark_that_cannot_be_read_is_no_mark(tmp_path):
    mark = tmp_path / "verified.json"
    assert monitor.read_mark(mark) is None
    for text in ("", "[]", "{}", '{"run_id": "1", "at": "yesterday"}', '{"run_id": null, "when": null}'):
        mark.write_text(text)
        assert monitor.read_mark(mark) is None
    mark.write_text('{"run_id": "000001-ingest", "at": "2021-11-01T06:00:00Z", "findings": 2}')
    assert monitor.read_mark(mark) == Mark("000001-ingest", datetime(2021, 11, 1, 6), 2)
    mark.write_text('{"run_id": "000001-ingest", "when": "2021-11-01T06:00:00Z"}')
    assert monitor.read_mark(mark) == Mark("000001-ingest", datetime(2021, 11, 1, 6))
