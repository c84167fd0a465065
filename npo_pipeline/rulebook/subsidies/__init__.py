"""Subsidies on application: who may ask for what and when, as a cited YAML file per scheme and school year."""
