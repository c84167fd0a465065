"""The steps of `npo verify`."""
