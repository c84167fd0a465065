def write_kills(*a): pass
