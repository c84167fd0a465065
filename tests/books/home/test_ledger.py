"""The ledger only grows, and what it pays follows from the decisions and from what was paid before.

02BB00 has 7 pupils, and 9 after a correction: 7 x 701,16 = 4.908,12 and 9 x 701,16 = 6.310,44 a year.
In twelfths: September pays two (818,02 and 1.051,74), the other months one (409,01 and 525,87).
"""

import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.commands.pay import PayRequest, pay
from npo_pipeline.errors import Refused
from tests.books.home.delivery import BOARDS, PUPILS, write_addresses, write_changes, write_register
from tests.books.home.npo import MONEY, checking, here
from tests.books.home.seeing import published, select

SEP, OCT, NOV = (date(2021, month, 1) for month in (9, 10, 11))
MORE = {**PUPILS, "02BB00 Bo": 9}
LESS = {place: count for place, count in PUPILS.items() if place != "04DD00 Sbo"}
EURO = Decimal


def done(home, *command):
    ended = here(*command, "--home", home, "--json")
    assert ended.status == 0, ended.stderr
    return ended.document


def paid_to(home, vestiging="02BB00", component="per_pupil"):
    """What a school got: month, reason, amount."""
    return select(
        home,
        f"""select paid_month, reason, amount from payments
            where vestiging = '{vestiging}' and component = '{component}' order by run_id, reason desc""",
    )


def decided_anew(home, pupils):
    folder = write_register(home.parent / f"anew{len(list(home.parent.iterdir()))}", pupils)
    done(home, "ingest", folder, "--reference-date", "2020-10-01")
    return done(home, "decide", "--school-year", "2021-2022")["decision_id"]


@pytest.fixture(scope="module")
def more_once(paid_once, tmp_path_factory):
    home = Path(shutil.copytree(paid_once, tmp_path_factory.mktemp("more") / "paid"))
    decided_anew(home, MORE)
    return home


@pytest.fixture
def more(more_once, tmp_path):
    """A home in which two pupils more were decided after September and October were paid."""
    return Path(shutil.copytree(more_once, tmp_path / "paid"))


def test_each_month_pays_its_instalment(paid):
    assert paid_to(paid) == [(SEP, "instalment", EURO("818.02")), (OCT, "instalment", EURO("409.01"))]


def test_a_month_paid_again_pays_nothing(paid):
    was = published(paid)
    (again,) = done(paid, "pay", "--month", "2021-10")["months"]
    assert (again["run_id"], again["payments"]) == (None, 0)
    (older,) = done(paid, "pay", "--month", "2021-09")["months"]
    assert (older["run_id"], older["payments"]) == (None, 0)
    assert published(paid) == was


def test_skipped_months_are_refused_by_name(decided):
    was = published(decided)
    ended = here("pay", "--month", "2021-12", "--home", decided)
    assert ended.status == 3
    assert "2021-09, 2021-10, 2021-11 must be paid before 2021-12" in ended.stderr
    assert "--catch-up" in ended.stderr
    assert published(decided) == was


def test_catching_up_pays_each_month_in_a_run_of_its_own(decided):
    months = done(decided, "pay", "--month", "2021-11", "--catch-up")["months"]
    assert [one["run_id"] for one in months] == [
        "000003-pay-2021-09",
        "000004-pay-2021-10",
        "000005-pay-2021-11",
    ]
    assert select(decided, "select distinct run_id, paid_month from payments order by 1") == [
        ("000003-pay-2021-09", SEP),
        ("000004-pay-2021-10", OCT),
        ("000005-pay-2021-11", NOV),
    ]


def test_catching_up_with_nothing_skipped_pays_the_month_alone(paid):
    (one,) = done(paid, "pay", "--month", "2021-11", "--catch-up")["months"]
    assert one["run_id"] == "000005-pay-2021-11"


def test_catching_up_that_was_interrupted_goes_on_where_it_was(npo, decided):
    whole = Path(shutil.copytree(decided, decided.parent / "whole"))
    done(whole, "pay", "--month", "2021-11", "--catch-up")
    catch_up = ("pay", "--month", "2021-11", "--catch-up", "--home", decided)
    # Each month renames twice, its books and its manifest: the third is the books of October.
    assert npo(*catch_up, effects={"os.replace": "die before 3"}).status == -9
    assert select(decided, "select distinct paid_month from payments") == [(SEP,)]
    assert here(*catch_up).status == 0
    rows = "select * from payments order by all"
    assert select(decided, rows) == select(whole, rows)


def test_a_newer_decision_is_made_good_in_the_next_month(more):
    done(more, "pay", "--month", "2021-11")
    # three twelfths were paid: 6.310,44 x 3/12 = 1.577,61, less 1.227,03 = 350,58
    assert paid_to(more)[2:] == [(NOV, "instalment", EURO("525.87")), (NOV, "correction", EURO("350.58"))]
    assert sum(amount for *_, amount in paid_to(more)) == EURO("6310.44") / 3
    assert paid_to(more, "01AA00")[2:] == [(NOV, "instalment", EURO("701.16"))]


def test_the_latest_month_paid_again_after_a_newer_decision_pays_the_difference_alone(more):
    (october,) = done(more, "pay", "--month", "2021-10")["months"]
    assert (october["payments"], october["total"]) == (1, "350.58")
    assert paid_to(more)[2:] == [(OCT, "correction", EURO("350.58"))]
    assert select(more, "select count(*) from payments where decision_id = '2021-2022-002'") == [(1,)]
    assert done(more, "pay", "--month", "2021-10")["months"][0]["payments"] == 0
    done(more, "pay", "--month", "2021-11")
    assert paid_to(more)[3:] == [(NOV, "instalment", EURO("525.87"))]


