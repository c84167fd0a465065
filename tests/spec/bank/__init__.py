"""What leaves the books by bank, and on which account."""
