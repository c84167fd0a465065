"""What was declared, bound to the files it is about: every entry must fit before anything is read for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from npo_pipeline.files.declared.applied import Declared, Edits, Replaced
from npo_pipeline.files.declared.located import Entry, corrected
from npo_pipeline.files.declared.model import has_expired
from npo_pipeline.files.declared.read import Declaring, read_declaration
from npo_pipeline.files.delivery import Arrived
from npo_pipeline.files.harmless import harmless_name
from npo_pipeline.files.look import Looked
from npo_pipeline.regulations.document import Place
from npo_pipeline.regulations.faults import near


def bind(declaring: Sequence[Looked], arrived: Sequence[Arrived], today: date) -> list[Arrived]:
    """Give every file what was declared of it.

    Args:
        declaring: the files of corrections.
        arrived: the recognised files of the delivery.
        today: the day on which it is taken in.

    Raises:
        Refused: an entry is faulty, has expired, or does not fit its file; names file and line of the entry.
    """
    read = [read_declaration(one) for one in declaring]
    files = {one.name: one for one in arrived}
    corrections: dict[str, list[Entry]] = defaultdict(list)
    replaced: dict[str, list[Replaced]] = defaultdict(list)
    for one in read:
        for entry in _entries(one, today):
            corrections[_file(entry.correction.file, one, entry.place, files)].append(entry)
        for number, found in enumerate(one.declaration.replaces):
            place = ("replaces", number)
            stands_in = Replaced(found.delivery, found.lines, found.reason, found.reported_by, one.source(*place))
            replaced[_file(found.file, one, place, files)].append(stands_in)
    return [_bound(one, corrections[one.name], tuple(replaced[one.name])) for one in arrived]


def _entries(one: Declaring, today: date) -> Iterator[Entry]:
    for number, correction in enumerate(one.declaration.corrections):
        place = ("corrections", number)
        if has_expired(correction, today):
            raise one.refused(
                (*place, "expires"),
                f"this correction expired on {correction.expires}; take it out, or declare it anew when the "
                "source is still wrong",
            )
        yield Entry(correction, place, one)


def _file(name: str, one: Declaring, place: Place, files: dict[str, Arrived]) -> str:
    if (shown := harmless_name(name)) in files:
        return shown
    raise one.refused((*place, "file"), f"no {shown} is in this delivery; {near(shown, files)}")


def _bound(one: Arrived, entries: Sequence[Entry], replaces: tuple[Replaced, ...]) -> Arrived:
    if not entries and not replaces:
        return one
    edits, corrections = corrected(one, entries) if entries else (Edits(), ())
    book = one.workbook
    # A workbook is held whole, and looked at elsewhere too: its rows are corrected in place.
    if book is not None:
        book = replace(book, rows=edits.of(book.rows))
        edits = Edits()
    return replace(one, workbook=book, declared=Declared(edits, corrections, replaces))
