"""The version of the program that a manifest records: what looks like another way to count money."""

import shutil
from pathlib import Path

import pytest

import npo_pipeline
import schemas
from npo_pipeline.books.manifest import code_version


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    """A copy of the source as it is."""
    folder = tmp_path_factory.mktemp("unchanged")
    for package in (npo_pipeline, schemas):
        source = Path(package.__path__[0])
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def tree(unchanged, tmp_path) -> Path:
    return Path(shutil.copytree(unchanged, tmp_path / "tree"))


def version(tree):
    return code_version((tree / "npo_pipeline", tree / "schemas"))


def test_a_copy_of_the_source_is_the_same_program(unchanged):
    assert version(unchanged) == code_version()


@pytest.mark.parametrize(
    "file",
    [
        "npo_pipeline/reports/national.py",
        "npo_pipeline/reports/board_page/style.css",
        "npo_pipeline/cli/main.py",
        "npo_pipeline/commands/status.py",
        "npo_pipeline/books/publish.py",
        "npo_pipeline/generate/delivery.py",
        "npo_pipeline/errors.py",
        "npo_pipeline/startup.py",
    ],
)
def test_a_change_to_what_shows_and_writes_is_no_other_way_to_count(unchanged, tree, file):
    (tree / file).write_bytes((tree / file).read_bytes() + b"\n")
    assert version(tree).calculation == version(unchanged).calculation
    assert version(tree).source != version(unchanged).source


def test_a_renamed_report_is_no_other_way_to_count(unchanged, tree):
    (tree / "npo_pipeline/reports/national.py").rename(tree / "npo_pipeline/reports/country.py")
    assert version(tree).calculation == version(unchanged).calculation


@pytest.mark.parametrize(
    "file",
    [
        "npo_pipeline/money.py",
        "npo_pipeline/months.py",
        "npo_pipeline/rulebook/2021-2022-po.yaml",
        "npo_pipeline/rulebook/load.py",
        "npo_pipeline/entitlements/calculate.py",
        "npo_pipeline/decisions/change_causes.py",
        "npo_pipeline/payments/settlement.py",
        "npo_pipeline/grants/decide.py",
        "npo_pipeline/intake/school_directory.py",
        "npo_pipeline/delivery/validate.py",
        "npo_pipeline/accounts/statement.py",
        "npo_pipeline/books/queries/payments.py",
        "npo_pipeline/books/views.py",
        "schemas/rules.py",
    ],
)
def test_a_change_to_what_counts_accepts_or_judges_is_another_way_to_count(unchanged, tree, file):
    (tree / file).write_bytes((tree / file).read_bytes() + b"\n")
    assert version(tree).calculation != version(unchanged).calculation


def test_a_new_part_of_the_program_may_change_amounts_until_somebody_says_otherwise(unchanged, tree):
    (tree / "npo_pipeline" / "solver.py").write_text("")
    assert version(tree).calculation != version(unchanged).calculation
