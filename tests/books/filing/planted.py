"""Faults planted in a good filing: what is changed, and what each checker must say of it, and nothing else."""

from __future__ import annotations

from tests.books.filing.planting import Planted, drop, everywhere, planted, put, swap

CALCULATION = "calc11e:inconsistentCalculationUsingRounding"
VALUE = "xmlSchema:valueError"
INVALID = "xbrldie:PrimaryItemDimensionallyInvalidError"
NOT_ADDED = "message:va_spent_by_category message:va_spentexternal_by_category"
CONFUSED = " ".join(
    f"message:va_{name}"
    for name in (
        "spent_by_category", "spent_by_intervention", "spent_by_level", "spent_of_schools",
        "spentexternal_by_category", "external_share", "roll_forward", "spent_other",
    )
)  # fmt: skip
UNDEFINED = "xbrldie:ExplicitMemberUndefinedQNameError"


_EXTERNAL = [
    *[
        put("SpentExternal", "-600.00", f"{place}_{part}")
        for place in ("D2021", "D2021_S01AB")
        for part in ("A", "A3")
    ],
    *[
        put("SpentExternal", "900.00", f"{place}_{part}")
        for place in ("D2021", "D2021_S01AB")
        for part in ("B", "B6")
    ],
]
_UNUSED = (
    '<xbrli:context id="D2021_S99ZZ"><xbrli:entity><xbrli:identifier scheme="https://npo.example/id/bevoegd-gezag">'
    "40001</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:startDate>2021-01-01</xbrli:startDate>"
    "<xbrli:endDate>2021-12-31</xbrli:endDate></xbrli:period><xbrli:scenario>"
    '<xbrldi:typedMember dimension="npo:SchoolAxis"><npo:Brin>99ZZ</npo:Brin></xbrldi:typedMember>'
    "</xbrli:scenario></xbrli:context>\n<xbrli:unit id"
)
_SECOND = (
    '<npo:Received contextRef="D2021_S01AB" unitRef="EUR" decimals="INF">5000.01</npo:Received>\n</xbrli:xbrl>'
)

_SPLIT = (
    "".join(
        f'<npo:Accrued contextRef="{place}_B" unitRef="EUR" decimals="INF">1.00</npo:Accrued>\n'
        for place in ("D2021", "D2021_S02CD")
    )
    + "</xbrli:xbrl>"
)

