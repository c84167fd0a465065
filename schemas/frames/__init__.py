"""Names for the frames that pass between functions: a type each, with its columns and units.

A table of the books has its type beside its model (`schemas.received`, `schemas.decided`, `schemas.accounted`).
What stands here is on its way from one step to the next and is never stored.
"""
