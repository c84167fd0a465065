"""For every column of every kind of file what it may hold, and what is refused by which rule."""

from npo_pipeline.delivery import kinds
from schemas import files as models
from schemas.rules import (
    INVALID_IBAN,
    LEAVES_BEFORE_ENTRY,
    MISSING_VALUE,
    NEGATIVE,
    NOT_A_DATE,
    NOT_A_NUMBER,
    UNKNOWN_CODE,
)
from tests.books.files.layouts import Layout

Wrong = dict[str, tuple[str, ...]]
"""Rule -> values that break it, and no other rule."""

MISSING: Wrong = {MISSING_VALUE: ("",)}

NO_NUMBER = (
    "x",
    "1e9",
    "1E2",
    "+5",
    "5.0",
    "5,0",
    "1.000",
    "0x10",
    "<5",
    "-",
    "--5",
    "1 0",
    "5\u00a0",
    "٣",
    "５",
    "½",
    "NaN",
)
NO_COUNT: Wrong = {
    NOT_A_NUMBER: (*NO_NUMBER, "100000", "1000000000", "9" * 30, "-100000", "-1e9"),
    NEGATIVE: ("-1", "-0", "-99999"),
}
NO_MASKED_COUNT: Wrong = {
    **NO_COUNT,
    NOT_A_NUMBER: (
        *(one for one in NO_COUNT[NOT_A_NUMBER] if one != "<5"),
        *("<", "<0", "<100", "<5.0", "<  5", "<=5", ">5", "5<", "<-5", "＜5", "<５"),
    ),
}
NO_AMOUNT: Wrong = {
    NOT_A_NUMBER: (
        *("x", "1e9", "+5", "-", "1 234,56", "1\u00a0234", "５,0", "٣", ".", "<5", "NaN", "inf"),
        *("1.234", "1,234", "12.345", "0,125", "33.0201"),  # thousands, or three decimals? Not ours to choose
        *("1,234.56", "1.23,45", "1.2345,6", "1.234.567", "1,2,3", "1..2", "5.", "5,", ".5", ",5"),
        *("1234567890", "9" * 30, "1.234.567.890,12"),
    ),
    NEGATIVE: ("-1", "-1,00", "-0.01", "-1.234,56", "-0"),
}
NO_DAY: Wrong = {
    NOT_A_DATE: (
        *("20201341", "20200230", "20210229", "2020-13-41", "2020-02-30", "00000000", "00001001", "99999999"),
        *("01-10-2020", "1-10-2020", "2020-1-1", "2020/10/01", "202010", "2020100", "202010011", "2020-10-1"),
        *("2020 1 1", "20201 01", "+2020101", "-2020101", "2020_101", "２０２０１００１", "1e9", "1 oktober 2020"),
        *("18991231", "21010101", "20201001T00"),
    )
}
NO_BRIN: Wrong = {
    UNKNOWN_CODE: ("1AA", "01aa", "01A", "AA01", "01AA0", "0１AA", "01ÀA", "01A\u00a0", "=1+1", "01AA\n")
}
NO_VESTIGING: Wrong = {UNKNOWN_CODE: ("01AA", "1AA00", "01aa00", "01AA0", "01AA000", "01AA0０", "01AA0A", "00")}
NO_NUMBER_OF_VESTIGING: Wrong = {
    UNKNOWN_CODE: ("0", "A1", "000", "1e", "０0", "-1", "09ZZ00", "01AA0", "01AA0A", "01aa00")
}
NO_BOARD: Wrong = {UNKNOWN_CODE: ("1234", "123456", "1234A", "１0249", "-1234", "1e300")}
NO_SORT: Wrong = {
    UNKNOWN_CODE: ("Xo", "bo", "BO", "SBO", "vSO", "Basis", "Bо")
}  # the last one has a Cyrillic letter
NO_TYPE: Wrong = {UNKNOWN_CODE: ("Xo", "bo", "sBO", "vSO", "BAO", "Basis", "Bо")}
NO_CLUSTER: Wrong = {UNKNOWN_CODE: ("9", "5", "NVT", "n.v.t.", "3-4", "34", "2.0", "²")}
NO_FUNDING: Wrong = {UNKNOWN_CODE: ("X", "j", "n", "Ja", "1", "0", "TRUE")}
NO_CUMI: Wrong = {UNKNOWN_CODE: ("X", "j", "2", "10", "-1")}
NO_TYPE_VO: Wrong = {
    UNKNOWN_CODE: (
        "Mavo",
        "havo",
        "VMBO XX",
        "VMBO XX lj 3-4",
        "VMBO BL/KL lj 3-4",
        "VWO+",
        "VMBOBL",
        "HAVO =1+1",
        "1",
    )
}
NO_MUNICIPALITY: Wrong = {UNKNOWN_CODE: ("00114", "1e3", "-114", "114.0", "０114", "Emmen")}
NO_AREA: Wrong = {UNKNOWN_CODE: ("2302", "VO230", "VO23020", "vo2302", "PO2302", "VO 2302", "ＶO2302")}

