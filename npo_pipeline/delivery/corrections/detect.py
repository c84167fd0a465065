"""Which files of a delivery declare something about the others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from npo_pipeline.delivery.scan import ScannedFile

_ENDINGS = (".yaml", ".yml")
_BEGINS = re.compile(rb"""^[{ ]*["']?(corrections|replaces)["']?[ \t]*:""", re.MULTILINE)
"""One of the two keys that such a file has at its top."""

MOST = 2**20
"""Bytes that are looked at: as many as such a file may have."""


def split_correction_files(seen: Sequence[ScannedFile]) -> tuple[list[ScannedFile], list[ScannedFile]]:
    """The files that declare something, known by their ending and a key, and all others."""
    found: list[ScannedFile] = []
    others: list[ScannedFile] = []
    for one in seen:
        (found if _declares(one) else others).append(one)
    return found, others


def _declares(one: ScannedFile) -> bool:
    if not one.file.name.lower().endswith(_ENDINGS) or one.facts is None:
        return False
    with one.file.open() as stream:
        return _BEGINS.search(stream.read(MOST)) is not None
