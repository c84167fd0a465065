"""What decisions made due, as small tables: of schools of one year, type and component."""

import polars as pl

from tests.reading import table

KIND = {"school_year": "2021-2022", "currency": "EUR", "school_type": "bao", "component": "per_pupil"}
READ = {"month": "d", "sequence": "i", "cents": "i"}


def of_kind(text: str) -> pl.DataFrame:
    """A table of schools of one school year, currency, school type and component."""
    told = table(text, **READ).rename({"cents": "amount_cents"}, strict=False)
    return told.with_columns(**{name: pl.lit(word) for name, word in KIND.items()})


NONE_SETTLED = of_kind("beneficiary decision_id month cause cents\n 01AA00 one 2021-09-01 merger 0").clear()
NONE_BOOKED = of_kind("beneficiary month sequence\n 01AA00 2021-09-01 1").clear()
FIRST_RUN = table("school_year currency month sequence\n 2021-2022 EUR 2021-09-01 1", month="d", sequence="i")
