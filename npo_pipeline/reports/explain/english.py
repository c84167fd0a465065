"""The English vocabulary of explanations; the Dutch one is `npo_pipeline.dutch`."""

from __future__ import annotations

from npo_pipeline.dutch import Language
from npo_pipeline.measures import MEASURES

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SCHOOL_TYPES = {
    "bao": "primary education",
    "sbo": "special primary education",
    "so": "special education",
    "vso": "special secondary education",
    "vo": "secondary education",
    "vo_pro_vbo": "practical training and vmbo basis/kader year 3-4",
    "cn": "Caribbean Netherlands",
    "all": "all school types",
}

ENGLISH = Language(
    code="en",
    decimal_point=".",
    thousands=",",
    conjunction="and",
    months=_MONTHS,
    components={
        "per_pupil": "Amount per pupil",
        "surcharge": "Surcharge per pupil",
        "achterstandsscore": "Disadvantage score (achterstandsscore)",
        "cumi": "CUMI pupils",
        "newcomers": "Newcomers",
        "samenwerkingsverband": "Partnership of schools (samenwerkingsverband, praktijkonderwijs)",
        "gemeente": "Grant to the municipality",
        "arbeidsmarkttoelage": "Labour market allowance (arbeidsmarkttoelage)",
    },
    school_types=_SCHOOL_TYPES,
    in_school_type={
        **{name: f"in {words}" for name, words in _SCHOOL_TYPES.items()},
        "cn": "in the Caribbean Netherlands",
    },
    units={
        **{measure.name: measure.english for measure in MEASURES},
        "rows": ("row", "rows"),
        "schools": ("vestiging", "vestigingen"),
    },
    rate_units={unit.rules: unit.english for measure in MEASURES for unit in measure.rate_units},
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
        "reference date of po": "the reference date of primary education",
        "rounding": "the rounding",
        "months of payment": "the months of payment",
        "months of payment of schools that started": "the months of payment of schools that started",
        "reference date of schools that started": "the reference date of schools that started",
        "units of the threshold": "the height of the threshold",
        "level of the threshold": "that the threshold works per BRIN or per vestiging",
        "place of booking": "the place of booking",
        "size of a small vestiging": "the size of a small vestiging",
        "fixed amount of a small vestiging": "the fixed amount of a small vestiging",
        "decrease per pupil of a small vestiging": "the decrease per pupil of a small vestiging",
    },
    rate_of="the rate for {school_types}",
)
