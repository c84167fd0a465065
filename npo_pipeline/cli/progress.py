"""Progress on stderr, for a person who watches: the step, and the rows done so far."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from npo_pipeline.commands.steps import Progress, silently
from npo_pipeline.errors import printable


@contextmanager
def progress() -> Iterator[Progress]:
    """Yield a progress callback; it does nothing, and loads no library, unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield silently
        return
    from rich.console import Console
    from rich.text import Text

    from npo_pipeline.cli.output import number

    with Console(stderr=True, highlight=False).status("starting") as status:

        def report(step: str, rows: int) -> None:
            status.update(Text(f"{printable(step)}: {number(rows)} rows" if rows else printable(step)))

        yield report
