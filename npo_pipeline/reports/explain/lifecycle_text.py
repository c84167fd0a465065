"""Sentences on the life of a school and on what corrections were for, in each language."""

from __future__ import annotations

DUTCH_LIVED = {
    "lives": "Wat niet uit het jaarbedrag alleen volgt",
    "life.merger.to": "Opgegaan in {other}: de termijnen van {first} tot en met {last}, {amount}, gaan daarheen.",
    "life.merger.from": (
        "{other} ging hierin op: de termijnen van {first} tot en met {last}, {amount}, komen hierheen."
    ),
    "life.closure": "Gesloten: de termijnen van {first} tot en met {last}, {amount}, vervallen.",
    "life.opening": "Later geopend: de termijnen van {first} tot en met {last}, {amount}, vervallen.",
    "life.amendment.more": "Vóór een wijziging, van {first} tot en met {last}, gaven de regels {amount} meer.",
    "life.amendment.less": "Vóór een wijziging, van {first} tot en met {last}, gaven de regels {amount} minder.",
    "settled": "Waar de correcties voor waren",
    "settled.more": "{month}: {amount} erbij, over {months}, omdat {why}.",
    "settled.less": "{month}: {amount} eraf, over {months}, omdat {why}.",
    "months.between": "{first} tot en met {last}",
    "why.first_decision": "er pas na die maanden is besloten",
    "why.reference_count": "de telling is gecorrigeerd",
    "why.score_correction": "de score is gecorrigeerd",
    "why.rate_change": "het bedrag is gewijzigd",
    "why.amendment": "de regels zijn gewijzigd",
    "why.merger": "er een fusie was",
    "why.closure": "er een school sloot",
    "why.opening": "er een school openging",
    "why.board_transfer": "de school naar een ander bestuur ging",
    "why.code": "het programma is verbeterd",
}

ENGLISH_LIVED = {
    "lives": "What does not follow from the amount of the year alone",
    "life.merger.to": "Merged into {other}: the instalments of {first} to {last}, {amount}, go there.",
    "life.merger.from": "{other} merged into it: its instalments of {first} to {last}, {amount}, come here.",
    "life.closure": "Closed: the instalments of {first} to {last}, {amount}, fall away.",
    "life.opening": "Opened later: the instalments of {first} to {last}, {amount}, fall away.",
    "life.amendment.more": "Before an amendment, from {first} to {last}, the rules of then give {amount} more.",
    "life.amendment.less": "Before an amendment, from {first} to {last}, the rules of then give {amount} less.",
    "settled": "What the corrections were for",
    "settled.more": "{month}: {amount} more, for {months}, because {why}.",
    "settled.less": "{month}: {amount} less, for {months}, because {why}.",
    "months.between": "{first} to {last}",
    "why.first_decision": "it was decided after those months",
    "why.reference_count": "the count was corrected",
    "why.score_correction": "the score was corrected",
    "why.rate_change": "the rate was changed",
    "why.amendment": "the rules were amended",
    "why.merger": "of a merger",
    "why.closure": "of a closure",
    "why.opening": "of an opening",
    "why.board_transfer": "of a transfer to another board",
    "why.code": "the program was mended",
}
