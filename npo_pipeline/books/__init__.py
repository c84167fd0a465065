"""The home folder: where the books stand, who may write in them, and how a run becomes part of them."""
