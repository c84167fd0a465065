"""The kinds of file a delivery may hold, and how a kind is recognised by its header."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import pandera.polars as pa

from npo_pipeline.delivery.sanitize import harmless_name
from npo_pipeline.delivery.sniff import Header
from npo_pipeline.errors import Refused
from schemas import files as models


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its name in the table `deliveries`, what people call it, and its model."""

    name: str
    label: str
    model: pa.DataFrameSchema
    telltale: frozenset[str]
    """Columns that together no other kind has."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, by their normalised names."""
        return tuple(name for name in self.model.columns if name != "line")


def _kind(name: str, label: str, model: pa.DataFrameSchema, *telltale: str) -> FileKind:
    return FileKind(name, label, model, frozenset(telltale))


REGISTER_PO = _kind("register_po", "pupil register, po", models.REGISTER_PO, "PSEUDONIEM", "SOORT_PO")
REGISTER_VO = _kind("register_vo", "pupil register, vo", models.REGISTER_VO, "PSEUDONIEM", "ONDERWIJSTYPE")
PUPILS_PO_CLUSTER = _kind(
    "pupils_po_cluster",
    "DUO pupils po with clusters",
    models.PUPILS_PO_CLUSTER,
    "PEILDATUM",
    "SOORT_PO",
    "CLUSTER",
)
PUPILS_PO = _kind("pupils_po", "DUO pupils po", models.PUPILS_PO, "PEILDATUM", "SOORT_PO", "LEERLINGEN")
PUPILS_VO = _kind("pupils_vo", "DUO pupils vo", models.PUPILS_VO, models.ONDERWIJSTYPE_VO)
SCORES = _kind("scores", "CBS scores", models.SCORES, models.SCHOOL, models.SCORE)
CUMI = _kind("cumi", "CUMI pupils", models.CUMI, "TYPE_PO", "CUMI")
NEWCOMERS_VO = _kind("newcomers_vo", "newcomers vo", models.NEWCOMERS_VO, "CATEGORIE", "NIEUWKOMERS")
ADDRESSES_VO = _kind("addresses_vo", "address list vo", models.ADDRESSES, "VESTIGINGSNAAM", "ONDERWIJSSTRUCTUUR")
ADDRESSES_SO = _kind(
    "addresses_so", "address list sbo, so, vso", models.ADDRESSES, "VESTIGINGSNAAM", "SOORT_PRIMAIR_ONDERWIJS"
)
ADDRESSES_BO = _kind("addresses_bo", "address list bo", models.ADDRESSES, "BEVOEGD_GEZAG_NUMMER", "VESTIGINGSNAAM")
CHANGES = _kind("changes", "changes", models.CHANGES_FILE, "INGANGSDATUM", "VESTIGING")
APPLICATIONS = _kind(
    "applications", "applications for a subsidy", models.APPLICATIONS, "REGELING", "DATUM_AANVRAAG"
)
SPENDING = _kind("spending", "spending of boards", models.SPENDING, "INTERVENTIE", "NIVEAU", "WAARVAN_EXTERN")
CONSENTS = _kind("consents", "consents of boards", models.CONSENTS, "SCHOOLJAAR", "SCHOOLPROGRAMMA_MR")

KINDS = (
    REGISTER_PO,
    REGISTER_VO,
    PUPILS_PO_CLUSTER,
    PUPILS_PO,
    PUPILS_VO,
    SCORES,
    CUMI,
    NEWCOMERS_VO,
    ADDRESSES_VO,
    ADDRESSES_SO,
    ADDRESSES_BO,
    CHANGES,
    APPLICATIONS,
    SPENDING,
    CONSENTS,
)

ADDRESSES = (ADDRESSES_VO, ADDRESSES_SO, ADDRESSES_BO)
"""DUO's three address lists; each is superseded by a later one of its own sort only."""

REGISTERS = (REGISTER_PO, REGISTER_VO)

COUNTED_KINDS = (PUPILS_PO_CLUSTER, PUPILS_PO, PUPILS_VO, SCORES, CUMI, NEWCOMERS_VO)
"""The kinds that say how many of each school, as DUO and CBS counted them."""

ACCOUNTING = (SPENDING, CONSENTS)
"""The kinds in which boards account for a period; a later one tells a whole board and period anew."""

UNDATED = (CHANGES, APPLICATIONS, *ACCOUNTING)
"""The kinds that belong to no reference date."""

FAULT_LIST_HEADER = ("FILE", "LINE", "RULE")
"""The header of the list of planted faults that `npo generate` leaves beside a delivery; it is passed over."""


def recognise(name: str, header: Header) -> FileKind:
    """Say which kind of file this is, by its header alone.

    Raises:
        Refused: no layout has this header; where one comes near, names the columns it lacks.
    """
    held = frozenset(header.columns)
    for kind in KINDS:
        if kind.telltale <= held and (missing := [column for column in kind.columns if column not in held]):
            raise Refused(_lacking(name, kind, missing, header))
        if kind.telltale <= held:
            return kind
    raise Refused(_unknown(name, header))


def _lacking(name: str, kind: FileKind, missing: list[str], header: Header) -> str:
    line = f"{name}, line 1: looks like a file of kind {kind.name} ({kind.label}) but lacks {', '.join(missing)}"
    near = difflib.get_close_matches(missing[0], header.columns, 1)
    if near:
        return f"{line}; its column {harmless_name(near[0])} comes near: mend the header"
    return f"{line}; have it sent whole"


def _unknown(name: str, header: Header) -> str:
    held = set(header.columns)
    nearest = max(KINDS, key=lambda kind: len(held.intersection(kind.columns)) / len(kind.columns))
    shared = held.intersection(nearest.columns)
    if len(shared) >= max(2, len(nearest.columns) // 2):
        return _lacking(name, nearest, [c for c in nearest.columns if c not in shared], header)
    # The line itself is not shown: of a register without a header it is a pupil.
    known = f"of its {len(header.columns)} columns only {', '.join(sorted(shared))} is known" if shared else ""
    known = known or f"none of its {len(header.columns)} columns is known"
    return f"{name}, line 1: is of no known kind ({known}); take it out of the delivery, or mend its header"
