"""Models of the files of DUO, CBS and boards: per kind the columns that are used, as text, with their checks.

Column names are the normalised ones (capitals, underscores, `BRIN_NUMMER` for both header generations).
A row that breaks a check is rejected under the name of the check (`schemas.rules`).
"""

from __future__ import annotations

from collections.abc import Sequence

import pandera.polars as pa
import polars as pl

from schemas.accounted import CATEGORY
from schemas.columns import REGION, SCHEME
from schemas.received import SCHOOL_LISTS
from schemas.rules import (
    BOARD,
    BRIN,
    RECIPIENT,
    SAMENWERKINGSVERBAND,
    VESTIGING,
    amount,
    code,
    credit_amount,
    day,
    iban,
    masked_number,
    missing_text,
    missing_value,
    not_before,
    one_of,
    present_when,
    school_year,
    vestiging_number,
    whole_number,
    year,
)

SORTS_PO = ("Bo", "Sbo", "So", "Vso")
TYPES_PO = (*SORTS_PO, *(sort.upper() for sort in SORTS_PO))
"""The newer files of DUO write them in capitals."""

CLUSTERS = ("nvt", "1", "2", "3", "4", "3/4")
YES_NO = ("J", "N")
ONDERWIJSTYPEN = (
    r"^(Brugjaar|VWO|HAVO|HAVO/VWO|VMBO( (BL|KL|GL|TL))?|VMBO-MBO2|Praktijkonderwijs"
    r"|Engelse Stroom|European Secondary School|Int\. Bacc[ae]laureaat)"
    r"( (lj )?[1-6](-[1-6])?| alle vj| uitbest\. aan VAVO)?$"
)
"""The onderwijstypen of DUO's vo files of 2016 to 2019 (Baccalaureaat as it is and as DUO writes it).

The words after a type are listed too: with any word after `VMBO` an unknown leerweg would pass for a known one,
which has another rate."""

CUMI_CODES = ("J", "N", "1", "0")
CHANGE_KINDS = ("bestuursoverdracht", "fusie", "sluiting", "opening")

SCHOOL = "SCHOOL_(BRIN_VESTIGING)"
SCORED_PUPILS = "AANTAL_BEKOSTIGDE_LEERLINGEN"
SCORE = "ACHTERSTANDSSCORE"
SCORE_WITHOUT_THRESHOLD = "ACHTERSTANDSSCORE_ZONDER_DREMPEL"
ONDERWIJSTYPE_VO = "ONDERWIJSTYPE_VO_EN_LEER-_OF_VERBLIJFSJAAR"
AREA_VO = "SAMENWERKINGSVERBAND_PASSEND_ONDERWIJS_VO"
"""The samenwerkingsverband of a vestiging, in DUO's vo files from 2023 on."""

VO_YEARS = tuple(f"LEER-_OF_VERBLIJFSJAAR_{year}_-_{sex}" for year in range(1, 7) for sex in ("MAN", "VROUW"))


def _text(*checks: pa.Check | tuple[pa.Check, ...]) -> pa.Column:
    flat = [one for check in checks for one in (check if isinstance(check, tuple) else (check,))]
    return pa.Column(str, flat)


def _optional(*checks: pa.Check) -> pa.Column:
    return pa.Column(str, list(checks), required=False)


