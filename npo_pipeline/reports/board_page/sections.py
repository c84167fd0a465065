"""The top of the page: what it is, of whom, whether it is in order, and what it is not.

The board in short: what it had, got, spent and keeps, the rest of its figures, and two charts.

The findings, the gravest first. They are judgements and no facts: a filing does not hold them.

What each school had, got, spent and keeps: a row per school, and below it all schools together.

On which interventions of the menukaart the money went: of the board, and of each school.

Who did the work, and at which level: externals, the criteria for hiring them, and spending by the board.

Who agreed, whether there was a school scan, and what schools tell of parents and results.

What boards are asked to report, and where on the page each answer stands.

Where the figures come from, how they tie to the books, and what this page is.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from npo_pipeline import dutch
from npo_pipeline.reports.board_page.chart import balance_chart, category_chart
from npo_pipeline.reports.board_page.context import PageContext, added_up, balance, label, sentence
from npo_pipeline.reports.board_page.html import (
    EMPTY,
    Html,
    element,
    heading,
    number,
    part,
    row,
    table,
    text,
    together,
    words,
)
from npo_pipeline.reports.xbrl.concepts import NAMESPACE, NOT_ON_MENU, TOP
from npo_pipeline.rulebook.fields import Cited
from schemas.accounted import SEVERITIES

PARTS = (
    ("kort", "In het kort"),
    ("bevindingen", "Bevindingen"),
    ("geld", "Geld per school"),
    ("interventies", "Interventies"),
    ("niveau", "Personeel niet in loondienst en bovenschoolse inzet"),
    ("instemming", "Schoolscan, instemming en resultaten"),
    ("gevraagd", "Wat gevraagd wordt"),
    ("herkomst", "Waar de cijfers vandaan komen"),
)
"""The parts of the page: where each begins and its heading."""

TITLES = dict(PARTS)

NO_FILING_TO_DUO = (
    "Dit is een samenvatting met een eigen XBRL-taxonomie. Zij is geen aanlevering aan DUO en vervangt noch het "
    "jaarverslag, noch de opgave in het XBRL-onderwijsportaal."
)
NOT_FILED = (
    "Nog niet in orde: er zijn fouten. Dit overzicht is om te lezen en te herstellen en is geen XBRL-rapport. "
    "Herstel de fouten hieronder en maak de verantwoording opnieuw."
)
FILED_WITH_ERRORS = "Met fouten: er waren nog fouten toen dit werd gemaakt. Zij staan bij de bevindingen."


def title(seen: PageContext) -> str:
    """The title of the page."""
    return f"Verantwoording NPO {seen.year}, bevoegd gezag {seen.board}"


def opening(seen: PageContext) -> Html:
    """The band with the title, and below it the state of the report."""
    number = element("span", seen.placed.show("BoardNumber"), css="board")
    band = element(
        "div",
        element("p", text("Nationaal Programma Onderwijs"), css="brand"),
        element("h1", text(f"Verantwoording {seen.year}")),
        element("p", label("BoardNumber"), text(" "), number, css="whom"),
        css="frame",
    )
    about = element("div", _state(seen), _warned(seen), _what(), _contents(), css="frame")
    return together(element("div", band, css="top"), about)


def _state(seen: PageContext) -> Html:
    """The status and the counts, which are facts."""
    told = []
    for concept in ("ReportStatus", "Errors", "Warnings", "Treatment"):
        mark = "bad" if seen.with_errors and concept in ("ReportStatus", "Errors") else "fact"
        shown = element("span", seen.placed.show(concept), css="value")
        told.append(element("li", element("span", label(concept), css="label"), text(" "), shown, css=mark))
    return element("ul", *told, css="state")


def _warned(seen: PageContext) -> Html:
    if not seen.filing:
        return element("p", text(NOT_FILED), css="banner")
    return element("p", text(FILED_WITH_ERRORS), css="banner") if seen.with_errors else EMPTY


def _what() -> Html:
    return element("div", sentence(NO_FILING_TO_DUO), css="what")


def _contents() -> Html:
    links = [element("li", element("a", text(name), href=f"#{anchor}")) for anchor, name in PARTS]
    return element("ul", *links, css="contents")


_FIGURES = ("Accrued", "NetChange", "SpentExternal", "SpentOther", "ExternalShare")


def short(seen: PageContext) -> Html:
    """The figures of the board as a whole."""
    many = "1 school" if len(seen.brins) == 1 else f"{len(seen.brins)} scholen"
    about = f"Alle bedragen in {dutch.CURRENCIES[seen.currency]}, tot op de cent, van {many} samen."
    content = [element("p", text(about)), _sum(seen), element("div", _figures(seen), _charts(seen), css="beside")]
    return part("kort", TITLES["kort"], *content)


def _sum(seen: PageContext) -> Html:
    """The balance of the year as a sum that a person can follow."""
    show = seen.placed.show
    terms = [
        ("", balance(seen, "start"), show("CarriedOver", period="start")),
        ("+", label("Received"), show("Received")),
        ("-", label("Spent"), show("Spent")),
        ("=", balance(seen, "end"), show("CarriedOver", period="end")),
    ]
    return element("div", *[_term(*term) for term in terms], css="sum")


def _term(sign: str, name: Html, amount: Html) -> Html:
    before = [words("sign", sign)] if sign else []
    shown = [element("span", name, css="label"), element("span", amount, css="amount")]
    return element("div", *before, *shown, css="term outcome" if sign == "=" else "term")


def _figures(seen: PageContext) -> Html:
    told = [(label(concept), seen.placed.show(concept)) for concept in _FIGURES]
    for level, called in seen.menu.levels.items():
        told.append(
            (together(label("Spent"), words("sub", called.lower())), seen.placed.show("Spent", level=level))
        )
    rows = [row(name, [number(amount)]) for name, amount in told if amount]
    head = [heading(text("Kerncijfer")), heading(text("Bedrag"), "number")]
    return table(
        f"Kerncijfers van het bevoegd gezag over {seen.year}", head, [element("tbody", *rows)], "narrow titled"
    )


def _charts(seen: PageContext) -> Html:
    made = [balance_chart(seen), category_chart(seen)]
    return element("div", *made, css="charts")


_MEANING = (
    "Een fout moet worden hersteld, een waarschuwing nagekeken. Een opmerking is goed om te weten. "
    "Bevindingen horen bij dit overzicht en zijn zelf geen XBRL-gegevens."
)


def findings(seen: PageContext) -> Html:
    """Every finding: how grave, of which school, what is wrong, what to do and by what rule."""
    rows = sorted(seen.told.findings.iter_rows(named=True), key=lambda row: SEVERITIES.index(row["severity"]))
    if not rows:
        return part("bevindingen", TITLES["bevindingen"], sentence("Er zijn geen bevindingen."))
    told = element("ul", *[_finding(seen, row) for row in rows], css="findings")
    return part("bevindingen", TITLES["bevindingen"], sentence(_MEANING), told)


def _finding(seen: PageContext, row: dict[str, Any]) -> Html:
    grave = row["severity"]
    amount = words("amount", seen.amount(str(row["amount"]))) if row["amount"] is not None else EMPTY
    head = element("p", words("mark", dutch.SEVERITIES[grave]), text(" "), _whose(seen, row), amount, css="head")
    said = element("p", text(row["message"]))
    advice = element("p", words("label", "Wat te doen:"), text(" " + row["advice"]))
    return element("li", head, said, advice, element("p", _source(row), css="cite"), css=f"finding {grave}")


def _whose(seen: PageContext, row: dict[str, Any]) -> Html:
    brin = row["brin"]
    if brin is None:
        return words("whose", "hele bevoegd gezag")
    name = seen.placed.value("SchoolName", brin)
    return together(words("whose", name), words("code", brin)) if name else words("whose", brin)


def _source(row: dict[str, Any]) -> Html:
    place = f" Bestand: {row['file']}" if row["file"] else ""
    line = f", regel {row['line']}" if place and row["line"] is not None else ""
    return text(f"Bron: {row['article']}.{place}{line}{'.' if place else ''}")


COLUMNS = (
    ("CarriedOver", "start"),
    ("Received", "duration"),
    ("Spent", "duration"),
    ("NetChange", "duration"),
    ("CarriedOver", "end"),
    ("Accrued", "duration"),
)
_READING = (
    "Wat een school aan het begin had, plus wat is ontvangen, min wat is besteed, is wat zij overhoudt. "
    "Toe te rekenen is het deel van de besluiten over beide schooljaren dat op dit kalenderjaar slaat; het telt "
    "niet mee in de som."
)


def money(seen: PageContext) -> Html:
    """The table of money; names and places of schools are facts here."""
    named = [balance(seen, period, "-12-") if name == "CarriedOver" else label(name) for name, period in COLUMNS]
    head = [heading(text("School")), *[heading(name, "number") for name in named]]
    rows = [row(_school(seen, brin), _amounts(seen, brin)) for brin in seen.brins]
    bodies = [element("tbody", *rows)]
    if len(rows) > 1:
        bodies.append(element("tbody", _all(seen), css="total"))
    shown = table(f"{TITLES['geld']} over {seen.year}", head, bodies, "wide")
    return part("geld", TITLES["geld"], sentence(_READING), shown)


def _school(seen: PageContext, brin: str) -> Html:
    name, place = seen.placed.show("SchoolName", brin), seen.placed.show("Municipality", brin)
    below = [text(brin), *([text(" · "), place] if place else [])]
    if not name:
        return together(*below)
    return together(element("span", name), element("span", *below, css="sub"))


def _amounts(seen: PageContext, brin: str) -> list[Html]:
    return [number(seen.placed.show(name, brin, period=period)) for name, period in COLUMNS]


def _all(seen: PageContext) -> Html:
    """The same values that stand as facts of the board above; here they only close the table."""
    values = [seen.placed.value(name, period=period) for name, period in COLUMNS]
    shown = [number(text(dutch.number(Decimal(value), 2)) if value else EMPTY) for value in values]
    return row(together(element("span", text("Alle scholen")), words("sub", "zie In het kort")), shown)


_READING_INTERVENTIONS = (
    "De categorieën tellen op tot alles wat is besteed; de interventies van een categorie tot die categorie."
)


def interventions(seen: PageContext) -> Html:
    """The tables of interventions."""
    mine = list(_rows(seen, None))
    if not mine:
        return part("interventies", TITLES["interventies"], sentence("Er is niets besteed."))
    head = [heading(text("Categorie en interventie"))]
    head += [heading(label(name), "number") for name in ("Spent", "SpentExternal")]
    whole = table("Alle scholen samen", [*head, _share_head()], [element("tbody", *mine)], "menu titled")
    schools = table("Per school", head, [_school_interventions(seen, brin) for brin in seen.brins], "menu titled")
    return part(
        "interventies", TITLES["interventies"], sentence(_READING_INTERVENTIONS), whole, _unlisted(seen), schools
    )


def _share_head() -> Html:
    return heading(text("Deel van de besteding"), "number")


def _school_interventions(seen: PageContext, brin: str) -> Html:
    rows = list(_rows(seen, brin))
    if not rows:
        return EMPTY
    name = element("tr", element("th", seen.school(brin), scope="rowgroup", colspan="3"), css="group")
    return element("tbody", name, *rows)


def _rows(seen: PageContext, brin: str | None) -> Iterator[Html]:
    """A row per category that money went to, and below it a row per intervention."""
    members = seen.placed.members(brin)
    for top in members:
        if top in TOP:
            yield row(text(seen.menu.names[top]), _amounts_interventions(seen, brin, top), "category")
            for key in members:
                if seen.menu.category.get(key) == top:
                    yield row(text(seen.menu.names[key]), _amounts_interventions(seen, brin, key), "intervention")


def _amounts_interventions(seen: PageContext, brin: str | None, member: str) -> list[Html]:
    shown = [number(seen.placed.show(name, brin, member=member)) for name in ("Spent", "SpentExternal")]
    return shown if brin else [*shown, number(_part(seen, member))]


def _part(seen: PageContext, member: str) -> Html:
    """Which part of all spending went there, in tenths of a percent: to look at, and no fact."""
    here, whole = _cents(seen.placed.value("Spent", member=member)), _cents(seen.placed.value("Spent"))
    if not whole:
        return EMPTY
    permille = (2_000 * here + whole) // (2 * whole)
    return text(dutch.percent(Decimal(permille).scaleb(-3), 1))


def _cents(value: str | None) -> int:
    return int((value or "0.00").replace(".", ""))


def _unlisted(seen: PageContext) -> Html:
    """What the board wrote that is not on the menukaart."""
    if seen.placed.value("Spent", member=NOT_ON_MENU) is None:
        return EMPTY
    items = [
        element("li", text(f"{category}. {name} "), words("amount", seen.amount(amount)))
        for category, name, amount in added_up(seen, off_menu=True)
    ]
    intro = element("p", text("Niet op de menukaart, zoals het bevoegd gezag het opgaf:"))
    return element("div", intro, element("ul", *items), css="unlisted")


_SPLIT = ("SpentExternal", "SpentOther", "ExternalShare")
CRITERIA = (
    "Er is geen maximum voor personeel niet in loondienst. Inhuur hoort aanvullend te zijn op eigen personeel, "
    "beperkt, tijdelijk en gericht op wat de school nodig heeft (AVS, veelgestelde vragen). De MR heeft "
    "adviesrecht over het inhuren van een extern bureau (WMS artikel 11, lid 1, onder d)."
)
_ABOVE = (
    "Bovenschools is wat het bevoegd gezag voor scholen samen inzet. Dat mag alleen als de MR van elke school "
    "vooraf met haar deel instemt, en de GMR met de wijze waarop."
)


def level(seen: PageContext) -> Html:
    """The table of externals and levels, and what was spent at board level."""
    head = [heading(text("School")), *[heading(label(name), "number") for name in _SPLIT]]
    for called in seen.menu.levels.values():
        head.append(heading(together(label("Spent"), words("sub", called.lower())), "number"))
    rows = [row(seen.school(brin), _amounts_level(seen, brin)) for brin in seen.brins]
    shown = table(f"Externen en niveau per school over {seen.year}", head, [element("tbody", *rows)], "wide")
    return part("niveau", TITLES["niveau"], sentence(CRITERIA, _ABOVE), shown, _above(seen))


def _amounts_level(seen: PageContext, brin: str) -> list[Html]:
    split = [seen.placed.show(name, brin) for name in _SPLIT]
    by_level = [seen.placed.show("Spent", brin, level=name) for name in seen.menu.levels]
    return [number(shown) for shown in (*split, *by_level)]


def _above(seen: PageContext) -> Html:
    """On which interventions money was spent at board level."""
    summed = added_up(seen, level="bovenschools")
    if not summed:
        return sentence("Er is niets bovenschools besteed.")
    shown = [
        row(
            together(text(name), words("sub", seen.menu.names[category])),
            [number(text(dutch.number(Decimal(amount), 2)))],
        )
        for category, name, amount in summed
    ]
    head = [heading(text("Interventie")), heading(text("Bedrag"), "number")]
    return table("Waaraan bovenschools is besteed", head, [element("tbody", *shown)], "narrow titled")


_ANSWERS = (("SchoolScan", None), ("MrConsent", "MrConsentDate"), ("GmrConsent", "GmrConsentDate"))
_TEXTS = ("ParentsInvolved", "Results")
_UNKNOWN = "Onbekend is niet hetzelfde als nee: er is dan niets opgegeven."


def consent(seen: PageContext) -> Html:
    """The answers per school, with the day of a consent where it is known, and the texts."""
    head = [heading(text("School")), *[heading(label(name)) for name, _ in _ANSWERS]]
    rows = [row(seen.school(brin), [_answer(seen, brin, *one) for one in _ANSWERS]) for brin in seen.brins]
    shown = table(f"Schoolscan en instemming per school over {seen.year}", head, [element("tbody", *rows)], "wide")
    return part("instemming", TITLES["instemming"], sentence(_UNKNOWN), shown, _texts(seen))


def _answer(seen: PageContext, brin: str, concept: str, dated: str | None) -> Html:
    given = seen.placed.value(concept, brin)
    answer = element("span", seen.placed.show(concept, brin), css=f"answer {given}")
    day = seen.placed.show(dated, brin) if dated else EMPTY
    if not day:
        return element("td", answer)
    return element("td", answer, element("span", label(dated or ""), text(": "), day, css="sub"))


def _texts(seen: PageContext) -> Html:
    """What schools wrote, under the name of the school."""
    parts = []
    for brin in seen.brins:
        told = [(name, seen.placed.show(name, brin)) for name in _TEXTS]
        said = [element("dd", element("span", label(name), css="asked"), shown) for name, shown in told if shown]
        parts += [element("dt", seen.school(brin)), *said] if said else []
    if not parts:
        return EMPTY
    return together(element("h3", text("Wat de scholen schrijven")), element("dl", *parts, css="texts"))


ANSWERED_IN = (
    "instemming",
    "interventies",
    "instemming",
    "instemming",
    "niveau",
    "instemming",
    "instemming",
    "niveau",
)
"""The part with the answer to each question, in the order of the file on accountability."""

_READING_ASKED = (
    "Dit wordt van een bevoegd gezag gevraagd. Achter elke vraag staat waar op deze bladzijde het antwoord staat."
)


def asked(seen: PageContext) -> Html:
    """The questions, each with its source and a link to its answer.

    Raises:
        ValueError: a question was added and nobody said where it is answered.
    """
    questions = seen.rules.accountability.must_report
    items = [_question(seen, *pair) for pair in zip(questions, ANSWERED_IN, strict=True)]
    return part("gevraagd", TITLES["gevraagd"], sentence(_READING_ASKED), element("ol", *items, css="asked"))


def _question(seen: PageContext, question: Cited[str], anchor: str) -> Html:
    source = seen.rules.accountability.sources[question.source]
    link = element("a", text(TITLES[anchor]), href=f"#{anchor}")
    cite = element("a", text(question.where), href=source.url)
    said = text(f"{question.value}. Zie ")
    return element("li", said, link, text("."), element("span", text("Bron: "), cite, css="sub"))


def origin(seen: PageContext) -> Html:
    """How each figure came about."""
    told = [made for name, said in _told(seen) for made in (element("dt", text(name)), element("dd", text(said)))]
    return part("herkomst", TITLES["herkomst"], element("dl", *told, css="origin"))


def closing(seen: PageContext) -> Html:
    """The foot of the page."""
    form = (
        f"Dit bestand is ook een inline XBRL-rapport volgens de taxonomie {NAMESPACE}: elk cijfer en elk antwoord "
        "hierboven is er een gegeven in."
        if seen.filing
        else "Dit bestand is om te lezen en bevat geen XBRL-gegevens."
    )
    made = f"Gemaakt op {dutch.day(seen.told.accounted_on)}."
    foot = element("p", text(f"{form} {made} Geen uitgave van DUO of het ministerie van OCW."))
    return element("div", element("div", foot, css="frame"), css="foot")


def _told(seen: PageContext) -> list[tuple[str, str]]:
    """Each figure with what it is made of; the sum is written out with the figures of the board."""
    year, value = seen.year, seen.placed.value
    amounts = [
        seen.amount(value(name, period=period))
        for name, period in (("CarriedOver", "start"), ("Received", "duration"), ("Spent", "duration"))
    ]
    end = seen.amount(value("CarriedOver", period="end"))
    return [
        (
            "Ontvangen",
            f"Wat in {year} voor deze scholen is betaald: de som van de regels in de boeken (tabel payments) met "
            f"een betaalmaand in {year}, ook correcties op eerdere maanden.",
        ),
        (
            "Toe te rekenen aan het jaar",
            f"Van schooljaar {year - 1}-{year} de maanden januari tot en met juli (7/12) en van schooljaar "
            f"{year}-{year + 1} de maanden augustus tot en met december (5/12), volgens de laatste besluiten.",
        ),
        ("Besteed", "Wat het bevoegd gezag per school, interventie en niveau heeft opgegeven."),
        (
            "Nog te besteden",
            f"{amounts[0]} + {amounts[1]} - {amounts[2]} = {end}. Het beginbedrag is het slot van {year - 1}. "
            f"In de jaarrekening staat wat overblijft als {seen.told.treatment.replace('_', ' ')}.",
        ),
        (
            "Controle",
            "Met het bestand SHA256SUMS ernaast is na te gaan dat dit bestand niet is veranderd. De ontvangen "
            "bedragen van alle bevoegde gezagen samen zijn gelijk aan de betalingen in de boeken.",
        ),
    ]
