"""Corrections and resolutions that must fit the deliveries they are of."""

from __future__ import annotations

from collections.abc import Iterator

from npo_pipeline.books.queries.deliveries import (
    corrections_of_other_files,
    deliveries_with_unresolved_rows,
    resolution_faults,
)
from npo_pipeline.books.reader import Books


def correction_faults(books: Books) -> Iterator[str]:
    """Describe resolutions and corrections that do not fit the deliveries they are of, a sentence each."""
    for fault, resolver, delivery, line in resolution_faults(books).iter_rows():
        yield f"resolutions: {resolver} stands for line {line} of {delivery}, which {fault}"
    for resolver, rows, lines in deliveries_with_unresolved_rows(books):
        yield f"resolutions: {resolver} has {rows} rows for {lines} refused lines"
    for delivery, file in corrections_of_other_files(books):
        yield f"source_corrections: {delivery} is no delivery of {file}"
