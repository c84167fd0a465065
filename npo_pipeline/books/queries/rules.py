"""The texts of rules that the books keep."""

from __future__ import annotations

from npo_pipeline.books.reader import Books
from npo_pipeline.rulebook.archive import ArchivedTexts


def archived_texts(books: Books) -> ArchivedTexts:
    """Return the archived texts by their sha256, for `rulebook.archive`."""
    return {sha256: (name, text) for sha256, name, text in books.table("regulations").iter_rows()}
