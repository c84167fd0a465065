"""The Dutch words of the informatietool. A word that is not here is shown as the books write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from npo_pipeline.reports.explain.dutch import DUTCH

COMPONENTS: Mapping[str, str] = {
    "per_pupil": "Bedrag per leerling",
    "surcharge": "Toeslag per leerling",
    "achterstandsscore": "Achterstandsscore",
    "cumi": "CUMI-leerlingen",
    "newcomers": "Nieuwkomers",
    "samenwerkingsverband": "Samenwerkingsverbanden (langer verblijf)",
}
SCHOOL_TYPES: Mapping[str, str] = {
    "bao": "basisonderwijs",
    "sbo": "speciaal basisonderwijs",
    "so": "speciaal onderwijs",
    "vso": "voortgezet speciaal onderwijs",
    "vo": "voortgezet onderwijs",
    "vo_pro_vbo": "praktijkonderwijs en vbo basis/kader leerjaar 3-4",
    "cn": "Caribisch Nederland",
}
UNITS: Mapping[str, str] = {
    "pupils": "per leerling",
    "score": "per eenheid score",
    "cumi_pupils": "per CUMI-leerling",
    "newcomers": "per nieuwkomer en teldatum",
    "longer_stay": "per leerling",
}
COUNTED: Mapping[str, tuple[str, str]] = {
    "pupils": ("leerling", "leerlingen"),
    "score": ("achterstandsscore", "achterstandsscores"),
    "cumi_pupils": ("CUMI-leerling", "CUMI-leerlingen"),
    "newcomers": ("nieuwkomer", "nieuwkomers"),
    "longer_stay": ("leerling", "leerlingen"),
}
"""What a measure counts: one, and more."""

STATUSES: Mapping[str, str] = {
    "published": "gepubliceerd",
    "approximate": "bij benadering",
    "derived": "afgeleid",
    "unknown": "niet bekend",
}
CURRENCIES: Mapping[str, str] = {"EUR": "euro", "USD": "Amerikaanse dollar"}
SIGNS: Mapping[str, str] = {"EUR": "€", "USD": "US$"}
LEVELS: Mapping[str, str] = {"brin": "BRIN", "vestiging": "vestiging"}

_WHAT: Mapping[str, str] = {
    "reference date": "de teldatum",
    "reference dates": "de teldata",
    "rounding": "de afronding",
    "months of payment": "de betaalmaanden",
    "units of the threshold": "de drempel",
    "level of the threshold": "of de drempel per BRIN of per vestiging geldt",
    "place of booking": "de vestiging waarop wordt geboekt",
    "rate": "het bedrag",
    "schedule": "de betaalmaanden",
    "threshold": "de drempel",
    "level": "het niveau van de drempel",
    "booking": "de vestiging waarop wordt geboekt",
}
RATE_OF = "rate of "

MONTHS = DUTCH.months
SHORT_MONTHS = ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
TITLE = "Informatietool NP Onderwijs"
OFB = (
    "Dit overzicht is informatief. Het Overzicht financiële beschikkingen (Ofb) van DUO is definitief "
    "en kan afwijken van de bedragen hier."
)
NO_PRODUCT = (
    "Deze informatietool is gemaakt uit open gegevens van DUO en CBS (bron: CBS) en is geen uitgave van DUO, "
    "CBS of het ministerie van OCW."
)
ALL_PUBLISHED = "Alle bedragen en regels staan zo in de genoemde bronnen."
NOT_ADDED = "Bedragen in Amerikaanse dollars staan apart en worden nooit bij euro's opgeteld."


def listed(items: Sequence[str]) -> str:
    """Things in a row, with `en` before the last."""
    return " en ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)


def component(name: str) -> str:
    """A component as people call it."""
    return COMPONENTS.get(name, name.replace("_", " ").capitalize())


def school_types(names: Sequence[str]) -> str:
    """School types in a row."""
    return ", ".join(SCHOOL_TYPES.get(name, name) for name in names)


def value_label(name: str) -> str:
    """A value of a regulation that amounts depend on."""
    if name.startswith(RATE_OF):
        return f"het bedrag voor {school_types(name.removeprefix(RATE_OF).split(', '))}"
    return _WHAT.get(name, name)


def outside(components: Sequence[str]) -> str:
    """What the tool leaves out because the official one does."""
    if not components:
        return ""
    named = listed([component(name).lower() for name in components])
    return (
        f"Niet opgenomen, net als in de officiële informatietool: de bedragen voor {named}. "
        "Een school kan daarvoor dus meer ontvangen dan hier staat."
    )


def gap_unknown(name: str, kinds: Sequence[str], missing: str) -> str:
    """A component that cannot be reckoned because a value is not known."""
    return f"{component(name)} ({school_types(kinds)}): {value_label(missing)} is niet bekend."


def gap_absent(name: str, kinds: Sequence[str], measure: str) -> str:
    """A component that cannot be reckoned because nothing counts what it needs."""
    _, needs = COUNTED.get(measure, (measure, measure))
    return f"{component(name)} ({school_types(kinds)}): er zijn geen {needs} aangeleverd."


def rests_on(soft: Sequence[tuple[str, str, str | None]]) -> str:
    """What a total rests on.

    Args:
        soft: status, what, and the component it is of (null: all) of each thing.

    Returns:
        Sentences, approximate values first.
    """
    if not soft:
        return ALL_PUBLISHED
    parts = ["Niet alles staat letterlijk in de bronnen."]
    for status, start in (("approximate", "Bij benadering bekend"), ("derived", "Afgeleid")):
        together: dict[str, list[str]] = {}
        for one, thing, name in soft:
            if one == status:
                of = together.setdefault(thing, [])
                of += [component(name).lower()] if name and component(name).lower() not in of else []
        named = [f"{thing} ({', '.join(of)})" if of else thing for thing, of in together.items()]
        if named:
            parts.append(f"{start}: {listed(named)}.")
    return " ".join(parts)


def assumption_badge(statuses: Collection[str]) -> str:
    """What a total rests on, in two words; nothing where all is published."""
    for status in ("approximate", "derived"):
        if status in statuses:
            return f"deels {STATUSES[status]}"
    return ""


def other_date(used: str, said: str) -> str:
    """A decision on counts of another day than the regulation names."""
    return f"Let op: gerekend is met de telling van {used}; de regeling noemt {said}."


def day(moment: date) -> str:
    """A day as `1 oktober 2020`."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def month(first: date) -> str:
    """A month as `oktober 2020`."""
    return f"{MONTHS[first.month - 1]} {first.year}"
