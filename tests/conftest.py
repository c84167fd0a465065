"""How the tests run: on all cores, and the property tests without a clock, for a busy machine is no fault.

`HYPOTHESIS_PROFILE=thorough` tries the properties that have no number of examples of their own 20 times as hard.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("npo", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "npo"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On several cores a file stays on one, and all tests of Prefect on one: its server starts once."""
    for item in items:
        folder = item.path.parent.name
        item.add_marker(pytest.mark.xdist_group("flows" if folder == "flows" else f"{folder}/{item.path.name}"))
