"""The command line in Dutch: NPO_LANG=nl; JSON and codes stay as they are, for programs read them."""

import pytest

from npo_pipeline.cli.main import npo as commands
from npo_pipeline.cli.rules import rules_group
from npo_pipeline.translation import VARIABLE, catalogue
from tests.books.home.npo import here
from tests.books.home.seeing import select
from tests.books.home.test_status import status

ALL = [(name,) for name in commands.commands if name != "rules"] + [
    ("rules", name) for name in rules_group.commands
]


@pytest.fixture(autouse=True)
def _in_dutch(monkeypatch):
    monkeypatch.setenv(VARIABLE, "nl")


@pytest.mark.parametrize("command", [(), ("rules",), *ALL])
def test_the_help_of_every_command_is_dutch(command):
    shown = " ".join(here(*command, "--help").stdout.split())
    english = [one for one in catalogue()[0] if " " in one and " ".join(one.split()) in shown]
    assert english == []
    assert "Gebruik: npo" in shown
    assert "Toon deze uitleg en stop." in shown


def test_a_refusal_and_wrong_usage_are_dutch_with_the_same_status(tmp_path):
    ended = here("verify", "--home", tmp_path / "home")
    assert ended.status == 3
    assert ended.stderr.endswith("bevat nog geen boeken; begin met `npo ingest`, of noem een andere --home\n")
    ended = here("pay", "--month", "2021-9")
    assert ended.status == 2
    assert "'2021-9' is geen maand: schrijf jaar en maand als 2021-09 (zie `npo pay --help`)" in ended.stderr
    assert here("pay").stderr == "npo: De optie '--month' ontbreekt. (zie `npo pay --help`)\n"


def test_a_fault_of_ours_is_dutch_and_never_says_that_nothing_was_published(paid, monkeypatch):
    """An account is published before its reports are written: what is published then stays."""

    def broken(*_, **__):
        raise ZeroDivisionError("1/0")

    monkeypatch.setattr("npo_pipeline.commands.account.command.write_reports", broken)
    ended = here("account", "--year", "2021", "--home", paid)
    said = "een fout van ons (ZeroDivisionError: 1/0); er is niets half gepubliceerd; NPO_DEBUG=1 toont waar"
    assert (ended.status, ended.stderr) == (1, f"npo: {said}\n")
    assert select(paid, "select count(*) from accounts") == [(1,)]


def test_tables_and_lines_are_dutch_and_a_document_is_what_it_was(paid, monkeypatch):
    shown = here("status", "--home", paid).stdout
    assert "Leveringen (0 vervangen)" in shown
    assert "levering  bestand" in shown
    assert "Er staat niets open" in shown
    assert "klopt" in here("verify", "--home", paid).stdout
    in_dutch = status(paid)
    monkeypatch.delenv(VARIABLE)
    assert status(paid) == in_dutch


def test_english_is_what_an_operator_reads_who_asks_nothing(paid, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    assert "No open findings" in here("status", "--home", paid).stdout
    assert "Usage: npo pay" in here("pay", "--help").stdout