def test_a_month_before_the_latest_is_closed(more):
    was = published(more)
    ended = here("pay", "--month", "2021-09", "--home", more)
    assert ended.status == 3
    assert "2021-09 cannot be paid again: 2021-10 is paid already" in ended.stderr
    assert published(more) == was


def test_a_decision_back_to_what_it_was_takes_the_difference_back(more):
    done(more, "pay", "--month", "2021-10")
    decided_anew(more, PUPILS)
    done(more, "pay", "--month", "2021-10")
    assert paid_to(more)[2:] == [(OCT, "correction", EURO("350.58")), (OCT, "correction", EURO("-350.58"))]


def test_a_decision_that_drops_a_school_takes_all_back(paid):
    before = sum(amount for *_, amount in paid_to(paid, "04DD00"))
    # 4 x 1.051,74 = 4.206,96, of which three twelfths
    assert before == EURO("1051.74")
    decided_anew(paid, LESS)
    done(paid, "pay", "--month", "2021-11")
    assert paid_to(paid, "04DD00")[2:] == [(NOV, "correction", -before)]
    done(paid, "pay", "--month", "2021-12")
    assert len(paid_to(paid, "04DD00")) == 3
    with checking(*MONEY):
        assert here("verify", "--home", paid).status == 0


def test_before_the_first_instalment_there_is_nothing_to_pay(decided):
    was = published(decided)
    assert done(decided, "pay", "--month", "2021-08")["months"][0]["payments"] == 0
    assert published(decided) == was
    assert done(decided, "pay", "--month", "2021-09")["months"][0]["payments"] > 0


def test_nothing_is_paid_before_something_was_decided(tmp_path, country):
    home = tmp_path / "home"
    done(home, "ingest", country, "--reference-date", "2020-10-01")
    ended = here("pay", "--month", "2021-09", "--home", home)
    assert ended.status == 3
    assert "nothing was decided yet" in ended.stderr


@pytest.mark.parametrize("command", [("--month", "2021-11"), ("--month", "2022-01", "--catch-up")])
def test_a_dry_run_changes_nothing_and_shows_what_the_run_then_pays(more, command):
    was = published(more)
    shown = done(more, "pay", *command, "--dry-run")
    assert published(more) == was
    told = done(more, "pay", *command)
    assert [one | {"run_id": None} for one in told["months"]] == shown["months"]
    assert (shown["dry_run"], told["dry_run"]) == (True, False)
    assert shown["months"][0]["payments"] > 0


def test_a_dry_run_is_refused_where_the_run_would_be(decided):
    ended = here("pay", "--month", "2021-12", "--home", decided, "--dry-run")
    assert ended.status == 3
    assert "must be paid before" in ended.stderr


def test_the_board_on_the_first_day_of_the_month_is_paid(paid, tmp_path):
    on_the_first = "20211101;bestuursoverdracht;02BB00;10009;"
    on_the_second = "20211102;bestuursoverdracht;01AA00;10009;"
    done(paid, "ingest", write_changes(tmp_path / "changes", on_the_first, on_the_second))
    assert done(paid, "decide", "--school-year", "2021-2022")["decision_id"] is None
    done(paid, "pay", "--month", "2021-12", "--catch-up")
    boards = """
        select vestiging, list(board order by paid_month) from payments
        where vestiging < '03' and component = 'per_pupil' group by 1 order by 1"""
    assert select(paid, boards) == [
        ("01AA00", ["10001", "10001", "10001", "10009"]),
        ("02BB00", ["10002", "10002", "10009", "10009"]),
    ]
    with checking(*MONEY):
        assert here("verify", "--home", paid).status == 0


def test_a_correction_goes_to_the_board_of_its_own_month(paid, tmp_path):
    """10002 held the school when too little was paid; 10009 holds it when the difference is."""
    changes = write_changes(tmp_path / "changes", "20211101;bestuursoverdracht;02BB00;10009;")
    done(paid, "ingest", changes)
    decided_anew(paid, MORE)
    done(paid, "pay", "--month", "2021-11")
    november = (
        "select board, reason, amount from payments where vestiging = '02BB00' and paid_month = '2021-11-01'"
    )
    assert sorted(select(paid, november)) == [
        ("10009", "correction", EURO("350.58")),
        ("10009", "instalment", EURO("525.87")),
    ]


def test_a_later_address_list_does_not_move_money_that_was_paid(paid, tmp_path):
    was = select(paid, "select * from payments order by all")
    done(
        paid,
        "ingest",
        write_addresses(tmp_path / "list", {**BOARDS, "02BB00": "10007"}),
        "--reference-date",
        "2021-10-15",
    )
    assert done(paid, "pay", "--month", "2021-10")["months"][0]["payments"] == 0
    done(paid, "pay", "--month", "2021-11")
    assert set(was) < set(select(paid, "select * from payments"))
    november = "select distinct board from payments where vestiging = '02BB00' and paid_month = '2021-11-01'"
    assert select(paid, november) == [("10007",)]


def test_a_month_far_ahead_is_refused_but_can_be_looked_at(paid):
    was = published(paid)
    august = lambda: datetime(2021, 10, 31)  # noqa: E731
    ask = PayRequest(home=Home(paid), month=date(2021, 12, 1), catch_up=True)
    with pytest.raises(Refused, match="on 2021-10-31 nothing after 2021-11 can be paid"):
        pay(ask, clock=august)
    assert published(paid) == was
    shown = pay(PayRequest(home=Home(paid), month=date(2021, 12, 1), catch_up=True, dry_run=True), clock=august)
    assert [one.month for one in shown] == [NOV, date(2021, 12, 1)]
    assert [one.run_id for one in pay(PayRequest(home=Home(paid), month=NOV), clock=august)] == [
        "000005-pay-2021-11"
    ]
