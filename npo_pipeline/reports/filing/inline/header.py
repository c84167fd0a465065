"""What a filing carries beside its facts: the taxonomy, the contexts and the units. No reader sees it."""

from __future__ import annotations

from npo_pipeline.reports.filing.contexts import context_xml, unit_xml
from npo_pipeline.reports.filing.inline.markup import Html
from npo_pipeline.reports.filing.inline.seen import Seen
from npo_pipeline.reports.filing.uris import ISO4217, LINK, NAMESPACE, PREFIX, SCHEMA, XBRLDI, XBRLI, XLINK

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


def header(seen: Seen) -> Html:
    """The element `ix:header`."""
    contexts = [context_xml(context, seen.board, seen.year) for context in seen.placed.contexts]
    resources = "".join([*contexts, *map(unit_xml, seen.placed.units)])
    # Processors want the words `display:none` on the element itself; a class is not taken for it.
    return Html(
        '<div style="display:none"><ix:header><ix:references>'
        f'<link:schemaRef xlink:type="simple" xlink:href="{SCHEMA}" />'
        f"</ix:references><ix:resources>{resources}</ix:resources></ix:header></div>"
    )
