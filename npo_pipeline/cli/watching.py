"""Progress on stderr, for a person who watches: what is being done, and how many rows it has seen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from npo_pipeline.commands.steps import Progress, silently
from npo_pipeline.errors import printable


@contextmanager
def progress() -> Iterator[Progress]:
    """Show progress where a person is watching; elsewhere nothing, and no library is loaded for it."""
    if not sys.stderr.isatty():
        yield silently
        return
    from rich.console import Console
    from rich.text import Text

    from npo_pipeline.cli.show import number

    with Console(stderr=True, highlight=False).status("starting") as status:

        def tell(what: str, rows: int) -> None:
            status.update(Text(f"{printable(what)}: {number(rows)} rows" if rows else printable(what)))

        yield tell
