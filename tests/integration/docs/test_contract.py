"""What the contract promises exists, and what it marks as planned does not yet."""

import re
from pathlib import Path

import click
import duckdb
import pytest

from npo_pipeline.books.tables import create
from npo_pipeline.cli.main import npo
from schemas.columns import SCHOOL_TYPES
from schemas.rules import RULES

CONTRACT = (Path(__file__).parents[3] / "docs" / "reference" / "contract.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\| (`npo [^|]+) \| (.*) \|$", CONTRACT, flags=re.MULTILINE)
TABLES = re.findall(r"^\| `(\w+)`(?: \(view\))? \| (\w+, .*) \|$", CONTRACT, flags=re.MULTILINE)


def missing(line: str) -> set[str]:
    """The words and options of a command of the contract that `npo` does not have."""
    command: click.Command | None = npo
    for word in line.removeprefix("npo ").split():
        if isinstance(command, click.Group) and re.fullmatch("[a-z-]+", word):
            command = command.get_command(click.Context(command), word)
            if command is None:
                return {word}
    assert command is not None
    known = {name for option in command.params for name in option.opts}
    return set(re.findall(r"--[a-z-]+", line)) - known


@pytest.mark.parametrize("written", [written for written, does in COMMANDS if "**planned:**" not in does])
def test_a_command_of_the_contract_exists_with_its_options(written):
    assert [missing(line) for line in re.findall("`(npo [^`]+)`", written)] == [set()]


@pytest.mark.parametrize("written", [written for written, does in COMMANDS if "**planned:**" in does])
def test_a_planned_command_does_not_exist_yet(written):
    assert all(missing(line) for line in re.findall("`(npo [^`]+)`", written))


@pytest.mark.parametrize(("table", "columns"), TABLES)
def test_a_table_of_the_contract_has_its_columns_in_order(table, columns):
    with duckdb.connect() as books:
        create(books)
        found = books.execute(f"select * from {table}").description or []
    promised = re.sub(r" \([^)]*\)", "", columns).split(", ")
    assert [name for name, *_ in found if name in promised] == promised


@pytest.mark.parametrize("word", [*RULES, *SCHOOL_TYPES])
def test_a_rule_or_school_type_is_one_of_the_contract(word):
    assert f"`{word}`" in CONTRACT