NO_RECIPIENT: Wrong = {
    UNKNOWN_CODE: (
        "1",
        "114",
        "123456",
        "VO123",
        "VO12345",
        "vo2302",
        "2302VO",
        "01AA",
        "01AA00",
        "１0249",
        "VO 2302",
    )
}
NO_IBAN: Wrong = {
    INVALID_IBAN: (
        *("NL92ABNA0417164300", "NL91ABNA0417164301", "NL91ABNA0417164030", "NL91ANBA0417164300"),  # check digits
        *("NL00ABNA0417164300", "NL01ABNA0417164300", "NL99ABNA0417164300"),
        *("BE71096123456769", "DE89370400440532013000", "XX91ABNA0417164300"),  # country
        *("NL91ABNA041716430", "NL91ABNA04171643000", "NL", "NL91", "NL91ABNA0417164300" * 40),  # length
        *("NL56XXXX0417164300", "NL14DNBA0417164300"),  # bank, with right check digits
        *("417164300", "0417164300", "91ABNA0417164300NL", "NLABNA910417164300", "NL91ABNAO417164300", "x", "-"),
        *("NL９1ABNA0417164300", "NL91ABNA041716430٠", "NL91АBNA0417164300", "NL91.ABNA.0417.1643.00", "=1+1"),
    )
}

_PLACE = {"BRIN_NUMMER": MISSING | NO_BRIN, "VESTIGINGSNUMMER": MISSING | NO_NUMBER_OF_VESTIGING}
_ENROLMENT = {"PSEUDONIEM": MISSING, **_PLACE}
_STAY = {
    "LEERJAAR": NO_COUNT,
    "DATUM_IN": MISSING | NO_DAY,
    "DATUM_UIT": NO_DAY | {LEAVES_BEFORE_ENTRY: ("20180731", "2018-07-31", "19000101")},
    "BEKOSTIGD": MISSING | NO_FUNDING,
}
_DUO = {
    "PEILDATUM": MISSING | NO_DAY,
    **_PLACE,
    "GEMEENTENUMMER": NO_MUNICIPALITY,
    "SOORT_PO": MISSING | NO_SORT,
    "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
}
_LISTED = {
    "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
    **_PLACE,
    "GEMEENTENUMMER": NO_MUNICIPALITY,
}

