"""Explanations and reports: bytes made from frames, without the books and without a clock."""
