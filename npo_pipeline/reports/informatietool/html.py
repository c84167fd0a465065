"""The page of the informatietool: template, style, script and data in one file that asks nothing of any network.

The data is compact JSON in columns. Amounts are whole cents, rates units of 0.00000001; a text that recurs is
listed once and referred to by its position.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import polars as pl

from npo_pipeline import dutch
from npo_pipeline.measures import BY_NAME
from npo_pipeline.months import day_of, month_text
from npo_pipeline.reports.house_style import HouseStyle
from npo_pipeline.reports.informatietool import wording
from npo_pipeline.reports.informatietool.model import SUPPORT_COLUMNS, RateRule, ToolData

SHARED = ("format.js", "dom.js")
"""The scripts of every page of this kind; each page says before them what its `DATA` is."""

SCRIPTS = (
    "data.js", "find.js", "explain.js", "chart.js", "parts.js",
    "school.js", "groups.js", "about.js", "searchbox.js", "main.js",
)  # fmt: skip
"""In the order in which each needs the ones before it, and all need those that are shared."""

_MARKUP = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


def page(tool: ToolData) -> str:
    """Return the whole page. The same data gives the same text."""
    parts = {
        "title": escape(f"{wording.TITLE} {tool.school_year}"),
        "ofb": escape(wording.OFB),
        "no_product": escape(wording.NO_PRODUCT),
        "data": payload(tool),
    }
    return standalone_page(files(__package__) / "browser", SCRIPTS, tool.style, parts)


def standalone_page(
    folder: Traversable, scripts: Sequence[str], style: HouseStyle, parts: Mapping[str, str]
) -> str:
    """Return a page in one file: `page.html` of a folder with shared and own style and scripts, and other `parts`.

    `parts`: name in the template -> HTML, or JSON without markup.
    """
    shared = files("npo_pipeline.reports") / "browser"
    code = "\n".join([*(_text(shared, name) for name in SHARED), *(_text(folder, name) for name in scripts)])
    own = _text(folder, "style.css") if (folder / "style.css").is_file() else ""
    css, script = style.css + _text(shared, "style.css") + own, f'"use strict";\n(() => {{\n{code}}})();\n'
    filled = {**parts, "policy": _content_security_policy(css, script), "style": css, "script": script}
    # One pass over the template: what is put in is never looked at again.
    return re.sub(r"\{\{(\w+)\}\}", lambda found: filled[found[1]], _text(folder, "page.html"))


def _text(folder: Traversable, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _content_security_policy(style: str, script: str) -> str:
    """Allow nothing from any network, and no style or script but those in the file."""
    allowed = f"style-src {_sha256(style)}; script-src {_sha256(script)}"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _sha256(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def payload(tool: ToolData) -> str:
    """Return the data of the page as JSON."""
    return json_without_markup(_Payload(tool).document())


def json_without_markup(document: Mapping[str, Any]) -> str:
    """Return data as compact JSON without any markup, so that no name of a school can change the page."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_MARKUP)


def notation() -> dict[str, Any]:
    """Return the words of `DATA.words` that the shared scripts write values with."""
    return {
        "months": dutch.DUTCH.months,
        "thousands": dutch.DUTCH.thousands,
        "decimalPoint": dutch.DUTCH.decimal_point,
        "conjunction": dutch.DUTCH.conjunction,
        "currencies": {name: [dutch.SIGNS[name], dutch.CURRENCIES[name]] for name in dutch.CURRENCIES},
    }


class _TextList(dict[str, int]):
    """List texts once each, with the position of each."""

    def __missing__(self, text: str) -> int:
        return self.setdefault(text, len(self))


