"""The specification of payments of a board: what a month paid it, by which transfer, and what is to come."""
