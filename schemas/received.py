"""Tables of what was received: deliveries, rejected and corrected rows, schools, counts, applications."""

from __future__ import annotations

from typing import NewType

import polars as pl

from schemas.columns import (
    QUANTITY,
    RECIPIENT,
    RECIPIENT_KINDS,
    REGION,
    SCHEME,
    SCHOOL_TYPES,
    boolean,
    code,
    column,
    day,
    moment,
    money_not_negative,
    one_of,
    quantity,
    table,
    text,
    whole,
)
from schemas.rules import BOARD, BRIN, IBAN_NL, MUNICIPALITY, RULES, SAMENWERKINGSVERBAND, VESTIGING

Deliveries = NewType("Deliveries", pl.DataFrame)
DELIVERIES = table(
    "deliveries",
    "One row per delivered file.",
    {
        "delivery_id": text("The delivered file, numbered in order of arrival (d000001)."),
        "reference_date": day(
            "Day on which its pupils or scores are counted; null for a file that belongs to no date.",
            nullable=True,
        ),
        "kind": text("Kind of file, recognised by its header: `register_po`, `scores`, `changes`, ..."),
        "file": text(),
        "sha256": code(r"^[0-9a-f]{64}$", "SHA-256 of the bytes of the file."),
        "rows": whole("Rows in the file, without its header."),
        "rejected": whole("Rows that were rejected and stand in `quarantine`."),
        "ingested_at": moment("Moment of ingest, UTC."),
        "superseded_by": text(nullable=True),
        "run_id": text(),
        "encoding": text("Encoding that the file was read in."),
    },
    ("delivery_id",),
)

Quarantine = NewType("Quarantine", pl.DataFrame)
QUARANTINE = table(
    "quarantine",
    "One row per fault of a rejected row: a row with two faults stands here twice.",
    {
        "delivery_id": text(),
        "file": text(),
        "line": whole(),
        "rule": one_of(RULES),
        "column_name": text("Column with the fault; null where the whole row is meant.", nullable=True),
        "message": text("The fault in words, without personal data."),
        "board": code(BOARD, "Board that the row is of, in files that boards deliver themselves.", nullable=True),
        "period": text(
            "Calendar year or school year that the row is of, in files that boards deliver themselves.",
            nullable=True,
        ),
    },
    ("delivery_id", "line", "rule", "column_name"),
)

SourceCorrections = NewType("SourceCorrections", pl.DataFrame)
SOURCE_CORRECTIONS = table(
    "source_corrections",
    "One row per declared correction of a delivered row and school that it touches; in force as its delivery is.",
    {
        "delivery_id": text(),
        "file": text(),
        "line": whole(),
        "vestiging": code(
            VESTIGING, "School location that the correction touches; null where a pupil moved.", nullable=True
        ),
        "column_name": text("Column that was corrected."),
        "action": one_of(("set", "drop"), "A value was `set`, or the row was dropped."),
        "expected": text("Value in the file; null for a pupil register.", nullable=True),
        "value": text("Value that was read in its place; null for a pupil register.", nullable=True),
        "reason": text("Why the file is wrong, as declared."),
        "reported_by": text(),
        "reported_on": day("Day on which it was reported."),
        "expires": day("Day from which a corrected file should have come."),
    },
    ("delivery_id", "line", "column_name", "vestiging"),
)

Resolutions = NewType("Resolutions", pl.DataFrame)
RESOLUTIONS = table(
    "resolutions",
    "One row per rejected line that a row of a later delivery resolves.",
    {
        "delivery_id": text("The delivery with the rejected line."),
        "line": whole("The rejected line, as in `quarantine`."),
        "resolved_by": text(),
        "reason": text("Why the line was rejected and is right now, as declared."),
        "reported_by": text(),
    },
    ("delivery_id", "line", "resolved_by"),
)

SchoolFacts = NewType("SchoolFacts", pl.DataFrame)
SCHOOL_FACTS = table(
    "school_facts",
    "Facts about schools as files state them; table `schools` is derived from them.",
    {
        "delivery_id": text(),
        "vestiging": code(VESTIGING),
        "board": code(BOARD),
        "name": text(nullable=True),
        "place": text(nullable=True),
        "municipality": text(nullable=True),
        "as_of": day("Day from which the fact holds."),
        "source": one_of(("pupils", "addresses", "changes"), "Kind of list that states it."),
        "municipality_number": code(MUNICIPALITY, nullable=True),
    },
)

