"""Homes that are not as they should be: each is told in one line, and none is built upon."""

import os
import re
import shutil
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.tables import FORMAT
from npo_pipeline.cli.options import path_from, place_from, witness_from
from npo_pipeline.errors import Refused
from tests.books.home.npo import checking, here
from tests.books.home.seeing import published, select

READING = (("status",), ("verify",), ("pay", "--month", "2021-09", "--dry-run"))
WRITING = (("pay", "--month", "2021-09"), ("decide", "--school-year", "2021-2022", "--reason", "x"))


def refused(home, *commands):
    """What the commands say; each is refused in one line and changes nothing."""
    said, was = set(), published(home)
    for command in commands:
        ended = here(*command, "--home", home)
        assert (ended.status, ended.stderr.count("\n")) == (3, 1), ended
        said.add(ended.stderr)
    assert published(home) == was
    return "".join(said)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda whole: b"", "not a valid DuckDB database file"),
        (lambda whole: bytes(len(whole)), "not a valid DuckDB database file"),
        (lambda whole: b"a;b;c\n1;2;3\n" * 9999, "not a valid DuckDB database file"),
        (lambda whole: whole[:1000], "Could not read enough bytes"),
        # DuckDB notices itself where what is lacking is its own catalogue.
        (lambda whole: whole[: len(whole) // 2], "its end is missing|Could not read enough bytes"),
        (lambda whole: whole[:12288] + bytes(len(whole) - 12288), "Corrupt database file"),
        (lambda whole: b"SQLite format 3\x00" + bytes(9999), "not a valid DuckDB database file"),
    ],
)
def test_a_damaged_database_is_refused(decided, damage, words):
    books = decided / "npo.duckdb"
    books.write_bytes(damage(books.read_bytes()))
    said = refused(decided, READING[0], WRITING[0])
    assert re.search(words, said)
    assert "put a back-up in its place" in said


def test_a_database_that_is_not_ours_is_refused(decided):
    (decided / "npo.duckdb").unlink()
    with duckdb.connect(str(decided / "npo.duckdb")) as connection:
        connection.execute("create table other as select 1 as one")
    assert "is no database of npo" in refused(decided, *READING, *WRITING)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (f"update home set format = {FORMAT + 1}", f"a newer npo (format {FORMAT + 1}, this one knows {FORMAT})"),
        ("insert into home values (77)", f"was written by a newer npo (format 77, this one knows {FORMAT})"),
        (
            "update home set format = 1",
            "was written by an older npo (format 1); run `npo upgrade`, which keeps all of it",
        ),
        ("update home set format = 0", "does not say its format"),
        ("delete from home", "does not say its format"),
    ],
)
def test_a_home_of_another_format_is_refused(decided, change, words):
    with duckdb.connect(str(decided / "npo.duckdb")) as connection:
        connection.execute(change)
    assert words in refused(decided, READING[0], WRITING[0])


def test_a_database_that_is_a_link_is_read_but_not_replaced(decided):
    books = decided / "npo.duckdb"
    elsewhere = books.rename(decided.parent / "elsewhere.duckdb")
    books.symlink_to(elsewhere)
    with checking("chain"):
        assert [here(*command, "--home", decided).status for command in READING] == [0, 0, 0]
    assert "is a link" in refused(decided, *WRITING)
    assert books.is_symlink()


def test_a_home_that_is_a_link_to_a_folder_is_that_folder(decided, tmp_path):
    (tmp_path / "link").symlink_to(decided)
    assert here("pay", "--month", "2021-09", "--home", tmp_path / "link").status == 0
    assert select(decided, "select count(*) from runs where command = 'pay'") == [(1,)]
    with checking("chain"):
        assert here("verify", "--home", tmp_path / "link").status == 0


def test_a_home_that_is_a_file_is_refused(tmp_path, country):
    home = tmp_path / "home"
    home.write_text("mine")
    said = refused(home, *READING, *WRITING, ("ingest", country, "--reference-date", "2020-10-01"))
    assert "is a file, and a home is a folder" in said
    assert home.read_text() == "mine"


