"""`npo release`: two people send a month to the bank, once, whatever is killed when; `npo verify` proves it."""

import hashlib
import re
import shutil
import signal
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from pkgutil import resolve_name

import duckdb
import pytest

from npo_pipeline.books.manifest import copy_names
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.verify.releases import release_faults
from tests.books.home.delivery import write_debtor, write_payment_accounts
from tests.books.home.npo import here
from tests.books.home.seeing import select, watched
from tests.books.home.test_killed import POINTS, _copy, _kinds
from tests.spec.bank.messages import booked, given_back, statement

MONTH = ("release", "--month", "2021-10")
FILE = "npo-2021-10-001.xml"
LINDE, DRIE, OTHER = "NL91ABNA0417164300", "NL20INGB0001234567", "NL86INGB0002445588"


LATER = (date.today() + timedelta(days=5)).isoformat()


@pytest.fixture(scope="module")
def ready(story, tmp_path_factory):
    """A home in which October is paid, with the accounts of two boards."""
    folder = tmp_path_factory.mktemp("ready")
    home = Path(shutil.copytree(story.at("paid"), folder / "home"))
    accounts = (f"10001;{LINDE};Stichting De Linde;20210801", f"10002;{DRIE};Drie & Vier;20210801")
    assert here("ingest", write_payment_accounts(folder / "accounts", *accounts), "--home", home).status == 0
    return home


@pytest.fixture(scope="module")
def debtor(tmp_path_factory):
    return write_debtor(tmp_path_factory.mktemp("debtor"))


@pytest.fixture(scope="module")
def prepared(ready, tmp_path_factory):
    home = Path(shutil.copytree(ready, tmp_path_factory.mktemp("prepared") / "home"))
    assert here(*MONTH, "--prepared-by", "A. Preparer", "--home", home).status == 0
    return home


@pytest.fixture(scope="module")
def plan(prepared):
    ((fingerprint,),) = select(prepared, "select fingerprint from release_plans")
    return fingerprint


@pytest.fixture(scope="module")
def approval(plan, debtor):
    return (*MONTH, "--approved-by", "B. Approver", "--approved-plan", plan, "--debtor", debtor)


@pytest.fixture(scope="module")
def released(prepared, approval, tmp_path_factory):
    home = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("released") / "home"))
    assert here(*approval, "--home", home).status == 0
    return home


@pytest.fixture
def copied(prepared, tmp_path):
    return Path(shutil.copytree(prepared, tmp_path / "home"))


def test_a_release_that_is_made_again_after_a_loss_has_the_same_references(released, copied, approval):
    """So a bank that has the file already refuses a second one, and its answers are of both."""
    assert here(*approval, "--home", copied).status == 0
    for query in (
        "select batch_id, file, total from batches",
        "select end_to_end_id, iban, amount from transfers",
    ):
        assert select(copied, f"{query} order by all") == select(released, f"{query} order by all") != []
    message, again = (
        re.findall(rb"<MsgId>.*?</MsgId>", (home / "bank" / FILE).read_bytes()) for home in (released, copied)
    )
    assert message == again != []


