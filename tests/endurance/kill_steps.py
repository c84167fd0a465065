"""The commands that are killed: the story of a small home with all that a year brings, and what comes after it."""

from __future__ import annotations

import filecmp
import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.books.home import story
from tests.books.home.delivery import write_country, write_debtor

FIXTURES = Path(__file__).parents[1] / "fixtures" / "homes"
ENVIRONMENT = {"NPO_MAX_CHANGE": "1", "NPO_LANG": "en", "LANG": "C.UTF-8"}
"""In a country of five schools a corrected pupil is a tenth of a school."""


@dataclass(frozen=True)
class Step:
    """A command, given in a folder (the world) in which the home is; `home`: its name there."""

    words: tuple[str, ...]
    home: str = "home"

    @property
    def command(self) -> str:
        return self.words[0]


Chapter = Callable[[Path, Path], Iterator[Step]]
"""Given the folder of what is delivered and the world that it is in, as the step before left it."""


def steps(world: Path) -> Iterator[Step]:
    """Yield every command of the story, each after the one before was done."""
    for chapter in (_story, _after, _kept, _older):
        yield from chapter(world / "in", world)


def _story(inputs: Path, world: Path) -> Iterator[Step]:
    yield _step("ingest", write_country(inputs / "country"), "--reference-date", "2020-10-01")
    yield _step("decide", "--school-year", "2021-2022")
    for chapter in (story.paid, story.ingest, story.decide, story.pay, story.rich, story.whole):
        for words in chapter(inputs / chapter.__name__, world / "home"):
            yield _step(*words)


def _after(inputs: Path, world: Path) -> Iterator[Step]:
    yield _step("pay", "--month", "2022-04", "--catch-up")
    yield _step("pay", "--month", "2022-05")
    yield _step("pay", "--month", "2022-07", "--catch-up")
    yield _step("specification", "--month", "2021-11")
    yield _step("account", "--year", "2022")
    yield _step("journal", "--board", "10001", "--year", "2022", world / "out" / "journal")
    yield _step("export", "--board", "10001", world / "out" / "export")
    yield _step("tool", "--school-year", "2021-2022")
    people = ("--prepared-by", "A. Preparer", "--approved-by", "B. Approver")
    yield _step("account", "--year", "2022", "--close", *people)
    yield from _release(inputs, world, "2022-05")


def _release(inputs: Path, world: Path, month: str) -> Iterator[Step]:
    given = ("release", "--month", month, "--debtor", write_debtor(inputs / "debtor"))
    yield _step(*given, "--prepared-by", "A. Preparer")
    query = f"select fingerprint from release_plans where month = '{month}-01'"
    ((plan,), *_) = story.select(world / "home", query)
    yield _step(*given, "--approved-by", "B. Approver", "--approved-plan", plan)


def _kept(inputs: Path, world: Path) -> Iterator[Step]:
    for name in ("backups", "public"):
        (world / "out" / name).mkdir(exist_ok=True)
    yield _step("backup", world / "out" / "backups")
    yield _step("backup", world / "out" / "backups", "--keep", "1")
    yield _step("restore", world / "out" / "backups", home="restored")
    yield _step("restore", world / "out" / "backups", "--replace")
    yield _step("publish", world / "out" / "public")
    yield _step("publish", world / "out" / "public", "--keep", "2")
    yield _step("verify")


def _older(inputs: Path, world: Path) -> Iterator[Step]:
    for packed in sorted(FIXTURES.glob("format-*.duckdb.gz"))[-4:-1]:
        name = packed.name.partition(".")[0]
        _unpack(packed, world / name)
        yield _step("upgrade", home=name)


def _unpack(packed: Path, home: Path) -> None:
    """Put books of an older format in a home, and the copies of its manifests beside them."""
    (home / "manifests").mkdir(parents=True)
    (home / "npo.duckdb").write_bytes(gzip.decompress(packed.read_bytes()))
    for run_id, manifest in story.select(home, "select run_id, manifest from runs"):
        (home / "manifests" / f"{run_id}.json").write_text(manifest)


def _step(*words: object, home: str = "home") -> Step:
    return Step(tuple(str(word) for word in words), home)


def moved(words: tuple[str, ...], world: Path, to: Path) -> list[str]:
    """Return a command as it is given in another copy of the world."""
    return [word.replace(str(world), str(to)) for word in words]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A step with the world before it, and how it went undisturbed: once, and once more."""

    number: int
    step: Step
    folder: Path
    seconds: float
    points: int
    again_status: int

    @property
    def before(self) -> Path:
        return self.folder / "before"

    @property
    def once(self) -> Path:
        return self.folder / "once"

    @property
    def twice(self) -> Path:
        return self.folder / "twice"

    def save(self) -> None:
        """Keep it, last of all: a stage without its file was not played to the end."""
        row = {
            "words": self.step.words,
            "home": self.step.home,
            "seconds": self.seconds,
            "points": self.points,
            "again_status": self.again_status,
        }
        (self.folder / "stage.json").write_text(json.dumps(row), encoding="utf-8")

    @classmethod
    def load(cls, number: int, folder: Path) -> Stage:
        row = json.loads((folder / "stage.json").read_text("utf-8"))
        step = Step(tuple(row.pop("words")), row.pop("home"))
        return cls(number=number, step=step, folder=folder, **row)


def copy_world(source: Path, target: Path, *, like: Path | None = None) -> Path:
    """Copy a world. `like`: a copy that nobody writes in, and of which equal files are taken for less space."""

    def copied(file: str, to: str) -> None:
        there = like / Path(file).relative_to(source) if like else None
        if there and there.is_file() and filecmp.cmp(file, there, shallow=False):
            os.link(there, to)
        else:
            shutil.copy2(file, to)

    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(source, target, symlinks=True, copy_function=copied))


def set_environment() -> None:
    """Have commands speak English, and take in what a small country changes."""
    os.environ.update(ENVIRONMENT)
    for name in ("NPO_HOME", "NPO_SPECIFICATIONS", "NPO_WITNESS"):
        os.environ.pop(name, None)
