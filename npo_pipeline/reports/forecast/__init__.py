"""The forecast as a page."""
