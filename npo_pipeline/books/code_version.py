"""The version of the program that wrote a run: a hash of what decides amounts, and one of all of its source.

They are two because they answer two questions. *Could this program come to other amounts?* If it could, `decide`
recalculates the decision before under its own rules and inputs and puts the difference down to cause `code`, and
`verify` does not hold another wording of a finding against it. A renamed report must not look like that. *Which
source was it exactly?* is for whoever looks into a run later, and for packs, which are made again when it changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import npo_pipeline
import schemas

_PACKAGES = tuple(Path(package.__path__[0]) for package in (npo_pipeline, schemas))

_WITHOUT_AMOUNTS = ("cli", "commands", "reports", "generate", "books", "errors.py", "atomic_file.py", "startup.py")
"""Parts of `npo_pipeline` that load, write and show, and calculate nothing.

A new part counts as one that can change amounts: one too many costs a recalculation that finds no difference, one
too few would put a difference down to the wrong cause."""

_AMOUNTS_IN_SQL = ("books/queries", "books/views.py")
"""Parts of those that do calculate: the ledger state that a payment run starts from is summed in SQL."""


class CodeVersion(NamedTuple):
    """Hold the version of the program with two hashes: `0.1.0+0123456789ab`."""

    calculation: str
    """Over what can change an amount or which rows are accepted: rules, reading, calculation, accounts."""

    source: str
    """Over every file of the program."""


@cache
def code_version(packages: Sequence[Path] = _PACKAGES) -> CodeVersion:
    """Hash the source of the program (two packages), and of the part that can change amounts."""
    calculation, source = hashlib.sha256(), hashlib.sha256()
    for package in packages:
        files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        for name, path in sorted((path.relative_to(package).as_posix(), path) for path in files):
            content = f"{package.name}/{name}".encode() + b"\0" + path.read_bytes()
            source.update(content)
            shows = _is_in(name, _WITHOUT_AMOUNTS) and not _is_in(name, _AMOUNTS_IN_SQL)
            if package.name != "npo_pipeline" or not shows:
                calculation.update(content)
    version = npo_pipeline.__version__
    return CodeVersion(*(f"{version}+{digest.hexdigest()[:12]}" for digest in (calculation, source)))


def _is_in(name: str, parts: Sequence[str]) -> bool:
    return any(name == part or name.startswith(f"{part}/") for part in parts)
