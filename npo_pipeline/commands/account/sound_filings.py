"""The filings that a full check found sound, in a file beside the reports: they need no check again.

A check of a whole country takes minutes. What was checked when it was cut off is known here, and the next one goes
on. Without this file all are checked; a filing is known by its hash, with what it was checked by.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from npo_pipeline.atomic_file import write_whole
from npo_pipeline.errors import Refused

FULL_CHECK = "full-check.json"
"""The name of the file, in the folder of the reports of a year."""

ASKING = tuple(
    f"npo_pipeline.{one}"
    for one in ("reports.xbrl.arelle_process", "reports.xbrl.arelle", "commands.account.filing_checks")
)
"""The modules that ask Arelle, and that say by its answer whether a filing is sound."""


@dataclass
class SoundFilings:
    """Know which filings were found sound. `checked_by`: the taxonomy, Arelle, and how it is asked and judged.

    `sound`: name of a file -> its SHA-256.
    """

    path: Path
    checked_by: Mapping[str, str]
    sound: dict[str, str] = field(default_factory=dict)

    def is_sound(self, name: str, content: bytes) -> bool:
        """Return whether a file with this content was found sound before."""
        return self.sound.get(name) == hashlib.sha256(content).hexdigest()

    def add(self, files: Mapping[str, bytes]) -> None:
        """Keep that files are sound, on the disk: what is checked by then is not lost when the check is cut off.

        Raises:
            OSError: it cannot be written.
        """
        self.sound |= {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        whole = {"checked_by": dict(self.checked_by), "sound": dict(sorted(self.sound.items()))}
        text = json.dumps(whole, indent=1) + "\n"
        write_whole(self.path, lambda beside: beside.write_text(text, encoding="utf-8"))


def sound_filings(folder: Path, taxonomy: bytes) -> SoundFilings:
    """Return what is known of the filings of a year; nothing where they were checked by something else."""
    path, by = folder / FULL_CHECK, _checked_by(taxonomy)
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
        same = known["checked_by"] == by
        return SoundFilings(path, by, {str(one): str(of) for one, of in known["sound"].items()} if same else {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        # What cannot be read is not known: all are checked.
        return SoundFilings(path, by)


def _checked_by(taxonomy: bytes) -> dict[str, str]:
    """Return the taxonomy, the version of Arelle, and the hash of the modules that ask it and judge.

    Raises:
        Refused: Arelle is not installed.
    """
    origins = [one.origin for one in map(find_spec, ASKING) if one is not None and one.origin is not None]
    if find_spec("arelle") is None or len(origins) < len(ASKING):
        raise Refused(
            "Arelle is not installed, so no filing can be checked in full; set up again with `make setup`"
        )
    return {
        "taxonomy": hashlib.sha256(taxonomy).hexdigest(),
        "arelle": version("arelle-release"),
        "asked_by": hashlib.sha256(b"".join(Path(one).read_bytes() for one in origins)).hexdigest(),
    }
