"""The reference page of all values of the regulation and subsidy files, with their status and source."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from npo_pipeline.rulebook.listing import described, readable_values
from npo_pipeline.rulebook.load import all_shipped, shipped_subsidies
from npo_pipeline.rulebook.regulation import Regulation
from npo_pipeline.rulebook.subsidy import Subsidy
from tools.reference.markdown import code, document, table

Rules: TypeAlias = Regulation | Subsidy

_INTRO = """Every amount, date, threshold and month stands in a YAML file in `npo_pipeline/rulebook/`, with a
status and a source. **published**: the source says it in so many words. **approximate**: the source says
"about". **derived**: a choice, reasoned from what is published. **unknown**: not found; never counted as 0, but
left out and named. How to change a value: [Change a rate](../how-to/change-a-rate.md)."""

_STATUSES = ("published", "approximate", "derived", "unknown")


def page() -> str:
    """Return the page: the files with how sure they are, what is not known, then every value."""
    loaded: list[tuple[str, Rules]] = [
        *((one.name, one.subsidy) for one in shipped_subsidies()),
        *((one.name, one.regulation) for one in all_shipped()),
    ]
    return document(
        "Regulations", _INTRO, [_overview(loaded), _unknown(loaded), *(_section(*one) for one in loaded)]
    )


def _overview(loaded: list[tuple[str, Rules]]) -> str:
    rows = []
    for name, rules in loaded:
        count = Counter(value["status"] for value in readable_values(rules))
        rows.append(
            (f"[{name}](#{_anchor(name)})", rules.title, rules.currency, *(count[one] for one in _STATUSES))
        )
    return table(["file", "regulation", "currency", *_STATUSES], rows)


def _unknown(loaded: list[tuple[str, Rules]]) -> str:
    header = ["file", "value", "what was found of it"]
    rows: dict[bool, list[tuple[str, ...]]] = {False: [], True: []}
    for name, rules in loaded:
        rows[getattr(rules, "version", "") == "provisional"] += [
            (code(name), value["what"], value["where"])
            for value in readable_values(rules)
            if value["status"] == "unknown"
        ]
    known = "Every value of the rules in force is known. What the texts themselves leave open is in the "
    in_force = table(header, rows[False]) if rows[False] else f"{known}[domain notes](domain.md#9-not-found)."
    return (
        f"## Not known\n\n{in_force}\n\n"
        f"Provisional files say what was known before the regulation; then these were not:\n\n"
        f"{table(header, rows[True])}"
    )


def _section(name: str, rules: Rules) -> str:
    rows = [
        (value["what"], value["value"], value["unit"], value["status"], f"{value['where']} [{value['source']}]")
        for value in readable_values(rules)
    ]
    sources = [
        f"- [{key}] {described(one).replace(one.url, f'<{one.url}>')}" for key, one in rules.sources.items()
    ]
    values = table(["what", "value", "unit", "status", "source"], rows)
    return f"## {name}\n\n{rules.title}\n\n{values}\n\n" + "\n".join(sources)


def _anchor(name: str) -> str:
    return name.replace(".", "")
