"""What was declared, against the books: what ingest holds it against, what is lost or open, what does not tie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import polars as pl

from npo_pipeline.counts.declared import Kept
from npo_pipeline.counts.replaying import Before
from npo_pipeline.counts.taken import Taken
from npo_pipeline.home.books import Books
from npo_pipeline.home.declared import deliveries, live_corrections, live_resolutions, refused_lines, told_rows
from npo_pipeline.home.live import live_rows
from npo_pipeline.home.retold import holding


def kept(books: Books) -> Kept:
    """What tells whether a file was declared alike before."""
    return Kept(live_corrections(books), live_rows(books, "counts"), holding(books))


def before(books: Books) -> Before:
    """What rows that take the place of refused ones are held against."""
    return Before(deliveries(books), refused_lines(books), live_resolutions(books), told_rows(books))


def lost_with(
    gone: Mapping[str, str], taken: Mapping[str, Taken], live: pl.DataFrame, books: Books
) -> Iterator[str]:
    """Corrections and resolutions that end because another file takes the place of theirs, a sentence each.

    Args:
        gone: older delivery_id -> newer delivery_id.
        taken: delivery_id -> what came in.
        live: delivery_id, file of the deliveries that were live.
        books: as they were.
    """
    files = dict(live.select("delivery_id", "file").iter_rows())
    corrected, resolved = live_corrections(books), live_resolutions(books)
    for older, newer in gone.items():
        mine = corrected.filter(pl.col("delivery_id") == older).select("line", "column_name").n_unique()
        news = taken[newer].arrived
        if mine and not news.declared.corrections:
            yield (
                f"{news.name} takes the place of {files[older]} without the corrections that were declared "
                f"for that ({mine}); declare them again where its source is still wrong"
            )
        bases = resolved.filter((pl.col("resolved_by") == older) & ~pl.col("delivery_id").is_in(list(gone)))
        if bases.height:
            shown = ", ".join(files[name] for name in bases["delivery_id"].unique().sort())
            yield (
                f"{files[older]}, which stood for {bases.height} refused lines of {shown} too, goes with what "
                f"{news.name} takes the place of: those lines are open again"
            )


_CORRECTIONS = """
    select distinct c.delivery_id, c.file, c.line, c.column_name, c.action, c.reason, c.reported_by, c.expires
    from source_corrections c join deliveries using (delivery_id)
    where superseded_by is null order by all"""


def correction_findings(books: Books, today: date) -> Iterator[str]:
    """The declared corrections that the counts rest on, a sentence each; whether they have expired is said."""
    for _, file, line, column, action, reason, by, expires in books.frame(_CORRECTIONS).iter_rows():
        what = "the row was dropped" if action == "drop" else f"{column} was corrected"
        until = f"until {expires}" if today <= expires else f"expired on {expires}: have a mended file sent"
        yield f"{file}, line {line}: {what}, declared by {by} ({reason}); {until}"


_RESOLVED = """
    select b.file, r.delivery_id, count(*) as lines, r.resolved_by, s.file as by_file
    from resolutions r join deliveries b using (delivery_id) join deliveries s on s.delivery_id = r.resolved_by
    where b.superseded_by is null and s.superseded_by is null group by all order by r.delivery_id, r.resolved_by"""


def resolved_lines(books: Books) -> pl.DataFrame:
    """The refused lines that were resolved: file, delivery_id, lines, resolved_by, by_file."""
    return books.frame(_RESOLVED)


_TIES = {
    "is no refused line of that delivery": """
        select resolved_by, delivery_id, line from resolutions anti join quarantine using (delivery_id, line)""",
    "is of another kind or reference date, or no earlier one": """
        select r.resolved_by, r.delivery_id, r.line
        from resolutions r left join deliveries b using (delivery_id)
        left join deliveries s on s.delivery_id = r.resolved_by
        where b.kind is distinct from s.kind or b.reference_date is distinct from s.reference_date
            or not coalesce(b.run_id < s.run_id, false)""",
    "was superseded, and what stands for it was not": """
        select r.resolved_by, r.delivery_id, r.line
        from resolutions r join deliveries b using (delivery_id) join deliveries s on s.delivery_id = r.resolved_by
        where b.superseded_by is not null and s.superseded_by is null""",
    "is resolved twice": """
        select max(r.resolved_by), r.delivery_id, r.line
        from resolutions r join deliveries s on s.delivery_id = r.resolved_by
        where s.superseded_by is null group by all having count(*) > 1""",
}
"""What may be wrong with a line that was resolved -> the lines of which it holds."""

_MORE_ROWS = """
    select s.delivery_id, s.rows, count(*) as lines
    from resolutions r join deliveries s on s.delivery_id = r.resolved_by group by all having s.rows > lines
    order by 1"""

_OTHER_FILE = """
    select distinct c.delivery_id, c.file from source_corrections c anti join deliveries using (delivery_id, file)
    order by 1"""


def declared_faults(books: Books) -> Iterator[str]:
    """Resolutions and corrections that do not fit the deliveries they are of, a sentence each."""
    for words, query in _TIES.items():
        for resolver, delivery, line in books.frame(f"{query} order by all").iter_rows():
            yield f"resolutions: {resolver} stands for line {line} of {delivery}, which {words}"
    for resolver, rows, lines in books.frame(_MORE_ROWS).iter_rows():
        yield f"resolutions: {resolver} has {rows} rows for {lines} refused lines"
    for delivery, file in books.frame(_OTHER_FILE).iter_rows():
        yield f"source_corrections: {delivery} is no delivery of {file}"
