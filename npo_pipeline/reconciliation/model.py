"""A reconciliation: the files of others, and their amounts beside those of the decisions in force."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from schemas.reconciled import LeftOutComponents, OtherRows, Reconciled, ReconciledNames, UnreadRows


@dataclass(frozen=True, kw_only=True)
class ReconciledFile:
    """Represent a file that was compared.

    `layout`: the title of the known layout, or the name of the mapping file. `levels`: those of
    `schemas.reconciled` that its amounts are of. `rows`: the rows below its header. `components`: those that it
    names and that were compared.
    """

    name: str
    sha256: str
    layout: str
    levels: tuple[str, ...]
    rows: int
    components: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """Represent what others say beside what was decided.

    `decisions`: those that were compared, one per currency. `tolerance`: how far apart amounts of a match may be,
    in euro or dollars. `rows`: as they are in the books. `left_out`: components of ours that no file names.
    `unread`: rows of theirs that could not be read. `others`: rows of theirs that are of other school years or
    regulations.
    """

    run_id: str
    school_year: str
    decisions: tuple[str, ...]
    files: tuple[ReconciledFile, ...]
    tolerance: Decimal
    rows: Reconciled
    left_out: LeftOutComponents
    unread: UnreadRows
    others: OtherRows
    names: ReconciledNames
