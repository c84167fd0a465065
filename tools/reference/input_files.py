"""The reference page of the kinds of file a delivery may hold, with their columns."""

from __future__ import annotations

from npo_pipeline.delivery.kinds import KINDS, FileKind
from tools.reference.markdown import code, codes, document, table

_INTRO = """A file is recognised by its header, not by its name: by the columns that together no other kind has.
Column names are shown normalised: capitals, and an underscore for a space. Files may be UTF-8 or windows-1252,
with `;` or `,`, and any line end; columns that are not listed are passed over. Each rule links to [rejection
rules](rejection-rules.md).

All kinds but registers and reports of boards may also be a sheet of a workbook: `.xlsx`, `.xls` or `.ods`, with
titles above the header. A kind that ends in `_masked` has the header of the kind before it and a count that is
masked (`<5`): it gives ranges, and no money is counted from it
([how](../how-to/prepare-a-delivery.md#small-counts-that-duo-masks))."""


def page() -> str:
    """Return the page: a section per kind of file."""
    return document("Input files", _INTRO, [_section(kind) for kind in KINDS])


def _section(kind: FileKind) -> str:
    rows = [(code(name), _rules(kind, name)) for name in kind.columns]
    recognised = f"{kind.label[0].upper()}{kind.label[1:]}. Recognised by {codes(sorted(kind.signature_columns))}."
    return f"## {kind.name}\n\n{recognised}\n\n{table(['column', 'rejected under'], rows)}"


def _rules(kind: FileKind, name: str) -> str:
    names = dict.fromkeys(str(check.name) for check in kind.model.columns[name].checks)
    return ", ".join(f"[{name}](rejection-rules.md#{name})" for name in names)
