"""A page read back as a reader and a processor see it: what is shown, and of which fact it is."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from lxml import etree

IX = "{http://www.xbrl.org/2013/inlineXBRL}"
H = "{http://www.w3.org/1999/xhtml}"
XBRLI = "{http://www.xbrl.org/2003/instance}"
XBRLDI = "{http://xbrl.org/2006/xbrldi}"
MONTHS = {
    "januari": 1,
    "februari": 2,
    "maart": 3,
    "april": 4,
    "mei": 5,
    "juni": 6,
    "juli": 7,
    "augustus": 8,
    "september": 9,
    "oktober": 10,
    "november": 11,
    "december": 12,
}


@dataclass(frozen=True)
class Shown:
    """A fact on the page: as the frame has it, the text a person sees, and what stands above and beside it."""

    fact: tuple[str | None, ...]
    text: str
    row: str
    column: str
    table: str


class Page:
    """A page of inline XBRL."""

    def __init__(self, content: bytes) -> None:
        self.root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        self.contexts = {one.get("id"): _context(one) for one in self.root.iter(f"{XBRLI}context")}

    def facts(self) -> Counter[tuple[str | None, ...]]:
        """Concept, brin, member, level, period, unit, value: how often each is on the page."""
        return Counter(one.fact for one in self.shown())

    def shown(self) -> list[Shown]:
        return [self._shown(one) for one in self.root.iter(f"{IX}nonFraction", f"{IX}nonNumeric")]

    def text(self) -> str:
        return " ".join("".join(self.root.find(f"{H}body").itertext()).split())

    def table(self, caption: str) -> list[list[str]]:
        """The cells of a table as a person sees them, row by row."""
        (found,) = (
            one for one in self.root.iter(f"{H}table") if "".join(one.find(f"{H}caption").itertext()) == caption
        )
        for hidden in found.iterfind(f".//{H}span[@class='hidden']"):
            hidden.text = ""
        return [[_plain(cell) for cell in row] for row in found.iter(f"{H}tr")]

    def one(self, concept: str, brin: str | None = None, **of: str) -> Shown:
        found = [
            one
            for one in self.shown()
            if one.fact[:2] == (concept, brin)
            and one.fact[2:5] == (of.get("member"), of.get("level"), of.get("period", "duration"))
        ]
        (only,) = found
        return only

    def _shown(self, node: etree._Element) -> Shown:
        concept = node.get("name").removeprefix("npo:")
        unit, value = node.get("unitRef"), _value(node)
        place = node.getparent()
        while place.tag not in (f"{H}td", f"{H}th", f"{H}div", f"{H}li", f"{H}dd", f"{H}p"):
            place = place.getparent()
        row, column, table = _around(place)
        fact = (concept, *self.contexts[node.get("contextRef")], unit, value)
        return Shown(fact, _plain(place), row, column, table)


def _context(node: etree._Element) -> tuple[str | None, ...]:
    """Brin, member, level, period."""
    brin = next((one[0].text for one in node.iter(f"{XBRLDI}typedMember")), None)
    axes = {one.get("dimension"): one.text for one in node.iter(f"{XBRLDI}explicitMember")}
    member = axes.get("npo:InterventionAxis")
    level = axes.get("npo:LevelAxis")
    named = member and re.sub(r"^npo:(Category|Intervention)", "", member).replace("npo:NotOnMenu", "X")
    if named and "Intervention" in member:
        named = named.lower()
    instant = node.find(f".//{XBRLI}instant")
    period = "duration" if instant is None else {"2020-12-31": "start", "2021-12-31": "end"}[instant.text]
    return brin, named, level and level.removeprefix("npo:Level").lower(), period


def _value(node: etree._Element) -> str:
    """What the transformation of the format gives; written again here, so that a wrong page is seen."""
    shown = node.text or ""
    if node.tag == f"{IX}nonNumeric":
        if node.get("format") == "ixt:date-day-monthname-year-nl":
            day, month, year = shown.split()
            return f"{year}-{MONTHS[month]:02}-{int(day):02}"
        return shown
    assert node.get("format") == "ixt:num-comma-decimal"
    assert node.get("decimals") == "INF"
    digits = shown.replace(".", "")
    whole, _, decimals = digits.partition(",")
    if node.get("scale") == "-2":
        padded = whole.zfill(3)
        whole, decimals = padded[:-2], padded[-2:] + decimals
    value = f"{int(whole)}.{decimals}" if decimals else str(int(whole))
    return f"-{value}" if node.get("sign") == "-" else value


def _around(place: etree._Element) -> tuple[str, str, str]:
    """The head of the row, the head of the column and the caption of the table of a cell."""
    cell = place if place.tag == f"{H}td" else next(place.iterancestors(f"{H}td"), None)
    if cell is None:
        return "", "", ""
    row = cell.getparent()
    table = next(cell.iterancestors(f"{H}table"))
    heads = table.find(f"{H}thead/{H}tr").findall(f"{H}th")
    return _plain(row[0]), _plain(heads[row.index(cell)]), _plain(table.find(f"{H}caption"))


def _plain(node: etree._Element) -> str:
    """The text as a person reads it; what stands in a span stands apart."""
    return " ".join(_words(node).split())


def _words(node: etree._Element) -> str:
    told = node.text or ""
    for child in node:
        told += (" " if child.tag == f"{H}span" else "") + _words(child) + (child.tail or "")
    return told
