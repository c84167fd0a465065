"""Books of every format that was open, verify and go on (tests/fixtures/homes)."""

import gzip
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.tables import FORMAT
from tests.books.home.npo import here
from tests.books.home.seeing import published, select

FIXTURES = Path(__file__).parents[2] / "fixtures" / "homes"
READ_AS_THEY_ARE = ("format-2", "format-3-first", "format-4-first", "format-4")


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


@pytest.mark.parametrize("name", READ_AS_THEY_ARE)
def test_older_books_verify_and_go_on(name, tmp_path):
    home = unpack(name, tmp_path / "home")
    was = published(home)
    assert go_on(home, "verify", "--json").document["findings"] == []
    assert published(home) == was
    go_on(home, "pay", "--month", "2021-12")
    assert select(home, "from home") == [(FORMAT,)]
    assert go_on(home, "verify", "--json").document["findings"] == []


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
    ended = here("verify", "--home", home)
    assert ended.status == 5
    assert "rows that 000002-decide-2021-2022 wrote in trace were changed" in ended.stdout
