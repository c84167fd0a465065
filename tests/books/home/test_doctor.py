"""`npo doctor` examines the program, the machine and a home, also one that is damaged, older, or not there."""

import base64
import gzip
import hashlib
import os
from importlib import metadata
from pathlib import Path

import pytest

from npo_pipeline.books.paths import Home
from npo_pipeline.watch import doctor
from npo_pipeline.watch.levels import Level
from tests.books.home.npo import here

HOMES = Path(__file__).parents[2] / "fixtures" / "homes"


def verdicts(home):
    return {one.name: one.verdict for one in doctor.examine_machine(Home(home))}


def levels(home):
    return {name: one.level for name, one in verdicts(home).items() if one.level}


@pytest.fixture
def closed(paid):
    """A home that others cannot read."""
    for one in (paid, *paid.rglob("*")):
        one.chmod(one.stat().st_mode & ~0o007)
    return paid


def test_a_home_with_which_all_is_well_is_a_line_of_ok_each(closed):
    ended = here("doctor", "--home", closed)
    assert (ended.status, ended.stderr) == (0, "")
    assert {one[:4] for one in ended.stdout.splitlines()} == {"OK  "}
    assert len(ended.stdout.splitlines()) == len(doctor.EXAMINATIONS)
    document = here("doctor", "--json", "--home", closed).document
    assert (document["level"], document["exit_status"]) == ("OK", 0)
    assert {one["name"] for one in document["checks"]} == set(doctor.EXAMINATIONS)


def test_no_home_is_no_fault(tmp_path):
    assert levels(tmp_path / "none" / "deeper") == {}
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("asked", "level"), [("nl_NL.UTF-8", Level.OK), ("en", Level.OK), ("de", Level.WARN)])
def test_a_language_that_is_not_spoken_is_said(tmp_path, monkeypatch, asked, level):
    monkeypatch.setenv("NPO_LANG", asked)
    said = verdicts(tmp_path / "none")["language"]
    assert said.level == level
    assert (said.advice == "write NPO_LANG=nl, or leave it out") is (level == Level.WARN)


def test_a_file_in_place_of_a_home_is_one(tmp_path):
    file = tmp_path / "home"
    file.write_text("")
    assert levels(file) == {"books": Level.FAIL, "witness": Level.WARN}


@pytest.mark.parametrize("content", [b"", b"no database", b"\0" * 20_000])
def test_a_damaged_home_fails_with_what_to_do_and_no_traceback(closed, content):
    (closed / "npo.duckdb").write_bytes(content)
    ended = here("doctor", "--home", closed)
    assert (ended.status, ended.stderr) == (7, "")
    (books,) = [one for one in ended.stdout.splitlines() if one[6:].startswith("books")]
    assert books.startswith("FAIL")
    assert "back-up" in books or "choose another --home" in books


@pytest.mark.parametrize(("number", "level"), [("1", Level.FAIL), ("2", Level.WARN), ("7", Level.WARN)])
def test_books_of_an_older_format_are_upgraded(closed, number, level):
    older = gzip.decompress((HOMES / f"format-{number}.duckdb.gz").read_bytes())
    (closed / "npo.duckdb").write_bytes(older)
    found = verdicts(closed)["books"]
    assert found.level == level
    assert "npo upgrade" in found.message + found.advice


def test_what_another_program_or_a_dead_run_left_is_named(closed):
    (closed / "work").mkdir(exist_ok=True)
    (closed / "work" / "000005-pay").mkdir()
    assert levels(closed) == {"leftovers": Level.WARN}
    (closed / "npo.duckdb.wal").write_bytes(b"")
    assert levels(closed)["leftovers"] == Level.FAIL


def test_a_home_that_every_user_can_read_or_write_is_closed(closed):
    (closed / "npo.duckdb").chmod(0o644)
    closed.chmod(0o755)
    assert verdicts(closed)["rights"].advice == f"chmod -R o-rwx {closed}"
    closed.chmod(0o777)
    assert levels(closed)["rights"] == Level.FAIL


def test_an_older_home_than_its_witness_knows_is_acted_on(closed, tmp_path):
    witness = tmp_path / "witness"
    witness.write_text('{"first": "0", "run_id": "000009-pay", "manifest_sha256": "0"}')
    (found,) = [one for one in doctor.examine_machine(Home(closed, witness)) if one.name == "witness"]
    assert found.verdict.level == Level.FAIL


def test_a_home_on_a_share_is_looked_at_also_where_it_is_mounted_when_it_is_asked_for(tmp_path, monkeypatch):
    home = tmp_path / "the home"
    home.mkdir(mode=0o700)
    at = str(home).replace(" ", "\\040")
    (tmp_path / "mounts").write_text(
        f"/dev/sda1 / ext4 rw 0 0\nautofs {at} autofs rw 0 0\nnas:/npo {at} nfs4 rw 0 0\n"
    )
    monkeypatch.setattr(doctor, "MOUNTS", tmp_path / "mounts")
    assert (
        verdicts(home)["disk"].message == f"{home}: is on a share (nfs4); lock and rename work from this machine"
    )


def test_a_server_or_library_that_is_asked_and_lacks_is_named(closed, monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(doctor, "find_spec", lambda name: None if name == "opentelemetry" else object())
    found = verdicts(closed)
    assert (found["prefect"].level, found["watching"].level) == (Level.FAIL, Level.WARN)
    assert "npo-pipeline[telemetry]" in found["watching"].advice


def test_an_examination_that_breaks_is_a_verdict_and_the_others_are_done(closed, monkeypatch):
    def broken(home):
        raise ZeroDivisionError("1/0")

    monkeypatch.setitem(doctor.EXAMINATIONS, "time", broken)
    found = verdicts(closed)
    assert found["time"].message.startswith("could not be examined (ZeroDivisionError in broken (test_doctor.py")
    assert len(found) == len(doctor.EXAMINATIONS)


def test_a_library_of_another_version_is_named(monkeypatch):
    asked = ["click>=99", "polars>=2", "nowhere-to-be-found", "tzdata; sys_platform == 'win32'"]
    monkeypatch.setattr(doctor, "_requirements", lambda: asked)
    found = doctor.examine_versions(Home(Path("none")))
    assert found.level == Level.FAIL
    assert f"click >=99 (found {metadata.version('click')}), nowhere-to-be-found" in found.message
    assert "polars" not in found.message
    assert "tzdata" not in found.message


def test_an_installed_file_is_as_its_record_says(tmp_path):
    file = tmp_path / "one.py"
    file.write_text("as it was")
    recorded = base64.urlsafe_b64encode(hashlib.sha256(b"as it was").digest()).rstrip(b"=").decode()
    path = metadata.PackagePath("one.py")
    path.hash, path.size = metadata.FileHash(f"sha256={recorded}"), 9
    path.dist = metadata.Distribution.at(tmp_path / "npo.dist-info")
    assert doctor._is_as_recorded(path)
    file.write_text("changed")
    assert not doctor._is_as_recorded(path)
    file.unlink()
    assert not doctor._is_as_recorded(path)
