"""What is handed out is complete and holds nothing else: the wheel, the source archive, the locks beside them."""

import email
import re
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

from npo_pipeline import __version__
from npo_pipeline.cli.main import npo

ROOT = Path(__file__).parents[3]
PACKAGES = ("npo_pipeline", "schemas", "flows")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def source():
    """Every file of the packages, as the repository has them."""
    files = (path for name in PACKAGES for path in (ROOT / name).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}


def built(builder, folder):
    return Path(next(builder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return zipfile.ZipFile(built(WheelBuilder, tmp_path_factory.mktemp("wheel")))


def test_the_wheel_is_the_packages_with_all_their_data_and_nothing_else(wheel):
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == source()
    kinds = {Path(name).suffix for name in names}
    assert kinds >= {".py", ".yaml", ".xsd", ".css", ".js", ".html", ".md"}


def test_the_wheel_gives_one_command_and_the_licence(wheel):
    about = f"npo_pipeline-{__version__}.dist-info"
    assert wheel.read(f"{about}/entry_points.txt").decode().split() == [
        "[console_scripts]", "npo", "=", "npo_pipeline.cli.main:main",
    ]  # fmt: skip
    assert wheel.read(f"{about}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_two_builds_of_the_same_source_are_the_same_bytes(wheel, tmp_path):
    assert built(WheelBuilder, tmp_path).read_bytes() == Path(wheel.filename).read_bytes()


def test_the_source_archive_holds_no_tests_and_no_data(tmp_path):
    with tarfile.open(built(SdistBuilder, tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names >= source() | {"pyproject.toml", "requirements.lock", "LICENSE", "docs/index.md"}
    assert not {name for name in names if name.startswith(("tests/", "tools/", "data/", ".ci/"))}


def test_one_version_is_in_the_program_the_wheel_and_the_changelog(wheel):
    metadata = email.message_from_bytes(wheel.read(f"npo_pipeline-{__version__}.dist-info/METADATA"))
    assert metadata["Version"] == __version__
    assert CliRunner().invoke(npo, ["--version"], prog_name="npo").output == f"npo, version {__version__}\n"
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)[0] == __version__


def test_the_versions_of_python_that_are_named_are_those_that_are_accepted():
    named = [one.rpartition(" ")[2] for one in PROJECT["classifiers"] if "Python :: 3." in one]
    assert named == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == ">=3.11,<3.15"


def locked(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return set(re.findall(r"^([a-zA-Z0-9._-]+)==", text, re.MULTILINE))


def distributions(requirements):
    return {re.match(r"[\w.-]+", one)[0].lower() for one in requirements}


def test_the_production_lock_has_what_runs_and_no_tool_of_developers():
    production, development = locked("requirements.lock"), locked("requirements-dev.lock")
    extras = PROJECT["optional-dependencies"]
    assert production >= distributions([*PROJECT["dependencies"], *extras["telemetry"]])
    assert not production & distributions(extras["dev"])
    assert production < development
    assert locked("requirements-dask.lock") >= production | distributions(extras["dask"])


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dask.lock", "requirements-dev.lock"])
def test_every_locked_library_has_hashes(name):
    entries = re.split(r"^(?=\S)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []
