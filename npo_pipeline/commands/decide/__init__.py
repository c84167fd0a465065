"""The steps of `npo decide`."""
