"""Regulation files: reading one, checking it whole, and finding those that are shipped."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pydantic import ValidationError

from npo_pipeline.errors import Refused
from npo_pipeline.months import school_year_from
from npo_pipeline.regulations.document import document_from, refused
from npo_pipeline.regulations.faults import refusal
from npo_pipeline.regulations.model import Regulation

MAX_BYTES = 2**20
"""No regulation comes near one MiB; what does is something else."""

_SHIPPED_NAME = re.compile(r"(\d{4}-\d{4})-[a-z0-9-]+\.yaml")


@dataclass(frozen=True)
class LoadedRegulation:
    """A regulation, and the file it came from, byte for byte: `sha256` is that of `text` in UTF-8."""

    regulation: Regulation
    name: str
    sha256: str
    text: str


def load_regulation(path: Path) -> LoadedRegulation:
    """Read and check a regulation file.

    Raises:
        Refused: it cannot be read, or something in it is wrong; the message names file and line.
    """
    try:
        if not path.is_file():
            raise Refused(f"{path}: {'is no ordinary file' if path.exists() else 'no such file'}")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror or error})") from error
    return _loaded(raw, path.name)


def parse_regulation(text: str, name: str) -> LoadedRegulation:
    """Check the text of a regulation file.

    Args:
        text: the YAML text.
        name: what to call the file in messages and in the books.

    Raises:
        Refused: something in it is wrong; the message names file and line.
    """
    # A lone surrogate, the one thing text can hold and UTF-8 cannot, is left for `_loaded` to refuse.
    return _loaded(text.encode("utf-8", "surrogatepass"), name)


def load_shipped(school_year: str) -> tuple[LoadedRegulation, ...]:
    """The regulation files of a school year that come with the package, by name.

    Raises:
        Refused: it is no school year, or there is no file for it.
    """
    wanted = school_year_from(school_year)
    found = [file for year, file in _shipped() if year == wanted]
    if not found:
        there = ", ".join(shipped_school_years())
        raise Refused(f"no regulation is known for {wanted}; there is {there}, or give a file with --regulation")
    return tuple(_loaded(file.read_bytes(), file.name) for file in found)


def shipped_school_years() -> tuple[str, ...]:
    """The school years for which regulation files come with the package, in order."""
    return tuple(sorted({year for year, _ in _shipped()}))


def _shipped() -> list[tuple[str, Traversable]]:
    here = sorted(files(__package__).iterdir(), key=lambda file: file.name)
    return [(found[1], file) for file in here if (found := _SHIPPED_NAME.fullmatch(file.name))]


def _loaded(raw: bytes, name: str) -> LoadedRegulation:
    if len(raw) > MAX_BYTES:
        raise Refused(f"{name}: is larger than {MAX_BYTES // 2**20} MiB; that is no regulation file")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refused(name, line, f"byte 0x{raw[error.start]:02X} is not UTF-8; save the file as UTF-8") from error
    document = document_from(text, name)
    try:
        regulation = Regulation.model_validate(document.data)
    except ValidationError as error:
        raise refusal(document, error) from error
    return LoadedRegulation(regulation, name, hashlib.sha256(raw).hexdigest(), text)
