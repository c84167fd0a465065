"""The rulebook: what a regulation grants, as a cited YAML file per sector and school year."""
