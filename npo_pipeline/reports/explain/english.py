"""The same in English, for who does not read Dutch."""

from __future__ import annotations

from npo_pipeline.dutch import Language
from npo_pipeline.reports.explain.lifecycle_text import ENGLISH_LIVED

_SENTENCES = {
    # The top of an explanation.
    "title.vestiging": "NPO funding of vestiging {code}{named} explained",
    "title.brin": "NPO funding of BRIN {code}{named} explained",
    "title.board": "NPO funding of board {code}{named} explained",
    "named": ", {name}",
    "in_place": " ({place})",
    "no_decision": "There is no decision with {code} in it yet.",
    "decision": "School year {school_year}, decision {decision} of {day}, with the counts of {reference_date}",
    "other_day": "Mind: the pupils of {used} were counted; the regulation says {named}.",
    "reason": "Reason of this decision: {reason}.",
    "superseded": "This decision was superseded by {newer}. Below is how things stood just before.",
    "total.vestiging": "Total of this vestiging: {amount}",
    "total.brin": "Total of this BRIN: {amount} for {schools}",
    "total.board": "Total of this board: {amount} for {schools}",
    "school": "Vestiging {code}{named}: {amount}",
    "board": "Competent authority in this decision: board {board}",
    # A component of a school: the paragraph.
    "line": "{component}, {school_type}: {amount}",
    "counted": "On {days} {place} counted {counted}{where}.",
    "counted.days": "On {days} together {place} counted {counted}{where}.",
    "counted.score": "The disadvantage score (achterstandsscore) of {place} on {days} is {counted}.",
    "place.vestiging": "this vestiging",
    "place.brin": "BRIN {brin}",
    "where": " {school_type}",
    "parts": "Divided: {parts}.",
    "part": "{number} {school_type}{aside}",
    "aside": " ({aside})",
    "cluster": "cluster {cluster}",
    "files": "This comes from {files}.",
    "file": "{file} ({rows}, {refused} of them refused; sha256 {sha256}{superseded})",
    "file.superseded": "; corrected since by a newer file",
    "threshold.brin": "The threshold: {counted} in the BRIN, less the first {threshold}, is {quantity}.",
    "threshold.vestiging": "The threshold: {counted} in the vestiging, less the first {threshold}, is {quantity}.",
    "booked": "This is for the whole BRIN {brin} and is booked here, for {others} as well.",
    "booked.alone": "This is for the whole BRIN {brin}; this is its only vestiging.",
    "rate": "The rate is {rate} per {unit}; {status}.",
    "product.exact": "Calculation: {quantity} × {rate} = {unrounded}. That is exact to the cent.",
    "product.rounded": (
        "Calculation: {quantity} × {rate} = {unrounded}. "
        "Rounded to the cent (half a cent goes up) that is {amount}."
    ),
    "source": "Source: {article} ({source}, {url}).",
    # The months.
    "months": "Payments",
    "paid": "Paid: {months}. Together {total}.",
    "paid.none": "Nothing was paid yet.",
    "month": "{month} {amount}{board}",
    "month.corrected": "{month} {amount}{board}, of which {correction} correction",
    "month.board": " to board {board}",
    "settle.more": "The next payment adds {amount} for the months before.",
    "settle.less": "The next payment takes off {amount} for the months before.",
    "to_come": "To be paid: {months}. Together {total}.",
    "to_come.none": "No more instalments are to come.",
    **ENGLISH_LIVED,
    # Against the decision before.
    "changes": "Changed since decision {before}",
    "change": "{component}, {school_type}: was {before}, is now {after}. That is {difference}, {cause}.",
    "change.of": "{vestiging}. {change}",
    "change.none": "The amounts stayed the same.",
    "change.first": "This is the first decision on this school year.",
    "more": "{amount} more",
    "less": "{amount} less",
    "same": "{amount} of difference",
    "cause.count": "because the number is {after} now and was {before} before",
    "cause.score": "because the score is {after} now and was {before} before",
    "cause.rate": "because the rate is {after} now and was {before} before",
    "cause.new school": "because it was not in that decision and is in this one, with {after}",
    "cause.no longer counted": "because it was in that decision, with {before}, and is not in this one",
    # What there is no amount for.
    "omitted": "What there is no amount for",
    "omitted.unknown": (
        "{component} ({school_types}): left out, because {what} is not known ({article}). "
        "That is not the same as zero."
    ),
    "omitted.not_delivered": (
        "{component} ({school_types}): left out, because nothing was delivered that counts it. "
        "That is not the same as zero."
    ),
    "omitted.zero": "{component} ({school_types}): no amount for {number}.",
    "omitted.zero.score": "{component} ({school_types}): no amount, because the score is {number}.",
    "omitted.below_threshold": (
        "{component} ({school_types}): no amount for {number}, because the first {threshold} give nothing."
    ),
    "omitted.booked_elsewhere": (
        "{component} ({school_types}): the count of this vestiging ({number}) is in the amount of {where}, "
        "because it is booked there for the whole BRIN."
    ),
    "omitted.no_board": (
        "{component} ({school_types}): left out, because it was not known which board would get the money."
    ),
    # What was read otherwise than it was delivered.
    "corrected": "Declared corrections of the source",
    "corrected.set": (
        "{vestiging}: {file}, line {line}: {column} says {expected} and is read as {value}. "
        "Declared by {by} on {on}: {reason}. Until {until}."
    ),
    "corrected.drop": (
        "{vestiging}: {file}, line {line}: this row ({column} {expected}) is left out. "
        "Declared by {by} on {on}: {reason}. Until {until}."
    ),
    "corrected.set.pupil": (
        "{vestiging}: {file}, line {line}: {column} of a pupil is read otherwise than it says. "
        "Declared by {by} on {on}: {reason}. Until {until}."
    ),
    "corrected.drop.pupil": (
        "{vestiging}: {file}, line {line}: the row of a pupil is left out. "
        "Declared by {by} on {on}: {reason}. Until {until}."
    ),
    # What it rests on.
    "rests_on": "What this rests on",
    "rests_on.approximate": "Said by its source to be about so much: {values}.",
    "rests_on.derived": "Derived, so not in any source in so many words: {values}.",
    "rests_on.none": "All rates, dates and rules that were used stand in their source as they are.",
    "value": "{what} ({component})",
    # A BRIN or a board.
    "totals": "Per component",
    "total": "{component}, {school_type}: {amount} ({schools})",
    "schools": "Per vestiging",
    "school.short": "{code}{named}: {amount} = {lines}",
    "school.line": "{quantity} × {rate}",
    "school.elsewhere": "{code}{named}: is under board {board} in this decision",
    "school.nobody": "{code}{named}: has no amount in this decision",
    "ofb": (
        "DUO's overview of financial decisions (Overzicht financiële beschikkingen, Ofb) is definitive. "
        "The amounts here may differ from it."
    ),
}

