"""The kinds of file of a delivery; `recognise` finds the kind of a file by its header.

docs/how-to/add-a-kind-of-file.md names the places that a new kind takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Literal

import pandera.polars as pa

from schemas import files as models


class Stage(Enum):
    """The stage of reading a delivery in which a kind is read: each stage needs what those before it name."""

    SCHOOL_LISTS = "school_lists"
    """Lists that name schools and their boards."""

    PUBLISHED_COUNTS = "published_counts"
    """Counts and scores of schools that must have a board."""

    APPLICATIONS = "applications"
    """Applications of boards for a subsidy."""

    BOARD_REPORTS = "board_reports"
    """Reports in which a board accounts for a period; a later one restates that board and period whole."""

    REGISTERS = "registers"
    """Pupil registers, counted block by block."""


@dataclass(frozen=True, kw_only=True)
class FileKind:
    """Represent a kind of file.

    `name`: as in the table `deliveries`. `label`: as people call it. `model`: its columns and their checks.
    `signature_columns`: columns that together no other kind has. `stage`: when and by which reader it is read.
    `date_column`: the column with its reference date, where it has one. `is_dated`: whether it belongs to one.
    `school_source`: the source of the facts about schools that it names (`schemas.received.SCHOOL_FACTS`).
    `has_row_per_school`: a school has one row in it (per school type and cluster), so a second would count twice.
    """

    name: str
    label: str
    model: pa.DataFrameSchema
    signature_columns: frozenset[str]
    stage: Stage
    date_column: str | None = None
    is_dated: bool = True
    school_source: Literal["pupils", "addresses", "changes"] | None = None
    has_row_per_school: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, by their normalised names."""
        return models.columns_of(self.model)


REGISTER_PO = FileKind(
    name="register_po",
    label="pupil register, po",
    model=models.REGISTER_PO,
    signature_columns=frozenset({"PSEUDONIEM", "SOORT_PO"}),
    stage=Stage.REGISTERS,
)
REGISTER_VO = FileKind(
    name="register_vo",
    label="pupil register, vo",
    model=models.REGISTER_VO,
    signature_columns=frozenset({"PSEUDONIEM", "ONDERWIJSTYPE"}),
    stage=Stage.REGISTERS,
)
PUPILS_PO_CLUSTER = FileKind(
    name="pupils_po_cluster",
    label="DUO pupils po with clusters",
    model=models.PUPILS_PO_CLUSTER,
    signature_columns=frozenset({"PEILDATUM", "SOORT_PO", "CLUSTER"}),
    stage=Stage.SCHOOL_LISTS,
    date_column="PEILDATUM",
    school_source="pupils",
    has_row_per_school=True,
)
PUPILS_PO = FileKind(
    name="pupils_po",
    label="DUO pupils po",
    model=models.PUPILS_PO,
    signature_columns=frozenset({"PEILDATUM", "SOORT_PO", "LEERLINGEN"}),
    stage=Stage.SCHOOL_LISTS,
    date_column="PEILDATUM",
    school_source="pupils",
    has_row_per_school=True,
)
PUPILS_VO = FileKind(
    name="pupils_vo",
    label="DUO pupils vo",
    model=models.PUPILS_VO,
    signature_columns=frozenset({models.ONDERWIJSTYPE_VO}),
    stage=Stage.PUBLISHED_COUNTS,
)
SCORES = FileKind(
    name="scores",
    label="CBS scores",
    model=models.SCORES,
    signature_columns=frozenset({models.SCHOOL, models.SCORE}),
    stage=Stage.PUBLISHED_COUNTS,
    has_row_per_school=True,
)
CUMI = FileKind(
    name="cumi",
    label="CUMI pupils",
    model=models.CUMI,
    signature_columns=frozenset({"TYPE_PO", "CUMI"}),
    stage=Stage.PUBLISHED_COUNTS,
    date_column="PEILJAAR",
    has_row_per_school=True,
)
NEWCOMERS_VO = FileKind(
    name="newcomers_vo",
    label="newcomers vo",
    model=models.NEWCOMERS_VO,
    signature_columns=frozenset({"CATEGORIE", "NIEUWKOMERS"}),
    stage=Stage.PUBLISHED_COUNTS,
    date_column="PEILDATUM",
)
_address_list = partial(FileKind, model=models.ADDRESSES, stage=Stage.SCHOOL_LISTS, school_source="addresses")
ADDRESSES_VO = _address_list(
    name="addresses_vo",
    label="address list vo",
    signature_columns=frozenset({"VESTIGINGSNAAM", "ONDERWIJSSTRUCTUUR"}),
)
ADDRESSES_SO = _address_list(
    name="addresses_so",
    label="address list sbo, so, vso",
    signature_columns=frozenset({"VESTIGINGSNAAM", "SOORT_PRIMAIR_ONDERWIJS"}),
)
ADDRESSES_BO = _address_list(
    name="addresses_bo",
    label="address list bo",
    signature_columns=frozenset({"BEVOEGD_GEZAG_NUMMER", "VESTIGINGSNAAM"}),
)
CHANGES = FileKind(
    name="changes",
    label="changes",
    model=models.CHANGES,
    signature_columns=frozenset({"INGANGSDATUM", "VESTIGING"}),
    stage=Stage.SCHOOL_LISTS,
    is_dated=False,
    school_source="changes",
)
APPLICATIONS = FileKind(
    name="applications",
    label="applications for a subsidy",
    model=models.APPLICATIONS,
    signature_columns=frozenset({"REGELING", "DATUM_AANVRAAG"}),
    stage=Stage.APPLICATIONS,
    is_dated=False,
)
_board_report = partial(FileKind, stage=Stage.BOARD_REPORTS, is_dated=False)
SPENDING = _board_report(
    name="spending",
    label="spending of boards",
    model=models.SPENDING,
    signature_columns=frozenset({"INTERVENTIE", "NIVEAU", "WAARVAN_EXTERN"}),
)
CONSENTS = _board_report(
    name="consents",
    label="consents of boards",
    model=models.CONSENTS,
    signature_columns=frozenset({"SCHOOLJAAR", "SCHOOLPROGRAMMA_MR"}),
)

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
"""In the order in which a header is compared: a kind comes before one with fewer of the same signature columns."""

BOARD_REPORTS = tuple(kind for kind in KINDS if kind.stage is Stage.BOARD_REPORTS)

FAULT_LIST_HEADER = ("FILE", "LINE", "RULE")
"""The header of the list of planted faults that `npo generate` writes beside a delivery; it is passed over."""
