"""The full check of a filing by Arelle, a validator of XBRL, and its viewer: each in a process of its own.

Nothing here or in `arelle_process` reaches for a network: the schemas of XBRL come with Arelle, and ours are
handed over.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeAlias

from npo_pipeline.errors import Refused

_PROCESS = "npo_pipeline.reports.xbrl.arelle_process"

Checks: TypeAlias = Literal["all", "filing_rules", "table_constraints"]


@dataclass(frozen=True)
class Message:
    """A message of Arelle on a file. `level`: WARNING, INCONSISTENCY, ERROR or CRITICAL."""

    file: str
    level: str
    code: str
    text: str


@dataclass(frozen=True)
class Outcome:
    """The outcome for a file: messages above info; per assertion how often it was satisfied and how often not."""

    file: str
    messages: tuple[Message, ...]
    assertions: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def satisfied(self) -> int:
        """Return how often an assertion was satisfied."""
        return sum(satisfied for satisfied, _ in self.assertions.values())

    @property
    def unsatisfied(self) -> int:
        """Return how often an assertion was not satisfied."""
        return sum(unsatisfied for _, unsatisfied in self.assertions.values())


@dataclass(frozen=True)
class Validation:
    """A file to check.

    `path`: XBRL, inline XBRL, the `report.json` of xBRL-CSV, a report package, or the taxonomy package itself.
    `taxonomy`: null for a report package, which holds its own. `by`: `filing_rules`:
    by the Dutch filing rules, without assertions; `table_constraints`: xBRL-CSV by the constraints in its own
    metadata alone, without loading a fact (seconds for all boards). `json_into`: a folder for the facts as Arelle
    read them, `NAME.json`; that takes longer than the check.
    """

    path: Path
    taxonomy: Path | None
    by: Checks = "all"
    json_into: Path | None = None

    def request(self) -> dict[str, str | None]:
        """Return the request to the process of Arelle."""
        return {
            "file": str(self.path.resolve()),
            "taxonomy": str(self.taxonomy.resolve()) if self.taxonomy else None,
            "by": self.by,
            "json_into": str(self.json_into.resolve()) if self.json_into else None,
        }


def validate(files: Sequence[Validation]) -> list[Outcome]:
    """Check filings in full: XBRL, axes, sums, assertions, duplicates, units. About 0.3 s a board.

    Returns:
        An outcome per file, in their order. A file that could not be read has a message that says so.

    Raises:
        Refused: Arelle could not be run.
    """
    if not files:
        return []
    answers = _run({"work": "validate", "files": [one.request() for one in files]})
    return [_outcome(one) for one in answers]


def viewer(page: Path, out: Path, taxonomy: Path) -> None:
    """Write the ixbrl-viewer of a page (inline XBRL, not checked) as one file that needs nothing beside it.

    `out`: its name ends in `.html`, for a browser reads it as HTML.

    Raises:
        Refused: Arelle could not be run, or could make no viewer of the page.
    """
    paths = {"page": page, "out": out, "taxonomy": taxonomy}
    [answer] = _run({"work": "viewer", **{name: str(path.resolve()) for name, path in paths.items()}})
    if answer["messages"]:
        raise Refused(f"{page.name}: no viewer could be made of it: {answer['messages'][0]['text']}")


@cache
def standard_schema(address: str) -> bytes:
    """Return a schema of XBRL itself, from those that come with Arelle.

    Raises:
        OSError: it is not among them.
    """
    spec = find_spec("arelle")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"{address} comes with arelle-release, which is not installed; run `make setup`")
    scheme, _, place = address.partition("://")
    return Path(spec.submodule_search_locations[0], "resources", "cache", scheme, place).read_bytes()


def _run(work: dict[str, Any]) -> list[dict[str, Any]]:
    """Have work done in a fresh process, with settings of its own that are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="npo-arelle-") as folder:
        work_file, answer_file = Path(folder, "work.json"), Path(folder, "answer.json")
        work_file.write_text(json.dumps(work), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-P", "-m", _PROCESS, str(work_file), str(answer_file)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "XDG_CONFIG_HOME": folder, "XDG_CACHE_HOME": folder},
        )
        if done.returncode or not answer_file.exists():
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Refused(f"Arelle could not be run ({last}); set up again with `make setup`")
        answers: list[dict[str, Any]] = json.loads(answer_file.read_text(encoding="utf-8"))
        return answers


def _outcome(answer: dict[str, Any]) -> Outcome:
    file = answer["file"]
    messages = tuple(Message(file, one["level"], one["code"], one["text"]) for one in answer["messages"])
    return Outcome(file, messages, {name: (yes, no) for name, (yes, no) in answer["assertions"].items()})
