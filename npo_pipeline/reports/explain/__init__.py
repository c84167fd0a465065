"""The amount of a school, a BRIN or a board in words, made from the trace that the calculation itself wrote."""
