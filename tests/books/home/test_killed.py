"""A run that is killed leaves the books as they were; started again, it does all it should."""

import shutil
import signal
from pathlib import Path
from pkgutil import resolve_name

import pytest

from tests.books.home.npo import checking, here
from tests.books.home.seeing import published, select, tables, watched

COMMANDS = ("ingest", "pay")
"""The one that writes most and the one that must not fail half-way; they all write by the same road."""
POINTS = [
    "npo_pipeline.books.run.remove_leftovers",  # the first thing done under the lock
    "npo_pipeline.books.publish.build_manifest",
    "shutil.copyfile",
    "npo_pipeline.books.publish.insert",  # once per table
    "npo_pipeline.books.duckdb._checkpoint",
    "npo_pipeline.books.publish.check_control_totals",
    "npo_pipeline.books.publish.stage_copy",
    "npo_pipeline.books.publish.sync",  # the draft, and after the rename the folder
    "os.replace",  # the books, and then the manifest
    "npo_pipeline.books.publish.publish_copy",
]
RENAMED = "after os.replace"


@pytest.fixture(scope="module", params=COMMANDS)
def stopped(request, stages, tmp_path_factory):
    """A stage, and the homes as they are before and after every call at every point of its run, in order.

    What a process had written when it was killed is there, no more and no less: so a copy of the home at a
    point is what a kill at that point leaves. (The last test here kills in earnest.)
    """
    stage = stages[request.param]
    home = Path(shutil.copytree(stage.before, tmp_path_factory.mktemp("whole") / "home"))
    left: list[tuple[str, Path]] = []

    def see(point):
        aside = tmp_path_factory.mktemp("left") / "home"
        left.append((point, Path(shutil.copytree(home, aside, copy_function=_copy))))

    with pytest.MonkeyPatch.context() as patch:
        for point in POINTS:
            patch.setattr(point, watched(resolve_name(point), point, see))
        assert here(*stage.command, "--home", home).status == 0
    done = [point for point, _ in left].index(RENAMED)
    return stage, left[:done], left[done:]


def _copy(source, target):
    # As `shutil.copyfile`, which is one of the points, and would come here again.
    Path(target).write_bytes(Path(source).read_bytes())


def test_every_point_is_passed_and_every_table_is_one(stopped):
    stage, before, after = stopped
    passed = [point for point, _ in before + after]
    assert set(passed) == {f"{when} {point}" for when in ("before", "after") for point in POINTS}
    assert passed.count("before npo_pipeline.books.publish.insert") == {"ingest": 8, "pay": 3}[stage.command[0]]


def test_killed_before_its_rename_it_changed_nothing(stopped):
    stage, before, _ = stopped
    was = published(stage.before)
    for point, home in before:
        assert published(home) == was, point


def test_started_again_it_does_all_it_should(stopped, tmp_path):
    stage, before, _ = stopped
    for point, found in _kinds(before):
        home = Path(shutil.copytree(found, tmp_path / found.parent.name))
        assert here(*stage.command, "--home", home).status == 0, point
        assert tables(home) == stage.after, point
        assert list((home / "work").iterdir()) == [], point
        assert not (home / "npo.lock").exists(), point


def test_killed_after_its_rename_it_is_done(stopped):
    stage, _, after = stopped
    for point, home in after:
        assert tables(home) == stage.after, point


def test_started_again_it_does_nothing_more_and_completes_the_manifests(stopped, tmp_path):
    stage, _, after = stopped
    lacked = []
    for point, found in _kinds(after):
        home = Path(shutil.copytree(found, tmp_path / found.parent.name))
        books, kept = (home / "npo.duckdb").read_bytes(), home / "manifests"
        manifests = dict(select(home, "select run_id, manifest from runs"))
        lacked.append(len(manifests) - len(list(kept.iterdir())))
        assert here(*stage.command, "--home", home).status == 0, point
        assert (home / "npo.duckdb").read_bytes() == books, point
        assert {path.stem: path.read_text() for path in kept.iterdir()} == manifests, point
        assert not list((home / "work").glob("*/*")), point
    assert sorted(lacked) == [0, 1]
    with checking("chain"):
        assert here("verify", "--home", home).status == 0


def _kinds(left):
    """One of each kind: what the next run finds differs by which files there are."""
    kinds = {frozenset(str(path.relative_to(home)) for path in home.rglob("*")): (at, home) for at, home in left}
    assert len(kinds) > 1
    return list(kinds.values())


@pytest.mark.parametrize(
    ("command", "point", "effect"),
    [
        ("ingest", "npo_pipeline.books.publish.insert", "die after 2"),
        ("pay", "os.replace", "die after"),
    ],
)
def test_the_kernel_does_the_same_to_a_killed_process(npo, stages, tmp_path, command, point, effect):
    stage, home = stages[command], tmp_path / "home"
    shutil.copytree(stage.before, home)
    ended = npo(*stage.command, "--home", home, effects={point: effect})
    assert ended.status == -signal.SIGKILL
    done = (point, effect) == ("os.replace", "die after")
    assert tables(home) == (stage.after if done else tables(stage.before))
    assert here(*stage.command, "--home", home).status == 0
    assert tables(home) == stage.after


def test_what_a_killed_run_left_is_named_by_status_until_the_next_run(npo, decided):
    npo("pay", "--month", "2021-09", "--home", decided, effects={"os.replace": "die before"})
    (left,) = (decided / "work").iterdir()
    assert {path.name for path in left.iterdir()} == {"npo.duckdb", "manifest.json"}
    assert "died half-way" in here("status", "--home", decided).stdout
    with checking("chain"):
        assert here("verify", "--home", decided).status == 0
    here("pay", "--month", "2021-09", "--home", decided)
    assert "died half-way" not in here("status", "--home", decided).stdout


def test_a_home_whose_first_run_was_killed_is_as_new(npo, country, tmp_path):
    home: Path = tmp_path / "home"
    ingest = ("ingest", country, "--reference-date", "2020-10-01", "--home", home)
    assert npo(*ingest, effects={"os.replace": "die before"}).status == -signal.SIGKILL
    assert published(home) == {}
    assert "begin with `npo ingest`" in here("decide", "--school-year", "2021-2022", "--home", home).stderr
    assert here(*ingest).status == 0
    with checking("tables", "chain", "deliveries"):
        assert here("verify", "--home", home).status == 0
