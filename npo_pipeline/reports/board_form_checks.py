"""The checks of the workbook of a board: the rules of the program as formulas of a spreadsheet, in one list.

From this list come the formulas of the workbook (a count over all rows, and the first fault of a row), its sheet
`Controle` and the reference page on it. A condition is written once, with the names of columns in braces: they
become one cell of a row, or the cells of all rows in a formula that counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.rules import (
    DUPLICATE_ROW,
    MISSING_VALUE,
    NEGATIVE,
    NOT_A_DATE,
    NOT_A_NUMBER,
    OUTSIDE_YEAR,
    PERCENT,
    UNKNOWN_CODE,
    UNKNOWN_SCHOOL,
)

SPENDING, CONSENTS, TRANSFERS, SCHOOLS = "Besteding", "Instemming", "Overdracht saldo", "Scholen"
"""The sheets with checks."""

SCHOOL_NAMES, SCHOOL_TITLES, MENU_NAMES = "NPO_SCHOLEN", "NPO_SCHOOLNAMEN", "NPO_MENUKAART"
"""The ranges with the BRINs of the board, the names of those schools, and the interventions of each category."""

OUTCOME = "NPO_CONTROLE"
"""The name of the cell with the outcome of all checks."""

NOTHING, RIGHT, WRONG = "Er is nog niets ingevuld", "Klopt", "Klopt niet"
"""The outcomes; behind the last stands the first fault."""

KEY_DROPS = (" ", "-", "/", ",")
"""Marks that make no difference in the name of an intervention."""

FORMULA_CELL, ERROR_CELL = "formula", "error_cell"
"""Faults of a cell itself: the program refuses the workbook or the row for them."""

NOT_CHECKED = "not_checked"
"""No rule of the program: rows below those that the workbook checks."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """Represent a check of a row.

    `rule`: the rule of rejection or the finding that the program has for it. `column`: the cell that is wrong.
    `when`: the condition, with columns in braces and `{COLUMN:all}` for all rows of one. `words`: the fault and
    what to do. `in_empty_rows`: it holds in a row without an entry too. `by_cell`: only a formula in the row
    itself can see it. `only_if`: a condition on all rows without which no row is looked at. `below`: it counts
    what stands below the rows that are checked, and looks at no row.
    """

    rule: str
    sheet: str
    column: str
    when: str
    words: str
    in_empty_rows: bool = False
    by_cell: bool = False
    only_if: str | None = None
    below: bool = False

    @property
    def message(self) -> str:
        """Return the words behind the name of the column."""
        return f"{self.column}: {self.words}"


@dataclass(frozen=True, kw_only=True)
class FormFacts:
    """The facts of a form that its checks need.

    `complete`: the letters of categories of which the whole menukaart is known. `after_deadline`: nothing may be
    spent in the year any more.
    """

    year: int
    board: str
    school_years: tuple[str, ...]
    complete: str
    after_deadline: bool


PREFILLED = ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "JAAR", "SCHOOLJAAR")
ENTRIES: Mapping[str, Sequence[str]] = {
    SPENDING: ("CATEGORIE", "INTERVENTIE", "NIVEAU", "BEDRAG", "WAARVAN_EXTERN", "REDEN"),
    CONSENTS: (
        *("SCHOOLSCAN", "SCHOOLPROGRAMMA_MR", "DATUM_MR", "BOVENSCHOOLS_BEDRAG_MR", "GMR", "DATUM_GMR"),
        *("OUDERS_BETROKKEN", "GEMEENTE_GEINFORMEERD", "RESULTAAT"),
    ),
    TRANSFERS: ("VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG", "BRIN_NUMMER", "BEDRAG", "DATUM"),
}
"""The columns of a sheet with something of the board in them; a row with none of these is passed over."""

_REQUIRED = {
    SPENDING: ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "JAAR", "CATEGORIE", "INTERVENTIE", "NIVEAU", "BEDRAG"),
    CONSENTS: ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "SCHOOLJAAR", "SCHOOLSCAN", "SCHOOLPROGRAMMA_MR"),
    TRANSFERS: ("JAAR", "VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG", "BRIN_NUMMER", "BEDRAG", "DATUM"),
}
_AMOUNTS = {
    SPENDING: ("BEDRAG", "WAARVAN_EXTERN"),
    CONSENTS: ("BOVENSCHOOLS_BEDRAG_MR",),
    TRANSFERS: ("BEDRAG",),
}


def text_of(column: str) -> str:
    """Return the formula of a cell as text without spaces around it."""
    return f'TRIM({{{column}}}&"")'


def is_filled(column: str) -> str:
    """Return the condition that a cell holds something."""
    return f"(LEN({text_of(column)})>0)"


def number_of(column: str) -> str:
    """Return the formula of the number in a cell; 0 where it holds none."""
    return f"IF(ISNUMBER({{{column}}}),{{{column}}},0)"


def has_entry(sheet: str) -> str:
    """Return the condition that a row of a sheet has something in it of the board."""
    return f"(LEN(TRIM({'&'.join(f'{{{name}}}' for name in ENTRIES[sheet])}))>0)"


def plain_name(name: str) -> str:
    """Return the name of an intervention without the marks that make no difference."""
    for mark in KEY_DROPS:
        name = name.replace(mark, "")
    return name


def _plain(formula: str) -> str:
    for mark in KEY_DROPS:
        formula = f'SUBSTITUTE({formula},"{mark}","")'
    return formula


def _is_one_of(text: str, letters: str) -> str:
    return f'ISNUMBER(FIND(UPPER({text}),"{letters}"))*(LEN({text})=1)'


def _says_yes(column: str) -> str:
    return f'(UPPER(LEFT({text_of(column)},1))="J")'


def checks_of(facts: FormFacts) -> tuple[Check, ...]:
    """Return the checks of the workbook of a board and a year, in the order in which they are reported."""
    return (*_spending(facts), *_consents(facts), *_transfers(facts), *_schools(facts))


def _spending(facts: FormFacts) -> list[Check]:
    category, level = text_of("CATEGORIE"), f"LOWER({text_of('NIVEAU')})"
    key = f'UPPER({category})&"|"&{_plain(text_of("INTERVENTIE"))}'
    amount, external = number_of("BEDRAG"), number_of("WAARVAN_EXTERN")
    same = ("BRIN_NUMMER", "CATEGORIE", "INTERVENTIE", "NIVEAU")
    total = ",".join(["{BEDRAG:all}", *(f"{{{name}:all}},{{{name}}}" for name in same)])

    def check(rule: str, column: str, when: str, words: str, only_if: str | None = None) -> Check:
        return Check(rule=rule, sheet=SPENDING, column=column, when=when, words=words, only_if=only_if)

    return [
        *_cells(SPENDING, ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "JAAR", *ENTRIES[SPENDING])),
        _below(SPENDING, "BEDRAG"),
        *(_percentage(SPENDING, name) for name in _AMOUNTS[SPENDING]),
        *_missing(SPENDING),
        _own_board(SPENDING, facts),
        _own_school(SPENDING),
        _own_year(SPENDING, facts),
        check(
            UNKNOWN_CODE,
            "CATEGORIE",
            f"{is_filled('CATEGORIE')}*(1-{_is_one_of(category, 'ABCDEF')})",
            "is geen A tot en met F",
        ),
        check(
            "not_on_menu",
            "INTERVENTIE",
            f"{is_filled('INTERVENTIE')}*{_is_one_of(category, facts.complete)}"
            f"*ISERROR(MATCH({key},{MENU_NAMES},0))",
            "staat niet op de menukaart bij deze categorie; kies uit de lijst",
        ),
        check(
            UNKNOWN_CODE,
            "NIVEAU",
            f'{is_filled("NIVEAU")}*({level}<>"school")*({level}<>"bovenschools")',
            "is geen school of bovenschools",
        ),
        *_numbers(SPENDING),
        check(
            NEGATIVE,
            "BEDRAG",
            f'({amount}<0)*({text_of("REDEN")}="")',
            "ligt onder nul; vul bij REDEN in waarom, bijvoorbeeld een creditnota",
        ),
        check(
            "credit_above_spent",
            "BEDRAG",
            f"({amount}<0)*(ROUND(SUMIFS({total}),2)<0)",
            "er wordt meer teruggeboekt dan er aan deze interventie is besteed",
            only_if='COUNTIF({BEDRAG:all},"<0")>0',
        ),
        check(
            NEGATIVE,
            "WAARVAN_EXTERN",
            f'({external}<0)*({text_of("REDEN")}="")',
            "ligt onder nul; vul bij REDEN in waarom",
        ),
        check(
            "external_above_amount",
            "WAARVAN_EXTERN",
            f"({external}>{amount})*({amount}>=0)",
            "is meer dan BEDRAG, en het is er een deel van",
        ),
    ]


def _consents(facts: FormFacts) -> list[Check]:
    years = "*".join(f'({text_of("SCHOOLJAAR")}<>"{one}")' for one in facts.school_years)
    same = '{BRIN_NUMMER:all},{BRIN_NUMMER},{SCHOOLJAAR:all},{SCHOOLJAAR},{SCHOOLSCAN:all},"?*"'

    def check(rule: str, column: str, when: str, words: str) -> Check:
        return Check(rule=rule, sheet=CONSENTS, column=column, when=when, words=words)

    return [
        *_cells(CONSENTS, ("BEVOEGD_GEZAG_NUMMER", "BRIN_NUMMER", "SCHOOLJAAR", *ENTRIES[CONSENTS])),
        _below(CONSENTS, "SCHOOLSCAN"),
        _percentage(CONSENTS, "BOVENSCHOOLS_BEDRAG_MR"),
        *_missing(CONSENTS),
        _own_board(CONSENTS, facts),
        _own_school(CONSENTS),
        check(
            UNKNOWN_CODE,
            "SCHOOLJAAR",
            f"{is_filled('SCHOOLJAAR')}*{years}",
            f"is geen schooljaar van dit werkboek ({', '.join(facts.school_years)})",
        ),
        check(
            DUPLICATE_ROW,
            "BRIN_NUMMER",
            f"COUNTIFS({same})>1",
            "school en schooljaar staan er vaker; houd een regel",
        ),
        *(
            check(
                UNKNOWN_CODE,
                name,
                "*".join([is_filled(name), *(f'(UPPER({text_of(name)})<>"{one}")' for one in answers)]),
                "is geen J of N",
            )
            for names, answers in (
                (("SCHOOLSCAN", "SCHOOLPROGRAMMA_MR"), _ANSWERS),
                (("GMR", "GEMEENTE_GEINFORMEERD"), (*_ANSWERS, "N.V.T.", "NVT", "-")),
            )
            for name in names
        ),
        *(_date(CONSENTS, name) for name in ("DATUM_MR", "DATUM_GMR")),
        *_numbers(CONSENTS),
        check(
            NEGATIVE,
            "BOVENSCHOOLS_BEDRAG_MR",
            f"{number_of('BOVENSCHOOLS_BEDRAG_MR')}<0",
            "ligt onder nul; vul een bedrag vanaf 0 in",
        ),
        check(
            "no_mr_consent",
            "SCHOOLPROGRAMMA_MR",
            f'UPPER(LEFT({text_of("SCHOOLPROGRAMMA_MR")},1))="N"',
            "de MR heeft niet ingestemd met het schoolprogramma",
        ),
        *(
            check(
                "future_consent",
                day,
                f"{_says_yes(answer)}*({number_of(day)}>TODAY())",
                "deze dag is er nog niet geweest",
            )
            for answer, day in (("SCHOOLPROGRAMMA_MR", "DATUM_MR"), ("GMR", "DATUM_GMR"))
        ),
    ]


_ANSWERS = ("J", "N", "JA", "NEE")


def _transfers(facts: FormFacts) -> list[Check]:
    parties = ("VAN_BEVOEGD_GEZAG", "NAAR_BEVOEGD_GEZAG")
    are_other = "*".join(f'(RIGHT("00000"&{text_of(name)},5)<>"{facts.board}")' for name in parties)
    amount = number_of("BEDRAG")

    def check(rule: str, column: str, when: str, words: str) -> Check:
        return Check(rule=rule, sheet=TRANSFERS, column=column, when=when, words=words)

    return [
        *_cells(TRANSFERS, ("JAAR", *ENTRIES[TRANSFERS])),
        _below(TRANSFERS, "BEDRAG"),
        _percentage(TRANSFERS, "BEDRAG"),
        *_missing(TRANSFERS),
        _own_year(TRANSFERS, facts),
        check(
            "other_board",
            "VAN_BEVOEGD_GEZAG",
            f"{is_filled(parties[0])}*{is_filled(parties[1])}*{are_other}",
            f"een van de twee besturen is uw bestuur, {facts.board}",
        ),
        _date(TRANSFERS, "DATUM"),
        check(
            OUTSIDE_YEAR,
            "DATUM",
            f"({number_of('DATUM')}>0)*(YEAR({number_of('DATUM')})<>{facts.year})",
            f"is geen dag in {facts.year}",
        ),
        *_numbers(TRANSFERS),
        check(NEGATIVE, "BEDRAG", f"{amount}<0", "ligt onder nul; wissel VAN en NAAR om"),
    ]


def _schools(facts: FormFacts) -> list[Check]:
    """Return the checks of a school as a whole, on sheet `Scholen`."""
    own, consented = ('{BRIN_NUMMER:spending},{BRIN}&"*"', '{BRIN_NUMMER:consents},{BRIN}&"*"')
    shared = f'SUMIFS({{BEDRAG:spending}},{own},{{NIVEAU:spending}},"bovenschools")'
    agreed = f"SUMIFS({{BOVENSCHOOLS_BEDRAG_MR:consents}},{consented})"
    positive = f'{own},{{BEDRAG:spending}},">0",{{CATEGORIE:spending}}'
    scan, years, gmr = (f"{{{name}:consents}}" for name in ("SCHOOLSCAN", "SCHOOLJAAR", "GMR"))
    by_mr = f'{consented},{{SCHOOLPROGRAMMA_MR:consents}},"J*",{{DATUM_MR:consents}}'
    last_day = f"DATE({facts.year},12,31)"
    excess = f"ROUND({{BOARD_LEVEL_BEFORE}}+{shared}-{{AGREED_BEFORE}}-{agreed},2)"
    of_spending = {
        "nothing_reported": (
            "({ASKED}>0)*({ROWS}=0)",
            "nog geen regel; is er niets besteed, vul dan bedrag 0 in",
        ),
        "overspent": ("({LEFT}<0)*({SPENT}>0)", "er is meer besteed dan er beschikbaar is"),
        "transferred_too_much": (
            "({LEFT}<0)*({SPENT}=0)*({MOVED}<0)",
            "er is meer overgedragen aan een ander bestuur dan er was",
        ),
        "only_facilities": (
            f'({{SUPPORTED}}=0)*(COUNTIFS({positive},"F")>0)*(COUNTIFS({positive},"<>F")=0)',
            "alleen categorie F, zonder interventie uit A tot en met E",
        ),
        "board_level_above_agreed": (
            f"({shared}>0)*({excess}>0)",
            "bovenschools is meer besteed dan waarmee de MR instemde (BOVENSCHOOLS_BEDRAG_MR)",
        ),
    }
    if facts.after_deadline:
        words = f"in {facts.year} kon er volgens het programma niet meer worden besteed"
        of_spending["after_deadline"] = ("{SPENT}>0", words)
    of_consents = [
        (
            "no_gmr_consent",
            f'({shared}>0)*(COUNTIFS({consented},{gmr},"J*")=0)',
            "bovenschools besteed, en bij GMR staat geen J",
        ),
        *(
            (
                "no_consent_told",
                f'({{ASKED_{number}}}>0)*(COUNTIFS({consented},{years},"{year}",{scan},"?*")=0)',
                f"over schoolscan en instemming in {year} is niets ingevuld",
            )
            for number, year in enumerate(facts.school_years)
        ),
        (
            "no_consent_told",
            f'({{SPENT}}>0)*(COUNTIFS({consented},{scan},"?*")=0)',
            "er is besteed, en over schoolscan en instemming is niets ingevuld",
        ),
        (
            "no_school_scan",
            f'(COUNTIFS({consented},{scan},"J*")=0)*(COUNTIFS({consented},{scan},"N*")>0)',
            "er is geen schoolscan gemaakt",
        ),
        (
            "late_mr_consent",
            f'({{SPENT}}>0)*(COUNTIFS({by_mr},"<="&{last_day})=0)*(COUNTIFS({by_mr},">"&{last_day})>0)',
            "de MR stemde pas na het jaar in",
        ),
    ]
    found = [(rule, SPENDING, when, words) for rule, (when, words) in of_spending.items()]
    found += [(rule, CONSENTS, when, words) for rule, when, words in of_consents]
    return [
        Check(rule=rule, sheet=SCHOOLS, column=about, when=when, words=words, in_empty_rows=True)
        for rule, about, when, words in found
    ]


def _cells(sheet: str, columns: Sequence[str]) -> list[Check]:
    """Return the checks of what no cell of a table may hold."""
    errors = "+".join(f"ISERROR({{{name}}})" for name in columns)
    formulas = "+".join(f"_xlfn.ISFORMULA({{{name}}})" for name in columns)
    return [
        Check(
            rule=ERROR_CELL,
            sheet=sheet,
            column="Regel",
            when=f"({errors})>0",
            words="een cel bevat een fout (zoals #N/B); typ de waarde",
            in_empty_rows=True,
        ),
        Check(
            rule=FORMULA_CELL,
            sheet=sheet,
            column="Regel",
            when=f"({formulas})>0",
            words="een cel bevat een formule; plak de waarde ervan",
            in_empty_rows=True,
        ),
    ]


def _below(sheet: str, column: str) -> Check:
    words = "staat onder de regels die worden gecontroleerd; lever zo veel regels als CSV in"
    return Check(rule=NOT_CHECKED, sheet=sheet, column=column, when="0", words=words, below=True)


def _percentage(sheet: str, column: str) -> Check:
    return Check(
        rule=PERCENT,
        sheet=sheet,
        column=column,
        when=f'{is_filled(column)}*(LEFT(CELL("format",{{{column}}}),1)="P")',
        words="is een percentage; vul het bedrag in",
        by_cell=True,
    )


def _missing(sheet: str) -> list[Check]:
    return [
        Check(
            rule=MISSING_VALUE, sheet=sheet, column=name, when=f'{text_of(name)}=""', words="is leeg; vul het in"
        )
        for name in _REQUIRED[sheet]
    ]


def _own_board(sheet: str, facts: FormFacts) -> Check:
    name = "BEVOEGD_GEZAG_NUMMER"
    other = f'{is_filled(name)}*(RIGHT("00000"&{text_of(name)},5)<>"{facts.board}")'
    words = f"is niet {facts.board}; dit werkboek is van bestuur {facts.board}"
    return Check(rule="other_board", sheet=sheet, column=name, when=other, words=words)


def _own_year(sheet: str, facts: FormFacts) -> Check:
    return Check(
        rule="other_year",
        sheet=sheet,
        column="JAAR",
        when=f'{is_filled("JAAR")}*({text_of("JAAR")}<>"{facts.year}")',
        words=f"is niet {facts.year}; dit werkboek is van {facts.year}",
    )


def _own_school(sheet: str) -> Check:
    name, text = "BRIN_NUMMER", text_of("BRIN_NUMMER")
    long = f"(LEN({text})<>4)*(LEN({text})<>6)"
    other = f"{is_filled(name)}*((ISERROR(MATCH(LEFT({text},4),{SCHOOL_NAMES},0))+{long})>0)"
    words = "staat niet op blad Scholen; kies een school van uw bestuur"
    return Check(rule=UNKNOWN_SCHOOL, sheet=sheet, column=name, when=other, words=words)


def _numbers(sheet: str) -> list[Check]:
    """Return the checks of amounts: a number, of at most two decimals, under a milliard."""
    found = []
    for name in _AMOUNTS[sheet]:
        number = number_of(name)
        for when, words in (
            (
                f"{is_filled(name)}*(1-ISNUMBER({{{name}}}))",
                "staat er als tekst en telt hier niet mee; typ een getal",
            ),
            (f"ABS(ROUND({number},2)-{number})>0.000001", "heeft meer dan twee decimalen"),
            (f"ABS({number})>=1000000000", "is een miljard of meer"),
        ):
            found.append(Check(rule=NOT_A_NUMBER, sheet=sheet, column=name, when=when, words=words))
    return found


_MONTHS = ("jan", "feb", "mrt", "maart", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")


def _is_day(text: str) -> str:
    """Return the condition that a text is a day as the Dutch write it, in whatever language the program is."""
    # The separators become many spaces, so that each part lies within characters of its own.
    wide = f'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({text},"/","-"),".","-"),"-",REPT(" ",20))'
    one, month, other = (f"TRIM(MID({wide},{begin},20))" for begin in (1, 21, 41))
    named = "+".join(f'ISNUMBER(SEARCH("{name}",{text}))' for name in _MONTHS)
    forms = (
        f"IFERROR((MONTH(DATE({other},{month},{one}))=VALUE({month}))*(LEN({other})=4),0)",
        f"IFERROR((MONTH(DATE({one},{month},{other}))=VALUE({month}))*(LEN({one})=4),0)",
        f"IFERROR((({named})>0)*(VALUE(LEFT({text},2))<32),0)",
    )
    return f"({'+'.join(forms)}>0)"


def _date(sheet: str, column: str) -> Check:
    when = f"{is_filled(column)}*(1-ISNUMBER({{{column}}}))*(1-{_is_day(text_of(column))})"
    return Check(
        rule=NOT_A_DATE, sheet=sheet, column=column, when=when, words="is geen datum; typ hem als 15-6-2021"
    )


LAST_ROW = 1_048_576
"""The last row of a sheet."""

IMPOSSIBLE: Mapping[str, str] = {
    "opening_differs": "Of het slot van het jaar ervoor sindsdien is gewijzigd.",
    "transfer_without_move": "Of de school in dat jaar echt van het ene naar het andere bestuur ging.",
    "transfer_differs": "Of het andere bestuur hetzelfde overgedragen saldo opgeeft.",
    "short_after_corrections": "Of correcties van afgesloten jaren meer wegnemen dan er is.",
    "refused_row": "Wat van een eerder bestand is geweigerd; een regel die hier rood is, wordt ook geweigerd.",
    "other_currency": "Het teken van een andere valuta; zo'n bedrag is tekst en wordt daarom al rood.",
    "two_currencies": "Of het bestuur geld in twee valuta's heeft; hier staat elke school in haar eigen valuta.",
    "spent_without_money": "Een school zonder geld staat niet op blad Scholen; haar BRIN wordt daarom al rood.",
}
"""Rules of the program that no formula in the workbook can check -> the reason."""
