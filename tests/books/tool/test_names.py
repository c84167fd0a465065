"""Names that DUO writes in capitals, made fit to read; spellings of one name come together."""

import pytest

from npo_pipeline.dutch import readable_name, spellings


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("EMMEN", "Emmen"),
        ("'S-GRAVENHAGE", "'s-Gravenhage"),
        ("S HERTOGENBOSCH", "'s-Hertogenbosch"),
        ("'S GRAVENMOER", "'s-Gravenmoer"),
        ("'T HARDE", "'t Harde"),
        ("STAD AAN 'T HARINGVLIET", "Stad aan 't Haringvliet"),
        ("CAPELLE AAN DEN IJSSEL", "Capelle aan den IJssel"),
        ("DEN HELDER", "Den Helder"),
        ("BERGEN NH", "Bergen NH"),
        ("HENDRIK-IDO-AMBACHT", "Hendrik-Ido-Ambacht"),
        ("2E EXLOERMOND", "2e Exloermond"),
        ("Bergen (NH.)", "Bergen (NH.)"),
        ("", ""),
    ],
)
def test_a_name_in_capitals(written, shown):
    assert readable_name(written) == shown


def test_the_spelling_that_is_not_in_capitals_wins_whatever_occurs_more():
    found = spellings(["S GRAVENHAGE", "S GRAVENHAGE", "'s-Gravenhage", "ASSEN"])
    assert found == {"S GRAVENHAGE": "'s-Gravenhage", "'s-Gravenhage": "'s-Gravenhage", "ASSEN": "Assen"}


def test_names_that_differ_in_a_letter_stay_apart():
    assert len(set(spellings(["Hengelo OV", "HENGELO GLD"]).values())) == 2
