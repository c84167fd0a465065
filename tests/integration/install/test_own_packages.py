"""Another project's `schemas` or `flows` that Python finds first is refused by name, before anything is done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from npo_pipeline.errors import Refused
from npo_pipeline.startup import OWN, check_own_packages


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_our_own_packages_are_those_that_python_finds():
    check_own_packages()


@pytest.mark.parametrize("name", ["schemas", "flows"])
def test_a_package_of_another_is_named_with_what_to_do(foreign, name):
    (foreign / name).mkdir()
    (foreign / name / "__init__.py").touch()
    with pytest.raises(Refused) as refusal:
        check_own_packages()
    assert str(refusal.value) == (
        f"{foreign / name}: Python finds this in place of {OWN / name}, which is of npo; take {foreign} off "
        "PYTHONPATH, or install npo in a virtual environment of its own"
    )


def test_a_module_of_another_is_named(foreign):
    (foreign / "schemas.py").touch()
    with pytest.raises(Refused, match=f"^{foreign}/schemas.py: Python finds this in place of"):
        check_own_packages()


def test_a_folder_that_is_no_package_is_not_in_the_way(foreign):
    (foreign / "schemas").mkdir()
    (foreign / "schemas" / "person.json").touch()
    check_own_packages()


def test_a_command_is_refused_before_it_does_anything(tmp_path):
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "__init__.py").write_text("raise SystemExit('code of another was run')")
    found_first = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(OWN)])}
    command = [Path(sys.executable).with_name("npo"), "status", "--json", "--home", tmp_path / "home"]
    ended = subprocess.run(command, env=found_first, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert ended.stderr.startswith(f"npo: {tmp_path}/schemas: Python finds this in place of")
    assert len(ended.stderr.splitlines()) == 1
    assert json.loads(ended.stdout)["error"]["kind"] == "refused"
    assert not (tmp_path / "home").exists()
