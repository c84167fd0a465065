"""Where the figures come from, how they tie to the books, and what this page is."""

from __future__ import annotations

from npo_pipeline.reports.filing.inline.figures import day
from npo_pipeline.reports.filing.inline.markup import Html, element, part, text
from npo_pipeline.reports.filing.inline.opening import TITLES
from npo_pipeline.reports.filing.inline.seen import Seen
from npo_pipeline.reports.filing.uris import NAMESPACE


def origin(seen: Seen) -> Html:
    """How each figure came about."""
    told = [made for name, said in _told(seen) for made in (element("dt", text(name)), element("dd", text(said)))]
    return part("herkomst", TITLES["herkomst"], element("dl", *told, css="origin"))


def closing(seen: Seen) -> Html:
    """The foot of the page."""
    form = (
        f"Dit bestand is ook een inline XBRL-rapport volgens de taxonomie {NAMESPACE}: elk cijfer en elk antwoord "
        "hierboven is er een gegeven in."
        if seen.filing
        else "Dit bestand is om te lezen en bevat geen XBRL-gegevens."
    )
    made = f"Gemaakt op {day(seen.told.accounted_on.isoformat())}."
    foot = element("p", text(f"{form} {made} Geen uitgave van DUO of het ministerie van OCW."))
    return element("div", element("div", foot, css="frame"), css="foot")


def _told(seen: Seen) -> list[tuple[str, str]]:
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
