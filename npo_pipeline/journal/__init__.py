"""The bookkeeping of a board: journal entries of what was paid, by a mapping to its ledger accounts."""
