"""Frames between the steps from rules and counts to payments: their columns and units.

`_e2`: hundredths, `_e8`: units of 0.00000001 euro, `_cents`: whole cents; all Int64. Amounts without a suffix are
DECIMAL(18,2). COMPONENT: beneficiary (a vestiging, a samenwerkingsverband or a municipality),
school_type, component. SERIES: school_year, currency, COMPONENT.
SETTLEMENT_KEY: school_year, currency, school_type, component.
"""

from __future__ import annotations

from typing import NewType

import polars as pl

# The rules of a regulation.

Rates = NewType("Rates", pl.DataFrame)
"""component, school_type, place (or list; null: everywhere), measure, unit, rate_e8, small_below (pupils; null:
no supplement), small_fixed_e8, small_decrease_e8, article, status, source (title), url; in the order of the file,
which is the order of booking."""

Shares = NewType("Shares", pl.DataFrame)
"""component, month, numerator, denominator: the share due up to and including the month, in lowest terms; 1/1 at
the end."""

Thresholds = NewType("Thresholds", pl.DataFrame)
"""component, threshold (units that give nothing), level (`brin` or `vestiging`)."""

Places = NewType("Places", pl.DataFrame)
"""place, and either brin or municipality (in capitals); no rows where a regulation is for the whole country."""

Exceptions = NewType("Exceptions", pl.DataFrame)
"""component, brin, article: the schools that a component is not for."""

SoftValues = NewType("SoftValues", pl.DataFrame)
"""status (`approximate` or `derived`), what, component (null: all), article."""

UnknownValues = NewType("UnknownValues", pl.DataFrame)
"""component, school_type, what (the value that is not known), article."""

# Entitlements and their instalments.

CountsByType = NewType("CountsByType", pl.DataFrame)
"""vestiging, school_type, and a column per measure that is counted (pupils, cumi_pupils, newcomers), null where a
row counts another."""

ScoresByType = NewType("ScoresByType", pl.DataFrame)
"""vestiging, school_type, score (with threshold)."""

UnplacedScores = NewType("UnplacedScores", pl.DataFrame)
"""vestiging, score (above 0) where neither bao nor vo pupils are counted."""

PupilsByMunicipality = NewType("PupilsByMunicipality", pl.DataFrame)
"""vestiging, municipality_number (null where none is known), pupils (above 0)."""

MunicipalUnits = NewType("MunicipalUnits", pl.DataFrame)
"""beneficiary (a municipality), measure, quantity_e2 (above 0)."""

VestigingAreas = NewType("VestigingAreas", pl.DataFrame)
"""vestiging (once), samenwerkingsverband in whose area it lies."""

Territory = NewType("Territory", pl.DataFrame)
"""vestiging (once), regulation, place: the schools under a regulation for some places only."""

SchoolPlaces = NewType("SchoolPlaces", pl.DataFrame)
"""vestiging, place: a place or a list with rates of its own."""

UnitsByType = NewType("UnitsByType", pl.DataFrame)
"""vestiging, school_type, quantity_e2: units of one measure."""

UnitsAboveThreshold = NewType("UnitsAboveThreshold", pl.DataFrame)
"""vestiging, school_type, counted_e2 (all that was counted), quantity_e2 (what exceeds the threshold)."""

Quantities = NewType("Quantities", pl.DataFrame)
"""COMPONENT, vestiging, measure, counted_e2 (before the threshold), quantity_e2; sorted."""

SchoolUnits = NewType("SchoolUnits", pl.DataFrame)
"""component, school_type, quantity_e2: a row per amount that is rounded once, with what is multiplied by the
rate."""

EntitledCents = NewType("EntitledCents", pl.DataFrame)
"""`Quantities` with the columns of `Rates` (small_* null above that size), product_e10 (quantity times rate, with
the supplement of a small vestiging, in units of 0.0000000001 euro), before_e10 (those of the school that precede
it and share the rounding), amount_cents and counted_on (the reference date of a school that started later, else
null); sorted by COMPONENT."""

MonthlyCents = NewType("MonthlyCents", pl.DataFrame)
"""COMPONENT, month, amount_cents (never 0)."""

Successors = NewType("Successors", pl.DataFrame)
"""vestiging, month, cause, other_vestiging (null: nobody): months whose instalment is not the school's own."""

Reassignments = NewType("Reassignments", pl.DataFrame)
"""COMPONENT, month, cause, other_vestiging, amount_cents: below zero where an instalment leaves a school."""

