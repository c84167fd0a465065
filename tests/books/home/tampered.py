"""Books that are open to be tampered with."""

import shutil
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from npo_pipeline.books.manifest import copy_names
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.verify.command import CHECKS, findings_of


@pytest.fixture(scope="module")
def opened(story, tmp_path_factory):
    """A copy of the books, open for writing."""
    home = Home(Path(shutil.copytree(story.at("whole"), tmp_path_factory.mktemp("tampered") / "home")))
    with duckdb.connect(str(home.database)) as connection:
        yield connection, home


def said_by(books, home, *names):
    """What some of the checks of `npo verify` find: name -> findings. All of them take long."""
    return {name: findings_of(CHECKS[name], books, home) for name in names}


@contextmanager
def changed(opened, *statements):
    """Books in which something was changed, as long as the test looks at them."""
    connection, home = opened
    connection.execute("begin")
    try:
        for one in statements:
            connection.execute(one)
        yield Books(connection, "the books", copy_names(home)), home
    finally:
        connection.execute("rollback")
