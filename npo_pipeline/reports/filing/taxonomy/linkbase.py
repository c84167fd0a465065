"""How linkbases are written: the few forms of locators, arcs and resources that all of them share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import quoteattr

from npo_pipeline.reports.filing.uris import (
    AXES_ROLE,
    BOARD_ROLE,
    CALCULATION_ROLE,
    LINK,
    PREFIX,
    SCHOOL_ROLE,
    XLINK,
)

STANDARD_LINK = "http://www.xbrl.org/2003/role/link"
XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
ROLES = {BOARD_ROLE: "board", SCHOOL_ROLE: "school", AXES_ROLE: "axes", CALCULATION_ROLE: "calculation"}


def linkbase(
    lines: Iterable[str],
    roles: Sequence[str] = (),
    arcroles: Sequence[tuple[str, str]] = (),
    spaces: Sequence[tuple[str, str]] = (),
    other_roles: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A linkbase file.

    Args:
        lines: its extended links.
        roles: our own roles that it uses.
        arcroles: arcroles that it uses, and where each is declared.
        spaces: prefixes and namespaces besides link and xlink.
        other_roles: other roles that it uses, and where each is declared.
    """
    declared = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces)
    at = [(role, f"{PREFIX}.xsd#role_{ROLES[role]}") for role in roles] + list(other_roles)
    return file(
        [
            f'<link:linkbase xmlns:link="{LINK}" xmlns:xlink="{XLINK}"{declared}>',
            *[f"  <link:roleRef roleURI={quoteattr(role)}{simple(href)}/>" for role, href in at],
            *[f"  <link:arcroleRef arcroleURI={quoteattr(role)}{simple(href)}/>" for role, href in arcroles],
            *lines,
            "</link:linkbase>",
        ]
    )


def file(lines: Iterable[str]) -> bytes:
    """An XML file of these lines."""
    return (XML + "\n".join(lines) + "\n").encode("utf-8")


def simple(href: str) -> str:
    """The attributes of a simple link."""
    return f' xlink:type="simple" xlink:href={quoteattr(href)}'


def extended(tag: str, role: str, lines: Iterable[str]) -> list[str]:
    """An extended link with its contents."""
    inside = [f"    {line}" for line in lines]
    return [f'  <{tag} xlink:type="extended" xlink:role="{role}">', *inside, f"  </{tag}>"]


def locators(names: Iterable[str]) -> list[str]:
    """A locator for each element of the schema, labelled with its name.

    One link may hold no two arcs from one label to another; `CarriedOver.end` is another label of `CarriedOver`.
    """
    return [
        f'<link:loc xlink:type="locator" xlink:href="{PREFIX}.xsd#{PREFIX}_{name.split(".")[0]}"'
        f' xlink:label="{name}"/>'
        for name in dict.fromkeys(names)
    ]


def arc(tag: str, arcrole: str, start: str, end: str, more: str = "") -> str:
    """An arc from one label to another; `more` are further attributes."""
    ends = f'xlink:from="{start}" xlink:to="{end}"'
    return f'<{tag} xlink:type="arc" xlink:arcrole="{arcrole}" {ends}{" " + more if more else ""}/>'
