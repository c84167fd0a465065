"""What each table is."""