WRONG: dict[str, dict[str, Wrong]] = {
    "register_po": {
        **_ENROLMENT,
        "SOORT_PO": MISSING | NO_SORT,
        "CLUSTER": NO_CLUSTER,
        **_STAY,
        "CUMI": NO_CUMI,
    },
    "register_vo": {**_ENROLMENT, "ONDERWIJSTYPE": MISSING | NO_TYPE_VO, **_STAY},
    "pupils_po": {**_DUO, "LEERLINGEN": MISSING | NO_COUNT},
    "pupils_po_cluster": {**_DUO, "CLUSTER": NO_CLUSTER, "TOTAAL": MISSING | NO_COUNT},
    "pupils_po_ages": {**_DUO, "CLUSTER": NO_CLUSTER, **dict.fromkeys(models.AGES, MISSING | NO_COUNT)},
    "pupils_vo": {
        **_PLACE,
        models.ONDERWIJSTYPE_VO: MISSING | NO_TYPE_VO,
        **dict.fromkeys(models.VO_YEARS, MISSING | NO_COUNT),
    },
    "scores": {
        models.SCHOOL: MISSING | NO_VESTIGING,
        models.SCORED_PUPILS: MISSING | NO_COUNT,
        models.SCORE: MISSING | NO_AMOUNT,
    },
    "cumi": {
        **_PLACE,
        "TYPE_PO": MISSING | NO_TYPE,
        "PEILJAAR": MISSING | NO_COUNT | {NOT_A_DATE: ("0", "20", "202", "20201", "1899", "2100", "0000")},
        "CUMI": MISSING | {UNKNOWN_CODE: ("J", "N", "10", "-1", "x", "１")},
        "AANTAL_LEERLINGEN": MISSING | NO_COUNT,
    },
    "pupils_po_totals": {
        **_PLACE,
        "TYPE_PO": MISSING | NO_TYPE,
        "PEILJAAR": MISSING | NO_COUNT | {NOT_A_DATE: ("0", "20", "202", "20201", "1899", "2100", "0000")},
        "AANTAL_LEERLINGEN": MISSING | NO_COUNT,
    },
    "newcomers_vo": {
        "PEILDATUM": MISSING | NO_DAY,
        **_PLACE,
        "CATEGORIE": MISSING | {UNKNOWN_CODE: ("0", "3", "12", "I", "-1")},
        "NIEUWKOMERS": MISSING | NO_COUNT,
    },
    "applications": {
        "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
        "BRIN_NUMMER": MISSING | NO_BRIN,
        "REGELING": MISSING | {UNKNOWN_CODE: ("iop", "I", "IOP1", "X" * 11)},
        "DATUM_AANVRAAG": MISSING | NO_DAY,
        "AANTAL_LEERLINGEN": MISSING | NO_COUNT,
        "BEDRAG": MISSING | NO_AMOUNT,
        "VESTIGINGSNUMMER": NO_NUMBER_OF_VESTIGING,
        "REGIO": {UNKNOWN_CODE: ("r1", "-1", "R/1", "R" * 41)},
        "NIEUWE_REGIO": NO_FUNDING,
        "EERDER_VERLEEND": NO_FUNDING,
    },
    "completions": {
        "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
        "BRIN_NUMMER": MISSING | NO_BRIN,
        "REGELING": MISSING | {UNKNOWN_CODE: ("iop", "I", "IOP1", "X" * 11)},
        "AFGEROND": MISSING | NO_COUNT,
    },
    "spending": {
        "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
        "BRIN_NUMMER": MISSING | NO_BRIN,
        "JAAR": MISSING | NO_COUNT | {NOT_A_DATE: ("0", "21", "1899", "2100", "20211")},
        "CATEGORIE": MISSING | {UNKNOWN_CODE: ("G", "a", "AB", "1", "А")},  # the last one is Cyrillic
        "INTERVENTIE": {MISSING_VALUE: ("", "\u200b", "\x01", "\u3000")},
        "NIVEAU": MISSING | {UNKNOWN_CODE: ("bestuur", "ſchool", "school.", "boven schools", "s")},
        "BEDRAG": MISSING | NO_AMOUNT,
        "WAARVAN_EXTERN": NO_AMOUNT,
    },
    "consents": {
        "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
        "BRIN_NUMMER": MISSING | NO_BRIN,
        "SCHOOLJAAR": MISSING
        | {
            UNKNOWN_CODE: (
                *("2021", "2021-22", "2021/2022", "1920-1921", "2021-2023", "2022-2021", "2021-2021"),
                *("2021 - 2022", "２０21-2022"),
            )
        },
        "SCHOOLSCAN": MISSING | NO_FUNDING,
        "SCHOOLPROGRAMMA_MR": MISSING | NO_FUNDING,
        "DATUM_MR": NO_DAY,
        "BOVENSCHOOLS_BEDRAG_MR": NO_AMOUNT,
        "GMR": NO_FUNDING,
        "DATUM_GMR": NO_DAY,
        "GEMEENTE_GEINFORMEERD": NO_FUNDING,
    },
    "reserve_transfers": {
        "JAAR": MISSING | NO_COUNT | {NOT_A_DATE: ("0", "21", "1899", "2100", "20211")},
        "VAN_BEVOEGD_GEZAG": MISSING | NO_BOARD,
        "NAAR_BEVOEGD_GEZAG": MISSING | NO_BOARD,
        "BRIN_NUMMER": MISSING | NO_BRIN,
        "BEDRAG": MISSING | NO_AMOUNT,
        "DATUM": MISSING | NO_DAY,
        "BEVOEGD_GEZAG_NUMMER": NO_BOARD,
    },
    "addresses_bo": _LISTED,
    "addresses_vo": _LISTED,
    "addresses_so": _LISTED,
    "changes": {
        "INGANGSDATUM": MISSING | NO_DAY,
        "SOORT": MISSING | {UNKNOWN_CODE: ("Fusie", "opheffing", "bestuursoverdracht.")},
        "VESTIGING": MISSING | NO_VESTIGING,
        "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
        "OPVOLGER": MISSING | NO_VESTIGING,
    },
    "areas": {"VESTIGING": MISSING | NO_VESTIGING, "SAMENWERKINGSVERBAND": MISSING | NO_AREA},
    "municipal_scores": {
        "GEMEENTENUMMER": MISSING | NO_MUNICIPALITY,
        "SCORE_2019": MISSING | NO_AMOUNT,
        "SCORE_2020": MISSING | NO_AMOUNT,
    },
    "listed_vestigingen": {
        "VESTIGING": MISSING | NO_VESTIGING,
        "LIJST": MISSING | {UNKNOWN_CODE: ("PO", "so", "vo pro", "vo-pro", "pro")},
    },
    "boards": {
        "BEVOEGD_GEZAG_NUMMER": MISSING | NO_BOARD,
        "BEVOEGD_GEZAG_NAAM": {MISSING_VALUE: ("", "\u200b", "\x01", "\u3000")},
    },
    "payment_accounts": {
        "ONTVANGER": MISSING | NO_RECIPIENT,
        "IBAN": MISSING | NO_IBAN,
        "TENAAMSTELLING": {MISSING_VALUE: ("", "\u200b", "\x01", "\u3000")},
        "INGANGSDATUM": MISSING | NO_DAY,
    },
    "leerplus_schools": {"BRIN_NUMMER": MISSING | NO_BRIN, "LEERPLUS_2021": MISSING | NO_FUNDING},
}

