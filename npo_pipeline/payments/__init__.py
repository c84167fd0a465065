"""What a payment run pays: what is due up to and including its month, less what was paid."""
