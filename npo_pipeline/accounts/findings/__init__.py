"""Findings on the accounts of a board: faults, and facts worth knowing. The rule is a function of that name."""
