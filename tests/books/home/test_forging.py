"""Someone who changes a row, the manifest that seals it, and every hash after it, must still answer to the sums.

The chain then ties; what gives the forger away is that money follows from counts, scores and rules. What nothing
in the home can give away is said at the end: for that the manifests must lie elsewhere too.
"""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl
import pytest

from npo_pipeline.books.manifest import GENESIS_HASH, copy_names, rows_sha256, text_sha256
from npo_pipeline.books.paths import Home
from npo_pipeline.books.queries.runs import rows_with_run
from npo_pipeline.books.reader import Books, read_books
from npo_pipeline.commands.verify.command import CHECKS, findings_of, verify_books
from npo_pipeline.commands.verify.manifest_chain import ROW_OWNERSHIP
from tests.books.home.npo import here


@pytest.fixture
def home(story, tmp_path) -> Path:
    return Path(shutil.copytree(story.at("rich"), tmp_path / "home"))


@pytest.fixture(scope="module")
def opened(story, tmp_path_factory):
    """A copy of the books that is open for writing: a forgery in it is rolled back when it was looked at."""
    copy = shutil.copy(story.at("rich") / "npo.duckdb", tmp_path_factory.mktemp("forged"))
    with duckdb.connect(str(copy)) as connection:
        yield connection


def change(home, *statements):
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def forge(home, *statements):
    """Change something, and then each manifest and each hash, in the books and beside them, until all tie."""
    with duckdb.connect(str(home / "npo.duckdb")) as connection:
        forge_in(connection, home / "manifests", *statements)


def forge_in(connection, manifests, *statements):
    for statement in statements:
        connection.execute(statement)
    books, previous = Books(connection, "the books", frozenset()), GENESIS_HASH
    connection.execute("""
        update runs set payments = found, total = summed from (
            select run_id as named, count(*) as found, sum(amount) as summed from payments group by 1)
        where run_id = named""")
    runs = books.frame("from runs order by run_id").to_dicts()
    theirs = {table: rows_with_run(books, table, link) for table, link in ROW_OWNERSHIP.items()}
    for run in runs:
        manifest = json.loads(run["manifest"]) | {"previous": previous}
        for table, written in manifest["tables"].items():
            if table in theirs:
                rows = theirs[table].filter(pl.col("owner") == run["run_id"]).drop("owner")
                written |= {"rows": rows.height, "sha256": rows_sha256(rows)}
        manifest |= {"payments": run["payments"], "sum_cents": int(run["total"] * 100)}
        text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, indent=1)
        previous = text_sha256(text)
        words = [text, previous, run["run_id"]]
        connection.execute("update runs set manifest = ?, manifest_sha256 = ? where run_id = ?", words)
        (manifests / f"{run['run_id']}.json").write_text(text)


@contextmanager
def forged(connection, home, *statements):
    """Books that were forged until all ties, with their manifests in an empty home, while a test looks at them."""
    home.manifests.mkdir(parents=True)
    connection.execute("begin")
    try:
        forge_in(connection, home.manifests, *statements)
        yield Books(connection, "the books", copy_names(home))
    finally:
        connection.execute("rollback")


def findings(home):
    """What `npo verify` says, which ends with status 5 when it says anything."""
    ended = here("verify", "--home", home, "--json")
    found = ended.document["findings"]
    assert ended.status == (5 if found else 0)
    assert ended.stderr.count("\n") == bool(found)
    return found


def broken_links(home):
    """What the chain alone says: one of the checks of `npo verify`, which all take long."""
    with read_books(Home(home)) as books:
        return findings_of(CHECKS["chain"], books, Home(home))


def test_a_forger_who_changes_nothing_is_not_found(opened, tmp_path):
    home = Home(tmp_path / "home")
    with forged(opened, home) as books:
        assert verify_books(books, home).findings == ()
        assert books.table("changes").height == 1  # A transfer, for each payment after it to follow from.


@pytest.mark.parametrize(
    ("forgery", "check"),
    [
        ("update payments set amount = amount + 100 where rowid = 3", "payments"),
        ("update payments set board = '66666' where rowid = 3", "payments"),
        ("update payments set reason = 'correction' where rowid = 3", "payments"),
        ("delete from payments where rowid = 3", "payments"),
        (
            "insert into payments select * replace (md5('mine') as payment_id, '66AA00' as vestiging) "
            "from payments where rowid = 3",
            "payments",
        ),
        ("update entitlements set amount = amount + 100, quantity = quantity + 1 where rowid = 3", "decisions"),
        ("update entitlements set board = '66666' where rowid = 3", "decisions"),
        ("update instalments set amount = amount + 100 where rowid = 3", "decisions"),
        ("update counts set pupils = pupils + 1 where pupils > 0", "decisions"),
        ("update scores set score = score + 1", "decisions"),
        ("update decisions set total = total + 1", "decisions"),
        ("update decisions set reference_date = '2019-10-01'", "decisions"),
        ("update decisions set sequence = 3 - sequence", "decisions"),
        ("update decision_inputs set delivery_id = 'd000001' where used_for = 'scores'", "decisions"),
        ("delete from decision_inputs where used_for = 'cumi'", "decisions"),
        ("update school_facts set board = '66666' where vestiging = '01AA00'", "deliveries"),
        ("delete from quarantine", "deliveries"),
        ("update deliveries set superseded_by = null", "chain"),
        ("update schools set board = '66666' where vestiging = '01AA00'", "deliveries"),
        ("update regulations set text = replace(text, '701.16', '801.16')", "chain"),
    ],
)
def test_a_consistent_forgery_is_given_away_by_what_it_should_follow_from(opened, tmp_path, forgery, check):
    home = Home(tmp_path / "home")
    with forged(opened, home, forgery) as books:
        assert findings_of(CHECKS[check], books, home)


