"""The home of a run, with the witness that the environment names."""

from __future__ import annotations

import os

from npo_pipeline.books.paths import Home
from npo_pipeline.cli.options import WITNESS_VARIABLE, path_from, witness_from


def home_of(path: str) -> Home:
    """Return the home of a run; its witness is that of the environment, which `npo serve --witness` sets."""
    return Home(path_from(path), witness=witness_from(os.environ.get(WITNESS_VARIABLE, "")))
