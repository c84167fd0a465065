"""The page: its template, style, script and data in one file that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from importlib.resources import files

from npo_pipeline.reports.tool import words
from npo_pipeline.reports.tool.payload import payload
from npo_pipeline.reports.tool.told import Tool

SCRIPTS = (
    "format.js",
    "data.js",
    "dom.js",
    "find.js",
    "explain.js",
    "chart.js",
    "parts.js",
    "school.js",
    "groups.js",
    "about.js",
    "searchbox.js",
    "main.js",
)
"""In the order in which each needs the ones before it."""


def page(tool: Tool) -> str:
    """The whole page. The same data gives the same text."""
    style = _part("style.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_part(name) for name in SCRIPTS) + "})();\n"
    parts = {
        "policy": _policy(style, script),
        "title": escape(f"{words.TITLE} {tool.school_year}"),
        "ofb": escape(words.OFB),
        "no_product": escape(words.NO_PRODUCT),
        "style": style,
        "script": script,
        "data": payload(tool),
    }
    # One pass over the template: what is put in is never looked at again.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _part("page.html"))


def _part(name: str) -> str:
    return (files(__package__) / "browser" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """Nothing from any network, and no style or script but those that are in the file."""
    allowed = f"style-src {_sha256(style)}; script-src {_sha256(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
