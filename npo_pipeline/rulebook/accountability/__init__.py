"""The rules of accountability: the menukaart, and what boards must report, each with its source."""
