"""The taxonomy of the filing: all its files are made from the concept table and the menukaart."""
