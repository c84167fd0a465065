"""The shipped regulation files by name, for tests."""

from __future__ import annotations

from npo_pipeline.rulebook.load import LoadedRegulation, all_shipped


def shipped(name: str) -> LoadedRegulation:
    """A shipped regulation file by its name without `.yaml`."""
    return next(one for one in all_shipped() if one.name == f"{name}.yaml")
