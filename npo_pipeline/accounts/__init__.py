"""The accounts of a calendar year: received, spent, carried over, and what is wrong with them. Pure functions."""