PLANTED = (
    planted(
        "sum of concepts",
        "calculation",
        CALCULATION,
        put("NetChange", "9.00", "D2021_S01AB"),
        put("NetChange", "2409.40", "D2021"),
    ),
    planted(
        "roll-forward",
        "roll_forward",
        "message:va_roll_forward",
        put("CarriedOver", "4000.01", "I2021_S01AB"),
        put("CarriedOver", "6400.41", "I2021"),
    ),
    planted(
        "sum of categories",
        "sum_of_categories",
        "message:va_spent_by_category",
        put("Spent", "1201.00", "D2021_S01AB_A", "D2021_A"),
    ),
    planted(
        "sum of interventions",
        "sum_of_interventions",
        "message:va_spent_by_intervention",
        put("Spent", "1201.00", "D2021_S01AB_A3", "D2021_A3"),
    ),
    planted(
        "sum of levels",
        "sum_of_levels",
        "message:va_spent_by_level",
        put("Spent", "801.00", "D2021_S01AB_LBovenschools", "D2021_LBovenschools"),
    ),
    planted(
        "external, sum of categories",
        "sum_of_categories",
        "message:va_spentexternal_by_category",
        put("SpentExternal", "299.00", "D2021_S01AB_A", "D2021_A"),
    ),
    planted(
        "external, sum of interventions",
        "sum_of_interventions",
        "message:va_spentexternal_by_intervention",
        put("SpentExternal", "299.00", "D2021_S01AB_A3", "D2021_A3"),
    ),
    planted(
        "sum of schools", "sum_of_schools", "message:va_accrued_of_schools", put("Accrued", "2500.51", "D2021")
    ),
    planted(
        "external share",
        "external_share",
        "message:va_external_share",
        put("ExternalShare", "0.1501", "D2021_S01AB"),
    ),
    planted("external above spent", "external_above_spent", "message:va_external_within_spent", *_EXTERNAL),
    planted(
        "number of another board", "board_number", "message:va_board_number", put("BoardNumber", "40002", "D2021")
    ),
    planted(
        "status against errors",
        "report_status",
        "message:va_report_status",
        put("ReportStatus", "met fouten", "D2021"),
    ),
    planted("errors against status", "report_status", "message:va_report_status", put("Errors", "1", "D2021")),
    planted("no consent told", "missing_fact", "message:va_mrconsent_told", drop("MrConsent", "D2021_S02CD")),
    planted(
        "no joint consent told", "missing_fact", "message:va_gmrconsent_told", drop("GmrConsent", "D2021_S02CD")
    ),
    planted("no scan told", "missing_fact", "message:va_schoolscan_told", drop("SchoolScan", "D2021_S01AB")),
    planted("no status", "missing_fact", "message:va_report_status", drop("ReportStatus", "D2021")),
    planted(
        "share above one",
        "schema",
        f"{VALUE} message:va_external_share",
        put("ExternalShare", "35", "D2021_S01AB"),
    ),
    planted("amount in Dutch notation", "schema", f"{VALUE} err:FORG0001", put("Accrued", "2.500,50", "D2021")),
    planted(
        "three decimals", "schema", f"{VALUE} message:va_accrued_of_schools", put("Accrued", "2500.501", "D2021")
    ),
    planted("answer that is none", "schema", VALUE, put("SchoolScan", "misschien", "D2021_S01AB")),
    planted("empty name", "schema", VALUE, put("SchoolName", "", "D2021_S01AB")),
    planted("BRIN of three signs", "schema", VALUE, swap("<npo:Brin>02CD<", "<npo:Brin>2CD<")),
    planted(
        "context that is not there",
        "missing_context",
        "xbrl.4.6.1:itemContextRef",
        swap('Municipality contextRef="D2021_S01AB"', 'Municipality contextRef="D2021_S09ZZ"'),
    ),
    planted(
        "unit that is not there",
        "missing_unit",
        "xbrl.4.6.2:numericUnit",
        swap('Warnings contextRef="D2021" unitRef="pure"', 'Warnings contextRef="D2021" unitRef="stuks"'),
    ),
    planted(
        "money without currency",
        "wrong_unit",
        "xbrl.4.8.2:monetaryFactUnit-notMonetaryMeasure utre:error-NumericFactUtrInvalid",
        swap('<npo:Accrued contextRef="D2021" unitRef="EUR"', '<npo:Accrued contextRef="D2021" unitRef="pure"'),
    ),
    planted(
        "currency that does not exist",
        "unknown_unit",
        "utre:error-NumericFactUtrInvalid",
        swap("iso4217:EUR<", "iso4217:EEE<"),
    ),
    planted(
        "member that does not exist",
        "unknown_member",
        f"{INVALID} {UNDEFINED} {NOT_ADDED}",
        everywhere(">npo:CategoryA<", ">npo:CategoryG<"),
    ),
    planted(
        "default member named",
        "unknown_member",
        f"xbrldie:DefaultValueUsedInInstanceError {CONFUSED}",
        everywhere(">npo:CategoryA<", ">npo:AllInterventions<"),
    ),
    planted(
        "axis that does not exist",
        "unknown_axis",
        "xbrldie:ExplicitMemberNotExplicitDimensionError",
        everywhere('"npo:LevelAxis"', '"npo:PlaceAxis"'),
    ),
    planted(
        "fact of a board told of a school",
        "wrong_place missing_fact",
        INVALID,
        swap('<npo:Treatment contextRef="D2021"', '<npo:Treatment contextRef="D2021_S01AB"'),
    ),
    planted(
        "told twice, differently",
        "duplicate",
        "arelle:duplicateFacts message:va_received_of_schools message:va_roll_forward",
        swap("</xbrli:xbrl>", _SECOND),
    ),
    planted(
        "no decimals",
        "not_exact",
        "xbrl.4.6.3:missingPrecisionDecimals",
        swap(
            'Accrued contextRef="D2021" unitRef="EUR" decimals="INF"', 'Accrued contextRef="D2021" unitRef="EUR"'
        ),
    ),
    planted(
        "balance over a year",
        "wrong_period unused_context",
        "xbrl.4.7.2:contextPeriodType",
        swap('CarriedOver contextRef="I2021"', 'CarriedOver contextRef="D2021"'),
    ),
    planted(
        "concept that does not exist",
        "schema",
        "xbrl:schemaImportMissing xmlSchema:elementUnexpected",
        swap(
            'npo:Municipality contextRef="D2021_S01AB">Assen</npo:Municipality',
            'npo:Place contextRef="D2021_S01AB">Assen</npo:Place',
        ),
    ),
    planted("unused context", "unused_context", "", swap("<xbrli:unit id", _UNUSED)),
    planted(
        "two entities",
        "other_entity",
        "message:va_board_number message:va_spent_by_category",
        swap(">40001</xbrli:identifier>", ">40009</xbrli:identifier>", 2),
    ),
    planted(
        "scheme of others",
        "entity_scheme",
        "",
        everywhere("https://npo.example/id/bevoegd-gezag", "https://npo.example/id/kvk"),
    ),
    planted("another year", "wrong_year", "", everywhere("2021-12-31", "2022-12-31")),
    planted(
        "rounded amounts",
        "not_exact",
        "",
        swap(
            'Accrued contextRef="D2021" unitRef="EUR" decimals="INF"',
            'Accrued contextRef="D2021" unitRef="EUR" decimals="0"',
        ),
    ),
    planted("received split by intervention", "wrong_split", "", swap("</xbrli:xbrl>", _SPLIT)),
    planted(
        "letters outside Latin-1", "forbidden_letter wrong_value", "", put("SchoolName", "De – Eik", "D2021_S01AB")
    ),
    planted("document type", "document_type", "", swap("<xbrli:xbrl ", "<!DOCTYPE xbrl>\n<xbrli:xbrl ")),
)

