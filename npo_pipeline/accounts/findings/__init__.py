"""What is wrong with the accounts of a board, or worth knowing: one rule, one function."""
