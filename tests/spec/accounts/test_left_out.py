"""Which decision says what is left out for a school: that with its money, and no other in another currency."""

from __future__ import annotations

from types import SimpleNamespace

import polars as pl

from npo_pipeline.commands.explain import _explained_by


def decision(school_year: str, *entitled: str) -> SimpleNamespace:
    vestigingen = pl.DataFrame({"vestiging": list(entitled)}, schema={"vestiging": pl.String})
    return SimpleNamespace(decision=SimpleNamespace(school_year=school_year), entitlements=vestigingen)


def test_a_school_is_explained_by_the_decision_that_has_its_money_and_by_the_first_where_none_has():
    found = [
        decision("2021-2022", "01AA00"),  # in euro
        decision("2021-2022", "28PW00"),  # in dollars
        decision("2022-2023", "01AA00", "03CC00"),
    ]
    schools = ["01AA00", "28PW00", "03CC00"]
    assert list(_explained_by(found, schools)) == [
        ["01AA00", "03CC00"],  # 03CC00 has money in neither decision of 2021-2022: the first says why
        ["28PW00"],
        ["01AA00", "28PW00", "03CC00"],
    ]