@pytest.mark.parametrize("odd", ["a?b", "a\\b"])
def test_a_path_that_duckdb_reads_otherwise_is_refused_before_anything_is_made(tmp_path, country, odd):
    home = tmp_path / odd / "home"
    ended = here("ingest", country, "--reference-date", "2020-10-01", "--home", home)
    assert (ended.status, "which DuckDB reads as something else" in ended.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_a_home_with_a_tilde_is_below_the_folder_of_the_user_also_where_no_shell_reads_it(
    tmp_path, country, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NPO_HOME", "~/books")
    monkeypatch.chdir(tmp_path)
    assert here("ingest", country, "--reference-date", "2020-10-01").status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["books"]
    ended = here("status", "--home", "~nobody-of-that-name/books")
    assert (ended.status, "write the path in full" in ended.stderr) == (2, True)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("x" * 256, "no file or folder can have such a name"),
        ("ü" * 128, "no file or folder can have such a name"),
        ("\0", "no file or folder can have such a name"),
        ("y" * 200 + "/y" * 2000, "is longer than a path can be"),
        ("loop", "is a link that leads to itself"),
    ],
)
def test_a_path_that_can_be_none_is_wrong_usage(tmp_path, monkeypatch, path, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(Refused, match=words):
        place_from(path)


def test_a_path_from_a_folder_that_is_gone_is_refused(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(Refused, match="the folder that you are in is gone"):
        path_from("home")
    assert path_from(str(tmp_path)) == tmp_path
    monkeypatch.chdir(tmp_path)


def test_a_witness_with_a_tilde_is_below_the_folder_of_the_user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert witness_from("~/witness.json") == tmp_path / "witness.json"


def test_a_home_among_the_files_of_a_delivery_is_passed_over_and_is_none_itself(tmp_path, country, monkeypatch):
    shutil.copytree(country, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    for words in ("Taken in (000001-ingest)", "Nothing to do"):
        assert words in here("ingest", ".", "--reference-date", "2020-10-01").stdout
    assert "is a home of npo and no delivery" in here("ingest", "npo-home").stderr


def test_a_home_below_a_file_is_refused(tmp_path, country):
    (tmp_path / "file").write_text("mine")
    assert here("ingest", country, "--reference-date", "2020-10-01", "--home", tmp_path / "file/home").status == 3


def test_a_home_without_books_says_how_to_begin(tmp_path):
    home = tmp_path / "home"
    said = refused(home, ("verify",), ("pay", "--month", "2021-09"), ("decide", "--school-year", "2021-2022"))
    assert "begin with `npo ingest`" in said
    assert not home.exists()
    assert here("status", "--home", home).status == 0
    assert not home.exists()


@pytest.fixture
def powerless():
    """As a user who may not do everything: rights do not hold root back."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("rights", "reading", "words"),
    [(0o000, 3, "Permission denied"), (0o555, 0, "cannot be written (Permission denied)")],
)
def test_a_home_without_rights_is_refused(decided, request, rights, reading, words):
    _given_to_all(decided)
    decided.chmod(rights)
    request.getfixturevalue("powerless")
    with checking("chain"):
        assert {here(*command, "--home", decided).status for command in READING} == {reading}
    for command in WRITING:
        ended = here(*command, "--home", decided)
        assert (ended.status, ended.stderr.count("\n")) == (3, 1)
        assert words in ended.stderr


def test_books_that_may_not_be_read_are_refused_by_what_is_wrong(decided, request):
    _given_to_all(decided)
    (decided / "npo.duckdb").chmod(0)
    request.getfixturevalue("powerless")
    ended = here("status", "--home", decided)
    assert ended.status == 3
    assert "Permission denied" in ended.stderr
    assert "check its rights" in ended.stderr


def _given_to_all(home: Path) -> None:
    """The folders above are of the tests, and closed to others."""
    for folder in (home, *home.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)


def test_the_rights_of_the_books_stay_as_they_were_set(decided):
    (decided / "npo.duckdb").chmod(0o640)
    assert here("pay", "--month", "2021-09", "--home", decided).status == 0
    assert (decided / "npo.duckdb").stat().st_mode & 0o777 == 0o640


def test_the_books_have_the_storage_form_that_older_clients_read(stages):
    for stage in stages.values():
        with duckdb.connect() as connection:
            connection.execute(f"attach '{stage.before / 'npo.duckdb'}' as books (read_only)")
            (tags,) = connection.execute(
                "select tags from duckdb_databases() where database_name = 'books'"
            ).fetchone()
        assert tags["storage_version"].startswith("v1.5.0")


def test_books_without_their_folder_beside_them_are_published_whole(decided):
    """Someone cleared away all but the books."""
    shutil.rmtree(decided / "work")
    shutil.rmtree(decided / "manifests")
    assert here("pay", "--month", "2021-09", "--home", decided).status == 0
    assert sorted(path.name for path in (decided / "manifests").iterdir()) == [
        "000002-decide-2021-2022.json",
        "000003-pay-2021-09.json",
    ]


def test_older_books_put_back_are_not_built_upon(decided, paid):
    shutil.copy(decided / "npo.duckdb", paid / "npo.duckdb")
    assert "tells of a run that is not in the books" in refused(paid, *WRITING)


def test_a_look_at_older_books_that_were_put_back_says_so(decided, paid):
    shutil.copy(decided / "npo.duckdb", paid / "npo.duckdb")
    words = "manifests/000004-pay-2021-10.json tells of a run that is not in the books: older books were put back"
    looks = (("pay", "--month", "2021-09", "--dry-run"), ("decide", "--school-year", "2021-2022", "--dry-run"))
    for command in looks:
        ended = here(*command, "--home", paid, "--json")
        assert (ended.status, [words in one for one in ended.document["remarks"]][:1]) == (0, [True])
    assert words in here("status", "--home", paid).stdout


def test_a_home_whose_books_are_gone_is_not_begun_anew(paid, country):
    (paid / "npo.duckdb").unlink()
    ingest = ("ingest", country, "--reference-date", "2020-10-01")
    assert "tells of a run that is not in the books" in refused(paid, ingest)
    assert not (paid / "npo.duckdb").exists()