ENGLISH = Language(
    code="en",
    decimal_point=".",
    thousands=",",
    conjunction="and",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    components={
        "per_pupil": "Amount per pupil",
        "surcharge": "Surcharge per pupil",
        "achterstandsscore": "Disadvantage score (achterstandsscore)",
        "cumi": "CUMI pupils",
        "newcomers": "Newcomers",
        "samenwerkingsverband": "Partnership of schools (samenwerkingsverband, longer stay)",
    },
    school_types={
        "bao": "primary education",
        "sbo": "special primary education",
        "so": "special education",
        "vso": "special secondary education",
        "vo": "secondary education",
        "vo_pro_vbo": "practical training and vmbo basis/kader year 3-4",
        "cn": "Caribbean Netherlands",
    },
    in_school_type={
        "bao": "in primary education",
        "sbo": "in special primary education",
        "so": "in special education",
        "vso": "in special secondary education",
        "vo": "in secondary education",
        "vo_pro_vbo": "in practical training and vmbo basis/kader year 3-4",
        "cn": "in the Caribbean Netherlands",
    },
    units={
        "pupils": ("pupil", "pupils"),
        "score": ("point", "points"),
        "cumi_pupils": ("CUMI pupil", "CUMI pupils"),
        "newcomers": ("newcomer", "newcomers"),
        "longer_stay": ("pupil", "pupils"),
        "rows": ("row", "rows"),
        "schools": ("vestiging", "vestigingen"),
    },
    rate_units={
        "unit of score": "point of the score",
        "cumi pupil": "CUMI pupil",
        "newcomer and reference date": "newcomer per reference date",
    },
    statuses={
        "published": "it stands so in its source",
        "approximate": "its source says about this, the exact rate is not known",
        "derived": "it was derived and does not stand in its source in so many words",
    },
    values={
        "rate": "the rate",
        "schedule": "the months of payment",
        "threshold": "the threshold",
        "level": "the level of the threshold",
        "booking": "the place of booking",
        "reference date": "the reference date",
        "reference dates": "the reference dates",
        "rounding": "the rounding",
        "months of payment": "the months of payment",
        "units of the threshold": "the height of the threshold",
        "level of the threshold": "that the threshold works per BRIN or per vestiging",
        "place of booking": "the place of booking",
    },
    rate_of="the rate for {school_types}",
    sentences=_SENTENCES,
)
