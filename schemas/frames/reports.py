"""Frames that reports are written from: the rows of the books behind explanations and the informatietool."""

from __future__ import annotations

from typing import NewType

import polars as pl

TracedAmounts = NewType("TracedAmounts", pl.DataFrame)
"""Entitlements with their trace: decision_id, vestiging, school_type, component, board, brin, amount and `traced`
(the same amount in the trace, both euros or dollars in DECIMAL(18,2)), and the other columns of `trace`."""

AnnualInstalments = NewType("AnnualInstalments", pl.DataFrame)
"""Instalments as they follow from the amounts of the year, without adjustments: decision_id, vestiging,
school_type, component, month, amount (DECIMAL(18,2))."""

KnownSchools = NewType("KnownSchools", pl.DataFrame)
"""The directory and the schools that only a count names: vestiging, brin, board, name, place, valid_from; and rows
with a samenwerkingsverband alone, or with a gemeente (its number) and its name."""

MaskedPupils = NewType("MaskedPupils", pl.DataFrame)
"""Ranges of pupils in masked files: file, reference_date, vestiging, school_type, lowest, highest."""

DecisionFiles = NewType("DecisionFiles", pl.DataFrame)
"""Files a decision uses: delivery_id, used_for, kind, file, sha256, rows, rejected, reference_date,
superseded_by."""

DeclaredCorrections = NewType("DeclaredCorrections", pl.DataFrame)
"""Rows of `source_corrections` without their delivery_id."""

LedgerRows = NewType("LedgerRows", pl.DataFrame)
"""Rows of the view `ledger`."""

CountedUnits = NewType("CountedUnits", pl.DataFrame)
"""Counts and scores as each regulation counts them: regulation, vestiging, school_type (by the regulation),
counted_as (by the file), cluster, delivery_id, measure, number (pupils or points)."""

ToolDecisions = NewType("ToolDecisions", pl.DataFrame)
"""The decisions of an informatietool, by currency: decision_id, currency, reference_date, decided_at."""

ToolSchools = NewType("ToolSchools", pl.DataFrame)
"""Schools with an amount or a gap, by vestiging: vestiging, brin, name, place, municipality, board."""

ToolAmounts = NewType("ToolAmounts", pl.DataFrame)
"""Amounts by vestiging and rule: vestiging, rule (a position in `ToolData.rules`), counted_e2 and quantity_e2 (in
hundredths), unrounded (text; null where rounding changes nothing), shares_rounding (with part of a cent of the
vestigingen before it), cents."""

ToolInstalments = NewType("ToolInstalments", pl.DataFrame)
"""Instalments by vestiging, rule and month: vestiging, rule, month, cents."""

SchoolGaps = NewType("SchoolGaps", pl.DataFrame)
"""The gaps of schools: vestiging, gap (a position in `ToolData.gaps`)."""

HiddenComponents = NewType("HiddenComponents", pl.DataFrame)
"""Amounts in the books that the informatietool excludes: vestiging, component."""

SchoolAmounts = NewType("SchoolAmounts", pl.DataFrame)
"""`ToolAmounts` with component, school_type and currency of the rule, and the columns of `ToolSchools`."""

NumberedAmounts = NewType("NumberedAmounts", pl.DataFrame)
"""`TracedAmounts` with the number of the rule behind each: rule."""

MeasuredUnits = NewType("MeasuredUnits", pl.DataFrame)
"""Counts and scores of schools under a regulation: vestiging, school_type, measure, counted (DECIMAL(18,2))."""

MunicipalSupport = NewType("MunicipalSupport", pl.DataFrame)
"""The columns of view `municipal_support`, by municipality and year."""

ToolSums = NewType("ToolSums", pl.DataFrame)
"""Sums per school, board or municipality (the first column) and currency, in cents: columns of the schools,
currency, an amount per component (null where there is none), total, schools, rules, school_types, gaps."""
