"""The page of a board: what a person reads in a browser and on paper, and, as inline XBRL, the filing itself.

What a filing carries beside its facts: the taxonomy, the contexts and the units. No reader sees it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl

from npo_pipeline.errors import NpoError
from npo_pipeline.reports.board_page.context import PageContext, menu
from npo_pipeline.reports.board_page.html import Html, element, text, together
from npo_pipeline.reports.board_page.sections import (
    asked,
    closing,
    consent,
    findings,
    interventions,
    level,
    money,
    opening,
    origin,
    short,
    title,
)
from npo_pipeline.reports.board_page.tagged_facts import TaggedFacts
from npo_pipeline.reports.report_data import ReportData
from npo_pipeline.reports.xbrl.concepts import ISO4217, LINK, NAMESPACE, PREFIX, SCHEMA, XBRLDI, XBRLI, XLINK
from npo_pipeline.reports.xbrl.instance import context_xml, unit_xml
from npo_pipeline.rulebook.accountability.load import year_end_rules

NAMESPACES = {
    "ix": "http://www.xbrl.org/2013/inlineXBRL",
    "ixt": "http://www.xbrl.org/inlineXBRL/transformation/2022-02-16",
    "xbrli": XBRLI,
    "xbrldi": XBRLDI,
    "link": LINK,
    "xlink": XLINK,
    "iso4217": ISO4217,
    PREFIX: NAMESPACE,
}


def header(seen: PageContext) -> Html:
    """The element `ix:header`."""
    contexts = [context_xml(context, seen.board, seen.year) for context in seen.placed.contexts]
    resources = "".join([*contexts, *map(unit_xml, seen.placed.units)])
    # Processors want the words `display:none` on the element itself; a class is not taken for it.
    return Html(
        '<div style="display:none"><ix:header><ix:references>'
        f'<link:schemaRef xlink:type="simple" xlink:href="{SCHEMA}" />'
        f"</ix:references><ix:resources>{resources}</ix:resources></ix:header></div>"
    )


_PARTS = (short, findings, money, interventions, level, consent, asked, origin)
_PHONE = '<meta name="viewport" content="width=device-width, initial-scale=1" />'
_XHTML = '<meta http-equiv="Content-Type" content="application/xhtml+xml; charset=UTF-8" />'
_HTML = '<meta charset="utf-8" />'
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


def page(facts: pl.DataFrame, told: ReportData, *, filing: bool = True) -> bytes:
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


def _seen(board: str, facts: pl.DataFrame, told: ReportData, *, filing: bool) -> PageContext:
    placed = TaggedFacts(facts, told.year, tagged=filing)
    currency = "USD" if "USD" in placed.units else "EUR"
    return PageContext(board, told, placed, year_end_rules(), menu(), currency, filing)


def _filed(seen: PageContext, body: Html) -> str:
    spaces = "".join([f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items()])
    start = f'{_XML}<html xmlns="http://www.w3.org/1999/xhtml"{spaces} xml:lang="nl">'
    return f"{start}\n{_head(seen, _XHTML)}\n<body>{header(seen)}{body}</body>\n</html>\n"


def _read(seen: PageContext, body: Html) -> str:
    start = '<!DOCTYPE html>\n<html lang="nl">'
    return f"{start}\n{_head(seen, _HTML)}\n<body>{body}</body>\n</html>\n"


def _head(seen: PageContext, kind: str) -> str:
    look = f'<style type="text/css">{style()}</style>'
    return f"<head>{kind}{_PHONE}<title>{text(title(seen))}</title>{look}</head>"


@cache
def style() -> str:
    """How the page looks (CSS)."""
    return (files(__package__) / "style.css").read_text(encoding="utf-8")
