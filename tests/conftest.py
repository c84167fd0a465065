"""How the property tests run: without a clock, because a busy machine is no fault of the code."""

from hypothesis import settings

settings.register_profile("npo", deadline=None)
settings.load_profile("npo")
