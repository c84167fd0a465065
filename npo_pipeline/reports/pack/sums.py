"""SHA256SUMS: by it anyone sees whether a pack is whole and unchanged, and we see what it was made from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from pathlib import Path

NAME = "SHA256SUMS"
_FIRST = re.compile(r"# gemaakt uit ([0-9a-f]{64})")


def sums(files: Mapping[str, bytes], fingerprint: str) -> bytes:
    """The text of SHA256SUMS, as `sha256sum -c` reads it.

    Args:
        files: the other files of the pack, by name.
        fingerprint: of what they were made from.
    """
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(files.items())]
    return ("\n".join([f"# gemaakt uit {fingerprint}", *lines]) + "\n").encode("ascii")


def is_intact(folder: Path, names: Collection[str], fingerprint: str, ours: re.Pattern[str]) -> bool:
    """Whether a pack is there, made from the same and as it was made: these of our files, unchanged, no other."""
    try:
        told = (folder / NAME).read_text(encoding="ascii")
        first = _FIRST.fullmatch(told.partition("\n")[0])
        if first is None or first[1] != fingerprint:
            return False
        if {one.name for one in folder.iterdir() if ours.fullmatch(one.name)} != {*names, NAME}:
            return False
        files = {name: (folder / name).read_bytes() for name in names}
    except (OSError, UnicodeDecodeError):
        # What cannot be read is not intact; it is made again.
        return False
    return sums(files, fingerprint).decode("ascii") == told
