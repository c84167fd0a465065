"""Caribisch Nederland is paid in dollars, which are never added to euros."""

from decimal import Decimal

import pytest

from tests.books.explain.homes import said, told


def test_de_pelikaan_gets_what_was_published(caribbean):
    text = said(caribbean, "28PW00")
    assert "Totaal voor deze vestiging: US$ 481.517,31" in text
    assert "Het bedrag is US$ 1.333,8429633 per leerling; " in text
    assert "361 leerlingen × US$ 1.333,8429633 = US$ 481.517,3097513. Afgerond op de cent" in text
    assert "telde deze vestiging 361 leerlingen in Caribisch Nederland." in text
    assert "dit is afgeleid en staat niet letterlijk in de bron" in text
    assert "oktober 2022 US$ 481.517,31. Samen US$ 481.517,31." in text
    assert "€" not in text


def test_the_same_in_english(caribbean):
    assert "361 pupils × US$ 1,333.8429633 = US$ 481,517.3097513." in said(caribbean, "28PW00", "--lang", "en")


def test_a_board_with_two_currencies_gets_two_totals(caribbean):
    document = told(caribbean, "41999")
    euro, dollar = document["decisions"]
    assert [one["decision"]["decision_id"] for one in (euro, dollar)] == ["2022-2023-001", "2022-2023-usd-001"]
    assert (euro["amount"], dollar["amount"]) == ("6000.00", "481517.31")
    assert (euro["own"], dollar["own"]) == (["01AA00"], ["28PW00"])
    together = Decimal("6000.00") + Decimal("481517.31")
    assert f"{together:,.2f}" not in document["text"]
    assert "487.517,31" not in document["text"]


@pytest.mark.parametrize("decision", ["2022-2023-001", "2022-2023-usd-001"])
def test_each_decision_can_be_asked_for(caribbean, decision):
    (one,) = told(caribbean, "41999", "--decision", decision)["decisions"]
    assert one["decision"]["decision_id"] == decision