Schools = NewType("Schools", pl.DataFrame)
SCHOOLS = table(
    "schools",
    "The directory: one row per school location and period with one board.",
    {
        "vestiging": code(VESTIGING),
        "brin": code(BRIN),
        "board": code(BOARD, "School board (bevoegd gezag) that holds the school in the period: five digits."),
        "name": text(nullable=True),
        "place": text(nullable=True),
        "municipality": text(nullable=True),
        "valid_from": day("First day of the period; the first period also counts before it."),
        "valid_to": day("Last day of the period; null while it lasts.", nullable=True),
        "municipality_number": code(MUNICIPALITY, nullable=True),
    },
    ("vestiging", "valid_from"),
)

Counts = NewType("Counts", pl.DataFrame)
COUNTS = table(
    "counts",
    "Pupils per school location, school type and cluster, as a file counts them; two files may count the same.",
    {
        "delivery_id": text(),
        "reference_date": day(),
        "vestiging": code(VESTIGING),
        "school_type": one_of(SCHOOL_TYPES),
        "cluster": text(nullable=True),
        "pupils": whole("Number of pupils; null where the file does not count them.", nullable=True),
        "cumi_pupils": whole(nullable=True),
        "newcomers": whole("Newcomers; null where the file does not count them.", nullable=True),
        "pro_pupils": whole(
            "Number of pupils in praktijkonderwijs; null where the file does not count them.", nullable=True
        ),
    },
    ("delivery_id", "vestiging", "school_type", "cluster"),
)

ZeroCounts = NewType("ZeroCounts", pl.DataFrame)
ZERO_COUNTS = table(
    "zero_counts",
    "School locations that a file speaks of and counts at 0: it takes the place of a file that counted more.",
    {
        "delivery_id": text(),
        "vestiging": code(VESTIGING),
    },
    ("delivery_id", "vestiging"),
)

CountRanges = NewType("CountRanges", pl.DataFrame)
COUNT_RANGES = table(
    "count_ranges",
    "The lowest and highest that a count can be of which a file masks a part (`<5`): to compare, never for money.",
    {
        "delivery_id": text(),
        "reference_date": day(),
        "vestiging": code(VESTIGING),
        "school_type": one_of(SCHOOL_TYPES),
        "cluster": text(nullable=True),
        "measure": one_of(("pupils", "cumi_pupils"), "What is counted: `pupils` or `cumi_pupils`."),
        "lowest": whole("The count when each masked cell is the lowest that it can be."),
        "highest": whole("The count when each masked cell is the highest that it can be."),
    },
    ("delivery_id", "vestiging", "school_type", "cluster", "measure"),
)

Scores = NewType("Scores", pl.DataFrame)
SCORES = table(
    "scores",
    "Achterstandsscore per school location, as one file of CBS gives it.",
    {
        "delivery_id": text(),
        "reference_date": day(),
        "vestiging": code(VESTIGING),
        "score": quantity("Achterstandsscore after threshold, in units of score."),
        "pupils": whole("Number of pupils as CBS counts them."),
    },
    ("delivery_id", "vestiging"),
)

Areas = NewType("Areas", pl.DataFrame)
AREAS = table(
    "areas",
    "The samenwerkingsverband vo in whose area a school location lies, as one file states it.",
    {
        "delivery_id": text(),
        "vestiging": code(VESTIGING),
        "samenwerkingsverband": code(SAMENWERKINGSVERBAND, "Samenwerkingsverband vo: VO and four digits."),
    },
    ("delivery_id", "vestiging"),
)

MunicipalScores = NewType("MunicipalScores", pl.DataFrame)
MUNICIPAL_SCORES = table(
    "municipal_scores",
    "Achterstandsscores of municipalities, by the count dates of two years.",
    {
        "delivery_id": text(),
        "municipality_number": code(MUNICIPALITY),
        "score_2019": quantity("Score of the municipality on 1 October 2019."),
        "score_2020": quantity("Score of the municipality on 1 October 2020."),
    },
    ("delivery_id", "municipality_number"),
)

SCHOOL_LISTS = ("po", "vo", "vo_pro")
"""The annexes of the arbeidsmarkttoelage; `vo_pro`: praktijkonderwijs."""

