"""How hard the properties are tried: day by day, and under the profile `thorough` (`tests/conftest.py`)."""

from hypothesis import settings

OF_EVERY_DAY, THOROUGH = 100, 2000
"""Examples of a property that says nothing of their number, day by day and under the profile `thorough`."""


def examples(everyday: int, *, thorough: int = THOROUGH) -> int:
    """The number of examples of a property under the profile of this run."""
    return thorough if settings.default.max_examples == THOROUGH else everyday
