"""Detection of the files of corrections in a delivery."""

from __future__ import annotations

import re
from collections.abc import Sequence

from npo_pipeline.delivery.scan import ScannedFile

_ENDINGS = (".yaml", ".yml")
_BEGINS = re.compile(rb"""^[{ ]*["']?(corrections|replaces)["']?[ \t]*:""", re.MULTILINE)
"""One of the two keys that such a file has at its top."""

MOST = 2**20
"""Bytes that a file of corrections may have; no more are searched."""


def split_correction_files(files: Sequence[ScannedFile]) -> tuple[list[ScannedFile], list[ScannedFile]]:
    """Split a delivery into files of corrections, known by their ending and a key, and all others."""
    found: list[ScannedFile] = []
    others: list[ScannedFile] = []
    for one in files:
        (found if _is_correction_file(one) else others).append(one)
    return found, others


def _is_correction_file(one: ScannedFile) -> bool:
    if not one.file.name.lower().endswith(_ENDINGS) or one.encoding is None:
        return False
    with one.file.open() as stream:
        return _BEGINS.search(stream.read(MOST)) is not None
