"""The Dutch words of the informatietool. A word that is not here is shown as the books write it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from npo_pipeline import dutch
from npo_pipeline.dutch import component, listed

RATE_UNITS: Mapping[str, str] = {
    "pupils": "pupil",
    "score": "unit of score",
    "cumi_pupils": "cumi pupil",
    "newcomers": "newcomer and reference date",
    "longer_stay": "pupil",
}
"""Measure -> the unit of its rate in the rules."""

STATUSES: Mapping[str, str] = {
    "published": "gepubliceerd",
    "approximate": "bij benadering",
    "derived": "afgeleid",
    "unknown": "niet bekend",
}
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


def school_types(names: Sequence[str]) -> str:
    """List school types by their names."""
    return listed([dutch.school_type(name) for name in names])


def rate_unit(measure: str) -> str:
    """Return the unit of the rate of a measure: per leerling."""
    return f"per {dutch.DUTCH.rate_unit(RATE_UNITS[measure])}" if measure in RATE_UNITS else ""


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
    return f"{component(name)} ({school_types(kinds)}): {dutch.value(missing)} is niet bekend."


def gap_absent(name: str, kinds: Sequence[str], measure: str) -> str:
    """A component that cannot be reckoned because nothing counts what it needs."""
    # A score is counted in points, and delivered as scores.
    needs = "achterstandsscores" if measure == "score" else dutch.DUTCH.units.get(measure, (measure, measure))[1]
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
