"""The kinds of file of a delivery; `recognise` finds the kind of a file by its header.

docs/how-to/add-a-kind-of-file.md names the places that a new kind takes.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import KW_ONLY, dataclass, replace
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

    REFERENCE_LISTS = "reference_lists"
    """Lists of no date about schools and municipalities, such as areas; a later one supersedes an earlier one."""

    APPLICATIONS = "applications"
    """Applications of boards for a subsidy, and reports of who finished what it was granted for."""

    BOARD_REPORTS = "board_reports"
    """Reports in which a board accounts for a period; a later one restates that board and period whole."""

    PAYMENT_ACCOUNTS = "payment_accounts"
    """Accounts of recipients; they add up, and of one recipient and day the row delivered last is believed."""

    REGISTERS = "registers"
    """Pupil registers, counted block by block."""


@dataclass(frozen=True)
class FileKind:
    """Represent a kind of file.

    `name`: as in the table `deliveries`. `label`: as people call it. `model`: its columns and their checks.
    `signature_columns`: columns that together no other kind has. `stage`: when and by which reader it is read.
    `date_column`: the column with its reference date, where it has one. `is_dated`: whether it belongs to one.
    `school_source`: the source of the facts about schools that it names (`schemas.received.SCHOOL_FACTS`).
    `has_row_per_school`: a school has one row in it (per school type and cluster), so a second would count twice;
    in a list of municipalities each of these has. `excluded_columns`: a file with one of them is of another kind.
    `counted`: its columns with counts, of a kind that also comes with small ones masked.
    """

    name: str
    label: str
    model: pa.DataFrameSchema
    signature_columns: Set[str]
    _: KW_ONLY
    stage: Stage
    date_column: str | None = None
    is_dated: bool = True
    school_source: Literal["pupils", "addresses", "changes"] | None = None
    has_row_per_school: bool = False
    excluded_columns: Set[str] = frozenset()
    counted: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[object, ...]:
        """Cross to another process by name: there it is the same kind, and the checks of a model cannot cross."""
        return kind_named, (self.name,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, by their normalised names."""
        return models.columns_of(self.model)

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Those of them that a file must have."""
        return models.required_columns_of(self.model)

    @property
    def supersedes(self) -> bool:
        """True where a later file replaces an earlier one that has a school in common; others add up."""
        return self.is_dated or self.stage is Stage.REFERENCE_LISTS


_register = partial(FileKind, stage=Stage.REGISTERS)
_pupils_po = partial(
    FileKind,
    stage=Stage.SCHOOL_LISTS,
    date_column="PEILDATUM",
    school_source="pupils",
    has_row_per_school=True,
)
_counts = partial(FileKind, stage=Stage.PUBLISHED_COUNTS)
_addresses = partial(FileKind, stage=Stage.SCHOOL_LISTS, school_source="addresses")
_board_report = partial(FileKind, stage=Stage.BOARD_REPORTS, is_dated=False)

REGISTER_PO = _register("register_po", "pupil register, po", models.REGISTER_PO, {"PSEUDONIEM", "SOORT_PO"})
REGISTER_VO = _register("register_vo", "pupil register, vo", models.REGISTER_VO, {"PSEUDONIEM", "ONDERWIJSTYPE"})
PUPILS_PO_AGES = FileKind(
    "pupils_po_ages",
    "DUO pupils po by age",
    models.PUPILS_PO_AGES,
    {"PEILDATUM", "SOORT_PO", "LEEFTIJD_4", "LEEFTIJD_24"},
    stage=Stage.SCHOOL_LISTS,
    date_column="PEILDATUM",
    school_source="pupils",
    excluded_columns=frozenset({"TOTAAL", "LEERLINGEN"}),
    counted=models.AGES,
)
PUPILS_PO_CLUSTER = _pupils_po(
    "pupils_po_cluster",
    "DUO pupils po with clusters",
    models.PUPILS_PO_CLUSTER,
    {"PEILDATUM", "SOORT_PO", "CLUSTER"},
    counted=("TOTAAL",),
)
PUPILS_PO = _pupils_po(
    "pupils_po",
    "DUO pupils po",
    models.PUPILS_PO,
    {"PEILDATUM", "SOORT_PO", "LEERLINGEN"},
    counted=("LEERLINGEN",),
)
PUPILS_VO = _counts(
    "pupils_vo", "DUO pupils vo", models.PUPILS_VO, {models.ONDERWIJSTYPE_VO}, counted=models.VO_YEARS
)
SCORES = _counts("scores", "CBS scores", models.SCORES, {models.SCHOOL, models.SCORE}, has_row_per_school=True)
_AMOUNT = ("AANTAL_LEERLINGEN",)
CUMI = _counts(
    "cumi",
    "CUMI pupils",
    models.CUMI,
    {"TYPE_PO", "CUMI"},
    date_column="PEILJAAR",
    has_row_per_school=True,
    counted=_AMOUNT,
)
PUPILS_PO_TOTALS = _counts(
    "pupils_po_totals",
    "DUO pupils po, totals",
    models.PUPILS_PO_TOTALS,
    {"TYPE_PO", "PEILJAAR", "AANTAL_LEERLINGEN"},
    date_column="PEILJAAR",
    has_row_per_school=True,
    # Others divide the same pupils by what they say here.
    excluded_columns=frozenset({"CUMI", "NOAT"}),
    counted=_AMOUNT,
)
NEWCOMERS_VO = _counts(
    "newcomers_vo", "newcomers vo", models.NEWCOMERS_VO, {"CATEGORIE", "NIEUWKOMERS"}, date_column="PEILDATUM"
)
ADDRESSES_VO = _addresses(
    "addresses_vo", "address list vo", models.ADDRESSES, {"VESTIGINGSNAAM", "ONDERWIJSSTRUCTUUR"}
)
ADDRESSES_SO = _addresses(
    "addresses_so", "address list sbo, so, vso", models.ADDRESSES, {"VESTIGINGSNAAM", "SOORT_PRIMAIR_ONDERWIJS"}
)
ADDRESSES_BO = _addresses(
    "addresses_bo", "address list bo", models.ADDRESSES, {"BEVOEGD_GEZAG_NUMMER", "VESTIGINGSNAAM"}
)
CHANGES = FileKind(
    "changes",
    "changes",
    models.CHANGES,
    {"INGANGSDATUM", "VESTIGING"},
    stage=Stage.SCHOOL_LISTS,
    is_dated=False,
    school_source="changes",
)
_reference_list = partial(FileKind, stage=Stage.REFERENCE_LISTS, is_dated=False, has_row_per_school=True)
AREAS = _reference_list(
    name="areas",
    label="areas of samenwerkingsverbanden vo",
    model=models.AREAS,
    signature_columns=frozenset({"VESTIGING", "SAMENWERKINGSVERBAND"}),
)
MUNICIPAL_SCORES = _reference_list(
    name="municipal_scores",
    label="scores of municipalities",
    model=models.MUNICIPAL_SCORES,
    signature_columns=frozenset({"GEMEENTENUMMER", "SCORE_2020"}),
)
LISTED_VESTIGINGEN = _reference_list(
    name="listed_vestigingen",
    label="vestigingen listed for the arbeidsmarkttoelage",
    model=models.LISTED_VESTIGINGEN,
    signature_columns=frozenset({"VESTIGING", "LIJST"}),
)
LEERPLUS_SCHOOLS = _reference_list(
    name="leerplus_schools",
    label="leerplus list",
    model=models.LEERPLUS_SCHOOLS,
    signature_columns=frozenset({"BRIN_NUMMER", "LEERPLUS_2021"}),
)
BOARDS = _reference_list(
    name="boards",
    label="names of boards",
    model=models.BOARDS,
    signature_columns=frozenset({"BEVOEGD_GEZAG_NUMMER", "BEVOEGD_GEZAG_NAAM"}),
    # The finance files of DUO name a board beside the figures of each year.
    excluded_columns=frozenset({"JAAR", "PEILDATUM", "BRIN_NUMMER", "VESTIGINGSNUMMER"}),
)
PAYMENT_ACCOUNTS = FileKind(
    "payment_accounts",
    "payment accounts",
    models.PAYMENT_ACCOUNTS,
    {"ONTVANGER", "IBAN"},
    stage=Stage.PAYMENT_ACCOUNTS,
    is_dated=False,
)
APPLICATIONS = FileKind(
    "applications",
    "applications for a subsidy",
    models.APPLICATIONS,
    {"REGELING", "DATUM_AANVRAAG"},
    stage=Stage.APPLICATIONS,
    is_dated=False,
)
COMPLETIONS = FileKind(
    "completions",
    "participants who finished",
    models.COMPLETIONS,
    {"REGELING", "AFGEROND"},
    stage=Stage.APPLICATIONS,
    is_dated=False,
)
SPENDING = _board_report(
    "spending", "spending of boards", models.SPENDING, {"INTERVENTIE", "NIVEAU", "WAARVAN_EXTERN"}
)
CONSENTS = _board_report("consents", "consents of boards", models.CONSENTS, {"SCHOOLJAAR", "SCHOOLPROGRAMMA_MR"})
RESERVE_TRANSFERS = _board_report(
    "reserve_transfers",
    "reserves that moved with a school",
    models.RESERVE_TRANSFERS,
    {"VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG"},
)

MASKED = {
    kind.name: replace(
        kind,
        name=f"{kind.name}_masked",
        label=f"{kind.label}, small counts masked",
        model=models.masked(kind.model, kind.counted),
    )
    for kind in (PUPILS_PO_AGES, PUPILS_PO_CLUSTER, PUPILS_PO, PUPILS_PO_TOTALS, PUPILS_VO, CUMI)
}
"""Kind -> the kind of a file of the same header in which a count is masked (`<5`).