_COUNTS = ("0", "1", "007", "2894", "99999")
_DAYS = ("20191001", "2019-10-01", "20200229")
RIGHT: dict[str, tuple[str, ...]] = {
    "VESTIGINGSNUMMER": ("00", "07", "99"),
    "BRIN_NUMMER": ("01AA",),
    "BEVOEGD_GEZAG_NAAM": ("x", "=1+1", 'Stichting "De Boog" & co', "x" * 2_000),
    "SOORT_PO": ("Bo", "Sbo", "So", "Vso"),
    "TYPE_PO": ("Bo", "Sbo", "So", "Vso"),
    "CLUSTER": ("", "nvt", "1", "2", "3", "4", "3/4"),
    "LEERJAAR": ("", *_COUNTS),
    "BEKOSTIGD": ("J", "N"),
    "DATUM_IN": ("20180801", "2018-08-01", "19000101"),
    "DATUM_UIT": ("", *_DAYS, "20180801", "2018-08-01", "21001231"),
    "PEILDATUM": _DAYS,
    "INGANGSDATUM": _DAYS,
    "PEILJAAR": ("2020", "1999"),
    "LEERLINGEN": _COUNTS,
    "TOTAAL": _COUNTS,
    **dict.fromkeys(models.AGES, _COUNTS),
    "AANTAL_LEERLINGEN": _COUNTS,
    models.SCORED_PUPILS: _COUNTS,
    models.SCORE: (
        "0",
        "33",
        "33.02",
        "33,02",
        "33,2",
        "1234.56",
        "1234,56",
        "1.234,56",
        "1.234.567,89",
        "999999999.99",
    ),
    models.ONDERWIJSTYPE_VO: (
        "Brugjaar 1-2",
        "VWO lj 4-6",
        "HAVO/VWO lj 3",
        "VMBO TL lj 3-4",
        "Int. Baccelaureaat",
        "VMBO uitbest. aan VAVO",
    ),
    "ONDERWIJSTYPE": ("Praktijkonderwijs", "VMBO", "VMBO KL", "Engelse Stroom"),
    "PSEUDONIEM": ("1", "x" * 64),
    "JAAR": ("2021", "2025"),
    "INTERVENTIE": ("x", "=1+1", "Één-op-één", "x" * 2_000),
    "NIVEAU": ("school", "bovenschools", "School", "BOVENSCHOOLS"),
    "BEDRAG": ("0", "1234,56", "1.234.567,89"),
    "WAARVAN_EXTERN": ("", "0", "99999999.99"),
    "SCHOOLJAAR": ("2021-2022", "2025-2026"),
    "DATUM": _DAYS,
    "DATUM_MR": ("", *_DAYS),
    "BOVENSCHOOLS_BEDRAG_MR": ("", "0,5"),
    "GMR": ("", "J", "N"),
    "DATUM_GMR": ("", *_DAYS),
    "OUDERS_BETROKKEN": ("", "\u200b", "x" * 2_000),
    "GEMEENTE_GEINFORMEERD": ("", "J", "N"),
    "GEMEENTENUMMER": ("0114", "114", "5", "1999"),
    "SAMENWERKINGSVERBAND": ("VO0001", "VO3099"),
    "LIJST": ("po", "vo", "vo_pro"),
    "LEERPLUS_2021": ("J", "N"),
    "SCORE_2019": ("0", "1.234,56"),
    "SCORE_2020": ("0", "33.02"),
    "REGIO": ("", "R1", "RAP Noord-Holland", "0123", "R" * 40),
    "NIEUWE_REGIO": ("", "J", "N"),
    "EERDER_VERLEEND": ("", "J", "N"),
    "AFGEROND": _COUNTS,
    "ONTVANGER": ("10249", "00001", "VO2302", "0114", "1999"),
    "IBAN": (
        *(
            "NL91ABNA0417164300",
            "nl91abna0417164300",
            "NL91 ABNA 0417 1643 00",
            "NL91\u00a0ABNA\u00a00417\u00a01643\u00a000",
        ),
        *("NL61INGB0417164300", "NL36RABO0417164300", "NL58BNGH0417164300"),
    ),
    "TENAAMSTELLING": ("x", "=1+1", 'Stichting "De Boog" & co', "Één", "x" * 2_000),
    "RESULTAAT": ("", "-5 punten", "x" * 2_000),
}


for _name, _kind in kinds.MASKED.items():
    WRONG[_kind.name] = {**WRONG[_name], **dict.fromkeys(_kind.counted, MISSING | NO_MASKED_COUNT)}

_BESIDE = {("OPVOLGER", MISSING_VALUE): {"SOORT": "fusie"}}
"""Where a value is only wrong beside another."""


def planted(layout: Layout) -> list[tuple[str, str, dict[str, str]]]:
    """Every planted fault of a kind: column, rule, and what is changed in a right row."""
    return [
        (column, rule, {column: value, **_BESIDE.get((column, rule), {})})
        for column, wrong in WRONG[layout.kind.name].items()
        for rule, values in wrong.items()
        for value in values
    ]


def all_at_once(layout: Layout) -> dict[str, tuple[str, str]]:
    """A fault in every column that goes together with those in the others: column -> rule, value."""
    chosen = {}
    for column, wrong in WRONG[layout.kind.name].items():
        rule = next((rule for rule in wrong if rule not in (MISSING_VALUE, LEAVES_BEFORE_ENTRY)), MISSING_VALUE)
        chosen[column] = (rule, wrong[rule][-1])
    return chosen
