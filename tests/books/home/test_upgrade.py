"""A home that version 0.1.0 wrote opens, verifies and goes on (tests/fixtures/home_0_1_0)."""

import gzip
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.decision_state import written_by_other_version
from npo_pipeline.books.reader import read_books
from npo_pipeline.books.tables import FORMAT
from tests.books.home.npo import checking, here
from tests.books.home.seeing import published, select

FIXTURE = Path(__file__).parents[2] / "fixtures" / "home_0_1_0"
SUCCESSOR = "14BE00"
OVERLAY = """\
overlay_of: 2022-2023-po
sources:
  letter:
    title: Made-up letter
    url: https://www.example.nl/letter
    publisher: A ministry
components:
  achterstandsscore:
    rates:
      - {school_types: [bao], value: 200.00, unit: EUR per unit of score, status: approximate, source: letter,
         where: "x", checked_on: 2022-12-25}
"""


def unpack(home: Path) -> Path:
    shutil.copytree(FIXTURE / "manifests", home / "manifests")
    (home / "npo.duckdb").write_bytes(gzip.decompress((FIXTURE / "npo.duckdb.gz").read_bytes()))
    return home


def go_on(home: Path, *command: object):
    ended = here(*command, "--home", home)
    assert ended.status == 0, ended.stderr
    return ended


@pytest.fixture(scope="module")
def old(tmp_path_factory) -> Path:
    """The home as it was left, for commands that only read."""
    return unpack(tmp_path_factory.mktemp("old") / "home")


@pytest.fixture(scope="module")
def gone_on(tmp_path_factory) -> Path:
    """The home after a month, a decision and an account that this version added."""
    home = unpack(tmp_path_factory.mktemp("gone-on") / "home")
    overlay = home.parent / "overlay.yaml"
    overlay.write_text(OVERLAY)
    people = ("--prepared-by", "A. Preparer", "--approved-by", "B. Approver")
    go_on(home, "pay", "--month", "2023-01")
    reason = ("--reason", "a letter came", "--regulation", overlay)
    go_on(home, "decide", "--school-year", "2022-2023", *reason, *people)
    go_on(home, "account", "--year", "2022")
    return home


def test_it_is_a_home_of_the_version_before():
    texts = [path.read_text() for path in sorted((FIXTURE / "manifests").iterdir())]
    assert len(texts) == 24
    assert all('"code": "0.1.0+fc9041f4f0ff"' in text for text in texts)
    assert not any("/" in text for text in texts), "a manifest names a place of the machine that wrote it"


def test_everything_in_it_follows_still(old):
    was = published(old)
    assert go_on(old, "verify", "--json").document["findings"] == []
    assert published(old) == was


def test_its_status_says_what_is_to_come(old):
    document = go_on(old, "status", "--json").document
    read_as = f"they are read as format {FORMAT}, and the next run or `npo upgrade` keeps them so"
    assert f"the books are of format 3, which an older npo wrote; {read_as}" in document["findings"]
    assert len(document["deliveries"]) == 9
    assert [one["decision_id"] for one in document["decisions"]] == [
        *("2021-2022-001", "2021-2022-002", "2022-2023-001", "2022-2023-002", "2022-2023-003"),
    ]
    assert document["to_come"][0] == {"month": "2023-01-01", "amount": "69090.72", "currency": "EUR"}


def test_a_school_that_another_merged_into_is_explained(old):
    text = go_on(old, "explain", SUCCESSOR, "--school-year", "2022-2023", "--lang", "en").stdout
    assert "merged into it" in text


def test_the_next_month_pays_what_it_said_was_to_come(gone_on):
    paid = "select sum(amount), list(distinct reason) from payments where paid_month = '2023-01-01'"
    assert select(gone_on, paid) == [(Decimal("69090.72"), ["instalment"])]


def test_a_later_decision_puts_nothing_down_to_the_program(gone_on):
    """The program counts as the one before: only rates and months of the rules changed, and no cause is `code`."""
    causes = "select distinct cause from due_changes where decision_id = '2022-2023-004' order by 1"
    assert select(gone_on, causes) == [("amendment",), ("rate_change",)]


def test_the_next_year_is_accounted_for(gone_on):
    ((received,),) = select(gone_on, "select received from accounts where year = 2022")
    assert select(gone_on, "select sum(amount) from payments where year(paid_month) = 2022") == [(received,)]


def test_a_run_is_of_another_version_only_where_the_calculation_is(gone_on):
    runs = [run for (run,) in select(gone_on, "select run_id from runs order by 1")]
    with read_books(Home(gone_on)) as books:
        others = [run for run in runs if written_by_other_version(books, run)]
    assert others == runs[:24]
    assert [run.split("-")[1] for run in runs[24:]] == ["pay", "decide", "account", "report"]


def test_the_run_kept_it_in_the_format_of_this_version(gone_on):
    assert select(gone_on, "from home") == [(FORMAT,)]
    assert not any("format" in finding for finding in go_on(gone_on, "status", "--json").document["findings"])
    kinds = "select distinct recipient_kind, beneficiary = vestiging, recipient = board from payments"
    assert select(gone_on, kinds) == [("bestuur", True, True)]


def test_what_the_version_before_wrote_keeps_the_ids_of_its_payments(old, gone_on):
    ids = "select payment_id from payments where run_id <= '000024' order by 1"
    assert select(gone_on, ids) == select(old, ids)


def test_a_recipient_that_was_changed_in_migrated_rows_is_found(gone_on, tmp_path):
    home = shutil.copytree(gone_on, tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("update payments set recipient = '99999' where run_id = '000003-pay-2021-09'")
    with checking("chain"):
        ended = here("verify", "--home", home)
    assert ended.status == 5
    assert "chain: rows that 000003-pay-2021-09 wrote in payments were changed" in ended.stdout


def test_books_that_say_an_older_format_than_they_have_are_refused(gone_on, tmp_path):
    home = shutil.copytree(gone_on, tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("update home set format = 3")
    ended = here("pay", "--month", "2023-02", "--home", home)
    assert ended.status == 3
    assert "says that it is of format 3, and" in ended.stderr


def test_what_both_versions_wrote_follows(gone_on):
    assert go_on(gone_on, "verify", "--json").document["findings"] == []
