"""The steps of `npo account`."""
