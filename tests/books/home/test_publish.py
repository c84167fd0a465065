"""`npo publish`: the tables for many readers, one run at a time and whole, whatever reads them and whenever."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries import publication
from npo_pipeline.books.queries.publication import PUBLISHED, published
from npo_pipeline.commands import publish as module
from npo_pipeline.commands.publish import PublishRequest, publish
from npo_pipeline.errors import Refused
from tests.books.home.driver import fail, struck
from tests.books.home.npo import here
from tests.books.home.seeing import everything, select

LAST = "000004-pay-2021-10"
PAYMENTS = "select paid_month, component, sum(amount), count(*) from payments group by all order by all"


@pytest.fixture(scope="module")
def whole_once(story, tmp_path_factory) -> Path:
    """What is published of a home in which every table has rows."""
    folder = tmp_path_factory.mktemp("published")
    (folder / "home").symlink_to(shutil.copytree(story.at("whole"), folder / "copied"))
    (folder / "share").mkdir()
    assert here("publish", folder / "share", "--home", folder / "home").status == 0
    return folder


@pytest.fixture
def folder(paid, tmp_path, monkeypatch) -> Path:
    """A home in which October is paid, and what is published of it: a few tables, for time."""
    monkeypatch.setattr(publication, "published", lambda: ["payments", "entitlements", "schools", "settling"])
    paid.rename(tmp_path / "home")
    (tmp_path / "share").mkdir()
    assert here("publish", tmp_path / "share", "--home", tmp_path / "home").status == 0
    return tmp_path


def catalogue(share: Path) -> duckdb.DuckDBPyConnection:
    """The catalogue as another program opens it: not the one that this process may have open already."""
    connection = duckdb.connect()
    connection.execute(f"attach '{share / 'npo.duckdb'}' as share (read_only)")
    connection.execute("use share")
    return connection


def test_each_view_gives_the_rows_and_types_of_the_books(whole_once, monkeypatch):
    monkeypatch.chdir("/")  # Wherever the reader is.
    with catalogue(whole_once / "share") as share:
        for name in published():
            types, left_out = f"select column_name, column_type from (describe {name})", PUBLISHED[name].without
            there = [one for one in select(whole_once / "home", types) if one[0] not in left_out]
            assert share.execute(types).fetchall() == there, name
            columns, only = [column for column, _ in there], PUBLISHED[name].only
            shown = [f"case when {only[one]} then {one} end" if one in only else one for one in columns]
            in_share, in_books = (f"select {', '.join(one)} from {name} order by all" for one in (columns, shown))
            assert share.execute(in_share).fetchall() == select(whole_once / "home", in_books), name


def test_the_comments_are_there(whole_once):
    comments = (
        "select table_name, column_name, comment from duckdb_columns() where database_name = current_database()"
    )
    with catalogue(whole_once / "share") as share:
        there = share.execute(f"{comments} order by all").fetchall()
        tables = "select view_name, comment from duckdb_views() where not internal"
        views = dict(share.execute(tables).fetchall())
    of_books = set(select(whole_once / "home", comments))
    assert {name for name, _, _ in there} == set(published()) == set(views)
    assert {one for one in there if one[1] not in PUBLISHED[one[0]].only} <= of_books
    assert ("accountability_interventions", "intervention") in {one[:2] for one in set(there) - of_books}
    assert all(views.values())


def test_polars_and_pyarrow_read_it_too(whole_once):
    where = whole_once / "share" / json.loads((whole_once / "share" / "publication.json").read_text())["folder"]
    query = "select count(*), sum(amount) from payments where paid_month = '2021-10-01'"
    ((rows, total),) = select(whole_once / "home", query)
    october = pl.scan_parquet(where / "payments/**/*.parquet", hive_partitioning=True).filter(
        pl.col("paid_month") == pl.date(2021, 10, 1)
    )
    assert october.select(pl.len(), pl.col("amount").sum()).collect().row(0) == (rows, total)
    of_month = pa.dataset.partitioning(pa.schema([("paid_month", pa.date32())]), flavor="hive")
    arrow = pa.dataset.dataset(where / "payments", partitioning=of_month).to_table()
    assert arrow.num_rows == select(whole_once / "home", "select count(*) from payments")[0][0]
    plain = pa.dataset.dataset(where / "entitlements", partitioning="hive").to_table()
    assert set(plain["school_year"].to_pylist()) == {"2021-2022"}


def test_no_account_number_and_no_name_is_in_any_file(whole_once):
    names = "select distinct prepared_by from batches union select approved_by from batches union "
    names += "select distinct iban from payment_accounts union select declared_by from holds union "
    names += "select intervention from accountability_interventions where not on_menu"
    secrets = [one.encode() for (one,) in select(whole_once / "home", names) if one]
    assert len(secrets) > 4
    for path, content in everything(whole_once / "share").items():
        if path.endswith(".parquet"):
            content = pl.read_parquet(whole_once / "share" / path).write_ndjson().encode()
        assert [one for one in secrets if one in content] == [], path


def test_the_page_and_the_dictionary_say_what_is_there_and_what_is_not(whole_once):
    page = (whole_once / "share" / "README.md").read_text()
    assert f"The views look for the files in `{whole_once / 'share'}`" in page
    dictionary = (whole_once / "share" / "dictionary.md").read_text()
    assert "- `payment_accounts`: Account numbers." in dictionary
    assert "Left out: iban, account_name." in dictionary


def test_the_same_run_again_writes_nothing(folder):
    before = {path: path.stat().st_mtime_ns for path in (folder / "share").rglob("*")}
    ended = here("publish", folder / "share", "--home", folder / "home")
    assert f"holds the tables of {LAST} already; nothing was written" in ended.stdout
    assert {path: path.stat().st_mtime_ns for path in (folder / "share").rglob("*")} == before


def test_a_file_that_is_gone_is_written_again(folder):
    file = next((folder / "share" / "runs" / LAST / "payments").rglob("*.parquet"))
    file.unlink()
    (folder / "share" / ".README.md.77").touch()  # Of one that was killed.
    assert here("publish", folder / "share", "--home", folder / "home").status == 0
    assert not (folder / "share" / ".README.md.77").exists()
    with catalogue(folder / "share") as share:
        assert share.execute(PAYMENTS).fetchall() == select(folder / "home", PAYMENTS)


def test_readers_may_have_the_place_under_another_name(folder):
    address = ("--base", "s3://bucket/npo")
    ended = here("publish", folder / "share", *address, "--home", folder / "home", "--json")
    assert (ended.document["base"], ended.document["is_new"]) == ("s3://bucket/npo", True)
    assert sorted(os.listdir(folder / "share" / "runs")) == [LAST]
    (folder / "share").rename(folder / "mounted elsewhere")
    with catalogue(folder / "mounted elsewhere") as share:
        share.execute(f"set variable npo_base = '{folder / 'mounted elsewhere'}'")
        assert share.execute(PAYMENTS).fetchall() == select(folder / "home", PAYMENTS)


def test_a_reader_with_the_earlier_catalogue_open_goes_on_and_older_runs_go(folder):
    months = "select max(paid_month)::varchar from payments"
    with catalogue(folder / "share") as earlier:
        for month in ("2021-11", "2021-12"):
            assert here("pay", "--month", month, "--home", folder / "home").status == 0
            ended = here("publish", folder / "share", "--keep", "2", "--home", folder / "home", "--json")
            if month == "2021-11":
                assert earlier.execute(months).fetchall() == [("2021-10-01",)]
    assert ended.document["removed"] == [LAST]
    assert sorted(os.listdir(folder / "share" / "runs")) == ["000005-pay-2021-11", "000006-pay-2021-12"]
    with catalogue(folder / "share") as share:
        assert share.execute(months).fetchall() == [("2021-12-01",)]


@pytest.mark.parametrize(
    ("point", "effect"),
    [
        ("npo_pipeline.commands.publish.write_synced", "die after 20"),
        ("npo_pipeline.commands.publish._replace_catalogue", "die after"),
    ],
)
def test_killed_at_any_point_readers_have_one_run_whole(npo, folder, point, effect):
    assert here("pay", "--month", "2021-11", "--home", folder / "home").status == 0
    ended = npo("publish", folder / "share", "--home", folder / "home", effects={point: effect})
    assert ended.status == -signal.SIGKILL
    with catalogue(folder / "share") as share:
        months = share.execute("select max(paid_month)::varchar from payments").fetchall()
    done = effect == "die after"
    assert months == [("2021-11-01" if done else "2021-10-01",)]
    assert here("publish", folder / "share", "--home", folder / "home").status == 0
    with catalogue(folder / "share") as share:
        assert share.execute(PAYMENTS).fetchall() == select(folder / "home", PAYMENTS)
    left = [path.name for path in (folder / "share").rglob("*") if "partial" in path.name or path.name[0] == "."]
    assert left == []


def test_the_files_that_a_killed_publication_left_whole_are_taken(folder, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    request = PublishRequest(home=Home(folder / "home"), dest=folder / "share")
    assert here("pay", "--month", "2021-11", "--home", folder / "home").status == 0
    with monkeypatch.context() as dying:
        dying.setattr(module, "_write_record", die)
        with pytest.raises(KeyboardInterrupt):
            publish(request)
    assert publish(request).is_new
    assert sorted(os.listdir(folder / "share" / "runs")) == [LAST, "000005-pay-2021-11"]


def test_a_first_publication_that_was_killed_is_begun_again(npo, folder):
    (folder / "new").mkdir()
    dying = {"npo_pipeline.commands.publish.write_synced": "die after 5"}
    assert npo("publish", folder / "new", "--home", folder / "home", effects=dying).status == -signal.SIGKILL
    assert here("publish", folder / "new", "--home", folder / "home").status == 0


def test_a_folder_of_something_else_is_refused_and_nothing_in_it_touched(folder, decided_once):
    other = Path(shutil.copytree(decided_once, folder / "other"))
    for dest, words in ((other, "holds manifests, and no publication"), (folder / "home", "lies in the home")):
        before = everything(dest)
        ended = here("publish", dest, "--home", folder / "home")
        assert (ended.status, words in ended.stderr) == (3, True)
        assert everything(dest) == before


def test_older_and_other_books_are_not_published_over_newer_ones(folder, decided_once, tmp_path):
    older = Path(shutil.copytree(decided_once, tmp_path / "older"))
    ended = here("publish", folder / "share", "--home", older)
    assert (ended.status, f"holds the tables of {LAST}, and these books have no such run" in ended.stderr) == (
        3,
        True,
    )
    record = folder / "share" / "publication.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "first": "0" * 64}))
    ended = here("publish", folder / "share", "--home", folder / "home")
    assert (ended.status, "holds the tables of other books" in ended.stderr) == (3, True)
    record.write_text(json.dumps({**json.loads(record.read_text()), "files": None}))
    ended = here("publish", folder / "share", "--home", folder / "home")
    assert (ended.status, "publication.json in it cannot be read" in ended.stderr) == (3, True)


def test_a_full_disk_leaves_what_was_published(folder, monkeypatch):
    assert here("pay", "--month", "2021-11", "--home", folder / "home").status == 0
    monkeypatch.setattr(module, "write_synced", struck(module.write_synced, fail, "before", 3))
    ended = here("publish", folder / "share", "--home", folder / "home")
    assert ended.status == 3
    assert "(No space left on device); what was published before is as it was" in ended.stderr
    with catalogue(folder / "share") as share:
        assert share.execute("select max(paid_month)::varchar from payments").fetchall() == [("2021-10-01",)]


def test_a_file_that_does_not_give_what_was_written_is_refused(folder, monkeypatch):
    assert here("pay", "--month", "2021-11", "--home", folder / "home").status == 0
    real = publication.view_of

    def another(table, files):
        view = real(table, files)
        return view if table.name != "payments" else publication.CatalogueView(**{**vars(view), "rows": 1})

    monkeypatch.setattr(publication, "view_of", another)
    with pytest.raises(Refused, match="control total of payments"):
        publish(PublishRequest(home=Home(folder / "home"), dest=folder / "share"))
    with catalogue(folder / "share") as share:
        assert share.execute("select max(paid_month)::varchar from payments").fetchall() == [("2021-10-01",)]