def test_the_file_and_the_tables_say_the_same(released):
    batch = "select file, sha256, transfers, total, prepared_by, approved_by from batches"
    ((file, sha256, transfers, total, *people),) = select(released, batch)
    assert (file, people) == (FILE, ["A. Preparer", "B. Approver"])
    content = (released / "bank" / file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == sha256
    assert content.count(b"<CdtTrfTxInf>") == transfers == 2
    assert content.count(f"<CtrlSum>{total}</CtrlSum>".encode()) == 2
    orders = select(released, "select recipient, iban, account_name, status from transfers order by 1")
    assert orders == [("10001", LINDE, "Stichting De Linde", "sent"), ("10002", DRIE, "Drie & Vier", "sent")]
    sums = "select recipient, payments, transferred + withheld from transfer_balance order by 1"
    assert all(paid == accounted for _, paid, accounted in select(released, sums))
    assert select(released, "select recipient, reason from withheld") == [("10003", "no_account")]


def test_the_plan_is_shown_with_what_to_type_next(prepared, plan, debtor, copied):
    ended = here(*MONTH, "--home", prepared)
    assert "Prepared by A. Preparer; nothing has gone out. Another person approves it by:" in ended.stdout
    command = f"npo release --month 2021-10 --approved-by NAME --debtor FILE --approved-plan {plan}"
    assert command in ended.stdout.splitlines()
    day = f"{date.today() + timedelta(days=30)}"
    ended = here(*MONTH, "--prepared-by", "A. Preparer", "--home", copied, "--debtor", debtor, "--pay-on", day)
    command = f"npo release --month 2021-10 --approved-by NAME --debtor {debtor} --pay-on {day} --approved-plan"
    assert command in ended.stdout
    shown = here(*MONTH, "--home", prepared, "--json").document
    assert (shown["plan"], shown["released"], shown["prepared_by"]) == (plan, False, ["A. Preparer"])
    by_recipient = {one["recipient"]: one for one in shown["recipients"]}
    assert by_recipient["10001"]["iban"] == LINDE
    assert by_recipient["10003"]["not_sent_because"] == "no_account"
    assert any("have no account (first 10003)" in one for one in shown["remarks"])


def test_the_same_person_prepares_the_same_plan_once(copied):
    assert here(*MONTH, "--prepared-by", "A. Preparer", "--home", copied, "--json").document["run_id"] is None
    assert select(copied, "select count(*) from release_plans") == [(1,)]


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"--approved-by": "a.  preparer"}, "a. preparer prepared the release and cannot approve it"),
        ({"--approved-by": "Á Preparer."}, "Á Preparer. prepared the release and cannot approve it"),
        ({"--approved-plan": "0" * 64}, "the release is another thing than what was approved"),
        ({"--debtor": None}, "no account is named that pays; name its file with --debtor FILE"),
        ({"--pay-on": LATER}, "the release is another thing than what was approved"),
        ({"--pay-on": "2021-01-01"}, "2021-01-01: that day has gone by"),
        ({"--pay-on": "2099-01-01"}, "2099-01-01: no bank keeps a payment for so long"),
    ],
)
def test_what_two_people_do_not_agree_on_is_refused(prepared, approval, changed, refusal):
    options = dict(zip(approval[1::2], approval[2::2], strict=True)) | changed
    words = [word for pair in options.items() if pair[1] is not None for word in pair]
    ended = here("release", *words, "--home", prepared)
    assert (ended.status, refusal in ended.stderr) == (3, True), ended.stderr
    assert select(prepared, "select count(*) from batches") == [(0,)]


def test_nobody_approves_what_nobody_prepared(ready, approval):
    ended = here(*approval, "--home", ready)
    assert (ended.status, "say who prepared the release and who approved it" in ended.stderr) == (3, True)


def test_an_approval_names_its_plan(prepared):
    ended = here(*MONTH, "--approved-by", "B. Approver", "--home", prepared)
    assert (ended.status, "give both" in ended.stderr) == (2, True)


def test_nothing_goes_out_while_payments_are_on_hold(copied, approval):
    here("hold", "--reason", "the files are checked", "--by", "C. Controller", "--home", copied)
    ended = here(*approval, "--home", copied)
    assert (ended.status, "payments are on hold" in ended.stderr) == (3, True)
    assert not (copied / "bank").exists()


def test_the_day_of_payment_is_approved_too(copied, debtor):
    on = ("--pay-on", LATER)
    plan = here(*MONTH, "--prepared-by", "A. Preparer", *on, "--home", copied, "--json").document["fingerprint"]
    approved = (*MONTH, "--approved-by", "B. Approver", "--approved-plan", plan, "--debtor", debtor)
    assert "another thing than what was approved" in here(*approved, "--home", copied).stderr
    assert here(*approved, *on, "--home", copied).status == 0
    assert select(copied, "select distinct execution_date::varchar from batches") == [(LATER,)]
    assert [one for one in faults(copied) if "batches" in one] == []


def test_a_file_that_the_books_do_not_know_is_left_alone(copied, approval):
    (copied / "bank").mkdir()
    (copied / "bank" / FILE).write_text("of somebody else")
    ended = here(*approval, "--home", copied)
    assert (ended.status, "is there, and the books do not know it" in ended.stderr) == (3, True)
    assert (copied / "bank" / FILE).read_text() == "of somebody else"
    assert select(copied, "select count(*) from batches") == [(0,)]


def test_where_no_file_can_be_written_nothing_is_released(copied, approval):
    (copied / "bank").write_text("a file where a folder must be")
    ended = here(*approval, "--home", copied)
    assert (ended.status, f"{copied}/bank: cannot be written" in ended.stderr) == (3, True)
    assert select(copied, "select count(*) from batches") == [(0,)]