AmountsWithoutBoard = NewType("AmountsWithoutBoard", pl.DataFrame)
"""COMPONENT, amount, currency: entitlements of schools without a known board."""

# Decisions compared.

SubjectAmounts = NewType("SubjectAmounts", pl.DataFrame)
"""regulation, currency, amount, subject (as `sector po`): entitlements of a decision under each regulation."""

RegulationAmounts = NewType("RegulationAmounts", pl.DataFrame)
"""regulation, currency, amount: entitlements of decisions under each regulation."""

ChangedRates = NewType("ChangedRates", pl.DataFrame)
"""school_type, component of rates that differ between two sets of rules."""

RuleChanges = NewType("RuleChanges", pl.DataFrame)
"""component, school_type, what, since (the month of an amendment; null: all year), before (null: was not there),
after: in words, sorted."""

AmountDifferences = NewType("AmountDifferences", pl.DataFrame)
"""COMPONENT, currency, before, after, difference; of what is due in months, also the board of the month."""

ComponentDifferences = NewType("ComponentDifferences", pl.DataFrame)
"""currency, school_type, component, schools (with an amount), before, after, difference."""

CauseDifferences = NewType("CauseDifferences", pl.DataFrame)
"""currency, kind, cause, schools, difference."""

SchoolCauses = NewType("SchoolCauses", pl.DataFrame)
"""currency, beneficiary, board, cause, difference."""

BoardClaims = NewType("BoardClaims", pl.DataFrame)
"""Amounts between two boards: board (the holder of the month they are for), other (who is paid, or pays back),
currency, amount: above zero the holder receives it from the other."""

SchoolDifferences = NewType("SchoolDifferences", pl.DataFrame)
"""beneficiary, vestiging, name, board, municipality, currency, before, after, difference: the largest first. A
school that went over in the year has a row per board. Only the first of a samenwerkingsverband or municipality."""

CutDifferences = NewType("CutDifferences", pl.DataFrame)
"""The column of the cut, currency, schools (that get another amount), up, down, before, after, difference."""

SchoolBoards = NewType("SchoolBoards", pl.DataFrame)
"""vestiging, board; the first row of a vestiging counts."""

# Payments: due less paid.

DecisionsInForce = NewType("DecisionsInForce", pl.DataFrame)
"""school_year, currency, decision_id, sequence: the latest decision of each school year and currency."""

LedgerInstalments = NewType("LedgerInstalments", pl.DataFrame)
"""SERIES, month, amount: instalments of the decisions in force; months before that of the run are one."""

LedgerPayments = NewType("LedgerPayments", pl.DataFrame)
"""SERIES, paid_month, reason (`earlier` before the month of the run), amount: what was paid."""

LedgerCorrections = NewType("LedgerCorrections", pl.DataFrame)
"""SERIES, decision_id, after_run (the payment run before it), paid_until, amount: what decisions changed of months
that were run when they were taken."""

SettlementCalendar = NewType("SettlementCalendar", pl.DataFrame)
"""decision_id, SETTLEMENT_KEY, sequence, after_run, month (of payment), corrections, floor_zero, of all
decisions."""

RunsMade = NewType("RunsMade", pl.DataFrame)
"""run_id, month: the payment runs that paid anything, before one."""

Due = NewType("Due", pl.DataFrame)
"""SERIES, month, amount_cents."""

Paid = NewType("Paid", pl.DataFrame)
"""SERIES, paid_month, reason, amount_cents."""

Corrections = NewType("Corrections", pl.DataFrame)
"""SERIES, decision_id, after_run, paid_until, amount_cents."""

Deferred = NewType("Deferred", pl.DataFrame)
"""SERIES, amount_cents (of corrections, not to be paid yet), own_month (whether part of it may be of the month
itself, which was run before the decision)."""

FlooredComponents = NewType("FlooredComponents", pl.DataFrame)
"""SETTLEMENT_KEY: never taken back below zero in a month."""

Settled = NewType("Settled", pl.DataFrame)
"""SERIES, decision_id, reason, amount_cents (never 0); sorted."""

NamedPayments = NewType("NamedPayments", pl.DataFrame)
"""`Settled` with payment_id."""

DueItems = NewType("DueItems", pl.DataFrame)
"""SERIES, decision_id, sequence, month, cause, amount: what each decision made due."""

SettledItems = NewType("SettledItems", pl.DataFrame)
"""SERIES, decision_id, month, cause, amount: what corrections settled."""

