"""Files in: what a delivery holds, what each file is, and its rows as text, strictly read."""
