"""A run that fails: said in one line and on one page, nothing published, tried again only where that is safe."""

from __future__ import annotations

import logging
import re
from decimal import Decimal
from unittest.mock import Mock

import pytest

from flows.failures import name_parameters
from flows.ingest import ingest_delivery
from flows.payment_run import payment_run
from npo_pipeline.books.run import Run
from npo_pipeline.commands import ingest, pay
from npo_pipeline.errors import NpoError, Refused
from tests.books.home.delivery import write_country
from tests.integration.flows.conftest import Ran, npo, paying
from tests.integration.flows.prefect_side import artifacts_of, months_paid, select, task_runs_of


class Once:
    """A function that fails the first time, after it has done its work."""

    def __init__(self, real, error: Exception) -> None:
        self.real, self.error, self.calls = real, error, 0

    def __call__(self, *args, **kwargs):
        self.calls += 1
        result = self.real(*args, **kwargs)
        if self.calls == 1:
            raise self.error
        return result


def disk_fault() -> OSError:
    return OSError(5, "Input/output error")


@pytest.fixture(scope="module")
def refused(tmp_path_factory) -> Ran:
    return paying(tmp_path_factory.mktemp("empty"), "2021-09")


def test_a_refusal_fails_the_flow_and_is_not_tried_again(refused):
    assert refused.state.is_failed()
    assert "holds no books yet; begin with `npo ingest`" in refused.state.message
    assert task_runs_of(refused.state) == {}
    assert not (refused.home / "npo.duckdb").exists()


def test_a_refused_delivery_leaves_the_books_as_they_were(decided, tmp_path):
    books = (decided / "npo.duckdb").read_bytes()
    broken = write_country(tmp_path / "broken", broken=True)
    state = ingest_delivery(str(decided), [str(broken)], reference_date="2020-10-01", return_state=True)
    assert state.is_failed()
    assert "1 of 39 rows are refused" in state.message
    tried = task_runs_of(state, last="refuse when too many")
    assert tried["refuse when too many"] == [1]
    assert "register files" not in tried
    assert (decided / "npo.duckdb").read_bytes() == books


def test_the_log_of_a_failed_run_says_in_one_line_what_to_do(refused):
    (line,) = [record for record in refused.logged if "failed, it was" in record.getMessage()]
    assert line.levelno == logging.ERROR
    assert line.exc_info is None
    assert line.getMessage() == (
        f"npo-payment-run failed, it was refused (exit 3): {refused.home}: holds no books yet; "
        "begin with `npo ingest`, or name another parameter home; nothing was published: there are no books yet"
    )
    assert [record for record in refused.logged if record.exc_info or "Traceback" in record.getMessage()] == []


def test_the_first_line_of_a_refused_run_says_what_went_wrong(refused):
    assert refused.state.message == (
        f"it was refused (exit 3): {refused.home}: holds no books yet; begin with `npo ingest`, or name another "
        "parameter home"
    )


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("pay in order, or add --catch-up", "pay in order, or set parameter catch_up"),
        ("settled by --month 2021-12 or a later one", "settled by parameter month 2021-12 or a later one"),
        ("begin with `npo pay --month 2021-09`", "begin with `npo pay --month 2021-09`"),
        ("--dry-run shows it", "--dry-run shows it"),
    ],
)
def test_a_message_names_the_parameter_of_the_deployment_and_not_the_option(said, shown):
    assert name_parameters(said, {"month", "catch_up"}) == shown


def test_an_ordinary_refusal_in_a_step_leaves_no_traceback(decided, caplog):
    npo("hold", "--reason", "the bank files are checked", "--by", "A. de Vries", "--home", decided)
    ended = paying(decided, "2021-09")
    assert ended.state.message.startswith(f"it was refused (exit 3): {decided}: payments are on hold since ")
    assert "by A. de Vries: the bank files are checked (000003-hold)" in ended.state.message
    assert months_paid(decided) == []
    for record in [*ended.logged, *caplog.records]:
        assert (record.exc_info, "Traceback" in record.getMessage()) == (None, False)


@pytest.mark.parametrize("error", [Refused("no"), disk_fault()])
def test_an_ordinary_error_is_no_unexpected_one_when_the_process_of_the_run_ends(error):
    """As `prefect.engine` logs what ends its process."""
    said = []
    handler = logging.Handler()
    handler.emit = said.append
    logger = logging.getLogger("prefect.engine")
    logger.addHandler(handler)
    for one in (error, KeyError("amount")):
        try:
            raise one
        except (NpoError, OSError, KeyError):
            logger.exception("Execution of flow run 'x' exited with unexpected exception")
    logger.removeHandler(handler)
    assert [record.exc_info[0] for record in said] == [KeyError]


