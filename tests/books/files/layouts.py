"""Every layout of the contract (section 2) as it is published: its header and one row without a fault."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from npo_pipeline.delivery import kinds
from npo_pipeline.delivery.kinds import FileKind
from npo_pipeline.delivery.sniff import normal_name


@dataclass(frozen=True)
class Layout:
    """A kind of file, and the columns of a file of that kind with a value that is right for each.

    The values are such that the cheap pass finds the row right: then a fault that is planted in it is found by
    the pass, and not because another value sent the row to pandera anyway
    (`tests/spec/schemas/test_gatekeeper.py`).
    """

    kind: FileKind
    row: dict[str, str]

    def lines(self, *rows: dict[str, str], separator: str = ";") -> str:
        """A file: the header, and rows that are right but for what is given (none given: one right row)."""
        written = [{**self.row, **change} for change in rows or ({},)]
        return "".join(separator.join(row) + "\n" for row in [list(self.row), *(row.values() for row in written)])

    def frame(self, *rows: dict[str, str]) -> pl.DataFrame:
        """The same rows as a frame: `line` and the columns of the model by their normalised names."""
        known = {normal_name(column): value.strip() for column, value in self.row.items()}
        written = [{**known, **change} for change in rows or ({},)]
        columns = {name: [row[name] for row in written] for name in self.kind.columns}
        return pl.DataFrame({"line": range(2, 2 + len(written)), **columns}, schema_overrides={"line": pl.Int64})


def _layout(kind: FileKind, columns: str, values: str) -> Layout:
    return Layout(kind, dict(zip(columns.split(";"), values.split(";"), strict=True)))


_YEARS = ";".join(f"LEER- OF VERBLIJFSJAAR {year} - {sex}" for year in range(1, 7) for sex in ("MAN", "VROUW"))

REGISTER_PO = _layout(
    kinds.REGISTER_PO,
    "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;SOORT_PO;CLUSTER;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD;CUMI",
    "P000000000001;01AA;00;Bo;nvt;3;20180801;20220731;J;N",
)
REGISTER_VO = _layout(
    kinds.REGISTER_VO,
    "PSEUDONIEM;BRIN_NUMMER;VESTIGINGSNUMMER;ONDERWIJSTYPE;LEERJAAR;DATUM_IN;DATUM_UIT;BEKOSTIGD",
    "P000000000002;02AA;00;VMBO BL lj 3-4;3;20180801;20220731;J",
)
PUPILS_PO_CLUSTER = _layout(
    kinds.PUPILS_PO_CLUSTER,
    "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM_VESTIGING;POSTCODE_VESTIGING;PLAATSNAAM;"
    "GEMEENTENUMMER;GEMEENTENAAM;PROVINCIE;SOORT_PO;CLUSTER;DENOMINATIE_VESTIGING;BEVOEGD_GEZAG_NUMMER;"
    "LEEFTIJD_JONGER;LEEFTIJD_4;LEEFTIJD_OUDER;TOTAAL",
    "20201001;01AA;00;De Bron;7822HG;EMMEN; 114;Emmen;Drenthe;So;  2;Openbaar;10249;0;2;0;2",
)
PUPILS_PO = _layout(
    kinds.PUPILS_PO,
    "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM_VESTIGING;POSTCODE_VESTIGING;PLAATSNAAM;"
    "GEMEENTENUMMER;GEMEENTENAAM;PROVINCIE;SOORT_PO;DENOMINATIE_VESTIGING;BEVOEGD_GEZAG_NUMMER;AFSTAND;LEERLINGEN",
    "20201001;01AA;00;De Bron;7822HG;EMMEN; 114;Emmen;Drenthe;Bo;Openbaar;10249;9562,58992805755;9",
)
_AGES = ("LEEFTIJD_JONGER", *(f"LEEFTIJD_{age}" for age in range(4, 25)), "LEEFTIJD_OUDER")
PUPILS_PO_AGES = _layout(
    kinds.PUPILS_PO_AGES,
    "PEILDATUM;GEMEENTENUMMER;GEMEENTENAAM;POSTCODE_LEERLING;GEMEENTENAAM_LEERLING;INSTELLINGSCODE;VESTIGINGSCODE;"
    "INSTELLINGSNAAM_VESTIGING;POSTCODE_VESTIGING;PLAATSNAAM;PROVINCIE;SOORT_PO;CLUSTER;DENOMINATIE_VESTIGING;"
    f"BEVOEGD_GEZAG_NUMMER;{';'.join(_AGES)}",
    "20201001;0114;Emmen;7822;Emmen;01AA;00;De Bron;7822HG;EMMEN;Drenthe;Bo;nvt;Openbaar;10249;0;6;7" + ";0" * 20,
)
PUPILS_VO = _layout(
    kinds.PUPILS_VO,
    "BRIN NUMMER;VESTIGINGSNUMMER;INSTELLINGSNAAM VESTIGING;PLAATSNAAM VESTIGING;PROVINCIE VESTIGING;"
    f"ONDERWIJSTYPE VO EN LEER- OF VERBLIJFSJAAR;VMBO SECTOR;AFDELING;ELEMENTCODE;OPLEIDINGSNAAM;"
    f"SAMENWERKINGSVERBAND PASSEND ONDERWIJS VO;{_YEARS}",
    "02AA;00;Het Lyceum;ENSCHEDE;Overijssel;Brugjaar 1-2;N.v.t.;N.v.t.;0024;Ljvb;VO2302;8;1;3;4;0;0;0;0;0;0;0;0",
)
SCORES = _layout(
    kinds.SCORES,
    "School (BRIN vestiging);Aantal bekostigde leerlingen;Achterstandsscore;",
    "01AA00;5;1.234,56;a",
)
CUMI = _layout(
    kinds.CUMI,
    "INSTELLINGSCODE;VESTIGINGSCODE;TYPE_PO;PEILJAAR;CUMI;AANTAL_LEERLINGEN",
    "01AA;00;So;2020;1;7",
)
PUPILS_PO_TOTALS = _layout(
    kinds.PUPILS_PO_TOTALS,
    "INSTELLINGSCODE;VESTIGINGSCODE;TYPE_PO;PEILJAAR;AANTAL_LEERLINGEN",
    "01AA;01AA00;BO;2020;9",
)


def _masked(layout: Layout, column: str) -> Layout:
    return Layout(kinds.MASKED[layout.kind.name], {**layout.row, column: "<5"})


PUPILS_PO_AGES_MASKED = _masked(PUPILS_PO_AGES, "LEEFTIJD_4")
PUPILS_PO_CLUSTER_MASKED = _masked(PUPILS_PO_CLUSTER, "TOTAAL")
PUPILS_PO_MASKED = _masked(PUPILS_PO, "LEERLINGEN")
PUPILS_PO_TOTALS_MASKED = _masked(PUPILS_PO_TOTALS, "AANTAL_LEERLINGEN")
PUPILS_VO_MASKED = _masked(PUPILS_VO, "LEER- OF VERBLIJFSJAAR 1 - MAN")
CUMI_MASKED = _masked(CUMI, "AANTAL_LEERLINGEN")
NEWCOMERS_VO = _layout(
    kinds.NEWCOMERS_VO, "PEILDATUM;BRIN_NUMMER;VESTIGINGSNUMMER;CATEGORIE;NIEUWKOMERS", "20201001;02AA;00;1;7"
)
APPLICATIONS = _layout(
    kinds.APPLICATIONS,
    "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;DATUM_AANVRAAG;AANTAL_LEERLINGEN;BEDRAG;"
    "VESTIGINGSNUMMER;REGIO;NIEUWE_REGIO;EERDER_VERLEEND",
    "10249;01AA;IOP;20210416;9;8.100,00;00;R12;J;N",
)
COMPLETIONS = _layout(kinds.COMPLETIONS, "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;REGELING;AFGEROND", "10249;01AA;IOP;8")
SPENDING = _layout(
    kinds.SPENDING,
    "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;JAAR;CATEGORIE;INTERVENTIE;NIVEAU;BEDRAG;WAARVAN_EXTERN;REDEN",
    "10249;01AA;2021;B;Een-op-een-begeleiding;school;8.100,00;1200,50;",
)
CONSENTS = _layout(
    kinds.CONSENTS,
    "BEVOEGD_GEZAG_NUMMER;BRIN_NUMMER;SCHOOLJAAR;SCHOOLSCAN;SCHOOLPROGRAMMA_MR;DATUM_MR;BOVENSCHOOLS_BEDRAG_MR;GMR;"
    "DATUM_GMR;OUDERS_BETROKKEN;GEMEENTE_GEINFORMEERD;RESULTAAT",
    "10249;01AA;2021-2022;J;J;20210701;8.100,00;J;20210705;Ouderavond;J;Op niveau",
)
RESERVE_TRANSFERS = _layout(
    kinds.RESERVE_TRANSFERS,
    "JAAR;VAN_BEVOEGD_GEZAG;NAAR_BEVOEGD_GEZAG;BRIN_NUMMER;BEDRAG;DATUM;BEVOEGD_GEZAG_NUMMER",
    "2022;10249;10250;01AA;1.000,00;20220801;10250",
)
_ADDRESS = "BEVOEGD GEZAG NUMMER;BRIN NUMMER;VESTIGINGSNUMMER;VESTIGINGSNAAM;STRAATNAAM;PLAATSNAAM;"
_ADDRESS += "GEMEENTENUMMER;GEMEENTENAAM"
_AT = "10249;01AA;00;De Bron;Oosterstraat;EMMEN;0114;EMMEN"
ADDRESSES_BO = _layout(kinds.ADDRESSES_BO, f"PROVINCIE;{_ADDRESS}", f"Drenthe;{_AT}".replace(";00;", ";01AA00;"))
ADDRESSES_VO = _layout(kinds.ADDRESSES_VO, f"PROVINCIE;{_ADDRESS};ONDERWIJSSTRUCTUUR", f"Drenthe;{_AT};VBO/MAVO")
ADDRESSES_SO = _layout(
    kinds.ADDRESSES_SO, f"SOORT PRIMAIR ONDERWIJS;PROVINCIE;{_ADDRESS};CLUSTER", f"So;Drenthe;{_AT};  2"
)
CHANGES = _layout(
    kinds.CHANGES,
    "INGANGSDATUM;SOORT;VESTIGING;BEVOEGD_GEZAG_NUMMER;OPVOLGER",
    "20211101;bestuursoverdracht;01AA00;10250;01AB00",
)
AREAS = _layout(kinds.AREAS, "VESTIGING;SAMENWERKINGSVERBAND", "02AA00;VO2302")
MUNICIPAL_SCORES = _layout(kinds.MUNICIPAL_SCORES, "GEMEENTENUMMER;SCORE_2019;SCORE_2020", "0114;1.234,56;1200,5")
LISTED_VESTIGINGEN = _layout(kinds.LISTED_VESTIGINGEN, "VESTIGING;LIJST", "01AA00;po")
LEERPLUS_SCHOOLS = _layout(kinds.LEERPLUS_SCHOOLS, "BRIN_NUMMER;LEERPLUS_2021", "02AA;J")
BOARDS = _layout(
    kinds.BOARDS,
    "BEVOEGD GEZAG NUMMER;BEVOEGD GEZAG NAAM;PLAATSNAAM;KVK-NUMMER",
    "10249;Stichting De Linde;EMMEN;01234567",
)

PAYMENT_ACCOUNTS = _layout(
    kinds.PAYMENT_ACCOUNTS,
    "ONTVANGER;IBAN;TENAAMSTELLING;INGANGSDATUM",
    "10249;NL91ABNA0417164300;Stichting De Linde;20210801",
)

LAYOUTS = (
    REGISTER_PO,
    REGISTER_VO,
    PUPILS_PO_CLUSTER,
    PUPILS_PO,
    PUPILS_VO,
    SCORES,
    CUMI,
    PUPILS_PO_TOTALS,
    PUPILS_PO_AGES,
    PUPILS_PO_AGES_MASKED,
    PUPILS_PO_CLUSTER_MASKED,
    PUPILS_PO_MASKED,
    PUPILS_PO_TOTALS_MASKED,
    PUPILS_VO_MASKED,
    CUMI_MASKED,
    NEWCOMERS_VO,
    APPLICATIONS,
    COMPLETIONS,
    ADDRESSES_BO,
    ADDRESSES_VO,
    ADDRESSES_SO,
    CHANGES,
    AREAS,
    MUNICIPAL_SCORES,
    LISTED_VESTIGINGEN,
    LEERPLUS_SCHOOLS,
    BOARDS,
    SPENDING,
    CONSENTS,
    RESERVE_TRANSFERS,
    PAYMENT_ACCOUNTS,
)


def write(folder: Path, name: str, text: str | bytes) -> Path:
    """Write a file as it stands, without a translation of line ends."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
