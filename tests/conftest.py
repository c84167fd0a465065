"""How the tests run: on all cores, and the property tests without a clock, for a busy machine is no fault.

The examples are the same each time, so that a test that fails tells of a change and not of luck. What luck finds
is looked for with `make thorough`: it throws other examples each time, and tries the properties that have no
number of examples of their own 20 times as hard.
"""

import os

from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("npo", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "npo"))


class ByFile(LoadScopeScheduling):
    """On several cores a file stays on one, and all tests of Prefect on one: its server starts once."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "tests/flows" if file.startswith("tests/flows/") else file


def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)