IN_ONE_FILE = (
    (
        "sum of concepts", "roll-forward", "sum of categories", "sum of interventions", "sum of levels",
        "external, sum of categories", "external, sum of interventions", "sum of schools", "external share",
        "number of another board", "status against errors", "no consent told", "no joint consent told",
        "no scan told",
    ),
    ("external above spent", "errors against status", "answer that is none"),
    ("share above one", "no status", "currency that does not exist"),
    ("three decimals", "fact of a board told of a school", "told twice, differently"),
    (
        "context that is not there", "unit that is not there", "no decimals", "balance over a year",
        "axis that does not exist",
    ),
    (
        "unused context", "scheme of others", "another year", "rounded amounts",
        "received split by intervention", "letters outside Latin-1", "document type",
    ),
    ("empty name", "money without currency"),
)  # fmt: skip
"""Faults of which no two have a code in common, or that have none: a session of Arelle takes them all."""


def together(*names: str) -> Planted:
    """Plant several faults in one filing."""
    some = [one for one in PLANTED if one.name in names]
    assert len(some) == len(names), names
    said = [code for one in some for code in one.arelle]
    assert len(said) == len(set(said)), said
    edits = tuple(edit for one in some for edit in one.edits)
    fast = frozenset(rule for one in some for rule in one.fast)
    return Planted(", ".join(names), fast, frozenset(said), edits)


_GROUPED = frozenset(name for names in IN_ONE_FILE for name in names)

FOR_ARELLE = (
    *(together(*names) for names in IN_ONE_FILE),
    *(one for one in PLANTED if one.name not in _GROUPED),
)
"""All faults, in as few filings as tell them apart."""