class _Payload:
    """Lay out the data of a tool for the script of the page."""

    def __init__(self, tool: ToolData) -> None:
        self._tool, self._amounts = tool, tool.with_schools()
        self._rests_on = _TextList()
        self._schools = {code: position for position, code in enumerate(tool.schools["vestiging"])}
        self._rules_by_currency: dict[str, list[int]] = {}
        for position, rule in enumerate(tool.rules):
            self._rules_by_currency.setdefault(rule.currency, []).append(position)

    def document(self) -> dict[str, Any]:
        tool = self._tool
        components = {name: dutch.component(name) for name in tool.hidden["component"].unique()}
        hidden = tool.hidden.with_columns(pl.col("component").replace(components))
        return {
            "schoolYear": tool.school_year,
            "decisions": [
                [name, currency, dutch.day(day), dutch.day(day_of(decided_at))]
                for name, currency, day, decided_at in tool.decisions.rows()
            ],
            "schools": self._school_columns(),
            "boards": {**self._group_columns("board"), "title": self._board_titles()},
            "municipalities": self._group_columns("municipality"),
            "all": {name: self._rests_on_position(rules) for name, rules in self._rules_by_currency.items()},
            "rules": [_rule(one) for one in tool.rules],
            "amounts": self._amount_columns(),
            "gaps": [[one.text, one.article] for one in tool.gaps],
            "schoolGaps": self._by_school(tool.school_gaps, "gap"),
            "hidden": self._by_school(hidden, "component"),
            "support": self._support(),
            "outside": [[dutch.component(one.component), one.article] for one in tool.excluded],
            "rests": [text.split("\t") for text in self._rests_on],
            "words": {
                "title": f"{wording.TITLE} {tool.school_year}",
                "ofb": wording.OFB,
                "outside": wording.excluded([one.component for one in tool.excluded]),
                "noProduct": wording.NO_PRODUCT,
                "support": wording.SUPPORT,
                "notAdded": wording.NOT_ADDED,
                "notes": list(tool.notes),
                "shortMonths": dutch.SHORT_MONTHS,
                **notation(),
            },
        }

    def _support(self) -> dict[int, list[list[Any]]]:
        """Return the rows of each municipality that has schools here: year, currency, four amounts in cents."""
        places = {name: position for position, name in enumerate(self._names("municipality"))}
        found: dict[int, list[list[Any]]] = {}
        for name, *row in self._tool.support.select("municipality", *SUPPORT_COLUMNS).iter_rows():
            if name in places:
                year, currency, *amounts = row
                cents = [None if amount is None else int(amount.scaleb(2)) for amount in amounts]
                found.setdefault(places[name], []).append([year, currency, *cents])
        return found

    def _school_columns(self) -> dict[str, Any]:
        schools, places = self._tool.schools, _TextList()
        place = [places[one or ""] for one in schools["place"]]
        return {
            "code": schools["vestiging"].to_list(),
            "name": schools["name"].fill_null("").to_list(),
            "place": place,
            "places": list(places),
            "municipality": _positions(schools["municipality"].fill_null(""), self._names("municipality")),
            "board": _positions(schools["board"], self._names("board")),
            "rests": self._rests_on_columns(schools["vestiging"].to_list(), "vestiging"),
        }

    def _board_titles(self) -> list[str]:
        """Return the name of each board; empty where no list of boards has it."""
        named = dict(self._tool.board_names.select("board", "name").iter_rows())
        return [named.get(board, "") for board in self._names("board")]

    def _names(self, column: str) -> list[str]:
        return self._tool.schools[column].fill_null("").unique().sort().to_list()

    def _group_columns(self, column: str) -> dict[str, Any]:
        names = self._names(column)
        return {"name": names, "rests": self._rests_on_columns(names, column)}

    def _rests_on_columns(self, names: Sequence[str], column: str) -> dict[str, list[int]]:
        """Return the assumptions behind the total of each name, per currency; -1 where there is no amount."""
        together = self._amounts.group_by("currency", pl.col(column).fill_null(""))
        rules = {
            (currency, name): tuple(found)
            for currency, name, found in together.agg(pl.col("rule").unique().sort()).rows()
        }
        texts = {found: self._rests_on_position(found) for found in sorted(set(rules.values()))}
        return {
            currency: [texts[rules[currency, name]] if (currency, name) in rules else -1 for name in names]
            for currency in self._rules_by_currency
        }

    def _rests_on_position(self, rules: Sequence[int]) -> int:
        return self._rests_on[f"{self._tool.rests_on(rules)}\t{self._tool.assumption_badge(rules)}"]

    def _amount_columns(self) -> dict[str, Any]:
        """Return a row per amount, in the order of schools; exceptions are listed by row number.

        `due`: the instalments of the schedules, one amount after the other. The instalment of a schedule of one
        month is the amount itself, and is not repeated.
        """
        amounts = self._tool.amounts
        key = ["vestiging", "rule"]
        instalments = self._tool.instalments.group_by(key, maintain_order=True).agg("month", "cents")
        joined = amounts.join(instalments, on=key, how="left", maintain_order="left", suffix="_due")
        schedules, schedule, due = _TextList(), list[int](), list[int]()
        for months, cents in joined.select("month", "cents_due").iter_rows():
            schedule.append(schedules[" ".join(map(month_text, months or ()))])
            due += cents if cents and len(cents) > 1 else []
        counted, quantity = amounts["counted_e2"], amounts["quantity_e2"]
        return {
            "school": [self._schools[code] for code in amounts["vestiging"]],
            "rule": amounts["rule"].to_list(),
            "quantity": quantity.to_list(),
            "cents": amounts["cents"].to_list(),
            "counted": {row: counted[row] for row in (counted != quantity).arg_true()},
            "unrounded": {row: text for row, text in enumerate(amounts["unrounded"]) if text is not None},
            "shared": amounts["shares_rounding"].arg_true().to_list(),
            "schedule": schedule,
            "schedules": [text.split() for text in schedules],
            "due": due,
        }

    def _by_school(self, rows: pl.DataFrame, column: str) -> dict[int, list[Any]]:
        together = rows.group_by("vestiging", maintain_order=True).agg(column)
        return {self._schools[code]: values for code, values in together.iter_rows() if code in self._schools}


def _positions(values: Iterable[str], names: Sequence[str]) -> list[int]:
    positions = {name: position for position, name in enumerate(names)}
    return [positions[value] for value in values]


def _rule(one: RateRule) -> dict[str, Any]:
    return {
        "currency": one.currency,
        "component": dutch.component(one.component),
        "schoolType": wording.school_types([one.school_type]),
        "measure": one.measure,
        "decimals": BY_NAME[one.measure].decimals if one.measure in BY_NAME else 0,
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
