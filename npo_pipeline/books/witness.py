"""The witness of a home: a file elsewhere, on another disk or share, that knows the last run of the books.

Manifests beside the books show that older books were put in place of newer ones; where the whole home is put back
from a back-up, they are put back with it. The witness is not: so it shows that too, before anything is paid again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from npo_pipeline.atomic_file import sync, write_whole
from npo_pipeline.books.paths import Home
from npo_pipeline.books.reader import Books
from npo_pipeline.errors import NpoError, Refused

MARK = "witness"
"""The entry of a manifest whose run had a witness; from then on nothing is paid without one."""

_ON_PURPOSE = "To go on from these books all the same, empty that file"

_NAME_IT = "name it with --witness FILE or NPO_WITNESS (an empty file is a new one)"

SealedRuns = Sequence[tuple[str, str]]
"""Of each run in order: its run_id, and the sha256 of its manifest."""


@dataclass(frozen=True)
class _Seen:
    """Represent what a witness knows: the first manifest of the books (which books), and the last run."""

    first: str
    run_id: str
    manifest_sha256: str


def sealed_runs(books: Books) -> SealedRuns:
    """Return the runs of the books with their hashes."""
    return books.frame("select run_id, manifest_sha256 from runs order by run_id").rows()


def had_witness(books: Books) -> bool:
    """Return whether any run of the books had a witness."""
    marked = "select count(*) from runs where contains(manifest, ?)"
    return bool(books.value(marked, [f'"{MARK}": true']))


def is_witnessed(home: Home) -> bool:
    """Return whether the home has a witness that has seen a run; a new one cannot know the newest books."""
    try:
        return home.witness is not None and home.witness.stat().st_size > 0
    except OSError:
        return False


def witness_findings(home: Home, books: Books) -> Iterator[str]:
    """Describe what is wrong with the witness, or with the books by it, in a sentence each."""
    try:
        if fault := _fault(home, books):
            yield fault
    except Refused as refusal:
        yield str(refusal)
    if home.witness is None and had_witness(books):
        yield f"earlier runs had a witness and none is named now; {_NAME_IT}"


def _fault(home: Home, books: Books) -> str | None:
    """Return in a sentence why books are not the newest by their witness; None when they are, or it is a new one.

    Raises:
        Refused: the witness is not there, is no witness, or cannot be read.
    """
    seen, runs = _read(home, books), sealed_runs(books)
    if seen is None:
        return None
    if runs and runs[0][1] != seen.first:
        return f"{home.witness}: is the witness of other books; name the one of {home.path}"
    if (seen.run_id, seen.manifest_sha256) in runs:
        return None
    last = f"end with {runs[-1][0]}" if runs else "hold no run"
    if any(run_id >= seen.run_id for run_id, _ in runs):
        last = "hold another run in its place"
    return (
        f"{home.path}: is not the newest: its witness {home.witness} has seen {seen.run_id}, and these books "
        f"{last}. Put the newest back-up in place: what was paid since would be paid again. {_ON_PURPOSE}"
    )


def witness_of(runs: SealedRuns) -> bytes:
    """Return the text of a witness that has seen the last of some runs; empty where there are none."""
    if not runs:
        return b""
    return json.dumps(asdict(_Seen(runs[0][1], *runs[-1])), indent=1).encode()


def seen_later(home: Home, books: Books) -> str | None:
    """Return the last run that a witness has seen, where these books lack it; None where they have it, or none is.

    Raises:
        Refused: it is the witness of other books, is not there, or cannot be read.
    """
    seen, runs = _read(home, books), sealed_runs(books)
    if seen is None or (seen.run_id, seen.manifest_sha256) in runs:
        return None
    if runs and runs[0][1] != seen.first:
        raise Refused(f"{home.witness}: is the witness of other books; name the one of these")
    return seen.run_id


def ask_witness(home: Home, books: Books, command: str) -> None:
    """Refuse a run on books that are not the newest, and a payment without the witness that the books had.

    The witness is also written as it is: what cannot be written is refused before anything is published.

    Raises:
        Refused: says which, and what to do.
    """
    if home.witness is None:
        if command in ("pay", "release") and had_witness(books):
            raise Refused(f"{home.path}: earlier runs had a witness, and without one nothing is paid; {_NAME_IT}")
        return
    if fault := _fault(home, books):
        raise Refused(fault)
    try:
        _write(home.witness, home.witness.read_bytes() if home.witness.exists() else b"")
    except OSError as error:
        raise Refused(f"{home.witness}: the witness cannot be written ({error.strerror})") from error


def tell_witness(home: Home, first: str, run_id: str, manifest_sha256: str) -> None:
    """Write in the witness that a run was published.

    Raises:
        NpoError: it cannot be written; the run is published all the same.
    """
    if home.witness is None:
        return
    try:
        _write(home.witness, witness_of([("", first), (run_id, manifest_sha256)]))
    except OSError as error:
        raise NpoError(
            f"{home.witness}: {run_id} is published, and the witness could not be told ({error.strerror}); "
            "mend that before the next run"
        ) from error


def _read(home: Home, books: Books) -> _Seen | None:
    """Return what a witness has seen; None where there is none, or it is a new one."""
    file = home.witness
    if file is None:
        return None
    if file.resolve().is_relative_to(home.path.resolve()):
        raise Refused(
            f"{file}: lies in the home, and would be put back with it; name a file on another disk or share"
        )
    try:
        text = file.read_text(encoding="utf-8")
        return _Seen(**json.loads(text)) if text.strip() else None
    except FileNotFoundError as error:
        if had_witness(books) or not file.parent.is_dir():
            raise Refused(
                f"{file}: the witness is not there; mount its disk or share. If it is lost for good, look whether "
                "these books are the newest, and put an empty file in its place"
            ) from error
        return None
    except (OSError, ValueError, TypeError) as error:
        reason = getattr(error, "strerror", None) or "it holds something else"
        raise Refused(f"{file}: cannot be read as a witness ({reason})") from error


def _write(file: Path, content: bytes) -> None:
    def write(beside: Path) -> None:
        beside.write_bytes(content)
        sync(beside)

    write_whole(file, write)
