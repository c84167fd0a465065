"""Books of every format that was open, verify and go on (tests/fixtures/homes)."""

import gzip
import json
import shutil
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.tables import FORMAT
from tests.books.home.npo import checking, here
from tests.books.home.seeing import published, select

FIXTURES = Path(__file__).parents[2] / "fixtures" / "homes"
OLDER = ("format-2", "format-3-first", "format-4-first", "format-4", "format-5")
NEXT_MONTH = {**dict.fromkeys(OLDER, "2021-12"), "format-6": "2022-03", "format-7": "2021-11"}
"""Books that are read as they are -> the month that they pay next."""


def unpack(name: str, home: Path) -> Path:
    """Write books with the copies of their manifests, which table `runs` holds."""
    (home / "manifests").mkdir(parents=True)
    (home / "npo.duckdb").write_bytes(gzip.decompress((FIXTURES / f"{name}.duckdb.gz").read_bytes()))
    for run_id, manifest in select(home, "select run_id, manifest from runs"):
        (home / "manifests" / f"{run_id}.json").write_text(manifest)
    return home


def go_on(home: Path, *command: object):
    ended = here(*command, "--home", home)
    assert ended.status == 0, ended.stderr
    return ended


@pytest.mark.parametrize(("name", "month"), NEXT_MONTH.items())
def test_older_books_go_on_and_verify(name, month, tmp_path):
    home = unpack(name, tmp_path / "home")
    go_on(home, "pay", "--month", month)
    assert select(home, "from home") == [(FORMAT,)]
    assert go_on(home, "verify", "--json").document["findings"] == []


def test_books_with_releases_go_on_and_their_payment_files_are_written_again_as_they_were(tmp_path):
    home = unpack("format-8", tmp_path / "home")
    go_on(home, "release", "--month", "2021-10")
    assert sorted(file.name for file in (home / "bank").iterdir()) == [
        "npo-2021-09-001.xml",
        "npo-2021-10-001.xml",
    ]
    go_on(home, "pay", "--month", "2021-11")
    assert select(home, "from home") == [(FORMAT,)]
    assert go_on(home, "verify", "--json").document["findings"] == []


def test_older_books_verify_as_they_are(tmp_path):
    home = unpack("format-4", tmp_path / "home")
    was = published(home)
    assert go_on(home, "verify", "--json").document["findings"] == []
    assert published(home) == was


def test_a_column_that_is_gone_from_older_books_is_named(tmp_path):
    home = unpack("format-4", tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("drop view current_counts; alter table counts drop column pro_pupils")
    ended = here("status", "--home", home)
    assert ended.status == 3
    assert "says that it is of format 4, and column pro_pupils of counts is gone; put a back-up" in ended.stderr


def test_a_value_that_a_migration_fills_in_is_verified(tmp_path):
    home = unpack("format-4-first", tmp_path / "home")
    go_on(home, "pay", "--month", "2021-12")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("update trace set small_fixed = 1 where decision_id = '2021-2022-001'")
    with checking("chain"):
        ended = here("verify", "--home", home)
    assert ended.status == 5
    assert "rows that 000002-decide-2021-2022 wrote in trace were changed" in ended.stdout


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory) -> Path:
    """The home of the first format, upgraded and gone on."""
    home = unpack("format-1", tmp_path_factory.mktemp("upgraded") / "home")
    assert go_on(home, "upgrade", "--json").document == {"from": 1, "to": FORMAT, "run_id": "000009-upgrade"}
    return home


def test_books_of_the_first_format_ask_to_be_upgraded(tmp_path):
    home = unpack("format-1", tmp_path / "home")
    was = published(home)
    for command in (("status",), ("verify",), ("pay", "--month", "2021-12")):
        ended = here(*command, "--home", home)
        assert ended.status == 3
        assert "was written by an older npo (format 1); run `npo upgrade`" in ended.stderr
    assert published(home) == was


def test_what_the_first_format_did_not_state_is_calculated(upgraded):
    """October settled the counts that were corrected after September was paid."""
    paid = "select decision_id, paid_until, valid_from, valid_to, published from decisions order by 1"
    (first, second) = select(upgraded, paid)
    assert [str(one) for one in first] == ["2021-2022-001", "None", "2021-09-01", "2022-07-01", "None"]
    assert [str(one) for one in second] == ["2021-2022-002", "2021-09-01", "2021-09-01", "2022-07-01", "None"]
    due = "select sum(amount) from due_changes where month = '2021-09-01'"
    settled = "select sum(amount) from correction_causes"
    corrections = "select sum(amount) from payments where reason = 'correction'"
    assert select(upgraded, due) == select(upgraded, settled) == select(upgraded, corrections)


def test_an_upgrade_has_a_manifest_of_its_own(upgraded):
    ((text,),) = select(upgraded, "select manifest from runs where command = 'upgrade'")
    manifest = json.loads(text)
    assert (manifest["format"], manifest["upgraded"]["from"]) == (FORMAT, 1)
    assert (
        manifest["upgraded"]["tables"]["payments"]["rows"]
        == select(upgraded, "select count(*) from payments")[0][0]
    )
    assert (upgraded / "manifests" / "000009-upgrade.json").read_text() == text


def test_books_that_were_upgraded_have_nothing_to_upgrade(upgraded):
    was = published(upgraded)
    assert go_on(upgraded, "upgrade", "--json").document == {"from": FORMAT, "to": FORMAT, "run_id": None}
    assert "nothing to do" in go_on(upgraded, "upgrade").stdout
    assert published(upgraded) == was


def test_upgraded_books_pay_the_next_month_and_verify(upgraded, tmp_path):
    home = shutil.copytree(upgraded, tmp_path / "home")
    go_on(home, "pay", "--month", "2021-12")
    assert go_on(home, "verify", "--json").document["findings"] == []


def test_books_that_do_not_tie_are_not_upgraded(tmp_path):
    home = unpack("format-2", tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("update payments set amount = amount + 1 where paid_month = '2021-10-01'")
    was = published(home)
    ended = here("upgrade", "--home", home)
    assert ended.status == 5
    assert "do not tie, so they were not upgraded and nothing was changed" in ended.stderr
    assert published(home) == was


@pytest.mark.parametrize("command", [("upgrade",), ("pay", "--month", "2021-12")])
def test_a_view_of_an_analyst_is_not_lost_by_a_migration(command, tmp_path):
    home = unpack("format-2", tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("create view mine as select board, amount from payments; create table extra (one int)")
    was = published(home)
    ended = here(*command, "--home", home)
    assert ended.status == 3
    assert "holds table extra, view mine, which npo did not make and which would be lost" in ended.stderr
    assert published(home) == was


def test_books_of_the_first_day_are_not_called_damaged(tmp_path):
    home = unpack("format-1", tmp_path / "home")
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        connection.execute("drop table trace")
    ended = here("upgrade", "--home", home)
    assert ended.status == 3
    assert "was written on the first day of npo, when payments were identified in another way" in ended.stderr
