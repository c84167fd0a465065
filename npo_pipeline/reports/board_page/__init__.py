"""The parts of the page: how figures are shown, how facts are tagged, and what each part of it tells."""
