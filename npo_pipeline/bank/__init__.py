"""Pay by the bank: accounts, what a release sends, its payment file, and what the bank answers."""