def test_a_plan_that_was_prepared_with_an_account_is_paid_from_that(copied, debtor, approval, tmp_path):
    here(*MONTH, "--prepared-by", "A. Preparer", "--debtor", debtor, "--home", copied)
    other = write_debtor(tmp_path, iban="NL02ABNA0123456789")
    (tmp_path / "debtor.yaml").write_text(other.read_text().replace("INGBNL2A", "ABNANL2A"))
    ended = here(*approval[:-1], other, "--home", copied)
    assert (ended.status, f"A. Preparer prepared the release with {OTHER}" in ended.stderr) == (3, True)


def test_a_changed_account_is_another_plan_and_a_remark(copied, approval, tmp_path):
    here("ingest", write_payment_accounts(tmp_path / "new", f"10001;{OTHER};Linde;20210901"), "--home", copied)
    shown = here(*MONTH, "--home", copied, "--json").document
    assert [one["old_iban"] for one in shown["changed_accounts"]] == [LINDE]
    assert f"10001: the account changed from {LINDE} to {OTHER} on 2021-09-01" in shown["remarks"][0]
    assert "something came in since" in here(*approval, "--home", copied).stderr


def test_what_was_released_is_released_once(released, approval, tmp_path):
    home = Path(shutil.copytree(released, tmp_path / "home"))
    before = (home / "npo.duckdb").read_bytes()
    ended = here(*approval, "--home", home)
    assert (ended.status, "was released before" in ended.stdout) == (0, True)
    assert here(*MONTH, "--prepared-by", "A. Preparer", "--home", home).status == 0
    assert (home / "npo.duckdb").read_bytes() == before


def test_a_file_that_cannot_be_written_is_named_and_what_was_released_stands(released, tmp_path):
    home = Path(shutil.copytree(released, tmp_path / "home"))
    shutil.rmtree(home / "bank")
    (home / "bank").write_text("a file where a folder must be")
    ended = here(*MONTH, "--home", home)
    assert ended.status == 1
    assert f"{FILE}: is in the books and cannot be written" in ended.stderr
    (home / "bank").unlink()
    assert here(*MONTH, "--home", home).status == 0
    assert (home / "bank" / FILE).read_bytes() == (released / "bank" / FILE).read_bytes()


STEPS = (
    *POINTS,
    "npo_pipeline.commands.release.write_missing_files",
    "npo_pipeline.commands.payment_files.write_whole",
    "npo_pipeline.commands.payment_files.sync",
)


@pytest.fixture(scope="module")
def stopped(prepared, approval, tmp_path_factory):
    home = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("whole") / "home"))
    left: list[tuple[str, Path]] = []

    def see(point):
        aside = tmp_path_factory.mktemp("left") / "home"
        left.append((point, Path(shutil.copytree(home, aside, copy_function=_copy))))

    with pytest.MonkeyPatch.context() as patch:
        for point in STEPS:
            patch.setattr(point, watched(resolve_name(point), point, see))
        assert here(*approval, "--home", home).status == 0
    assert {point.split()[1] for point, _ in left} == set(STEPS)
    done = [point for point, _ in left].index("after os.replace")
    return left[:done], left[done:]


def test_a_month_that_was_paid_again_since_its_release_is_named(released, tmp_path):
    """A payment run after the release, of the same month: no release of another month sends what it paid."""
    home = Path(shutil.copytree(released, tmp_path / "home"))
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("""
            insert into payments select * replace (md5(payment_id) as payment_id, '000099-pay' as run_id,
                case recipient when '10001' then 1.00 else -0.40 end as amount)
            from (select * from payments where paid_month = date '2021-10-01'
                  qualify row_number() over (partition by recipient order by payment_id) = 1)
            where recipient in ('10001', '10002')""")
    words = "2021-10: paid again since its release (€ 0,60 of 2 recipients); release it again too"
    assert words in here("release", "--month", "2021-09", "--home", home, "--json").document["remarks"]
    assert words in here("status", "--home", home, "--json").document["findings"]
    shown = here(*MONTH, "--home", home, "--json").document
    assert words not in shown["remarks"]
    assert {one["recipient"]: one["new"] for one in shown["recipients"]}["10001"] == "1.00"
    assert shown["fingerprint"] == shown["plan"]