def _file(name: str, columns: dict[str, pa.Column]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema({"line": pa.Column(pl.Int64), **columns}, strict=True, name=name)


def masked(model: pa.DataFrameSchema, counted: Sequence[str]) -> pa.DataFrameSchema:
    """Return the model of the same layout in which counts that are small are masked (`<5`)."""
    cells = dict.fromkeys(counted, _text(missing_value(), masked_number()))
    columns = {name: column for name, column in model.columns.items() if name != "line"}
    return _file(f"{model.name}_masked", {**columns, **cells})


def columns_of(model: pa.DataFrameSchema) -> tuple[str, ...]:
    """Return the columns of a file that its model reads, by their normalised names."""
    return tuple(name for name in model.columns if name != "line")


def required_columns_of(model: pa.DataFrameSchema) -> tuple[str, ...]:
    """Return those without which a file is no file of its kind; the others are read where a file has them."""
    return tuple(name for name in columns_of(model) if model.columns[name].required)


_BOARD = _text(missing_value(), code(BOARD))
_BRIN = _text(missing_value(), code(BRIN))
_VESTIGING = _text(missing_value(), vestiging_number())
_COUNT = _text(missing_value(), whole_number())
_MUNICIPALITY_NUMBER = code(r"^[0-9]{1,4}$")
"""Four digits, or without the zeros before them: the files of DUO write both."""

_ENROLMENT = {
    "PSEUDONIEM": _text(missing_value()),
    "BRIN_NUMMER": _BRIN,
    "VESTIGINGSNUMMER": _VESTIGING,
}
_STAY = {
    "LEERJAAR": _text(whole_number()),
    "DATUM_IN": _text(missing_value(), day()),
    "DATUM_UIT": _text(day(), not_before("DATUM_IN")),
    "BEKOSTIGD": _text(missing_value(), one_of(YES_NO)),
}

REGISTER_PO = _file(
    "register_po",
    {
        **_ENROLMENT,
        "SOORT_PO": _text(missing_value(), one_of(SORTS_PO)),
        "CLUSTER": _text(one_of(CLUSTERS)),
        **_STAY,
        "CUMI": _text(one_of(CUMI_CODES)),
    },
)

REGISTER_VO = _file(
    "register_vo",
    {**_ENROLMENT, "ONDERWIJSTYPE": _text(missing_value(), code(ONDERWIJSTYPEN)), **_STAY},
)

_DUO_PO = {
    "PEILDATUM": _text(missing_value(), day()),
    "BRIN_NUMMER": _BRIN,
    "VESTIGINGSNUMMER": _VESTIGING,
    "INSTELLINGSNAAM_VESTIGING": _text(),
    "PLAATSNAAM": _text(),
    "GEMEENTENUMMER": _optional(_MUNICIPALITY_NUMBER),
    "GEMEENTENAAM": _text(),
    "SOORT_PO": _text(missing_value(), one_of(SORTS_PO)),
    "BEVOEGD_GEZAG_NUMMER": _BOARD,
}

PUPILS_PO = _file("pupils_po", {**_DUO_PO, "LEERLINGEN": _COUNT})

PUPILS_PO_CLUSTER = _file(
    "pupils_po_cluster",
    {**_DUO_PO, "CLUSTER": _text(one_of(CLUSTERS)), "TOTAAL": _COUNT},
)

AGES = ("LEEFTIJD_JONGER", *(f"LEEFTIJD_{age}" for age in range(4, 25)), "LEEFTIJD_OUDER")

PUPILS_PO_AGES = _file(
    "pupils_po_ages",
    {
        **_DUO_PO,
        "CLUSTER": _optional(one_of(CLUSTERS)),
        "POSTCODE_LEERLING": _optional(),
        "GEMEENTENAAM_LEERLING": _optional(),
        **dict.fromkeys(AGES, _COUNT),
    },
)
"""The generation without a total: a row per vestiging, or per vestiging and postcode of its pupils."""

PUPILS_VO = _file(
    "pupils_vo",
    {
        "BRIN_NUMMER": _BRIN,
        "VESTIGINGSNUMMER": _VESTIGING,
        ONDERWIJSTYPE_VO: _text(missing_value(), code(ONDERWIJSTYPEN)),
        **dict.fromkeys(VO_YEARS, _COUNT),
        AREA_VO: _optional(),
    },
)
"""The samenwerkingsverband has no check: a fault in it must not cost the school its pupils."""

SCORES = _file(
    "scores",
    {
        SCHOOL: _text(missing_value(), code(VESTIGING)),
        SCORED_PUPILS: _COUNT,
        SCORE: _text(missing_value(), amount()),
    },
)

CUMI = _file(
    "cumi",
    {
        "BRIN_NUMMER": _BRIN,
        "VESTIGINGSNUMMER": _VESTIGING,
        "TYPE_PO": _text(missing_value(), one_of(TYPES_PO)),
        "PEILJAAR": _text(missing_value(), year()),
        "CUMI": _text(missing_value(), code(r"^[0-9]$")),
        "AANTAL_LEERLINGEN": _COUNT,
    },
)

PUPILS_PO_TOTALS = _file(
    "pupils_po_totals",
    {
        "BRIN_NUMMER": _BRIN,
        "VESTIGINGSNUMMER": _VESTIGING,
        "TYPE_PO": _text(missing_value(), one_of(TYPES_PO)),
        "PEILJAAR": _text(missing_value(), year()),
        "AANTAL_LEERLINGEN": _COUNT,
    },
)

NEWCOMERS_VO = _file(
    "newcomers_vo",
    {
        "PEILDATUM": _text(missing_value(), day()),
        "BRIN_NUMMER": _BRIN,
        "VESTIGINGSNUMMER": _VESTIGING,
        "CATEGORIE": _text(missing_value(), code(r"^[12]$")),
        "NIEUWKOMERS": _COUNT,
    },
)

ADDRESSES = _file(
    "addresses",
    {
        "BEVOEGD_GEZAG_NUMMER": _BOARD,
        "BRIN_NUMMER": _BRIN,
        "VESTIGINGSNUMMER": _VESTIGING,
        "VESTIGINGSNAAM": _text(),
        "PLAATSNAAM": _text(),
        "GEMEENTENUMMER": _optional(_MUNICIPALITY_NUMBER),
        "GEMEENTENAAM": _text(),
    },
)

AREAS = _file(
    "areas",
    {
        "VESTIGING": _text(missing_value(), code(VESTIGING)),
        "SAMENWERKINGSVERBAND": _text(missing_value(), code(SAMENWERKINGSVERBAND)),
    },
)

MUNICIPAL_SCORES = _file(
    "municipal_scores",
    {
        "GEMEENTENUMMER": _text(missing_value(), _MUNICIPALITY_NUMBER),
        "SCORE_2019": _text(missing_value(), amount()),
        "SCORE_2020": _text(missing_value(), amount()),
    },
)

LISTED_VESTIGINGEN = _file(
    "listed_vestigingen",
    {
        "VESTIGING": _text(missing_value(), code(VESTIGING)),
        "LIJST": _text(missing_value(), one_of(SCHOOL_LISTS)),
    },
)

LEERPLUS_SCHOOLS = _file(
    "leerplus_schools",
    {
        "BRIN_NUMMER": _BRIN,
        "LEERPLUS_2021": _text(missing_value(), one_of(YES_NO)),
    },
)

BOARDS = _file(
    "boards",
    {
        "BEVOEGD_GEZAG_NUMMER": _BOARD,
        "BEVOEGD_GEZAG_NAAM": _text(missing_text()),
    },
)

PAYMENT_ACCOUNTS = _file(
    "payment_accounts",
    {
        "ONTVANGER": _text(missing_value(), code(RECIPIENT)),
        "IBAN": _text(missing_value(), iban()),
        "TENAAMSTELLING": _text(missing_text()),
        "INGANGSDATUM": _text(missing_value(), day()),
    },
)

APPLICATIONS = _file(
    "applications",
    {
        "BEVOEGD_GEZAG_NUMMER": _BOARD,
        "BRIN_NUMMER": _BRIN,
        "REGELING": _text(missing_value(), code(SCHEME)),
        "DATUM_AANVRAAG": _text(missing_value(), day()),
        "AANTAL_LEERLINGEN": _COUNT,
        "BEDRAG": _text(missing_value(), amount()),
        "VESTIGINGSNUMMER": _optional(vestiging_number()),
        "REGIO": _optional(code(REGION)),
        "NIEUWE_REGIO": _optional(one_of(YES_NO)),
        "EERDER_VERLEEND": _optional(one_of(YES_NO)),
    },
)

COMPLETIONS = _file(
    "completions",
    {
        "BEVOEGD_GEZAG_NUMMER": _BOARD,
        "BRIN_NUMMER": _BRIN,
        "REGELING": _text(missing_value(), code(SCHEME)),
        "AFGEROND": _COUNT,
    },
)

LEVEL = r"^(?i-u:school|bovenschools)$"
"""The level at which money was spent, in capitals or not: a finance person types it by hand."""

SPENDING = _file(
    "spending",
    {
        "BEVOEGD_GEZAG_NUMMER": _BOARD,
        "BRIN_NUMMER": _BRIN,
        "JAAR": _text(missing_value(), year()),
        "CATEGORIE": _text(missing_value(), code(CATEGORY)),
        "INTERVENTIE": _text(missing_text()),
        "NIVEAU": _text(missing_value(), code(LEVEL)),
        "BEDRAG": _text(missing_value(), credit_amount("REDEN")),
        "WAARVAN_EXTERN": _text(credit_amount("REDEN")),
        "REDEN": _optional(),
    },
)
"""The last column says why an amount is below zero, as that of a credit note is."""

CONSENTS = _file(
    "consents",
    {
        "BEVOEGD_GEZAG_NUMMER": _BOARD,
        "BRIN_NUMMER": _BRIN,
        "SCHOOLJAAR": _text(missing_value(), school_year()),
        "SCHOOLSCAN": _text(missing_value(), one_of(YES_NO)),
        "SCHOOLPROGRAMMA_MR": _text(missing_value(), one_of(YES_NO)),
        "DATUM_MR": _text(day()),
        "BOVENSCHOOLS_BEDRAG_MR": _text(amount()),
        "GMR": _text(one_of(YES_NO)),
        "DATUM_GMR": _text(day()),
        "OUDERS_BETROKKEN": _text(),
        "GEMEENTE_GEINFORMEERD": _text(one_of(YES_NO)),
        "RESULTAAT": _text(),
    },
)

RESERVE_TRANSFERS = _file(
    "reserve_transfers",
    {
        "JAAR": _text(missing_value(), year()),
        "VAN_BEVOEGD_GEZAG": _BOARD,
        "NAAR_BEVOEGD_GEZAG": _text(missing_value(), code(BOARD)),
        "BRIN_NUMMER": _BRIN,
        "BEDRAG": _text(missing_value(), amount()),
        "DATUM": _text(missing_value(), day()),
        "BEVOEGD_GEZAG_NUMMER": _optional(code(BOARD)),
    },
)
"""The last column says which of both boards reports the row; a file without it is of both."""

CHANGES = _file(
    "changes",
    {
        "INGANGSDATUM": _text(missing_value(), day()),
        "SOORT": _text(missing_value(), one_of(CHANGE_KINDS)),
        "VESTIGING": _text(missing_value(), code(VESTIGING)),
        "BEVOEGD_GEZAG_NUMMER": _text(present_when("SOORT", ("bestuursoverdracht", "opening")), code(BOARD)),
        "OPVOLGER": _text(present_when("SOORT", ("fusie",)), code(VESTIGING)),
    },
)
