"""The page: its template, style, script and data in one file that asks nothing of any network.

The data of the page: compact JSON columns. Amounts are whole cents, rates units of 0.00000001.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.months import month_text
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.reports.informatietool.model import Gap, Rule, ToolData

_MARKUP = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def payload(tool: ToolData) -> str:
    """The data as JSON that holds no markup, so that it can stand in a page whatever a school is called."""
    document = json.dumps(_document(tool), ensure_ascii=False, separators=(",", ":"))
    return document.translate(_MARKUP)


def _document(tool: ToolData) -> dict[str, Any]:
    rests = _Numbered()
    return {
        "schoolYear": tool.school_year,
        "decisions": [
            [name, currency, dutch.day(day), dutch.day(at.date())]
            for name, currency, day, at in tool.decisions.rows()
        ],
        "schools": _schools(tool, rests),
        "boards": _group(tool, "board", rests),
        "municipalities": _group(tool, "municipality", rests),
        "all": {currency: _told(tool, rules, rests) for currency, rules in _by_currency(tool).items()},
        "rules": [_rule(one) for one in tool.rules],
        "amounts": _amounts(tool),
        "gaps": [_gap(one) for one in tool.gaps],
        "schoolGaps": _per_school(tool, tool.school_gaps, "gap"),
        "hidden": _per_school(tool, _named(tool.hidden), "component"),
        "outside": [[dutch.component(one.component), one.article] for one in tool.outside],
        "rests": [text.split("\t") for text in rests.texts],
        "words": {
            "title": f"{wording.TITLE} {tool.school_year}",
            "ofb": wording.OFB,
            "outside": wording.outside([one.component for one in tool.outside]),
            "noProduct": wording.NO_PRODUCT,
            "notAdded": wording.NOT_ADDED,
            "notes": list(tool.notes),
            "months": dutch.DUTCH.months,
            "shortMonths": dutch.SHORT_MONTHS,
            "currencies": {name: [dutch.SIGNS[name], dutch.CURRENCIES[name]] for name in dutch.CURRENCIES},
        },
    }


class _Numbered:
    """Texts, each once; `place` gives the number of one."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        if text not in self._places:
            self._places[text] = len(self.texts)
            self.texts.append(text)
        return self._places[text]


def _schools(tool: ToolData, rests: _Numbered) -> dict[str, Any]:
    boards, towns = _names(tool, "board"), _names(tool, "municipality")
    places = _Numbered()
    schools = tool.schools
    return {
        "code": schools["vestiging"].to_list(),
        "name": schools["name"].fill_null("").to_list(),
        "place": [places.place(one or "") for one in schools["place"]],
        "places": places.texts,
        "municipality": _numbers(schools["municipality"].fill_null(""), towns),
        "board": _numbers(schools["board"], boards),
        "rests": _rests(tool, tool.schools["vestiging"].to_list(), "vestiging", rests),
    }


def _names(tool: ToolData, column: str) -> list[str]:
    return tool.schools[column].fill_null("").unique().sort().to_list()


def _numbers(values: Iterable[str], names: Sequence[str]) -> list[int]:
    places = {name: place for place, name in enumerate(names)}
    return [places[value] for value in values]


def _group(tool: ToolData, column: str, rests: _Numbered) -> dict[str, Any]:
    names = _names(tool, column)
    return {"name": names, "rests": _rests(tool, names, column, rests)}


def _rests(tool: ToolData, names: Sequence[str], column: str, rests: _Numbered) -> dict[str, list[int]]:
    """What each total rests on, per currency: the number of the text; -1 where there is no amount."""
    rows = tool.with_schools().group_by("currency", pl.col(column).fill_null(""))
    rules = {
        key: found for *key_, found in rows.agg(pl.col("rule").unique().sort()).rows() for key in [tuple(key_)]
    }
    told = {tuple(found): _told(tool, found, rests) for found in sorted(rules.values())}
    return {
        currency: [told[tuple(rules[currency, name])] if (currency, name) in rules else -1 for name in names]
        for currency in _by_currency(tool)
    }


def _by_currency(tool: ToolData) -> dict[str, list[int]]:
    """The rules of each currency, by number."""
    found: dict[str, list[int]] = {}
    for place, rule in enumerate(tool.rules):
        found.setdefault(rule.currency, []).append(place)
    return found


def _told(tool: ToolData, rules: Sequence[int], rests: _Numbered) -> int:
    return rests.place(f"{tool.rests_on(rules)}\t{tool.mark(rules)}")


def _rule(one: Rule) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "component": dutch.component(one.component),
        "schoolType": wording.school_types([one.school_type]),
        "measure": one.measure,
        "counted": dutch.DUTCH.units.get(one.measure, (one.measure, one.measure)),
        "unit": wording.rate_unit(one.measure),
        "rate": one.rate_e8,
        "threshold": one.threshold,
        "level": one.level,
        "status": one.status,
        "statusText": wording.STATUSES[one.status],
        "article": one.article,
        "source": one.source,
        "url": one.url,
        "days": [dutch.day(day) for day in one.days],
    }


def _amounts(tool: ToolData) -> dict[str, Any]:
    """Columns, a row per amount in the order of schools; what differs from the usual is named by row number.

    `due`: what falls due in each month of the schedule, one amount after the other; where a schedule has one
    month that is the amount itself, and it is not repeated.
    """
    amounts = tool.amounts
    places = {code: place for place, code in enumerate(tool.schools["vestiging"])}
    dues = tool.instalments.group_by("vestiging", "rule", maintain_order=True).agg("month", "cents")
    joined = amounts.join(dues, on=["vestiging", "rule"], how="left", maintain_order="left", suffix="_due")
    schedules = _Numbered()
    schedule: list[int] = []
    due: list[int] = []
    for months, cents in joined.select("month", "cents_due").iter_rows():
        schedule.append(schedules.place(" ".join(map(month_text, months or ()))))
        due += cents if cents and len(cents) > 1 else []
    counted, quantity = amounts["counted_e2"], amounts["quantity_e2"]
    return {
        "school": [places[code] for code in amounts["vestiging"]],
        "rule": amounts["rule"].to_list(),
        "quantity": quantity.to_list(),
        "cents": amounts["cents"].to_list(),
        "counted": {row: counted[row] for row in (counted != quantity).arg_true()},
        "unrounded": {row: text for row, text in enumerate(amounts["unrounded"]) if text is not None},
        "schedule": schedule,
        "schedules": [text.split() for text in schedules.texts],
        "due": due,
    }


def _gap(one: Gap) -> list[str]:
    return [one.text, one.article]


def _named(hidden: pl.DataFrame) -> pl.DataFrame:
    shown = [dutch.component(name) for name in hidden["component"]]
    return hidden.with_columns(component=pl.Series(shown, dtype=pl.String))


def _per_school(tool: ToolData, rows: pl.DataFrame, column: str) -> dict[int, list[Any]]:
    places = {code: place for place, code in enumerate(tool.schools["vestiging"])}
    together = rows.group_by("vestiging", maintain_order=True).agg(column)
    return {places[code]: values for code, values in together.iter_rows() if code in places}


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


def page(tool: ToolData) -> str:
    """The whole page. The same data gives the same text."""
    style = _part("style.css")
    script = '"use strict";\n(() => {\n' + "\n".join(_part(name) for name in SCRIPTS) + "})();\n"
    parts = {
        "policy": _policy(style, script),
        "title": escape(f"{wording.TITLE} {tool.school_year}"),
        "ofb": escape(wording.OFB),
        "no_product": escape(wording.NO_PRODUCT),
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
