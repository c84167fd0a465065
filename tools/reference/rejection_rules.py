"""The reference page of the rules by which a row is rejected, with their messages."""

from __future__ import annotations

from npo_pipeline.delivery.kinds import KINDS
from schemas.rules import REJECTION_RULES, RejectionRule
from tools.reference.markdown import code, codes, document, table

_INTRO = """A row with a fault is rejected: it is written to the table [`quarantine`](tables.md#quarantine) with
its file, line, rule, column and message, and counts for nothing. All faults of a row are reported. A delivery
with a larger share of rejected rows than `--max-rejected` is refused whole. In a message `{column}` is the
column and `{value}` what stands in it; values that could identify a pupil are not repeated."""


def page() -> str:
    """Return the page: a section per rule."""
    return document("Rejection rules", _INTRO, [_section(rule) for rule in REJECTION_RULES])


def _section(rule: RejectionRule) -> str:
    parts = [f"## {rule.name}", f"A row is rejected when {rule.when}.", f"> {rule.message}"]
    if rule.board_message:
        parts += ["In files of boards:", f"> {rule.board_message}"]
    columns = [
        (code(kind.name), codes(names))
        for kind in KINDS
        if (
            names := [
                name
                for name, column in kind.model.columns.items()
                if rule.name in {one.name for one in column.checks}
            ]
        )
    ]
    parts.append(
        table(["kind of file", "columns"], columns)
        if columns
        else "Checked over the whole delivery, not per column."
    )
    return "\n\n".join(parts)
