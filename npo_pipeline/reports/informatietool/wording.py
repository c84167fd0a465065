"""The Dutch sentences of the informatietool; its numbers and words are those of `npo_pipeline.dutch`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from npo_pipeline import dutch
from npo_pipeline.measures import BY_NAME
from npo_pipeline.reports.explain.catalogue import language
from npo_pipeline.reports.explain.model import Assumption

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

SUPPORT = (
    "Per kalenderjaar, volgens de laatste besluiten: wat de gemeente zelf krijgt, wat de besturen voor de scholen "
    "in de gemeente krijgen, en wat samenwerkingsverbanden krijgen voor leerlingen praktijkonderwijs van die "
    "scholen (naar hun aantal)."
)


def school_types(names: Sequence[str]) -> str:
    """Return school types by their names, in a list."""
    return dutch.listed([dutch.school_type(name) for name in names])


def rate_unit(measure: str) -> str:
    """Return the unit of the rate of a measure: per leerling."""
    return f"per {BY_NAME[measure].rate_units[0].dutch}" if measure in BY_NAME else ""


def excluded(components: Sequence[str]) -> str:
    """Return which components the tool excludes because the official one does; nothing where there are none."""
    if not components:
        return ""
    named = dutch.listed([dutch.within_sentence(dutch.component(name)) for name in components])
    return (
        f"Niet opgenomen, net als in de officiële informatietool: de bedragen voor {named}. "
        "Een school kan daarvoor dus meer ontvangen dan hier staat."
    )


def gap_unknown(component: str, types: Sequence[str], value: str) -> str:
    """Return that a component has no amount because a value of the rules is not known."""
    return f"{dutch.component(component)} ({school_types(types)}): {dutch.value(value)} is niet bekend."


def gap_not_delivered(component: str, types: Sequence[str], measure: str) -> str:
    """Return that a component has no amount because no file counts its measure."""
    # A score is counted in points, and delivered as scores.
    needs = "achterstandsscores" if measure == "score" else dutch.DUTCH.units.get(measure, (measure, measure))[1]
    return f"{dutch.component(component)} ({school_types(types)}): er zijn geen {needs} aangeleverd."


def rests_on(assumptions: Sequence[Assumption]) -> str:
    """Return the assumptions behind a total in sentences, approximate values first."""
    if not assumptions:
        return ALL_PUBLISHED
    sentences = ["Niet alles staat letterlijk in de bronnen."]
    for status, begin in (("approximate", "Bij benadering bekend"), ("derived", "Afgeleid")):
        components: dict[str, dict[str, None]] = {}
        for one in assumptions:
            if one.status == status:
                named = components.setdefault(dutch.value(one.what), {})
                named |= {dutch.within_sentence(dutch.component(one.component)): None} if one.component else {}
        values = [f"{value} ({', '.join(named)})" if named else value for value, named in components.items()]
        if values:
            sentences.append(f"{begin}: {dutch.listed(values)}.")
    return " ".join(sentences)


def assumption_badge(statuses: Collection[str]) -> str:
    """Return the weakest status behind a total, in two words; nothing where all is published."""
    for status in ("approximate", "derived"):
        if status in statuses:
            return f"deels {STATUSES[status]}"
    return ""


def other_date(used: date, stated: date) -> str:
    """Return that a decision uses the counts of another day than the regulation states, as an explanation does."""
    return language("nl").say("other_day", used=dutch.day(used), named=dutch.day(stated))
