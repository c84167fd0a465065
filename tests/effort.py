"""How hard the properties are tried: day by day, and under the profile `thorough` (`tests/conftest.py`)."""

from hypothesis import settings

OF_EVERY_DAY = 50
"""Examples of a property that says nothing of their number, day by day."""


def examples(everyday: int, *, thorough: int = 2000) -> int:
    """The number of examples of a property under the profile of this run."""
    return thorough if settings.default.max_examples > OF_EVERY_DAY else everyday
