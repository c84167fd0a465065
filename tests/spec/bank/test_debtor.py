"""The account that pays comes from a small YAML file; a value that is wrong is refused with its line."""

import pytest

from npo_pipeline.bank.debtor import read_debtor
from npo_pipeline.errors import Refused

RIGHT = {"name": "Ministerie van OCW", "iban": "NL61 INGB 0417 1643 00", "bic": "INGBNL2A"}


def written(folder, **change: str | None):
    values = {name: value for name, value in {**RIGHT, **change}.items() if value is not None}
    path = folder / "debtor.yaml"
    path.write_text("debtor:\n" + "".join(f"  {name}: {value}\n" for name, value in values.items()))
    return path


def test_the_account_that_pays_has_a_name_an_iban_and_a_bic(tmp_path):
    debtor = read_debtor(written(tmp_path))
    assert (debtor.name, debtor.iban, debtor.bic) == ("Ministerie van OCW", "NL61INGB0417164300", "INGBNL2A")


def test_the_bic_may_be_left_out(tmp_path):
    assert read_debtor(written(tmp_path, bic=None)).bic is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iban": "NL62INGB0417164300"}, "line 3: debtor.iban: IBAN 'NL62INGB0417164300' has wrong check digits"),
        ({"iban": "BE71096123456769"}, "line 3: debtor.iban: IBAN 'BE71096123456769' is of country BE"),
        ({"iban": None}, "line 1: debtor.iban: is missing; add it"),
        ({"bic": "INGB"}, "line 4: debtor.bic: BIC 'INGB' is not eight or eleven"),
        ({"bic": "ABNANL2A"}, "line 4: debtor.bic: is of another bank than iban NL61INGB0417164300"),
        ({"name": ""}, "line 2: debtor.name: is empty; fill it in"),
        ({"name": "x" * 71}, "line 2: debtor.name: has 71 characters; a bank takes 70"),
        ({"city": "Den Haag"}, "line 5: debtor.city: is no key known here; take it out"),
    ],
)
def test_a_debtor_file_with_a_fault_is_refused_with_file_and_line(tmp_path, change, said):
    with pytest.raises(Refused) as refusal:
        read_debtor(written(tmp_path, **change))
    assert str(refusal.value).startswith(f"debtor.yaml, {said}")


@pytest.mark.parametrize(
    "text", ["", "- a\n", "debtor: &a {name: x}\n", "debtor: x\n", "debtor: {name: [x]}\n", "a: b: c\n"]
)
def test_what_is_no_debtor_file_is_refused(tmp_path, text):
    (tmp_path / "debtor.yaml").write_text(text)
    with pytest.raises(Refused, match=r"^debtor\.yaml"):
        read_debtor(tmp_path / "debtor.yaml")
