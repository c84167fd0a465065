"""What an analyst can get wrong in a regulation file: a key, a citation, a number, a month."""

import pytest

BAO = "- school_types: [bao]\n        value: 701.16\n        unit: EUR per pupil\n"
SCORE = "value: 251.16\n        unit: EUR per unit of score\n        status: "
DEADLINE = "spending_deadline:\n  value: 2025-07-31\n  unit: date\n"
SEPTEMBER = "instalments:\n        2021-09: "

# name: what is replaced (where it stands first), by what, and words of the message
KEYS_AND_CITATIONS = {
    "misspelt key": ("source: avs-risk", ">>>sourse: avs-risk", r"is no key known here; is `source` meant\?"),
    "unknown key": ("currency: EUR", "currency: EUR\n>>>zzz: red", "zzz is no key known here; take it out"),
    "no source": ("note: The source says", "note: x\n>>>where: y", "`where` stands here again"),
    "no unit": (BAO, BAO.replace("-", ">>>-").replace("unit:", "note:"), r"rates\[1\].unit is missing; add it"),
    "empty unit": ("unit: EUR per unit of score", ">>>unit: ''", "unit is empty; fill it in"),
    "keys for a text": ("unit: cumi pupils", ">>>unit: {of: pupils}", "wants text here, no list or mapping"),
    "no title": ("title: Regeling", "remark: Regeling", "is no key known here"),
    "a value without anything": (DEADLINE, ">>>spending_deadline: 2025-07-31\nx:\n", ""),
    "unknown source": ("source: avs-risk", ">>>source: avs-gone", "`avs-gone` is not among the sources"),
    "unknown schedule": ("schedule: monthly", ">>>schedule: weekly", "`weekly` is not among the schedules"),
    "component with an unknown schedule": (
        "measure: score",
        "measure: score\n    >>>schedule: weekly",
        "`weekly` is not among the schedules",
    ),
    "unknown, with a value": (SCORE + "published", ">>>" + SCORE + "unknown", "status `unknown`, so leave it empty"),
    "published, without a value": ("value: 251.16", ">>>value: null", "is empty under status `published`"),
    "no such status": ("status: derived", ">>>status: certain", "'certain', which is none of 'published'"),
    "address that is none": ("url: https://avs.nl", ">>>url: javascript:avs.nl", "is no web address"),
    "name with a space": ("  cumi:\n", "  >>>Cumi pupils:\n", "'Cumi pupils' is no name"),
    "other currency": ("currency: EUR", ">>>currency: USD", "'USD', which is none of 'EUR'"),
}
RATES_AND_COMPONENTS = {
    "comma": ("value: 701.16", ">>>value: 701,16", "'701,16' has a comma; write it with a point, as 701.16"),
    "points and comma": ("value: 1402.31", ">>>value: '1.402,31'", "as 1402.31"),
    "negative": ("value: 701.16", ">>>value: -701.16", "'-701.16' is below zero; a rate counts from 0"),
    "infinite": ("value: 701.16", ">>>value: .inf", "'.inf' is no rate; write it as 701.16"),
    "exponent": ("value: 701.16", ">>>value: 7.0116e2", "is no rate"),
    "underscore": ("value: 1402.31", ">>>value: 1_402.31", "is no rate"),
    "nine decimals": ("value: 701.16", ">>>value: 701.123456789", "has more than 8 decimals"),
    "dollars": ("unit: EUR per pupil", ">>>unit: USD per pupil", "is no unit of a rate here"),
    "unknown school type": ("[bao]", ">>>[boa]", "'boa', which is none of 'bao', 'sbo'"),
    "school type twice": ("- school_types: [so, vso]", ">>>- school_types: [sbo, vso]", "names `sbo` twice"),
    "no school types": ("[bao]", ">>>[]", "school_types is empty"),
    "unknown measure": ("measure: score", ">>>measure: scores", "'scores', which is none of"),
    "score paid twice": (
        "rates:\n      - school_types: [bao]\n        value: 251.16",
        ">>>rates:\n      - school_types: [bao, sbo]\n        value: 251.16",
        "a score belongs to one school type",
    ),
    "rates above one threshold": (
        "rates:\n      - school_types: [sbo, so, vso]",
        ">>>rates:\n      - {school_types: [bao], value: 1, unit: EUR per pupil, status: derived, source: avs-risk,"
        " where: x, checked_on: 2026-11-24}\n      - school_types: [sbo, so, vso]",
        "has a threshold, so all its school types share one rate",
    ),
    "threshold not whole": ("value: 4\n", ">>>value: 4.5\n", "'4.5' is no whole number from 0"),
    "unknown level": ("value: brin", ">>>value: board", "'board', which is none of 'brin' or 'vestiging'"),
    "rounding the engine has not": ("to: cent", ">>>to: euro", "'euro', which is none of 'cent'"),
}
DATES_AND_SHARES = {
    "no such day": ("value: 2020-10-01", ">>>value: 2021-02-30", "'2021-02-30' is no date"),
    "day first": ("checked_on: 2026-11-24", ">>>checked_on: 24-11-2026", "'24-11-2026' is no date"),
    "deadline too early": ("value: 2025-07-31", ">>>value: 2015-07-31", "lies before the school year"),
    "one year": ("school_year: 2021-2022", ">>>school_year: 2021", "'2021' is no school year"),
    "years apart": ("school_year: 2021-2022", ">>>school_year: 2021-2023", "'2021-2023' is no school year"),
    "no such month": ("2021-10: 1/12", ">>>2021-13: 1/12", "'2021-13' is no month"),
    "months out of order": ("2021-10: 1/12", "2022-10: 1/12", None),
    "month twice": ("2021-11: 1/12", ">>>2021-10: 1/12", "`2021-10` stands here again, first in line"),
    "month too early": ("2021-09: 2/12", ">>>2021-07: 2/12", "lies outside 2021-08 to 2022-12"),
    "month too late": ("2022-07: 1/12", ">>>2023-01: 1/12", "lies outside 2021-08 to 2022-12"),
    "below one": (SEPTEMBER + "2/12", ">>>" + SEPTEMBER + "1/12", "add up to 11/12 and not to 1"),
    "above one": (SEPTEMBER + "2/12", ">>>" + SEPTEMBER + "3/12", "add up to 13/12 and not to 1"),
    "nothing": ("2021-09: 2/12", ">>>2021-09: 0/12", "'0/12' is no share"),
    "by nothing": ("2021-09: 2/12", ">>>2021-09: 2/0", "'2/0' is no share"),
    "negative": ("2021-09: 2/12", ">>>2021-09: -2/12", "'-2/12' is no share"),
    "decimal": ("2021-09: 2/12", ">>>2021-09: 0.1667", "write a fraction above 0 and up to 1, as 2/12"),
}