def test_what_a_run_published_before_it_failed_is_said(decided, monkeypatch):
    settle, done = pay.payment_rows, []

    def settling(month, *rest):
        if done:
            raise Refused("no")
        done.append(month)
        return settle(month, *rest)

    monkeypatch.setattr(pay, "payment_rows", settling)
    state = payment_run(str(decided), month="2021-10", return_state=True)
    assert months_paid(decided) == ["2021-09"]
    page = artifacts_of(state)["npo-failure"]
    assert "the last run in the books is 000003-pay-2021-09, finished 2022-08-01 06:00 UTC" in page


def test_what_a_file_is_called_is_no_link_and_no_picture_on_a_page(tmp_path):
    name = "![](https://evil.example/a.png) [pay](https://evil.example) www.evil.example"
    state = ingest_delivery(str(tmp_path / "home"), [str(tmp_path / name)], return_state=True)
    page = artifacts_of(state)["npo-failure"]
    assert "evil.example" in page
    assert not re.search(r"(?<!\\)\]\(|(?<!\\)://|www\.", page)


def test_the_page_of_a_failed_run_says_what_failed_and_what_to_do(refused):
    page = artifacts_of(refused.state)["npo-failure"]
    assert "# npo-payment-run failed: it was refused (exit 3)" in page
    assert "holds no books yet; begin with \\`npo ingest\\`" in page
    assert "1. Mend what the message names." in page
    assert f"`npo status --home {refused.home}`" in page


def test_a_disk_fault_in_a_reading_step_of_the_payment_run_is_tried_again(decided, monkeypatch):
    settling = Once(pay.payment_rows, disk_fault())
    monkeypatch.setattr(pay, "payment_rows", settling)
    state = payment_run(str(decided), month="2021-09", return_state=True)
    assert state.is_completed()
    assert settling.calls == 2
    assert task_runs_of(state, "settle month")["settle month"] == [2]
    # 5.024,97 per pupil, 4.206,93 for a score, 274,28 for cumi pupils.
    assert select(decided, "select sum(amount) from payments") == [Decimal("9506.18")]


def test_a_delivery_that_is_read_twice_is_counted_once(tmp_path, country, decided_once, monkeypatch):
    reading = Once(ingest.read_delivery, disk_fault())
    monkeypatch.setattr(ingest, "read_delivery", reading)
    ingest_delivery(str(tmp_path), [str(country)], reference_date="2020-10-01")
    assert reading.calls == 2
    pupils = "select sum(pupils) from counts"
    assert select(tmp_path, pupils) == select(decided_once, pupils) == [12 + 7 + 6 + 3 + 4]


def test_a_disk_fault_in_a_writing_step_is_never_tried_again(decided, monkeypatch):
    writing = Once(Run.append, disk_fault())
    monkeypatch.setattr(Run, "append", lambda *args: writing(*args))
    state = payment_run(str(decided), month="2021-09", return_state=True)
    assert state.is_failed()
    assert writing.calls == 1
    assert task_runs_of(state, "write payments")["write payments"] == [1]
    assert months_paid(decided) == []
    assert "the machine failed it (exit 1)" in artifacts_of(state)["npo-failure"]


def test_a_refusal_in_a_reading_step_is_tried_once(decided, monkeypatch):
    settling = Once(pay.payment_rows, Refused("no"))
    monkeypatch.setattr(pay, "payment_rows", settling)
    assert payment_run(str(decided), month="2021-09", return_state=True).is_failed()
    assert settling.calls == 1


def test_a_disk_fault_that_stays_ends_the_run_after_three_tries(decided, monkeypatch):
    settling = Mock(side_effect=disk_fault())
    monkeypatch.setattr(pay, "payment_rows", settling)
    assert payment_run(str(decided), month="2021-09", return_state=True).is_failed()
    assert settling.call_count == 3


def test_a_fault_of_ours_is_tried_once_and_says_where_it_is(decided, monkeypatch):
    settling = Mock(side_effect=KeyError("amount"))
    monkeypatch.setattr(pay, "payment_rows", settling)
    state = payment_run(str(decided), month="2021-09", return_state=True)
    assert settling.call_count == 1
    page = artifacts_of(state)["npo-failure"]
    assert "# npo-payment-run failed: a fault of ours (exit 1)" in page
    assert "> settle month: KeyError in " in page
