"""The copies of the manifests that lie beside the books: a second witness of each run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from npo_pipeline.home.folder import Home


def kept_manifests(home: Home) -> frozenset[str]:
    """The names of the copies that are there: `000001-ingest.json`."""
    return frozenset(path.name for path in home.manifests.glob("*.json"))


def lay_down(folder: Path, text: str) -> Path:
    """Write a copy in the folder of a run that is busy, safely on the disk, to be put up later."""
    laid = folder / "manifest.json"
    with laid.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return laid


def put_up(home: Home, run_id: str, laid: Path) -> None:
    """Put a copy in its place; one that is there already stays.

    The manifest of record stands in the database, so this may fail: the next run puts it up then.
    """
    with suppress(OSError):
        home.manifests.mkdir(exist_ok=True)
        target = home.manifests / _name(run_id)
        if not target.exists():
            os.replace(laid, target)


def put_up_again(home: Home, run_id: str, text: str) -> None:
    """Put up the copy of the last run, which may have died between its rename and its copy."""
    if not (home.manifests / _name(run_id)).exists():
        with suppress(OSError):
            home.work.mkdir(exist_ok=True)
            put_up(home, run_id, lay_down(home.work, text))


def witness_faults(home: Home, there: frozenset[str], manifests: Mapping[str, str]) -> Iterator[str]:
    """Where the copies and the books tell different things, a sentence each.

    The copy of the last run may be lacking: it is put up after the rename that made the run done.

    Args:
        home: the home.
        there: the copies that were there before the books were opened.
        manifests: run_id -> the manifest in the books.
    """
    gone = []
    for run_id, text in manifests.items():
        try:
            if (home.manifests / _name(run_id)).read_bytes() != text.encode():
                yield f"manifests/{_name(run_id)} differs from the manifest in the database"
        except FileNotFoundError:
            gone.append(run_id)
        except OSError as error:
            yield f"manifests/{_name(run_id)} cannot be read ({error.strerror})"
    gone = [run_id for run_id in gone if run_id != max(manifests)]
    if gone:
        yield f"{len(gone)} manifests are gone from manifests/, first {_name(gone[0])}; put them back"
    for name in sorted(there - {_name(run_id) for run_id in manifests}):
        yield f"manifests/{name} tells of a run that is not in the books: taken out, or older books were put back"


def _name(run_id: str) -> str:
    return f"{run_id}.json"
