"""How hard the properties are tried: a share of the examples of the profile (`tests/conftest.py`)."""

from hypothesis import settings


def examples(share: float) -> int:
    """So many examples as this share of those of the profile; at least 2."""
    return max(2, round(settings.default.max_examples * share))
