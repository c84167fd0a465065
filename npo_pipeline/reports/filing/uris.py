"""The names by which the world tells our concepts apart: of the taxonomy, of the boards, of the parts of XBRL.

The project owns no domain; `.example` is reserved, so no address here can ever be somebody else's.
"""

from __future__ import annotations

VERSION = "2026-01-01"
PREFIX = "npo"
BASE = f"https://npo.example/xbrl/{VERSION}/"
NAMESPACE = f"{BASE}{PREFIX}"
SCHEMA = f"{BASE}{PREFIX}.xsd"
ENTITY_SCHEME = "https://npo.example/id/bevoegd-gezag"
"""A board is named by its number. A KvK number would be another's where boards are made up."""

XBRLI = "http://www.xbrl.org/2003/instance"
LINK = "http://www.xbrl.org/2003/linkbase"
XLINK = "http://www.w3.org/1999/xlink"
XBRLDI = "http://xbrl.org/2006/xbrldi"
ISO4217 = "http://www.xbrl.org/2003/iso4217"

BOARD_ROLE = "urn:npo:linkrole:board"
SCHOOL_ROLE = "urn:npo:linkrole:school"
AXES_ROLE = "urn:npo:linkrole:axes"
CALCULATION_ROLE = "urn:npo:linkrole:calculation"