ListedVestigingen = NewType("ListedVestigingen", pl.DataFrame)
LISTED_VESTIGINGEN = table(
    "listed_vestigingen",
    "School locations whose staff has the arbeidsmarkttoelage.",
    {
        "delivery_id": text(),
        "vestiging": code(VESTIGING),
        "list": one_of(SCHOOL_LISTS, "The list that names it: `po`, `vo` or `vo_pro` (praktijkonderwijs)."),
    },
    ("delivery_id", "vestiging"),
)

LeerplusSchools = NewType("LeerplusSchools", pl.DataFrame)
LEERPLUS_SCHOOLS = table(
    "leerplus_schools",
    "Schools and whether they qualify for the Regeling leerplusarrangement vo in 2021.",
    {
        "delivery_id": text(),
        "brin": code(BRIN),
        "leerplus": boolean("Whether the school qualifies."),
    },
    ("delivery_id", "brin"),
)

Boards = NewType("Boards", pl.DataFrame)
BOARDS = table(
    "boards",
    "Names of boards, as one list states them.",
    {
        "delivery_id": text(),
        "board": code(BOARD),
        "name": text("Name of the board."),
    },
    ("delivery_id", "board"),
)

PaymentAccounts = NewType("PaymentAccounts", pl.DataFrame)
PAYMENT_ACCOUNTS = table(
    "payment_accounts",
    "Bank accounts of recipients, as files state them; of one recipient and day the last row is believed.",
    {
        "delivery_id": text(),
        "recipient_kind": one_of(RECIPIENT_KINDS),
        "recipient": RECIPIENT,
        "iban": code(IBAN_NL, "The account: a Dutch IBAN, in capitals and without spaces."),
        "account_name": text("Name that the account is in, at most 70 characters."),
        "valid_from": day("First day on which the recipient is paid on it, until another account begins."),
    },
    ("delivery_id", "recipient", "valid_from"),
)

Changes = NewType("Changes", pl.DataFrame)
CHANGES = table(
    "changes",
    "Changes of schools: board transfers, mergers, closures and openings.",
    {
        "delivery_id": text(),
        "effective": day("Effective date."),
        "kind": text("`bestuursoverdracht`, `fusie`, `sluiting` or `opening`."),
        "vestiging": code(VESTIGING, "School location that changes: six characters."),
        "board": code(BOARD, "Board that holds the school from then on; null where it stays.", nullable=True),
        "successor": code(
            VESTIGING, "School location that it merges into; null where there is none.", nullable=True
        ),
    },
)

Applications = NewType("Applications", pl.DataFrame)
APPLICATIONS = table(
    "applications",
    "Applications for subsidy, as delivered.",
    {
        "delivery_id": text(),
        "line": whole(),
        "scheme": code(SCHEME),
        "board": code(BOARD, "Board that applied: five digits."),
        "brin": code(BRIN),
        "applied_on": day("Day of the application."),
        "pupils": whole("Number of pupils applied for."),
        "amount": money_not_negative("Amount applied for, in euro."),
        "vestiging": code(
            VESTIGING, "School location that takes part; null where the whole school does.", nullable=True
        ),
        "region": code(REGION, "Region that the board applied for; null where none is named.", nullable=True),
        "new_region": boolean("Whether it is a new region; null where that is not stated.", nullable=True),
        "granted_before": boolean(
            "Whether the school had the subsidy in the year before; null where that is not stated.", nullable=True
        ),
    },
    ("delivery_id", "line"),
)

Completions = NewType("Completions", pl.DataFrame)
COMPLETIONS = table(
    "completions",
    "Reports of boards on how many participants finished what a subsidy was granted for; of two the later counts.",
    {
        "delivery_id": text(),
        "line": whole(),
        "scheme": code(SCHEME),
        "board": code(BOARD, "Board that reports: five digits."),
        "brin": code(BRIN),
        "finished": whole("Number of participants who finished."),
    },
    ("delivery_id", "line"),
)

Differences = NewType("Differences", pl.DataFrame)
DIFFERENCES = table(
    "differences",
    "Schools on which two files of a reference date disagree, and scores off their formula.",
    {
        "run_id": text(),
        "reference_date": day(),
        "vestiging": code(VESTIGING),
        "school_type": one_of(SCHOOL_TYPES),
        "measure": text("The measure that differs, or `score_formula`."),
        "used": column(QUANTITY, "Value in the file that is used; null where it has none.", nullable=True),
        "used_delivery": text("Delivery that is used."),
        "other": column(QUANTITY, "Value in the other file; null where it has none.", nullable=True),
        "other_delivery": text("Delivery that differs from it."),
        "message": text("The difference in words."),
    },
)
