"""Packs of boards, opened in a browser."""

from tests.books.packs.conftest import packed
from tests.integration.tool.chromium import chromium

__all__ = ["chromium", "packed"]
