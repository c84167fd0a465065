"""How the tests run: on all cores, and the property tests without a clock, for a busy machine is no fault.

The examples are the same each time, so that a test that fails tells of a change and not of luck. What luck finds
is looked for with `make thorough`: it throws other examples each time, and tries the properties that have no
number of examples of their own 20 times as hard.
"""

import os

from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from npo_pipeline.books import duckdb
from tests.books.kept_engine import kept_engine
from tests.effort import OF_EVERY_DAY, THOROUGH

# Before any module of ours imports it by name.
duckdb.engine = kept_engine

settings.register_profile("npo", deadline=None, derandomize=True, max_examples=OF_EVERY_DAY)
settings.register_profile("thorough", deadline=None, max_examples=THOROUGH)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "npo"))


# In a country of five schools a corrected pupil is a tenth of a school. `tests/books/home/test_size_changes.py`
# asks what happens by the setting that operators have.
os.environ.setdefault("NPO_MAX_CHANGE", "1")

# Most payment runs of the tests are not about the files that they write for boards: those that are ask for them.
os.environ.setdefault("NPO_SPECIFICATIONS", "0")

LONGEST_FIRST = ("tests/integration/flows", "tests/integration", "tests/books", "")

TOGETHER = ("tests/integration/flows", "tests/books/accounts")

OF_ARELLE = ("test_arelle.py", "test_filing_rules.py", "test_national.py")


class ByFile(LoadScopeScheduling):
    """On several cores a file stays on one; so do all tests of Prefect, of accounts, and of the batch of Arelle.

    The server of Prefect, that of Arelle for the accounts, and the batch of Arelle start once a core. What takes
    longest is begun first: at the end no core has minutes to do while the others have nothing left.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        folder, _, name = file.rpartition("/")
        together = folder in TOGETHER or name in OF_ARELLE
        return ("arelle" if name in OF_ARELLE else folder) if together else file


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False  # By number of tests, which says little about how long they take.
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """Put the kinds of tests in the order of how long their files take; within a kind the order stays."""
    items.sort(key=lambda item: next(place for place, kind in enumerate(LONGEST_FIRST) if kind in item.nodeid))
