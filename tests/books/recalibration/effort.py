"""How hard the properties are tried: a share of the examples of the profile (`tests/conftest.py`)."""

from hypothesis import settings


THOROUGH = settings.default.max_examples > settings.get_profile("npo").max_examples


def examples(share: float, *, everyday: int = 2) -> int:
    """So many examples as this share of those of the profile `thorough`; day by day a fixed number."""
    return round(settings.default.max_examples * share) if THOROUGH else everyday