It gives ranges and no counts. No money can come from it, because no measure has it among its sources."""

KINDS = (
    REGISTER_PO,
    REGISTER_VO,
    PUPILS_PO_AGES,
    PUPILS_PO_CLUSTER,
    PUPILS_PO,
    PUPILS_VO,
    SCORES,
    CUMI,
    PUPILS_PO_TOTALS,
    NEWCOMERS_VO,
    ADDRESSES_VO,
    ADDRESSES_SO,
    ADDRESSES_BO,
    CHANGES,
    AREAS,
    MUNICIPAL_SCORES,
    LISTED_VESTIGINGEN,
    LEERPLUS_SCHOOLS,
    APPLICATIONS,
    COMPLETIONS,
    SPENDING,
    CONSENTS,
    BOARDS,
    RESERVE_TRANSFERS,
    PAYMENT_ACCOUNTS,
    *MASKED.values(),
)
"""In the order in which a header is compared: a kind comes before one with fewer of the same signature columns.

Of masked kinds the header says nothing: they come last, and the content tells."""


def kind_named(name: str) -> FileKind:
    """Return the kind of a name."""
    return next(kind for kind in KINDS if kind.name == name)


BOARD_REPORTS = tuple(kind for kind in KINDS if kind.stage is Stage.BOARD_REPORTS)

SUPERSEDING = tuple(kind.name for kind in KINDS if kind.supersedes)
"""The kinds of which a later file replaces an earlier one."""

READ_AS_TEXT = (REGISTER_PO, REGISTER_VO, *BOARD_REPORTS)
"""The kinds that are not read from any workbook: a register is too large for one, and a board has a form."""


@dataclass(frozen=True, kw_only=True)
class OtherKind:
    """Represent a kind of file that people have beside a delivery, and that is no part of one.

    `label`: as people call it. `columns`: those that together no other kind has; one that ends in `*` stands for
    every name that begins so. `belongs`: where it belongs, after "it ".
    """

    label: str
    columns: Set[str]
    belongs: str

    def has(self, columns: Set[str]) -> bool:
        """Return whether a header is of this kind."""
        return all(
            any(found.startswith(one[:-1]) for found in columns) if one.endswith("*") else one in columns
            for one in self.columns
        )


_RECONCILE, _UNUSED = "is compared with a decision by `npo reconcile`", "is used for nothing here"

OTHER_KINDS = (
    OtherKind(
        label="personele bekostiging (the amounts that DUO paid to schools)",
        columns=frozenset({"TOTAAL_AANTAL_LEERLINGEN", "BESTRIJDING_ONDERWIJSACHTERSTANDEN"}),
        belongs=_RECONCILE,
    ),
    OtherKind(
        label="funding per school, as DUO paid it (bekostiging)",
        columns=frozenset({"TOTAAL_AANTAL_LEERLINGEN"}),
        belongs=_RECONCILE,
    ),
    OtherKind(
        label="decisions of others (beschikkingen)",
        columns=frozenset({"REGELING", "ONDERDEEL", "BEDRAG", "KENMERK"}),
        belongs=_RECONCILE,
    ),
    OtherKind(
        label="a balance sheet or statement of income of boards (jaarrekening)",
        columns=frozenset({"BEVOEGD_GEZAG_NUMMER", "JAAR", "1.*"}),
        belongs=_UNUSED,
    ),
    OtherKind(
        label="a balance sheet or statement of income of boards (jaarrekening)",
        columns=frozenset({"BEVOEGD_GEZAG_NUMMER", "JAAR", "3.*"}),
        belongs=_UNUSED,
    ),
    OtherKind(label="school weights (schoolgewichten)", columns=frozenset({"SCHOOLGEWICHT*"}), belongs=_UNUSED),
    OtherKind(label="school weights (schoolweging)", columns=frozenset({"SCHOOLWEGING*"}), belongs=_UNUSED),
    OtherKind(label="pupils by weight (gewichtenregeling)", columns=frozenset({"GEWICHT*"}), belongs=_UNUSED),
    OtherKind(
        label="pupils by the country of origin of their parents (NOAT)",
        columns=frozenset({"NOAT"}),
        belongs=_UNUSED,
    ),
    OtherKind(
        label="a mapping of the columns of a table",
        columns=frozenset({"MAPPING:"}),
        belongs="goes with `npo reconcile --mapping`",
    ),
)
"""Kinds of other files, in the order in which a header is compared with them."""

FAULT_LIST_HEADER = ("FILE", "LINE", "RULE")
"""The header of the list of planted faults that `npo generate` writes beside a delivery; it is passed over."""
