"""The homes of `tests.home`: made once, copied for each test."""

from tests.home.conftest import country, decided_once, paid, paid_once

__all__ = ["country", "decided_once", "paid", "paid_once"]
