"""What both files say is what the books hold, to the cent; what must not be in them is not."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest

from tests.books.tool.conftest import cents, select

LATEST = """
    from entitlements e join latest_decisions d using (decision_id) left join schools s using (vestiging)
    where d.school_year = '2021-2022' and component <> 'newcomers'"""


def books(home, column: str) -> dict[tuple, int]:
    found = select(home, f"select {column}, e.currency, sum(e.amount) {LATEST} group by all")
    return {(key, currency): cents(amount) for key, currency, amount in found}


def in_page(data: dict, of: list) -> dict[tuple, int]:
    sums: dict[tuple, int] = defaultdict(int)
    amounts = data["amounts"]
    for school, rule, amount in zip(amounts["school"], amounts["rule"], amounts["cents"], strict=True):
        sums[of[school], data["rules"][rule]["currency"]] += amount
    return dict(sums)


def in_sheet(sheet, key: str, amount: str = "Totaal") -> dict[tuple, int]:
    rows = sheet.select(key, "Valuta", amount).drop_nulls().rows()
    return {(name, currency): round(total * 100) for name, currency, total in rows}


def test_the_country_has_what_these_tests_are_about(made):
    found = {
        (component, currency) for component, currency in select(made, "select component, currency from trace")
    }
    assert {("newcomers", "EUR"), ("cumi", "EUR"), ("surcharge", "EUR"), ("per_pupil", "USD")} <= found


def test_each_school_has_its_amount(made, tool):
    expected = books(made, "vestiging")
    assert expected["01AA00", "EUR"] == cents(12 * Decimal("701.16")) + 2524409  # 100.51 x 251.16 = 25,244.0916
    assert expected["28PW00", "USD"] == 400153  # 3 x 1,333.84296330 = 4,001.5288899
    assert in_page(tool.data, tool.data["schools"]["code"]) == expected
    assert in_sheet(tool.sheet("Scholen"), "Vestiging") == expected


def test_each_board_has_its_amount_and_dollars_stand_apart(made, tool):
    expected = books(made, "e.board")
    assert {("10002", "EUR"), ("10002", "USD")} <= set(expected)
    of = [tool.data["boards"]["name"][board] for board in tool.data["schools"]["board"]]
    assert in_page(tool.data, of) == expected
    assert in_sheet(tool.sheet("Besturen"), "Bestuur") == expected
    counted = tool.sheet("Besturen").select("Bestuur", "Valuta", "Scholen").rows()
    assert ("10002", "EUR", 1) in counted
    assert ("10003", "EUR", 4) in counted


def test_each_municipality_has_its_amount_however_it_is_spelled(made, tool):
    spelled = {"ASSEN": "Assen", "EMMEN": "Emmen", "S GRAVENHAGE": "'s-Gravenhage"}
    expected: dict[tuple, int] = defaultdict(int)
    for (town, currency), amount in books(made, "s.municipality").items():
        expected[spelled.get(town, town), currency] += amount
    of = [tool.data["municipalities"]["name"][town] for town in tool.data["schools"]["municipality"]]
    assert in_page(tool.data, of) == expected
    assert in_sheet(tool.sheet("Gemeenten"), "Gemeente") == expected


def test_each_component_has_its_amount(made, tool):
    sheet = tool.sheet("Scholen")
    for component, shown in (("per_pupil", "Bedrag per leerling"), ("cumi", "CUMI-leerlingen")):
        query = f"select vestiging, e.currency, sum(e.amount) {LATEST} and component = '{component}' group by all"
        expected = {(code, currency): cents(amount) for code, currency, amount in select(made, query)}
        assert in_sheet(sheet, "Vestiging", shown) == expected


def test_every_instalment_is_that_of_the_books(made, tool):
    query = f"""
        select vestiging, component, school_type, i.month, i.amount
        from instalments i join (select e.decision_id, vestiging, component, school_type {LATEST})
        using (decision_id, vestiging, component, school_type)"""
    expected: dict[tuple, int] = defaultdict(int)
    for code, _, _, month, amount in select(made, query):
        expected[code, f"{month:%Y-%m}"] += cents(amount)
    found: dict[tuple, int] = defaultdict(int)
    data, due = tool.data["amounts"], iter(tool.data["amounts"]["due"])
    for school, amount, schedule in zip(data["school"], data["cents"], data["schedule"], strict=True):
        months = data["schedules"][schedule]
        for month in months:
            found[tool.data["schools"]["code"][school], month] += amount if len(months) == 1 else next(due)
    assert found == expected
    assert next(due, None) is None
    assert in_sheet(tool.sheet("Termijnen"), "Vestiging") == books(made, "vestiging")
    september = tool.sheet("Termijnen").select("Vestiging", "September 2021").drop_nulls().rows()
    assert {code: round(amount * 100) for code, amount in september} == {
        code: amount for (code, month), amount in expected.items() if month == "2021-09"
    }


def test_the_trace_is_told_with_each_amount(tool):
    rows = {tuple(row[:4]): row for row in tool.sheet("Onderdelen").rows()}
    cumi = rows["03CC00", "<img src=x onerror=alert(1)>", "CUMI-leerlingen", "speciaal onderwijs"]
    assert cumi[4:9] == (7, 4, 3, 548.56, 1645.68)  # 5 + 2 of the BRIN, 4 give nothing, 3 x 548.56
    unrounded = {
        tool.data["amounts"]["cents"][int(row)]: text for row, text in tool.data["amounts"]["unrounded"].items()
    }
    assert unrounded == {2524409: "25244.0916000000", 251: "2.5116000000", 400153: "4001.5288899000"}


def test_newcomers_are_in_the_books_and_not_in_the_tool_which_says_so(made, tool):
    (newcomers,) = select(made, "select sum(amount) from entitlements where component = 'newcomers'")[0]
    assert newcomers == 10 * Decimal("3000.00")  # five days of 2, at the rate of the overlay
    lyceum = tool.data["schools"]["code"].index("02VO00")
    assert in_page(tool.data, tool.data["schools"]["code"])["02VO00", "EUR"] == cents(
        13 * Decimal("701.16") + 5 * Decimal("350.58")
    )
    assert "3000" not in tool.page
    assert tool.data["hidden"] == {str(lyceum): ["Nieuwkomers"]}
    words = "Niet opgenomen, net als in de officiële informatietool: de bedragen voor nieuwkomers, samenwerkings"
    assert tool.data["words"]["outside"].startswith(words)
    assert [text for name, text in tool.sheet("Toelichting").rows() if text.startswith(words)]
    assert tool.said["outside"] == ["newcomers", "samenwerkingsverband", "arbeidsmarkttoelage"]


def test_what_is_not_known_is_named_and_no_zero(tool_2022):
    sheet = {row["Vestiging"]: row for row in tool_2022.sheet("Scholen").iter_rows(named=True)}
    assert sheet["04DD00"]["Totaal"] is None  # sbo: its rate of 2022-2023 was not known in 2021
    assert sheet["04DD00"]["Valuta"] is None
    assert (
        "Bedrag per leerling (speciaal basisonderwijs): het bedrag is niet bekend."
        in sheet["04DD00"]["Niet meegerekend"]
    )
    assert sheet["01AA00"]["Niet meegerekend"] is None
    school = tool_2022.data["schools"]["code"].index("04DD00")
    assert school not in tool_2022.data["amounts"]["school"]
    assert tool_2022.data["schoolGaps"][str(school)] == [0]
    assert tool_2022.data["gaps"][0][0] in tool_2022.said["left_out"]


def test_a_board_whose_total_lacks_something_says_so(tool_2022):
    boards = {row["Bestuur"]: row for row in tool_2022.sheet("Besturen").iter_rows(named=True)}
    assert "(speciaal basisonderwijs): het bedrag is niet bekend." in boards["10003"]["Niet meegerekend"]
    assert boards["10001"]["Niet meegerekend"] is None


def test_a_cumi_rate_that_is_not_known_touches_only_schools_with_cumi_pupils(tool_2022):
    gap = next(place for place, (text, _) in enumerate(tool_2022.data["gaps"]) if text.startswith("CUMI"))
    touched = {school for school, gaps in tool_2022.data["schoolGaps"].items() if gap in gaps}
    assert {tool_2022.data["schools"]["code"][int(school)] for school in touched} == {"03CC00"}


def test_what_was_not_delivered_is_named(tool):
    assert (
        "Achterstandsscore (voortgezet onderwijs): er zijn geen achterstandsscores aangeleverd."
        in tool.said["left_out"]
    )
    assert not [text for text in tool.said["left_out"] if "Nieuwkomers" in text or "Samenwerking" in text]


@pytest.mark.parametrize("sheet", ["Scholen", "Besturen", "Gemeenten"])
def test_every_total_says_what_it_rests_on(tool, sheet):
    rows = tool.sheet(sheet).drop_nulls("Totaal")
    assert rows["Berust op"].null_count() == 0
    assert rows["Berust op"].str.starts_with("Niet alles staat letterlijk in de bronnen. Afgeleid: ").all()


def test_what_is_approximate_comes_first_and_only_where_it_counts(tool_2022):
    rests = {row["Vestiging"]: row["Berust op"] for row in tool_2022.sheet("Scholen").iter_rows(named=True)}
    start = (
        "Niet alles staat letterlijk in de bronnen. Bij benadering bekend: het bedrag voor voortgezet onderwijs"
    )
    assert rests["02VO00"].startswith(start)
    assert " Afgeleid: " in rests["02VO00"]
    assert "Bij benadering" not in rests["01AA00"]
    texts = [tool_2022.data["rests"][place] for place in tool_2022.data["schools"]["rests"]["EUR"] if place >= 0]
    assert {mark for _, mark in texts} == {"deels bij benadering", "deels afgeleid"}


def test_the_ofb_is_definitive_and_other_counts_are_told(tool, tool_2022):
    for one in (tool, tool_2022):
        assert "(Ofb) van DUO is definitief" in one.data["words"]["ofb"]
        assert [text for _, text in one.sheet("Toelichting").rows() if "(Ofb) van DUO is definitief" in text]
    assert tool.data["words"]["notes"] == []
    note = "Let op: gerekend is met de telling van 1 oktober 2020; de regeling noemt 1 oktober 2021."
    assert tool_2022.data["words"]["notes"] == [note]


def test_the_sources_name_the_overlay_that_a_rate_came_from(tool):
    rows = {(row["Onderdeel"], row["Schoolsoort"]): row for row in tool.sheet("Bronnen").iter_rows(named=True)}
    bonaire = rows["Bedrag per leerling", "Caribisch Nederland"]
    assert (bonaire["Tarief"], bonaire["Valuta"], bonaire["Status"]) == (1333.8429633, "USD", "afgeleid")
    assert (bonaire["Artikel"], bonaire["Adres"]) == ("Brief, bladzijde 2", "https://www.example.org/brief")
