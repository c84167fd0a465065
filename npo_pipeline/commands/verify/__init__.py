"""`npo verify`: every published row derived again from what was received and decided, and compared."""
