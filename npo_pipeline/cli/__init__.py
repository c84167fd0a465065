"""The command `npo`: options in, one sequence of steps, a summary out."""