def test_money_without_an_account_and_months_that_nobody_released_are_open(released, tmp_path):
    """September was paid before npo released anything, so it went out in another way."""
    home = Path(shutil.copytree(released, tmp_path / "home"))
    third = "select sum(amount) from payments where paid_month = '2021-10-01' and recipient = '10003'"
    assert select(home, third) == [(Decimal("1188.87"),)]
    without = (
        "€ 1.188,87 of 1 recipients is withheld, for no account was known; deliver it with `npo ingest`, and "
        "release the month again"
    )
    assert here("status", "--home", home, "--json").document["findings"] == [without]
    assert here("pay", "--month", "2021-11", "--home", home).status == 0
    waiting = "2021-11: paid and never released; where that was not paid outside, release it too"
    assert here("status", "--home", home, "--json").document["findings"] == [waiting, without]
    checks = here("status", "--check", "--home", home, "--json").document["checks"]
    assert {one["name"]: one["level"] for one in checks}["released"] == "WARN"


def test_a_mark_that_cannot_be_taken_away_is_named_and_the_files_are_there(released, tmp_path, monkeypatch):
    home = Path(shutil.copytree(released, tmp_path / "home"))
    (home / "bank" / ".due").write_text(f"{FILE}\n")

    def refuse(path, missing_ok=False):
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        ended = here(*MONTH, "--home", home)
    assert ended.status == 1
    assert f"{home}/bank/.due: cannot be written (Permission denied), though all payment files are" in ended.stderr
    assert here(*MONTH, "--home", home).status == 0
    assert [path.name for path in (home / "bank").iterdir()] == [FILE]


class TestKilled:
    """What a process had written when it was killed is there, no more and no less (`test_killed`)."""

    def test_a_file_is_there_only_when_the_books_know_it(self, stopped):
        before, after = stopped
        for point, home in before:
            assert not list((home / "bank").glob("npo-*")), point
            assert select(home, "select count(*) from batches") == [(0,)], point
        for point, home in after:
            assert select(home, "select count(*) from batches") == [(1,)], point

    def test_started_again_each_payment_is_in_one_file_and_in_no_second(self, stopped, approval, tmp_path):
        before, after = stopped
        for point, found in [*_kinds(before), *_kinds(after)]:
            home = Path(shutil.copytree(found, tmp_path / found.parent.name))
            assert here(*approval, "--home", home).status == 0, point
            assert select(home, "select count(*) from batches") == [(1,)], point
            assert faults(home) == [], point
            assert [path.name for path in (home / "bank").iterdir()] == [FILE], point

    def test_a_file_that_somebody_laid_in_the_place_of_one_that_is_due_is_a_fault(self, stopped, tmp_path):
        _, after = stopped
        home = Path(shutil.copytree(after[0][1], tmp_path / "home"))
        (home / "bank" / FILE).write_bytes(b"<other/>")
        assert [one for one in faults(home) if one.startswith(f"bank/{FILE}: was changed")]

    def test_the_next_release_of_any_month_writes_what_a_killed_one_left_out(self, stopped, tmp_path):
        _, after = stopped
        lacking = [home for _, home in after if not (home / "bank" / FILE).exists()]
        home = Path(shutil.copytree(lacking[-1], tmp_path / "home"))
        due = f"bank/{FILE}: a release that is busy, or was cut off, has not written it; `npo release` writes it"
        assert faults(home) == []
        assert due in here("verify", "--home", home, "--json").document["remarks"]
        assert due in here("status", "--home", home, "--json").document["findings"]
        ended = here("release", "--month", "2021-09", "--home", home)
        assert f"{home}/bank/{FILE}: was gone and is written again as it was" in ended.stdout
        assert due not in here("status", "--home", home, "--json").document["findings"]
        (home / "bank" / FILE).unlink()
        assert faults(home) == [f"bank/{FILE}: is gone; `npo release` writes it again as it was"]


def test_the_kernel_does_the_same_to_a_killed_release(npo, copied, approval):
    ended = npo(
        *approval, "--home", copied, effects={"npo_pipeline.commands.payment_files.write_whole": "die before"}
    )
    assert ended.status == -signal.SIGKILL
    assert select(copied, "select count(*) from batches") == [(1,)]
    assert [path.name for path in (copied / "bank").iterdir()] == [".due"]
    assert here(*approval, "--home", copied).status == 0
    assert faults(copied) == []


