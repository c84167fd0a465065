"""The sentences of an explanation in Dutch, as a school board reads them."""

from __future__ import annotations

from dataclasses import replace

from npo_pipeline import dutch
from npo_pipeline.reports.explain.lifecycle_text import DUTCH_LIVED

_SENTENCES = {
    # The top of an explanation.
    "title.vestiging": "Uitleg bij de NPO-bekostiging van vestiging {code}{named}",
    "title.brin": "Uitleg bij de NPO-bekostiging van BRIN {code}{named}",
    "title.board": "Uitleg bij de NPO-bekostiging van bestuur {code}{named}",
    "named": ", {name}",
    "in_place": " ({place})",
    "no_decision": "Er is nog geen besluit waarin {code} voorkomt.",
    "decision": "Schooljaar {school_year}, besluit {decision} van {day}, met de tellingen van {reference_date}",
    "other_day": "Let op: gerekend is met de telling van {used}; de regeling noemt {named}.",
    "reason": "Reden van dit besluit: {reason}.",
    "superseded": "Dit besluit is vervangen door {newer}. Hieronder staat hoe het was vlak daarvoor.",
    "total.vestiging": "Totaal voor deze vestiging: {amount}",
    "total.brin": "Totaal voor deze BRIN: {amount} voor {schools}",
    "total.board": "Totaal voor dit bestuur: {amount} voor {schools}",
    "school": "Vestiging {code}{named}: {amount}",
    "board": "Bevoegd gezag in dit besluit: bestuur {board}",
    # A component of a school: the paragraph.
    "line": "{component}, {school_type}: {amount}",
    "counted": "Op {days} telde {place} {counted}{where}.",
    "counted.days": "Op {days} samen telde {place} {counted}{where}.",
    "counted.score": "De achterstandsscore van {place} op {days} is {counted}.",
    "place.vestiging": "deze vestiging",
    "place.brin": "BRIN {brin}",
    "where": " {school_type}",
    "parts": "Onderverdeeld: {parts}.",
    "part": "{number} {school_type}{aside}",
    "aside": " ({aside})",
    "cluster": "cluster {cluster}",
    "files": "Dat komt uit {files}.",
    "file": "{file} ({rows}, waarvan {refused} geweigerd; sha256 {sha256}{superseded})",
    "file.superseded": "; daarna gecorrigeerd met een nieuwer bestand",
    "threshold.brin": "De drempel: {counted} op de BRIN, min de eerste {threshold}, is {quantity}.",
    "threshold.vestiging": "De drempel: {counted} op de vestiging, min de eerste {threshold}, is {quantity}.",
    "booked": "Dit geldt voor de hele BRIN {brin} en is hier geboekt, ook voor {others}.",
    "booked.alone": "Dit geldt voor de hele BRIN {brin}; dit is er de enige vestiging van.",
    "rate": "Het bedrag is {rate} per {unit}; {status}.",
    "product.exact": "Berekening: {quantity} × {rate} = {unrounded}. Dat komt precies op de cent uit.",
    "product.rounded": (
        "Berekening: {quantity} × {rate} = {unrounded}. "
        "Afgerond op de cent (een halve cent omhoog) is dat {amount}."
    ),
    "source": "Bron: {article} ({source}, {url}).",
    # The months.
    "months": "Betalingen",
    "paid": "Betaald: {months}. Samen {total}.",
    "paid.none": "Er is nog niets betaald.",
    "month": "{month} {amount}{board}",
    "month.corrected": "{month} {amount}{board}, waarvan {correction} correctie",
    "month.board": " aan bestuur {board}",
    "settle.more": "Bij de volgende betaling komt er over de eerdere maanden nog {amount} bij.",
    "settle.less": "Bij de volgende betaling gaat er over de eerdere maanden nog {amount} af.",
    "to_come": "Nog te betalen: {months}. Samen {total}.",
    "to_come.none": "Er komen geen termijnen meer.",
    **DUTCH_LIVED,
    # Against the decision before.
    "changes": "Veranderd sinds besluit {before}",
    "change": "{component}, {school_type}: was {before}, is nu {after}. Dat is {difference}, {cause}.",
    "change.of": "{vestiging}. {change}",
    "change.none": "De bedragen zijn gelijk gebleven.",
    "change.first": "Dit is het eerste besluit over dit schooljaar.",
    "more": "{amount} meer",
    "less": "{amount} minder",
    "same": "{amount} verschil",
    "cause.count": "want het aantal is nu {after} en was eerst {before}",
    "cause.score": "want de score is nu {after} en was eerst {before}",
    "cause.rate": "want het bedrag is nu {after} en was eerst {before}",
    "cause.new school": "want dit stond nog niet in dat besluit en nu wel, met {after}",
    "cause.no longer counted": "want dit stond eerst in het besluit, met {before}, en nu niet meer",
    # What there is no amount for.
    "omitted": "Waarvoor er geen bedrag is",
    "omitted.unknown": (
        "{component} ({school_types}): niet meegerekend, want {what} is niet bekend ({article}). "
        "Dat is iets anders dan nul."
    ),
    "omitted.not_delivered": (
        "{component} ({school_types}): niet meegerekend, want hiervoor zijn geen gegevens aangeleverd. "
        "Dat is iets anders dan nul."
    ),
    "omitted.zero": "{component} ({school_types}): geen bedrag bij {number}.",
    "omitted.zero.score": "{component} ({school_types}): geen bedrag, want de score is {number}.",
    "omitted.below_threshold": (
        "{component} ({school_types}): geen bedrag bij {number}, want de eerste {threshold} geven niets."
    ),
    "omitted.booked_elsewhere": (
        "{component} ({school_types}): de telling van deze vestiging ({number}) zit in het bedrag van {where}, "
        "want dat is daar voor de hele BRIN geboekt."
    ),
    "omitted.no_board": (
        "{component} ({school_types}): niet meegerekend, want bij dit besluit was niet bekend welk bestuur het "
        "geld krijgt."
    ),
    # What was read otherwise than it was delivered.
    "corrected": "Opgegeven correcties op de bron",
    "corrected.set": (
        "{vestiging}: {file}, regel {line}: bij {column} staat {expected}, gelezen is {value}. "
        "Opgegeven door {by} op {on}: {reason}. Geldig tot en met {until}."
    ),
    "corrected.drop": (
        "{vestiging}: {file}, regel {line}: deze rij ({column} {expected}) is weggelaten. "
        "Opgegeven door {by} op {on}: {reason}. Geldig tot en met {until}."
    ),
    "corrected.set.pupil": (
        "{vestiging}: {file}, regel {line}: {column} van een leerling is anders gelezen dan er staat. "
        "Opgegeven door {by} op {on}: {reason}. Geldig tot en met {until}."
    ),
    "corrected.drop.pupil": (
        "{vestiging}: {file}, regel {line}: de rij van een leerling is weggelaten. "
        "Opgegeven door {by} op {on}: {reason}. Geldig tot en met {until}."
    ),
    # What it rests on.
    "rests_on": "Waar dit op rust",
    "rests_on.approximate": "De bron noemt bij benadering: {values}.",
    "rests_on.derived": "Afgeleid, dus niet letterlijk uit een bron: {values}.",
    "rests_on.none": "Alle gebruikte bedragen, data en regels staan zo in hun bron.",
    "value": "{what} ({component})",
    # A BRIN or a board.
    "totals": "Per onderdeel",
    "total": "{component}, {school_type}: {amount} ({schools})",
    "schools": "Per vestiging",
    "school.short": "{code}{named}: {amount} = {lines}",
    "school.line": "{quantity} × {rate}",
    "school.elsewhere": "{code}{named}: valt in dit besluit onder bestuur {board}",
    "school.nobody": "{code}{named}: heeft in dit besluit geen bedrag",
    "ofb": (
        "Het Overzicht financiële beschikkingen (Ofb) van DUO is definitief. De bedragen hier kunnen daarvan "
        "afwijken."
    ),
}

DUTCH = replace(dutch.DUTCH, sentences=_SENTENCES)
