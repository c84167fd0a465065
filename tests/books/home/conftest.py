"""Homes to try things on: made once, as far as a test asks, and copied where a test writes in one."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.books.home.delivery import write_country
from tests.books.home.npo import Npo
from tests.books.home.seeing import tables
from tests.books.home.story import Command, Story


@pytest.fixture(scope="session")
def npo(tmp_path_factory) -> Npo:
    return Npo(tmp_path_factory.mktemp("said"))


@pytest.fixture(scope="session")
def country(tmp_path_factory) -> Path:
    return write_country(tmp_path_factory.mktemp("country"))


@pytest.fixture(scope="session")
def story(tmp_path_factory, country) -> Story:
    own = tmp_path_factory.getbasetemp()
    return Story((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "story", country)


@pytest.fixture(scope="session")
def decided_once(story) -> Path:
    return story.at("decided")


@pytest.fixture(scope="session")
def paid_once(story) -> Path:
    return story.at("paid")


@pytest.fixture
def decided(tmp_path, story) -> Path:
    """A home in which 2021-2022 is decided and nothing is paid."""
    return Path(shutil.copytree(story.at("decided"), tmp_path / "decided"))


@pytest.fixture
def paid(tmp_path, story) -> Path:
    """A home in which September and October 2021 are paid."""
    return Path(shutil.copytree(story.at("paid"), tmp_path / "paid"))


@dataclass(frozen=True)
class Stage:
    """A command, the home in which it is given, and all tables after it was done undisturbed."""

    command: Command
    before: Path
    after: dict[str, list[tuple]]


@pytest.fixture(scope="session")
def stages(story) -> dict[str, Stage]:
    """A corrected delivery is taken in, decided upon, and the difference paid: ingest, decide, pay."""
    after = {name: tables(story.at(name)) for name in ("ingest", "decide", "pay")}
    return {name: Stage(story.commands(name)[0], story.before(name), rows) for name, rows in after.items()}