def test_a_forged_payment_is_named_with_its_run_and_its_school(home):
    forge(home, "update payments set amount = 99999.00 where paid_month = '2021-10-01' and vestiging = '01AA00'")
    october = "payments: 000004-pay-2021-10: 2 rows do not follow, 2 are missing; first:"
    (finding,) = [finding for finding in findings(home) if "000004-pay-2021-10" in finding]
    assert finding.startswith(october)
    assert "vestiging 01AA00" in finding
    assert "amount 99.999,00" in finding


LAST = "run_id = (select max(run_id) from runs)"


def test_the_last_run_cannot_be_taken_out_of_the_books(home):
    change(home, f"delete from payments where {LAST}", f"delete from runs where {LAST}")
    assert findings(home) == [
        "chain: manifests/000009-pay-2021-12.json tells of a run that is not in the books: "
        "taken out, or older books were put back"
    ]


def test_a_run_that_is_taken_out_leaves_its_rows_behind(home):
    change(home, f"delete from runs where {LAST}")
    assert any("rows of payments belong to no run" in finding for finding in broken_links(home))


def test_a_run_cannot_be_taken_out_of_the_middle(home):
    gone = "000004-pay-2021-10"
    change(home, f"delete from payments where run_id = '{gone}'", f"delete from runs where run_id = '{gone}'")
    (home / "manifests" / f"{gone}.json").unlink()
    said = broken_links(home)
    assert any("000005-ingest stands where run 000004 should" in finding for finding in said)
    assert any("the manifest of 000005-ingest does not follow the one before it" in finding for finding in said)


def test_two_runs_cannot_change_places(home):
    one, other = "000003-pay-2021-09", "000004-pay-2021-10"
    swapped = f"case run_id when '{one}' then '{other}' when '{other}' then '{one}' else run_id end"
    change(home, f"update payments set run_id = {swapped}", f"update runs set run_id = {swapped}")
    said = broken_links(home)
    assert any(f"{one}: table runs says otherwise than its manifest about run_id" in finding for finding in said)
    assert any(f"the manifest of {one} does not follow" in finding for finding in said)


def test_older_books_cannot_be_put_back(home, paid):
    shutil.copy(paid / "npo.duckdb", home / "npo.duckdb")
    said = findings(home)
    assert [finding.split()[1] for finding in said] == [
        f"manifests/{name}.json"
        for name in (
            "000005-ingest",
            "000006-decide-2021-2022",
            "000007-pay-2021-11",
            "000008-ingest",
            "000009-pay-2021-12",
        )
    ]


def test_a_manifest_beside_the_books_cannot_be_changed(home):
    one = home / "manifests" / "000004-pay-2021-10.json"
    one.write_text(one.read_text().replace('"boards"', '"Boards"'))
    assert broken_links(home) == ["manifests/000004-pay-2021-10.json differs from the manifest in the database"]


def test_a_manifest_beside_the_books_cannot_be_removed(home):
    (home / "manifests" / "000004-pay-2021-10.json").unlink()
    assert broken_links(home) == [
        "1 manifests are gone from manifests/, first 000004-pay-2021-10.json; put them back"
    ]


def test_the_last_manifest_may_be_missing_and_the_next_run_puts_it_there(home):
    last = home / "manifests" / "000009-pay-2021-12.json"
    whole = last.read_bytes()
    last.unlink()
    assert broken_links(home) == []
    assert here("pay", "--month", "2021-12", "--home", home).status == 0
    assert last.read_bytes() == whole


def test_a_changed_manifest_in_the_books_is_not_put_beside_them(home):
    last = home / "manifests" / "000009-pay-2021-12.json"
    last.unlink()
    change(home, f"update runs set manifest = manifest || ' ' where {LAST}")
    here("pay", "--month", "2021-12", "--home", home)
    assert not last.exists()
    assert "the manifest of 000009-pay-2021-12 was changed" in broken_links(home)


def test_nothing_in_the_home_tells_that_the_last_run_is_gone_with_its_manifest(home):
    """The limit: the end of a chain can be cut off. A copy of manifests/ elsewhere tells."""
    change(home, f"delete from payments where {LAST}", f"delete from runs where {LAST}")
    (home / "manifests" / "000009-pay-2021-12.json").unlink()
    assert findings(home) == []


def test_nothing_in_the_home_tells_that_reality_was_forged_from_the_start(home):
    """The limit: who forges the counts and all that follows from them writes another, consistent history. That the
    manifests tell another tale than their copies elsewhere is what remains."""
    before = {path.name: path.read_text() for path in (home / "manifests").iterdir()}
    forge(home, "update differences set message = 'none'")
    assert findings(home) == []
    after = {path.name: path.read_text() for path in (home / "manifests").iterdir()}
    assert before.keys() == after.keys()
    assert all(before[name] != after[name] for name in before if name >= "000005")