DueItemCents = NewType("DueItemCents", pl.DataFrame)
"""`DueItems` with amount_cents."""

SettledItemCents = NewType("SettledItemCents", pl.DataFrame)
"""SERIES, decision_id, month, cause, amount_cents: what earlier corrections settled."""

BookedMonths = NewType("BookedMonths", pl.DataFrame)
"""SERIES, month, sequence: by which decision an instalment was booked."""

FirstRuns = NewType("FirstRuns", pl.DataFrame)
"""school_year, currency, month, sequence: the decision in force when a month was first run."""

LocatedSchools = NewType("LocatedSchools", pl.DataFrame)
"""Vestigingen in places: vestiging, and the columns of the place."""

OpenItems = NewType("OpenItems", pl.DataFrame)
"""SERIES, decision_id, month, cause, sequence, amount_cents: what no instalment covers and is still open; 0 where
all of it is settled; left_cents: before opposite items are set off; settled_cents: what was settled of it."""

CorrectionCents = NewType("CorrectionCents", pl.DataFrame)
"""SERIES, payment_id, amount_cents: corrections that a run pays."""

AttributedCents = NewType("AttributedCents", pl.DataFrame)
"""payment_id, decision_id, month, cause, amount_cents (never 0); sorted."""

RecipientAmounts = NewType("RecipientAmounts", pl.DataFrame)
"""board (null for others), currency, recipient_kind, recipient, amount."""

# The forecast.

OpenWithheld = NewType("OpenWithheld", pl.DataFrame)
"""recipient_kind, recipient, currency, amount: what releases kept back and did not send or set off since."""

MonthsWithheld = NewType("MonthsWithheld", pl.DataFrame)
"""month (of the payments), currency, amount: the same per month."""

Forecast = NewType("Forecast", pl.DataFrame)
"""month, school_year, recipient_kind, recipient, vestiging (null where the money is not of one), school_type,
component, currency, amount (never 0), kind (`instalment`, `correction`, `withheld`); sorted. An amount withheld is
of a recipient as a whole: its school_year, vestiging, school_type and component are null."""

PaidMonths = NewType("PaidMonths", pl.DataFrame)
"""month, school_year, component, currency, kind, amount: paid so far; sorted. What releases kept back of a month
is of kind `withheld`, of the other sign, with null as school_year and component."""

ForecastSums = NewType("ForecastSums", pl.DataFrame)
"""The columns summed by, currency, instalment, correction, withheld, amount (the three together); sorted."""

# Grants.

GrantTerms = NewType("GrantTerms", pl.DataFrame)
"""window_name, sector, and of rate, ceiling, days and needs (the window whose ceiling must not be reached): the
value, its article and how unsure it is; rate_cents and ceiling_cents are null when unknown."""

SchoolPupils = NewType("SchoolPupils", pl.DataFrame)
"""vestiging, school_type, pupils (above 0) of a reference date."""

ListedSchools = NewType("ListedSchools", pl.DataFrame)
"""brin of schools that meet a condition, such as a score above 0 on a reference date."""

EligibleApplications = NewType("EligibleApplications", pl.DataFrame)
"""Rows of applications in order of receipt, with receipt (from 0), window_name, sector, counted (pupils of the
school, or of the vestiging that takes part), is_raised, boards (of the school on the day), own_region (false: the
region is named), first_on and first_board (of the application that counts in place of this one), `GrantTerms`, and
stop: the first rule that refuses it, null while none does."""

PupilsGranted = NewType("PupilsGranted", pl.DataFrame)
"""brin, granted_pupils: pupils for whom subsidy was granted in earlier windows."""

CappedApplications = NewType("CappedApplications", pl.DataFrame)
"""`EligibleApplications` with granted_pupils (in earlier windows), most_pupils, room (what is left of them),
pupils_allowed, most_cents, asked_cents, allowed_cents: the three amounts are null where the amount per pupil of
the group is not known; region_most and region_asked (cents) of the region that applied."""

GrantedApplications = NewType("GrantedApplications", pl.DataFrame)
"""`CappedApplications` with amount_cents: what is given, 0 where `stop` is set; pupils_granted; and how the
ceiling was shared out: total_cents (all that may be given), preference, lot of lots, or is_spared (no lottery)."""

FinishedPupils = NewType("FinishedPupils", pl.DataFrame)
"""board, brin, finished: the latest report on a scheme."""

ReasonedApplications = NewType("ReasonedApplications", pl.DataFrame)
"""`GrantedApplications` with reason, article and status."""
