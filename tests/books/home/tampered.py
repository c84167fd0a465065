"""Books that are open to be tampered with."""

import shutil
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import duckdb
import pytest

from npo_pipeline.books.manifest import copy_names
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books
from npo_pipeline.commands.verify import manifest_chain, tables
from npo_pipeline.commands.verify.command import CHECKS, findings_of
from npo_pipeline.commands.verify.manifest_chain import ROW_OWNERSHIP


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
        yield Books(connection, "the books", copy_names(home)).read_once(), home
    finally:
        connection.execute("rollback")


@contextmanager
def looking_at(*names):
    """Of values and of sealed rows look at those of some tables: in the others nothing was changed."""
    models = [model for model in tables.TABLES if model.name in names]
    rows = {name: link for name, link in ROW_OWNERSHIP.items() if name in names or (link and link.table in names)}
    with patch.object(tables, "TABLES", models), patch.object(manifest_chain, "ROW_OWNERSHIP", rows):
        yield