def faults(home):
    with duckdb.connect(str(home / "npo.duckdb"), read_only=True) as connection:
        return list(release_faults(Books(connection, "the books", copy_names(Home(home))), Home(home)))


@pytest.fixture(scope="module")
def opened(released, tmp_path_factory):
    home = Home(Path(shutil.copytree(released, tmp_path_factory.mktemp("opened") / "home")))
    with duckdb.connect(str(home.database)) as connection:
        yield connection, home


class TestVerify:
    @pytest.mark.parametrize(
        ("statement", "finding"),
        [
            ("update batches set total = total + 1", "batches: 1 rows do not follow, 1 are missing"),
            ("update batches set approved_by = 'a. preparer'", "approved what they prepared themselves"),
            (f"update transfer_orders set iban = '{OTHER}'", "transfer_orders: 2 rows do not follow"),
            ("update transfer_orders set amount = amount + 1", "are not the"),
            ("delete from transfer_orders", "transfer_orders: 0 rows do not follow, 2 are missing"),
            ("delete from batches", "is of no release"),
            ("delete from transfer_payments", "transfer_payments: 0 rows do not follow"),
            ("update withheld set amount = amount - 1", "withheld are not the"),
            ("update withheld set reason = 'set_off'", "withheld: 1 rows do not follow"),
            (
                "insert into transfer_orders select * replace ('NPO-X' as end_to_end_id) from transfer_orders "
                "limit 1; insert into transfer_payments select 'NPO-X', payment_id, run_id from transfer_payments",
                "is in 2 transfers that did not fail",
            ),
            (
                "insert into transfer_events by name select 'NPO-X' as end_to_end_id, 1 as sequence, 'booked' as "
                "status, date '2021-10-21' as happened_on, true as applied, repeat('0', 64) as sha256, '9' as "
                "run_id",
                "transfer_events: NPO-X is no transfer of ours",
            ),
            (
                "insert into holds select '000000-hold', 'hold', 'C. Controller', 'why'",
                "released while payments were on hold (000000-hold)",
            ),
        ],
    )
    def test_a_release_that_was_tampered_with_is_found(self, opened, statement, finding):
        connection, home = opened
        connection.execute("begin")
        try:
            connection.execute(statement)
            found = list(release_faults(Books(connection, "the books", copy_names(home)), home))
        finally:
            connection.execute("rollback")
        assert any(finding in one for one in found), found

    def test_what_is_as_it_was_ties(self, opened):
        connection, home = opened
        assert list(release_faults(Books(connection, "the books", copy_names(home)), home)) == []

    def test_a_changed_file_and_a_forged_one_are_found(self, released, tmp_path):
        home = Path(shutil.copytree(released, tmp_path / "home"))
        file = home / "bank" / FILE
        file.write_bytes(file.read_bytes().replace(LINDE.encode(), OTHER.encode()))
        (home / "bank" / "npo-2021-10-002.xml").write_text("forged")
        named = [
            f"bank/{FILE}: was changed; do not upload it: move it away, and `npo release` writes it",
            "bank/npo-2021-10-002.xml: no release wrote it; do not upload it, and find out whose it is",
        ]
        assert faults(home) == named
        findings = here("status", "--json", "--home", home).document["findings"]
        assert [one for one in findings if one.startswith("bank/")] == named
        ended = here(*MONTH, "--home", home)
        assert (ended.status, [one for one in ended.stdout.splitlines() if one[2:] in named]) == (
            0,
            [f"! {one}" for one in named],
        )
        assert OTHER.encode() in file.read_bytes()


def test_what_was_booked_twice_and_came_back_once_is_named_before_it_is_sent_again(released, tmp_path):
    home = Path(shutil.copytree(released, tmp_path / "home"))
    ((name, amount, account),) = select(
        home,
        """select end_to_end_id, amount::varchar, debtor_iban
        from transfer_orders join batches using (batch_id) where recipient = '10001'""",
    )
    entries = [booked(name, amount), booked(name, amount), given_back(name, amount)]
    (tmp_path / "statement.xml").write_bytes(statement(*entries, account=account))
    assert here("bank", tmp_path / "statement.xml", "--home", home).status == 0
    shown = here(*MONTH, "--home", home, "--json").document
    assert {one["recipient"] for one in shown["recipients"] if one["sent"] != "0.00"} == {"10001"}
    assert any(f"{name} (" in one and "may have gone out twice" in one for one in shown["remarks"])
