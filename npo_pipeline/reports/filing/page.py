"""The page of a board: what a person reads in a browser and on paper, and, as inline XBRL, the filing itself."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.regulations.accountability.load import year_end_rules
from npo_pipeline.reports.filing.inline.asked import asked
from npo_pipeline.reports.filing.inline.consent import consent
from npo_pipeline.reports.filing.inline.findings import findings
from npo_pipeline.reports.filing.inline.header import NAMESPACES, header
from npo_pipeline.reports.filing.inline.interventions import interventions
from npo_pipeline.reports.filing.inline.level import level
from npo_pipeline.reports.filing.inline.markup import Html, element, text, together
from npo_pipeline.reports.filing.inline.menu import menu
from npo_pipeline.reports.filing.inline.money import money
from npo_pipeline.reports.filing.inline.opening import opening, title
from npo_pipeline.reports.filing.inline.origin import closing, origin
from npo_pipeline.reports.filing.inline.placed import Placed
from npo_pipeline.reports.filing.inline.seen import Seen
from npo_pipeline.reports.filing.inline.short import short
from npo_pipeline.reports.filing.told import Told

_PARTS = (short, findings, money, interventions, level, consent, asked, origin)
_PHONE = '<meta name="viewport" content="width=device-width, initial-scale=1" />'
_XHTML = '<meta http-equiv="Content-Type" content="application/xhtml+xml; charset=UTF-8" />'
_HTML = '<meta charset="utf-8" />'
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def page(facts: pl.DataFrame, told: Told, *, filing: bool = True) -> bytes:
    """The page of one board in UTF-8. The same input gives the same bytes.

    Args:
        facts: the rows of one board of a fact frame (FACTS).
        told: what is told of that board alone.
        filing: whether it is inline XBRL (`.xhtml`); else the same page to be read only (`.html`), and it says so.

    Raises:
        NpoError: the facts are not of one board, or one of them is not on the page exactly once. A fault of ours.
    """
    boards = set(facts["board"].to_list())
    if len(boards) != 1:
        raise NpoError(f"one page is of one board, not of {len(boards)}; this is a fault of the program")
    seen = _seen(boards.pop(), facts, told, filing=filing)
    body = together(opening(seen), element("div", *[make(seen) for make in _PARTS], css="frame"), closing(seen))
    seen.placed.finish()
    whole = _filed(seen, body) if filing else _read(seen, body)
    return whole.encode("utf-8")


def _seen(board: str, facts: pl.DataFrame, told: Told, *, filing: bool) -> Seen:
    placed = Placed(facts, told.year, tagged=filing)
    currency = "USD" if "USD" in placed.units else "EUR"
    return Seen(board, told, placed, year_end_rules(), menu(), currency, filing)


def _filed(seen: Seen, body: Html) -> str:
    spaces = "".join([f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items()])
    start = f'{_XML}<html xmlns="http://www.w3.org/1999/xhtml"{spaces} xml:lang="nl">'
    return f"{start}\n{_head(seen, _XHTML)}\n<body>{header(seen)}{body}</body>\n</html>\n"


def _read(seen: Seen, body: Html) -> str:
    start = '<!DOCTYPE html>\n<html lang="nl">'
    return f"{start}\n{_head(seen, _HTML)}\n<body>{body}</body>\n</html>\n"


def _head(seen: Seen, kind: str) -> str:
    look = f'<style type="text/css">{style()}</style>'
    return f"<head>{kind}{_PHONE}<title>{text(title(seen))}</title>{look}</head>"


@cache
def style() -> str:
    """How the page looks (CSS)."""
    return (files(__package__) / "style.css").read_text(encoding="utf-8")
