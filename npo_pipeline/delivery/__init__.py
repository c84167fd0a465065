"""Files in: the files of a delivery, the kind of each, and its rows as text, strictly read."""
